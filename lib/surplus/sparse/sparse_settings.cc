#include "surplus/sparse/sparse_settings.h"

#include <algorithm>
#include <iterator>

#include "surplus/core/errors.h"
#include "surplus/train/checkpoint.h"

namespace surplus {
namespace {

constexpr const char* kFunction = "fit_sparse";

}  // namespace

template <typename T>
void require_input(const Examples<T>& examples, const SparseNetwork<T>& start,
                   const SparseTrainConfig<T>& config) {
  require_examples(kFunction, examples);
  if (config.validation.x.rows() > 0) require_examples(kFunction, config.validation);
  for (const Examples<T>* some : {&examples, &config.validation}) {
    SURPLUS_REQUIRE(some->labels.size() == some->x.rows(), ShapeError, kFunction,
                    "each example must have a label", "labels", some->labels.size(), "examples",
                    some->x.rows());
  }
  SURPLUS_REQUIRE(
      start.layers.size() == layers_of(start.network).size() &&
          start.parameters.count() == start.layers.size() * (start.network.mlp.bias ? 2 : 1),
      ShapeError, kFunction, "the start must have the layers of its network", "layers",
      start.layers.size(), "matrices", start.parameters.count());
  SURPLUS_REQUIRE(config.batch_size >= 1 && config.checkpoint_epochs >= 1, ArgumentError, kFunction,
                  "batch_size and checkpoint_epochs must be at least 1", "batch_size",
                  config.batch_size, "checkpoint_epochs", config.checkpoint_epochs);
  rate_at(config.schedule, 0);  // throws
  if (const auto* dynamic = std::get_if<DynamicTopology>(&config.topology)) {
    SURPLUS_REQUIRE(dynamic->interval >= 1 && dynamic->grown_scale >= 0, ArgumentError, kFunction,
                    "interval must be at least 1, and grown_scale at least 0", "interval",
                    dynamic->interval, "grown_scale", dynamic->grown_scale);
    SURPLUS_REQUIRE(dynamic->step.growth != Growth::kRandomUnfired || config.track, ArgumentError,
                    kFunction, "growth at unfired places must track exploration", "track",
                    config.track);
    drop_fraction(dynamic->schedule, 0);
  }
  if (const auto* pruning = std::get_if<GradualPruning>(&config.topology)) {
    pruning_sparsity(pruning->schedule, 0);
  }
}

template <typename T>
std::vector<double> fingerprint_of(const Examples<T>& examples, const SparseNetwork<T>& start,
                                   const SparseTrainConfig<T>& config) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  std::vector<double> all = {number(examples.x.rows()), number(examples.x.cols()),
                             number(config.epochs), number(config.batch_size)};
  std::ranges::copy(surplus::fingerprint_of(config.optimizer, config.schedule),
                    std::back_inserter(all));
  for (const double value :
       {number(config.seed >> 32), number(config.seed & 0xffffffffu),
        number(config.topology.index()), number(config.choice.kind), config.choice.break_even,
        number(config.track), number(config.patience), start.dropout}) {
    all.push_back(value);
  }
  for (const std::size_t epoch : config.milestones) all.push_back(number(epoch));
  if (config.images) {
    for (const std::size_t value : {config.images->channels, config.images->height,
                                    config.images->width, config.augment.padding}) {
      all.push_back(number(value));
    }
    all.push_back(number(config.augment.flip));
  }
  if (const auto* dynamic = std::get_if<DynamicTopology>(&config.topology)) {
    const DropSchedule& d = dynamic->schedule;
    const DropAndGrow& step = dynamic->step;
    for (const double value :
         {number(dynamic->interval), number(d.kind), d.fraction, d.last, number(d.end), d.power,
          number(step.round_up), number(step.drop), number(step.growth), number(step.grow_dropped),
          number(step.keep_regrown), number(step.exact), number(dynamic->last_layer),
          number(dynamic->instead_of_step), dynamic->grown_scale}) {
      all.push_back(value);
    }
  }
  if (const auto* pruning = std::get_if<GradualPruning>(&config.topology)) {
    const PruningSchedule& p = pruning->schedule;
    for (const double value :
         {p.initial, p.final, number(p.begin), number(p.end), number(p.interval),
          number(p.exact_end), number(pruning->last_layer)}) {
      all.push_back(value);
    }
  }
  for (const SparseLayer& layer : start.layers) {
    for (const std::size_t value : {layer.shape.rows, layer.shape.cols, layer.active()}) {
      all.push_back(number(value));
    }
    if (layer.windows) all.push_back(number(layer.pool));
  }
  return all;
}

#define SURPLUS_INSTANTIATE(T)                                                             \
  template void require_input(const Examples<T>&, const SparseNetwork<T>&,                 \
                              const SparseTrainConfig<T>&);                                \
  template std::vector<double> fingerprint_of(const Examples<T>&, const SparseNetwork<T>&, \
                                              const SparseTrainConfig<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
