#include "surplus/noise/baselines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "kernels/reduce.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"
#include "surplus/noise/closed_form.h"

namespace surplus {
namespace {

// The mean over the rows of a loss in closed form: loss(i, p), p being row i's k probabilities,
// returns the loss and turns p into its derivatives in the row's scores.
template <typename T, typename Loss>
ad::Var<T> mean_of_rows(const ad::Var<T>& scores, const Loss& loss) {
  const auto [n, k] = scores.shape();
  T* const slopes = scores.tape()->template keep<T>(n * k);
  kernels::row_softmax(n, k, scores.value().data(), scores.value().stride(), slopes, k);
  T total = 0;
  for (std::size_t i = 0; i < n; ++i) total += loss(i, slopes + i * k);
  const T share = T{1} / static_cast<T>(n);
  for (std::size_t i = 0; i < n * k; ++i) slopes[i] *= share;
  return detail::record_closed_form<T>(scores, total * share, slopes);
}

void require_square(const char* name, MatrixView<const double> matrix, std::size_t k) {
  SURPLUS_REQUIRE((matrix.shape() == Shape{k, k}), ShapeError, name,
                  "the matrix must have a row and a column per class", "matrix", matrix.shape(),
                  "classes", k);
}

// A row of `all`, which messages call `name`, for each label.
template <typename T>
void require_rows(const char* function, std::span<const std::size_t> rows, std::size_t labels,
                  const std::string& name, MatrixView<const T> all, std::size_t classes) {
  SURPLUS_REQUIRE(rows.size() == labels && all.cols() == classes, ShapeError, function,
                  "there must be a row of " + name + " for each label", "rows", rows.size(),
                  "labels", labels, name, all.shape(), "classes", classes);
  for (const std::size_t row : rows) {
    SURPLUS_REQUIRE(row < all.rows(), ArgumentError, function,
                    "rows must be below the number of samples", "row", row, "samples", all.rows());
  }
}

template <typename T>
ad::Var<T> soft_cross_entropy(const ad::Var<T>& scores, const auto& target) {
  const auto [n, k] = scores.shape();
  const MatrixView<T> targets(scores.tape()->template keep<T>(n * k), n, k);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < k; ++j) targets(i, j) = static_cast<T>(target(i, j));
  }
  return ad::mean(
      ad::softmax_cross_entropy(scores, scores.tape()->leaf(MatrixView<const T>(targets))));
}

}  // namespace

template <typename T>
ad::Var<T> label_smoothing_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                double a) {
  constexpr const char* kName = "label_smoothing_loss";
  ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  SURPLUS_REQUIRE(a < 1 && std::isfinite(a), ArgumentError, kName, "a must be below 1", "a", a);
  const double rest = a / static_cast<double>(scores.shape().cols);
  return soft_cross_entropy(
      scores, [&](std::size_t i, std::size_t j) { return rest + (j == labels[i] ? 1 - a : 0); });
}

template <typename T>
ad::Var<T> generalized_cross_entropy_loss(const ad::Var<T>& scores,
                                          std::span<const std::size_t> labels, double q, double k) {
  constexpr const char* kName = "generalized_cross_entropy_loss";
  ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  SURPLUS_REQUIRE(q > 0 && q <= 1, ArgumentError, kName, "q must be above 0 and at most 1", "q", q);
  SURPLUS_REQUIRE(k >= 0 && k < 1, ArgumentError, kName, "k must be 0 or more, below 1", "k", k);
  const std::size_t classes = scores.shape().cols;
  const auto power = static_cast<T>(q), least = static_cast<T>(k);
  return mean_of_rows(scores, [&](std::size_t i, T* p) {
    const bool drop = k > 0 && p[labels[i]] <= least;
    const T part = std::pow(drop ? least : p[labels[i]], power), slope = drop ? 0 : part;
    for (std::size_t j = 0; j < classes; ++j) p[j] = slope * (p[j] - (j == labels[i] ? 1 : 0));
    return (1 - part) / power;
  });
}

