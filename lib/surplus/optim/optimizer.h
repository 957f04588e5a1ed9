/// The update rules of first-order training: plain functions on flat parameters, with a state that
/// is data and can be saved.
#ifndef SURPLUS_OPTIM_OPTIMIZER_H_
#define SURPLUS_OPTIM_OPTIMIZER_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "surplus/core/matrix.h"

namespace surplus {

/// For a gradient g, that of the objective plus decay w except for AdamW:
enum class UpdateRule {
  kSgd,       ///< w -= rate g
  kMomentum,  ///< v = momentum v + g; w -= rate v
  kNesterov,  ///< v = momentum v + g; w -= rate (g + momentum v)
  /// Momentum-added stochastic solver: Nesterov's with a term that compensates for the noise of g,
  /// v = momentum v + (1 - compensation / momentum) g; w -= rate (g + momentum v). In the letters of
  /// Liu, Belkin (2020): w is u, rate eta_1, momentum gamma, rate compensation eta_2 (mass.h)
  kMass,
  /// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
  /// w -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) in step t = 1, 2, ...
  kAdam,
  kAdamW,  ///< Adam of the objective's gradient alone, after w *= 1 - rate decay
};

/// "sgd", "momentum", "nesterov", "mass", "adam", "adamw".
std::string_view to_text(UpdateRule rule);

/// The letters of UpdateRule; what a rule does not use is ignored. The defaults are PyTorch's but
/// for the momentum, which is 0 there, and AdamW's weight decay, which is 0.01 there.
///
/// Velocities are in units of the gradient: where the rate falls, so does the part of w that they
/// hold. MaSS's authors restart at such steps (restart_optimizer()).
struct OptimizerConfig {
  UpdateRule rule = UpdateRule::kSgd;
  double momentum = 0.9;    ///< 0 or more, below 1
  double compensation = 0;  ///< of kMass: 0 or more, and 0 if the momentum is
  double beta1 = 0.9;       ///< 0 or more, below 1
  double beta2 = 0.999;     ///< 0 or more, below 1
  double epsilon = 1e-8;    ///< above 0
  double weight_decay = 0;  ///< 0 or more, of all parameters, biases too
};

/// What a rule remembers of n parameters, T being float or double.
template <typename T>
struct OptimizerState {
  std::size_t steps = 0;  ///< t, completed
  Matrix<T> first;        ///< v of the momentum rules, m of kAdam and kAdamW: 1 x n, or empty
  Matrix<T> second;       ///< v of kAdam and kAdamW: 1 x n, or empty
  friend bool operator==(const OptimizerState&, const OptimizerState&) = default;
};

/// The state before the first step: zeros.
/// Throws   ArgumentError if the config is out of its domain
template <typename T>
OptimizerState<T> start_optimizer(const OptimizerConfig& config, std::size_t n);

/// Forgets what the rule remembers: as if no step had been made.
template <typename T>
void restart_optimizer(OptimizerState<T>& state);

/// One step for parts of the parameters: made once per step, then applied to each part once, in
/// any order and from any thread. For gradients that come in pieces, as ad::Sink can give them.
template <typename T>
class UpdateStep {
 public:
  /// Counts the step. Looks at state and w until the last apply().
  ///
  /// rate     the learning rate of this step, 0 or more
  /// state    of start_optimizer() for this config and w.size() parameters
  /// Throws   ArgumentError if the config or the rate is out of its domain; ShapeError if the state
  ///          is not of this rule and w
  UpdateStep(const OptimizerConfig& config, double rate, OptimizerState<T>& state, std::span<T> w);

  /// Updates w[begin], w[begin + 1], ... with their part of the gradient.
  /// Error    kernels/update.h: a few eps of the terms
  /// Promises NaN and infinities pass through; no allocation
  void apply(std::size_t begin, std::span<const T> d_w) const;

 private:
  OptimizerConfig config_;
  double rate_;
  OptimizerState<T>* state_;
  std::span<T> w_;
};

/// A step for all parameters, on all threads.
///
/// w        n parameters, read and updated
/// d_w      n elements: the gradient of the objective
/// Throws   as UpdateStep, and ShapeError if w and d_w differ in length
/// Cost     one pass; no allocation
/// Promises the bits do not depend on the number of threads
template <typename T>
void update(const OptimizerConfig& config, double rate, std::span<const T> d_w,
            OptimizerState<T>& state, std::span<T> w);

extern template class UpdateStep<float>;
extern template class UpdateStep<double>;

}  // namespace surplus

#endif  // SURPLUS_OPTIM_OPTIMIZER_H_
