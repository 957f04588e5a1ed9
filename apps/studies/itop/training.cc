#include "apps/studies/itop/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "apps/data/image_sets.h"
#include "apps/runner/cells.h"
#include "surplus/sparse/saliency.h"
#include "surplus/sparse/sparse_scores.h"
#include "surplus/train/batches.h"

namespace surplus::apps::itop {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double weights_of(const NetworkConfig& network) {
  return static_cast<double>(weight_count(network));
}

// Products of an example with the weights of the dense network.
double products_of(const NetworkConfig& network) {
  double sum = 0;
  for (const SparseLayer& layer : dense_layers(network)) {
    sum += static_cast<double>(layer.size() * layer.uses());
  }
  return sum;
}

// The hidden widths of a dense network with as many weights as the sparse one has active.
NetworkConfig small_network(const NetworkConfig& network, double density) {
  double low = 0, high = 1;
  const auto scaled = [&](double factor) {
    NetworkConfig small = network;
    for (std::size_t& width : small.mlp.hidden) {
      width = std::max<std::size_t>(
          1, static_cast<std::size_t>(std::round(factor * static_cast<double>(width))));
    }
    return small;
  };
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (weights_of(scaled(middle)) < density * weights_of(network) ? low : high) = middle;
  }
  return scaled(high);
}

std::vector<double> densities_of(const Task& task, const Design& design) {
  const auto layers = layers_of(task.network);
  if (task.epsilon > 0 && design.density < 1) return set_densities(layers, task.epsilon);
  return layer_densities(design.uniform ? DensityRule::kUniform : DensityRule::kErdosRenyiKernel,
                         layers, design.density);
}

Topology topology_of(const Design& design, std::size_t steps) {
  switch (design.method) {
    case Method::kSet:
      return set_itop(design.interval);
    case Method::kRigl:
      return rigl_itop(design.interval);
    case Method::kGmp: {
      const std::size_t interval = std::max<std::size_t>(1, steps / 40);
      // As the recipe of the RigL authors: from a quarter to three fifths of the training.
      return GradualPruning{{.final = 1 - design.density,
                             .begin = steps / 4,
                             .end = steps * 3 / 5,
                             .interval = interval}};
    }
    default:
      break;
  }
  return StaticTopology{};
}

// A part of the training examples as a batch.
Batch<float> batch_of(const Samples& samples) {
  return {.examples = samples.examples(), .rng = Rng(0), .training = false};
}

double dead_units(const SparseNetwork<float>& model) {
  std::size_t dead = 0;
  for (std::size_t l = 0; l + 1 < model.layers.size(); ++l) {
    std::vector<bool> in(model.layers[l].shape.rows), out(in.size());
    for (const std::uint32_t p : model.layers[l].active_positions()) {
      in[p / model.layers[l].shape.cols] = true;
    }
    for (const std::uint32_t p : model.layers[l + 1].active_positions()) {
      // Behind a convolution features are (line, column, channel).
      out[p % model.layers[l + 1].shape.cols % out.size()] = true;
    }
    for (std::size_t i = 0; i < in.size(); ++i) dead += !in[i] || !out[i];
  }
  return static_cast<double>(dead);
}

class Trainer {
 public:
  Trainer(const Task& task, const Design& design, bool saves, Run& run)
      : task_(task),
        design_(design),
        run_(run),
        // Masks and weights at the start are those of the seed, whatever the method.
        rng_(run.rng().split("network").split(task.name).split(design.seed)),
        saves_(saves) {}

  Summary train() {
    if (!starts_dense(design_.method)) return finish(fit(start(), "", true));
    const auto dense = fit(dense_start(), " (dense)", false);
    const Parameters<float> trained = dense_parameters(dense.model);
    const auto matrices = weight_matrices(task_.network);
    const auto scores = magnitude_scores(trained, matrices);
    const double flops = dense.flops;
    const bool rewinds = design_.method == Method::kLottery;
    auto result =
        fit(pruned_network(task_.network, rewinds ? dense_parameters(dense_start()) : trained,
                           scores, design_.density),
            " (pruned)", true);
    result.flops += flops;
    Summary summary = finish(result);
    summary.bytes = static_cast<double>(state_bytes(dense.model, config().optimizer));
    return summary;
  }