template <typename T>
ad::Var<T> forward_correction_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                   MatrixView<const double> transition) {
  constexpr const char* kName = "forward_correction_loss";
  ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  const std::size_t k = scores.shape().cols;
  require_square(kName, transition, k);
  return mean_of_rows(scores, [&](std::size_t i, T* p) {
    const auto t = [&](std::size_t j) { return static_cast<T>(transition(j, labels[i])); };
    T sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += t(j) * p[j];
    // A label that cannot be is as unlikely as numbers can say.
    sum = std::max(sum, std::numeric_limits<T>::min());
    for (std::size_t j = 0; j < k; ++j) p[j] *= 1 - t(j) / sum;
    return -std::log(sum);
  });
}

template <typename T>
ad::Var<T> backward_correction_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                                    MatrixView<const double> inverse) {
  constexpr const char* kName = "backward_correction_loss";
  ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  require_square(kName, inverse, scores.shape().cols);
  return soft_cross_entropy(scores,
                            [&](std::size_t i, std::size_t j) { return inverse(labels[i], j); });
}

Matrix<double> inverse_transition(MatrixView<const double> transition) {
  require_square("inverse_transition", transition, transition.rows());
  const std::size_t k = transition.rows();
  // Gauss and Jordan with row pivots: a few classes.
  Matrix<double> a(transition), inverse(k, k);
  for (std::size_t i = 0; i < k; ++i) inverse(i, i) = 1;
  for (std::size_t j = 0; j < k; ++j) {
    std::size_t pivot = j;
    for (std::size_t i = j; i < k; ++i) {
      if (std::abs(a(i, j)) > std::abs(a(pivot, j))) pivot = i;
    }
    SURPLUS_REQUIRE(std::abs(a(pivot, j)) > 1e-12, NumericalError, "inverse_transition",
                    "the transition must be invertible", "column", j, "pivot", a(pivot, j));
    for (Matrix<double>* m : {&a, &inverse}) {
      std::ranges::swap_ranges(m->row(j), m->row(pivot));
    }
    const double factor = 1 / a(j, j);
    for (Matrix<double>* m : {&a, &inverse}) {
      for (double& value : m->row(j)) value *= factor;
    }
    for (std::size_t i = 0; i < k; ++i) {
      const double times = a(i, j);
      for (std::size_t l = 0; l < k && i != j; ++l) {
        a(i, l) -= times * a(j, l);
        inverse(i, l) -= times * inverse(j, l);
      }
    }
  }
  return inverse;
}

template <typename T>
ad::Var<T> early_learning_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                               std::span<const std::size_t> rows, MatrixView<T> targets,
                               double beta, double lambda) {
  constexpr const char* kName = "early_learning_loss";
  ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  SURPLUS_REQUIRE(beta >= 0 && beta < 1, ArgumentError, kName, "beta must be 0 or more, below 1",
                  "beta", beta);
  SURPLUS_REQUIRE(lambda >= 0 && std::isfinite(lambda), ArgumentError, kName,
                  "lambda must be 0 or more", "lambda", lambda);
  const std::size_t k = scores.shape().cols;
  require_rows<T>(kName, rows, labels.size(), "targets", targets, k);
  const ad::Var<T> entropy = ad::mean(ad::softmax_cross_entropy(scores, labels));
  if (!std::isfinite(entropy.item())) return entropy;
  constexpr T kLow = static_cast<T>(1e-4), kHigh = static_cast<T>(1 - 1e-4);
  const auto keep = static_cast<T>(beta), weight = static_cast<T>(lambda);
  const ad::Var<T> regularizer = mean_of_rows(scores, [&](std::size_t i, T* p) {
    const auto t = targets.row(rows[i]);
    const auto clamped = [&](std::size_t j) { return std::clamp(p[j], kLow, kHigh); };
    T sum = 0, product = 0, mean = 0;
    for (std::size_t j = 0; j < k; ++j) sum += clamped(j);
    for (std::size_t j = 0; j < k; ++j) {
      t[j] = keep * t[j] + (1 - keep) * (clamped(j) / sum);
      product += t[j] * clamped(j);
    }
    // A single class that is sure of itself reaches 1.
    const T rest = std::max(1 - product, std::numeric_limits<T>::epsilon());
    const auto slope = [&](std::size_t j) {
      return p[j] >= kLow && p[j] <= kHigh ? -weight / rest * t[j] : 0;
    };
    for (std::size_t j = 0; j < k; ++j) mean += slope(j) * p[j];
    for (std::size_t j = 0; j < k; ++j) p[j] *= slope(j) - mean;
    return weight * std::log(rest);
  });
  return ad::add(entropy, regularizer);
}

