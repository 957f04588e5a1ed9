/// Squared distances as one would write them on paper, in long double.
#ifndef SURPLUS_KERNELS_REFERENCE_DISTANCE_H_
#define SURPLUS_KERNELS_REFERENCE_DISTANCE_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void squared_distances(std::size_t m, std::size_t n, std::size_t d, const T* x,
                       std::size_t x_stride, const T* y, std::size_t y_stride, T* out,
                       std::size_t out_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      long double sum = 0;
      for (std::size_t l = 0; l < d; ++l) {
        const long double difference =
            static_cast<long double>(x[i * x_stride + l]) - y[j * y_stride + l];
        sum += difference * difference;
      }
      out[i * out_stride + j] = static_cast<T>(sum);
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_DISTANCE_H_
