#include "surplus/sparse/saliency.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/core/errors.h"
#include "surplus/sparse/parts.h"

namespace surplus {
namespace {

// score(w, other) of each weight, 0 of all else.
template <typename T, typename Score>
Parameters<T> scores_of(const Parameters<T>& parameters, const Parameters<T>& other,
                        Numbers weights, const Score& score) {
  Parameters<T> scores(parameters.layout());
  for (const std::size_t matrix : weights) {
    const auto w = part_of(parameters, matrix), g = part_of(other, matrix);
    std::ranges::transform(w, g, part_of(scores, matrix).begin(), score);
  }
  return scores;
}

template <typename T>
double sum_of(const Parameters<T>& scores) {
  double sum = 0;
  for (const T score : scores.flat()) sum += static_cast<double>(score);
  return sum;
}

template <typename T>
void divide(const char* function, double by, Parameters<T>& scores) {
  SURPLUS_REQUIRE(std::isfinite(by), NumericalError, function, "scores must be finite", "sum", by);
  for (T& score : scores.flat()) score = static_cast<T>(static_cast<double>(score) / by);
}

}  // namespace

template <typename T>
Parameters<T> magnitude_scores(const Parameters<T>& parameters, Numbers weights) {
  return scores_of(parameters, parameters, weights, [](T w, T) { return std::abs(w); });
}

template <typename T>
Parameters<T> snip_scores(const std::type_identity_t<Objective<T>>& objective,
                          const std::type_identity_t<Batch<T>>& batch,
                          const Parameters<T>& parameters, Numbers weights) {
  ad::Tape<T> tape;
  const auto leaves = leaves_of(parameters, tape);
  Parameters<T> gradient(parameters.layout());
  ad::gradient(objective(tape, leaves, batch), sinks_of(leaves, gradient));
  Parameters<T> scores =
      scores_of(parameters, gradient, weights, [](T w, T g) { return std::abs(w * g); });
  const double sum = sum_of(scores);
  divide("snip_scores", sum > 0 ? sum : sum + 1, scores);
  return scores;
}

template <typename T>
Parameters<T> grasp_scores(const std::type_identity_t<Objective<T>>& objective,
                           const std::type_identity_t<Batch<T>>& batch,
                           const Parameters<T>& parameters, Numbers weights) {
  ad::Tape<T> tape;
  const auto leaves = leaves_of(parameters, tape);
  const ad::Var<T> loss = objective(tape, leaves, batch);
  Parameters<T> gradient(parameters.layout()), product(parameters.layout());
  ad::gradient(loss, sinks_of(leaves, gradient));
  // g is the gradient in the weights alone, and so is what H g is looked at for.
  std::vector<ad::Tangent<T>> tangents;
  std::vector<ad::Sink<T>> sinks;
  for (const std::size_t matrix : weights) {
    tangents.push_back({leaves[matrix], std::as_const(gradient)[matrix]});
    sinks.push_back({leaves[matrix], product[matrix]});
  }
  ad::hvp(loss, tangents, sinks);
  Parameters<T> scores = scores_of(parameters, product, weights, [](T w, T hg) { return w * hg; });
  divide("grasp_scores", std::abs(sum_of(scores)) + 1e-10, scores);
  return scores;
}

template <typename T>
Objective<T> tempered_classification(Scores<T> network, double temperature) {
  SURPLUS_REQUIRE(temperature > 0 && std::isfinite(temperature), ArgumentError,
                  "tempered_classification", "temperature must be above 0", "temperature",
                  temperature);
  return [network = std::move(network), temperature](
             ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch) {
    const auto scale = tape.constant(static_cast<T>(1 / temperature));
    const ad::Var<T> scores = ad::mul(network(tape, parameters, batch), scale);
    return ad::mean(ad::softmax_cross_entropy(scores, batch.examples.labels));
  };
}

std::vector<std::size_t> class_balanced_rows(std::span<const std::size_t> labels,
                                             std::size_t classes, std::size_t per_class,
                                             const Rng& rng) {
  std::vector<std::vector<std::size_t>> rows(classes);
  Rng draws = rng.split("order");
  for (const std::size_t row : draws.permutation(labels.size())) {
    SURPLUS_REQUIRE(labels[row] < classes, ArgumentError, "class_balanced_rows",
                    "labels must be below the number of classes", "row", row, "label", labels[row],
                    "classes", classes);
    auto& of_class = rows[labels[row]];
    if (of_class.size() < per_class) of_class.push_back(row);
  }
  std::vector<std::size_t> all;
  for (std::size_t c = 0; c < classes; ++c) {
    SURPLUS_REQUIRE(rows[c].size() == per_class, ArgumentError, "class_balanced_rows",
                    "each class must have as many rows as are taken", "class", c, "rows",
                    rows[c].size(), "per_class", per_class);
    all.insert(all.end(), rows[c].begin(), rows[c].end());
  }
  return all;
}

template <typename T>
std::vector<Positions> largest_positions(const Parameters<T>& scores, Numbers weights,
                                         std::size_t count) {
  std::vector<std::size_t> elements;
  for (const std::size_t matrix : weights) {
    const std::size_t size = part_of(scores, matrix).size(), begin = scores.offset(matrix);
    for (std::size_t i = 0; i < size; ++i) elements.push_back(begin + i);
  }
  SURPLUS_REQUIRE(count <= elements.size(), ArgumentError, "largest_positions",
                  "there must be as many weights as are kept", "count", count, "weights",
                  elements.size());
  const std::span<const T> flat = scores.flat();
  for (const std::size_t i : elements) {
    SURPLUS_REQUIRE(!std::isnan(flat[i]), ArgumentError, "largest_positions",
                    "scores must be numbers", "element", i, "score", flat[i]);
  }
  std::ranges::nth_element(
      elements, elements.begin() + static_cast<std::ptrdiff_t>(count),
      [&](std::size_t i, std::size_t j) { return flat[i] != flat[j] ? flat[i] > flat[j] : i < j; });
  elements.resize(count);
  std::ranges::sort(elements);
  std::vector<Positions> positions(weights.size());
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const std::size_t begin = scores.offset(weights[l]), size = part_of(scores, weights[l]).size();
    auto at = std::ranges::lower_bound(elements, begin);
    for (; at != elements.end() && *at < begin + size; ++at) {
      positions[l].push_back(static_cast<std::uint32_t>(*at - begin));
    }
  }
  return positions;
}

#define SURPLUS_INSTANTIATE(T)                                                                    \
  template Parameters<T> magnitude_scores(const Parameters<T>&, Numbers);                         \
  template Parameters<T> snip_scores(const Objective<T>&, const Batch<T>&, const Parameters<T>&,  \
                                     Numbers);                                                    \
  template Parameters<T> grasp_scores(const Objective<T>&, const Batch<T>&, const Parameters<T>&, \
                                      Numbers);                                                   \
  template Objective<T> tempered_classification(Scores<T>, double);                               \
  template std::vector<Positions> largest_positions(const Parameters<T>&, Numbers, std::size_t);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
