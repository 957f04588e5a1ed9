#define BOOST_TEST_MODULE blas
#include "kernels/blas.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/reference/blas.h"
#include "kernels/reference/gemm.h"
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

template <typename T>
std::vector<double> doubles(const Operand<T>& a) {
  std::vector<double> out;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) out.push_back(static_cast<double>(a(i, j)));
  }
  return out;
}

double norm(const std::vector<double>& a) {
  double sum = 0;
  for (const double x : a) sum += x * x;
  return std::sqrt(sum);
}

// The header's bound on a value, twice: the reference computes in double, but it too rounds.
template <typename T>
double value_bound(std::size_t size, const std::vector<double>& a) {
  return 30 * static_cast<double>(size) * (epsilon<T>() + 0x1p-52) * norm(a);
}

template <typename T>
void check_syevd(std::size_t n, std::size_t offset) {
  Operand<T> a = lower<T>(n, offset, 0.0);
  Operand<T> full = a;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) full(i, j) = a(j, i);
  }
  const std::vector<double> expected = kernels::reference::eigenvalues(n, doubles(full));
  Operand<T> values(1, n, offset);
  const kernels::BlasScratch size = kernels::syevd_scratch(n, T{});
  std::vector<T> reals(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  BOOST_TEST(
      kernels::syevd(n, a.data(), a.stride(), values.data(), size, reals.data(), ints.data()));
  BOOST_TEST(a.intact());
  BOOST_TEST(values.intact());
  const double bound = value_bound<T>(n, doubles(full));
  for (std::size_t i = 0; i < n; ++i) {
    BOOST_TEST(std::abs(static_cast<double>(values(0, i)) - expected[i]) <= bound);
    // Row i is an eigenvector: ||A v - value v|| is within the bound too.
    for (std::size_t r = 0; r < n; ++r) {
      double sum = -static_cast<double>(values(0, i)) * static_cast<double>(a(i, r));
      for (std::size_t c = 0; c < n; ++c) {
        sum += static_cast<double>(full(r, c)) * static_cast<double>(a(i, c));
      }
      BOOST_TEST(std::abs(sum) <= bound);
    }
  }
}

BOOST_AUTO_TEST_CASE(syevd_finds_the_eigenvalues_of_its_reference_and_vectors_to_them) {
  for (const std::size_t n : kSizes) {
    for (const std::size_t offset : tests::kEdgeOffsets) {
      BOOST_TEST_CONTEXT("n " << n << ", offset " << offset) {
        check_syevd<float>(n, offset);
        check_syevd<double>(n, offset);
      }
    }
  }
}

template <typename T>
void check_gesdd(std::size_t m, std::size_t n, std::size_t offset) {
  const std::size_t r = std::min(m, n);
  Operand<T> a(m, n, offset, 5), wide(r, std::max(m, n)), s(1, r, offset), u(m, r, offset, 3),
      vt(r, n, offset, 2);
  a.fill_random(m + n);
  wide.fill([&](std::size_t i, std::size_t j) { return m <= n ? a(i, j) : a(j, i); });
  const Operand<T> original = a;
  const std::vector<double> expected =
      kernels::reference::singular_values(r, std::max(m, n), doubles(wide));
  const kernels::BlasScratch size = kernels::gesdd_scratch(m, n, T{});
  std::vector<T> reals(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  BOOST_TEST(kernels::gesdd(m, n, a.data(), a.stride(), s.data(), u.data(), u.stride(), vt.data(),
                            vt.stride(), size, reals.data(), ints.data()));
  for (const Operand<T>* written : {&a, &s, &u, &vt}) BOOST_TEST(written->intact());
  const double bound = value_bound<T>(std::max(m, n), doubles(original));
  for (std::size_t l = 0; l < r; ++l) {
    BOOST_TEST(std::abs(static_cast<double>(s(0, l)) - expected[l]) <= bound);
  }
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = -static_cast<double>(original(i, j));
      for (std::size_t l = 0; l < r; ++l) {
        sum += static_cast<double>(u(i, l)) * static_cast<double>(s(0, l)) *
               static_cast<double>(vt(l, j));
      }
      BOOST_TEST(std::abs(sum) <= bound);
    }
  }
}

