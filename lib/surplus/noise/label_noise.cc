#include "surplus/noise/label_noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

void require_noise(std::string_view function, std::span<const std::size_t> labels,
                   std::size_t classes, double rate) {
  SURPLUS_REQUIRE(classes >= 2, ArgumentError, function, "there must be at least 2 classes",
                  "classes", classes);
  SURPLUS_REQUIRE(rate >= 0 && rate <= 1, ArgumentError, function, "the rate must be from 0 to 1",
                  "rate", rate);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    SURPLUS_REQUIRE(labels[i] < classes, ArgumentError, function,
                    "labels must be below the number of classes", "index", i, "label", labels[i],
                    "classes", classes);
  }
}

NoisyLabels compared(std::vector<std::size_t> noisy, std::span<const std::size_t> labels) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) wrong += noisy[i] != labels[i];
  const auto n = static_cast<double>(std::max<std::size_t>(labels.size(), 1));
  return {std::move(noisy), static_cast<double>(wrong) / n};
}

void require_block(std::string_view function, std::size_t classes, std::size_t block) {
  SURPLUS_REQUIRE(block >= 2 && classes >= 2 && classes % block == 0, ArgumentError, function,
                  "blocks must have at least 2 classes and divide them all", "block", block,
                  "classes", classes);
}

}  // namespace

NoisyLabels symmetric_noise(std::span<const std::size_t> labels, std::size_t classes, double rate,
                            NewLabel drawn, const Rng& rng) {
  require_noise("symmetric_noise", labels, classes, rate);
  std::vector<std::size_t> noisy(labels.begin(), labels.end());
  const std::vector<std::size_t> order = rng.split("order").permutation(labels.size());
  const auto count = static_cast<std::size_t>(std::ceil(rate * static_cast<double>(labels.size())));
  Rng draws = rng.split("labels");
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t& label = noisy[order[i]];
    label = drawn == NewLabel::kAny ? draws.below(classes)
                                    : (label + 1 + draws.below(classes - 1)) % classes;
  }
  return compared(std::move(noisy), labels);
}

NoisyLabels map_noise(std::span<const std::size_t> labels, std::span<const std::size_t> map,
                      double rate, bool cascade, const Rng& rng) {
  require_noise("map_noise", labels, map.size(), rate);
  require_noise("map_noise", map, map.size(), rate);
  std::vector<std::size_t> noisy(labels.begin(), labels.end());
  if (cascade) {
    for (std::size_t a = 0; a < map.size(); ++a) {
      Rng draws = rng.split("class").split(a);
      for (std::size_t& label : noisy) {
        if (label == a && draws.uniform() < rate) label = map[a];
      }
    }
  } else {
    Rng draws = rng.split("flips");
    for (std::size_t& label : noisy) {
      if (draws.uniform() < rate) label = map[label];
    }
  }
  return compared(std::move(noisy), labels);
}

std::vector<std::size_t> pair_map(std::size_t classes) {
  return cyclic_block_map(classes, classes);
}

std::vector<std::size_t> cyclic_block_map(std::size_t classes, std::size_t block) {
  require_block("cyclic_block_map", classes, block);
  std::vector<std::size_t> map(classes);
  for (std::size_t a = 0; a < classes; ++a) map[a] = a / block * block + (a + 1) % block;
  return map;
}

std::vector<std::size_t> swap_block_map(std::size_t classes, std::size_t block, const Rng& rng) {
  require_block("swap_block_map", classes, block);
  std::vector<std::size_t> map(classes);
  std::iota(map.begin(), map.end(), std::size_t{0});
  for (std::size_t begin = 0; begin < classes; begin += block) {
    Rng draws = rng.split("block").split(begin);
    const std::vector<std::size_t> order = draws.permutation(block);
    std::swap(map[begin + order[0]], map[begin + order[1]]);
  }
  return map;
}

std::vector<std::size_t> cifar10_map() { return {0, 1, 0, 5, 7, 3, 6, 7, 8, 1}; }

