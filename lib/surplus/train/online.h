/// On-line back-propagation: training by updates on one example each, drawn with replacement.
#ifndef SURPLUS_TRAIN_ONLINE_H_
#define SURPLUS_TRAIN_ONLINE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "surplus/core/progress.h"
#include "surplus/nn/mlp.h"
#include "surplus/optim/schedule.h"
#include "surplus/train/objective.h"

namespace surplus {

template <typename T>
struct OnlineConfig {
  std::size_t updates = 100000;      ///< completed at most
  Schedule schedule = {};            ///< of the learning rate, in updates
  double weight_decay = 0;           ///< of all parameters, 0 or more
  std::uint64_t seed = 0;            ///< of the examples drawn, Rng(seed).split("order")
  std::size_t record_every = 10000;  ///< updates; at least 1

  Examples<T> validation = {};  ///< for OnlineRecord::validation_loss; empty for none
  /// The result has the parameters of the record of the smallest loss (of the validation, if there
  /// is one), not the last ones: early stopping in hindsight.
  bool keep_best = false;
  Observer on_record = {};  ///< told the loss; `iterations` count updates; false ends
};

/// What happened since the record before.
struct OnlineRecord {
  std::size_t updates = 0;  ///< completed so far
  double loss = 0;          ///< mean squared error, each from before its update
  /// Mean squared error over the validation examples; NaN if there are none.
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
};

template <typename T>
struct OnlineResult {
  Parameters<T> parameters;
  Stop stop = Stop::kIterationLimit;
  std::size_t updates = 0;            ///< completed
  std::vector<OnlineRecord> history;  ///< every record_every updates, and at the end
  std::size_t best_updates = 0;       ///< of the record of the smallest loss; 0 if there is none
};

/// Updates by the gradient of half the squared error of one example plus the decay.
///
/// network  one hidden layer of tanh units with biases, one output
/// examples n rows with a target each
/// start    of the network's layout (mlp_parameters())
/// Returns  also if it diverged: kNotFinite, with the parameters before the 1000 updates in which the
///          loss became NaN or infinite, which are in no record
/// Throws   ShapeError, ArgumentError for input out of its domain; what the observer throws
/// Cost     h (4 d + 40) flops an update, on one thread; no allocation per update
/// Promises the same seed gives the same bits
template <typename T>
OnlineResult<T> train_online(const MlpConfig& network,
                             const std::type_identity_t<Examples<T>>& examples, Parameters<T> start,
                             const std::type_identity_t<OnlineConfig<T>>& config);

}  // namespace surplus

#endif  // SURPLUS_TRAIN_ONLINE_H_
