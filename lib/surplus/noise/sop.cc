#include "surplus/noise/sop.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reduce.h"
#include "kernels/softmax_cross_entropy.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/core/errors.h"
#include "surplus/noise/closed_form.h"

namespace surplus {
namespace {

constexpr double kAwake = 1e-6;

void require_config(std::string_view function, const SopConfig& config) {
  const auto require = [&](bool condition, const char* requirement, const char* name,
                           double value) {
    SURPLUS_REQUIRE(condition && std::isfinite(value), ArgumentError, function, requirement, name,
                    value);
  };
  require(config.alpha_u >= 0, "alpha_u must be 0 or more", "alpha_u", config.alpha_u);
  require(config.alpha_v >= 0, "alpha_v must be 0 or more", "alpha_v", config.alpha_v);
  require(config.start_scale > 0, "start_scale must be above 0", "start_scale", config.start_scale);
  require(config.epsilon > 0 && config.epsilon < 1, "epsilon must be above 0 and below 1",
          "epsilon", config.epsilon);
  require(config.error_weight >= 0, "error_weight must be 0 or more", "error_weight",
          config.error_weight);
  require(config.balance >= 0, "balance must be 0 or more", "balance", config.balance);
  require(config.consistency >= 0, "consistency must be 0 or more", "consistency",
          config.consistency);
}

// What a variant does to the gradients of u and v.
template <typename T>
struct Rules {
  T entropy_u, error_u, error_v;  // weights of the terms' gradients
  T top;                          // of U and V
  bool project;
};

template <typename T>
Rules<T> rules_of(const SopConfig& config) {
  switch (config.variant) {
    case SopVariant::kPaper:
      return {1, 0, 1, 1, true};
    case SopVariant::kRepo202202:
      return {1, 0, static_cast<T>(config.error_weight), static_cast<T>(1 - 1e-4), false};
    case SopVariant::kRepo202208:
      return {0, 1, 1, 1, false};
    case SopVariant::kRepoFinal:
      break;
  }
  return {1, 1, 1, 1, false};
}

template <typename T>
T squared(T x) {
  return x * x;
}

// A sample's class probabilities with its noise; the loops are written to be vectorised.
template <typename T>
struct NoisyRow {
  std::size_t k;
  T eps, top;  // of the clamps
  T* v2;       // k: V; at the label -U
  T* b;        // k: max(p - v2, eps)
  T sum = 0;   // of b

