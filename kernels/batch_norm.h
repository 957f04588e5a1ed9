/// Batch normalization: the moments of columns, and the passes that standardize them and go back.
#ifndef SURPLUS_KERNELS_BATCH_NORM_H_
#define SURPLUS_KERNELS_BATCH_NORM_H_

#include <cstddef>

namespace surplus::kernels {

/// mean[j] = sum_i x[i, j] / m,  squares[j] = sum_i (x[i, j] - mean[j])^2.
///
/// x        m x n, m >= 1, rows x_stride elements apart
/// mean, squares  n elements each, overwritten
/// Error    m eps (of double) of the largest |x[i, j]| in mean; squares: (m + 2) eps of itself and m
///          times the square of the error in mean
/// Cost     x read twice: rows that stay in cache from the first time to the second are for the
///          caller to choose
void column_moments(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                    double* mean, double* squares);
void column_moments(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                    double* mean, double* squares);

/// What is done to each column: n elements each.
template <typename T>
struct BatchNormColumns {
  const T* mean;
  const T* scale;
  const T* shift;
  bool relu;
};

/// y[i, j] = f((x[i, j] - mean[j]) scale[j] + shift[j]), f being max(0, .) if relu is true.
///
/// x        m x n, rows x_stride elements apart
/// y        m x n, rows y_stride elements apart: x itself or apart from it
/// Error    2 eps |(x[i, j] - mean[j]) scale[j]| + eps |y[i, j]|
/// Promises a NaN stays, also under relu
void batch_norm(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                const BatchNormColumns<float>& columns, float* y, std::size_t y_stride);
void batch_norm(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                const BatchNormColumns<double>& columns, double* y, std::size_t y_stride);

/// With g[i, j] = d_y[i, j] where batch_norm() gives more than 0 or relu is false, else 0:
/// sums[j] = sum_i g[i, j],  products[j] = sum_i g[i, j] (x[i, j] - mean[j]).
///
/// d_y      m x n, rows d_y_stride elements apart
/// sums, products  n elements each, overwritten
/// Error    eps of the sum of the terms' sizes, and (m + 2) times that of double
void batch_norm_sums(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                     const BatchNormColumns<float>& columns, const float* d_y,
                     std::size_t d_y_stride, double* sums, double* products);
void batch_norm_sums(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                     const BatchNormColumns<double>& columns, const double* d_y,
                     std::size_t d_y_stride, double* sums, double* products);

/// d_x[i, j] = beta d_x[i, j] + scale[j] (g[i, j] - offset[j] - (x[i, j] - mean[j]) slope[j]), g as
/// above.
///
/// beta     0, which does not read d_x, or 1
/// d_x      m x n, rows d_x_stride elements apart; d_y itself if beta is 0
/// Error    4 eps of the sum of the terms' sizes
void batch_norm_input(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                      const BatchNormColumns<float>& columns, const float* d_y,
                      std::size_t d_y_stride, const float* offset, const float* slope, float beta,
                      float* d_x, std::size_t d_x_stride);
void batch_norm_input(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                      const BatchNormColumns<double>& columns, const double* d_y,
                      std::size_t d_y_stride, const double* offset, const double* slope,
                      double beta, double* d_x, std::size_t d_x_stride);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_BATCH_NORM_H_
