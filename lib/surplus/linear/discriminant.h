/// Classifiers from the means of the classes: the nearest mean, and linear discriminant analysis.
#ifndef SURPLUS_LINEAR_DISCRIMINANT_H_
#define SURPLUS_LINEAR_DISCRIMINANT_H_

#include <cstddef>
#include <span>

#include "surplus/core/matrix.h"
#include "surplus/linear/classifier.h"

namespace surplus {

/// The class whose mean is nearest: scores mean_i . x - |mean_i|^2 / 2, up to a term that all
/// classes share. In transformed coordinates L x it is the nearest mean of the metric L^T L.
///
/// x       n x d, finite
/// labels  n, each of the classes 0 .. k - 1 at least once, k >= 2
/// Throws  ShapeError, ArgumentError for input out of its domain
/// Cost    2 n d flops and a copy of x
LinearClassifier fit_nearest_mean(MatrixView<const double> x, std::span<const std::size_t> labels);

struct LdaConfig {
  /// Added to the diagonal of the covariance, in units of its mean diagonal; >= 0.
  double ridge = 0;
};

/// Linear discriminant analysis: classes N(mean_i, S) with the shares of the sample as priors and S
/// the pooled covariance, sum_i sum_{n in i} (x_n - mean_i) (x_n - mean_i)^T / n. The scores are
/// log-odds: (S^-1 mean_i) . x - mean_i^T S^-1 mean_i / 2 + log share_i, up to a shared term.
///
/// x, labels  as above
/// Throws     as above; NumericalError if S is not positive definite: a column that is constant
///            within the classes, or fewer rows than features, needs a ridge
/// Cost       n d^2 + d^3 / 3 flops and two copies of x
/// Promises   without a ridge, an invertible linear map of x changes the predictions by no more
///            than rounding
/// Source     Fisher (1936), The use of multiple measurements in taxonomic problems; Hastie,
///            Tibshirani, Friedman (2009), The Elements of Statistical Learning, equation 4.10
LinearClassifier fit_lda(MatrixView<const double> x, std::span<const std::size_t> labels,
                         const LdaConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINEAR_DISCRIMINANT_H_
