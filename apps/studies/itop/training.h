/// One network of itop: sparse or dense, trained and watched.
#ifndef SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_
#define SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/sparse/sparse_training.h"

namespace surplus::apps::itop {

struct Samples {
  Matrix<float> x;
  std::vector<std::size_t> labels;
  Examples<float> examples() const { return {.x = x, .labels = labels}; }
};

/// What networks are trained on, and how.
struct Task {
  std::string name, title;
  Samples train, validation, test;
  MlpConfig network;
  std::size_t epochs = 20, batch = 128;
  double rate = 0.05;  ///< learning rate, a tenth from half of the epochs on and again from 3/4 on
  double dropout = 0;
  double epsilon = 0;  ///< of SET's own densities, instead of a density of the whole; 0 for that
  std::size_t steps() const;
};

/// Sizes of image_task(); `test` 0 for all test images.
struct TaskDesign {
  std::string name, set;
  std::size_t samples = 0, validation = 0, test = 0;
  std::vector<std::size_t> hidden;
  std::size_t epochs = 20, batch = 128;
  double rate = 0.05, dropout = 0, epsilon = 0;
};

/// The first `samples` training images of a set, those after them to validate, and test images,
/// standardised pixel by pixel with the means and deviations of each channel.
/// Throws  as open_images(); ArgumentError if there are not so many images
Task image_task(const TaskDesign& design, const std::filesystem::path& data);

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

/// The expected time on one core.
double training_seconds(const Design& design, const TaskDesign& task);

/// A cell of the run. One that is expected to take longer than `state_seconds` saves its state.
Training run_training(const Task& task, const Design& design, double expected_seconds,
                      double state_seconds, Run& run);

/// Whether sparse kernels and zeros in whole matrices give the same bits and accuracy: 200 steps each of
/// SET and RigL, with updates every 50. Accuracies in %, of the last model.
struct Equality {
  double sparse = 0, masked = 0, different_weights = 0;
};
Equality run_equality(const Task& task, Method method, Run& run);

/// The time of a training step on one thread: the only numbers of the study that a clock gives.
struct StepTime {
  double density = 0, sparse = 0, masked = 0;  ///< in milliseconds of processor time, medians
  double bytes = 0, dense_bytes = 0;
};
StepTime run_step_time(const Task& task, double density, std::size_t steps, Run& run);

}  // namespace surplus::apps::itop

#endif  // SURPLUS_APPS_STUDIES_ITOP_TRAINING_H_
