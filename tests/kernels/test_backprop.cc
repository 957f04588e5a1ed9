#define BOOST_TEST_MODULE backprop
#include "kernels/backprop.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/backprop.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::AlignedBytes;
using tests::for_each_target;
using tests::Operand;

constexpr std::size_t kExamples = 5;

template <typename T>
struct Net {
  Operand<T> w, b, v, c;
  Net(std::size_t h, std::size_t d, std::size_t offset)
      : w(h, d, offset, offset), b(1, h, offset), v(1, h, offset), c(1, 1, offset) {
    w.fill_random(h + d, -0.5, 0.5);
    b.fill_random(h + d + 1, -0.5, 0.5);
    v.fill_random(h + d + 2, -0.5, 0.5);
    c.fill_random(h + d + 3, -0.5, 0.5);
  }
};

template <typename T>
struct Lesson {
  Operand<T> x, y, rates;
  std::vector<std::size_t> order;
  Lesson(std::size_t d, std::size_t steps, std::size_t offset)
      : x(kExamples, d, offset, offset), y(1, kExamples, offset), rates(1, steps, offset) {
    x.fill_random(d, -1, 1);
    y.fill_random(d + 1, -1, 1);
    rates.fill_random(d + 2, 0.01, 0.05);
    for (std::size_t s = 0; s < steps; ++s) order.push_back((3 * s + 1) % kExamples);
  }
};

template <typename T>
double run(std::size_t h, std::size_t d, T decay, const Lesson<T>& lesson, Net<T>& net) {
  // The scratch is at first full of NaN, and exactly as large as was said.
  const std::size_t count = kernels::online_backprop_scratch(h, d);
  const AlignedBytes bytes(count * sizeof(T));
  T* const scratch = static_cast<T*>(bytes.get());
  std::fill_n(scratch, count, std::numeric_limits<T>::quiet_NaN());
  return kernels::online_backprop(h, d, lesson.order.size(), lesson.order.data(),
                                  lesson.rates.data(), decay, lesson.x.data(), lesson.x.stride(),
                                  lesson.y.data(), net.w.data(), net.w.stride(), net.b.data(),
                                  net.v.data(), net.c.data(), scratch);
}

template <typename T>
void compare(const std::string& target, std::size_t h, std::size_t d, std::size_t steps, T decay) {
  const std::size_t offset = (h + d) % 3;
  const Lesson<T> lesson(d, steps, offset);
  Net<T> net(h, d, offset);
  using Reals = std::vector<long double>;
  Reals w(h * d), b(net.b.data(), net.b.data() + h), v(net.v.data(), net.v.data() + h);
  for (std::size_t j = 0; j < h; ++j) {
    std::copy_n(&net.w(j, 0), d, w.begin() + static_cast<std::ptrdiff_t>(j * d));
  }
  long double c = net.c(0, 0);
  const long double squares = kernels::reference::online_backprop<long double, T>(
      h, d, steps, lesson.order.data(), lesson.rates.data(), decay, lesson.x.data(),
      lesson.x.stride(), lesson.y.data(), w.data(), b.data(), v.data(), &c);
  const double ours = run(h, d, decay, lesson, net);
  BOOST_TEST((net.w.intact() && net.b.intact() && net.v.intact() && net.c.intact()));
  BOOST_TEST((lesson.x.intact() && lesson.y.intact() && lesson.rates.intact()));

  // The bound of one step, from |parameters| < 1 and |x| < 1; differences grow from step to step by
  // less than a factor of 1 + r ||H||, with ||H|| below ||gradient of the output||^2 + V ||its Hessian||.
  const auto hidden = static_cast<double>(h), inputs = static_cast<double>(d);
  const double size = 2 + hidden;
  const double one = std::numeric_limits<T>::epsilon() *
                     (2 + 0.05 * ((inputs + 4) * (1 + inputs) + hidden + 16) * size * 2);
  const double norm = 1 + hidden * (2 + inputs);
  const double growth = std::pow(1 + 0.05 * (norm + size * (2 + inputs)), steps);
  const double bound = static_cast<double>(steps) * one * growth;
  double worst = std::abs(static_cast<double>(net.c(0, 0) - c));
  for (std::size_t j = 0; j < h; ++j) {
    worst = std::max({worst, std::abs(static_cast<double>(net.b(0, j) - b[j])),
                      std::abs(static_cast<double>(net.v(0, j) - v[j]))});
    for (std::size_t l = 0; l < d; ++l) {
      worst = std::max(worst, std::abs(static_cast<double>(net.w(j, l) - w[j * d + l])));
    }
  }
  BOOST_TEST(worst <= bound, target << ", h " << h << ", d " << d << ", steps " << steps << ": "
                                    << worst << " above " << bound);
  BOOST_TEST(std::abs(ours - static_cast<double>(squares)) <=
             static_cast<double>(steps) * size * size * bound +
                 1e3 * std::numeric_limits<T>::epsilon() * static_cast<double>(squares));
}

template <typename T>
void compare_shapes(const std::string& target) {
  for (const std::size_t h : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 51, 65, 100}) {
    for (const std::size_t d : {0, 1, 2, 5, 20}) {
      // One step from anywhere is within its bound; three where differences hardly grow.
      for (const std::size_t steps : {0, 1, 3}) {
        if (steps == 3 && h * d > 50) continue;
        for (const T decay : {T(0), T(0.1)}) compare<T>(target, h, d, steps, decay);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(steps_agree_with_the_rule_on_every_target_width_and_stride) {
  for_each_target([](const std::string& target) {
    compare_shapes<float>(target);
    compare_shapes<double>(target);
  });
}

BOOST_AUTO_TEST_CASE(many_steps_in_one_call_or_in_pieces_give_the_same_bits) {
  for_each_target([](const std::string&) {
    Lesson<float> lesson(20, 200, 0);
    Net<float> once(10, 20, 0), pieces(10, 20, 0);
    run<float>(10, 20, 0.01F, lesson, once);
    for (std::size_t begin = 0; begin < 200; begin += 50) {
      Lesson<float> piece(20, 50, 0);
      std::copy_n(lesson.rates.data() + begin, 50, piece.rates.data());
      std::copy_n(lesson.order.begin() + static_cast<std::ptrdiff_t>(begin), 50,
                  piece.order.begin());
      run<float>(10, 20, 0.01F, piece, pieces);
    }
    BOOST_TEST(once.c(0, 0) == pieces.c(0, 0));
    for (std::size_t j = 0; j < 10; ++j) {
      BOOST_TEST(once.v(0, j) == pieces.v(0, j));
      for (std::size_t l = 0; l < 20; ++l) BOOST_TEST(once.w(j, l) == pieces.w(j, l));
    }
  });
}

BOOST_AUTO_TEST_CASE(nan_propagates_from_an_example_to_all_that_it_moves) {
  for_each_target([](const std::string&) {
    Lesson<double> lesson(2, 2, 0);
    lesson.y(0, lesson.order[0]) = std::numeric_limits<double>::quiet_NaN();
    Net<double> net(3, 2, 0);
    BOOST_TEST(std::isnan(run<double>(3, 2, 0, lesson, net)));
    BOOST_TEST(std::isnan(net.w(2, 1)));
    BOOST_TEST(std::isnan(net.c(0, 0)));
  });
}

}  // namespace
}  // namespace surplus
