#include "surplus/sparse/sparse_mlp.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/dropout.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"
#include "surplus/sparse/saliency.h"

namespace surplus {
namespace {

// A training step's inner values of a layer, for its dense gradient.
template <typename T>
struct Inner {
  ad::Var<T> x, z;
  bool tiled = false;
};

template <typename T>
ad::Var<T> activated(const ad::Var<T>& z, ad::Activation f) {
  switch (f) {
    case ad::Activation::kIdentity:
      return z;
    case ad::Activation::kRelu:
      return ad::relu(z);
    case ad::Activation::kTanh:
      return ad::tanh(z);
    case ad::Activation::kSigmoid:
      return ad::sigmoid(z);
    case ad::Activation::kGelu:
      return ad::gelu(z);
    case ad::Activation::kErf:
      break;
  }
  return ad::erf(z);
}

// The scores of a batch; `inner`, if given, gets what each layer is made of.
template <typename T>
ad::Var<T> scores_of(const SparseMlp<T>& model, ad::Tape<T>& tape,
                     std::span<const ad::Var<T>> parameters, const Batch<T>& batch,
                     std::vector<Inner<T>>* inner) {
  const std::size_t n = batch.examples.x.rows();
  ad::Var<T> y = tape.leaf(batch.examples.x);
  bool tiled = false;
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    const bool sparse = layer.pattern != nullptr;
    if (sparse != tiled) y = sparse ? ad::to_tiles(y) : ad::from_tiles(y, n);
    tiled = sparse;
    if (l > 0 && batch.training && model.dropout > 0) {
      Rng rng = batch.rng.split("dropout").split(l);
      y = ad::dropout(y, model.dropout, rng);
    }
    const ad::Var<T> x = y, w = parameters[model.weight(l)],
                     bias = model.network.bias ? parameters[model.weight(l) + 1] : ad::Var<T>();
    const ad::Activation f =
        l + 1 < model.layers.size() ? model.network.activation : ad::Activation::kIdentity;
    const ad::Activation fused = inner == nullptr ? f : ad::Activation::kIdentity;
    y = sparse ? ad::sparse_linear(x, w, *layer.pattern, bias, fused)
               : ad::linear(x, w, bias, fused);
    if (inner != nullptr) {
      inner->push_back({x, y, tiled});
      y = activated(y, f);
    }
  }
  return tiled ? ad::from_tiles(y, n) : y;
}

// n rows of features again.
template <typename T>
Matrix<T> rows_of(MatrixView<const T> value, bool tiled, std::size_t n) {
  if (!tiled) return Matrix<T>(value);
  ad::Tape<T> tape;
  return Matrix<T>(ad::from_tiles(tape.leaf(value), n).value());
}

void require_network(const char* function, const MlpConfig& network) {
  SURPLUS_REQUIRE(network.initializer != Initializer::kNtk, ArgumentError, function,
                  "the initializer must not be ntk, whose layers divide by their inputs",
                  "initializer", to_text(network.initializer));
}

// The bundle that holds these layers, all zero.
template <typename T>
Parameters<T> empty_parameters(const MlpConfig& network, const std::vector<SparseLayer>& layers) {
  std::vector<NamedShape> layout;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    layout.push_back({std::to_string(l) + ".weight", layers[l].stored()});
    if (network.bias) layout.push_back({std::to_string(l) + ".bias", {1, layers[l].shape.rows}});
  }
  return Parameters<T>(std::move(layout));
}

template <typename P>
auto part_of(P& parameters, std::size_t matrix) {
  const Shape shape = parameters.layout()[matrix].shape;
  return parameters.flat().subspan(parameters.offset(matrix), shape.rows * shape.cols);
}

template <typename T>
std::vector<T> picked(std::span<const T> from, const Positions& positions) {
  std::vector<T> values(positions.size());
  std::ranges::transform(positions, values.begin(), [&](std::uint32_t p) { return from[p]; });
  return values;
}

std::size_t last_matrix(const MlpConfig& network, std::size_t layers) {
  return layers * (network.bias ? 2 : 1);
}

}  // namespace

