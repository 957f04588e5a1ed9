#define BOOST_TEST_MODULE conv2d
#include "kernels/conv2d.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/conv2d.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::Conv2dShape;
using tests::for_each_target;
using tests::Operand;

std::string text_of(const Conv2dShape& s, std::size_t n) {
  std::string text;
  for (const std::size_t number :
       {n, s.height, s.width, s.in, s.out, s.window, s.stride, s.padding}) {
    text += std::to_string(number) + " ";
  }
  return text;
}

template <typename T>
struct Aligned {
  explicit Aligned(std::size_t count) : bytes(count * sizeof(T)) {}
  T* get() const { return static_cast<T*>(bytes.get()); }
  tests::AlignedBytes bytes;
};

// |result - sums| within the bound for sums of `terms` products of numbers below 1, from `start`.
template <typename T>
void require_near(const Operand<T>& result, const Operand<double>& sums, std::size_t terms,
                  const char* what) {
  BOOST_TEST(result.intact(), what);
  const auto p = static_cast<double>(terms);
  const double bound = (p + p / 64 + 16) * std::numeric_limits<T>::epsilon() * (p + 1);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    for (std::size_t j = 0; j < result.cols(); ++j) {
      if (!(std::abs(static_cast<double>(result(i, j)) - sums(i, j)) <= bound)) {
        BOOST_ERROR(what << ": element " << i << ", " << j << " is " << result(i, j) << ", not "
                         << sums(i, j));
        return;
      }
    }
  }
}

// What a sum begins with, in double.
template <typename T>
Operand<double> start_of(const Operand<T>& from, T beta) {
  Operand<double> start(from.rows(), from.cols());
  start.fill([&](auto i, auto j) { return beta == 0 ? 0.0 : static_cast<double>(from(i, j)); });
  return start;
}

template <typename T>
Operand<T> result_of(std::size_t rows, std::size_t cols, std::size_t gap, T beta) {
  Operand<T> result(rows, cols, gap, gap);  // unread NaN if beta is 0
  if (beta != 0) result.fill_random(9);
  return result;
}

template <typename T>
void compare(const Conv2dShape& s, std::size_t n, std::size_t gap, T beta) {
  const std::size_t pixels = n * s.height * s.width, windows = n * s.out_height() * s.out_width();
  Operand<T> x(pixels, s.in, gap, gap), w(s.out, s.depth(), gap, gap),
      d_y(windows, s.out, gap, 2 * gap);
  x.fill_random(1), w.fill_random(2), d_y.fill_random(3);
  const tests::AlignedBytes scratch(kernels::conv2d_scratch_size(s));
  BOOST_TEST_CONTEXT(text_of(s, n) << "gap " << gap << " beta " << beta) {
    const Aligned<T> packed(kernels::conv2d_packed_size<T>(s));
    kernels::conv2d_pack(s, w.data(), w.stride(), packed.get());
    Operand<T> y = result_of<T>(windows, s.out, gap, beta);
    Operand<double> sums = start_of(y, beta);
    kernels::conv2d(s, n, x.data(), x.stride(), packed.get(), beta, y.data(), y.stride(),
                    scratch.get());
    kernels::reference::conv2d(s, n, x.data(), x.stride(), w.data(), w.stride(), sums.data(),
                               sums.stride());
    require_near(y, sums, s.depth(), "y");

    const Aligned<T> turned(kernels::conv2d_packed_input_size<T>(s));
    kernels::conv2d_pack_input(s, w.data(), w.stride(), turned.get());
    Operand<T> d_x = result_of<T>(pixels, s.in, gap, beta);
    sums = start_of(d_x, beta);
    kernels::conv2d_input(s, n, d_y.data(), d_y.stride(), turned.get(), beta, d_x.data(),
                          d_x.stride(), scratch.get());
    kernels::reference::conv2d_input(s, n, d_y.data(), d_y.stride(), w.data(), w.stride(),
                                     sums.data(), sums.stride());
    require_near(d_x, sums, s.window * s.window * s.out, "d_x");

    Operand<T> d_w = result_of<T>(s.out, s.depth(), gap, beta);
    sums = start_of(d_w, beta);
    kernels::conv2d_weights(s, n, x.data(), x.stride(), d_y.data(), d_y.stride(), beta, d_w.data(),
                            d_w.stride(), scratch.get());
    kernels::reference::conv2d_weights(s, n, x.data(), x.stride(), d_y.data(), d_y.stride(),
                                       sums.data(), sums.stride());
    require_near(d_w, sums, windows, "d_w");
  }
}

