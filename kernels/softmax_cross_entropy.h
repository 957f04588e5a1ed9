/// The loss of a classifier and its gradient, in one pass.
#ifndef SURPLUS_KERNELS_SOFTMAX_CROSS_ENTROPY_H_
#define SURPLUS_KERNELS_SOFTMAX_CROSS_ENTROPY_H_

#include <cstddef>

namespace surplus::kernels {

/// losses[i] = log sum_j e^x[i, j] - x[i, y[i]],
/// d_x[i, j] = scale (e^x[i, j] / sum_l e^x[i, l] - [j = y[i]]).
///
/// x        m x n scores (logits), n >= 1, rows x_stride elements apart
/// y        m classes, each below n
/// scale    what each loss weighs in the objective: 1 / m for their mean
/// losses   m elements
/// d_x      m x n, rows d_x_stride elements apart, overwritten; x itself with the same stride, or
///          null if only the losses are wanted
/// Error    losses: (n / L + log n + 12) * eps + eps * (|log sum| + |x[i, y[i]]|), L the lanes;
///          d_x: scale * (n / L + log n + 16) * eps
/// Cost     m n exponentials; x read once and d_x written once in memory for rows of up to the
///          cache's size; no allocation
/// Promises a row with a NaN, with an inf or of -inf alone has NaN in its gradient; others do not
///          see it
void softmax_cross_entropy(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                           const std::size_t* y, float scale, float* losses, float* d_x,
                           std::size_t d_x_stride);
void softmax_cross_entropy(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                           const std::size_t* y, double scale, double* losses, double* d_x,
                           std::size_t d_x_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_SOFTMAX_CROSS_ENTROPY_H_
