/// Products of matrices.
#ifndef SURPLUS_LINALG_MATMUL_H_
#define SURPLUS_LINALG_MATMUL_H_

#include <cstddef>
#include <functional>

#include "surplus/core/matrix.h"

namespace surplus {

/// How matmul() takes its operands: C = alpha op(A) op(B) + beta C.
struct MatmulConfig {
  bool transpose_a = false;  ///< op(A) = A^T
  bool transpose_b = false;  ///< op(B) = B^T
  double alpha = 1;
  double beta = 0;  ///< 0 overwrites C without reading it
};

/// C = alpha op(A) op(B) + beta C.
///
/// a        op(A) is m x k
/// b        op(B) is k x n
/// c        m x n; must not overlap a or b
/// Throws   ShapeError if the shapes do not fit; ArgumentError if c begins where a or b does
/// Error    |error| <= (k + k / 64 + 4) eps (|alpha| |A| |B| + |beta| |C|), element by element
/// Cost     2 m n k flops on all threads; the scratch memory of a thread, at most 4 MiB, is allocated
///          once and kept
/// Promises NaN and infinity propagate as BLAS defines; the bits do not depend on the number of
///          threads
void matmul(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
            const MatmulConfig& config = {});
void matmul(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c,
            const MatmulConfig& config = {});

/// The same as a new matrix; config.beta must be 0.
/// Throws   ArgumentError otherwise
Matrix<float> matmul(MatrixView<const float> a, MatrixView<const float> b,
                     const MatmulConfig& config = {});
Matrix<double> matmul(MatrixView<const double> a, MatrixView<const double> b,
                      const MatmulConfig& config = {});

/// alpha op(A) op(B) in pieces that are never all in memory: use(i, j, piece) for pieces that tile the
/// product, piece(0, 0) being its element (i, j). A piece lives until `use` returns, which is called
/// from any of the threads and in any order.
///
/// use      must not multiply matrices or start parallel work: a piece lies in its thread's scratch
/// config   config.beta must be 0
/// Throws   ShapeError if the shapes do not fit; ArgumentError if beta is not 0; what `use` throws
/// Cost     as matmul(), and memory for a piece, at most 256 KiB (float), per thread
/// Promises the elements of matmul(), to the bit
template <typename T>
using UsePiece = std::function<void(std::size_t i, std::size_t j, MatrixView<const T> piece)>;
void matmul_in_pieces(MatrixView<const float> a, MatrixView<const float> b,
                      const UsePiece<float>& use, const MatmulConfig& config = {});
void matmul_in_pieces(MatrixView<const double> a, MatrixView<const double> b,
                      const UsePiece<double>& use, const MatmulConfig& config = {});

/// How gram() takes its operands.
struct GramConfig {
  bool transpose = false;  ///< A^T A instead of A A^T
  double alpha = 1;
  double beta = 0;  ///< 0 overwrites C without reading it
};

/// C = alpha A A^T + beta C, or C = alpha A^T A + beta C: the lower triangle.
///
/// a        n x k, or k x n if it is transposed
/// c        n x n, only the lower triangle is read and written; must not overlap a
/// Throws   ShapeError if the shapes do not fit
/// Error    as matmul()
/// Cost     about n (n + 500) k flops on all threads, half of matmul()'s
/// Promises as matmul()
void gram(MatrixView<const float> a, MatrixView<float> c, const GramConfig& config = {});
void gram(MatrixView<const double> a, MatrixView<double> c, const GramConfig& config = {});

/// A right operand in the order in which the product reads it, for a B that many products share:
/// weights, say. To be used on the SIMD target it was made on.
template <typename T>
class PackedMatrix {
 public:
  /// Packs B, or B^T.
  /// Cost     one pass over B
  explicit PackedMatrix(MatrixView<const T> b, bool transpose_b = false);

  /// Of op(B), k x n.
  Shape shape() const { return shape_; }
  const T* data() const { return packed_.data(); }

 private:
  Shape shape_;
  Matrix<T> packed_;
};

/// As above, to the bit, with op(B) packed before; config.transpose_b is not looked at.
void matmul(MatrixView<const float> a, const PackedMatrix<float>& b, MatrixView<float> c,
            const MatmulConfig& config = {});
void matmul(MatrixView<const double> a, const PackedMatrix<double>& b, MatrixView<double> c,
            const MatmulConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_MATMUL_H_
