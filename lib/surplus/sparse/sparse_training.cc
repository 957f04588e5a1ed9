#include "surplus/sparse/sparse_training.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/linalg/matmul.h"
#include "surplus/sparse/sparse_file.h"
#include "surplus/train/batches.h"
#include "surplus/train/checkpoint.h"
#include "surplus/train/step.h"

namespace surplus {
namespace {

constexpr const char* kFunction = "fit_sparse";

template <typename T>
using State = SparseTrainState<T>;
using Changes = std::vector<std::optional<TopologyChange>>;

// The elements of one matrix of a bundle, in an array of the bundle's size.
template <typename T, typename U>
std::span<U> part_of(const Parameters<T>& bundle, std::size_t matrix, std::span<U> array) {
  const Shape shape = bundle.layout()[matrix].shape;
  return array.subspan(bundle.offset(matrix), shape.rows * shape.cols);
}
template <typename T>
std::span<const T> part_of(const Parameters<T>& bundle, std::size_t matrix) {
  return part_of(bundle, matrix, bundle.flat());
}

template <typename T>
void require_input(const Examples<T>& examples, const SparseMlp<T>& start,
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
          start.parameters.count() == start.layers.size() * (start.network.bias ? 2 : 1),
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

// What decides the bits.
template <typename T>
std::vector<double> fingerprint_of(const Examples<T>& examples, const SparseMlp<T>& start,
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
  }
  return all;
}

// The model and the optimizer's state after these changes, with kernels chosen anew.
template <typename T>
void apply(const Changes& changes, const LayerChoice& choice, double grown_scale, const Rng& rng,
           SparseMlp<T>& model, OptimizerState<T>& optimizer) {
  SparseMlp<T> next{.network = model.network, .dropout = model.dropout};
  std::vector<NamedShape> layout;
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    const std::size_t active = changes[l] ? changes[l]->positions.size() : layer.active();
    const LayerKernel kernel = kernel_for(
        choice,
        layer.size() == 0 ? 1 : static_cast<double>(active) / static_cast<double>(layer.size()));
    if (!changes[l] && kernel == layer.kernel) {
      next.layers.push_back(layer);
    } else {
      next.layers.push_back(sparse_layer(
          layer.shape, changes[l] ? changes[l]->positions : layer.active_positions(), kernel));
    }
    layout.push_back({std::to_string(l) + ".weight", next.layers[l].stored()});
    if (model.network.bias) layout.push_back({std::to_string(l) + ".bias", {1, layer.shape.rows}});
  }
  next.parameters = Parameters<T>(std::move(layout));
  const std::size_t n = next.parameters.size();
  OptimizerState<T> state{.steps = optimizer.steps,
                          .first = Matrix<T>(optimizer.first.empty() ? 0 : 1, n),
                          .second = Matrix<T>(optimizer.second.empty() ? 0 : 1, n)};
  // A matrix of the old arrays becomes one of the new.
  const auto carry = [&](std::span<const T> from, std::span<T> to, bool weights) {
    for (std::size_t matrix = 0; matrix < model.parameters.count(); ++matrix) {
      const std::size_t l = model.network.bias ? matrix / 2 : matrix;
      const std::span<const T> before = part_of(model.parameters, matrix, from);
      const std::span<T> after = part_of(next.parameters, matrix, to);
      if (matrix != model.weight(l)) {
        std::ranges::copy(before, after.begin());
        continue;
      }
      Matrix<T> active = gather_active<T>(model.layers[l], before);
      if (changes[l]) {
        active = relaid<T>(*changes[l], std::as_const(active).values());
        const double scale =
            grown_scale * std::sqrt(6 / static_cast<double>(model.layers[l].shape.cols));
        Rng draws = rng.split("grown").split(l);
        for (std::size_t i = 0; weights && scale > 0 && i < active.size(); ++i) {
          if (changes[l]->from[i] != TopologyChange::kGrown) continue;
          active(0, i) = static_cast<T>(scale * (2 * draws.uniform() - 1));
        }
      }
      scatter_active<T>(next.layers[l], active.values(), after);
    }
  };
  carry(std::as_const(model.parameters).flat(), next.parameters.flat(), true);
  if (!state.first.empty())
    carry(std::as_const(optimizer.first).values(), state.first.values(), false);
  if (!state.second.empty()) {
    carry(std::as_const(optimizer.second).values(), state.second.values(), false);
  }
  model = std::move(next);
  optimizer = std::move(state);
}

// Zeros where no weight is active, which a step on a whole matrix has changed.
template <typename T>
void mask(SparseMlp<T>& model, OptimizerState<T>& optimizer) {
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    if (layer.kernel != LayerKernel::kMasked && layer.kernel != LayerKernel::kFull) continue;
    const std::size_t begin = model.parameters.offset(model.weight(l));
    for (const std::span<T> array :
         {model.parameters.flat(), optimizer.first.values(), optimizer.second.values()}) {
      if (array.empty()) continue;
      T* const w = array.data() + begin;
      std::size_t from = 0;
      for (const std::uint32_t position : layer.positions) {
        std::fill(w + from, w + position, T{0});
        from = position + std::size_t{1};
      }
      std::fill(w + from, w + layer.size(), T{0});
    }
  }
}

