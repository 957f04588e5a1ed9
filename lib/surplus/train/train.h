/// The training loop: examples and parameters in, trained parameters out.
///
///   const MlpConfig network{.inputs = d, .hidden = {64}, .outputs = k};
///   const auto result = train(classification<float>(network), {.x = x, .labels = labels},
///                             mlp_parameters<float>(network, Rng(1)), {.epochs = 20});
///
/// There is nothing in it that step.h, optim/ and autodiff/ would not let anybody write again.
#ifndef SURPLUS_TRAIN_TRAIN_H_
#define SURPLUS_TRAIN_TRAIN_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "surplus/core/progress.h"
#include "surplus/nn/parameters.h"
#include "surplus/optim/optimizer.h"
#include "surplus/optim/schedule.h"
#include "surplus/train/objective.h"

namespace surplus {

/// What happened in one epoch, one pass over the examples.
struct EpochRecord {
  double loss = 0;  ///< mean over the examples, each before its step: the running loss
  /// Mean over the validation examples after the epoch; NaN if there are none.
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  double rate = 0;        ///< learning rate of the last step
  std::size_t epoch = 0;  ///< from 1 on
};

template <typename T>
struct TrainConfig {
  std::size_t epochs = 10;  ///< completed at most
  std::size_t batch_size =
      32;  ///< rows of a step, the last of an epoch having fewer; 0 for all rows
  /// Draw the rows of each epoch in an order of its own, rng.split("order").split(epoch), or take
  /// them as they stand. A batch of all rows is taken as it stands.
  bool shuffle = true;
  /// Draw the rows of each step from all examples, with replacement, instead: batch_size rows in
  /// every step, also where there are fewer examples. An epoch has as many steps as else.
  bool with_replacement = false;
  /// Leave out the last batch of an epoch if it is smaller than the others. An epoch of all rows
  /// with fewer than batch_size of them is one whole batch.
  bool drop_last = false;
  OptimizerConfig optimizer = {};
  Schedule schedule = {};          ///< of the learning rate, in epochs ...
  bool schedule_in_steps = false;  ///< ... or in steps
  /// Forget the optimizer's state before each step whose learning rate is below that of the last.
  bool restart_at_drops = false;
  /// The number of steps after which the mean of the parameters begins, each later step giving one.
  std::size_t average_from = std::numeric_limits<std::size_t>::max();
  double clip_norm = std::numeric_limits<double>::infinity();  ///< StepConfig::clip_norm
  std::uint64_t seed = 0;                                      ///< of the order and of Batch::rng

  /// Examples for EpochRecord::validation_loss; empty for none.
  Examples<T> validation = {};
  /// Ends with kConverged after the first epoch whose running loss is below this.
  double loss_threshold = -std::numeric_limits<double>::infinity();
  /// Ends with kNoImprovement after this many epochs in a row without a new smallest loss (of the
  /// validation, if there is one, else the running loss); 0 for never.
  std::size_t patience = 0;
  /// The result has the parameters at the end of the epoch of the smallest loss, not the last ones.
  bool keep_best = false;
  /// Ends with kTimeLimit after the first step that ends so many seconds after the call.
  double seconds = std::numeric_limits<double>::infinity();

  /// Told the loss of each step, `iterations` counting steps; and each epoch's record with the
  /// parameters. false ends with kCancelled.
  Observer on_step = {};
  std::function<bool(const EpochRecord& epoch, const Parameters<T>& parameters)> on_epoch = {};

  /// The file (NPZ) that holds the state after each `checkpoint_epochs` epochs and at the end, and
  /// from which a training that was ended or killed continues to the same bits; empty for none. An
  /// existing file must be of a training with the same examples' shape, layout and settings; stop
  /// rules, observers and validation examples may differ.
  std::filesystem::path checkpoint = {};
  std::size_t checkpoint_epochs = 1;  ///< at least 1
  /// What the objective or an observer changes on the way, by name: saved with the state, and
  /// overwritten by what the file holds when a training is continued.
  std::map<std::string, MatrixView<T>> carried = {};
};

template <typename T>
struct TrainResult {
  Parameters<T> parameters;
  Stop stop = Stop::kIterationLimit;
  std::size_t epochs = 0;            ///< completed
  std::size_t steps = 0;             ///< completed
  std::vector<EpochRecord> history;  ///< of each completed epoch
  std::size_t best_epoch = 0;        ///< of the smallest loss, from 1 on; 0 if there is none
  /// The mean of the parameters after the steps from average_from + 1 on; of no layout if there was
  /// no such step.
  Parameters<T> average = {};
};

/// Trains from the parameters `start`, whose layout the objective knows.
///
/// Returns  also if it did not converge: result.stop. kNotFinite: the loss of a step was NaN or
///          infinite, and the parameters are those before that step; nothing is written
/// Throws   ShapeError, ArgumentError for input out of its domain; DataError if the checkpoint is
///          damaged or of another training; what objective and observers throw
/// Cost     a train_step() for each batch and a copy of its rows; no allocation per step
/// Promises the same seed gives the same bits with any number of threads, in one run or continued
///          from a checkpoint
template <typename T>
TrainResult<T> train(const std::type_identity_t<Objective<T>>& objective,
                     const std::type_identity_t<Examples<T>>& examples, Parameters<T> start,
                     const std::type_identity_t<TrainConfig<T>>& config);

/// Many networks on the same examples: at once, each on one thread at a time.
///
/// starts, configs  one per network; checkpoints must differ
/// Returns  one result per network, in their order
/// Throws   ShapeError if there is not one config per start; as train()
/// Promises result i equals train() with starts[i] and configs[i]
template <typename T>
std::vector<TrainResult<T>> train_many(
    const std::type_identity_t<Objective<T>>& objective,
    const std::type_identity_t<Examples<T>>& examples, std::vector<Parameters<T>> starts,
    std::type_identity_t<std::span<const TrainConfig<T>>> configs);

}  // namespace surplus

#endif  // SURPLUS_TRAIN_TRAIN_H_
