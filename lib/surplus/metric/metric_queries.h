/// What can be asked of a metric A = L^T L, r x d transform L: images, distances of pairs, and
/// whether a pair is similar.
///
/// All take any L with a column per feature (ItmlResult::transform) and throw ShapeError if x does
/// not fit to it and ArgumentError if a value is not finite or a pair names no rows of x. Results do
/// not depend on the number of threads.
#ifndef SURPLUS_METRIC_METRIC_QUERIES_H_
#define SURPLUS_METRIC_METRIC_QUERIES_H_

#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/metric/pairs.h"

namespace surplus {

/// L x for each row x: n x r points whose Euclidean distances are the metric's.
Matrix<double> transform_rows(MatrixView<const double> transform, MatrixView<const double> x);

/// |L (x_first - x_second)|^2 of each pair; differences are taken first, so that near rows have
/// accurate distances and equal ones exactly 0.
///
/// Cost     2 r d flops per pair; beyond the result a buffer of constant size a thread
std::vector<double> squared_pair_distances(MatrixView<const double> transform,
                                           MatrixView<const double> x, const Pairs& pairs);

/// |L (x_first - x_second)| of each pair.
std::vector<double> pair_distances(MatrixView<const double> transform, MatrixView<const double> x,
                                   const Pairs& pairs);

/// What a threshold is to be best at.
enum class PairGoal {
  kAccuracy,          ///< the share of pairs that are judged rightly
  kBalancedAccuracy,  ///< the mean of that share of similar pairs and that of dissimilar ones
};

/// Pairs at most `distance` apart are judged similar.
struct PairThreshold {
  double distance = 0;  ///< plain, not squared; -1 if no pair is to be judged similar
  double score = 0;     ///< what it reaches of the goal
};

/// The threshold that is best for the given pairs: half-way between two distances that occur, the
/// smallest of equally good ones.
///
/// Throws   ArgumentError if there is no pair, or for kBalancedAccuracy none of a kind
PairThreshold calibrate_threshold(MatrixView<const double> transform, MatrixView<const double> x,
                                  const Pairs& pairs, PairGoal goal = PairGoal::kAccuracy);

/// The threshold minus the plain distance of each pair: the larger the more similar, at least 0 where
/// the pair is judged similar.
std::vector<double> pair_scores(MatrixView<const double> transform, MatrixView<const double> x,
                                const Pairs& pairs, const PairThreshold& threshold);

}  // namespace surplus

#endif  // SURPLUS_METRIC_METRIC_QUERIES_H_
