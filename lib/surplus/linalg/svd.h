/// The singular value decomposition.
#ifndef SURPLUS_LINALG_SVD_H_
#define SURPLUS_LINALG_SVD_H_

#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// A = U diag(values) VT, with r = min(m, n).
template <typename T>
struct Svd {
  Matrix<T> u;            ///< m x r, orthonormal columns
  std::vector<T> values;  ///< r, descending
  Matrix<T> vt;           ///< r x n, orthonormal rows
};

/// The thin singular value decomposition of any m x n matrix. The sign of each pair of vectors is
/// as LAPACK finds it.
///
/// Throws  ArgumentError at a NaN or an infinity; ShapeError if a size is 2^31 or more;
///         NumericalError if the iteration does not converge, which is not known to happen
/// Error   30 p eps ||A||_F in each value and in A - U diag(values) VT, 30 p eps in U^T U - I and
///         VT VT^T - I, p = max(m, n): the threshold of LAPACK's own tests
/// Cost    about 6 m n r + 16 r^3 flops; allocates the result, a copy of a and scratch
Svd<float> svd(MatrixView<const float> a);
Svd<double> svd(MatrixView<const double> a);

}  // namespace surplus

#endif  // SURPLUS_LINALG_SVD_H_
