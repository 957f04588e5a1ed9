/// The factorisations and solves of blas.h as one would write them on paper, in double; of those
/// that are unique only up to signs and bases (syevd, gesdd), what is unique: the values.
#ifndef SURPLUS_KERNELS_REFERENCE_BLAS_H_
#define SURPLUS_KERNELS_REFERENCE_BLAS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::kernels::reference {

/// Row by row: each element from the dot product of two rows above and left of it.
template <typename T>
std::size_t potrf(std::size_t n, T* a, std::size_t a_stride) {
  for (std::size_t i = 0; i < n; ++i) {
    T* li = a + i * a_stride;
    for (std::size_t j = 0; j <= i; ++j) {
      const T* lj = a + j * a_stride;
      double sum = static_cast<double>(li[j]);
      for (std::size_t p = 0; p < j; ++p) {
        sum -= static_cast<double>(li[p]) * static_cast<double>(lj[p]);
      }
      if (i == j && !(sum > 0)) return i;
      li[j] = static_cast<T>(i == j ? std::sqrt(sum) : sum / static_cast<double>(lj[j]));
    }
  }
  return n;
}

/// x[i] = (b[i] - sum_j op(L)[i, j] x[j]) / L[i, i]: forwards for L, backwards for L^T.
template <typename T>
void trsm_left(bool transposed, std::size_t m, std::size_t n, const T* l, std::size_t l_stride,
               T* b, std::size_t b_stride) {
  for (std::size_t step = 0; step < m; ++step) {
    const std::size_t i = transposed ? m - 1 - step : step;
    for (std::size_t c = 0; c < n; ++c) {
      double sum = static_cast<double>(b[i * b_stride + c]);
      for (std::size_t j = transposed ? i + 1 : 0; j < (transposed ? m : i); ++j) {
        const T entry = transposed ? l[j * l_stride + i] : l[i * l_stride + j];
        sum -= static_cast<double>(entry) * static_cast<double>(b[j * b_stride + c]);
      }
      b[i * b_stride + c] = static_cast<T>(sum / static_cast<double>(l[i * l_stride + i]));
    }
  }
}

/// X op(L) = B is op(L)^T X^T = B^T: each row of B alone, as a column.
template <typename T>
void trsm_right(bool transposed, std::size_t m, std::size_t n, const T* l, std::size_t l_stride,
                T* b, std::size_t b_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    trsm_left(!transposed, n, std::size_t{1}, l, l_stride, b + i * b_stride, std::size_t{1});
  }
}

/// Turns rows p and q of `rows` by the angle of cosine c and sine s.
inline void rotate_rows(std::size_t n, double* rows, std::size_t p, std::size_t q, double c,
                        double s) {
  for (std::size_t j = 0; j < n; ++j) {
    const double x = rows[p * n + j], y = rows[q * n + j];
    rows[p * n + j] = c * x - s * y;
    rows[q * n + j] = s * x + c * y;
  }
}

/// The singular values of the m x n matrix A, m <= n, rows n elements apart, in descending order,
/// by one-sided Jacobi: pairs of rows are turned until all are orthogonal, and their lengths are
/// the singular values.
inline std::vector<double> singular_values(std::size_t m, std::size_t n, std::vector<double> a) {
  const auto dot = [&](std::size_t p, std::size_t q) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += a[p * n + j] * a[q * n + j];
    return sum;
  };
  bool turned = true;
  for (int sweep = 0; turned && sweep < 60; ++sweep) {
    turned = false;
    for (std::size_t p = 0; p < m; ++p) {
      for (std::size_t q = p + 1; q < m; ++q) {
        const double pp = dot(p, p), qq = dot(q, q), pq = dot(p, q);
        if (std::abs(pq) <= 1e-15 * std::sqrt(pp * qq)) continue;
        const double zeta = (qq - pp) / (2 * pq);
        const double t = std::copysign(1.0, zeta) / (std::abs(zeta) + std::hypot(1.0, zeta));
        const double c = 1 / std::hypot(1.0, t);
        rotate_rows(n, a.data(), p, q, c, c * t);
        turned = true;
      }
    }
  }
  std::vector<double> s(m);
  for (std::size_t i = 0; i < m; ++i) s[i] = std::sqrt(dot(i, i));
  std::sort(s.rbegin(), s.rend());
  return s;
}

/// The eigenvalues of the symmetric n x n matrix A in ascending order: those of A + c I, which are
/// its singular values once c is at least ||A||, less c.
inline std::vector<double> eigenvalues(std::size_t n, std::vector<double> a) {
  double shift = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0;
    for (std::size_t j = 0; j < n; ++j) row += std::abs(a[i * n + j]);
    shift = std::max(shift, row);
  }
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] += shift;
  std::vector<double> values = singular_values(n, n, a);
  for (double& value : values) value -= shift;
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_BLAS_H_
