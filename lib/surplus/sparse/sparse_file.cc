#include "surplus/sparse/sparse_file.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/data/npy.h"
#include "surplus/sparse/parts.h"

namespace surplus {
namespace {

// Every array as doubles, which hold floats, positions and halves of words exactly.
class Writer {
 public:
  template <typename Values>
  void add(const std::string& name, const Values& values) {
    if (std::ranges::empty(values)) return;
    Matrix<double> row(1, std::ranges::size(values));
    std::ranges::transform(values, row.values().begin(),
                           [](auto value) { return static_cast<double>(value); });
    arrays_.insert_or_assign(name, std::move(row));
  }
  void write(const std::filesystem::path& path) const {
    std::map<std::string, MatrixView<const double>> views;
    for (const auto& [name, array] : arrays_) views.emplace(name, array.view());
    write_npz(path, views);
  }

 private:
  std::map<std::string, Matrix<double>> arrays_;
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : path_(path.string()), arrays_(read_npz<double>(path)) {}

  void require(bool condition, const std::string& requirement) const {
    SURPLUS_REQUIRE(condition, DataError, path_, requirement);
  }
  // Empty if there is none.
  std::span<const double> values(const std::string& name) const {
    const auto found = arrays_.find(name);
    return found == arrays_.end() ? std::span<const double>() : found->second.values();
  }
  std::span<const double> values(const std::string& name, std::size_t size) const {
    const auto found = values(name);
    require(found.size() == size,
            "there must be an array " + name + " of " + to_text(size) + " elements");
    return found;
  }
  template <typename Value>
  Value whole(double value, double limit, const std::string& name) const {
    require(value >= 0 && value < limit && value == std::floor(value),
            name + " must hold whole numbers");
    return static_cast<Value>(value);
  }
  template <typename Value>
  std::vector<Value> wholes(const std::string& name, double limit) const {
    std::vector<Value> found;
    for (const double value : values(name)) found.push_back(whole<Value>(value, limit, name));
    return found;
  }
  template <typename T>
  void copy(const std::string& name, std::span<T> to) const {
    std::ranges::transform(values(name, to.size()), to.begin(),
                           [](double value) { return static_cast<T>(value); });
  }

 private:
  std::string path_;
  std::map<std::string, Matrix<double>> arrays_;
};

constexpr double kVersion = 1, kSizes = 0x1p53, kPlaces = 0x1p32 - 1, kSides = 0x1p16;

std::string of_layer(const char* name, std::size_t l) { return name + std::to_string(l); }

template <typename T>
void add_model(const SparseNetwork<T>& model, Writer& writer) {
  const MlpConfig& network = model.network.mlp;
  std::vector<double> numbers = {kVersion,
                                 static_cast<double>(network.activation),
                                 static_cast<double>(network.bias),
                                 static_cast<double>(network.initializer),
                                 model.dropout,
                                 static_cast<double>(network.inputs)};
  for (const std::size_t width : network.hidden) numbers.push_back(static_cast<double>(width));
  numbers.push_back(static_cast<double>(network.outputs));
  writer.add("network", numbers);
  if (!model.network.convolutions.empty()) {
    const ImageShape& images = model.network.images;
    std::vector<std::size_t> stages = {images.channels, images.height, images.width};
    for (const Convolution& stage : model.network.convolutions) {
      for (const std::size_t number : {stage.channels, stage.window, stage.pool}) {
        stages.push_back(number);
      }
    }
    writer.add("convolutions", stages);
  }
  std::vector<double> kernels;
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    kernels.push_back(static_cast<double>(layer.kernel));
    if (layer.kernel != LayerKernel::kDense) {
      writer.add(of_layer("positions/", l), layer.active_positions());
    }
    const std::size_t matrix = model.weight(l);
    writer.add(of_layer("weight/", l),
               gather_active<T>(layer, part_of(model.parameters, matrix)).values());
    if (network.bias) writer.add(of_layer("bias/", l), model.parameters[matrix + 1].row(0));
  }
  writer.add("kernels", kernels);
}

// The network with what the file says of convolutions before its layers.
NetworkConfig with_convolutions(const Reader& reader, MlpConfig mlp) {
  const auto numbers = reader.wholes<std::size_t>("convolutions", kSides);
  if (numbers.empty()) return mlp;
  reader.require(numbers.size() % 3 == 0 && numbers.size() > 3,
                 "convolutions must have three numbers each");
  std::vector<Convolution> stages;
  for (std::size_t i = 3; i < numbers.size(); i += 3) {
    stages.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  }
  const std::size_t inputs = mlp.inputs;
  try {
    NetworkConfig network({numbers[0], numbers[1], numbers[2]}, std::move(stages), std::move(mlp));
    reader.require(network.mlp.inputs == inputs,
                   "convolutions must give the inputs of what follows");
    return network;
  } catch (const ArgumentError& error) {
    reader.require(false, error.what());
  }
  return {};
}

template <typename T>
SparseNetwork<T> read_model(const Reader& reader) {
  const auto numbers = reader.values("network");
  reader.require(numbers.size() >= 7 && numbers[0] == kVersion,
                 "there must be a sparse network of version 1");
  SparseNetwork<T> model;
  MlpConfig network;
  const auto whole = [&](double value, double limit) {
    return reader.whole<std::size_t>(value, limit, "network");
  };
  network.activation =
      static_cast<ad::Activation>(whole(numbers[1], static_cast<int>(ad::Activation::kErf) + 1));
  network.bias = whole(numbers[2], 2) == 1;
  network.initializer =
      static_cast<Initializer>(whole(numbers[3], static_cast<int>(Initializer::kZero) + 1));
  model.dropout = numbers[4];
  reader.require(model.dropout >= 0 && model.dropout < 1, "dropout must be from 0 to below 1");
  network.inputs = whole(numbers[5], kPlaces);
  for (std::size_t i = 6; i + 1 < numbers.size(); ++i) {
    network.hidden.push_back(whole(numbers[i], kPlaces));
  }
  network.outputs = whole(numbers.back(), kPlaces);
  model.network = with_convolutions(reader, std::move(network));
  const std::vector<SparseLayer> layers = dense_layers(model.network);
  const auto kernels = reader.wholes<std::size_t>("kernels", 4);
  reader.require(kernels.size() == layers.size(), "there must be a kernel for each layer");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Shape shape = layers[l].shape;
    reader.require(static_cast<double>(shape.rows) * static_cast<double>(shape.cols) < kPlaces,
                   "layers must have fewer than 2^32 elements");
    auto positions = reader.wholes<std::uint32_t>(of_layer("positions/", l), kPlaces);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      reader.require(positions[i] < layers[l].size() && (i == 0 || positions[i - 1] < positions[i]),
                     "positions must ascend below the number of elements");
    }
    model.layers.push_back(
        with_positions(layers[l], std::move(positions), static_cast<LayerKernel>(kernels[l])));
  }
  // Before memory of the size that is claimed is taken.
  for (std::size_t l = 0; l < layers.size(); ++l) {
    reader.values(of_layer("weight/", l), model.layers[l].active());
  }
  model.parameters = empty_parameters<T>(model.network, model.layers);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t matrix = model.weight(l);
    Matrix<T> active(1, model.layers[l].active());
    reader.copy<T>(of_layer("weight/", l), active.values());
    scatter_active<T>(model.layers[l], active.values(), part_of(model.parameters, matrix));
    if (model.network.mlp.bias)
      reader.copy<T>(of_layer("bias/", l), model.parameters[matrix + 1].row(0));
  }
  return model;
}