template <typename T>
class Training {
 public:
  Training(const Examples<T>& examples, const SparseTrainConfig<T>& config, State<T>& state)
      : config_(config),
        state_(state),
        rng_(config.seed),
        batches_(examples, {.batch_size = config.batch_size, .seed = config.seed}),
        steps_(config.epochs * batches_.count()) {
    // A pattern that changes is another in the same place.
    objective_ = classification<T>(sparse_scores<T>(state.model));
  }

  void start() {
    apply<T>(Changes(state_.model.layers.size()), config_.choice, 0, rng_, state_.model,
             state_.optimizer);
    if (config_.track) {
      for (const SparseLayer& layer : state_.model.layers) {
        const bool dense = layer.kernel == LayerKernel::kDense;
        state_.exploration.push_back(
            dense
                ? LayerExploration{.size = layer.size(),
                                   .fired_count = layer.size(),
                                   .reliable_count = config_.patience > 0 ? layer.size() : 0}
                : start_exploration(layer.size(), layer.active_positions(), config_.patience > 0));
      }
    }
    if (grows_by(Growth::kMomentum)) {
      for (std::size_t l = 0; l < state_.model.layers.size(); ++l) {
        const Shape shape = changes(l) ? state_.model.layers[l].shape : Shape{};
        state_.momentum.emplace_back(shape.rows, shape.cols);
      }
    }
  }

  Stop run(const std::function<void()>& save) {
    while (state_.epoch < config_.epochs) {
      batches_.begin_epoch(state_.epoch);
      while (state_.step < batches_.count()) {
        const Batch<T> batch =
            batches_.batch(state_.step, state_.epoch * batches_.count() + state_.step);
        const double loss = step(batch);
        if (!std::isfinite(loss)) return Stop::kNotFinite;
        state_.loss_sum += loss * static_cast<double>(batch.examples.x.rows());
        ++state_.step;
        const std::size_t done = state_.epoch * batches_.count() + state_.step;
        const bool last = state_.step == batches_.count();
        if (last) end_epoch();
        const bool go_on =
            (!config_.on_step ||
             config_.on_step({.iteration = done, .iterations = steps_, .objective = loss})) &&
            (!last || !config_.on_epoch || config_.on_epoch(state_.history.back(), state_.model));
        if (!go_on) {
          save();
          return Stop::kCancelled;
        }
        if (last) break;
      }
      if (state_.epoch % config_.checkpoint_epochs == 0 || state_.epoch == config_.epochs) save();
    }
    for (std::size_t l = 0; l < state_.exploration.size(); ++l) {
      finish_exploration(state_.exploration[l], state_.model.layers[l].active_positions(), steps_,
                         config_.patience);
    }
    return Stop::kIterationLimit;
  }

 private:
  double rate_in(std::size_t epoch) const {
    double rate = rate_at(config_.schedule, epoch);
    for (const std::size_t milestone : config_.milestones) {
      if (milestone <= epoch) rate *= config_.schedule.factor;
    }
    return rate;
  }

  bool grows_by(Growth growth) const {
    const auto* dynamic = std::get_if<DynamicTopology>(&config_.topology);
    return dynamic != nullptr && dynamic->step.growth == growth;
  }

  // Whether layer l's positions change.
  bool changes(std::size_t l) const {
    const bool last = l + 1 == state_.model.layers.size();
    if (const auto* dynamic = std::get_if<DynamicTopology>(&config_.topology)) {
      const SparseLayer& layer = state_.model.layers[l];
      return layer.active() > 0 && layer.active() < layer.size() && (dynamic->last_layer || !last);
    }
    const auto* pruning = std::get_if<GradualPruning>(&config_.topology);
    return pruning != nullptr && (pruning->last_layer || !last);
  }
  std::vector<bool> changing() const {
    std::vector<bool> layers;
    for (std::size_t l = 0; l < state_.model.layers.size(); ++l) layers.push_back(changes(l));
    return layers;
  }

  // Whether positions change once `done` steps are completed.
  bool is_update(std::size_t done) const {
    if (const auto* dynamic = std::get_if<DynamicTopology>(&config_.topology)) {
      return done % dynamic->interval == 0 && done <= dynamic->schedule.end;
    }
    if (const auto* pruning = std::get_if<GradualPruning>(&config_.topology)) {
      const PruningSchedule& s = pruning->schedule;
      if (done < s.begin || done > s.end) return false;
      return (done - s.begin) % s.interval == 0 || (s.exact_end && done == s.end);
    }
    return false;
  }

