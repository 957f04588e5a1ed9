#include "surplus/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/update.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

void require_config(const char* function, const OptimizerConfig& config) {
  const auto share = [&](const char* name, double value) {
    SURPLUS_REQUIRE(value >= 0 && value < 1, ArgumentError, function,
                    std::string(name) + " must be at least 0 and below 1", name, value);
  };
  share("momentum", config.momentum);
  SURPLUS_REQUIRE(
      config.compensation == 0 ||
          (config.compensation > 0 && std::isfinite(config.compensation) && config.momentum > 0),
      ArgumentError, function,
      "compensation must be finite and at least 0, and 0 if the momentum is 0", "compensation",
      config.compensation, "momentum", config.momentum);
  share("beta1", config.beta1);
  share("beta2", config.beta2);
  SURPLUS_REQUIRE(config.epsilon > 0 && std::isfinite(config.epsilon), ArgumentError, function,
                  "epsilon must be finite and above 0", "epsilon", config.epsilon);
  SURPLUS_REQUIRE(config.weight_decay >= 0 && std::isfinite(config.weight_decay), ArgumentError,
                  function, "weight_decay must be finite and at least 0", "weight_decay",
                  config.weight_decay);
}

bool adaptive(UpdateRule rule) { return rule == UpdateRule::kAdam || rule == UpdateRule::kAdamW; }

std::size_t first_size(UpdateRule rule, std::size_t n) { return rule == UpdateRule::kSgd ? 0 : n; }
std::size_t second_size(UpdateRule rule, std::size_t n) { return adaptive(rule) ? n : 0; }

// How much of the gradient enters MaSS's velocity.
double mass_share(const OptimizerConfig& config) {
  return config.compensation == 0 ? 1 : 1 - config.compensation / config.momentum;
}

template <typename T>
kernels::AdamStep<T> adam_step(const OptimizerConfig& config, double rate, std::size_t t) {
  const bool decoupled = config.rule == UpdateRule::kAdamW;
  const auto power = static_cast<double>(t);
  return {.rate = static_cast<T>(rate / (1 - std::pow(config.beta1, power))),
          .beta1 = static_cast<T>(config.beta1),
          .beta2 = static_cast<T>(config.beta2),
          .epsilon = static_cast<T>(config.epsilon),
          .root_correction = static_cast<T>(1 / std::sqrt(1 - std::pow(config.beta2, power))),
          .decay = static_cast<T>(decoupled ? 0 : config.weight_decay),
          .shrink = static_cast<T>(decoupled ? 1 - rate * config.weight_decay : 1)};
}

}  // namespace

std::string_view to_text(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kSgd:
      return "sgd";
    case UpdateRule::kMomentum:
      return "momentum";
    case UpdateRule::kNesterov:
      return "nesterov";
    case UpdateRule::kMass:
      return "mass";
    case UpdateRule::kAdam:
      return "adam";
    case UpdateRule::kAdamW:
      return "adamw";
  }
  return "unknown";
}

template <typename T>
OptimizerState<T> start_optimizer(const OptimizerConfig& config, std::size_t n) {
  require_config("start_optimizer", config);
  return {0, Matrix<T>(1, first_size(config.rule, n)), Matrix<T>(1, second_size(config.rule, n))};
}

template <typename T>
void restart_optimizer(OptimizerState<T>& state) {
  state.steps = 0;
  std::ranges::fill(state.first.values(), T{0});
  std::ranges::fill(state.second.values(), T{0});
}

template <typename T>
UpdateStep<T>::UpdateStep(const OptimizerConfig& config, double rate, OptimizerState<T>& state,
                          std::span<T> w)
    : config_(config), rate_(rate), state_(&state), w_(w) {
  require_config("update", config);
  SURPLUS_REQUIRE(rate >= 0 && std::isfinite(rate), ArgumentError, "update",
                  "rate must be finite and at least 0", "rate", rate);
  SURPLUS_REQUIRE(state.first.size() == first_size(config.rule, w.size()) &&
                      state.second.size() == second_size(config.rule, w.size()),
                  ShapeError, "update", "the state must be of this rule and these parameters",
                  "rule", to_text(config.rule), "parameters", w.size(), "first", state.first.size(),
                  "second", state.second.size());
  ++state.steps;
}

template <typename T>
void UpdateStep<T>::apply(std::size_t begin, std::span<const T> d_w) const {
  const std::size_t n = d_w.size();
  SURPLUS_ASSERT(begin <= w_.size() && n <= w_.size() - begin);
  const T rate = static_cast<T>(rate_), momentum = static_cast<T>(config_.momentum),
          decay = static_cast<T>(config_.weight_decay);
  T* const w = w_.data() + begin;
  switch (config_.rule) {
    case UpdateRule::kSgd:
      return kernels::sgd_update(n, rate, decay, d_w.data(), w);
    case UpdateRule::kMomentum:
      return kernels::momentum_update(n, rate, momentum, decay, d_w.data(),
                                      state_->first.data() + begin, w);
    case UpdateRule::kNesterov:
      return kernels::nesterov_update(n, rate, momentum, decay, d_w.data(),
                                      state_->first.data() + begin, w);
    case UpdateRule::kMass:
      return kernels::mass_update(n, rate, momentum, static_cast<T>(mass_share(config_)), decay,
                                  d_w.data(), state_->first.data() + begin, w);
    case UpdateRule::kAdam:
    case UpdateRule::kAdamW:
      return kernels::adam_update(n, adam_step<T>(config_, rate_, state_->steps), d_w.data(),
                                  state_->first.data() + begin, state_->second.data() + begin, w);
  }
}

template <typename T>
void update(const OptimizerConfig& config, double rate, std::span<const T> d_w,
            OptimizerState<T>& state, std::span<T> w) {
  SURPLUS_REQUIRE(d_w.size() == w.size(), ShapeError, "update",
                  "the gradient must be as long as the parameters", "gradient", d_w.size(),
                  "parameters", w.size());
  const UpdateStep<T> step(config, rate, state, w);
  const Chunks chunks{w.size(), std::size_t{1} << 15};
  const auto task = [&](std::size_t chunk) {
    const std::size_t begin = chunks.begin(chunk);
    step.apply(begin, d_w.subspan(begin, chunks.end(chunk) - begin));
  };
  parallel_for(chunks.count(), std::cref(task));
}

#define SURPLUS_INSTANTIATE(T)                                                                 \
  template OptimizerState<T> start_optimizer(const OptimizerConfig&, std::size_t);             \
  template void restart_optimizer(OptimizerState<T>&);                                         \
  template class UpdateStep<T>;                                                                \
  template void update(const OptimizerConfig&, double, std::span<const T>, OptimizerState<T>&, \
                       std::span<T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
