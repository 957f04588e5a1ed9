#include "surplus/mixture/population.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "surplus/mixture/gmm_checks.h"
#include "surplus/mixture/gmm_queries.h"

namespace surplus {
namespace {

double variance(const GaussianMixture& mixture, std::size_t i, std::size_t axis) {
  switch (mixture.kind) {
    case CovarianceKind::kFull:
      return mixture.covariances(i * mixture.features() + axis, axis);
    case CovarianceKind::kTied:
      return mixture.covariances(axis, axis);
    case CovarianceKind::kDiagonal:
      return mixture.covariances(i, axis);
    case CovarianceKind::kSpherical:
      break;
  }
  return mixture.covariances(i, 0);
}

std::pair<double, double> range(const GaussianMixture& mixture, std::size_t axis) {
  double low = mixture.means(0, axis), high = low, largest = 0;
  for (std::size_t i = 0; i < mixture.components(); ++i) {
    low = std::min(low, mixture.means(i, axis));
    high = std::max(high, mixture.means(i, axis));
    largest = std::max(largest, variance(mixture, i, axis));
  }
  return {low - 9 * std::sqrt(largest), high + 9 * std::sqrt(largest)};
}

}  // namespace

WeightedPoints population_nodes(const GaussianMixture& truth, std::size_t intervals) {
  detail::require_mixture("population_nodes", truth);
  const std::size_t d = truth.features();
  SURPLUS_REQUIRE(d <= 2, ArgumentError, "population_nodes",
                  "the mixture must have one or two features", "features", d);
  SURPLUS_REQUIRE(intervals >= 1, ArgumentError, "population_nodes", "intervals must be at least 1",
                  "intervals", intervals);
  const std::size_t nodes = intervals + 1, n = d == 1 ? nodes : nodes * nodes;
  WeightedPoints points = {Matrix<double>(n, d), std::vector<double>(n, 1.0)};
  for (std::size_t axis = 0; axis < d; ++axis) {
    const auto [low, high] = range(truth, axis);
    const double step = (high - low) / static_cast<double>(intervals);
    for (std::size_t row = 0; row < n; ++row) {
      const std::size_t node = axis + 1 == d ? row % nodes : row / nodes;
      const bool end = node == 0 || node == intervals;
      points.x(row, axis) = low + static_cast<double>(node) * step;
      points.weights[row] *= end ? step / 2 : step;
    }
  }
  const std::vector<double> densities = score_samples(truth, points.x);
  for (std::size_t row = 0; row < n; ++row) points.weights[row] *= std::exp(densities[row]);
  return points;
}

}  // namespace surplus