  double step(const Batch<T>& batch) {
    const std::size_t done = state_.epoch * batches_.count() + state_.step + 1;
    const bool update = is_update(done);
    const auto* dynamic = std::get_if<DynamicTopology>(&config_.topology);
    const bool by_momentum = grows_by(Growth::kMomentum);
    const bool instead = update && dynamic != nullptr && dynamic->instead_of_step;
    LayerProducts<T> products;
    if (by_momentum || instead || (update && grows_by(Growth::kGradient))) {
      products = layer_products<T>(state_.model, batch, changing());
      if (!std::isfinite(products.loss)) return products.loss;
    }
    if (by_momentum) add_momentum(products);
    double loss = products.loss;
    if (!instead) {
      const StepConfig step{.optimizer = config_.optimizer, .rate = rate_in(state_.epoch)};
      loss = train_step<T>(objective_, batch, step, state_.model.parameters, state_.optimizer,
                           memory_);
      if (!std::isfinite(loss)) return loss;
      mask(state_.model, state_.optimizer);
    }
    count_flops(batch.examples.x.rows(), instead,
                by_momentum || (update && grows_by(Growth::kGradient)));
    if (update && dynamic != nullptr) rewire(*dynamic, done, products);
    if (update && dynamic == nullptr) prune(std::get<GradualPruning>(config_.topology), done);
    return loss;
  }

  void count_flops(std::size_t rows, bool instead, bool dense_gradient) {
    double sparse = 0, dense = 0;
    for (std::size_t l = 0; l < state_.model.layers.size(); ++l) {
      sparse += 2 * static_cast<double>(state_.model.layers[l].active());
      if (dense_gradient && changes(l))
        dense += 2 * static_cast<double>(state_.model.layers[l].size());
    }
    state_.flops += static_cast<double>(rows) * ((instead ? 2 : 3) * sparse + dense);
  }

  // The momentum of all weights, with the gradient of the active ones at the inactive ones too.
  void add_momentum(const LayerProducts<T>& products) {
    for (std::size_t l = 0; l < products.layers.size(); ++l) {
      if (state_.momentum[l].empty()) continue;
      matmul(products.layers[l].d_z, products.layers[l].x, state_.momentum[l].view(),
             {.transpose_a = true, .beta = config_.optimizer.momentum});
    }
  }

  MatrixInPieces<T> scores_of(Growth growth, std::size_t l,
                              const LayerProducts<T>& products) const {
    if (growth == Growth::kGradient) {
      return [&layer = products.layers[l]](const UsePiece<T>& use) {
        matmul_in_pieces(layer.d_z, layer.x, use, {.transpose_a = true});
      };
    }
    if (growth == Growth::kMomentum) {
      return
          [&momentum = state_.momentum[l]](const UsePiece<T>& use) { use(0, 0, momentum.view()); };
    }
    return {};
  }

  void rewire(const DynamicTopology& topology, std::size_t done, const LayerProducts<T>& products) {
    DropSchedule schedule = topology.schedule;
    schedule.end = std::min(schedule.end, steps_);
    DropAndGrow config = topology.step;
    config.fraction = drop_fraction(schedule, done, rate_in(state_.epoch) / rate_in(0));
    TopologyRecord record{.fraction = config.fraction, .step = done};
    const Rng draws = rng_.split("topology").split(done);
    Changes all(state_.model.layers.size());
    for (std::size_t l = 0; l < all.size(); ++l) {
      if (!changes(l)) continue;
      const SparseLayer& layer = state_.model.layers[l];
      const Positions positions = layer.active_positions();
      const Matrix<T> w =
          gather_active<T>(layer, part_of(state_.model.parameters, state_.model.weight(l)));
      Rng of_layer = draws.split(l);
      std::span<const std::uint64_t> fired;
      if (config_.track) fired = state_.exploration[l].fired;
      all[l] = drop_and_grow<T>(config, layer.shape, positions, w.values(), of_layer,
                                scores_of(config.growth, l, products), fired);
      record.dropped += all[l]->dropped.size();
      record.grown += all[l]->grown.size();
      if (config_.track) {
        LayerExploration& seen = state_.exploration[l];
        record.tested -= seen.tested;
        record.survived -= seen.survived;
        explore(seen, positions, *all[l], done, state_.last_update, config_.patience);
        record.tested += seen.tested;
        record.survived += seen.survived;
      }
    }
    state_.last_update = done;
    finish(record, all, topology.grown_scale, draws);
  }

