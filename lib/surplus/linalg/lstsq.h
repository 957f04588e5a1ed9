/// Least squares with any rank.
#ifndef SURPLUS_LINALG_LSTSQ_H_
#define SURPLUS_LINALG_LSTSQ_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// How the problem is solved; from the surest to the fastest.
enum class LstsqMethod {
  /// The singular value decomposition.
  kSvd,
  /// A complete orthogonal factorisation, from a QR with column pivoting. Where singular values fall
  /// without a gap, its rank may be one or two off that of kSvd.
  kPivotedQr,
  /// Cholesky's factor of A^T A or A A^T, the smaller one, and corrections by the residual: for
  /// full rank alone. It squares the condition, which corrections repair while the square is
  /// well below 1 / eps.
  kGram,
};

struct LstsqConfig {
  LstsqMethod method = LstsqMethod::kSvd;
  /// Singular values at or below rank_cutoff times the largest count as zero; in [0, 1). The
  /// default is eps max(m, n), NumPy's. kPivotedQr holds an estimate of the condition against it,
  /// kGram does not look at it.
  std::optional<double> rank_cutoff = {};
  std::size_t corrections = 2;  ///< of kGram
};

template <typename T>
struct Lstsq {
  Matrix<T> x;                     ///< n x k
  std::size_t rank = 0;            ///< how many singular values count as more than zero
  std::vector<T> singular_values;  ///< of kSvd: min(m, n), descending: those of A
  /// Largest over smallest of the singular values that count. kPivotedQr and kGram have a lower
  /// bound, from the diagonal of their triangle. 1 if the rank is 0.
  double condition = 1;
  double residual = 0;    ///< ||A X - B||_F
  double norm = 0;        ///< ||X||_F
  double correction = 0;  ///< of kGram: the last correction's norm over norm, about the error left
};

/// The X that minimises ||A X - B||_F and, where many do, the one of least ||X||_F: the
/// pseudo-inverse of A times B.
///
/// a       m x n, of any shape and rank
/// b       m x k
/// Throws  ShapeError if the rows do not fit or a size is 2^31 or more; ArgumentError at a NaN, an
///         infinity or a cutoff outside its range; NumericalError of kGram if the product is not
///         positive definite in working precision, of kSvd if the iteration does not converge,
///         which is not known to happen
/// Error   R = A X - B is nearly orthogonal to the columns of A that count: ||A^T R||_F is within
///         30 max(m, n) eps ||A||_F (||A||_F ||X||_F + ||B||_F), the threshold of LAPACK's own tests;
///         with kGram that holds if `correction` is below eps
/// Cost    r = min(m, n), l = max(m, n): kSvd about 4 m n r + 8 r^3 flops, kPivotedQr 2 m n r, both on
///         one thread, kGram l r^2 + r^3 / 3 on all; allocates the result, copies and scratch
/// Promises the bits do not depend on the number of threads
/// Source  kGram: Bjorck (1987), Stability analysis of the method of seminormal equations for linear
///         least squares problems, for corrections of this kind
Lstsq<float> lstsq(MatrixView<const float> a, MatrixView<const float> b,
                   const LstsqConfig& config = {});
Lstsq<double> lstsq(MatrixView<const double> a, MatrixView<const double> b,
                    const LstsqConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_LSTSQ_H_
