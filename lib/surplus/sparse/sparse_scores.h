/// What a sparse network computes.
#ifndef SURPLUS_SPARSE_SPARSE_SCORES_H_
#define SURPLUS_SPARSE_SPARSE_SCORES_H_

#include <cstddef>
#include <type_traits>
#include <vector>

#include "surplus/sparse/sparse_network.h"
#include "surplus/train/objective.h"

namespace surplus {

/// The scores of the model, which must live as long, for train_step(), predict() and evaluate(): from
/// leaves of a bundle of its layout at the time of the call.
template <typename T>
Scores<T> sparse_scores(const SparseNetwork<T>& model);

/// The error rate of the model's predictions.
template <typename T>
double sparse_error_rate(const SparseNetwork<T>& model,
                         const std::type_identity_t<Examples<T>>& examples);

/// What a growth by gradient needs to know of a layer: its dense gradient is d_z^T x.
template <typename T>
struct LayerProduct {
  Matrix<T> x = {};  ///< n x inputs; of a convolution, its windows: n pixels x columns of its shape
  Matrix<T> d_z = {};  ///< as many x outputs: d mean loss / d (x w^T + b)
};

template <typename T>
struct LayerProducts {
  double loss = 0;                        ///< mean softmax cross-entropy
  std::vector<LayerProduct<T>> layers{};  ///< one for each layer, those not wanted empty
};

/// The loss of a batch and its derivatives; the dense gradients themselves are nowhere in memory.
/// Cost     a gradient, and the memory of the products
template <typename T>
LayerProducts<T> layer_products(const SparseNetwork<T>& model,
                                const std::type_identity_t<Batch<T>>& batch,
                                const std::vector<bool>& wanted);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_SCORES_H_
