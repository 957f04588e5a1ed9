#include "surplus/sparse/sparse_network.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/sparse/parts.h"
#include "surplus/sparse/saliency.h"

namespace surplus {
namespace {

void require_network(const char* function, const MlpConfig& mlp) {
  SURPLUS_REQUIRE(mlp.initializer != Initializer::kNtk, ArgumentError, function,
                  "the initializer must not be ntk, whose layers divide by their inputs",
                  "initializer", to_text(mlp.initializer));
}

template <typename T>
std::vector<T> picked(std::span<const T> from, const Positions& positions) {
  std::vector<T> values(positions.size());
  std::ranges::transform(positions, values.begin(), [&](std::uint32_t p) { return from[p]; });
  return values;
}

}  // namespace

NetworkConfig::NetworkConfig(MlpConfig fully_connected) : mlp(std::move(fully_connected)) {}

NetworkConfig::NetworkConfig(ImageShape shape, std::vector<Convolution> stages, MlpConfig top)
    : mlp(std::move(top)), images(shape), convolutions(std::move(stages)) {
  ImageShape in = images;
  for (const Convolution& stage : convolutions) {
    SURPLUS_REQUIRE(stage.channels >= 1 && in.channels >= 1, ArgumentError, "NetworkConfig",
                    "images must have channels", "images", in, "channels", stage.channels);
    const std::size_t least = std::min(in.height, in.width);
    SURPLUS_REQUIRE(stage.window >= 1 && stage.window <= least && stage.pool >= 1 &&
                        stage.pool <= least - stage.window + 1,
                    ArgumentError, "NetworkConfig",
                    "windows, and squares of what they give, must fit into the images", "images",
                    in, "window", stage.window, "pool", stage.pool);
    in = {stage.channels, (in.height - stage.window + 1) / stage.pool,
          (in.width - stage.window + 1) / stage.pool};
  }
  mlp.inputs = in.size();
}

NetworkConfig lenet5(ImageShape images, MlpConfig top) {
  return {images, {{20, 5, 2}, {50, 5, 2}}, std::move(top)};
}

std::vector<SparseLayer> dense_layers(const NetworkConfig& network) {
  std::vector<SparseLayer> layers;
  ImageShape in = network.images;
  for (const Convolution& stage : network.convolutions) {
    const ad::ImageWindows windows{.height = in.height, .width = in.width, .window = stage.window};
    layers.push_back({.shape = {stage.channels, stage.window * stage.window * in.channels},
                      .windows = windows,
                      .pool = stage.pool});
    in = {stage.channels, windows.out_height() / stage.pool, windows.out_width() / stage.pool};
  }
  std::size_t inputs = network.mlp.inputs;
  for (std::size_t l = 0; l <= network.mlp.hidden.size(); ++l) {
    const std::size_t outputs =
        l < network.mlp.hidden.size() ? network.mlp.hidden[l] : network.mlp.outputs;
    layers.push_back({.shape = {outputs, inputs}});
    inputs = outputs;
  }
  return layers;
}

std::vector<LayerShape> layers_of(const NetworkConfig& network) {
  std::vector<LayerShape> shapes;
  for (const SparseLayer& layer : dense_layers(network)) {
    if (layer.windows) {
      const std::size_t window = layer.windows->window;
      shapes.push_back({layer.shape.rows, layer.channels(), window, window});
    } else {
      shapes.push_back({layer.shape.rows, layer.shape.cols});
    }
  }
  return shapes;
}

std::vector<std::size_t> weight_matrices(const NetworkConfig& network) {
  std::vector<std::size_t> matrices;
  for (std::size_t l = 0; l < network.convolutions.size() + network.mlp.hidden.size() + 1; ++l) {
    matrices.push_back(network.mlp.bias ? 2 * l : l);
  }
  return matrices;
}

std::size_t weight_count(const NetworkConfig& network) {
  std::size_t count = 0;
  for (const LayerShape& layer : layers_of(network)) count += layer.size();
  return count;
}

template <typename T>
Parameters<T> empty_parameters(const NetworkConfig& network,
                               const std::vector<SparseLayer>& layers) {
  std::vector<NamedShape> layout;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    layout.push_back({std::to_string(l) + ".weight", layers[l].stored()});
    if (network.mlp.bias) {
      layout.push_back({std::to_string(l) + ".bias", {1, layers[l].shape.rows}});
    }
  }
  return Parameters<T>(std::move(layout));
}

template <typename T>
SparseNetwork<T> sparse_network(const NetworkConfig& network, std::span<const double> densities,
                                const Rng& rng, const SparseStart& start) {
  require_network("sparse_network", network.mlp);
  SURPLUS_REQUIRE(start.dropout >= 0 && start.dropout < 1, ArgumentError, "sparse_network",
                  "dropout must be from 0 to below 1", "dropout", start.dropout);
  const std::vector<LayerShape> shapes = layers_of(network);
  const std::vector<std::size_t> counts = layer_counts(shapes, densities);
  const std::vector<SparseLayer> layers = dense_layers(network);
  SparseNetwork<T> model{.network = network, .dropout = start.dropout};
  const Rng draws = rng.split("positions");
  std::vector<Positions> positions;
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    Rng of_layer = draws.split(l);
    positions.push_back(start.bernoulli
                            ? bernoulli_positions(shapes[l].size(), densities[l], of_layer)
                            : random_positions(shapes[l].size(), counts[l], of_layer));
    model.layers.push_back(with_positions(
        layers[l], positions[l], kernel_for(start.choice, layers[l], positions[l].size())));
  }
  model.parameters = empty_parameters<T>(network, model.layers);
  const Rng init = rng.split("init");
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    const std::size_t matrix = model.weight(l), inputs = shapes[l].columns();
    std::vector<T> active;
    const TakeRow<T> take = [&](std::size_t i, std::span<const T> row) {
      for (std::size_t next = active.size();
           next < positions[l].size() && positions[l][next] < (i + 1) * inputs; ++next) {
        active.push_back(row[positions[l][next] - i * inputs]);
      }
    };
    initialize_layer_rows<T>(network.mlp.initializer, init.split(l), layers[l].shape, take,
                             network.mlp.bias ? model.parameters[matrix + 1] : MatrixView<T>());
    if (start.sparse_fan_in && !active.empty()) {
      const double d = model.layers[l].density();
      for (T& value : active) value *= static_cast<T>(1 / std::sqrt(d));
    }
    scatter_active<T>(model.layers[l], active, part_of(model.parameters, matrix));
  }
  return model;
}

