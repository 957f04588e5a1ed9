/// Batch normalization as its formulas are written, in double.
#ifndef SURPLUS_KERNELS_REFERENCE_BATCH_NORM_H_
#define SURPLUS_KERNELS_REFERENCE_BATCH_NORM_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void column_moments(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, double* mean,
                    double* squares) {
  for (std::size_t j = 0; j < n; ++j) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < m; ++i) sum += static_cast<double>(x[i * x_stride + j]);
    mean[j] = sum / static_cast<double>(m);
    for (std::size_t i = 0; i < m; ++i) {
      const double off = static_cast<double>(x[i * x_stride + j]) - mean[j];
      square += off * off;
    }
    squares[j] = square;
  }
}

/// `Columns` is kernels::BatchNormColumns<T>. Before max(0, .):
template <typename T, typename Columns>
double standardized(const Columns& c, T x, std::size_t j) {
  return (static_cast<double>(x) - static_cast<double>(c.mean[j])) *
             static_cast<double>(c.scale[j]) +
         static_cast<double>(c.shift[j]);
}

template <typename T, typename Columns>
void batch_norm(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                const Columns& columns, double* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double value = standardized(columns, x[i * x_stride + j], j);
      y[i * y_stride + j] = columns.relu && value < 0 ? 0 : value;
    }
  }
}

template <typename T, typename Columns>
double passed(const Columns& columns, T x, T d_y, std::size_t j) {
  return columns.relu && !(standardized(columns, x, j) > 0) ? 0 : static_cast<double>(d_y);
}

template <typename T, typename Columns>
void batch_norm_sums(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                     const Columns& columns, const T* d_y, std::size_t d_y_stride, double* sums,
                     double* products) {
  for (std::size_t j = 0; j < n; ++j) {
    sums[j] = products[j] = 0;
    for (std::size_t i = 0; i < m; ++i) {
      const double g = passed(columns, x[i * x_stride + j], d_y[i * d_y_stride + j], j);
      sums[j] += g;
      products[j] +=
          g * (static_cast<double>(x[i * x_stride + j]) - static_cast<double>(columns.mean[j]));
    }
  }
}

/// Added to what d_x holds.
template <typename T, typename Columns>
void batch_norm_input(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                      const Columns& columns, const T* d_y, std::size_t d_y_stride, const T* offset,
                      const T* slope, double* d_x, std::size_t d_x_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double g = passed(columns, x[i * x_stride + j], d_y[i * d_y_stride + j], j);
      const double off =
          static_cast<double>(x[i * x_stride + j]) - static_cast<double>(columns.mean[j]);
      d_x[i * d_x_stride + j] +=
          static_cast<double>(columns.scale[j]) *
          (g - static_cast<double>(offset[j]) - off * static_cast<double>(slope[j]));
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_BATCH_NORM_H_