  void fill(std::size_t label, const T* p, T u, const T* v) {
    for (std::size_t j = 0; j < k; ++j) v2[j] = std::min(v[j] * v[j], top);
    v2[label] = -std::min(u * u, top);
    for (std::size_t j = 0; j < k; ++j) b[j] = std::max(p[j] - v2[j], eps);
    sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += b[j];
    sum = std::max(sum, eps);
  }
};

// q_ij's mean over the batch, and what one q_ij adds to the balance term; empty without it.
template <typename T>
struct Balance {
  T loss = 0;
  T* weights = nullptr;  // k: d loss / d q_ij, times the rows
};

// row(i) is sample i with its noise.
template <typename T, typename RowOf>
Balance<T> balance_of(const SopConfig& config, std::size_t n, std::size_t k, ad::Tape<T>& tape,
                      const RowOf& row) {
  Balance<T> balance;
  if (config.balance == 0) return balance;
  balance.weights = tape.template keep<T>(k);
  const auto eps = static_cast<T>(config.epsilon);
  std::fill_n(balance.weights, k, T{0});
  for (std::size_t i = 0; i < n; ++i) {
    const NoisyRow<T>& one = row(i);
    for (std::size_t j = 0; j < k; ++j) {
      balance.weights[j] += std::clamp(one.b[j] / one.sum, eps, T{1}) / static_cast<T>(n);
    }
  }
  const auto factor = static_cast<T>(config.balance) / static_cast<T>(k);
  for (std::size_t j = 0; j < k; ++j) {
    const T mean = balance.weights[j];
    balance.loss -= factor * std::log(std::clamp(mean, eps, T{1}));
    balance.weights[j] = mean >= eps && mean <= 1 ? -factor / mean : 0;
  }
  return balance;
}

}  // namespace

std::string_view to_text(SopVariant variant) {
  switch (variant) {
    case SopVariant::kPaper:
      return "paper";
    case SopVariant::kRepo202202:
      return "repo-2022-02";
    case SopVariant::kRepo202208:
      return "repo-2022-08-19";
    case SopVariant::kRepoFinal:
      break;
  }
  return "repo-final";
}

template <typename T>
SopState<T> start_sop(const SopConfig& config, std::size_t n, std::size_t classes, const Rng& rng) {
  require_config("start_sop", config);
  SopState<T> state{Matrix<T>(n, 1), Matrix<T>(n, classes)};
  rng.split("u").fill_normal(state.u.values());
  rng.split("v").fill_normal(state.v.values());
  for (Matrix<T>* values : {&state.u, &state.v}) {
    for (T& value : values->values()) value *= static_cast<T>(config.start_scale);
  }
  return state;
}

template <typename T>
ad::Var<T> sop_loss(const SopConfig& config, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels, MatrixView<const T> u,
                    MatrixView<const T> v, MatrixView<T> d_u, MatrixView<T> d_v) {
  ad::Tape<T>& tape = ad::common_tape("sop_loss", {scores});
  require_config("sop_loss", config);
  detail::require_labels("sop_loss", scores, labels);
  const auto [n, k] = scores.shape();
  SURPLUS_REQUIRE((u.shape() == Shape{n, 1} && d_u.shape() == u.shape() &&
                   v.shape() == scores.shape() && d_v.shape() == v.shape()),
                  ShapeError, "sop_loss", "u must be n x 1, v n x k and their gradients alike",
                  "scores", scores.shape(), "u", u.shape(), "v", v.shape(), "d_u", d_u.shape(),
                  "d_v", d_v.shape());
  const MatrixView<const T> z = scores.value();
  T* const slopes = tape.template keep<T>(n * k);
  kernels::row_softmax(n, k, z.data(), z.stride(), slopes, k);
  const auto eps = static_cast<T>(config.epsilon);
  const Rules<T> rules = rules_of<T>(config);
  T* const scratch = tape.template keep<T>(3 * k);
  T* const g = scratch + 2 * k;  // d loss / d a of one row
  NoisyRow<T> noisy{k, eps, rules.top, scratch, scratch + k};
  const auto row = [&, k = k](std::size_t i) -> const NoisyRow<T>& {
    noisy.fill(labels[i], slopes + i * k, u(i, 0), v.row(i).data());
    return noisy;
  };
  const Balance<T> balance = balance_of(config, n, k, tape, row);
  const T share = T{1} / static_cast<T>(n), error_share = 4 * share * rules.error_v;
  T total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const NoisyRow<T>& one = row(i);
    const std::size_t y = labels[i];
    T* const p = slopes + i * k;
    const auto predicted = static_cast<std::size_t>(std::max_element(p, p + k) - p);
    const T q_y = one.b[y] / one.sum, slope = q_y >= eps ? 1 / one.sum : 0;
    total -= std::log(std::clamp(q_y, eps, T{1}));
    for (std::size_t j = 0; j < k; ++j) g[j] = p[j] - one.v2[j] >= eps ? slope : 0;
    if (g[y] != 0) g[y] -= 1 / one.b[y];
    if (balance.weights != nullptr) {
      const auto weight = [&](std::size_t j) {
        return one.b[j] / one.sum >= eps ? balance.weights[j] : 0;
      };
      T mean = 0;
      for (std::size_t j = 0; j < k; ++j) mean += weight(j) * one.b[j] / one.sum;
      for (std::size_t j = 0; j < k; ++j) {
        g[j] += p[j] - one.v2[j] >= eps ? (weight(j) - mean) / one.sum : 0;
      }
    }
    // The squared error: as if no class but the label were predicted, then put right.
    const T* const v_i = v.row(i).data();
    T* const d_v_i = d_v.row(i).data();
    const T u_i = u(i, 0), rest = (predicted == y ? 1 : 0) - one.v2[y] - 1;
    T error = squared(rest) - squared(one.v2[y]);
    for (std::size_t j = 0; j < k; ++j) {
      error += squared(one.v2[j]);
      d_v_i[j] = squared(v_i[j]) <= rules.top ? error_share * v_i[j] * one.v2[j] : 0;
    }
    d_v_i[y] = 0;
    if (predicted != y) {
      const T v2 = one.v2[predicted], v_p = v_i[predicted];
      error += 1 - 2 * v2;
      d_v_i[predicted] = squared(v_p) <= rules.top ? -error_share * v_p * (1 - v2) : 0;
    }
    total += error;
    d_u(i, 0) = squared(u_i) <= rules.top
                    ? share * u_i * (rules.entropy_u * 2 * g[y] + rules.error_u * 4 * rest)
                    : 0;
    // Through the softmax.
    T mean = 0;
    for (std::size_t j = 0; j < k; ++j) mean += g[j] * p[j];
    for (std::size_t j = 0; j < k; ++j) p[j] *= share * (g[j] - mean);
  }
  return detail::record_closed_form<T>(scores, total * share + balance.loss, slopes);
}

