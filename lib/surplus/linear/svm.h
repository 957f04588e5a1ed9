/// Linear support vector machines.
#ifndef SURPLUS_LINEAR_SVM_H_
#define SURPLUS_LINEAR_SVM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"
#include "surplus/linear/classifier.h"

namespace surplus {

/// The loss of a row with margin t = y (w . x + b), y = -1 or 1.
enum class SvmLoss {
  kHinge,         ///< max(0, 1 - t)
  kSquaredHinge,  ///< max(0, 1 - t)^2
};

struct SvmConfig {
  double c = 1;  ///< C > 0, the weight of the summed loss against |w|^2 / 2
  SvmLoss loss = SvmLoss::kSquaredHinge;
  /// The constant feature whose weight times it is the intercept; the weight is penalised with the
  /// others, as in LIBLINEAR and scikit-learn. 0 for no intercept.
  double intercept_scaling = 1;
  std::size_t iterations = 1000;  ///< passes over the rows at most
  /// Converged when primal - dual <= tolerance * primal.
  double tolerance = 1e-4;
  std::uint64_t seed = 0;  ///< of the order of each pass
  /// Told the primal objective after each pass; by several threads if there are more than two
  /// classes.
  Observer observer = {};
};

struct SvmResult {
  LinearClassifier classifier;  ///< one row of weights for two classes, k for k > 2
  /// Of the least finished of the k problems; so are the next two.
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;  ///< passes done
  double gap = 0;              ///< (primal - dual) / primal
};

/// Minimises |w|^2 / 2 + C sum_n loss_n by coordinate descent in the dual; each class against the
/// rest if there are more than two. Columns of very unequal scale make it slow.
///
/// x        n x d, finite
/// labels   n, each of the classes 0 .. k - 1 at least once, k >= 2
/// Throws   ShapeError, ArgumentError for input out of its domain
/// Cost     per pass 6 n d flops, and the memory of one copy of x
/// Promises the objective is within `gap` of the minimum, relative; the same seed gives the same
///          bits with any number of threads
/// Source   Hsieh, Chang, Lin, Keerthi, Sundararajan (2008), A dual coordinate descent method for
///          large-scale linear SVM, algorithm 1
SvmResult fit_svm(MatrixView<const double> x, std::span<const std::size_t> labels,
                  const SvmConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINEAR_SVM_H_
