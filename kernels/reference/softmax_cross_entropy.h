/// The loss of a classifier and its gradient as one would write them on paper, in long double.
#ifndef SURPLUS_KERNELS_REFERENCE_SOFTMAX_CROSS_ENTROPY_H_
#define SURPLUS_KERNELS_REFERENCE_SOFTMAX_CROSS_ENTROPY_H_

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void softmax_cross_entropy(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                           const std::size_t* y, T scale, T* losses, T* d_x,
                           std::size_t d_x_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    const T* row = x + i * x_stride;
    const long double top = *std::max_element(row, row + n);
    long double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += std::exp(row[j] - top);
    losses[i] = static_cast<T>(top - row[y[i]] + std::log(sum));
    for (std::size_t j = 0; d_x != nullptr && j < n; ++j) {
      const long double softmax = std::exp(row[j] - top) / sum;
      d_x[i * d_x_stride + j] = static_cast<T>(scale * (softmax - (j == y[i] ? 1 : 0)));
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_SOFTMAX_CROSS_ENTROPY_H_