template <typename T>
ad::Var<T> auxiliary_loss(const ad::Var<T>& scores, std::span<const std::size_t> labels,
                          std::span<const std::size_t> rows, MatrixView<T> auxiliary, double lambda,
                          double rate) {
  constexpr const char* kName = "auxiliary_loss";
  ad::Tape<T>& tape = ad::common_tape(kName, {scores});
  detail::require_labels(kName, scores, labels);
  SURPLUS_REQUIRE(lambda >= 0 && std::isfinite(lambda) && rate >= 0 && std::isfinite(rate),
                  ArgumentError, kName, "lambda and rate must be 0 or more", "lambda", lambda,
                  "rate", rate);
  const auto [n, k] = scores.shape();
  require_rows<T>(kName, rows, n, "auxiliary variables", auxiliary, k);
  const auto factor = static_cast<T>(lambda), share = T{1} / static_cast<T>(n);
  T* const slopes = tape.template keep<T>(n * k);
  T total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    T* const p = slopes + i * k;
    for (std::size_t j = 0; j < k; ++j)
      p[j] = scores.value()(i, j) + factor * auxiliary(rows[i], j);
    const T top = *std::max_element(p, p + k), at_label = p[labels[i]];
    T sum = 0;
    for (std::size_t j = 0; j < k; ++j) sum += p[j] = std::exp(p[j] - top);
    for (std::size_t j = 0; j < k; ++j) p[j] *= share / sum;
    p[labels[i]] -= share;
    total += std::log(sum) + top - at_label;
  }
  total *= share;
  const T step = static_cast<T>(rate) * factor;
  for (std::size_t i = 0; i < n && std::isfinite(total); ++i) {
    for (std::size_t j = 0; j < k; ++j) auxiliary(rows[i], j) -= step * slopes[i * k + j];
  }
  return detail::record_closed_form<T>(scores, total, slopes);
}

template <typename T>
ad::Var<T> distance_to_start(std::span<const ad::Var<T>> parameters, MatrixView<const T> start,
                             double lambda) {
  constexpr const char* kName = "distance_to_start";
  std::size_t size = 0;
  for (const ad::Var<T>& one : parameters) size += one.shape().rows * one.shape().cols;
  SURPLUS_REQUIRE(!parameters.empty() && start.rows() == 1 && start.cols() == size, ShapeError,
                  kName, "the start must be a row with a number per parameter", "start",
                  start.shape(), "parameters", size);
  SURPLUS_REQUIRE(lambda >= 0 && std::isfinite(lambda), ArgumentError, kName,
                  "lambda must be 0 or more", "lambda", lambda);
  ad::Tape<T>& tape = *parameters[0].tape();
  ad::Var<T> total = tape.constant(T{0});
  const T* at = start.data();
  for (const ad::Var<T>& one : parameters) {
    const auto [rows, cols] = one.shape();
    const auto away = ad::sub(one, tape.leaf(MatrixView<const T>(at, rows, cols)));
    total = ad::add(total, ad::sum(ad::square(away)));
    at += rows * cols;
  }
  return ad::mul(total, tape.constant(static_cast<T>(lambda * lambda / 2)));
}

