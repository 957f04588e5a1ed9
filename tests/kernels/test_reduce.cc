#define BOOST_TEST_MODULE reduce
#include "kernels/reduce.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/reduce.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The bounds of the header, with one lane, their worst case.
template <typename T>
void compare_with_reference(std::size_t m, std::size_t n, std::size_t offset, std::size_t gap) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const auto terms = static_cast<double>(n);
  Operand<T> x(m, n, offset, gap);
  x.fill_random(n + 7 * offset, -8, 8);
  Operand<T> out(1, m), expected(1, m);
  const auto difference = [&](std::size_t i) {
    return std::abs(static_cast<double>(out(0, i)) - static_cast<double>(expected(0, i)));
  };

  kernels::row_sum(m, n, x.data(), x.stride(), out.data());
  kernels::reference::row_sum(m, n, x.data(), x.stride(), expected.data());
  BOOST_TEST(out.intact());
  for (std::size_t i = 0; i < m; ++i) {
    double magnitude = 0;
    for (std::size_t j = 0; j < n; ++j) magnitude += std::abs(static_cast<double>(x(i, j)));
    BOOST_TEST(difference(i) <= (terms + 4) * eps * magnitude);
  }

  kernels::row_max(m, n, x.data(), x.stride(), out.data());
  kernels::reference::row_max(m, n, x.data(), x.stride(), expected.data());
  BOOST_TEST(out.intact());
  for (std::size_t i = 0; i < m; ++i) BOOST_TEST(out(0, i) == expected(0, i));

  std::vector<std::size_t> indices(m, n + 1), expected_indices(m);
  kernels::row_argmax(m, n, x.data(), x.stride(), indices.data());
  kernels::reference::row_argmax(m, n, x.data(), x.stride(), expected_indices.data());
  BOOST_TEST(indices == expected_indices, boost::test_tools::per_element());

  kernels::row_log_sum_exp(m, n, x.data(), x.stride(), out.data());
  kernels::reference::row_log_sum_exp(m, n, x.data(), x.stride(), expected.data());
  BOOST_TEST(out.intact());
  for (std::size_t i = 0; i < m; ++i) {
    const double exact = static_cast<double>(expected(0, i));
    if (n == 0) {
      BOOST_TEST(out(0, i) == -kInfinity);
    } else {
      BOOST_TEST(difference(i) <= (terms + std::log(terms) + 12 + std::abs(exact)) * eps);
    }
  }

  Operand<T> y(m, n, offset, gap + 2), expected_y(m, n);
  kernels::row_softmax(m, n, x.data(), x.stride(), y.data(), y.stride());
  kernels::reference::row_softmax(m, n, x.data(), x.stride(), expected_y.data(),
                                  expected_y.stride());
  BOOST_TEST(y.intact());
  kernels::row_softmax(m, n, x.data(), x.stride(), x.data(), x.stride());
  BOOST_TEST(x.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double exact = static_cast<double>(expected_y(i, j));
      // x has been overwritten; no element lies more than 16 below the largest.
      const double bound = (terms + std::log(terms) + 16 + 12) * eps * exact;
      BOOST_TEST(std::abs(static_cast<double>(y(i, j)) - exact) <= bound);
      BOOST_TEST(x(i, j) == y(i, j));
    }
  }
}

BOOST_AUTO_TEST_CASE(reductions_agree_with_the_reference_on_every_target_length_and_offset) {
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

// A row of `fill`, long enough for every part of the loops, with `special` at `place`, above a row
// of ones that it must not reach.
template <typename T>
struct SpecialRow {
  static constexpr std::size_t kLength = 77;
  SpecialRow(double fill, double special, std::size_t place) : x(2, kLength, 0, 3) {
    x.fill([&](std::size_t i, std::size_t j) {
      return static_cast<T>(i == 1 ? 1.0 : j == place ? special : fill);
    });
    kernels::row_sum(2, kLength, x.data(), x.stride(), sum);
    kernels::row_max(2, kLength, x.data(), x.stride(), max);
    kernels::row_argmax(2, kLength, x.data(), x.stride(), argmax);
    kernels::row_log_sum_exp(2, kLength, x.data(), x.stride(), log_sum_exp);
    kernels::row_softmax(2, kLength, x.data(), x.stride(), x.data(), x.stride());
    BOOST_TEST(sum[1] == T(kLength));
    BOOST_TEST(max[1] == T(1));
    BOOST_TEST(argmax[1] == 0u);
    BOOST_TEST(std::isfinite(log_sum_exp[1]));
    BOOST_TEST(std::isfinite(x(1, kLength - 1)));
  }
  bool softmax_is_nan() const {
    for (std::size_t j = 0; j < kLength; ++j) {
      if (!std::isnan(x(0, j))) return false;
    }
    return true;
  }

  Operand<T> x;
  T sum[2], max[2], log_sum_exp[2];
  std::size_t argmax[2];
};

template <typename T>
void check_special_rows() {
  for (const std::size_t place : {0, 1, 17, 40, 63, 64, 76}) {
    BOOST_TEST_CONTEXT("place " << place) {
      for (const double other : {1.0, kInfinity}) {
        const SpecialRow<T> nan(other, kNaN, place);
        BOOST_TEST(std::isnan(nan.sum[0]));
        BOOST_TEST(std::isnan(nan.max[0]));
        BOOST_TEST(nan.argmax[0] == place);
        BOOST_TEST(std::isnan(nan.log_sum_exp[0]));
        BOOST_TEST(nan.softmax_is_nan());
      }
      const SpecialRow<T> infinite(1, kInfinity, place);
      BOOST_TEST(infinite.sum[0] == T(kInfinity));
      BOOST_TEST(infinite.max[0] == T(kInfinity));
      BOOST_TEST(infinite.argmax[0] == place);
      BOOST_TEST(infinite.log_sum_exp[0] == T(kInfinity));
      BOOST_TEST(infinite.softmax_is_nan());

      const SpecialRow<T> single(-kInfinity, 5, place);
      BOOST_TEST(single.max[0] == T(5));
      BOOST_TEST(single.argmax[0] == place);
      BOOST_TEST(single.log_sum_exp[0] == T(5));
      for (std::size_t j = 0; j < single.kLength; ++j) {
        BOOST_TEST(single.x(0, j) == T(j == place ? 1 : 0));
      }

      // Far outside the range of the exponential, where only the maximum keeps it finite.
      const SpecialRow<T> huge(-1e30, 1e30, place);
      BOOST_TEST(huge.log_sum_exp[0] == T(1e30));
      BOOST_TEST(huge.x(0, place) == T(1));
    }
  }
  const SpecialRow<T> lowest(-kInfinity, -kInfinity, 0);
  BOOST_TEST(lowest.max[0] == T(-kInfinity));
  BOOST_TEST(lowest.argmax[0] == 0u);
  BOOST_TEST(lowest.log_sum_exp[0] == T(-kInfinity));
  BOOST_TEST(lowest.softmax_is_nan());
  // Negative zeros and ties: the first of the equal ones.
  const SpecialRow<T> equal(0.0, -0.0, 3);
  BOOST_TEST(equal.argmax[0] == 0u);
}

BOOST_AUTO_TEST_CASE(nan_and_infinities_give_what_the_header_says_in_their_own_row_alone) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      check_special_rows<float>();
      check_special_rows<double>();
    }
  });
}

}  // namespace
}  // namespace surplus