// 64-bit words as two numbers each.
std::vector<double> halves(const std::vector<std::uint64_t>& words) {
  std::vector<double> numbers;
  for (const std::uint64_t word : words) {
    numbers.push_back(static_cast<double>(word >> 32));
    numbers.push_back(static_cast<double>(word & 0xffffffffu));
  }
  return numbers;
}
std::vector<std::uint64_t> joined(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    words.push_back(numbers[i] << 32 | numbers[i + 1]);
  }
  return words;
}

void add_exploration(const std::vector<LayerExploration>& layers, Writer& writer) {
  std::vector<double> counts;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerExploration& layer = layers[l];
    for (const std::size_t count :
         {layer.size, layer.fired_count, layer.reliable_count, layer.tested, layer.survived}) {
      counts.push_back(static_cast<double>(count));
    }
    writer.add(of_layer("fired/", l), halves(layer.fired));
    writer.add(of_layer("reliable/", l), halves(layer.reliable));
    writer.add(of_layer("since/", l), layer.since);
  }
  writer.add("exploration", counts);
}

std::vector<LayerExploration> read_exploration(const Reader& reader) {
  const auto counts = reader.wholes<std::size_t>("exploration", kSizes);
  std::vector<LayerExploration> layers;
  for (std::size_t l = 0; 5 * l + 4 < counts.size(); ++l) {
    const std::size_t* const of = counts.data() + 5 * l;
    layers.push_back(
        {.size = of[0],
         .fired = joined(reader.wholes<std::uint64_t>(of_layer("fired/", l), 0x1p32)),
         .reliable = joined(reader.wholes<std::uint64_t>(of_layer("reliable/", l), 0x1p32)),
         .since = reader.wholes<std::uint32_t>(of_layer("since/", l), 0x1p32),
         .fired_count = of[1],
         .reliable_count = of[2],
         .tested = of[3],
         .survived = of[4]});
  }
  return layers;
}

constexpr std::size_t kEpochValues = 4, kUpdateValues = 7;

}  // namespace

template <typename T>
void save_sparse_network(const std::filesystem::path& path, const SparseNetwork<T>& model) {
  Writer writer;
  add_model(model, writer);
  writer.write(path);
}

template <typename T>
SparseNetwork<T> load_sparse_network(const std::filesystem::path& path) {
  return read_model<T>(Reader(path));
}

