/// Logistic regression, with and without a penalty, for two classes and for more.
#ifndef SURPLUS_LINEAR_LOGISTIC_H_
#define SURPLUS_LINEAR_LOGISTIC_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"
#include "surplus/linear/classifier.h"

namespace surplus {

struct LogisticConfig {
  /// C > 0 of scikit-learn and LIBLINEAR: the weight of the summed loss against |w|^2 / 2. Infinity
  /// takes the penalty away.
  double c = 1;
  std::size_t iterations = 100;  ///< Newton steps at most
  /// Converged when no element of the gradient of the objective below is larger than this.
  double tolerance = 1e-8;
  /// Told the objective after each step.
  Observer observer = {};
};

struct LogisticResult {
  LinearClassifier classifier;  ///< one row of weights for two classes, k for k > 2
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;  ///< Newton steps done
  double objective = 0;        ///< at the classifier
  double gradient = 0;         ///< the largest element of its gradient
  /// Without penalty alone: the classifier has every row on its right side, so that no minimum
  /// exists. The fit ends at the first such step, with Stop::kConverged.
  bool separated = false;
};

/// Minimises, by damped Newton steps from 0,
///   (1/n) sum_n -log P(y_n | x_n) + |w|^2 / (2 C n)
/// over weights and intercepts, which are not penalised. Two classes: P(1 | x) = 1 / (1 + e^-(w . x
/// + b)); more: the softmax of the scores, with weights that sum to 0 over the classes.
///
/// Where the Hessian is singular (no penalty and columns that depend on one another) the least of
/// 1e-12, 1e-11 ... of its mean diagonal that makes it positive definite is added to it.
///
/// x        n x d, finite
/// labels   n, each of the classes 0 .. k - 1 at least once, k >= 2
/// Throws   ShapeError, ArgumentError for input out of its domain; NumericalError if no such ridge
///          helps or the objective overflows
/// Cost     per step n m (m + 1) d^2 + (m d)^3 / 3 flops, m = 1 for two classes and k for more
/// Promises without penalty, an invertible linear map of x changes the predictions by no more than
///          rounding and tolerance
/// Source   Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, section 4.4
LogisticResult fit_logistic(MatrixView<const double> x, std::span<const std::size_t> labels,
                            const LogisticConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINEAR_LOGISTIC_H_
