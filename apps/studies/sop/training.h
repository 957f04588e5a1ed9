/// One network of sop: trained on noisy labels, and watched.
#ifndef SURPLUS_APPS_STUDIES_SOP_TRAINING_H_
#define SURPLUS_APPS_STUDIES_SOP_TRAINING_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/sop/task.h"

namespace surplus::apps::sop {

enum class Noise {
  kSymmetric,
  kPair,
  kAsymmetric,  ///< CIFAR-10's map
  kInstance,
  kAggregate,  ///< those of people: CIFAR-10N
  kRandom1,
  kWorst,
};
inline constexpr std::array<std::string_view, 7> kNoiseNames = {
    "symmetric", "pair", "asymmetric", "instance", "aggregate", "random1", "worst"};
std::string_view to_text(Noise noise);
/// The nominal rate of people's labels, as published.
double human_rate(Noise noise);

enum class Method {
  kCrossEntropy,
  kSmoothing,
  kGce,
  kTruncated,  ///< truncated GCE, after a third of the epochs
  kForward,
  kEstimated,  ///< kForward with a transition estimated by cross-entropy, stopped early
  kElr,
  kCoTeaching,
  kMixup,
  kAux,
  kRdi,
  kSop,       ///< as the code has it in the end
  kSopPaper,  ///< as the paper's algorithm has it
  kSopPlus,   ///< kSop with consistency of two views and balance of classes
};
inline constexpr std::array<std::string_view, 14> kMethodNames = {
    "ce",          "ls",    "gce", "gce-truncated", "forward", "forward-estimated", "elr",
    "co-teaching", "mixup", "aux", "rdi",           "sop",     "sop-paper",         "sop-plus"};
std::string_view to_text(Method method);

/// What decides a training's bits besides its task and the run's seed.
struct Design {
  std::string task;
  Noise noise = Noise::kSymmetric;
  double rate = 0;  ///< of the noise, nominal
  Method method = Method::kCrossEntropy;
  std::size_t seed = 0;
  std::size_t epochs =
      120;              ///< the learning rate falls to a tenth after one and two thirds of them
  bool cosine = false;  ///< ... or along a cosine, to a hundredth
  std::size_t batch = 128;
  double learning_rate = 0.02;
  double alpha_u = 100, alpha_v = 100, start_scale = 1e-4;  ///< of SOP
  friend bool operator==(const Design&, const Design&) = default;
};

/// In shares; NaN where there is none.
struct Epoch {
  float test = 0;        ///< accuracy on test samples, of true labels
  float validation = 0;  ///< accuracy on validation samples, of noisy labels
  float noisy = 0;       ///< training samples of which the noisy label is predicted
  float memorized = 0;   ///< wrongly labelled training samples of which that is
  float recovered = 0;   ///< ... of which the true label is
  float awake = 0;       ///< samples with some |v| above 1e-6
};
inline constexpr std::size_t kEpochValues = sizeof(Epoch) / sizeof(float);

/// What is left at the end: nothing but doubles, so that it passes through a cell.
struct Summary {
  double wrong = 0;        ///< share of training labels that the noise made wrong
  double fingerprint = 0;  ///< of the noisy training labels: FNV-1a, 32 bits
  double loss_auc = 0;   ///< of the cross-entropy of a sample's label, as a detector of wrong ones
  double noise_auc = 0;  ///< of U + max V
  double ties_auc = 0;   ///< the same with ties as successes
  double corrected = 0;  ///< share of right labels among argmax(y - s)
  double mean_u2 = 0;    ///< of U
  double most_u = 0, most_v = 0;  ///< at any epoch's end, magnitudes
  /// Of SOP with a projection, samples whose |u| shrank from one epoch to the next; without, entries
  /// beyond 1 that moved.
  double violations = 0;
};

struct Training {
  Design design;
  Summary summary;
  std::vector<Epoch> epochs;

  double last() const { return epochs.back().test; }
  double best() const;
  std::size_t best_epoch() const;  ///< from 1 on
  /// The test accuracy of the epoch of the best accuracy on validation samples, whose labels are
  /// noisy too: early stopping.
  double stopped() const;
};

/// "T0, symmetric 0.4, sop, seed 0", and what is not as usual.
std::string name_of(const Design& design);

/// The expected time on one core.
double training_seconds(const Design& design, const TaskSize& size);

/// A cell of the run. A training that is expected to take longer than `state_seconds` saves its state
/// on the way, the variables of SOP and the curves with it.
///
/// Throws  NumericalError if the loss overflows
Training run_training(const Task& task, const Design& design, double state_seconds, Run& run);

}  // namespace surplus::apps::sop

#endif  // SURPLUS_APPS_STUDIES_SOP_TRAINING_H_
