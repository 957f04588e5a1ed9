/// Ridge regression for many penalties from one factorisation, with its leave-one-out residuals.
#ifndef SURPLUS_LINALG_RIDGE_H_
#define SURPLUS_LINALG_RIDGE_H_

#include <cstddef>
#include <optional>

#include "surplus/core/matrix.h"
#include "surplus/linalg/svd.h"

namespace surplus {

/// A = U diag(s) VT, and B seen in it.
template <typename T>
struct RidgeFactors {
  Svd<T> svd;
  Matrix<T> b;      ///< m x k
  Matrix<T> u_t_b;  ///< U^T B, r x k with r = min(m, n)
};

/// Throws  ShapeError if the rows do not fit; as svd()
/// Cost    svd(), 2 m k r flops
RidgeFactors<float> factor_ridge(MatrixView<const float> a, MatrixView<const float> b);
RidgeFactors<double> factor_ridge(MatrixView<const double> a, MatrixView<const double> b);

template <typename T>
struct Ridge {
  Matrix<T> x;                    ///< n x k
  std::size_t rank = 0;           ///< singular values that count; min(m, n) if lambda is positive
  double degrees_of_freedom = 0;  ///< tr H, H = A (A^T A + lambda I)^-1 A^T
  /// m x k: row i of B less what the X of all other rows predicts for it. NaN where that is not
  /// determined: where row i alone spans a direction, for lambda 0 and a rank below m.
  Matrix<T> leave_one_out;
};

/// The X that minimises ||A X - B||_F^2 + lambda ||X||_F^2; for lambda 0 that of lstsq().
///
/// lambda  0 or more, in the units of A's singular values squared; not divided by m
/// rank_cutoff  for lambda 0, as LstsqConfig::rank_cutoff; not looked at otherwise
/// Throws  ArgumentError if lambda is negative or not finite or the cutoff outside its range
/// Error   that of lstsq() for the matrix A with sqrt(lambda) I below it
/// Cost    2 (n + m) k r flops
/// Source  Golub, Heath, Wahba (1979), Generalized cross-validation, for residuals over 1 - H[i, i];
///         for an interpolating X, where both are 0, their limit as lambda vanishes
Ridge<float> ridge(const RidgeFactors<float>& factors, double lambda,
                   std::optional<double> rank_cutoff = {});
Ridge<double> ridge(const RidgeFactors<double>& factors, double lambda,
                    std::optional<double> rank_cutoff = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_RIDGE_H_