template <typename T>
ad::Var<T> sop_step(const SopConfig& config, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels, std::span<const std::size_t> rows,
                    SopState<T>& state) {
  ad::Tape<T>& tape = ad::common_tape("sop_step", {scores});
  const std::size_t n = rows.size(), k = state.v.cols();
  SURPLUS_REQUIRE((scores.shape() == Shape{n, k} && state.u.shape() == Shape{state.v.rows(), 1}),
                  ShapeError, "sop_step", "there must be scores for each row, as many as classes",
                  "scores", scores.shape(), "rows", n, "u", state.u.shape(), "v", state.v.shape());
  for (const std::size_t row : rows) {
    SURPLUS_REQUIRE(row < state.v.rows(), ArgumentError, "sop_step",
                    "rows must be below the number of samples", "row", row, "samples",
                    state.v.rows());
  }
  T* const memory = tape.template keep<T>(2 * n * (k + 1));
  const MatrixView<T> u(memory, n, 1), d_u(memory + n, n, 1), v(memory + 2 * n, n, k),
      d_v(memory + 2 * n + n * k, n, k);
  for (std::size_t i = 0; i < n; ++i) {
    u(i, 0) = state.u(rows[i], 0);
    std::ranges::copy(state.v.row(rows[i]), v.row(i).begin());
  }
  const ad::Var<T> loss = sop_loss<T>(config, scores, labels, u, v, d_u, d_v);
  if (!std::isfinite(loss.item())) return loss;
  const auto alpha_u = static_cast<T>(config.alpha_u), alpha_v = static_cast<T>(config.alpha_v);
  const bool project = rules_of<T>(config).project;
  const auto step = [project](T& x, T change) {
    x -= change;
    if (project) x = std::clamp(x, T{-1}, T{1});
  };
  for (std::size_t i = 0; i < n; ++i) {
    step(state.u(rows[i], 0), alpha_u * d_u(i, 0));
    const auto to = state.v.row(rows[i]);
    for (std::size_t j = 0; j < k; ++j) step(to[j], alpha_v * d_v(i, j));
  }
  return loss;
}

template <typename T>
ad::Var<T> consistency_loss(const ad::Var<T>& weak, const ad::Var<T>& strong) {
  ad::Tape<T>& tape = ad::common_tape("consistency_loss", {weak, strong});
  const auto [n, k] = weak.shape();
  SURPLUS_REQUIRE(n >= 1 && k >= 1 && strong && strong.shape() == weak.shape(), ShapeError,
                  "consistency_loss", "there must be scores, of one shape", "weak", weak.shape(),
                  "strong", strong ? strong.shape() : Shape{});
  const MatrixView<T> targets(tape.template keep<T>(n * k), n, k);
  kernels::row_softmax(n, k, weak.value().data(), weak.value().stride(), targets.data(), k);
  T negentropy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (const T p : targets.row(i)) negentropy += p > 0 ? p * std::log(p) : 0;
  }
  return ad::add(ad::mean(ad::softmax_cross_entropy(strong, tape.leaf(targets))),
                 tape.constant(negentropy / static_cast<T>(n)));
}

namespace {

double visits(double start, double growth) {
  if (growth <= 1) return std::numeric_limits<double>::infinity();
  return std::log(1 / start) / std::log(growth);
}

void require_batch(std::string_view function, std::size_t batch) {
  SURPLUS_REQUIRE(batch >= 1, ArgumentError, function, "batch must be at least 1", "batch", batch);
}

}  // namespace

double sop_visits_v(const SopConfig& config, std::size_t batch) {
  require_config("sop_visits_v", config);
  require_batch("sop_visits_v", batch);
  const double weight = rules_of<double>(config).error_v;
  return visits(config.start_scale, 1 + 4 * weight * config.alpha_v / static_cast<double>(batch));
}

double sop_visits_u(const SopConfig& config, std::size_t batch, double probability) {
  require_config("sop_visits_u", config);
  require_batch("sop_visits_u", batch);
  SURPLUS_REQUIRE(probability >= 0 && probability <= 1, ArgumentError, "sop_visits_u",
                  "probability must be from 0 to 1", "probability", probability);
  const Rules<double> rules = rules_of<double>(config);
  const double pull =
      rules.entropy_u * 2 * (1 / std::max(probability, config.epsilon) - 1) + rules.error_u * 4;
  return visits(config.start_scale, 1 + config.alpha_u / static_cast<double>(batch) * pull);
}

