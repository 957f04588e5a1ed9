/// The row reductions as one would write them on paper, summed in double.
#ifndef SURPLUS_KERNELS_REFERENCE_REDUCE_H_
#define SURPLUS_KERNELS_REFERENCE_REDUCE_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void row_sum(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* sums) {
  for (std::size_t i = 0; i < m; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(x[i * x_stride + j]);
    sums[i] = static_cast<T>(sum);
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_REDUCE_H_
