/// Row reductions: one number from each row of a matrix.
#ifndef SURPLUS_KERNELS_REDUCE_H_
#define SURPLUS_KERNELS_REDUCE_H_

#include <cstddef>

namespace surplus::kernels {

/// sums[i] = sum_j x[i, j].
///
/// x       m x n, rows x_stride elements apart (x_stride >= n)
/// sums    m elements, must not overlap x
/// Error   |error| <= (n / L + 4 + log2 L) * eps * sum_j |x[i, j]|, L the lanes of the target:
///         four vector accumulators per row, in the type of x
/// Cost    m * n additions, one pass over x; no allocation
/// Promises a NaN or an infinity in a row reaches that row's sum alone; n = 0 gives 0
void row_sum(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums);
void row_sum(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_REDUCE_H_
