/// Updates of a matrix by the outer product of two vectors.
#ifndef SURPLUS_KERNELS_GER_H_
#define SURPLUS_KERNELS_GER_H_

#include <cstddef>

namespace surplus::kernels {

/// A = A + alpha x y^T.
///
/// x, y     m and n elements, x_stride and y_stride >= 1 apart
/// a        m x n, rows a_stride elements apart; must not overlap x or y
/// Error    |error| <= 2 eps |alpha x[i] y[j]| + eps |A[i, j]|: each as A + (alpha x[i]) y[j]
/// Cost     2 m n flops; A is read and written once; no allocation, stack of 17 KiB
/// Promises alpha = 0 reads nothing and changes nothing; NaN and infinity propagate otherwise
void ger(std::size_t m, std::size_t n, float alpha, const float* x, std::size_t x_stride,
         const float* y, std::size_t y_stride, float* a, std::size_t a_stride);
void ger(std::size_t m, std::size_t n, double alpha, const double* x, std::size_t x_stride,
         const double* y, std::size_t y_stride, double* a, std::size_t a_stride);

/// A = A + alpha v v^T, all of a symmetric A (BLAS updates one triangle).
///
/// v        n elements, v_stride >= 1 apart
/// a        n x n, rows a_stride elements apart; must not overlap v
/// Error    |error| <= 2 eps |alpha v[i] v[j]| + eps |A[i, j]|: each as A + alpha (v[i] v[j])
/// Cost     3 n^2 flops; A is read and written once; no allocation, stack of 17 KiB
/// Promises an A that is symmetric to the bit stays so; otherwise as ger()
void symmetric_rank_one(std::size_t n, float alpha, const float* v, std::size_t v_stride, float* a,
                        std::size_t a_stride);
void symmetric_rank_one(std::size_t n, double alpha, const double* v, std::size_t v_stride,
                        double* a, std::size_t a_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_GER_H_
