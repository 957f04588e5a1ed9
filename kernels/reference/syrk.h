/// The lower triangle of a product of a matrix and its transpose, summed in double.
#ifndef SURPLUS_KERNELS_REFERENCE_SYRK_H_
#define SURPLUS_KERNELS_REFERENCE_SYRK_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void syrk(bool transposed, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t a_stride,
          T beta, T* c, std::size_t c_stride) {
  const auto at = [&](std::size_t i, std::size_t l) {
    return static_cast<double>(transposed ? a[l * a_stride + i] : a[i * a_stride + l]);
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t l = 0; alpha != T{0} && l < k; ++l) sum += at(i, l) * at(j, l);
      T& out = c[i * c_stride + j];
      const double old = beta == T{0} ? 0 : static_cast<double>(beta) * static_cast<double>(out);
      out = static_cast<T>(alpha == T{0} ? old : static_cast<double>(alpha) * sum + old);
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_SYRK_H_
