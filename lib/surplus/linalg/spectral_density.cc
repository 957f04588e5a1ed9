#include "surplus/linalg/spectral_density.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"

namespace surplus {
namespace {

// Random signs, 64 from each word.
std::vector<double> signs(std::size_t n, std::uint64_t seed, std::size_t probe) {
  Rng rng = Rng(seed).split("probes").split(probe);
  std::vector<double> z(n);
  for (std::size_t i = 0; i < n; i += 64) {
    const std::uint64_t word = rng.bits();
    for (std::size_t j = i; j < std::min(i + 64, n); ++j)
      z[j] = (word >> (j - i) & 1) != 0 ? 1 : -1;
  }
  return z;
}

Estimate mean_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1) / count)};  // NaN for one
}

}  // namespace

TraceEstimate estimate_trace(const SymmetricOperator& a, std::size_t n, const TraceConfig& config) {
  SURPLUS_REQUIRE(n >= 1 && config.probes >= 1, ArgumentError, "estimate_trace",
                  "the size and the number of probes must be at least 1", "n", n, "probes",
                  config.probes);
  TraceEstimate result;
  std::vector<double> values, product(n);
  while (values.size() < config.probes) {
    const std::vector<double> z = signs(n, config.seed, values.size());
    a(z, product);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += z[i] * product[i];
    SURPLUS_REQUIRE(std::isfinite(sum), NumericalError, "estimate_trace",
                    "products with the matrix must be finite", "probe", values.size() + 1);
    values.push_back(sum);
    static_cast<Estimate&>(result) = mean_of(values);
    result.probes = values.size();
    if (config.observer && !config.observer({values.size(), config.probes, result.value}) &&
        values.size() < config.probes) {
      result.stop = Stop::kCancelled;
      break;
    }
  }
  return result;
}

SpectralDensity spectral_density(const SymmetricOperator& a, std::size_t n,
                                 const SpectralDensityConfig& config) {
  SURPLUS_REQUIRE(n >= 1 && config.probes >= 1 && config.steps >= 1, ArgumentError,
                  "spectral_density", "the size, the probes and the steps must be at least 1", "n",
                  n, "probes", config.probes, "steps", config.steps);
  SpectralDensity result;
  std::size_t steps = 0;
  for (std::size_t probe = 0; probe < config.probes; ++probe) {
    Lanczos lanczos(signs(n, config.seed, probe));
    while (lanczos.steps() < config.steps && lanczos.step(a)) {
      ++steps;
      if (config.observer && !config.observer({steps, config.probes * config.steps, 0})) {
        result.stop = Stop::kCancelled;
        return result;
      }
    }
    Lanczos::Ritz ritz = lanczos.ritz();
    result.rules.push_back({std::move(ritz.values), std::move(ritz.weights)});
  }
  return result;
}

Estimate SpectralDensity::mean(const std::function<double(double)>& f) const {
  std::vector<double> values;
  for (const Rule& rule : rules) {
    double sum = 0;
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) sum += rule.weights[i] * f(rule.nodes[i]);
    values.push_back(sum);
  }
  return mean_of(values);
}

std::vector<double> SpectralDensity::at(std::span<const double> points, double width) const {
  SURPLUS_REQUIRE(width > 0, ArgumentError, "SpectralDensity::at", "the width must be positive",
                  "width", width);
  const double height =
      std::numbers::inv_sqrtpi / std::numbers::sqrt2 / width / static_cast<double>(rules.size());
  std::vector<double> density(points.size());
  for (const Rule& rule : rules) {
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
      for (std::size_t p = 0; p < points.size(); ++p) {
        const double z = (points[p] - rule.nodes[i]) / width;
        density[p] += height * rule.weights[i] * std::exp(-z * z / 2);
      }
    }
  }
  return density;
}

}  // namespace surplus