LayerKernel kernel_for(const LayerChoice& choice, double density) {
  SURPLUS_REQUIRE(choice.break_even >= 0 && choice.break_even <= 1, ArgumentError, "kernel_for",
                  "break_even must be from 0 to 1", "break_even", choice.break_even);
  if (density >= 1) return LayerKernel::kDense;
  switch (choice.kind) {
    case LayerChoice::Kind::kAuto:
      return density <= choice.break_even ? LayerKernel::kSparse : LayerKernel::kMasked;
    case LayerChoice::Kind::kMasked:
      return LayerKernel::kMasked;
    case LayerChoice::Kind::kSparse:
      return LayerKernel::kSparse;
    case LayerChoice::Kind::kFull:
      break;
  }
  return LayerKernel::kFull;
}

std::size_t SparseLayer::active() const {
  switch (kernel) {
    case LayerKernel::kDense:
      return size();
    case LayerKernel::kSparse:
      return pattern->size();
    case LayerKernel::kMasked:
    case LayerKernel::kFull:
      break;
  }
  return positions.size();
}

double SparseLayer::density() const {
  return size() == 0 ? 1 : static_cast<double>(active()) / static_cast<double>(size());
}

Positions SparseLayer::active_positions() const {
  if (kernel == LayerKernel::kSparse) return pattern->positions();
  if (kernel != LayerKernel::kDense) return positions;
  Positions all(size());
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

Shape SparseLayer::stored() const { return pattern == nullptr ? shape : Shape{1, pattern->size()}; }

SparseLayer sparse_layer(Shape shape, Positions positions, LayerKernel kernel) {
  SparseLayer layer{.shape = shape, .kernel = kernel};
  if (kernel == LayerKernel::kSparse) {
    layer.pattern = std::make_shared<const SparsePattern>(shape, positions);
  } else if (kernel == LayerKernel::kFull) {
    layer.pattern = std::make_shared<const SparsePattern>(SparsePattern::full(shape));
  }
  const bool keeps = kernel == LayerKernel::kMasked || kernel == LayerKernel::kFull;
  if (keeps) layer.positions = std::move(positions);
  return layer;
}

template <typename T>
Matrix<T> gather_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> stored) {
  Matrix<T> active(1, layer.active());
  if (layer.kernel == LayerKernel::kDense || layer.kernel == LayerKernel::kSparse) {
    std::ranges::copy(stored, active.values().begin());
  } else {
    std::ranges::transform(layer.positions, active.values().begin(),
                           [&](std::uint32_t p) { return stored[p]; });
  }
  return active;
}

template <typename T>
void scatter_active(const SparseLayer& layer, std::type_identity_t<std::span<const T>> active,
                    std::span<T> stored) {
  if (layer.kernel == LayerKernel::kDense || layer.kernel == LayerKernel::kSparse) {
    std::ranges::copy(active, stored.begin());
    return;
  }
  std::ranges::fill(stored, T{0});
  for (std::size_t i = 0; i < layer.positions.size(); ++i) stored[layer.positions[i]] = active[i];
}

std::vector<LayerShape> layers_of(const MlpConfig& network) {
  std::vector<LayerShape> layers;
  std::size_t inputs = network.inputs;
  for (std::size_t l = 0; l <= network.hidden.size(); ++l) {
    const std::size_t outputs = l < network.hidden.size() ? network.hidden[l] : network.outputs;
    layers.push_back({outputs, inputs});
    inputs = outputs;
  }
  return layers;
}

std::vector<std::size_t> weight_matrices(const MlpConfig& network) {
  std::vector<std::size_t> matrices;
  for (std::size_t l = 0; l <= network.hidden.size(); ++l) {
    matrices.push_back(network.bias ? 2 * l : l);
  }
  return matrices;
}

std::size_t weight_count(const MlpConfig& network) {
  std::size_t count = 0;
  for (const LayerShape& layer : layers_of(network)) count += layer.size();
  return count;
}

