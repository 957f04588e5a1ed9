/// Systems with a triangular matrix, such as a Cholesky factor.
#ifndef SURPLUS_LINALG_TRIANGULAR_H_
#define SURPLUS_LINALG_TRIANGULAR_H_

#include "surplus/core/matrix.h"

namespace surplus {

/// Which system triangular_solve() solves for X.
enum class Triangular {
  kLeft,             ///< L X = B
  kLeftTransposed,   ///< L^T X = B
  kRight,            ///< X L = B
  kRightTransposed,  ///< X L^T = B
};

/// Puts the X of a triangular system in the place of B.
///
/// l       lower triangular, only that triangle is read: m x m on the left, n x n on the right
/// b       m x n; B going in, X coming out; must not overlap l
/// Throws  ShapeError if the sizes do not fit; ArgumentError at a NaN or an infinity;
///         NumericalError naming the row if an element of the diagonal of l is zero
/// Error   on the left each column x solves (L + E) x = b, |E[i, j]| <= (m + 1) eps |L[i, j]|; on
///         the right each row likewise with n
/// Cost    m^2 n (left) or m n^2 (right) flops, no allocation
/// Source  Higham (2002), Accuracy and Stability of Numerical Algorithms, theorem 8.5
void triangular_solve(MatrixView<const float> l, MatrixView<float> b,
                      Triangular system = Triangular::kLeft);
void triangular_solve(MatrixView<const double> l, MatrixView<double> b,
                      Triangular system = Triangular::kLeft);

}  // namespace surplus

#endif  // SURPLUS_LINALG_TRIANGULAR_H_
