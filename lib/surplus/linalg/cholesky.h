/// The Cholesky factor of a symmetric positive definite matrix, and what follows from it.
#ifndef SURPLUS_LINALG_CHOLESKY_H_
#define SURPLUS_LINALG_CHOLESKY_H_

#include <cstddef>

#include "surplus/core/matrix.h"

namespace surplus {

/// The lower triangular L with a positive diagonal for which A = L L^T.
///
/// a       n x n, symmetric positive definite; only the lower triangle is read
/// Returns n x n, zero above the diagonal
/// Throws  ShapeError if a is not square; ArgumentError at a NaN or an infinity; NumericalError
///         naming the first pivot that is not positive if a is not positive definite
/// Error   L L^T = A + E, |E[i, j]| <= (n + 2) * eps * sum_l |L[i, l] L[j, l]|
/// Cost    n^3 / 3 flops on all threads; allocates the result
/// Source  Higham (2002), Accuracy and Stability of Numerical Algorithms, theorem 10.3
Matrix<float> cholesky(MatrixView<const float> a);
Matrix<double> cholesky(MatrixView<const double> a);

/// The same for a caller who can repair a matrix that is not positive definite, or who has a place
/// for the result.
///
/// a       as above
/// l       n x n, written; may be a itself
/// Returns the number of leading pivots that are positive: n if a is positive definite, otherwise
///         the row of the first that is not, and l is not defined
/// Throws  ShapeError, ArgumentError as above
/// Cost    n^3 / 3 flops on all threads, no allocation
std::size_t try_cholesky(MatrixView<const float> a, MatrixView<float> l);
std::size_t try_cholesky(MatrixView<const double> a, MatrixView<double> l);

/// The factor of a matrix that has grown: A's leading part is factorised, rows were added.
///
/// l       n x n; going in, the lower triangle has the factor of A's leading part in its first
///         `done` rows and A itself in the others; coming out, the factor of A. The strict upper
///         triangle is neither read nor written
/// done    at most n; 0 factorises A in place
/// Returns as try_cholesky()
/// Throws  ShapeError if l is not square or done exceeds n; ArgumentError at a NaN or an infinity
/// Error   as cholesky()
/// Cost    (n^3 - done^3) / 3 flops on all threads, no allocation
/// Promises the bits do not depend on the number of threads
std::size_t extend_cholesky(MatrixView<float> l, std::size_t done);
std::size_t extend_cholesky(MatrixView<double> l, std::size_t done);

/// log det A = 2 sum_i log L[i, i], summed in double.
///
/// l       n x n, from cholesky(A); 0 x 0 gives 0
/// Throws  ShapeError if l is not square; ArgumentError if an element of the diagonal is not a
///         positive finite number
/// Error   2 n eps (|log L[0, 0]| + ... + |log L[n - 1, n - 1]|) in double, beyond what L carries
/// Cost    n logarithms
double log_determinant(MatrixView<const float> l);
double log_determinant(MatrixView<const double> l);

/// The largest element of L's diagonal over the smallest: a lower bound of the condition of L, whose
/// square is that of A. 1 for 0 x 0.
///
/// l       n x n, from cholesky(A)
/// Throws  ShapeError if l is not square
double least_condition(MatrixView<const float> l);
double least_condition(MatrixView<const double> l);

}  // namespace surplus

#endif  // SURPLUS_LINALG_CHOLESKY_H_