template <typename T>
SparseMlp<T> sparse_mlp(const MlpConfig& network, std::span<const double> densities, const Rng& rng,
                        const SparseStart& start) {
  require_network("sparse_mlp", network);
  SURPLUS_REQUIRE(start.dropout >= 0 && start.dropout < 1, ArgumentError, "sparse_mlp",
                  "dropout must be from 0 to below 1", "dropout", start.dropout);
  const std::vector<LayerShape> shapes = layers_of(network);
  const std::vector<std::size_t> counts = layer_counts(shapes, densities);
  SparseMlp<T> model{.network = network, .dropout = start.dropout};
  const Rng draws = rng.split("positions");
  std::vector<Positions> positions;
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    Rng of_layer = draws.split(l);
    positions.push_back(start.bernoulli
                            ? bernoulli_positions(shapes[l].size(), densities[l], of_layer)
                            : random_positions(shapes[l].size(), counts[l], of_layer));
    const double density =
        static_cast<double>(positions[l].size()) / static_cast<double>(shapes[l].size());
    model.layers.push_back(sparse_layer({shapes[l].outputs, shapes[l].inputs}, positions[l],
                                        kernel_for(start.choice, density)));
  }
  model.parameters = empty_parameters<T>(network, model.layers);
  const Rng init = rng.split("init");
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    const std::size_t matrix = model.weight(l), inputs = shapes[l].inputs;
    std::vector<T> active;
    const TakeRow<T> take = [&](std::size_t i, std::span<const T> row) {
      for (std::size_t next = active.size();
           next < positions[l].size() && positions[l][next] < (i + 1) * inputs; ++next) {
        active.push_back(row[positions[l][next] - i * inputs]);
      }
    };
    initialize_layer_rows<T>(network.initializer, init.split(l), {shapes[l].outputs, inputs}, take,
                             network.bias ? model.parameters[matrix + 1] : MatrixView<T>());
    if (start.sparse_fan_in && !active.empty()) {
      const double d = model.layers[l].density();
      for (T& value : active) value *= static_cast<T>(1 / std::sqrt(d));
    }
    scatter_active<T>(model.layers[l], active, part_of(model.parameters, matrix));
  }
  return model;
}

template <typename T>
SparseMlp<T> masked_mlp(const MlpConfig& network, const Parameters<T>& dense,
                        const std::vector<Positions>& positions, const LayerChoice& choice) {
  require_network("masked_mlp", network);
  const std::vector<LayerShape> shapes = layers_of(network);
  SURPLUS_REQUIRE(
      positions.size() == shapes.size() && dense.count() == last_matrix(network, shapes.size()),
      ShapeError, "masked_mlp", "there must be positions and parameters for each layer", "layers",
      shapes.size(), "positions", positions.size(), "matrices", dense.count());
  SparseMlp<T> model{.network = network};
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    const Shape shape{shapes[l].outputs, shapes[l].inputs};
    const Shape given = dense.layout()[model.weight(l)].shape;
    SURPLUS_REQUIRE(given == shape, ShapeError, "masked_mlp",
                    "weights must be outputs x inputs of their layer", "layer", l, "weights", given,
                    "outputs", shape.rows, "inputs", shape.cols);
    SURPLUS_REQUIRE(std::ranges::adjacent_find(positions[l], std::ranges::greater_equal()) ==
                            positions[l].end() &&
                        (positions[l].empty() || positions[l].back() < shapes[l].size()),
                    ArgumentError, "masked_mlp",
                    "positions must ascend below the number of elements", "layer", l, "positions",
                    positions[l].size(), "elements", shapes[l].size());
    const double density =
        static_cast<double>(positions[l].size()) / static_cast<double>(shapes[l].size());
    model.layers.push_back(sparse_layer(shape, positions[l], kernel_for(choice, density)));
  }
  model.parameters = empty_parameters<T>(network, model.layers);
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    const std::size_t matrix = model.weight(l);
    scatter_active<T>(model.layers[l], picked<T>(part_of(dense, matrix), positions[l]),
                      part_of(model.parameters, matrix));
    if (network.bias) {
      std::ranges::copy(part_of(dense, matrix + 1), part_of(model.parameters, matrix + 1).begin());
    }
  }
  return model;
}

template <typename T>
SparseMlp<T> pruned_mlp(const MlpConfig& network, const Parameters<T>& dense,
                        const Parameters<T>& scores, double density, const LayerChoice& choice) {
  SURPLUS_REQUIRE(density >= 0 && density <= 1, ArgumentError, "pruned_mlp",
                  "density must be from 0 to 1", "density", density);
  SURPLUS_REQUIRE(dense.layout() == scores.layout(), ShapeError, "pruned_mlp",
                  "there must be a score for each parameter", "parameters", dense.size(), "scores",
                  scores.size());
  const auto count =
      static_cast<std::size_t>(std::round(density * static_cast<double>(weight_count(network))));
  return masked_mlp(network, dense, largest_positions(scores, weight_matrices(network), count),
                    choice);
}

