/// Eigenvalues and eigenvectors of symmetric matrices.
#ifndef SURPLUS_LINALG_EIGH_H_
#define SURPLUS_LINALG_EIGH_H_

#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// A = V diag(values) V^T.
template <typename T>
struct Eigh {
  std::vector<T> values;  ///< n, ascending
  Matrix<T> vectors;      ///< V, n x n: column j is the eigenvector of values[j], of length 1
};

/// The eigenvalues and eigenvectors of a symmetric matrix. Each vector's sign, and the basis of
/// equal eigenvalues, are as LAPACK finds them.
///
/// a       n x n, symmetric; only the lower triangle is read
/// Throws  ShapeError if a is not square; ArgumentError at a NaN or an infinity; NumericalError if
///         the iteration does not converge, which is not known to happen
/// Error   30 n eps ||A||_F in each value and in A - V diag(values) V^T, 30 n eps in V^T V - I: the
///         threshold of LAPACK's own tests
/// Cost    about 9 n^3 flops; allocates the result and about 2 n^2 elements of scratch
Eigh<float> eigh(MatrixView<const float> a);
Eigh<double> eigh(MatrixView<const double> a);

}  // namespace surplus

#endif  // SURPLUS_LINALG_EIGH_H_