template <typename T>
SparseNetwork<T> masked_network(const NetworkConfig& network, const Parameters<T>& dense,
                                const std::vector<Positions>& positions,
                                const LayerChoice& choice) {
  require_network("masked_network", network.mlp);
  const std::vector<SparseLayer> layers = dense_layers(network);
  SURPLUS_REQUIRE(positions.size() == layers.size() &&
                      dense.count() == layers.size() * (network.mlp.bias ? 2 : 1),
                  ShapeError, "masked_network",
                  "there must be positions and parameters for each layer", "layers", layers.size(),
                  "positions", positions.size(), "matrices", dense.count());
  SparseNetwork<T> model{.network = network};
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Shape shape = layers[l].shape, given = dense.layout()[model.weight(l)].shape;
    SURPLUS_REQUIRE(given == shape, ShapeError, "masked_network",
                    "weights must be outputs x inputs of their layer", "layer", l, "weights", given,
                    "outputs", shape.rows, "inputs", shape.cols);
    SURPLUS_REQUIRE(std::ranges::adjacent_find(positions[l], std::ranges::greater_equal()) ==
                            positions[l].end() &&
                        (positions[l].empty() || positions[l].back() < layers[l].size()),
                    ArgumentError, "masked_network",
                    "positions must ascend below the number of elements", "layer", l, "positions",
                    positions[l].size(), "elements", layers[l].size());
    model.layers.push_back(with_positions(layers[l], positions[l],
                                          kernel_for(choice, layers[l], positions[l].size())));
  }
  model.parameters = empty_parameters<T>(network, model.layers);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t matrix = model.weight(l);
    scatter_active<T>(model.layers[l], picked<T>(part_of(dense, matrix), positions[l]),
                      part_of(model.parameters, matrix));
    if (network.mlp.bias) {
      std::ranges::copy(part_of(dense, matrix + 1), part_of(model.parameters, matrix + 1).begin());
    }
  }
  return model;
}

template <typename T>
SparseNetwork<T> pruned_network(const NetworkConfig& network, const Parameters<T>& dense,
                                const Parameters<T>& scores, double density,
                                const LayerChoice& choice) {
  SURPLUS_REQUIRE(density >= 0 && density <= 1, ArgumentError, "pruned_network",
                  "density must be from 0 to 1", "density", density);
  SURPLUS_REQUIRE(dense.layout() == scores.layout(), ShapeError, "pruned_network",
                  "there must be a score for each parameter", "parameters", dense.size(), "scores",
                  scores.size());
  const auto count =
      static_cast<std::size_t>(std::round(density * static_cast<double>(weight_count(network))));
  return masked_network(network, dense, largest_positions(scores, weight_matrices(network), count),
                        choice);
}

template <typename T>
Parameters<T> dense_parameters(const SparseNetwork<T>& model) {
  Parameters<T> dense = empty_parameters<T>(model.network, dense_layers(model.network));
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const std::size_t matrix = model.weight(l);
    const Matrix<T> active = gather_active<T>(model.layers[l], part_of(model.parameters, matrix));
    const Positions positions = model.layers[l].active_positions();
    const std::span<T> w = part_of(dense, matrix);
    for (std::size_t i = 0; i < positions.size(); ++i) w[positions[i]] = active.values()[i];
    if (model.network.mlp.bias) {
      std::ranges::copy(part_of(model.parameters, matrix + 1), part_of(dense, matrix + 1).begin());
    }
  }
  return dense;
}

template <typename T>
std::size_t state_bytes(const SparseNetwork<T>& model, const OptimizerConfig& optimizer) {
  const bool momentum = optimizer.rule != UpdateRule::kSgd;
  const bool adam = optimizer.rule == UpdateRule::kAdam || optimizer.rule == UpdateRule::kAdamW;
  std::size_t bytes =
      model.parameters.size() * sizeof(T) * (1 + (momentum ? 1 : 0) + (adam ? 1 : 0));
  for (const SparseLayer& layer : model.layers) {
    bytes += layer.positions.size() * sizeof(std::uint32_t);
    if (layer.pattern != nullptr) bytes += layer.pattern->bytes();
  }
  return bytes;
}

#define SURPLUS_INSTANTIATE(T)                                                                    \
  template SparseNetwork<T> sparse_network(const NetworkConfig&, std::span<const double>,         \
                                           const Rng&, const SparseStart&);                       \
  template SparseNetwork<T> masked_network(const NetworkConfig&, const Parameters<T>&,            \
                                           const std::vector<Positions>&, const LayerChoice&);    \
  template SparseNetwork<T> pruned_network(const NetworkConfig&, const Parameters<T>&,            \
                                           const Parameters<T>&, double, const LayerChoice&);     \
  template Parameters<T> dense_parameters(const SparseNetwork<T>&);                               \
  template Parameters<T> empty_parameters(const NetworkConfig&, const std::vector<SparseLayer>&); \
  template std::size_t state_bytes(const SparseNetwork<T>&, const OptimizerConfig&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
