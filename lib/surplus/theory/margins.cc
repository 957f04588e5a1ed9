#include "surplus/theory/margins.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace surplus {
namespace {

template <typename T>
std::vector<double> margins_of(MatrixView<const T> scores, std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(labels.size() == scores.rows() && scores.cols() >= 2, ShapeError, "margins",
                  "there must be a label for each row of scores and at least 2 classes", "labels",
                  labels.size(), "scores", scores.shape());
  std::vector<double> result(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    SURPLUS_REQUIRE(labels[i] < scores.cols(), ArgumentError, "margins",
                    "a label must be below the number of classes", "row", i, "label", labels[i],
                    "classes", scores.cols());
    double other = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < scores.cols(); ++k) {
      const auto score = static_cast<double>(scores(i, k));
      SURPLUS_REQUIRE(!std::isnan(score), ArgumentError, "margins", "no score may be NaN", "row", i,
                      "class", k);
      if (k != labels[i]) other = std::max(other, score);
    }
    result[i] = static_cast<double>(scores(i, labels[i])) - other;
  }
  return result;
}

}  // namespace

std::vector<double> margins(MatrixView<const float> scores, std::span<const std::size_t> labels) {
  return margins_of(scores, labels);
}
std::vector<double> margins(MatrixView<const double> scores, std::span<const std::size_t> labels) {
  return margins_of(scores, labels);
}

double quantile(std::span<const double> values, double share) {
  SURPLUS_REQUIRE(!values.empty(), ArgumentError, "quantile", "there must be a value");
  SURPLUS_REQUIRE(share >= 0 && share <= 1, ArgumentError, "quantile", "share must be from 0 to 1",
                  "share", share);
  for (std::size_t i = 0; i < values.size(); ++i) {
    SURPLUS_REQUIRE(!std::isnan(values[i]), ArgumentError, "quantile", "no value may be NaN",
                    "index", i);
  }
  std::vector<double> sorted(values.begin(), values.end());
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(sorted.begin(), at, sorted.end());
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0) return *at;
  return *at + fraction * (*std::min_element(at + 1, sorted.end()) - *at);
}

double ramp_loss(double margin, double gamma) {
  SURPLUS_REQUIRE(gamma > 0, ArgumentError, "ramp_loss", "gamma must be positive", "gamma", gamma);
  return std::clamp(1 - margin / gamma, 0.0, 1.0);
}

}  // namespace surplus
