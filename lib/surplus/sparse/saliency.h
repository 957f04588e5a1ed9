/// Which weights of a dense network a sparse one should keep, before training or after it.
///
/// A score for every weight, of which the largest are kept over all layers together. Weights are the
/// matrices `weights` of a bundle, by their numbers; biases are always kept.
///
/// Source  Lee, Ajanthan, Torr (2019), SNIP; Wang, Zhang, Grosse (2020), GraSP; and the code of Liu et
///         al. (2022), The unreasonable effectiveness of random pruning
#ifndef SURPLUS_SPARSE_SALIENCY_H_
#define SURPLUS_SPARSE_SALIENCY_H_

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/nn/parameters.h"
#include "surplus/sparse/density.h"
#include "surplus/train/objective.h"

namespace surplus {

using Numbers = std::span<const std::size_t>;

/// |w|.
template <typename T>
Parameters<T> magnitude_scores(const Parameters<T>& parameters, Numbers weights);

/// |w g| over its sum, g the gradient of the batch's loss: how much a weight's loss would matter.
///
/// Throws   NumericalError if a score is not finite; what the objective throws
/// Cost     a gradient
template <typename T>
Parameters<T> snip_scores(const std::type_identity_t<Objective<T>>& objective,
                          const std::type_identity_t<Batch<T>>& batch,
                          const Parameters<T>& parameters, Numbers weights);

/// w (H g) over |sum| + 1e-10, H the Hessian of the batch's loss: the paper's score -w (H g), of which
/// the smallest are kept, with the other sign. H g is exact.
///
/// objective  usually tempered_classification()
/// Throws     as snip_scores()
/// Cost       a gradient and a Hessian product
template <typename T>
Parameters<T> grasp_scores(const std::type_identity_t<Objective<T>>& objective,
                           const std::type_identity_t<Batch<T>>& batch,
                           const Parameters<T>& parameters, Numbers weights);

/// The mean softmax cross-entropy of scores divided by a temperature, above 0.
template <typename T>
Objective<T> tempered_classification(Scores<T> network, double temperature = 200);

/// The first `per_class` rows of each class in an order drawn by rng, class after class.
/// Throws   ArgumentError if a class has fewer, or a label is not below `classes`
std::vector<std::size_t> class_balanced_rows(std::span<const std::size_t> labels,
                                             std::size_t classes, std::size_t per_class,
                                             const Rng& rng);

/// Where the `count` largest scores of all layers are, the first of equals; one per matrix of
/// `weights`.
/// Throws   ArgumentError if there are fewer, or a score is NaN
template <typename T>
std::vector<Positions> largest_positions(const Parameters<T>& scores, Numbers weights,
                                         std::size_t count);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SALIENCY_H_
