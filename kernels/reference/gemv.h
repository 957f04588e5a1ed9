/// The product of a matrix and a vector, row by row, summed in double.
#ifndef SURPLUS_KERNELS_REFERENCE_GEMV_H_
#define SURPLUS_KERNELS_REFERENCE_GEMV_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void gemv(bool transposed, std::size_t m, std::size_t n, T alpha, const T* a, std::size_t a_stride,
          const T* x, std::size_t x_stride, T beta, T* y, std::size_t y_stride) {
  const std::size_t rows = transposed ? n : m, cols = transposed ? m : n;
  for (std::size_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (std::size_t j = 0; alpha != T{0} && j < cols; ++j) {
      const T element = transposed ? a[j * a_stride + i] : a[i * a_stride + j];
      sum += static_cast<double>(element) * static_cast<double>(x[j * x_stride]);
    }
    T& out = y[i * y_stride];
    const double old = beta == T{0} ? 0 : static_cast<double>(beta) * static_cast<double>(out);
    out = static_cast<T>(alpha == T{0} ? old : static_cast<double>(alpha) * sum + old);
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_GEMV_H_
