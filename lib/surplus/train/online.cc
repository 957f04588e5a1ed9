#include "surplus/train/online.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/optim/online_backprop.h"

namespace surplus {
namespace {

constexpr const char* kFunction = "train_online";
// Updates between looks at the loss.
constexpr std::size_t kPiece = 1000;

template <typename T>
void check(const MlpConfig& network, const Examples<T>& examples, const Parameters<T>& start,
           const OnlineConfig<T>& config) {
  SURPLUS_REQUIRE(network.hidden.size() == 1 && network.outputs == 1, ArgumentError, kFunction,
                  "the network must have one hidden layer and one output", "hidden layers",
                  network.hidden.size(), "outputs", network.outputs);
  SURPLUS_REQUIRE(network.bias && network.activation == ad::Activation::kTanh &&
                      network.initializer != Initializer::kNtk,
                  ArgumentError, kFunction,
                  "the network must have tanh units with biases and unscaled weights");
  SURPLUS_REQUIRE(start.layout() == mlp_parameters<T>(network, Rng(0)).layout(), ShapeError,
                  kFunction, "the parameters must be those of the network", "parameters",
                  start.size());
  for (const auto& [name, some] :
       {std::pair{"examples", &examples}, {"validation", &config.validation}}) {
    if (some == &config.validation && some->x.rows() == 0) continue;
    require_examples(kFunction, *some);
    SURPLUS_REQUIRE(some->targets.rows() == some->x.rows() && some->targets.cols() == 1, ShapeError,
                    kFunction, "there must be one target per row of x", name, some->x.shape(),
                    "targets", some->targets.shape());
  }
  SURPLUS_REQUIRE(config.record_every >= 1, ArgumentError, kFunction,
                  "record_every must be at least 1", "record_every", config.record_every);
  SURPLUS_REQUIRE(config.weight_decay >= 0 && std::isfinite(config.weight_decay), ArgumentError,
                  kFunction, "weight_decay must be finite and at least 0", "weight_decay",
                  config.weight_decay);
}

}  // namespace

template <typename T>
OnlineResult<T> train_online(const MlpConfig& network,
                             const std::type_identity_t<Examples<T>>& examples, Parameters<T> start,
                             const std::type_identity_t<OnlineConfig<T>>& config) {
  check(network, examples, start, config);
  OnlineResult<T> result{.parameters = std::move(start), .history = {}};
  Parameters<T>& w = result.parameters;
  Parameters<T> best = w, before = w;
  double least = std::numeric_limits<double>::infinity();
  const std::size_t n = examples.x.rows();
  std::vector<T> targets(n);
  for (std::size_t i = 0; i < n; ++i) targets[i] = examples.targets(i, 0);

  Rng rng = Rng(config.seed).split("order");
  std::vector<std::size_t> order;
  std::vector<T> rates;
  Matrix<T> memory;
  std::size_t since = 0;  // the last record
  double squares = 0;
  while (result.updates < config.updates) {
    const std::size_t count =
        std::min({kPiece, config.updates - result.updates, config.record_every - since});
    order.resize(count);
    rates.resize(count);
    for (std::size_t s = 0; s < count; ++s) {
      order[s] = rng.below(n);
      rates[s] = static_cast<T>(rate_at(config.schedule, result.updates + s));
    }
    std::ranges::copy(w.flat(), before.flat().begin());
    squares += online_backprop<T>(examples.x, targets, order, rates, config.weight_decay,
                                  {w[0], w[1].row(0), w[2].row(0), w[3].data()}, memory);
    if (!std::isfinite(squares)) {
      w = std::move(before);
      result.stop = Stop::kNotFinite;
      break;
    }
    result.updates += count;
    since += count;
    if (since < config.record_every && result.updates < config.updates) continue;

    OnlineRecord record{result.updates, squares / static_cast<double>(since)};
    since = 0;
    squares = 0;
    if (config.validation.x.rows() > 0) {
      record.validation_loss = evaluate<T>(regression<T>(network), w, config.validation);
    }
    result.history.push_back(record);
    const double loss = config.validation.x.rows() > 0 ? record.validation_loss : record.loss;
    if (loss < least) {
      least = loss;
      result.best_updates = result.updates;
      if (config.keep_best) best = w;
    }
    if (config.on_record && !config.on_record({result.updates, config.updates, record.loss})) {
      result.stop = Stop::kCancelled;
      break;
    }
  }
  if (config.keep_best && result.best_updates > 0) w = std::move(best);
  return result;
}

template OnlineResult<float> train_online(const MlpConfig&, const Examples<float>&,
                                          Parameters<float>, const OnlineConfig<float>&);
template OnlineResult<double> train_online(const MlpConfig&, const Examples<double>&,
                                           Parameters<double>, const OnlineConfig<double>&);

}  // namespace surplus
