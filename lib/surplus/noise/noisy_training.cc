#include "surplus/noise/noisy_training.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/core/errors.h"
#include "surplus/noise/baselines.h"

namespace surplus {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "cross-entropy", "label-smoothing", "gce", "forward", "backward", "elr",
    "co-teaching",   "mixup",           "aux", "rdi",     "sop"};
static_assert(kNames.size() == std::variant_size_v<NoisyLoss>);

template <typename T>
ad::Var<T> cross_entropy(const ad::Var<T>& scores, std::span<const std::size_t> labels) {
  return ad::mean(ad::softmax_cross_entropy(scores, labels));
}

// A step of a method: a function for each, chosen by the type of its settings.
template <typename T>
struct Method {
  const Scores<T>& network;
  NoisyState<T>& state;
  const View<T>& strong;
  ad::Tape<T>& tape;
  std::span<const ad::Var<T>> parameters;
  const Batch<T>& batch;

  std::span<const std::size_t> labels() const { return batch.examples.labels; }
  ad::Var<T> scores() const { return network(tape, parameters, batch); }

  ad::Var<T> operator()(const CrossEntropy&) const { return cross_entropy(scores(), labels()); }
  ad::Var<T> operator()(const LabelSmoothing& loss) const {
    return label_smoothing_loss(scores(), labels(), loss.a);
  }
  ad::Var<T> operator()(const GeneralizedCrossEntropy& loss) const {
    return generalized_cross_entropy_loss(scores(), labels(), loss.q,
                                          batch.epoch < loss.warm_up ? 0 : loss.k);
  }
  ad::Var<T> operator()(const ForwardCorrection& loss) const {
    return forward_correction_loss(scores(), labels(), loss.transition);
  }
  ad::Var<T> operator()(const BackwardCorrection& loss) const {
    return backward_correction_loss(scores(), labels(), loss.inverse);
  }
  ad::Var<T> operator()(const EarlyLearning& loss) const {
    return early_learning_loss<T>(scores(), labels(), batch.rows, state.averages, loss.beta,
                                  loss.lambda);
  }
  ad::Var<T> operator()(const AuxiliaryVariables& loss) const {
    return auxiliary_loss<T>(scores(), labels(), batch.rows, state.auxiliary, loss.lambda,
                             loss.rate);
  }
  ad::Var<T> operator()(const InitialDistance& loss) const {
    return ad::add(cross_entropy(scores(), labels()),
                   distance_to_start<T>(parameters, state.start, loss.lambda));
  }
  ad::Var<T> operator()(const CoTeaching& loss) const {
    const auto ramp = static_cast<double>(batch.epoch) / static_cast<double>(loss.ramp_epochs);
    const std::size_t half = parameters.size() / 2;
    const ad::Var<T> first = network(tape, parameters.first(half), batch);
    const std::size_t assigned = batch.assignments == nullptr ? 0 : batch.assignments->size();
    const ad::Var<T> second = network(tape, parameters.subspan(half), batch);
    // The second network counts its matrices from its own first one.
    for (std::size_t i = assigned; batch.assignments != nullptr && i < batch.assignments->size();
         ++i) {
      (*batch.assignments)[i].matrix += half;
    }
    return co_teaching_loss(first, second, labels(), 1 - loss.noise_rate * std::min(ramp, 1.0));
  }
  ad::Var<T> operator()(const Mixup& loss) const {
    const MatrixView<const T> x = batch.examples.x;
    Rng order_rng = batch.rng.split("mixup order"), weight_rng = batch.rng.split("mixup weight");
    const std::vector<std::size_t> order = order_rng.permutation(x.rows());
    const auto weight = static_cast<T>(mixup_weight(loss.a, weight_rng));
    const MatrixView<T> mixed(tape.template keep<T>(x.rows() * x.cols()), x.rows(), x.cols());
    std::vector<std::size_t> others(x.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      others[i] = labels()[order[i]];
      for (std::size_t j = 0; j < x.cols(); ++j) {
        mixed(i, j) = weight * x(i, j) + (1 - weight) * x(order[i], j);
      }
    }
    Batch<T> mix = batch;
    mix.examples.x = mixed;
    const ad::Var<T> z = network(tape, parameters, mix);
    return ad::add(ad::mul(cross_entropy(z, labels()), tape.constant(weight)),
                   ad::mul(cross_entropy<T>(z, others), tape.constant(1 - weight)));
  }
  ad::Var<T> operator()(const SopConfig& loss) const {
    if (loss.consistency == 0) {
      return sop_step(loss, scores(), labels(), batch.rows, state.sop);
    }
    // Both views in one pass, so that batch norm sees them together.
    const MatrixView<const T> x = batch.examples.x;
    const std::size_t n = x.rows(), d = x.cols();
    const MatrixView<T> views(tape.template keep<T>(2 * n * d), 2 * n, d);
    for (std::size_t i = 0; i < n; ++i) std::ranges::copy(x.row(i), views.row(i).begin());
    strong(x, batch.rng.split("strong view"), views.block(n, 0, n, d));
    Batch<T> both = batch;
    both.examples = {.x = views};
    both.rows = {};
    const ad::Var<T> z = network(tape, parameters, both);
    const std::size_t k = z.shape().cols;
    const ad::Var<T> weak = ad::slice(z, 0, 0, n, k);
    return ad::add(sop_step(loss, weak, labels(), batch.rows, state.sop),
                   ad::mul(consistency_loss(weak, ad::slice(z, n, 0, n, k)),
                           tape.constant(static_cast<T>(loss.consistency))));
  }
};

}  // namespace