namespace {

// One over the number of kept rows at those of the smallest losses, 0 elsewhere.
template <typename T>
ad::Var<T> smallest(const ad::Var<T>& losses, std::size_t kept) {
  const std::size_t n = losses.shape().rows;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return losses.value()(i, 0); });
  const MatrixView<T> weights(losses.tape()->template keep<T>(n), n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    weights(order[i], 0) = i < kept ? T{1} / static_cast<T>(kept) : T{0};
  }
  return losses.tape()->leaf(MatrixView<const T>(weights));
}

}  // namespace

template <typename T>
ad::Var<T> co_teaching_loss(const ad::Var<T>& first, const ad::Var<T>& second,
                            std::span<const std::size_t> labels, double kept) {
  constexpr const char* kName = "co_teaching_loss";
  ad::common_tape(kName, {first, second});
  detail::require_labels(kName, first, labels);
  SURPLUS_REQUIRE(second && second.shape() == first.shape(), ShapeError, kName,
                  "both networks must have scores of one shape", "first", first.shape(), "second",
                  second ? second.shape() : Shape{});
  SURPLUS_REQUIRE(kept > 0 && kept <= 1, ArgumentError, kName, "kept must be above 0 and at most 1",
                  "kept", kept);
  const auto n = static_cast<double>(labels.size());
  const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(kept * n));
  const ad::Var<T> a = ad::softmax_cross_entropy(first, labels),
                   b = ad::softmax_cross_entropy(second, labels);
  return ad::add(ad::sum(ad::mul(a, smallest(b, count))), ad::sum(ad::mul(b, smallest(a, count))));
}

namespace {

// Marsaglia, Tsang (2000), A simple method for generating gamma variables; below 1 by their section 6.
double gamma_draw(double shape, Rng& rng) {
  if (shape < 1) return gamma_draw(shape + 1, rng) * std::pow(rng.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = rng.normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - rng.uniform()) < x * x / 2 + d * (1 - v + std::log(v))) return d * v;
  }
}

}  // namespace

double mixup_weight(double a, Rng& rng) {
  SURPLUS_REQUIRE(a > 0 && std::isfinite(a), ArgumentError, "mixup_weight", "a must be above 0",
                  "a", a);
  const double x = gamma_draw(a, rng), y = gamma_draw(a, rng);
  return x + y > 0 ? x / (x + y) : 0.5;  // both vanish for the smallest a alone
}

#define SURPLUS_INSTANTIATE(T)                                                                     \
  template ad::Var<T> label_smoothing_loss(const ad::Var<T>&, std::span<const std::size_t>,        \
                                           double);                                                \
  template ad::Var<T> generalized_cross_entropy_loss(                                              \
      const ad::Var<T>&, std::span<const std::size_t>, double, double);                            \
  template ad::Var<T> auxiliary_loss(const ad::Var<T>&, std::span<const std::size_t>,              \
                                     std::span<const std::size_t>, MatrixView<T>, double, double); \
  template ad::Var<T> distance_to_start(std::span<const ad::Var<T>>, MatrixView<const T>, double); \
  template ad::Var<T> forward_correction_loss(const ad::Var<T>&, std::span<const std::size_t>,     \
                                              MatrixView<const double>);                           \
  template ad::Var<T> backward_correction_loss(const ad::Var<T>&, std::span<const std::size_t>,    \
                                               MatrixView<const double>);                          \
  template ad::Var<T> early_learning_loss(const ad::Var<T>&, std::span<const std::size_t>,         \
                                          std::span<const std::size_t>, MatrixView<T>, double,     \
                                          double);                                                 \
  template ad::Var<T> co_teaching_loss(const ad::Var<T>&, const ad::Var<T>&,                       \
                                       std::span<const std::size_t>, double);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