 private:
  SparseNetwork<float> dense_start(const NetworkConfig& network) const {
    return start_of(network, std::vector<double>(layers_of(network).size(), 1));
  }
  SparseNetwork<float> dense_start() const { return dense_start(task_.network); }
  SparseTrainConfig<float> config() const { return train_config(task_, design_, rng_); }

  SparseNetwork<float> start_of(const NetworkConfig& network,
                                const std::vector<double>& densities) const {
    return sparse_network<float>(network, densities, rng_, {.dropout = task_.dropout});
  }

  SparseNetwork<float> start() const {
    const NetworkConfig& network = task_.network;
    switch (design_.method) {
      case Method::kSmallDense: {
        return dense_start(small_network(network, design_.density));
      }
      case Method::kDense:
      case Method::kGmp:
        return dense_start();
      case Method::kSnip:
      case Method::kGrasp: {
        const SparseNetwork<float> dense = dense_start();
        const Parameters<float>& w = dense.parameters;
        const auto matrices = weight_matrices(network);
        const std::size_t each = std::min<std::size_t>(25, task_.train.labels.size() / 40);
        const Samples some =
            rows_of(task_.train, class_balanced_rows(task_.train.labels, network.mlp.outputs, each,
                                                     rng_.split("saliency")));
        const auto scores =
            design_.method == Method::kSnip
                ? snip_scores<float>(classification<float>(sparse_scores(dense)), batch_of(some), w,
                                     matrices)
                : grasp_scores<float>(tempered_classification<float>(sparse_scores(dense)),
                                      batch_of(some), w, matrices);
        SparseNetwork<float> model = pruned_network(network, w, scores, design_.density);
        model.dropout = task_.dropout;
        return model;
      }
      default:
        return start_of(network, densities_of(task_, design_));
    }
  }

  SparseTrainResult<float> fit(SparseNetwork<float> start, const std::string& part, bool last) {
    SparseTrainConfig<float> config = this->config();
    const std::size_t steps =
        config.epochs * epoch_of(task_.train.labels.size(), {.batch_size = task_.batch}).count();
    config.topology = last ? topology_of(design_, steps) : StaticTopology{};
    // Fine-tuning is a quarter as long, at the rate the training ended with.
    if (last && design_.method == Method::kOneShot) {
      config.epochs = std::max<std::size_t>(1, config.epochs / 4);
      config.schedule.rate /= 10;
      config.milestones = {config.epochs / 2};
    }
    config.on_step = run_.observer();
    most_bytes_ = state_bytes(start, config.optimizer);
    if (!task_.validation.labels.empty()) config.validation = task_.validation.examples();
    if (saves_) config.checkpoint = run_.state_file(name_of(design_) + part);
    return fit_sparse<float>(task_.train.examples(), std::move(start), config);
  }

  double accuracy(const SparseNetwork<float>& model) const {
    return 100 * (1 - sparse_error_rate(model, task_.test.examples()));
  }

  Summary finish(const SparseTrainResult<float>& result) const {
    Summary summary{.accuracy = accuracy(result.model),
                    .validated = kNone,
                    .expected = kNone,
                    .deviation = kNone,
                    .survival = kNone,
                    .bytes = static_cast<double>(most_bytes_),
                    .dead = dead_units(result.model)};
    double active = 0, reliable = 0;
    for (const SparseLayer& layer : result.model.layers) {
      active += static_cast<double>(layer.active());
    }
    for (const LayerExploration& layer : result.exploration) {
      reliable += static_cast<double>(layer.reliable_count);
    }
    const double size = weights_of(result.model.network);
    summary.density = active / weights_of(task_.network);
    summary.updates = static_cast<double>(result.updates.size());
    summary.explored = explored(result.exploration) * size / weights_of(task_.network);
    summary.reliable = reliable / weights_of(task_.network);
    const auto steps = static_cast<double>(result.steps);
    double tested = 0, survived = 0;
    for (const TopologyRecord& update : result.updates) {
      summary.drop_sum += update.fraction;
      if (static_cast<double>(update.step) > steps / 2) continue;
      tested += static_cast<double>(update.tested);
      survived += static_cast<double>(update.survived);
    }
    if (tested > 0) summary.survival = survived / tested;
    const auto rows =
        static_cast<double>(task_.train.labels.size() * task_.epochs * design_.multiplier);
    summary.flops = result.flops / (6 * rows * products_of(task_.network));
    if (design_.method == Method::kSet) compare_exploration(result, summary);
    for (const SparseEpoch& epoch : result.history) {
      const double validated = 100 * (1 - epoch.validation_error);
      if (!(validated <= summary.validated)) summary.validated = validated;
    }
    return summary;
  }

