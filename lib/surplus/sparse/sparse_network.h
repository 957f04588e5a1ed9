/// Networks of which a part of the weights is active, and kept: fully connected layers, behind
/// convolutions if there are any.
///
///   const auto densities = layer_densities(DensityRule::kErdosRenyiKernel, layers_of(network), 0.05);
///   const SparseNetwork<float> start = sparse_network<float>(network, densities, Rng(1));
#ifndef SURPLUS_SPARSE_SPARSE_NETWORK_H_
#define SURPLUS_SPARSE_SPARSE_NETWORK_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/data/images.h"
#include "surplus/nn/mlp.h"
#include "surplus/optim/optimizer.h"
#include "surplus/sparse/sparse_layer.h"

namespace surplus {

/// Windows of every place in an image, f, and then the largest of each square of values.
struct Convolution {
  std::size_t channels = 1;  ///< that come out, at least 1
  std::size_t window = 3;    ///< side in pixels, at least 1, at most that of what comes in
  std::size_t pool = 1;      ///< side of the squares, next to each other; 1 for each value itself
};

/// Layers one behind the other. What is fully connected alone is an MlpConfig.
struct NetworkConfig {
  NetworkConfig() = default;
  // Implicitly: all that takes a network takes one without convolutions.
  NetworkConfig(MlpConfig fully_connected);  // NOLINT(google-explicit-constructor)
  /// Convolutions of images, whose weights start and whose activation is as those of `top`; the
  /// inputs of `top` follow from them.
  ///
  /// Throws  ArgumentError if a window or square does not fit what comes in, or a channel is missing
  NetworkConfig(ImageShape images, std::vector<Convolution> convolutions, MlpConfig top);

  MlpConfig mlp = {};  ///< not of Initializer::kNtk
  ImageShape images = {};
  std::vector<Convolution> convolutions = {};
};

/// 20 channels of 5 x 5, 50 of 5 x 5, each halved, 500 units: LeCun et al. (1998), Gradient-based
/// learning applied to document recognition, in the form of Caffe's example.
NetworkConfig lenet5(ImageShape images, MlpConfig top = {.hidden = {500}, .outputs = 10});

/// The layers with all of their weights active, and the shapes of these weights: of a convolution
/// outputs x (line, column, channel) of the window.
std::vector<SparseLayer> dense_layers(const NetworkConfig& network);
std::vector<LayerShape> layers_of(const NetworkConfig& network);

/// The numbers of the weight matrices among the parameters, and their elements in all.
std::vector<std::size_t> weight_matrices(const NetworkConfig& network);
std::size_t weight_count(const NetworkConfig& network);

template <typename T>
struct SparseNetwork {
  NetworkConfig network;
  double dropout = 0;  ///< of what comes into each layer but the first, in training; below 1
  std::vector<SparseLayer> layers = {};
  Parameters<T> parameters =
      {};  ///< "0.weight" as SparseLayer::stored(), "0.bias", "1.weight", ...

  /// The number of the weights of layer l, and of its bias, in the bundle.
  std::size_t weight(std::size_t l) const { return network.mlp.bias ? 2 * l : l; }
};

struct SparseStart {
  /// n_l = round(d_l N_l) weights are active, or each with the probability d_l, as in ITOP's code.
  bool bernoulli = false;
  /// Fan-ins of the initializer count the inputs of the layer, as in all published codes; or the
  /// active ones in the mean: weights are larger by 1 / sqrt(d_l).
  bool sparse_fan_in = false;
  LayerChoice choice = {};
  double dropout = 0;
};

/// Random positions of rng.split("positions").split(l), and there the weights that
/// rng.split("init").split(l) gives, those of mlp_parameters(). Networks of one rng thus have the same
/// weights where both are active, whatever the densities.
///
/// densities  one for each layer
/// Throws     ShapeError, ArgumentError
/// Cost       as many random numbers as the dense network has weights; memory for the active ones
/// Promises   the same seed gives the same bits with any number of threads
template <typename T>
SparseNetwork<T> sparse_network(const NetworkConfig& network, std::span<const double> densities,
                                const Rng& rng, const SparseStart& start = {});

/// The network of these active weights, from a bundle of dense_parameters() or of its like.
///
/// positions  ascending, one list for each layer
/// Throws     ShapeError if the parameters or positions do not fit the network
template <typename T>
SparseNetwork<T> masked_network(const NetworkConfig& network, const Parameters<T>& dense,
                                const std::vector<Positions>& positions,
                                const LayerChoice& choice = {});

/// The network that keeps the round(density N) weights of the largest scores, over all layers: saliency.h.
/// With the magnitudes of a trained network's weights as scores, `dense` may be these weights (one-shot
/// pruning, to be fine-tuned), those before the training (a lottery ticket, rewound) or others (the
/// same mask from scratch); with snip_scores() or grasp_scores() it is pruned before training.
///
/// dense     of dense_parameters(), or of its layout
/// scores    of the same layout
/// Throws    as masked_network() and largest_positions()
template <typename T>
SparseNetwork<T> pruned_network(const NetworkConfig& network, const Parameters<T>& dense,
                                const Parameters<T>& scores, double density,
                                const LayerChoice& choice = {});

/// All weights and biases, zeros where no weight is active: the bundle of mlp_parameters() if there
/// are no convolutions.
template <typename T>
Parameters<T> dense_parameters(const SparseNetwork<T>& model);

/// A bundle of zeros for these layers, as they are stored.
template <typename T>
Parameters<T> empty_parameters(const NetworkConfig& network,
                               const std::vector<SparseLayer>& layers);

/// Bytes of a training's state: the stored weights and biases, what the optimizer remembers of them,
/// and the positions. Not the activations of a batch.
template <typename T>
std::size_t state_bytes(const SparseNetwork<T>& model, const OptimizerConfig& optimizer);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_NETWORK_H_