BOOST_AUTO_TEST_CASE(gesdd_finds_the_singular_values_of_its_reference_and_rebuilds_the_matrix) {
  for (const std::size_t m : kSizes) {
    for (const std::size_t n : {0u, 1u, 3u, 20u}) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        BOOST_TEST_CONTEXT("m " << m << ", n " << n << ", offset " << offset) {
          check_gesdd<float>(m, n, offset);
          check_gesdd<double>(m, n, offset);
        }
      }
    }
  }
}

template <typename T>
void check_least_squares(bool pivoted, std::size_t m, std::size_t n, std::size_t k,
                         std::size_t offset) {
  const std::size_t longest = std::max(m, n);
  Operand<T> a_t(n, m, offset, 5), b_t(k, longest, offset, 3), s(1, std::min(m, n), offset);
  a_t.fill_random(m + n);
  b_t.fill_random(k);
  const Operand<T> a0 = a_t, b0 = b_t;
  const kernels::BlasScratch size =
      pivoted ? kernels::gelsy_scratch(m, n, k, T{}) : kernels::gelsd_scratch(m, n, k, T{});
  std::vector<T> reals(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  const T cutoff = static_cast<T>(static_cast<double>(longest) * epsilon<T>());
  std::size_t rank = 0;
  if (pivoted) {
    kernels::gelsy(m, n, k, a_t.data(), a_t.stride(), b_t.data(), b_t.stride(), cutoff, &rank, size,
                   reals.data(), ints.data());
  } else {
    BOOST_TEST(kernels::gelsd(m, n, k, a_t.data(), a_t.stride(), b_t.data(), b_t.stride(), s.data(),
                              cutoff, &rank, size, reals.data(), ints.data()));
  }
  for (const Operand<T>* written : {&a_t, &b_t, &s}) BOOST_TEST(written->intact());
  BOOST_TEST(rank == std::min(m, n));
  const double norm_a = norm(doubles(a0)), norm_x = norm(doubles(b_t)), norm_b = norm(doubles(b0));
  const double bound =
      30 * static_cast<double>(longest) * epsilon<T>() * norm_a * (norm_a * norm_x + norm_b);
  for (std::size_t c = 0; c < k; ++c) {
    std::vector<double> residual(m);
    for (std::size_t i = 0; i < m; ++i) {
      residual[i] = -static_cast<double>(b0(c, i));
      for (std::size_t j = 0; j < n; ++j) {
        residual[i] += static_cast<double>(a0(j, i)) * static_cast<double>(b_t(c, j));
      }
    }
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < m; ++i) sum += static_cast<double>(a0(j, i)) * residual[i];
      BOOST_TEST(std::abs(sum) <= bound);
    }
  }
}

BOOST_AUTO_TEST_CASE(gelsd_and_gelsy_leave_a_residual_orthogonal_to_the_columns) {
  for (const std::size_t m : {1u, 2u, 9u, 40u}) {
    for (const std::size_t n : {1u, 3u, 20u}) {
      for (const std::size_t offset : tests::kEdgeOffsets) {
        BOOST_TEST_CONTEXT("m " << m << ", n " << n << ", offset " << offset) {
          for (const bool pivoted : {false, true}) {
            check_least_squares<float>(pivoted, m, n, 2, offset);
            check_least_squares<double>(pivoted, m, n, 2, offset);
          }
        }
      }
    }
  }
}

