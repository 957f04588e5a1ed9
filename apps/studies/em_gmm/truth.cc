#include "apps/studies/em_gmm/truth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/triangular.h"
#include "surplus/mixture/gmm_queries.h"
#include "surplus/mixture/population.h"

namespace surplus::apps::em_gmm {
namespace {

// Steps of at most .26 in every mixture of the study: the rule has converged to rounding.
constexpr std::size_t kFisherIntervals = 100;

std::vector<std::size_t> heaviest_first(const std::vector<double>& weights) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return weights[i] > weights[j]; });
  return order;
}

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

}  // namespace

GaussianMixture unit_mixture(Matrix<double> means, std::vector<double> weights) {
  const std::size_t k = means.rows();
  return {CovarianceKind::kSpherical, std::move(weights), std::move(means),
          Matrix<double>(k, 1, 1.0)};
}

GaussianMixture symmetric_truth(double theta, double weight) {
  return unit_mixture({{theta}, {-theta}}, {weight, 1 - weight});
}

GaussianMixture separated_truth(double separation, double weight) {
  return unit_mixture({{0}, {separation}}, {weight, 1 - weight});
}

GaussianMixture plane_truth(std::size_t number) {
  SURPLUS_ASSERT(number >= 1 && number <= 4);
  switch (number) {
    case 1:
      return unit_mixture({{-3, 0}, {0, 0}, {2, 0}}, {0.5, 0.3, 0.2});
    case 2:
      return unit_mixture({{-3, 0}, {0, 2}, {2, 0}}, {0.5, 0.3, 0.2});
    case 3:
      return unit_mixture({{-3, 0}, {0, 0}, {2, 0}, {5, 0}}, {0.35, 0.3, 0.2, 0.15});
    default:
      return unit_mixture({{-3, 0}, {-1, 2}, {2, 0}, {2, 2}}, {0.35, 0.3, 0.2, 0.15});
  }
}

GaussianMixture start_at(const GaussianMixture& truth, Model model, Matrix<double> means) {
  const std::size_t k = truth.components();
  return unit_mixture(std::move(means), model == Model::kEm1
                                            ? truth.weights
                                            : std::vector<double>(k, 1.0 / static_cast<double>(k)));
}

GmmConfig em_config(Model model, GaussianMixture start, double tolerance, std::size_t iterations) {
  GmmConfig config;
  config.components = start.components();
  config.covariance = start.kind;
  config.start = GmmStart::kGiven;
  config.given = std::move(start);
  config.fixed_weights = model == Model::kEm1;
  config.fixed_covariances = true;
  config.iterations = iterations;
  config.tolerance = 0;
  config.parameter_tolerance = tolerance;
  config.keep_trace = false;
  return config;
}

Errors errors(const GaussianMixture& truth, const GaussianMixture& fitted) {
  const std::size_t k = truth.components();
  const auto error = [&](const std::vector<std::size_t>& order) {
    double sum = 0;
    for (std::size_t i = 0; i < k; ++i) {
      sum += truth.weights[i] * squared_distance(fitted.means.row(order[i]), truth.means.row(i));
    }
    return sum;
  };
  std::vector<std::size_t> order(k);
  std::iota(order.begin(), order.end(), 0);
  Errors result{error(order), std::numeric_limits<double>::infinity(), 0};
  do {
    result.best = std::min(result.best, error(order));
  } while (std::next_permutation(order.begin(), order.end()));
  const std::vector<std::size_t> from = heaviest_first(fitted.weights);
  const std::vector<std::size_t> to = heaviest_first(truth.weights);
  for (std::size_t i = 0; i < k; ++i) order[to[i]] = from[i];
  result.sorted = error(order);
  return result;
}

double fisher_trace(const GaussianMixture& truth) {
  const std::size_t k = truth.components();
  const std::size_t d = truth.features();
  const WeightedPoints nodes = population_nodes(truth, kFisherIntervals);
  const Matrix<double> responsibilities = predict_proba(truth, nodes.x);
  // I = E[s s'] with the score s = (r_1 (x - mean_1), ..., r_k (x - mean_k)).
  Matrix<double> information(k * d, k * d);
  std::vector<double> score(k * d);
  for (std::size_t n = 0; n < nodes.x.rows(); ++n) {
    for (std::size_t i = 0; i < k * d; ++i) {
      score[i] = responsibilities(n, i / d) * (nodes.x(n, i % d) - truth.means(i / d, i % d));
    }
    for (std::size_t i = 0; i < k * d; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        information(i, j) += nodes.weights[n] * score[i] * score[j];
      }
    }
  }
  // With I = L L', Tr(W I^-1) is the sum of the squares of L^-1 W^(1/2).
  const Matrix<double> factor = cholesky(information);
  Matrix<double> half(k * d, k * d);
  for (std::size_t i = 0; i < k * d; ++i) half(i, i) = std::sqrt(truth.weights[i / d]);
  triangular_solve(factor, half);
  return std::inner_product(half.values().begin(), half.values().end(), half.values().begin(), 0.0);
}

}  // namespace surplus::apps::em_gmm