  static void compare_exploration(const SparseTrainResult<float>& result, Summary& summary) {
    summary.deviation = 0;
    double expected = 0, total = 0;
    for (std::size_t l = 0; l < result.model.layers.size(); ++l) {
      const SparseLayer& layer = result.model.layers[l];
      const auto size = static_cast<double>(layer.size()), n = static_cast<double>(layer.active());
      std::vector<std::size_t> grown;
      for (const TopologyRecord& update : result.updates) {
        grown.push_back(static_cast<std::size_t>(std::ceil(update.fraction * n)));
      }
      if (layer.active() == layer.size()) grown.clear();
      const double r = expected_exploration(layer.size(), layer.active(), grown);
      expected += r * size;
      total += size;
      if (layer.active() == layer.size()) continue;
      const double error = std::sqrt(r * (1 - r) / size);
      const double off = std::abs(result.exploration[l].rate() - r);
      // Fewer than one place is expected to be left where the error is smaller.
      summary.deviation = std::max(summary.deviation, off / std::max(error, 1 / size));
    }
    summary.expected = expected / total;
  }

  const Task& task_;
  const Design& design_;
  Run& run_;
  Rng rng_;
  bool saves_;
  std::size_t most_bytes_ = 0;
};

}  // namespace

SparseTrainConfig<float> train_config(const Task& task, const Design& design, const Rng& rng) {
  const std::size_t epochs = task.epochs * design.multiplier;
  Rng seeds = rng.split("training");
  return {.epochs = epochs,
          .batch_size = task.batch,
          .schedule = {.rate = design.method == Method::kDense ? task.dense_rate.value_or(task.rate)
                                                               : task.rate},
          .milestones = {epochs / 2, epochs * 3 / 4},
          .seed = seeds.bits(),
          .images = task.images,
          .patience = design.interval > 0 ? design.interval : 100};
}

std::string_view to_text(Method method) { return kMethodNames[static_cast<std::size_t>(method)]; }

bool starts_dense(Method method) {
  return method == Method::kOneShot || method == Method::kLottery;
}

std::string name_of(const Design& design) {
  std::string name = fmt::format("{}, {} {:g}, seed {}", design.task, to_text(design.method),
                                 design.density, design.seed);
  if (design.interval > 0) name += fmt::format(", every {}", design.interval);
  if (design.uniform) name += ", uniform";
  if (design.multiplier > 1) name += fmt::format(", {} times as long", design.multiplier);
  return name;
}

double training_seconds(const Design& design, const TaskDesign& task) {
  // Nanoseconds of a row: for each product of it with a weight, and for each unit.
  double dense = 5 * static_cast<double>(image_set_size(task.set).shape.size()), sparse = dense,
         weights = 0;
  for (const SparseLayer& layer : dense_layers(network_of(task))) {
    const auto products = static_cast<double>(layer.size() * layer.uses());
    const double units = 5 * static_cast<double>(layer.shape.rows * layer.uses());
    dense += 0.11 * products + units;
    // Copies of its windows take most of the time of a convolution.
    sparse += (layer.windows ? 0.07 : 0.25 * design.density) * products + units;
    weights += static_cast<double>(layer.size());
  }
  const auto rows = static_cast<double>(task.samples * task.epochs * design.multiplier);
  const double update = design.interval == 0
                            ? 0
                            : 1e-9 * 60 * design.density * weights *
                                  (rows / static_cast<double>(task.batch * design.interval));
  switch (design.method) {
    case Method::kDense:
      return 1e-9 * rows * dense;
    case Method::kGmp:
      return 1e-9 * rows * (0.5 * dense + 0.5 * sparse);
    case Method::kOneShot:
    case Method::kLottery:
      return 1e-9 * rows * (dense + sparse);
    default:
      return 1e-9 * rows * sparse + update;
  }
}

Training run_training(const Task& task, const Design& design, double expected_seconds,
                      double state_seconds, Run& run) {
  const std::string name = name_of(design);
  const auto values = run.cell(name, expected_seconds, kValues<Summary>, [&] {
    return pack<Summary>({Trainer(task, design, expected_seconds > state_seconds, run).train()});
  });
  return {design, unpack<Summary>(values).front()};
}

}  // namespace surplus::apps::itop
