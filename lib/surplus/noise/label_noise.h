/// Labels made wrong on purpose, and the matrices that say how.
///
/// A transition T has the probability that class a is labelled b at (a, b): K x K, rows of sum 1.
#ifndef SURPLUS_NOISE_LABEL_NOISE_H_
#define SURPLUS_NOISE_LABEL_NOISE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

struct NoisyLabels {
  std::vector<std::size_t> labels;  ///< n
  double wrong = 0;  ///< the share that differs from the true ones: what was produced
};

/// Common to all: labels are n true classes below `classes`, of which there must be at least 2; the
/// rate r is from 0 to 1. What is drawn depends on the stream, not on how much of it was used.
///
/// Throws  ArgumentError if a label, the number of classes or the rate is out of its domain
///
/// Symmetric: ceil(r n) labels at random are drawn anew, uniformly from all classes, so that about
/// r (1 - 1 / K) become wrong (as the code of SOP and ELR does), or from all others.
enum class NewLabel { kAny, kOther };
NoisyLabels symmetric_noise(std::span<const std::size_t> labels, std::size_t classes, double rate,
                            NewLabel drawn, const Rng& rng);

/// Class a turns to map[a] with probability r, classes with map[a] = a stay. Classes turn at once,
/// or, with `cascade`, one after the other, so that a label may turn twice: what the code of SOP
/// does on CIFAR-10, where some cats become dogs and then cats again.
///
/// map     K classes; their number is that of the classes
NoisyLabels map_noise(std::span<const std::size_t> labels, std::span<const std::size_t> map,
                      double rate, bool cascade, const Rng& rng);

/// c to c + 1, the last to 0.
std::vector<std::size_t> pair_map(std::size_t classes);
/// c to c + 1 within each block of so many classes, its last to its first: what the code of ELR does
/// on CIFAR-100. Throws ArgumentError unless `block` divides the number of classes.
std::vector<std::size_t> cyclic_block_map(std::size_t classes, std::size_t block);
/// In each block two classes at random turn into one another, the others stay: what the code of SOP
/// does on CIFAR-100.
std::vector<std::size_t> swap_block_map(std::size_t classes, std::size_t block, const Rng& rng);
/// CIFAR-10: truck to automobile, bird to airplane, cat and dog to one another, deer to horse.
/// Source  Patrini, Rozza, Menon, Nock, Qu (2017), section 5
std::vector<std::size_t> cifar10_map();

/// Instance-dependent: sample i turns with probability r_i, normal around r with standard deviation
/// .1 and drawn until it is from 0 to 1, to class j in proportion to exp(x_i w_yj), w_yj normal.
///
/// x       n x d
/// Throws  also ShapeError unless there is a label per row; ArgumentError at a NaN or an infinity
/// Source  Xia et al. (2020), Part-dependent label noise, algorithm 2, for one part
NoisyLabels instance_noise(MatrixView<const float> x, std::span<const std::size_t> labels,
                           std::size_t classes, double rate, const Rng& rng);

/// Those of symmetric noise, (1 - r) I + (r / K) 1 1^T or with r / (K - 1) beside the diagonal, and of
/// a map at once.
Matrix<double> symmetric_transition(std::size_t classes, double rate, NewLabel drawn);
Matrix<double> map_transition(std::span<const std::size_t> map, double rate);

/// The one that turned these labels, counted; a class without a sample stays.
Matrix<double> count_transition(std::span<const std::size_t> labels,
                                std::span<const std::size_t> noisy, std::size_t classes);

/// The one of unknown noise, from a classifier trained on it: row a is the prediction for the sample
/// that is most surely of class a; for that at a quantile of p_a below 1, where a few are outliers.
///
/// probabilities  n x K, rows of sum 1
/// quantile       above 0, at most 1
/// Throws         ArgumentError without a row or column, or out of these domains
/// Source         Patrini et al. (2017), equations 12 and 13
Matrix<double> estimate_transition(MatrixView<const float> probabilities, double quantile = 1);

}  // namespace surplus

#endif  // SURPLUS_NOISE_LABEL_NOISE_H_
