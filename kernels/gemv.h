/// Products of a matrix and a vector: y = alpha op(A) x + beta y.
#ifndef SURPLUS_KERNELS_GEMV_H_
#define SURPLUS_KERNELS_GEMV_H_

#include <cstddef>

namespace surplus::kernels {

/// y = alpha A x + beta y, or y = alpha A^T x + beta y if `transposed`.
///
/// a        m x n as it is stored, rows a_stride elements apart
/// x        n elements (m if transposed), x_stride >= 1 apart
/// y        m elements (n if transposed), y_stride >= 1 apart; must not overlap a or x
/// Error    |error| <= (l + 3) eps (|alpha| |A| |x| + |beta| |y|), l the length of x
/// Cost     2 m n flops; A is read once, and x or y stays in the first cache; no allocation, stack
///          of 17 KiB
/// Promises as gemm(): beta = 0 does not read y, alpha = 0 reads neither A nor x; NaN and infinity
///          propagate otherwise. An x without elements gives beta y (where BLAS leaves y alone). An
///          element of y depends on its own row of op(A) alone, and its bits do not depend on how
///          many rows there are, so y may be cut among threads
void gemv(bool transposed, std::size_t m, std::size_t n, float alpha, const float* a,
          std::size_t a_stride, const float* x, std::size_t x_stride, float beta, float* y,
          std::size_t y_stride);
void gemv(bool transposed, std::size_t m, std::size_t n, double alpha, const double* a,
          std::size_t a_stride, const double* x, std::size_t x_stride, double beta, double* y,
          std::size_t y_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_GEMV_H_