template <typename T>
Parameters<T> dense_parameters(const SparseMlp<T>& model) {
  std::vector<SparseLayer> layers;
  for (const SparseLayer& layer : model.layers) layers.push_back({.shape = layer.shape});
  Parameters<T> dense = empty_parameters<T>(model.network, layers);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const std::size_t matrix = model.weight(l);
    const Matrix<T> active = gather_active<T>(model.layers[l], part_of(model.parameters, matrix));
    const Positions positions = model.layers[l].active_positions();
    const std::span<T> w = part_of(dense, matrix);
    for (std::size_t i = 0; i < positions.size(); ++i) w[positions[i]] = active.values()[i];
    if (model.network.bias) {
      std::ranges::copy(part_of(model.parameters, matrix + 1), part_of(dense, matrix + 1).begin());
    }
  }
  return dense;
}

template <typename T>
LayerProducts<T> layer_products(const SparseMlp<T>& model,
                                const std::type_identity_t<Batch<T>>& batch,
                                const std::vector<bool>& wanted) {
  ad::Tape<T> tape;
  const auto leaves = leaves_of(model.parameters, tape);
  std::vector<Inner<T>> inner;
  const ad::Var<T> scores = scores_of<T>(model, tape, leaves, batch, &inner);
  const auto loss = ad::mean(ad::softmax_cross_entropy(scores, batch.examples.labels));
  const std::size_t n = batch.examples.x.rows();
  std::vector<Matrix<T>> d_z(inner.size());
  std::vector<ad::Sink<T>> sinks;
  for (std::size_t l = 0; l < inner.size(); ++l) {
    if (!wanted[l]) continue;
    const Shape shape = inner[l].z.shape();
    d_z[l] = Matrix<T>(shape.rows, shape.cols);
    sinks.push_back({inner[l].z, d_z[l].view()});
  }
  ad::gradient(loss, sinks);
  LayerProducts<T> products{.loss = static_cast<double>(loss.item()),
                            .layers = std::vector<LayerProduct<T>>(inner.size())};
  for (std::size_t l = 0; l < inner.size(); ++l) {
    if (!wanted[l]) continue;
    products.layers[l].x = rows_of<T>(inner[l].x.value(), inner[l].tiled, n);
    products.layers[l].d_z = rows_of<T>(std::as_const(d_z[l]), inner[l].tiled, n);
  }
  return products;
}

template <typename T>
Scores<T> sparse_scores(const SparseMlp<T>& model) {
  return
      [&model](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch) {
        return scores_of<T>(model, tape, parameters, batch, nullptr);
      };
}

template <typename T>
std::size_t state_bytes(const SparseMlp<T>& model, const OptimizerConfig& optimizer) {
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

#define SURPLUS_INSTANTIATE(T)                                                                   \
  template Matrix<T> gather_active<T>(const SparseLayer&, std::span<const T>);                   \
  template void scatter_active<T>(const SparseLayer&, std::span<const T>, std::span<T>);         \
  template SparseMlp<T> sparse_mlp(const MlpConfig&, std::span<const double>, const Rng&,        \
                                   const SparseStart&);                                          \
  template SparseMlp<T> masked_mlp(const MlpConfig&, const Parameters<T>&,                       \
                                   const std::vector<Positions>&, const LayerChoice&);           \
  template SparseMlp<T> pruned_mlp(const MlpConfig&, const Parameters<T>&, const Parameters<T>&, \
                                   double, const LayerChoice&);                                  \
  template Parameters<T> dense_parameters(const SparseMlp<T>&);                                  \
  template LayerProducts<T> layer_products(const SparseMlp<T>&, const Batch<T>&,                 \
                                           const std::vector<bool>&);                            \
  template Scores<T> sparse_scores(const SparseMlp<T>&);                                         \
  template std::size_t state_bytes(const SparseMlp<T>&, const OptimizerConfig&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