// beta = 0 meets a C of NaN, which must not be read.
template <typename T>
void check_blas_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n,
                     std::size_t k, std::size_t offset, T beta) {
  Operand<T> a(a_transposed ? k : m, a_transposed ? m : k, offset, 3);
  Operand<T> b(b_transposed ? n : k, b_transposed ? k : n, offset, 1);
  Operand<T> c(m, n, offset, 2);
  a.fill_random(m + k);
  b.fill_random(n + k + 1);
  if (beta != T{0}) c.fill_random(m + n + 2);
  const Operand<T> old = c;
  Operand<T> expected = c;
  const T alpha = T(-1.5);
  kernels::blas_gemm(a_transposed, b_transposed, m, n, k, alpha, a.data(), a.stride(), b.data(),
                     b.stride(), beta, c.data(), c.stride());
  kernels::reference::gemm(a_transposed, b_transposed, m, n, k, alpha, a.data(), a.stride(),
                           b.data(), b.stride(), beta, expected.data(), expected.stride());
  BOOST_TEST(c.intact());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      // |A| and |B| are at most 1; one eps more for the rounding of the reference.
      double size = 1.5 * static_cast<double>(k);
      if (beta != T{0})
        size += std::abs(static_cast<double>(beta) * static_cast<double>(old(i, j)));
      const double error = static_cast<double>(c(i, j)) - static_cast<double>(expected(i, j));
      BOOST_TEST(std::abs(error) <= static_cast<double>(k + 3) * epsilon<T>() * size);
    }
  }
}

BOOST_AUTO_TEST_CASE(blas_gemm_agrees_with_the_reference_of_gemm_and_touches_nothing_else) {
  for (const std::size_t m : {0u, 1u, 9u, 40u}) {
    for (const std::size_t n : {0u, 1u, 9u, 40u}) {
      for (const std::size_t k : {0u, 1u, 33u}) {
        for (const bool a_transposed : {false, true}) {
          for (const bool b_transposed : {false, true}) {
            check_blas_gemm<float>(a_transposed, b_transposed, m, n, k, 0, 0);
            check_blas_gemm<float>(a_transposed, b_transposed, m, n, k, 3, 0.5f);
            check_blas_gemm<double>(a_transposed, b_transposed, m, n, k, 1, 0);
            check_blas_gemm<double>(a_transposed, b_transposed, m, n, k, 0, -2);
          }
        }
      }
    }
  }
}

// The other rivals, on small whole numbers: nothing rounds.
template <typename T>
void check_blas_rivals() {
  const std::vector<T> a = {1, 2, 3, 9, 4, 5, 6, 9};  // 2 x 3, rows 4 apart
  const std::vector<T> x = {1, -1, 2}, two = {1, 2};
  const auto same = [](const std::vector<T>& got, const std::vector<T>& expected) {
    BOOST_TEST(got == expected, boost::test_tools::per_element());
  };
  std::vector<T> y = {1, 1}, z = {1, 1, 1};
  kernels::blas_gemv(false, 2, 3, T{2}, a.data(), 4, x.data(), T{1}, y.data());
  same(y, {11, 23});
  kernels::blas_gemv(true, 2, 3, T{1}, a.data(), 4, two.data(), T{-1}, z.data());
  same(z, {8, 11, 14});
  std::vector<T> updated = a;
  kernels::blas_ger(2, 3, T{3}, two.data(), x.data(), updated.data(), 4);
  same(updated, {4, -1, 9, 9, 10, -1, 18, 9});
  std::vector<T> c = {1, 7, 1, 1};
  kernels::blas_syrk(false, 2, 3, T{1}, a.data(), 4, T{2}, c.data(), 2);
  same(c, {16, 7, 34, 79});
}

BOOST_AUTO_TEST_CASE(the_rivals_of_gemv_ger_and_syrk_compute_what_these_do) {
  check_blas_rivals<float>();
  check_blas_rivals<double>();
}

BOOST_AUTO_TEST_CASE(the_processor_that_openblas_runs_on_has_a_name) {
  BOOST_TEST(!std::string(kernels::blas_core()).empty());
}

}  // namespace
}  // namespace surplus
