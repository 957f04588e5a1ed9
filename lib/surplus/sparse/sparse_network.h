/// Fully connected networks of which a part of the weights is active, and kept: the non-zeros alone.
///
///   const auto densities = layer_densities(DensityRule::kErdosRenyiKernel, layers_of(network), 0.05);
///   const SparseMlp<float> start = sparse_mlp<float>(network, densities, Rng(1));
#ifndef SURPLUS_SPARSE_SPARSE_MLP_H_
#define SURPLUS_SPARSE_SPARSE_MLP_H_

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/autodiff/ops/sparse_linear.h"
#include "surplus/nn/mlp.h"
#include "surplus/optim/optimizer.h"
#include "surplus/sparse/density.h"
#include "surplus/sparse/topology.h"
#include "surplus/train/objective.h"

namespace surplus {

/// How a layer is kept and multiplied. The function that it computes is the same.
enum class LayerKernel {
  kDense,   ///< every weight is active
  kMasked,  ///< a dense matrix with zeros where no weight is active
  kSparse,  ///< the active weights alone
  kFull,    ///< the sparse kernels with zeros where no weight is active: to check kSparse against
};

/// Which of them a layer gets.
struct LayerChoice {
  enum class Kind {
    kAuto,    ///< kSparse up to the break-even density, kMasked above
    kMasked,  ///< kMasked: how sparse training is simulated elsewhere
    kSparse,
    kFull,
  };
  Kind kind = Kind::kAuto;  ///< of layers that have inactive weights; the others are kDense
  double break_even = 0.35;
};
LayerKernel kernel_for(const LayerChoice& choice, double density);

struct SparseLayer {
  Shape shape;  ///< outputs x inputs
  LayerKernel kernel = LayerKernel::kDense;
  Positions positions{};  ///< of kMasked and kFull; else empty
  std::shared_ptr<const SparsePattern>
      pattern{};  ///< of kSparse: its places; of kFull: all of them

  std::size_t size() const { return shape.rows * shape.cols; }
  /// Active weights, and their share.
  std::size_t active() const;
  double density() const;
  /// Of the active weights; of kDense, all.
  Positions active_positions() const;
  /// Of the matrix that holds the layer's weights: outputs x inputs, or 1 x elements of the pattern.
  Shape stored() const;
};
/// A layer of these active weights, ascending.
SparseLayer sparse_layer(Shape shape, Positions positions, LayerKernel kernel);

/// What belongs to the active weights of a layer, from the matrix that is stored, and back: what is not
/// active becomes 0.
template <typename T>
Matrix<T> gather_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> stored);
template <typename T>
void scatter_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> active,
                    std::span<T> stored);

template <typename T>
struct SparseMlp {
  MlpConfig network;   ///< not of Initializer::kNtk
  double dropout = 0;  ///< of the hidden units, in training; from 0 to below 1
  std::vector<SparseLayer> layers = {};
  Parameters<T> parameters =
      {};  ///< "0.weight" as SparseLayer::stored(), "0.bias", "1.weight", ...

  /// The number of the weights of layer l, and of its bias, in the bundle.
  std::size_t weight(std::size_t l) const { return network.bias ? 2 * l : l; }
};

/// The shapes of a network's layers.
std::vector<LayerShape> layers_of(const MlpConfig& network);

struct SparseStart {
  /// n_l = round(d_l N_l) weights are active, or each with the probability d_l, as in ITOP's code.
  bool bernoulli = false;
  /// Fan-ins of the initializer count the inputs of the layer, as in all published codes; or the
  /// active ones in the mean: weights are larger by 1 / sqrt(d_l).
  bool sparse_fan_in = false;
  LayerChoice choice = {};
  double dropout = 0;
};

/// Random positions of rng.split("positions").split(l), and there the weights of mlp_parameters() of
/// rng. Networks of one rng thus have the same weights where both are active, whatever the densities.
///
/// densities  one for each layer
/// Throws     ShapeError, ArgumentError
/// Cost       as many random numbers as the dense network has weights; memory for the active ones
/// Promises   the same seed gives the same bits with any number of threads
template <typename T>
SparseMlp<T> sparse_mlp(const MlpConfig& network, std::span<const double> densities, const Rng& rng,
                        const SparseStart& start = {});

/// The network of these active weights, from a bundle of mlp_parameters() or of its like.
///
/// positions  ascending, one list for each layer
/// Throws     ShapeError if the parameters or positions do not fit the network
template <typename T>
SparseMlp<T> masked_mlp(const MlpConfig& network, const Parameters<T>& dense,
                        const std::vector<Positions>& positions, const LayerChoice& choice = {});

/// The network that keeps the round(density N) weights of the largest scores, over all layers: saliency.h.
/// With the magnitudes of a trained network's weights as scores, `dense` may be these weights (one-shot
/// pruning, to be fine-tuned), those before the training (a lottery ticket, rewound) or others (the
/// same mask from scratch); with snip_scores() or grasp_scores() it is pruned before training.
///
/// dense     of mlp_parameters(), or of its layout
/// scores    of the same layout
/// Throws    as masked_mlp() and largest_positions()
template <typename T>
SparseMlp<T> pruned_mlp(const MlpConfig& network, const Parameters<T>& dense,
                        const Parameters<T>& scores, double density,
                        const LayerChoice& choice = {});

/// The numbers of the weight matrices in mlp_parameters(), and their elements in all.
std::vector<std::size_t> weight_matrices(const MlpConfig& network);
std::size_t weight_count(const MlpConfig& network);

/// The bundle of mlp_parameters(), zeros where no weight is active.
template <typename T>
Parameters<T> dense_parameters(const SparseMlp<T>& model);

/// What a growth by gradient needs to know of a layer: its dense gradient is d_z^T x.
template <typename T>
struct LayerProduct {
  Matrix<T> x = {};    ///< n x inputs
  Matrix<T> d_z = {};  ///< n x outputs: d mean loss / d (x w^T + b)
};

template <typename T>
struct LayerProducts {
  double loss = 0;                        ///< mean softmax cross-entropy
  std::vector<LayerProduct<T>> layers{};  ///< one for each layer, those not wanted empty
};

/// The loss of a batch and its derivatives; the dense gradients themselves are nowhere in memory.
/// Cost     a gradient
template <typename T>
LayerProducts<T> layer_products(const SparseMlp<T>& model,
                                const std::type_identity_t<Batch<T>>& batch,
                                const std::vector<bool>& wanted);

/// The scores of the model, which must live as long, for train_step(), predict() and evaluate(): from
/// leaves of a bundle of its layout at the time of the call.
template <typename T>
Scores<T> sparse_scores(const SparseMlp<T>& model);

/// Bytes of a training's state: the stored weights and biases, what the optimizer remembers of them,
/// and the positions. Not the activations of a batch.
template <typename T>
std::size_t state_bytes(const SparseMlp<T>& model, const OptimizerConfig& optimizer);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_MLP_H_
