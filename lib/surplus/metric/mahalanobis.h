/// Mahalanobis metrics: d_A(x, y)^2 = (x - y)^T A (x - y) = |L (x - y)|^2 with A = L^T L.
#ifndef SURPLUS_METRIC_MAHALANOBIS_H_
#define SURPLUS_METRIC_MAHALANOBIS_H_

#include <span>
#include <string_view>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// The metric that learning starts from and stays close to.
enum class MetricPrior {
  kIdentity,           ///< Euclidean distances
  kInverseCovariance,  ///< the inverse of the covariance plus 1e-6 of its mean diagonal
  kRandom,             ///< random eigenvectors, eigenvalues uniform on [1, 2)
  kGiven,              ///< the caller's
};

/// Throws ShapeError, ArgumentError or NumericalError, in the name of `function`, if `metric` is not
/// d x d, finite, symmetric to the bit and positive definite; messages call it `name`.
void require_metric(std::string_view function, std::string_view name,
                    MatrixView<const double> metric, std::size_t d);

/// A_0, d x d, for the n x d data x.
///
/// function  the caller's name, for messages
/// given     d x d, symmetric positive definite; looked at for MetricPrior::kGiven alone
/// rng       for MetricPrior::kRandom
/// Throws    ShapeError, ArgumentError if `given` does not fit; NumericalError if it is not positive
///           definite, or if all rows are equal and a covariance is asked for
Matrix<double> prior_metric(std::string_view function, MatrixView<const double> x,
                            MetricPrior prior, MatrixView<const double> given,
                            const Rng& rng = Rng(0));

/// The upper triangular L with A = L^T L.
///
/// metric  A, d x d, symmetric positive definite
/// Throws  as cholesky()
Matrix<double> metric_transform(MatrixView<const double> metric);

/// Multiplies the squared distance p = |L z|^2 along z by `growth` and keeps the distances along what
/// is orthogonal to z in the metric:
///   L = L + (sqrt(growth) - 1) / p (L z) (L^T L z)^T, so that with A = L^T L
///   A = A + (growth - 1) / p (A z) (A z)^T
/// which is what a projection of fit_itml() or an online step does to A, growth being p' / p. As L
/// alone is kept, A is positive definite whatever is rounded, and det A is multiplied by growth.
///
/// transform  L, d x d, need not be triangular
/// z          d, not 0
/// growth     > 0
/// Throws     ShapeError if the sizes differ; ArgumentError for another growth; NumericalError if p
///            is not positive and finite
/// Cost       6 d^2 flops, 2 d elements of scratch
void update_transform(MatrixView<double> transform, std::span<const double> z, double growth);

/// (x - y)^T A (x - y).
///
/// metric  A, d x d; x, y  d each. Unchecked outside debug builds.
double squared_distance(MatrixView<const double> metric, std::span<const double> x,
                        std::span<const double> y);

}  // namespace surplus

#endif  // SURPLUS_METRIC_MAHALANOBIS_H_