  void prune(const GradualPruning& pruning, std::size_t done) {
    TopologyRecord record{.fraction = pruning_sparsity(pruning.schedule, done), .step = done};
    Changes all(state_.model.layers.size());
    for (std::size_t l = 0; l < all.size(); ++l) {
      if (!changes(l)) continue;
      const SparseLayer& layer = state_.model.layers[l];
      const auto pruned =
          static_cast<std::size_t>(std::floor(record.fraction * static_cast<double>(layer.size())));
      const std::size_t kept = layer.size() - pruned;
      if (kept >= layer.active()) continue;
      const Matrix<T> w =
          gather_active<T>(layer, part_of(state_.model.parameters, state_.model.weight(l)));
      all[l] = keep_largest<T>(layer.active_positions(), w.values(), kept);
      record.dropped += all[l]->dropped.size();
    }
    finish(record, all, 0, rng_);
  }

  void finish(TopologyRecord record, const Changes& all, double grown_scale, const Rng& draws) {
    if (std::ranges::any_of(all, [](const auto& change) { return change.has_value(); })) {
      apply<T>(all, config_.choice, grown_scale, draws, state_.model, state_.optimizer);
    }
    record.explored = explored(state_.exploration);
    state_.updates.push_back(record);
  }

  void end_epoch() {
    SparseEpoch epoch{.loss = state_.loss_sum / static_cast<double>(batches_.rows()),
                      .rate = rate_in(state_.epoch),
                      .explored = explored(state_.exploration),
                      .epoch = state_.epoch + 1};
    if (config_.validation.x.rows() > 0) {
      epoch.validation_error = sparse_error_rate<T>(state_.model, config_.validation);
    }
    state_.history.push_back(epoch);
    ++state_.epoch;
    state_.step = 0;
    state_.loss_sum = 0;
  }

  const SparseTrainConfig<T>& config_;
  State<T>& state_;
  Rng rng_;
  Batches<T> batches_;
  std::size_t steps_;
  Objective<T> objective_;
  StepMemory<T> memory_;
};

}  // namespace

DynamicTopology set_topology(std::size_t interval) {
  return {.interval = interval,
          .schedule = {.kind = DropKind::kConstant, .fraction = 0.3},
          .step = {.round_up = false}};
}

DynamicTopology rigl_topology(std::size_t interval, std::size_t steps) {
  return {.interval = interval,
          .schedule = {.fraction = 0.3, .last = 0, .end = steps * 3 / 4},
          .step = {.round_up = false, .growth = Growth::kGradient}};
}

DynamicTopology set_itop(std::size_t interval) { return {.interval = interval}; }

DynamicTopology rigl_itop(std::size_t interval) {
  return {.interval = interval, .step = {.growth = Growth::kGradient}};
}

double explored(const std::vector<LayerExploration>& layers) {
  double fired = 0, size = 0;
  for (const LayerExploration& layer : layers) {
    fired += static_cast<double>(layer.fired_count);
    size += static_cast<double>(layer.size);
  }
  return fired / size;
}

template <typename T>
SparseTrainResult<T> fit_sparse(const std::type_identity_t<Examples<T>>& examples,
                                SparseMlp<T> start,
                                const std::type_identity_t<SparseTrainConfig<T>>& config) {
  require_input<T>(examples, start, config);
  const std::vector<double> fingerprint = fingerprint_of<T>(examples, start, config);
  State<T> state;
  const bool saves = !config.checkpoint.empty();
  const bool goes_on = saves && std::filesystem::exists(config.checkpoint);
  if (goes_on) {
    state = load_sparse_state<T>(config.checkpoint, fingerprint);
  } else {
    state.optimizer = start_optimizer<T>(config.optimizer, start.parameters.size());
    state.model = std::move(start);
  }
  Training<T> training(examples, config, state);
  if (!goes_on) training.start();
  const Stop stop = training.run([&] {
    if (saves) save_sparse_state(config.checkpoint, state, fingerprint);
  });
  const std::size_t per_epoch =
      epoch_of(examples.x.rows(), BatchConfig{.batch_size = config.batch_size}).count();
  return {.model = std::move(state.model),
          .stop = stop,
          .epochs = state.epoch,
          .steps = state.epoch * per_epoch + state.step,
          .history = std::move(state.history),
          .updates = std::move(state.updates),
          .exploration = std::move(state.exploration),
          .flops = state.flops};
}

template <typename T>
double sparse_error_rate(const SparseMlp<T>& model,
                         const std::type_identity_t<Examples<T>>& examples) {
  const Matrix<T> scores = predict<T>(sparse_scores<T>(model), model.parameters, examples.x);
  return error_rate<T>(scores, examples.labels);
}

#define SURPLUS_INSTANTIATE(T)                                               \
  template SparseTrainResult<T> fit_sparse(const Examples<T>&, SparseMlp<T>, \
                                           const SparseTrainConfig<T>&);     \
  template double sparse_error_rate(const SparseMlp<T>&, const Examples<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
