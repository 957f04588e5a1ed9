#include "surplus/mixture/gmm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/checks.h"
#include "surplus/mixture/gmm_checks.h"
#include "surplus/mixture/gmm_start.h"
#include "surplus/mixture/gmm_steps.h"

namespace surplus {
namespace {

constexpr const char* kFit = "fit_gmm";

// The variances of component i, whose mean sets the size of a repair.
template <typename Visit>
void for_each_variance(GaussianMixture& mixture, std::size_t i, const Visit& visit) {
  if (mixture.kind == CovarianceKind::kFull || mixture.kind == CovarianceKind::kTied) {
    const std::size_t d = mixture.features();
    for (std::size_t j = 0; j < d; ++j) visit(mixture.covariances(i * d + j, j));
  } else {
    for (double& variance : mixture.covariances.row(i)) visit(variance);
  }
}

// Factorizes, and adds jitter to the covariances that need it. Returns how many did.
std::size_t factorize_or_repair(GaussianMixture& mixture, std::size_t iteration,
                                GmmFactors& factors) {
  const std::size_t all = mixture.kind == CovarianceKind::kTied ? 1 : mixture.components();
  std::size_t repaired = 0, bad = 0;
  while ((bad = factorize(kFit, mixture, factors)) < all) {
    double mean = 0, count = 0, added = 0;
    for_each_variance(mixture, bad, [&](double variance) { mean += variance, ++count; });
    mean /= count;
    for (const double share : {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1}) {
      const double jitter = share * mean;
      for_each_variance(mixture, bad, [&](double& variance) { variance += jitter - added; });
      added = jitter;
      if (factorize(kFit, mixture, factors) > bad) break;
    }
    SURPLUS_REQUIRE(factorize(kFit, mixture, factors) > bad, NumericalError, kFit,
                    "a covariance must be positive definite, also after the largest repair; fewer "
                    "components, a larger covariance_floor or rescaled columns may help",
                    "component", bad, "iteration", iteration, "mean variance", mean);
    ++repaired;
  }
  return repaired;
}

double summed_change(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

// Over the free parameters; theta of symmetric means is one, though it stands twice.
double parameter_change(const GaussianMixture& a, const GaussianMixture& b,
                        const GmmConfig& config) {
  double change = 0;
  if (!config.fixed_weights) change += summed_change(a.weights, b.weights);
  if (config.means == MeansRule::kFree) change += summed_change(a.means.values(), b.means.values());
  if (config.means == MeansRule::kTiedSymmetric) {
    change += summed_change(a.means.row(0), b.means.row(0));
  }
  if (!config.fixed_covariances) {
    change += summed_change(a.covariances.values(), b.covariances.values());
  }
  return change;
}

// The mean covariance of the components by weight, as the covariance of component `to`.
void pool_covariance(GaussianMixture& mixture, std::size_t to) {
  const std::size_t k = mixture.components();
  const std::size_t size = mixture.covariances.size() / k;
  const std::span<double> values = mixture.covariances.values();
  std::vector<double> mean(size);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t p = 0; p < size; ++p) mean[p] += mixture.weights[i] * values[i * size + p];
  }
  std::copy(mean.begin(), mean.end(), values.begin() + static_cast<std::ptrdiff_t>(to * size));
}

// Restarts the components that this E-step left empty, each at a row of its own. Returns how many.
template <typename T>
std::size_t reseed(MatrixView<const T> x, const GmmConfig& config, const GmmMoments& moments,
                   const GmmFactors& factors, GaussianMixture& next) {
  std::vector<double> densities;
  std::size_t reseeded = 0;
  for (std::size_t i = 0; i < next.components(); ++i) {
    if (!is_empty(moments, i)) continue;
    if (densities.empty()) {
      densities.resize(x.rows());
      evaluate_rows(x, factors, {.log_density = densities.data()});
      for (std::size_t n = 0; n < config.sample_weights.size(); ++n) {
        if (config.sample_weights[n] == 0) densities[n] = std::numeric_limits<double>::infinity();
      }
    }
    const auto worst = std::min_element(densities.begin(), densities.end());
    const auto row = static_cast<std::size_t>(worst - densities.begin());
    *worst = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < x.cols(); ++j) next.means(i, j) = static_cast<double>(x(row, j));
    if (!config.fixed_covariances && next.kind != CovarianceKind::kTied) pool_covariance(next, i);
    if (!config.fixed_weights) {
      const double share = 1 / static_cast<double>(next.components());
      const double others = 1 - next.weights[i];
      for (double& weight : next.weights) weight *= (1 - share) / others;
      next.weights[i] = share;
    }
    ++reseeded;
  }
  return reseeded;
}