const Conv2dShape kShapes[] = {
    // The windows of ResNets, whole and partial vectors of channels.
    {8, 8, 3, 16, 3, 1, 1},
    {8, 8, 16, 8, 3, 2, 1},
    {7, 9, 17, 5, 3, 1, 1},
    {8, 8, 16, 33, 1, 1, 0},
    {9, 7, 16, 9, 1, 2, 0},
    {11, 12, 3, 7, 7, 2, 3},
    // One pixel, no padding, a stride wider than the window, one window, an even window.
    {1, 1, 1, 1, 1, 1, 0},
    {5, 6, 4, 3, 3, 1, 0},
    {10, 8, 2, 3, 2, 3, 1},
    {4, 4, 5, 2, 4, 1, 0},
    {6, 5, 3, 4, 4, 2, 2},
    {3, 3, 2, 3, 5, 1, 4},
    // More columns of windows than a pass takes, and more than one block of rows.
    {3, 3, 70, 3, 3, 1, 1},
    {20, 20, 2, 3, 3, 1, 1},
    {26, 26, 2, 20, 3, 2, 1},
    // Straight from the images, on every target: one panel, several, half a panel, no padding, pixels that
    // no window sees, and an image of more than one band.
    {9, 13, 16, 16, 3, 1, 1},
    {9, 12, 16, 48, 3, 2, 1},
    {12, 9, 32, 16, 1, 2, 0},
    {8, 9, 16, 24, 3, 1, 0},
    {16, 20, 16, 32, 2, 4, 0},
    {11, 14, 3, 80, 7, 2, 3},
    {30, 70, 40, 16, 3, 1, 1},
};

template <typename T>
void compare_all() {
  std::size_t number = 0;
  for (const Conv2dShape& shape : kShapes) {
    compare<T>(shape, 2, 0, T(0));
    compare<T>(shape, 1 + number % 3, number % 4, T(1));
    ++number;
  }
  compare<T>(kShapes[0], 0, 1, T(0));
  compare<T>(kShapes[1], 0, 1, T(1));
}

BOOST_AUTO_TEST_CASE(convolutions_and_their_transposes_agree_with_the_sums_on_every_target) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      compare_all<float>();
      compare_all<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(an_image_convolved_alone_gets_what_it_gets_among_others_to_the_bit) {
  // By copied windows, and straight from the images.
  for (const Conv2dShape& s : {Conv2dShape{13, 11, 16, 20, 3, 1, 1}, {13, 11, 16, 32, 3, 1, 1}}) {
    const std::size_t n = 5, pixels = s.height * s.width;
    Operand<float> x(n * pixels, s.in), w(s.out, s.depth()), all(n * pixels, s.out),
        alone(pixels, s.out);
    x.fill_random(1), w.fill_random(2);
    const Aligned<float> packed(kernels::conv2d_packed_size<float>(s));
    const tests::AlignedBytes scratch(kernels::conv2d_scratch_size(s));
    kernels::conv2d_pack(s, w.data(), w.stride(), packed.get());
    kernels::conv2d(s, n, x.data(), s.in, packed.get(), 0.0F, all.data(), s.out, scratch.get());
    for (std::size_t image = 0; image < n; ++image) {
      kernels::conv2d(s, 1, &x(image * pixels, 0), s.in, packed.get(), 0.0F, alone.data(), s.out,
                      scratch.get());
      for (std::size_t i = 0; i < pixels; ++i) {
        for (std::size_t j = 0; j < s.out; ++j) {
          if (alone(i, j) != all(image * pixels + i, j))
            BOOST_ERROR(image << ", " << i << ", " << j);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_nan_reaches_the_windows_that_hold_it_alone) {
  for (const std::size_t out : {3u, 16u}) {
    const Conv2dShape s{6, 6, 2, out, 3, 1, 1};
    Operand<double> x(36, 2), w(out, 18), y(36, out);
    x.fill_random(1), w.fill_random(2);
    x(2 * 6 + 3, 1) = std::numeric_limits<double>::quiet_NaN();
    const Aligned<double> packed(kernels::conv2d_packed_size<double>(s));
    const tests::AlignedBytes scratch(kernels::conv2d_scratch_size(s));
    kernels::conv2d_pack(s, w.data(), w.stride(), packed.get());
    kernels::conv2d(s, 1, x.data(), 2, packed.get(), 0.0, y.data(), out, scratch.get());
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < 6; ++j) {
        const bool holds = i >= 1 && i <= 3 && j >= 2 && j <= 4;
        for (std::size_t o = 0; o < out; ++o) BOOST_TEST(std::isnan(y(i * 6 + j, o)) == holds);
      }
    }
  }
}

}  // namespace
}  // namespace surplus
