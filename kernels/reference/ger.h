/// Outer products added to a matrix, element by element.
#ifndef SURPLUS_KERNELS_REFERENCE_GER_H_
#define SURPLUS_KERNELS_REFERENCE_GER_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void ger(std::size_t m, std::size_t n, T alpha, const T* x, std::size_t x_stride, const T* y,
         std::size_t y_stride, T* a, std::size_t a_stride) {
  for (std::size_t i = 0; alpha != T{0} && i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double product =
          static_cast<double>(x[i * x_stride]) * static_cast<double>(y[j * y_stride]);
      T& out = a[i * a_stride + j];
      out = static_cast<T>(static_cast<double>(out) + static_cast<double>(alpha) * product);
    }
  }
}

template <typename T>
void symmetric_rank_one(std::size_t n, T alpha, const T* v, std::size_t v_stride, T* a,
                        std::size_t a_stride) {
  ger(n, n, alpha, v, v_stride, v, v_stride, a, a_stride);
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_GER_H_
