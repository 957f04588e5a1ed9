/// Margins of a classifier, their percentiles, and the ramp loss.
#ifndef SURPLUS_THEORY_MARGINS_H_
#define SURPLUS_THEORY_MARGINS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// scores[i, y_i] - max_{k != y_i} scores[i, k]: positive where the class is right.
///
/// scores  n x k, k >= 2, what the network says before any softmax
/// labels  n classes, each below k
/// Throws  ShapeError if there is not a label for each row or k < 2; ArgumentError if a label is not
///         below k or a score is NaN
/// Error   eps of double, relative
std::vector<double> margins(MatrixView<const float> scores, std::span<const std::size_t> labels);
std::vector<double> margins(MatrixView<const double> scores, std::span<const std::size_t> labels);

/// The share-quantile of the values, between order statistics by linear interpolation: element
/// share (n - 1) of the sorted values, counted from 0 (NumPy's default).
///
/// share   in [0, 1]: 0.05 for the 5th percentile
/// Throws  ArgumentError if there is no value, one is NaN, or share is not in [0, 1]
/// Cost    a copy and a selection
double quantile(std::span<const double> values, double share);

/// 0 if the margin exceeds gamma, 1 if it is below 0, and 1 - margin / gamma between.
///
/// Throws  ArgumentError if gamma is not positive
/// Source  Neyshabur et al. (2019), The role of over-parametrization in generalization of neural
///         networks, section 2
// Differs from the paper: its middle branch, margin / gamma, would rise with the margin and jump.
double ramp_loss(double margin, double gamma);

}  // namespace surplus

#endif  // SURPLUS_THEORY_MARGINS_H_
