#define BOOST_TEST_MODULE softmax_cross_entropy
#include "kernels/softmax_cross_entropy.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/softmax_cross_entropy.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

template <typename T>
void compare_with_reference(std::size_t m, std::size_t n, std::size_t offset) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const auto terms = static_cast<double>(n), scale = 0.25;
  Operand<T> x(m, n, offset, 3), d_x(m, n, offset, 1), expected_d_x(m, n);
  Operand<T> losses(1, m), expected(1, m), alone(1, m);
  x.fill_random(n + offset, -9, 9);
  std::vector<std::size_t> y(m);
  for (std::size_t i = 0; i < m; ++i) y[i] = i % 2 == 0 ? (i * 7) % n : n - 1;
  kernels::softmax_cross_entropy(m, n, x.data(), x.stride(), y.data(), T(scale), losses.data(),
                                 d_x.data(), d_x.stride());
  kernels::reference::softmax_cross_entropy(m, n, x.data(), x.stride(), y.data(), T(scale),
                                            expected.data(), expected_d_x.data(),
                                            expected_d_x.stride());
  BOOST_TEST(losses.intact());
  BOOST_TEST(d_x.intact());
  for (std::size_t i = 0; i < m; ++i) {
    const double score = static_cast<double>(x(i, y[i])),
                 loss = static_cast<double>(expected(0, i));
    const double bound =
        (terms + std::log(terms) + 12 + std::abs(loss + score) + std::abs(score)) * eps;
    BOOST_TEST(std::abs(static_cast<double>(losses(0, i)) - loss) <= bound);
    for (std::size_t j = 0; j < n; ++j) {
      BOOST_TEST(
          std::abs(static_cast<double>(d_x(i, j)) - static_cast<double>(expected_d_x(i, j))) <=
          scale * (terms + std::log(terms) + 16) * eps);
    }
  }
  // The losses alone, and the gradient in the place of the scores, are the same to the bit.
  kernels::softmax_cross_entropy(m, n, x.data(), x.stride(), y.data(), T(scale), alone.data(),
                                 static_cast<T*>(nullptr), 0);
  for (std::size_t i = 0; i < m; ++i) BOOST_TEST(alone(0, i) == losses(0, i));
  kernels::softmax_cross_entropy(m, n, x.data(), x.stride(), y.data(), T(scale), alone.data(),
                                 x.data(), x.stride());
  BOOST_TEST(x.intact());
  for (std::size_t i = 0; i < m; ++i) {
    BOOST_TEST(alone(0, i) == losses(0, i));
    for (std::size_t j = 0; j < n; ++j) BOOST_TEST(x(i, j) == d_x(i, j));
  }
}

// A gradient too large for the caches, whose rows begin within a vector.
BOOST_AUTO_TEST_CASE(a_gradient_past_the_caches_has_the_bits_of_its_rows) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      const std::size_t m = 4300, n = 2001;
      Operand<float> x(m, n, 1, 2), d_x(m, n, 3, 1), losses(1, m), row(1, n), loss(1, 1);
      x.fill_random(5, -9, 9);
      std::vector<std::size_t> y(m);
      for (std::size_t i = 0; i < m; ++i) y[i] = i * 13 % n;
      kernels::softmax_cross_entropy(m, n, x.data(), x.stride(), y.data(), 0.5f, losses.data(),
                                     d_x.data(), d_x.stride());
      BOOST_TEST(d_x.intact());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < m; ++i) {
        kernels::softmax_cross_entropy(1, n, &x(i, 0), n, &y[i], 0.5f, loss.data(), row.data(), n);
        wrong += loss(0, 0) != losses(0, i) || !std::equal(row.data(), row.data() + n, &d_x(i, 0));
      }
      BOOST_TEST(wrong == 0u);
    }
  });
}

BOOST_AUTO_TEST_CASE(losses_and_gradients_agree_with_the_reference_on_every_target_and_length) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        for (const std::size_t n : {1, 2, 7, 8, 9, 10, 15, 16, 17, 35, 1000}) {
          compare_with_reference<float>(5, n, offset);
          compare_with_reference<double>(5, n, offset);
        }
      }
      for (const std::size_t m : {0, 1, 63, 64, 65, 130}) {
        compare_with_reference<float>(m, 10, 0);
        compare_with_reference<double>(m, 10, 0);
      }
    }
  });
}

template <typename T>
void check_special_rows(std::size_t n) {
  const T infinity = std::numeric_limits<T>::infinity();
  const std::vector<std::size_t> y(5, n - 1);
  Operand<T> x(5, n), d_x(5, n);
  T losses[5];
  x.fill([&](std::size_t i, std::size_t j) { return i == 3 ? -infinity : T(j == 0 ? 1 : 0); });
  x(1, 0) = std::numeric_limits<T>::quiet_NaN();
  x(2, 0) = infinity;
  x(4, 0) = T(1e30);
  kernels::softmax_cross_entropy(5, n, x.data(), x.stride(), y.data(), T(1), losses, d_x.data(),
                                 d_x.stride());
  const auto is_nan = [](T value) { return std::isnan(value); };
  for (const std::size_t i : {1, 2, 3}) {
    BOOST_TEST(std::all_of(&d_x(i, 0), &d_x(i, 0) + n, is_nan));
  }
  BOOST_TEST(std::isfinite(losses[0]));
  BOOST_TEST(std::isnan(losses[1]));
  BOOST_TEST(losses[2] == infinity);
  BOOST_TEST(losses[4] == T(1e30));
  BOOST_TEST(d_x(4, 0) == T(1));
  BOOST_TEST(d_x(4, n - 1) == T(-1));
  for (std::size_t j = 0; j < n; ++j) BOOST_TEST(std::isfinite(d_x(0, j)));
}

BOOST_AUTO_TEST_CASE(nan_infinite_and_huge_scores_stay_in_their_row) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t n : {2, 10, 40}) {
        check_special_rows<float>(n);
        check_special_rows<double>(n);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(the_gradient_of_each_row_sums_to_zero) {
  Operand<double> x(20, 30), d_x(20, 30);
  x.fill_random(3, -30, 30);
  const std::vector<std::size_t> y(20, 4);
  double losses[20];
  kernels::softmax_cross_entropy(20, 30, x.data(), 30, y.data(), 1.0, losses, d_x.data(), 30);
  for (std::size_t i = 0; i < 20; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 30; ++j) sum += d_x(i, j);
    // Each of 30 elements within 50 eps, and the summation.
    BOOST_TEST(std::abs(sum) <= 30 * 51 * std::numeric_limits<double>::epsilon());
  }
}

}  // namespace
}  // namespace surplus