// The one loop.
template <typename T>
GmmResult run(MatrixView<const T> x, const GmmConfig& config, GaussianMixture start,
              double total_weight) {
  GmmResult result;
  result.mixture = std::move(start);
  GaussianMixture& mixture = result.mixture;
  GaussianMixture next = mixture;
  GmmFactors factors;
  GmmMoments moments = make_moments(mixture, config);
  const auto mean_log_likelihood = [&] {
    const double value = moments.log_likelihood / total_weight;
    SURPLUS_REQUIRE(std::isfinite(value), NumericalError, kFit, "the log-likelihood must be finite",
                    "log_likelihood", value, "iteration", result.iterations);
    return value;
  };
  result.repaired = factorize_or_repair(mixture, 0, factors);
  if (config.keep_path) result.path.push_back(mixture);
  double before = -std::numeric_limits<double>::infinity();
  while (result.iterations < config.iterations) {
    e_step(x, factors, config.sample_weights, moments);
    const double now = mean_log_likelihood();
    m_step(moments, mixture, config, next);
    if (config.empty_component == EmptyComponent::kReseed) {
      result.reseeded += reseed(x, config, moments, factors, next);
    }
    ++result.iterations;
    result.repaired += factorize_or_repair(next, result.iterations, factors);
    const double change = parameter_change(mixture, next, config);
    std::swap(mixture, next);
    if (config.keep_trace) result.trace.push_back(now);
    if (config.keep_path) result.path.push_back(mixture);
    if (config.observer && !config.observer({result.iterations, config.iterations, now})) {
      result.stop = Stop::kCancelled;
      break;
    }
    if (std::abs(now - before) < config.tolerance || change <= config.parameter_tolerance) {
      result.stop = Stop::kConverged;
      break;
    }
    before = now;
  }
  for (auto* sums : {&moments.masses, &moments.first, &moments.second}) sums->clear();
  e_step(x, factors, config.sample_weights, moments);
  result.log_likelihood = mean_log_likelihood();
  return result;
}

template <typename T>
void require_rows(MatrixView<const T> x) {
  SURPLUS_REQUIRE(!x.empty(), ShapeError, kFit, "x must have a row and a column", "x", x.shape());
  detail::require_finite(kFit, "x", x);
}

template <typename T>
GmmResult fit_checked(MatrixView<const T> x, const GmmConfig& config, double total_weight) {
  const GaussianMixture given = detail::require_given(config, x.cols());
  GmmResult best;
  for (std::size_t i = 0; i < config.starts; ++i) {
    Rng rng = Rng(config.seed).split(i);
    GmmResult result = run(x, config, detail::start_mixture(x, config, given, rng), total_weight);
    const bool cancelled = result.stop == Stop::kCancelled;
    if (i == 0 || result.log_likelihood > best.log_likelihood) best = std::move(result);
    if (cancelled) {
      best.stop = Stop::kCancelled;
      break;
    }
  }
  return best;
}

template <typename T>
double require_input(MatrixView<const T> x, const GmmConfig& config) {
  require_rows(x);
  const double total = detail::require_sample_weights(kFit, x.rows(), config.sample_weights);
  const auto absent = std::count(config.sample_weights.begin(), config.sample_weights.end(), 0.0);
  detail::require_config(config, x.rows() - static_cast<std::size_t>(absent), x.cols());
  return total;
}

template <typename T>
GmmResult fit_gmm_of(MatrixView<const T> x, const GmmConfig& config) {
  return fit_checked(x, config, require_input(x, config));
}

template <typename T>
std::vector<GmmResult> fit_gmm_many_of(MatrixView<const T> x, const GmmConfig& config,
                                       std::span<const GaussianMixture> starts) {
  const double total_weight = require_input(x, config);
  std::vector<GmmResult> results(starts.size());
  parallel_for(starts.size(), [&](std::size_t i) {
    GmmConfig own = config;
    own.given = starts[i];
    results[i] = fit_checked(x, own, total_weight);
  });
  return results;
}

}  // namespace

std::string_view to_text(CovarianceKind kind) {
  switch (kind) {
    case CovarianceKind::kFull:
      return "full";
    case CovarianceKind::kTied:
      return "tied";
    case CovarianceKind::kDiagonal:
      return "diagonal";
    case CovarianceKind::kSpherical:
      return "spherical";
  }
  return "unknown";
}

GmmResult fit_gmm(MatrixView<const double> x, const GmmConfig& config) {
  return fit_gmm_of(x, config);
}
GmmResult fit_gmm(MatrixView<const float> x, const GmmConfig& config) {
  return fit_gmm_of(x, config);
}

std::vector<GmmResult> fit_gmm_many(MatrixView<const double> x, const GmmConfig& config,
                                    std::span<const GaussianMixture> starts) {
  return fit_gmm_many_of(x, config, starts);
}
std::vector<GmmResult> fit_gmm_many(MatrixView<const float> x, const GmmConfig& config,
                                    std::span<const GaussianMixture> starts) {
  return fit_gmm_many_of(x, config, starts);
}

}  // namespace surplus
