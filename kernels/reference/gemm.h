/// The product of matrices as one would write it on paper, summed in double.
#ifndef SURPLUS_KERNELS_REFERENCE_GEMM_H_
#define SURPLUS_KERNELS_REFERENCE_GEMM_H_

#include <cstddef>

namespace surplus::kernels::reference {

/// Shapes as in kernels/gemm.h; `a_transposed` stands for Op::kTransposed.
template <typename T>
void gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
          T alpha, const T* a, std::size_t a_stride, const T* b, std::size_t b_stride, T beta, T* c,
          std::size_t c_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t p = 0; alpha != T{0} && p < k; ++p) {
        const T left = a_transposed ? a[p * a_stride + i] : a[i * a_stride + p];
        const T right = b_transposed ? b[j * b_stride + p] : b[p * b_stride + j];
        sum += static_cast<double>(left) * static_cast<double>(right);
      }
      T& out = c[i * c_stride + j];
      const double old = beta == T{0} ? 0 : static_cast<double>(beta) * static_cast<double>(out);
      out = static_cast<T>(static_cast<double>(alpha) * sum + old);
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_GEMM_H_
