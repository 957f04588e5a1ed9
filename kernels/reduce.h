/// Row reductions: one number from each row of a matrix, and the softmax that follows from one.
///
/// x        m x n, rows x_stride elements apart (x_stride >= n)
/// Promises a NaN or an infinity in a row reaches that row's results alone; no allocation
#ifndef SURPLUS_KERNELS_REDUCE_H_
#define SURPLUS_KERNELS_REDUCE_H_

#include <cstddef>

namespace surplus::kernels {

/// sums[i] = sum_j x[i, j].
///
/// sums    m elements, must not overlap x
/// Error   |error| <= (n / L + 4 + log2 L) * eps * sum_j |x[i, j]|, L the lanes of the target:
///         four vector accumulators per row, in the type of x
/// Cost    m * n additions, one pass over x
/// Promises n = 0 gives 0
void row_sum(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums);
void row_sum(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums);

/// maxima[i] = max_j x[i, j], NaN if one is in the row.
///
/// maxima  m elements, must not overlap x
/// Error   none
/// Cost    2 m * n comparisons, one pass over x
/// Promises n = 0 gives -inf
void row_max(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* maxima);
void row_max(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* maxima);

/// indices[i] = the first j at which x[i, j] is the largest of its row, or NaN.
///
/// indices m elements
/// Cost    that of row_max, and one more pass up to the index
/// Promises n = 0 gives 0
void row_argmax(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                std::size_t* indices);
void row_argmax(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                std::size_t* indices);

/// out[i] = log sum_j e^x[i, j] = t + log sum_j e^(x[i, j] - t), t = max_j x[i, j]: no overflow.
///
/// out     m elements, must not overlap x
/// Error   |error| <= (n / L + log n + 12) * eps + eps * |out[i]|
/// Cost    m * n exponentials; two passes over x, the second out of the cache for rows of up to
///         its size
/// Promises n = 0 or a row of -inf alone gives -inf; an inf in the row gives inf
void row_log_sum_exp(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                     float* out);
void row_log_sum_exp(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                     double* out);

/// y[i, j] = e^x[i, j] / sum_l e^x[i, l].
///
/// y       m x n, rows y_stride elements apart; may be x with the same stride, no other overlap
/// Error   |error| <= (n / L + log n + t - x[i, j] + 12) * eps * y[i, j] + denorm_min, t the
///         largest of the row
/// Cost    m * n exponentials; one pass over x and y in memory for rows of up to the cache's size
/// Promises a row with a NaN or an inf, or of -inf alone, becomes NaN
void row_softmax(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* y,
                 std::size_t y_stride);
void row_softmax(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* y,
                 std::size_t y_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_REDUCE_H_
