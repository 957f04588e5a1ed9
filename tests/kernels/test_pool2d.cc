#define BOOST_TEST_MODULE pool2d
#include "kernels/pool2d.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/reference/pool2d.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using kernels::Pool2dShape;
using tests::for_each_target;
using tests::Operand;

template <typename T, typename U>
void require_near(const Operand<T>& result, const Operand<U>& expected, double bound,
                  const char* what) {
  BOOST_TEST(result.intact(), what);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    for (std::size_t j = 0; j < result.cols(); ++j) {
      const double error =
          std::abs(static_cast<double>(result(i, j)) - static_cast<double>(expected(i, j)));
      if (!(error <= bound)) BOOST_ERROR(what << " at " << i << ", " << j << ": off by " << error);
    }
  }
}

template <typename T>
void compare(const Pool2dShape& s, std::size_t n, std::size_t gap) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const std::size_t pixels = n * s.height * s.width, windows = n * s.out_height() * s.out_width();
  const auto most = static_cast<double>(s.window_height * s.window_width);
  Operand<T> x(pixels, s.channels, gap, gap), d_y(windows, s.channels, gap, 2 * gap);
  x.fill_random(1), d_y.fill_random(2);
  if (pixels > 2) x(1, 0) = x(0, 0);  // equals
  Operand<T> y(windows, s.channels, gap, gap), places(windows, s.channels, gap, gap),
      expected(windows, s.channels), expected_places(windows, s.channels);
  kernels::max_pool2d(s, n, x.data(), x.stride(), y.data(), y.stride(), places.data(),
                      places.stride());
  kernels::reference::max_pool2d(s, n, x.data(), x.stride(), expected.data(), s.channels,
                                 expected_places.data(), s.channels);
  require_near(y, expected, 0, "largest");
  require_near(places, expected_places, 0, "places");
  Operand<T> d_x(pixels, s.channels, gap, gap), expected_d_x(pixels, s.channels);
  d_x.fill_random(3), expected_d_x.fill_random(3);
  kernels::max_pool2d_input(s, n, d_y.data(), d_y.stride(), places.data(), places.stride(),
                            d_x.data(), d_x.stride());
  kernels::reference::max_pool2d_input(s, n, d_y.data(), d_y.stride(), expected_places.data(),
                                       s.channels, expected_d_x.data(), s.channels);
  require_near(d_x, expected_d_x, 0, "d_x of the largest");

  Operand<double> sums(windows, s.channels), d_sums(pixels, s.channels);
  for (const T beta : {T(0), T(1)}) {
    sums.fill([&](auto i, auto j) { return beta == 0 ? 0.0 : static_cast<double>(y(i, j)); });
    Operand<T> means = y;
    if (beta == 0) means = Operand<T>(windows, s.channels, gap, gap);
    kernels::average_pool2d(s, n, x.data(), x.stride(), beta, means.data(), means.stride());
    kernels::reference::average_pool2d(s, n, x.data(), x.stride(), sums.data(), s.channels);
    require_near(means, sums, (most + 3) * eps, "means");
  }
  d_sums.fill([&](auto i, auto j) { return static_cast<double>(d_x(i, j)); });
  const double size = 2 + most;
  kernels::average_pool2d_input(s, n, d_y.data(), d_y.stride(), d_x.data(), d_x.stride());
  kernels::reference::average_pool2d_input(s, n, d_y.data(), d_y.stride(), d_sums.data(),
                                           s.channels);
  require_near(d_x, d_sums, (most + 2) * size * eps, "d_x of the means");
}

const Pool2dShape kShapes[] = {
    {8, 8, 16, 2, 2, 2, 0}, {7, 9, 5, 3, 3, 2, 1}, {4, 4, 33, 4, 4, 1, 0}, {3, 5, 17, 3, 5, 1, 0},
    {1, 1, 1, 1, 1, 1, 0},  {5, 4, 9, 3, 2, 3, 1}, {6, 6, 8, 2, 2, 3, 0},  {2, 2, 4, 4, 4, 1, 2},
};

BOOST_AUTO_TEST_CASE(pooling_agrees_with_the_reference_on_every_target_and_shape) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const Pool2dShape& shape : kShapes) {
        for (const std::size_t n : {0, 1, 3}) {
          compare<float>(shape, n, n);
          compare<double>(shape, n, n);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_is_the_largest_of_its_window_and_channel) {
  const Pool2dShape s{2, 4, 9, 2, 2, 2, 0};
  Operand<float> x(8, 9), y(2, 9), places(2, 9);
  x.fill_random(1);
  x(1, 3) = x(4, 8) = std::numeric_limits<float>::quiet_NaN();
  kernels::max_pool2d(s, 1, x.data(), 9, y.data(), 9, places.data(), 9);
  for (std::size_t c = 0; c < 9; ++c) {
    BOOST_TEST(std::isnan(y(0, c)) == (c == 3 || c == 8));
    BOOST_TEST(!std::isnan(y(1, c)));
  }
  BOOST_TEST(places(0, 3) == 1.0F);
  BOOST_TEST(places(0, 8) == 2.0F);
}

}  // namespace
}  // namespace surplus
