#include "apps/studies/itop/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "apps/runner/cells.h"
#include "surplus/sparse/sparse_scores.h"
#include "surplus/train/batches.h"
#include "surplus/train/step.h"

namespace surplus::apps::itop {
namespace {

// Fewer images at a time where a step of a convolutional network takes a tenth of a second.
std::size_t batch_of(const NetworkConfig& network) {
  return network.convolutions.empty() ? 128 : 32;
}

// The same start through both kernels, for so many steps.
Equality compare(const Task& task, const Topology& topology, std::size_t steps,
                 std::array<LayerChoice::Kind, 2> kinds, Run& run) {
  const auto rng = run.rng().split("equality");
  const auto densities =
      layer_densities(DensityRule::kErdosRenyiKernel, layers_of(task.network), .1);
  const std::size_t batch = std::min(task.batch, batch_of(task.network)),
                    rows = std::min<std::size_t>(task.train.labels.size(), 20 * batch);
  std::vector<std::size_t> first(rows);
  std::iota(first.begin(), first.end(), std::size_t{0});
  const Samples some = rows_of(task.train, first);
  std::vector<SparseNetwork<float>> models;
  for (const auto kind : kinds) {
    SparseTrainConfig<float> config = train_config(task, {}, rng);
    config.batch_size = batch;
    config.epochs = steps / epoch_of(rows, {.batch_size = batch}).count();
    config.milestones = {};
    config.topology = topology;
    config.choice.kind = kind;
    config.on_step = run.observer();
    models.push_back(fit_sparse<float>(some.examples(),
                                       sparse_network<float>(task.network, densities, rng), config)
                         .model);
  }
  Equality equality{.sparse = 100 * (1 - sparse_error_rate(models[0], task.test.examples())),
                    .masked = 100 * (1 - sparse_error_rate(models[1], task.test.examples()))};
  const Parameters<float> a = dense_parameters(models[0]), b = dense_parameters(models[1]);
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    equality.different_weights += a.flat()[i] != b.flat()[i];
    apart += std::pow(a.flat()[i] - b.flat()[i], 2);
    length += std::pow(b.flat()[i], 2);
  }
  equality.distance = std::sqrt(apart / length);
  return equality;
}

}  // namespace

double equality_seconds(const NetworkConfig& network) {
  return network.convolutions.empty() ? 2 : 8;
}

Equality run_equality(const Task& task, Method method, Run& run) {
  const auto compute = [&] {
    const Topology topology = method == Method::kSet ? set_itop(50) : rigl_itop(50);
    return pack<Equality>({compare(task, topology, 200,
                                   {LayerChoice::Kind::kSparse, LayerChoice::Kind::kFull}, run)});
  };
  const std::string name = fmt::format("{}, equality of {}", task.name, to_text(method));
  const double expected = equality_seconds(task.network);
  return unpack<Equality>(run.cell(name, expected, kValues<Equality>, compute)).front();
}

Equality run_drift(const Task& task, std::size_t steps, Run& run) {
  const auto compute = [&] {
    return pack<Equality>({compare(task, StaticTopology{}, steps,
                                   {LayerChoice::Kind::kSparse, LayerChoice::Kind::kMasked}, run)});
  };
  const std::string name = fmt::format("{}, drift of dense kernels in {} steps", task.name, steps);
  const double expected = equality_seconds(task.network) * static_cast<double>(steps) / 200;
  return unpack<Equality>(run.cell(name, expected, kValues<Equality>, compute)).front();
}

double step_seconds(const NetworkConfig& network) {
  return network.convolutions.empty() ? 0.02 : 0.1;
}

StepTime run_step_time(const Task& task, double density, std::size_t steps, Run& run) {
  const auto compute = [&] {
    const auto rng = run.rng().split("step time");
    const auto densities =
        layer_densities(DensityRule::kErdosRenyiKernel, layers_of(task.network), density);
    const OptimizerConfig optimizer = train_config(task, {}, rng).optimizer;
    const auto chosen =
        task.network.convolutions.empty() ? LayerChoice::Kind::kSparse : LayerChoice::Kind::kAuto;
    struct Side {
      SparseNetwork<float> model;
      Objective<float> objective{};
      OptimizerState<float> state{};
      StepMemory<float> memory{};
      std::vector<double> milliseconds{};
    };
    std::array<Side, 2> sides;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto kind = i == 0 ? chosen : LayerChoice::Kind::kMasked;
      sides[i].model =
          sparse_network<float>(task.network, densities, rng, {.choice = {.kind = kind}});
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
  const double expected = step_seconds(task.network) * static_cast<double>(steps);
  return unpack<StepTime>(run.cell(name, expected, kValues<StepTime>, compute)).front();
}

}  // namespace surplus::apps::itop
