#include "surplus/sparse/sparse_training.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/linalg/matmul.h"
#include "surplus/sparse/parts.h"
#include "surplus/sparse/sparse_change.h"
#include "surplus/sparse/sparse_file.h"
#include "surplus/sparse/sparse_scores.h"
#include "surplus/sparse/sparse_settings.h"
#include "surplus/train/augmented.h"
#include "surplus/train/batches.h"
#include "surplus/train/checkpoint.h"
#include "surplus/train/step.h"

namespace surplus {
namespace {

template <typename T>
using State = SparseTrainState<T>;

template <typename T>
class Training {
 public:
  Training(const Examples<T>& examples, const SparseTrainConfig<T>& config, State<T>& state)
      : config_(config),
        state_(state),
        rng_(config.seed),
        batches_(examples, {.batch_size = config.batch_size, .seed = config.seed}),
        steps_(config.epochs * batches_.count()),
        moved_(config.images ? std::min(config.batch_size, examples.x.rows()) : 0,
               examples.x.cols()) {
    // A pattern that changes is another in the same place.
    objective_ = classification<T>(sparse_scores<T>(state.model));
  }

  void start() {
    apply_changes<T>(Changes(state_.model.layers.size()), config_.choice, 0, rng_, state_.model,
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
        Batch<T> batch = batches_.batch(state_.step, state_.epoch * batches_.count() + state_.step);
        if (config_.images) {
          batch = augmented(batch, *config_.images, config_.augment,
                            moved_.view().block(0, 0, batch.examples.x.rows(), moved_.cols()));
        }
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
      mask_inactive(state_.model, state_.optimizer);
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
      const SparseLayer& layer = state_.model.layers[l];
      const auto uses = static_cast<double>(layer.uses());
      sparse += 2 * uses * static_cast<double>(layer.active());
      if (dense_gradient && changes(l)) dense += 2 * uses * static_cast<double>(layer.size());
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
      apply_changes<T>(all, config_.choice, grown_scale, draws, state_.model, state_.optimizer);
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
  Matrix<T> moved_;  // the images of a step
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
                                SparseNetwork<T> start,
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

#define SURPLUS_INSTANTIATE(T)                                                   \
  template SparseTrainResult<T> fit_sparse(const Examples<T>&, SparseNetwork<T>, \
                                           const SparseTrainConfig<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