std::string_view to_text(const NoisyLoss& loss) { return kNames[loss.index()]; }

template <typename T>
std::map<std::string, MatrixView<T>> NoisyState<T>::carried() {
  std::map<std::string, MatrixView<T>> views;
  if (!sop.u.empty()) views.emplace("u", sop.u.view());
  if (!sop.v.empty()) views.emplace("v", sop.v.view());
  if (!averages.empty()) views.emplace("averages", averages.view());
  if (!auxiliary.empty()) views.emplace("auxiliary", auxiliary.view());
  return views;
}

template <typename T>
NoisyState<T> start_noisy(const NoisyLoss& loss, std::size_t n, std::size_t classes,
                          const Rng& rng) {
  NoisyState<T> state;
  if (const auto* sop = std::get_if<SopConfig>(&loss)) {
    state.sop = start_sop<T>(*sop, n, classes, rng);
  } else if (std::holds_alternative<EarlyLearning>(loss)) {
    state.averages = Matrix<T>(n, classes);
  } else if (std::holds_alternative<AuxiliaryVariables>(loss)) {
    state.auxiliary = Matrix<T>(n, classes);
  } else if (const auto* distance = std::get_if<InitialDistance>(&loss)) {
    state.start = Matrix<T>(distance->start.rows(), distance->start.cols());
    std::ranges::transform(distance->start.values(), state.start.values().begin(),
                           [](double value) { return static_cast<T>(value); });
  }
  return state;
}

template <typename T>
Objective<T> noisy_objective(NoisyLoss loss, Scores<T> network, NoisyState<T>& state,
                             View<T> strong) {
  constexpr const char* kName = "noisy_objective";
  if (const auto* sop = std::get_if<SopConfig>(&loss)) {
    SURPLUS_REQUIRE(sop->consistency == 0 || strong, ArgumentError, kName,
                    "consistency needs a second view", "consistency", sop->consistency);
  }
  if (const auto* twins = std::get_if<CoTeaching>(&loss)) {
    SURPLUS_REQUIRE(twins->noise_rate >= 0 && twins->noise_rate < 1 && twins->ramp_epochs >= 1,
                    ArgumentError, kName,
                    "noise_rate must be 0 or more, below 1, and ramp_epochs at least 1",
                    "noise_rate", twins->noise_rate, "ramp_epochs", twins->ramp_epochs);
  }
  return [loss = std::move(loss), network = std::move(network), strong = std::move(strong), &state](
             ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch) {
    if (!batch.training) {
      const auto scores = noisy_scores(loss, network);
      return cross_entropy(scores(tape, parameters, batch), batch.examples.labels);
    }
    return std::visit(Method<T>{network, state, strong, tape, parameters, batch}, loss);
  };
}

template <typename T>
Scores<T> noisy_scores(const NoisyLoss& loss, Scores<T> network) {
  if (!std::holds_alternative<CoTeaching>(loss)) return network;
  return [network = std::move(network)](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch) {
    return network(tape, parameters.first(parameters.size() / 2), batch);
  };
}

template <typename T>
Parameters<T> twin_parameters(const Parameters<T>& first, const Parameters<T>& second) {
  SURPLUS_REQUIRE(first.layout() == second.layout(), ShapeError, "twin_parameters",
                  "both bundles must have one layout", "first", first.count(), "second",
                  second.count());
  std::vector<NamedShape> layout;
  for (const char* which : {"first/", "second/"}) {
    for (NamedShape one : first.layout()) {
      one.name.insert(0, which);
      layout.push_back(std::move(one));
    }
  }
  Parameters<T> twins(std::move(layout));
  std::ranges::copy(second.flat(), std::ranges::copy(first.flat(), twins.flat().begin()).out);
  return twins;
}

#define SURPLUS_INSTANTIATE(T)                                                                \
  template struct NoisyState<T>;                                                              \
  template NoisyState<T> start_noisy(const NoisyLoss&, std::size_t, std::size_t, const Rng&); \
  template Objective<T> noisy_objective(NoisyLoss, Scores<T>, NoisyState<T>&, View<T>);       \
  template Scores<T> noisy_scores(const NoisyLoss&, Scores<T>);                               \
  template Parameters<T> twin_parameters(const Parameters<T>&, const Parameters<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
