/// Squared Euclidean distances between the rows of two matrices.
#ifndef SURPLUS_KERNELS_DISTANCE_H_
#define SURPLUS_KERNELS_DISTANCE_H_

#include <cstddef>

namespace surplus::kernels {

/// out[i, j] = sum_l (x[i, l] - y[j, l])^2.
///
/// x        m x d, rows x_stride elements apart
/// y        n x d, rows y_stride elements apart; may be x
/// out      m x n, rows out_stride elements apart, overwritten; overlaps neither
/// Error    |error| <= (d + 3) * eps * out[i, j]: differences are taken first, so that near points
///          have accurate distances, and equal ones exactly 0
/// Cost     3 m n d flop; y read once, x once per 64 features of each 4 vectors of y; no allocation
/// Promises a NaN or an infinity reaches the row or column of its sample alone; d = 0 gives 0
void squared_distances(std::size_t m, std::size_t n, std::size_t d, const float* x,
                       std::size_t x_stride, const float* y, std::size_t y_stride, float* out,
                       std::size_t out_stride);
void squared_distances(std::size_t m, std::size_t n, std::size_t d, const double* x,
                       std::size_t x_stride, const double* y, std::size_t y_stride, double* out,
                       std::size_t out_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_DISTANCE_H_
