/// Least squares with any rank.
#ifndef SURPLUS_LINALG_LSTSQ_H_
#define SURPLUS_LINALG_LSTSQ_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

struct LstsqConfig {
  /// Singular values at or below rank_cutoff times the largest count as zero; in [0, 1). The
  /// default is eps max(m, n), NumPy's.
  std::optional<double> rank_cutoff;
};

template <typename T>
struct Lstsq {
  Matrix<T> x;                     ///< n x k
  std::size_t rank = 0;            ///< how many singular values count as more than zero
  std::vector<T> singular_values;  ///< min(m, n), descending: those of A
};

/// The X that minimises ||A X - B||_F and, where many do, the one of least ||X||_F: the
/// pseudo-inverse of A times B.
///
/// a       m x n, of any shape and rank
/// b       m x k
/// Throws  ShapeError if the rows do not fit or a size is 2^31 or more; ArgumentError at a NaN, an
///         infinity or a cutoff outside its range; NumericalError if the iteration does not
///         converge, which is not known to happen
/// Error   R = A X - B is nearly orthogonal to the columns of A that count: ||A^T R||_F is within
///         30 max(m, n) eps ||A||_F (||A||_F ||X||_F + ||B||_F), the threshold of LAPACK's own tests
/// Cost    about 4 m n r + 8 r^3 flops, r = min(m, n); allocates the result, copies and scratch
Lstsq<float> lstsq(MatrixView<const float> a, MatrixView<const float> b,
                   const LstsqConfig& config = {});
Lstsq<double> lstsq(MatrixView<const double> a, MatrixView<const double> b,
                    const LstsqConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_LSTSQ_H_