template <typename T>
void save_sparse_state(const std::filesystem::path& path, const SparseTrainState<T>& state,
                       const std::vector<double>& fingerprint) {
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  Writer writer;
  add_model(state.model, writer);
  add_exploration(state.exploration, writer);
  writer.add("fingerprint", fingerprint);
  writer.add("counts",
             std::vector<double>{number(state.optimizer.steps), number(state.epoch),
                                 number(state.step), number(state.last_update), state.loss_sum,
                                 state.flops, number(state.momentum.size())});
  writer.add("first", state.optimizer.first.values());
  writer.add("second", state.optimizer.second.values());
  for (std::size_t l = 0; l < state.momentum.size(); ++l) {
    writer.add(of_layer("momentum/", l), state.momentum[l].values());
  }
  std::vector<double> history, updates;
  for (const SparseEpoch& one : state.history) {
    for (const double value : {one.loss, one.validation_error, one.rate, one.explored}) {
      history.push_back(value);
    }
  }
  for (const TopologyRecord& one : state.updates) {
    for (const double value : {one.fraction, one.explored, number(one.step), number(one.dropped),
                               number(one.grown), number(one.tested), number(one.survived)}) {
      updates.push_back(value);
    }
  }
  writer.add("history", history);
  writer.add("updates", updates);
  writer.write(path);
}

template <typename T>
SparseTrainState<T> load_sparse_state(const std::filesystem::path& path,
                                      const std::vector<double>& fingerprint) {
  const Reader reader(path);
  reader.require(std::ranges::equal(reader.values("fingerprint"), fingerprint),
                 "the checkpoint must be of a training with these settings");
  SparseTrainState<T> state{.model = read_model<T>(reader)};
  const auto counts = reader.values("counts", 7);
  const auto count = [&](std::size_t i) {
    return reader.whole<std::size_t>(counts[i], kSizes, "counts");
  };
  state.epoch = count(1);
  state.step = count(2);
  state.last_update = count(3);
  state.loss_sum = counts[4];
  state.flops = counts[5];
  state.optimizer.steps = count(0);
  const std::size_t n = state.model.parameters.size();
  for (const auto& [name, part] :
       {std::pair("first", &state.optimizer.first), std::pair("second", &state.optimizer.second)}) {
    if (reader.values(name).empty()) continue;
    *part = Matrix<T>(1, n);
    reader.copy<T>(name, part->values());
  }
  const std::size_t momenta = count(6);
  reader.require(momenta == 0 || momenta == state.model.layers.size(),
                 "there must be a momentum for each layer, or none");
  for (std::size_t l = 0; l < momenta; ++l) {
    const Shape shape = state.model.layers[l].shape;
    if (reader.values(of_layer("momentum/", l)).empty()) {
      state.momentum.emplace_back();
      continue;
    }
    reader.values(of_layer("momentum/", l), shape.rows * shape.cols);
    reader.copy<T>(of_layer("momentum/", l),
                   state.momentum.emplace_back(shape.rows, shape.cols).values());
  }
  state.exploration = read_exploration(reader);
  for (std::size_t l = 0; l < state.exploration.size(); ++l) {
    const LayerExploration& layer = state.exploration[l];
    reader.require(
        state.exploration.size() == state.model.layers.size() &&
            layer.size == state.model.layers[l].size() &&
            (layer.fired.empty() || layer.fired.size() == (layer.size + 63) / 64) &&
            (layer.reliable.empty() || layer.reliable.size() == layer.fired.size()) &&
            (layer.since.empty() || layer.since.size() == state.model.layers[l].active()),
        "the exploration must fit the layers");
  }
  const auto history = reader.values("history", state.epoch * kEpochValues);
  for (std::size_t i = 0; i < history.size(); i += kEpochValues) {
    state.history.push_back({.loss = history[i],
                             .validation_error = history[i + 1],
                             .rate = history[i + 2],
                             .explored = history[i + 3],
                             .epoch = i / kEpochValues + 1});
  }
  const auto updates = reader.values("updates");
  reader.require(updates.size() % kUpdateValues == 0, "updates must be whole records");
  for (std::size_t i = 0; i < updates.size(); i += kUpdateValues) {
    const auto whole = [&](std::size_t j) {
      return reader.whole<std::size_t>(updates[i + j], kSizes, "updates");
    };
    state.updates.push_back({.fraction = updates[i],
                             .explored = updates[i + 1],
                             .step = whole(2),
                             .dropped = whole(3),
                             .grown = whole(4),
                             .tested = whole(5),
                             .survived = whole(6)});
  }
  return state;
}

#define SURPLUS_INSTANTIATE(T)                                                              \
  template void save_sparse_network(const std::filesystem::path&, const SparseNetwork<T>&); \
  template SparseNetwork<T> load_sparse_network(const std::filesystem::path&);              \
  template void save_sparse_state(const std::filesystem::path&, const SparseTrainState<T>&, \
                                  const std::vector<double>&);                              \
  template SparseTrainState<T> load_sparse_state(const std::filesystem::path&,              \
                                                 const std::vector<double>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
