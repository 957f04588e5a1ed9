#define BOOST_TEST_MODULE ger
#include "kernels/ger.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/ger.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

template <typename T>
void check_near(const Operand<T>& a, const Operand<T>& expected, T alpha) {
  BOOST_TEST(a.intact());
  // Vectors and matrix are in [-1, 1).
  const double bound =
      (3 * std::abs(static_cast<double>(alpha)) + 1) * std::numeric_limits<T>::epsilon();
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) {
      const double error =
          std::abs(static_cast<double>(a(i, j)) - static_cast<double>(expected(i, j)));
      if (!(error <= bound)) {
        BOOST_ERROR(a.rows() << " x " << a.cols() << ", alpha " << alpha << ": element " << i
                             << ", " << j << " is off by " << error << ", not " << bound);
        return;
      }
    }
  }
}

template <typename T>
void compare_ger(std::size_t m, std::size_t n, std::size_t offset, std::size_t gap, T alpha) {
  Operand<T> x(m, 1, offset, gap), y(n, 1, offset, gap), a(m, n, offset, gap);
  x.fill_random(m + 1);
  y.fill_random(n + 2);
  a.fill_random(3);
  Operand<T> expected = a;
  kernels::ger(m, n, alpha, x.data(), x.stride(), y.data(), y.stride(), a.data(), a.stride());
  kernels::reference::ger(m, n, alpha, x.data(), x.stride(), y.data(), y.stride(), expected.data(),
                          expected.stride());
  check_near(a, expected, alpha);
}

template <typename T>
void compare_symmetric(std::size_t n, std::size_t offset, std::size_t gap, T alpha) {
  Operand<T> v(n, 1, offset, gap), a(n, n, offset, gap);
  v.fill_random(n + 1);
  a.fill_random(2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) a(i, j) = a(j, i);
  }
  Operand<T> expected = a;
  kernels::symmetric_rank_one(n, alpha, v.data(), v.stride(), a.data(), a.stride());
  kernels::reference::symmetric_rank_one(n, alpha, v.data(), v.stride(), expected.data(),
                                         expected.stride());
  check_near(a, expected, alpha);
  bool symmetric = true;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) symmetric = symmetric && a(i, j) == a(j, i);
  }
  BOOST_TEST(symmetric);
}

template <typename T>
void compare_all_shapes() {
  std::vector<std::size_t> lengths = tests::edge_lengths<T>();
  lengths.push_back(2051);  // more than the columns worked on at a time
  for (const std::size_t offset : tests::kEdgeOffsets) {
    for (const std::size_t n : lengths) {
      for (const std::size_t m : {0, 1, 5}) {
        compare_ger<T>(m, n, offset, offset, T(-1.5));
        compare_ger<T>(n, m, offset, offset, T(0.5));
      }
      if (n < 100) compare_symmetric<T>(n, offset, offset, T(-0.7));
    }
  }
  compare_symmetric<T>(2051, 0, 1, T(0.3));
}

BOOST_AUTO_TEST_CASE(both_updates_agree_with_the_reference_on_every_target_shape_and_stride) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      compare_all_shapes<float>();
      compare_all_shapes<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(alpha_of_zero_reads_nothing_and_changes_nothing) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      const Operand<double> nan(5, 1);  // not filled
      Operand<double> a(5, 5);
      a.fill_random(1);
      const Operand<double> before = a;
      kernels::ger(5, 5, 0.0, nan.data(), 1, nan.data(), 1, a.data(), 5);
      kernels::symmetric_rank_one(5, 0.0, nan.data(), 1, a.data(), 5);
      for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 5; ++j) BOOST_TEST(a(i, j) == before(i, j));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_nan_reaches_its_row_or_column_alone_and_subnormal_numbers_are_kept) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      Operand<double> x(21, 1), y(21, 1), a(21, 21), b(21, 21);
      const auto zero = [](std::size_t, std::size_t) { return 0.0; };
      x.fill([](std::size_t, std::size_t) { return 0x1p-1060; });
      y.fill([](std::size_t, std::size_t) { return 1.0; });
      y(20, 0) = std::numeric_limits<double>::quiet_NaN();
      a.fill(zero);
      b.fill(zero);
      kernels::ger(21, 21, 3.0, x.data(), 1, y.data(), 1, a.data(), 21);
      kernels::symmetric_rank_one(21, 0x1p-1060, y.data(), 1, b.data(), 21);
      for (std::size_t i = 0; i < 21; ++i) {
        for (std::size_t j = 0; j < 21; ++j) {
          BOOST_TEST(std::isnan(a(i, j)) == (j == 20));
          BOOST_TEST(std::isnan(b(i, j)) == (i == 20 || j == 20));
          if (j < 20) BOOST_TEST(a(i, j) == 3 * 0x1p-1060);
          if (i < 20 && j < 20) BOOST_TEST(b(i, j) == 0x1p-1060);
        }
      }
    }
  });
}

}  // namespace
}  // namespace surplus
