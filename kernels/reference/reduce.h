/// The row reductions as one would write them on paper, in long double where they round.
#ifndef SURPLUS_KERNELS_REFERENCE_REDUCE_H_
#define SURPLUS_KERNELS_REFERENCE_REDUCE_H_

#include <cmath>
#include <cstddef>
#include <limits>

namespace surplus::kernels::reference {

template <typename T>
void row_sum(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* sums) {
  for (std::size_t i = 0; i < m; ++i) {
    long double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += x[i * x_stride + j];
    sums[i] = static_cast<T>(sum);
  }
}

template <typename T>
void row_argmax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                std::size_t* indices) {
  for (std::size_t i = 0; i < m; ++i) {
    const T* row = x + i * x_stride;
    std::size_t best = 0;
    for (std::size_t j = 1; j < n && !std::isnan(row[best]); ++j) {
      if (std::isnan(row[j]) || row[j] > row[best]) best = j;
    }
    indices[i] = best;
  }
}

template <typename T>
void row_max(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* maxima) {
  for (std::size_t i = 0; i < m; ++i) {
    std::size_t index = 0;
    row_argmax(1, n, x + i * x_stride, x_stride, &index);
    maxima[i] = n == 0 ? -std::numeric_limits<T>::infinity() : x[i * x_stride + index];
  }
}

/// The denominator of the softmax in units of e^top, and top itself.
template <typename T>
long double sum_of_exp(std::size_t n, const T* x, long double& top) {
  T max = 0;
  row_max(1, n, x, n, &max);
  top = max;
  long double sum = 0;
  for (std::size_t j = 0; j < n; ++j) sum += std::exp(x[j] - top);
  return sum;
}

template <typename T>
void row_log_sum_exp(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* out) {
  for (std::size_t i = 0; i < m; ++i) {
    long double top = 0;
    const long double sum = sum_of_exp(n, x + i * x_stride, top);
    out[i] = static_cast<T>(std::isinf(top) ? top : top + std::log(sum));
  }
}

template <typename T>
void row_softmax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* y,
                 std::size_t y_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    long double top = 0;
    const long double sum = sum_of_exp(n, x + i * x_stride, top);
    for (std::size_t j = 0; j < n; ++j) {
      y[i * y_stride + j] = static_cast<T>(std::exp(x[i * x_stride + j] - top) / sum);
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_REDUCE_H_
