/// Methods against label noise behind one interface: what train() needs of each.
///
///   const NoisyLoss loss = SopConfig{.alpha_u = 100, .alpha_v = 100, .start_scale = 1e-4};
///   auto state = start_noisy<float>(loss, n, classes, Rng(1));
///   const auto result = train<float>(noisy_objective(loss, mlp_scores<float>(mlp), state), {x, noisy},
///                                    mlp_parameters<float>(mlp, Rng(2)), {.carried = state.carried()});
#ifndef SURPLUS_NOISE_NOISY_TRAINING_H_
#define SURPLUS_NOISE_NOISY_TRAINING_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/nn/parameters.h"
#include "surplus/noise/sop.h"
#include "surplus/train/objective.h"

namespace surplus {

struct CrossEntropy {};
struct LabelSmoothing {
  double a = 0.1;
};
struct GeneralizedCrossEntropy {
  double q = 0.7;
  double k = 0;             ///< truncate at it ...
  std::size_t warm_up = 0;  ///< ... after so many epochs
};
struct ForwardCorrection {
  Matrix<double> transition;  ///< label_noise.h
};
struct BackwardCorrection {
  Matrix<double> inverse;  ///< inverse_transition()
};
struct EarlyLearning {
  double beta = 0.7, lambda = 3;
};
/// In epoch t = 0, 1, ... the share 1 - noise_rate min(t / ramp_epochs, 1) of a batch is kept. Trains
/// two networks in one bundle: twin_parameters().
struct CoTeaching {
  double noise_rate = 0.2;       ///< 0 or more, below 1
  std::size_t ramp_epochs = 10;  ///< at least 1
};
/// Each batch is mixed with itself in another order, x = l x_i + (1 - l) x_j, l of Beta(a, a), and
/// the two labels' cross-entropies likewise.
/// Source  Zhang, Cisse, Dauphin, Lopez-Paz (2018), mixup
struct Mixup {
  double a = 1;
};
struct AuxiliaryVariables {
  double lambda = 1, rate = 100;  ///< auxiliary_loss()
};
/// Cross-entropy and distance_to_start().
struct InitialDistance {
  double lambda = 0.1;
  Matrix<double> start;  ///< 1 x parameters: Parameters::flat() before the first step
};
using NoisyLoss = std::variant<CrossEntropy, LabelSmoothing, GeneralizedCrossEntropy,
                               ForwardCorrection, BackwardCorrection, EarlyLearning, CoTeaching,
                               Mixup, AuxiliaryVariables, InitialDistance, SopConfig>;

/// "cross-entropy", "label-smoothing", "gce", "forward", "backward", "elr", "co-teaching", "mixup",
/// "aux", "rdi", "sop".
std::string_view to_text(const NoisyLoss& loss);

/// What a loss remembers of each of n samples; nothing, for most.
template <typename T>
struct NoisyState {
  SopState<T> sop;      ///< of SopConfig
  Matrix<T> averages;   ///< n x K, t of EarlyLearning
  Matrix<T> auxiliary;  ///< n x K, b of AuxiliaryVariables
  Matrix<T> start;      ///< of InitialDistance, never changed
  /// For TrainConfig::carried: the training then continues from its checkpoint to the same bits.
  std::map<std::string, MatrixView<T>> carried();
};
template <typename T>
NoisyState<T> start_noisy(const NoisyLoss& loss, std::size_t n, std::size_t classes,
                          const Rng& rng);

/// Another view of a batch: out, of the shape of x, is to be written; `rng` is of this step.
template <typename T>
using View = std::function<void(MatrixView<const T> x, Rng rng, MatrixView<T> out)>;

/// The loss of a network's scores for train(). In an evaluation, the cross-entropy of the plain
/// scores.
///
/// state    changed in each step; must live as long as the objective
/// strong   the second view of SopConfig::consistency, whose scores come from one forward pass with
///          the batch; needed if that is above 0
/// Throws   ArgumentError if a parameter is out of its domain, or there is no second view; then, in a
///          step, what the loss throws
template <typename T>
Objective<T> noisy_objective(NoisyLoss loss, Scores<T> network, NoisyState<T>& state,
                             View<T> strong = {});

/// The network to predict with: itself, or the first of co-teaching's two.
template <typename T>
Scores<T> noisy_scores(const NoisyLoss& loss, Scores<T> network);

/// Two bundles of one layout as one: the matrices of the first, "first/" before their names, and of
/// the second. Throws ShapeError if the layouts differ
template <typename T>
Parameters<T> twin_parameters(const Parameters<T>& first, const Parameters<T>& second);

}  // namespace surplus

#endif  // SURPLUS_NOISE_NOISY_TRAINING_H_
