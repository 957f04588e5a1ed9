/// One network of itop: sparse or dense, trained and watched.
#ifndef SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_
#define SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/itop/task.h"
#include "surplus/sparse/sparse_training.h"

namespace surplus::apps::itop {

enum class Method {
  kDense,
  kSmallDense,
  kStatic,
  kSet,
  kRigl,
  kGmp,
  kOneShot,
  kLottery,
  kSnip,
  kGrasp
};
inline constexpr std::array<std::string_view, 10> kMethodNames = {
    "dense", "small-dense", "static", "set", "rigl", "gmp", "one-shot", "lottery", "snip", "grasp"};
std::string_view to_text(Method method);
/// Whether the method trains a dense network first.
bool starts_dense(Method method);

/// What decides a training's bits besides its task and the run's seed. SET and RigL are SET-ITOP and
/// RigL-ITOP: half of the weights dropped at first, falling as a cosine to the end.
struct Design {
  std::string task;
  Method method = Method::kDense;
  double density = 1;
  std::size_t interval = 0;  ///< dT of SET and RigL
  std::size_t seed = 0;
  bool uniform = false;        ///< densities, not ERK
  std::size_t multiplier = 1;  ///< of the epochs
  friend bool operator==(const Design&, const Design&) = default;
};
std::string name_of(const Design& design);

/// What is left of it: nothing but doubles, so that it passes through a cell. NaN where there is none.
struct Summary {
  double accuracy = 0;   ///< on test samples after the last epoch, in %
  double validated = 0;  ///< on validation samples, the best of all epochs
  double density = 0;    ///< of all weights at the end
  double updates = 0;    ///< of the topology
  double drop_sum = 0;   ///< of the fractions dropped
  double explored = 0;   ///< R_s
  double expected = 0;   ///< of random growth, by the recursion
  double deviation = 0;  ///< the largest of a layer's R_s from it, in standard errors
  double reliable = 0;   ///< R_s of weights that were active for an interval, or for 100 steps
  double survival = 0;   ///< of grown weights, the next drop, in the first half of the training
  double flops = 0;      ///< of the training, over those of the dense network's as long
  double bytes = 0;      ///< of weights, momentum and positions in training, the most
  double dead = 0;       ///< hidden units without an active weight in or out
};

struct Training {
  Design design;
  Summary summary;
};

/// How the task's networks are trained, but for the topology.
SparseTrainConfig<float> train_config(const Task& task, const Design& design, const Rng& rng);

/// The expected time on one core.
double training_seconds(const Design& design, const TaskDesign& task);

/// A cell of the run. One that is expected to take longer than `state_seconds` saves its state.
Training run_training(const Task& task, const Design& design, double expected_seconds,
                      double state_seconds, Run& run);

}  // namespace surplus::apps::itop

#endif  // SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_
