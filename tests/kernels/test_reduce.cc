#define BOOST_TEST_MODULE reduce
#include "kernels/reduce.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "kernels/reference/reduce.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

template <typename T>
void compare_with_reference(std::size_t m, std::size_t n, std::size_t offset, std::size_t gap) {
  Operand<T> x(m, n, offset, gap);
  x.fill_random(n + 7 * offset);
  Operand<T> sums(1, m), expected(1, m);
  kernels::row_sum(m, n, x.data(), x.stride(), sums.data());
  kernels::reference::row_sum(m, n, x.data(), x.stride(), expected.data());
  BOOST_TEST(sums.intact());
  for (std::size_t i = 0; i < m; ++i) {
    double magnitude = 0;
    for (std::size_t j = 0; j < n; ++j) magnitude += std::abs(static_cast<double>(x(i, j)));
    // The header's bound with one lane, its worst case.
    const double bound =
        (static_cast<double>(n) + 4) * std::numeric_limits<T>::epsilon() * magnitude;
    BOOST_TEST(std::abs(static_cast<double>(sums(0, i)) - static_cast<double>(expected(0, i))) <=
               bound);
  }
}

BOOST_AUTO_TEST_CASE(row_sums_agree_with_the_reference_on_every_target_length_and_offset) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        for (const std::size_t n : tests::edge_lengths<float>()) {
          compare_with_reference<float>(3, n, offset, 5);
        }
        for (const std::size_t n : tests::edge_lengths<double>()) {
          compare_with_reference<double>(3, n, offset, 5);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_reaches_the_sum_of_its_own_row_alone) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Operand<float> x(2, 33);
      x.fill([](std::size_t, std::size_t) { return 1.0f; });
      x(0, 32) = std::numeric_limits<float>::quiet_NaN();
      float sums[2];
      kernels::row_sum(2, 33, x.data(), x.stride(), sums);
      BOOST_TEST(std::isnan(sums[0]));
      BOOST_TEST(sums[1] == 33.0f);
    }
  });
}

}  // namespace
}  // namespace surplus