NoisyLabels instance_noise(MatrixView<const float> x, std::span<const std::size_t> labels,
                           std::size_t classes, double rate, const Rng& rng) {
  require_noise("instance_noise", labels, classes, rate);
  SURPLUS_REQUIRE(labels.size() == x.rows(), ShapeError, "instance_noise",
                  "there must be a label per row of x", "labels", labels.size(), "x", x.shape());
  constexpr double kSpread = 0.1;
  const std::size_t d = x.cols();
  Matrix<double> directions(classes, d * classes);  // row y: w_y, d x K
  rng.split("directions").fill_normal(directions.values());
  Rng rates = rng.split("rates"), draws = rng.split("labels");
  std::vector<std::size_t> noisy(labels.begin(), labels.end());
  std::vector<double> weights(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t y = labels[i];
    std::ranges::fill(weights, 0);
    for (std::size_t l = 0; l < d; ++l) {
      SURPLUS_REQUIRE(std::isfinite(x(i, l)), ArgumentError, "instance_noise", "x must be finite",
                      "row", i, "column", l, "value", x(i, l));
      const double* const w = directions.row(y).data() + l * classes;
      for (std::size_t j = 0; j < classes; ++j) weights[j] += static_cast<double>(x(i, l)) * w[j];
    }
    weights[y] = -std::numeric_limits<double>::infinity();
    const double top = *std::ranges::max_element(weights);
    for (double& weight : weights) weight = std::exp(weight - top);
    double flip = -1;
    while (flip < 0 || flip > 1) flip = rate + kSpread * rates.normal();
    if (rate > 0 && draws.uniform() < flip) noisy[i] = draws.categorical(weights);
  }
  return compared(std::move(noisy), labels);
}

Matrix<double> symmetric_transition(std::size_t classes, double rate, NewLabel drawn) {
  require_noise("symmetric_transition", {}, classes, rate);
  const auto k = static_cast<double>(classes);
  const double beside = drawn == NewLabel::kAny ? rate / k : rate / (k - 1);
  Matrix<double> transition(classes, classes, beside);
  for (std::size_t a = 0; a < classes; ++a) transition(a, a) = 1 - (k - 1) * beside;
  return transition;
}

Matrix<double> map_transition(std::span<const std::size_t> map, double rate) {
  require_noise("map_transition", map, map.size(), rate);
  Matrix<double> transition(map.size(), map.size());
  for (std::size_t a = 0; a < map.size(); ++a) {
    transition(a, a) += 1 - rate;
    transition(a, map[a]) += rate;
  }
  return transition;
}

Matrix<double> count_transition(std::span<const std::size_t> labels,
                                std::span<const std::size_t> noisy, std::size_t classes) {
  require_noise("count_transition", labels, classes, 0);
  require_noise("count_transition", noisy, classes, 0);
  SURPLUS_REQUIRE(labels.size() == noisy.size(), ShapeError, "count_transition",
                  "there must be as many noisy labels as labels", "noisy", noisy.size(), "labels",
                  labels.size());
  Matrix<double> transition(classes, classes);
  for (std::size_t i = 0; i < labels.size(); ++i) transition(labels[i], noisy[i]) += 1;
  for (std::size_t a = 0; a < classes; ++a) {
    const auto row = transition.row(a);
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    if (sum == 0) row[a] = 1;
    for (double& value : row) value /= std::max(sum, 1.0);
  }
  return transition;
}

Matrix<double> estimate_transition(MatrixView<const float> probabilities, double quantile) {
  constexpr std::string_view kName = "estimate_transition";
  const auto [n, k] = probabilities.shape();
  SURPLUS_REQUIRE(n >= 1 && k >= 2, ArgumentError, kName,
                  "there must be a row of probabilities, of at least 2 classes", "probabilities",
                  probabilities.shape());
  SURPLUS_REQUIRE(quantile > 0 && quantile <= 1, ArgumentError, kName,
                  "quantile must be above 0 and at most 1", "quantile", quantile);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = probabilities.row(i);
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    SURPLUS_REQUIRE(*std::ranges::min_element(row) >= 0 && std::abs(sum - 1) < 1e-4, ArgumentError,
                    kName, "rows must be probabilities", "row", i, "sum", sum);
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = static_cast<std::size_t>(quantile * static_cast<double>(n - 1));
  Matrix<double> transition(k, k);
  for (std::size_t a = 0; a < k; ++a) {
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return probabilities(i, a); });
    const auto anchor = probabilities.row(order[rank]);
    const double sum = std::accumulate(anchor.begin(), anchor.end(), 0.0);
    for (std::size_t b = 0; b < k; ++b) transition(a, b) = static_cast<double>(anchor[b]) / sum;
  }
  return transition;
}

}  // namespace surplus
