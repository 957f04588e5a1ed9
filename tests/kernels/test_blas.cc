#define BOOST_TEST_MODULE blas
#include "kernels/blas.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/blas.h"
#include "tests/support/kernel_cases.h"

// OpenBLAS chooses its own SIMD target, so these do not go through ours.

namespace surplus {
namespace {

using tests::Operand;

const std::size_t kSizes[] = {0, 1, 2, 7, 8, 9, 19, 70};

template <typename T>
double epsilon() {
  return std::numeric_limits<T>::epsilon();
}

// Random below the diagonal, `diagonal` added on it, NaN above.
template <typename T>
Operand<T> lower(std::size_t n, std::size_t offset, double diagonal) {
  Operand<T> a(n, n, offset, 5);
  a.fill_random(n + offset);
  for (std::size_t i = 0; i < n; ++i) {
    a(i, i) = static_cast<T>(static_cast<double>(a(i, i)) + diagonal);
    for (std::size_t j = i + 1; j < n; ++j) a(i, j) = std::numeric_limits<T>::quiet_NaN();
  }
  return a;
}

// |L L^T - A| under the header's bound, and the strict upper triangle still NaN.
template <typename T>
void check_potrf(std::size_t n, std::size_t offset) {
  const Operand<T> a = lower<T>(n, offset, static_cast<double>(n) + 1);
  Operand<T> l = a, expected = a;
  BOOST_TEST(kernels::potrf(n, l.data(), l.stride()) == n);
  BOOST_TEST(kernels::reference::potrf(n, expected.data(), expected.stride()) == n);
  BOOST_TEST(l.intact());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) BOOST_TEST(std::isnan(l(i, j)));
    for (std::size_t j = 0; j <= i; ++j) {
      for (const Operand<T>* factor : {&l, &expected}) {
        double sum = 0, magnitude = 0;
        for (std::size_t p = 0; p <= j; ++p) {
          const double term =
              static_cast<double>((*factor)(i, p)) * static_cast<double>((*factor)(j, p));
          sum += term;
          magnitude += std::abs(term);
        }
        const double bound = static_cast<double>(n + 2) * (epsilon<T>() + 0x1p-52) * magnitude;
        BOOST_TEST(std::abs(sum - static_cast<double>(a(i, j))) <= bound);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(potrf_and_its_reference_factor_the_matrix_and_leave_the_rest_alone) {
  for (const std::size_t n : kSizes) {
    for (const std::size_t offset : tests::kEdgeOffsets) {
      BOOST_TEST_CONTEXT("n " << n << ", offset " << offset) {
        check_potrf<float>(n, offset);
        check_potrf<double>(n, offset);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(potrf_stops_where_its_reference_stops) {
  for (const std::size_t n : kSizes) {
    for (std::size_t bad = 0; bad < n; ++bad) {
      Operand<double> a = lower<double>(n, 0, static_cast<double>(n) + 1);
      a(bad, bad) = -1;
      Operand<double> expected = a;
      BOOST_TEST(kernels::potrf(n, a.data(), a.stride()) == bad);
      BOOST_TEST(kernels::reference::potrf(n, expected.data(), expected.stride()) == bad);
    }
  }
}

// Each element of x lies within the header's backward error carried through the exact inverse:
// |x - x'| <= 2 (n + 1) eps |L^-1| |L| |x|, where |L^-1| |L| is bounded by 3^n at the worst but by
// (1 - q)^-1 (1 + q), q = max_i sum_j |L[i, j]| / |L[i, i]| off the diagonal, when q < 1.
template <typename T>
void check_trsm(bool left, bool transposed, std::size_t size, std::size_t others,
                std::size_t offset) {
  const double diagonal = 4 * static_cast<double>(size) + 1;
  Operand<T> l = lower<T>(size, offset, diagonal);
  const std::size_t m = left ? size : others, n = left ? others : size;
  Operand<T> b(m, n, offset, 3);
  b.fill_random(size + 3);
  Operand<T> expected = b;
  if (left) {
    kernels::trsm_left(transposed, m, n, l.data(), l.stride(), b.data(), b.stride());
    kernels::reference::trsm_left(transposed, m, n, l.data(), l.stride(), expected.data(),
                                  expected.stride());
  } else {
    kernels::trsm_right(transposed, m, n, l.data(), l.stride(), b.data(), b.stride());
    kernels::reference::trsm_right(transposed, m, n, l.data(), l.stride(), expected.data(),
                                   expected.stride());
  }
  BOOST_TEST(b.intact());
  double largest = 0;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      largest = std::max(largest, std::abs(static_cast<double>(expected(i, j))));
    }
  }
  // The diagonal is at least 4 size and the rest at most size - 1 in sum: q < 1/4.
  const double condition = (1 + 0.25) / (1 - 0.25);
  const double bound = 2 * static_cast<double>(size + 1) * epsilon<T>() * condition * largest;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      BOOST_TEST(std::abs(static_cast<double>(b(i, j)) - static_cast<double>(expected(i, j))) <=
                 bound);
    }
  }
}

BOOST_AUTO_TEST_CASE(trsm_agrees_with_its_reference_on_both_sides_and_transposed) {
  for (const std::size_t size : kSizes) {
    for (const std::size_t others : {0u, 1u, 5u, 33u}) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        for (const bool left : {true, false}) {
          for (const bool transposed : {true, false}) {
            BOOST_TEST_CONTEXT("size " << size << ", others " << others << ", left " << left
                                       << ", transposed " << transposed) {
              check_trsm<float>(left, transposed, size, others, offset);
              check_trsm<double>(left, transposed, size, others, offset);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace surplus