double sop_alpha(double visits, std::size_t batch, double start_scale) {
  require_batch("sop_alpha", batch);
  SURPLUS_REQUIRE(visits > 0, ArgumentError, "sop_alpha", "visits must be above 0", "visits",
                  visits);
  SURPLUS_REQUIRE(start_scale > 0 && start_scale < 1, ArgumentError, "sop_alpha",
                  "start_scale must be above 0 and below 1", "start_scale", start_scale);
  return static_cast<double>(batch) / 4 * (std::pow(start_scale, -1 / visits) - 1);
}

template <typename T>
SopActivity sop_activity(const SopState<T>& state) {
  SopActivity activity;
  const auto n = static_cast<double>(std::max<std::size_t>(state.u.rows(), 1));
  for (std::size_t i = 0; i < state.u.rows(); ++i) {
    const double u = std::abs(static_cast<double>(state.u(i, 0)));
    double v = 0;
    for (const T value : state.v.row(i)) v = std::max(v, std::abs(static_cast<double>(value)));
    activity.u_awake += (u > kAwake) / n;
    activity.v_awake += (v > kAwake) / n;
    activity.u_bound += (u >= 1) / n;
    activity.v_bound += (v >= 1) / n;
    activity.most_u = std::max(activity.most_u, u);
    activity.most_v = std::max(activity.most_v, v);
    activity.mean_u2 += std::min(u * u, 1.0) / n;
  }
  return activity;
}

namespace {

// The noise that was found, class by class: U at the label, V elsewhere.
template <typename T, typename Use>
void for_each_sample(const char* name, const SopState<T>& state,
                     std::span<const std::size_t> labels, const Use& use) {
  SURPLUS_REQUIRE(labels.size() == state.v.rows() && state.u.rows() == state.v.rows(), ShapeError,
                  name, "there must be a label per sample", "labels", labels.size(), "u",
                  state.u.shape(), "v", state.v.shape());
  std::vector<double> found(state.v.cols());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    SURPLUS_REQUIRE(labels[i] < found.size(), ArgumentError, name,
                    "labels must be below the number of classes", "index", i, "label", labels[i],
                    "classes", found.size());
    for (std::size_t j = 0; j < found.size(); ++j) {
      const auto value = static_cast<double>(j == labels[i] ? state.u(i, 0) : state.v(i, j));
      found[j] = std::min(value * value, 1.0);
    }
    use(labels[i], found);
  }
}

}  // namespace

template <typename T>
std::vector<double> sop_noise_scores(const SopState<T>& state,
                                     std::span<const std::size_t> labels) {
  std::vector<double> scores;
  scores.reserve(labels.size());
  for_each_sample("sop_noise_scores", state, labels,
                  [&](std::size_t label, const std::vector<double>& found) {
                    double most = 0;
                    for (std::size_t j = 0; j < found.size(); ++j) {
                      if (j != label) most = std::max(most, found[j]);
                    }
                    scores.push_back(found[label] + most);
                  });
  return scores;
}

template <typename T>
std::vector<std::size_t> sop_corrected_labels(const SopState<T>& state,
                                              std::span<const std::size_t> labels) {
  std::vector<std::size_t> corrected;
  corrected.reserve(labels.size());
  for_each_sample("sop_corrected_labels", state, labels,
                  [&](std::size_t label, std::vector<double>& found) {
                    found[label] = 1 - found[label];
                    corrected.push_back(
                        static_cast<std::size_t>(std::ranges::max_element(found) - found.begin()));
                  });
  return corrected;
}

#define SURPLUS_INSTANTIATE(T)                                                                     \
  template SopState<T> start_sop(const SopConfig&, std::size_t, std::size_t, const Rng&);          \
  template ad::Var<T> sop_loss(const SopConfig&, const ad::Var<T>&, std::span<const std::size_t>,  \
                               MatrixView<const T>, MatrixView<const T>, MatrixView<T>,            \
                               MatrixView<T>);                                                     \
  template ad::Var<T> sop_step(const SopConfig&, const ad::Var<T>&, std::span<const std::size_t>,  \
                               std::span<const std::size_t>, SopState<T>&);                        \
  template ad::Var<T> consistency_loss(const ad::Var<T>&, const ad::Var<T>&);                      \
  template SopActivity sop_activity(const SopState<T>&);                                           \
  template std::vector<double> sop_noise_scores(const SopState<T>&, std::span<const std::size_t>); \
  template std::vector<std::size_t> sop_corrected_labels(const SopState<T>&,                       \
                                                         std::span<const std::size_t>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
