#include "surplus/train/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/optim/average.h"
#include "surplus/train/batches.h"
#include "surplus/train/checkpoint.h"
#include "surplus/train/step.h"

namespace surplus {
namespace {

using Clock = std::chrono::steady_clock;

template <typename T>
void require_config(const TrainConfig<T>& config) {
  SURPLUS_REQUIRE(config.checkpoint_epochs >= 1, ArgumentError, "train",
                  "checkpoint_epochs must be at least 1", "checkpoint_epochs",
                  config.checkpoint_epochs);
  SURPLUS_REQUIRE(!std::isnan(config.loss_threshold), ArgumentError, "train",
                  "loss_threshold must be a number", "loss_threshold", config.loss_threshold);
  SURPLUS_REQUIRE(config.seconds >= 0, ArgumentError, "train", "seconds must be at least 0",
                  "seconds", config.seconds);
  SURPLUS_REQUIRE(config.clip_norm > 0, ArgumentError, "train", "clip_norm must be above 0",
                  "clip_norm", config.clip_norm);
  rate_at(config.schedule, 0);  // throws
}

template <typename T>
BatchConfig batches_of(const TrainConfig<T>& config) {
  return {config.batch_size, config.shuffle, config.with_replacement, config.drop_last,
          config.seed};
}

template <typename T>
double rate_of(const TrainConfig<T>& config, std::size_t epoch, std::size_t steps) {
  return rate_at(config.schedule, config.schedule_in_steps ? steps : epoch);
}

// The rate of the last step, at least one having been made.
template <typename T>
double rate_before(const TrainConfig<T>& config, const TrainState<T>& state, std::size_t steps) {
  return rate_of(config, state.step > 0 ? state.epoch : state.epoch - 1, steps - 1);
}

// What the completed epochs say, so that a continued training ends where it ended before.
template <typename T>
std::optional<Stop> reason_to_stop(const TrainState<T>& state, const TrainConfig<T>& config) {
  if (!state.history.empty() && state.history.back().loss < config.loss_threshold) {
    return Stop::kConverged;
  }
  if (config.patience > 0 && state.epoch - state.best_epoch >= config.patience) {
    return Stop::kNoImprovement;
  }
  if (state.epoch >= config.epochs) return Stop::kIterationLimit;
  return std::nullopt;
}

template <typename T>
void end_epoch(const Objective<T>& objective, std::size_t rows, const TrainConfig<T>& config,
               double rate, TrainState<T>& state) {
  EpochRecord record{
      .loss = state.loss_sum / static_cast<double>(rows), .rate = rate, .epoch = state.epoch + 1};
  const bool validated = config.validation.x.rows() > 0;
  if (validated) record.validation_loss = evaluate(objective, state.parameters, config.validation);
  state.history.push_back(record);
  ++state.epoch;
  state.step = 0;
  state.loss_sum = 0;
  const double loss = validated ? record.validation_loss : record.loss;
  if (loss < state.best_loss) {
    state.best_loss = loss;
    state.best_epoch = state.epoch;
    if (config.keep_best) state.best = state.parameters;
  }
}

// Trains until something says stop, and returns what did.
template <typename T>
Stop run(const Objective<T>& objective, const Examples<T>& examples, const TrainConfig<T>& config,
         const std::function<void()>& save, TrainState<T>& state) {
  const Clock::time_point begin = Clock::now();
  Batches<T> batches(examples, batches_of(config));
  StepMemory<T> memory;
  while (true) {
    if (const auto stop = reason_to_stop(state, config)) {
      save();
      return *stop;
    }
    batches.begin_epoch(state.epoch);
    StepConfig step{.optimizer = config.optimizer, .clip_norm = config.clip_norm};
    while (state.step < batches.count()) {
      const std::size_t steps = state.epoch * batches.count() + state.step;
      step.rate = rate_of(config, state.epoch, steps);
      if (config.restart_at_drops && steps > 0 && step.rate < rate_before(config, state, steps)) {
        restart_optimizer(state.optimizer);
      }
      const Batch<T> batch = batches.batch(state.step, steps);
      const double loss =
          train_step<T>(objective, batch, step, state.parameters, state.optimizer, memory);
      if (!std::isfinite(loss)) return Stop::kNotFinite;
      state.loss_sum += loss * static_cast<double>(batch.examples.x.rows());
      ++state.step;
      const bool last = state.step == batches.count();
      if (steps >= config.average_from) {
        add_to_average<T>(std::as_const(state.parameters).flat(), state.average);
      }
      if (last) end_epoch(objective, batches.rows(), config, step.rate, state);
      const bool go_on =
          (!config.on_step || config.on_step({.iteration = steps + 1,
                                              .iterations = config.epochs * batches.count(),
                                              .objective = loss})) &&
          (!last || !config.on_epoch || config.on_epoch(state.history.back(), state.parameters));
      const std::chrono::duration<double> elapsed = Clock::now() - begin;
      if (!go_on || elapsed.count() >= config.seconds) {
        save();
        return go_on ? Stop::kTimeLimit : Stop::kCancelled;
      }
      if (last) break;
    }
    if (state.epoch % config.checkpoint_epochs == 0) save();
  }
}

}  // namespace

template <typename T>
TrainResult<T> train(const std::type_identity_t<Objective<T>>& objective,
                     const std::type_identity_t<Examples<T>>& examples, Parameters<T> start,
                     const std::type_identity_t<TrainConfig<T>>& config) {
  require_examples("train", examples);
  if (config.validation.x.rows() > 0) require_examples("train", config.validation);
  require_config(config);
  TrainState<T> state;
  state.optimizer = start_optimizer<T>(config.optimizer, start.size());
  state.parameters = std::move(start);
  if (config.keep_best) state.best = state.parameters;
  const std::vector<double> fingerprint = fingerprint_of(examples, config);
  const bool saves = !config.checkpoint.empty();
  if (saves && std::filesystem::exists(config.checkpoint)) {
    load_state(config.checkpoint, fingerprint, state, config.carried);
  }
  const Stop stop = run<T>(
      objective, examples, config,
      [&] {
        if (saves) save_state(config.checkpoint, state, fingerprint, config.carried);
      },
      state);
  const bool has_best = config.keep_best && state.best_epoch > 0;
  Parameters<T> average;
  if (state.average.count > 0) {
    average = Parameters<T>(state.parameters.layout());
    std::ranges::transform(state.average.mean.values(), average.flat().begin(),
                           [](double value) { return static_cast<T>(value); });
  }
  const std::size_t steps =
      state.epoch * epoch_of(examples.x.rows(), batches_of(config)).count() + state.step;
  return {.parameters = std::move(has_best ? state.best : state.parameters),
          .stop = stop,
          .epochs = state.epoch,
          .steps = steps,
          .history = std::move(state.history),
          .best_epoch = state.best_epoch,
          .average = std::move(average)};
}

template <typename T>
std::vector<TrainResult<T>> train_many(
    const std::type_identity_t<Objective<T>>& objective,
    const std::type_identity_t<Examples<T>>& examples, std::vector<Parameters<T>> starts,
    std::type_identity_t<std::span<const TrainConfig<T>>> configs) {
  SURPLUS_REQUIRE(configs.size() == starts.size(), ShapeError, "train_many",
                  "there must be a config per start", "configs", configs.size(), "starts",
                  starts.size());
  std::vector<TrainResult<T>> results(starts.size());
  parallel_for(starts.size(), [&](std::size_t i) {
    results[i] = train<T>(objective, examples, std::move(starts[i]), configs[i]);
  });
  return results;
}

#define SURPLUS_INSTANTIATE(T)                                                             \
  template TrainResult<T> train(const Objective<T>&, const Examples<T>&, Parameters<T>,    \
                                const TrainConfig<T>&);                                    \
  template std::vector<TrainResult<T>> train_many(const Objective<T>&, const Examples<T>&, \
                                                  std::vector<Parameters<T>>,              \
                                                  std::span<const TrainConfig<T>>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
