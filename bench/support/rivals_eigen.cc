// Eigen chooses its instructions when it is compiled: this file alone is compiled for the processor
// at hand, and so it is apart.
#include <Eigen/Core>
#include <cstddef>

namespace surplus::bench {

template <typename T>
void eigen_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
                const T* a, const T* b, T* c) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto rows = static_cast<Eigen::Index>(m), cols = static_cast<Eigen::Index>(n),
             depth = static_cast<Eigen::Index>(k);
  const Eigen::Map<const Matrix> left(a, a_transposed ? depth : rows, a_transposed ? rows : depth);
  const Eigen::Map<const Matrix> right(b, b_transposed ? cols : depth, b_transposed ? depth : cols);
  Eigen::Map<Matrix> product(c, rows, cols);
  if (a_transposed && b_transposed) {
    product.noalias() = left.transpose() * right.transpose();
  } else if (a_transposed) {
    product.noalias() = left.transpose() * right;
  } else if (b_transposed) {
    product.noalias() = left * right.transpose();
  } else {
    product.noalias() = left * right;
  }
}

template void eigen_gemm(bool, bool, std::size_t, std::size_t, std::size_t, const float*,
                         const float*, float*);
template void eigen_gemm(bool, bool, std::size_t, std::size_t, std::size_t, const double*,
                         const double*, double*);

}  // namespace surplus::bench
