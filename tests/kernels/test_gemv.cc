#define BOOST_TEST_MODULE gemv
#include "kernels/gemv.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/gemv.h"
#include "tests/support/kernel_cases.h"

namespace surplus {
namespace {

using tests::for_each_target;
using tests::Operand;

// Numbers of [-1, 1): |A| |x| is at most the length of x.
template <typename T>
void compare(bool transposed, std::size_t m, std::size_t n, std::size_t offset, std::size_t gap,
             T alpha, T beta) {
  const std::size_t in = transposed ? m : n, out = transposed ? n : m;
  // A vector with strides is a column of a matrix.
  Operand<T> a(m, n, offset, gap), x(in, 1, offset, gap), y(out, 1, offset, gap);
  a.fill_random(m + 1);
  x.fill_random(n + 2);
  if (beta != T{0}) y.fill_random(3);  // otherwise NaN, which must not be read
  Operand<T> expected = y;
  kernels::gemv(transposed, m, n, alpha, a.data(), a.stride(), x.data(), x.stride(), beta, y.data(),
                y.stride());
  kernels::reference::gemv(transposed, m, n, alpha, a.data(), a.stride(), x.data(), x.stride(),
                           beta, expected.data(), expected.stride());
  BOOST_TEST(y.intact());
  const auto length = static_cast<double>(in);
  const double bound =
      (length + 3) * std::numeric_limits<T>::epsilon() *
      (std::abs(static_cast<double>(alpha)) * length + std::abs(static_cast<double>(beta)));
  for (std::size_t i = 0; i < out; ++i) {
    const double error =
        std::abs(static_cast<double>(y(i, 0)) - static_cast<double>(expected(i, 0)));
    if (!(error <= bound)) {
      BOOST_ERROR((transposed ? "transposed " : "plain ")
                  << m << " x " << n << ", gap " << gap << ", alpha " << alpha << ", beta " << beta
                  << ": element " << i << " is off by " << error << ", not " << bound);
      return;
    }
  }
}

template <typename T>
void compare_all_shapes() {
  std::vector<std::size_t> lengths = tests::edge_lengths<T>();
  lengths.push_back(2051);  // more than the columns worked on at a time
  for (const bool transposed : {false, true}) {
    for (const std::size_t n : lengths) {
      for (const std::size_t m : {0, 1, 3, 4, 9, 21}) {
        for (const std::size_t offset : tests::kEdgeOffsets) {
          compare<T>(transposed, m, n, offset, offset, T(0.5), T(-2));
          compare<T>(transposed, n, m, offset, offset, T(-1.5), T(0));
        }
      }
    }
    for (const T alpha : {T(0), T(1)}) {
      for (const T beta : {T(0), T(1), T(3)}) compare<T>(transposed, 13, 37, 1, 2, alpha, beta);
    }
  }
}

BOOST_AUTO_TEST_CASE(gemv_agrees_with_the_reference_on_every_target_shape_and_stride) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      compare_all_shapes<float>();
      compare_all_shapes<double>();
    }
  });
}

BOOST_AUTO_TEST_CASE(alpha_of_zero_reads_neither_the_matrix_nor_x) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const bool transposed : {false, true}) {
        const Operand<float> a(5, 5), x(5, 1);  // NaN outside, and inside too: not filled
        Operand<float> y(5, 1);
        y.fill_random(1);
        const Operand<float> before = y;
        kernels::gemv(transposed, 5, 5, 0.0f, a.data(), 5, x.data(), 1, 2.0f, y.data(), 1);
        for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(y(i, 0) == 2 * before(i, 0));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_reach_the_elements_they_enter_and_no_others) {
  const double inf = std::numeric_limits<double>::infinity();
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const bool transposed : {false, true}) {
        Operand<double> a(21, 21), x(21, 1), y(21, 1);
        a.fill_random(1);
        x.fill_random(2);
        (transposed ? a(20, 6) : a(6, 20)) = std::numeric_limits<double>::quiet_NaN();
        (transposed ? a(0, 9) : a(9, 0)) = inf;
        kernels::gemv(transposed, 21, 21, 1.0, a.data(), 21, x.data(), 1, 0.0, y.data(), 1);
        for (std::size_t i = 0; i < 21; ++i) {
          BOOST_TEST(std::isnan(y(i, 0)) == (i == 6));
          BOOST_TEST(std::isinf(y(i, 0)) == (i == 9));
        }
        x(20, 0) = 0;  // 0 * NaN is NaN, and 0 * inf as well
        x(0, 0) = 0;
        kernels::gemv(transposed, 21, 21, 1.0, a.data(), 21, x.data(), 1, 0.0, y.data(), 1);
        for (std::size_t i = 0; i < 21; ++i) BOOST_TEST(std::isnan(y(i, 0)) == (i == 6 || i == 9));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(subnormal_numbers_are_not_flushed) {
  const double tiny = 0x1p-1060;
  for_each_target([&](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      for (const bool transposed : {false, true}) {
        Operand<double> a(9, 9), x(9, 1), y(9, 1);
        a.fill([&](std::size_t, std::size_t) { return tiny; });
        x.fill([&](std::size_t, std::size_t) { return 1.0; });
        kernels::gemv(transposed, 9, 9, 1.0, a.data(), 9, x.data(), 1, 0.0, y.data(), 1);
        for (std::size_t i = 0; i < 9; ++i) BOOST_TEST(y(i, 0) == 9 * tiny);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(the_bits_of_an_element_do_not_depend_on_how_y_is_cut) {
  for_each_target([](const std::string& target) {
    BOOST_TEST_CONTEXT("target " << target) {
      constexpr std::size_t m = 23, n = 69;
      Operand<float> a(m, n), x(n, 1), y(m, 1), z(n, 1);
      a.fill_random(1);
      x.fill_random(2);
      kernels::gemv(false, m, n, 1.0f, a.data(), n, x.data(), 1, 0.0f, y.data(), 1);
      kernels::gemv(true, m, n, 1.0f, a.data(), n, x.data(), 1, 0.0f, z.data(), 1);
      for (std::size_t i = 0; i < m; ++i) {
        float one = 0;
        kernels::gemv(false, 1, n, 1.0f, &a(i, 0), n, x.data(), 1, 0.0f, &one, 1);
        BOOST_TEST(one == y(i, 0));
      }
      for (std::size_t j = 0; j < n; ++j) {
        float one = 0;
        kernels::gemv(true, m, 1, 1.0f, &a(0, j), n, x.data(), 1, 0.0f, &one, 1);
        BOOST_TEST(one == z(j, 0));
      }
    }
  });
}

}  // namespace
}  // namespace surplus
