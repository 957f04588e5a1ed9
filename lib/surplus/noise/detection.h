/// What a training made of noisy labels: fitted, memorised, detected.
#ifndef SURPLUS_NOISE_DETECTION_H_
#define SURPLUS_NOISE_DETECTION_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// The area under the ROC curve of a score that is to be larger for positives: the probability that a
/// random positive has a larger one than a random negative. NaN if there are none of one kind.
///
/// scores    n, without NaN
/// positive  n
/// tie       what a pair of equal scores counts: a half by the definition, 1 for ">=" in place of ">"
/// Throws    ShapeError if the lengths differ; ArgumentError at a NaN
double ranking_auc(std::span<const double> scores, const std::vector<bool>& positive,
                   double tie = 0.5);

/// Which labels differ from the true ones. Throws ShapeError if the lengths differ
std::vector<bool> wrong_labels(std::span<const std::size_t> noisy,
                               std::span<const std::size_t> labels);

/// Shares of predictions, the first of the largest scores; NaN where there is no sample of the kind.
struct LabelFit {
  double noisy = 0;      ///< of all: the label as it is, noise and all
  double memorized = 0;  ///< of the wrongly labelled: their wrong label
  double recovered = 0;  ///< of the wrongly labelled: their true one
};
/// scores  n x k, n >= 1
/// Throws  ShapeError unless there are two labels per row
LabelFit label_fit(MatrixView<const float> scores, std::span<const std::size_t> noisy,
                   std::span<const std::size_t> labels);

/// The cross-entropy of each row, which is large where a network that was stopped early disagrees
/// with the label.
/// Throws  ShapeError unless there is a label per row; ArgumentError if a label is not below k
std::vector<double> label_losses(MatrixView<const float> scores,
                                 std::span<const std::size_t> labels);

}  // namespace surplus

#endif  // SURPLUS_NOISE_DETECTION_H_
