#define BOOST_TEST_MODULE distance
#include "kernels/distance.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/reference/distance.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

template <typename T>
void compare_with_reference(std::size_t m, std::size_t n, std::size_t d, std::size_t offset) {
  Operand<T> x(m, d, offset, 3), y(n, d, offset, 2), out(m, n, offset, 1), expected(m, n);
  x.fill_random(d + 1);
  y.fill_random(n + 2);
  kernels::squared_distances(m, n, d, x.data(), x.stride(), y.data(), y.stride(), out.data(),
                             out.stride());
  kernels::reference::squared_distances(m, n, d, x.data(), x.stride(), y.data(), y.stride(),
                                        expected.data(), expected.stride());
  BOOST_TEST(out.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double exact = static_cast<double>(expected(i, j));
      BOOST_TEST(std::abs(static_cast<double>(out(i, j)) - exact) <=
                 (static_cast<double>(d) + 3) * std::numeric_limits<T>::epsilon() * exact);
    }
  }
}

BOOST_AUTO_TEST_CASE(distances_agree_with_the_reference_on_every_target_and_shape) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t n : tests::edge_lengths<float>()) {
        compare_with_reference<float>(3, n, 5, n % 4);
        compare_with_reference<double>(3, n, 5, n % 4);
      }
      for (const std::size_t d : {0, 1, 63, 64, 65, 130}) {
        for (const std::size_t m : {0, 1, 2, 7}) {
          compare_with_reference<float>(m, 37, d, 1);
          compare_with_reference<double>(m, 37, d, 1);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(equal_samples_are_at_distance_zero_however_large_and_nan_stays_in_its_column) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Operand<float> x(5, 70), out(5, 5);
      x.fill_random(1, 1e6, 2e6);
      x(2, 69) = std::numeric_limits<float>::quiet_NaN();
      kernels::squared_distances(5, 5, 70, x.data(), 70, x.data(), 70, out.data(), 5);
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 5; ++j) {
          BOOST_TEST(std::isnan(out(i, j)) == (i == 2 || j == 2));
          if (i == j && i != 2) BOOST_TEST(out(i, j) == 0.0f);
        }
      }
    }
  });
}

}  // namespace
}  // namespace surplus
