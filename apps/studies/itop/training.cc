#include "apps/studies/itop/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/data/scale.h"
#include "surplus/sparse/saliency.h"
#include "surplus/train/batches.h"
#include "surplus/train/step.h"

namespace surplus::apps::itop {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Samples samples_of(const ByteImages& images, std::size_t begin, std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), begin);
  Images some = unit_images(images, rows);
  return {std::move(some.x), std::move(some.labels)};
}

double weights_of(const MlpConfig& network) { return static_cast<double>(weight_count(network)); }

// The hidden widths of a dense network with as many weights as the sparse one has active.
MlpConfig small_network(const MlpConfig& network, double density) {
  double low = 0, high = 1;
  const auto scaled = [&](double factor) {
    MlpConfig small = network;
    for (std::size_t& width : small.hidden) {
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

SparseTrainConfig<float> config_of(const Task& task, const Design& design, const Rng& rng) {
  const std::size_t epochs = task.epochs * design.multiplier;
  Rng seeds = rng.split("training");
  return {.epochs = epochs,
          .batch_size = task.batch,
          .schedule = {.rate = task.rate},
          .milestones = {epochs / 2, epochs * 3 / 4},
          .seed = seeds.bits(),
          .patience = design.interval > 0 ? design.interval : 100};
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

Samples rows_of(const Samples& samples, const std::vector<std::size_t>& rows) {
  Samples some{Matrix<float>(rows.size(), samples.x.cols()), {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(samples.x.row(rows[i]), some.x.row(i).begin());
    some.labels.push_back(samples.labels[rows[i]]);
  }
  return some;
}

double dead_units(const SparseMlp<float>& model) {
  std::size_t dead = 0;
  for (std::size_t l = 0; l + 1 < model.layers.size(); ++l) {
    std::vector<bool> in(model.layers[l].shape.rows), out(in.size());
    for (const std::uint32_t p : model.layers[l].active_positions()) {
      in[p / model.layers[l].shape.cols] = true;
    }
    for (const std::uint32_t p : model.layers[l + 1].active_positions()) {
      out[p % model.layers[l + 1].shape.cols] = true;
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
    const auto dense =
        fit(start_of(task_.network, std::vector<double>(layers(), 1)), " (dense)", false);
    const Parameters<float> trained = dense_parameters(dense.model);
    const auto matrices = weight_matrices(task_.network);
    const auto scores = magnitude_scores(trained, matrices);
    const double flops = dense.flops;
    const bool rewinds = design_.method == Method::kLottery;
    auto result =
        fit(pruned_mlp(task_.network, rewinds ? initial() : trained, scores, design_.density),
            " (pruned)", true);
    result.flops += flops;
    Summary summary = finish(result);
    summary.bytes = static_cast<double>(state_bytes(dense.model, config().optimizer));
    return summary;
  }

 private:
  std::size_t layers() const { return task_.network.hidden.size() + 1; }
  Parameters<float> initial() const { return mlp_parameters<float>(task_.network, rng_); }
  SparseTrainConfig<float> config() const { return config_of(task_, design_, rng_); }

  SparseMlp<float> start_of(const MlpConfig& network, const std::vector<double>& densities) const {
    return sparse_mlp<float>(network, densities, rng_, {.dropout = task_.dropout});
  }

  SparseMlp<float> start() const {
    const MlpConfig& network = task_.network;
    switch (design_.method) {
      case Method::kSmallDense: {
        return start_of(small_network(network, design_.density), std::vector<double>(layers(), 1));
      }
      case Method::kDense:
      case Method::kGmp:
        return start_of(network, std::vector<double>(layers(), 1));
      case Method::kSnip:
      case Method::kGrasp: {
        const Parameters<float> w = initial();
        const auto matrices = weight_matrices(network);
        const std::size_t each = std::min<std::size_t>(25, task_.train.labels.size() / 40);
        const Samples some = rows_of(
            task_.train,
            class_balanced_rows(task_.train.labels, network.outputs, each, rng_.split("saliency")));
        const auto scores =
            design_.method == Method::kSnip
                ? snip_scores<float>(classification<float>(network), batch_of(some), w, matrices)
                : grasp_scores<float>(tempered_classification<float>(mlp_scores<float>(network)),
                                      batch_of(some), w, matrices);
        SparseMlp<float> model = pruned_mlp(network, w, scores, design_.density);
        model.dropout = task_.dropout;
        return model;
      }
      default:
        return start_of(network, densities_of(task_, design_));
    }
  }

  SparseTrainResult<float> fit(SparseMlp<float> start, const std::string& part, bool last) {
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

  double accuracy(const SparseMlp<float>& model) const {
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
    summary.flops = result.flops / (6 * rows * weights_of(task_.network));
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

std::size_t Task::steps() const {
  return epochs * epoch_of(train.labels.size(), {.batch_size = batch}).count();
}

Task image_task(const TaskDesign& design, const std::filesystem::path& data) {
  const ImageSet images = open_images(design.set, data);
  const std::size_t test = design.test == 0 ? images.test.size() : design.test;
  SURPLUS_REQUIRE(
      design.samples + design.validation <= images.train.size() && test <= images.test.size(),
      ArgumentError, "itop", "there must be as many images as samples", "set", design.set,
      "samples", design.samples, "validation", design.validation, "test", test, "images",
      images.train.size());
  Task task{.name = design.name,
            .title = images.title,
            .train = samples_of(images.train, 0, design.samples),
            .validation = samples_of(images.train, design.samples, design.validation),
            .test = samples_of(images.test, 0, test),
            .network = {.inputs = images.train.shape.size(),
                        .hidden = design.hidden,
                        .outputs = images.train.classes,
                        .initializer = Initializer::kKaimingUniform},
            .epochs = design.epochs,
            .batch = design.batch,
            .rate = design.rate,
            .dropout = design.dropout,
            .epsilon = design.epsilon};
  const Scaling scaling = fit_channel_scaling(task.train.x, images.train.shape.channels);
  for (Samples* part : {&task.train, &task.validation, &task.test}) {
    if (!part->labels.empty()) standardize(part->x, scaling, part->x);
  }
  return task;
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
  double inputs = task.set == "digits" ? 64 : task.set.starts_with("cifar") ? 3072 : 784;
  double weights = 0, units = inputs;
  for (const std::size_t width : task.hidden) {
    weights += inputs * static_cast<double>(width);
    units += static_cast<double>(width);
    inputs = static_cast<double>(width);
  }
  weights += 10 * inputs;
  const auto rows = static_cast<double>(task.samples * task.epochs * design.multiplier);
  // Nanoseconds for each weight, active weight and unit of a row.
  const double dense = 0.11 * weights + 5 * units;
  const double sparse = 0.25 * design.density * weights + 5 * units;
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

Equality run_equality(const Task& task, Method method, Run& run) {
  const auto compute = [&] {
    const auto rng = run.rng().split("equality");
    const auto densities =
        layer_densities(DensityRule::kErdosRenyiKernel, layers_of(task.network), .1);
    const std::size_t rows = std::min<std::size_t>(task.train.labels.size(), 20 * task.batch);
    std::vector<std::size_t> first(rows);
    std::iota(first.begin(), first.end(), std::size_t{0});
    const Samples some = rows_of(task.train, first);
    std::vector<SparseMlp<float>> models;
    for (const auto kind : {LayerChoice::Kind::kSparse, LayerChoice::Kind::kFull}) {
      SparseTrainConfig<float> config = config_of(task, {}, rng);
      config.epochs = 200 / epoch_of(rows, {.batch_size = task.batch}).count();
      config.milestones = {};
      config.topology = method == Method::kSet ? set_itop(50) : rigl_itop(50);
      config.choice.kind = kind;
      config.on_step = run.observer();
      models.push_back(fit_sparse<float>(some.examples(),
                                         sparse_mlp<float>(task.network, densities, rng), config)
                           .model);
    }
    Equality equality{.sparse = 100 * (1 - sparse_error_rate(models[0], task.test.examples())),
                      .masked = 100 * (1 - sparse_error_rate(models[1], task.test.examples()))};
    const Parameters<float> a = dense_parameters(models[0]), b = dense_parameters(models[1]);
    for (std::size_t i = 0; i < a.size(); ++i) {
      equality.different_weights += a.flat()[i] != b.flat()[i];
    }
    return pack<Equality>({equality});
  };
  const std::string name = fmt::format("{}, equality of {}", task.name, to_text(method));
  return unpack<Equality>(run.cell(name, 2, kValues<Equality>, compute)).front();
}

StepTime run_step_time(const Task& task, double density, std::size_t steps, Run& run) {
  const auto compute = [&] {
    const auto rng = run.rng().split("step time");
    const auto densities =
        layer_densities(DensityRule::kErdosRenyiKernel, layers_of(task.network), density);
    const OptimizerConfig optimizer = config_of(task, {}, rng).optimizer;
    struct Side {
      SparseMlp<float> model;
      Objective<float> objective{};
      OptimizerState<float> state{};
      StepMemory<float> memory{};
      std::vector<double> milliseconds{};
    };
    std::array<Side, 2> sides;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto kind = i == 0 ? LayerChoice::Kind::kSparse : LayerChoice::Kind::kMasked;
      sides[i].model = sparse_mlp<float>(task.network, densities, rng, {.choice = {.kind = kind}});
      sides[i].objective = classification<float>(sparse_scores(sides[i].model));
      sides[i].state = start_optimizer<float>(optimizer, sides[i].model.parameters.size());
    }
    Batches<float> batches(task.train.examples(), {.batch_size = task.batch});
    batches.begin_epoch(0);
    for (std::size_t step = 0; step < steps + 3; ++step) {
      const Batch<float> batch = batches.batch(step % batches.count(), step);
      for (Side& side : sides) {
        const std::clock_t begin = std::clock();  // of all threads: what others run matters less
        train_step<float>(side.objective, batch, {.optimizer = optimizer, .rate = 1e-3},
                          side.model.parameters, side.state, side.memory);
        const double took = 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        if (step >= 3) side.milliseconds.push_back(took);  // the first ones take memory
      }
    }
    for (Side& side : sides) std::ranges::sort(side.milliseconds);
    return pack<StepTime>(
        {{.density = density,
          .sparse = sides[0].milliseconds[steps / 2],
          .masked = sides[1].milliseconds[steps / 2],
          .bytes = static_cast<double>(state_bytes(sides[0].model, optimizer)),
          .dense_bytes = static_cast<double>(state_bytes(sides[1].model, optimizer))}});
  };
  const std::string name = fmt::format("{}, step time at {:g}", task.name, density);
  return unpack<StepTime>(
             run.cell(name, 0.02 * static_cast<double>(steps), kValues<StepTime>, compute))
      .front();
}

}  // namespace surplus::apps::itop
