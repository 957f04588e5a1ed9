#include "apps/studies/double_descent/linear_model.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "surplus/core/matrix.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/nested_lstsq.h"

namespace surplus::apps::double_descent {
namespace {

// From 36 to 44 the variance of the risk is infinite, or nearly.
constexpr std::array<std::size_t, 16> kCoordinates = {5,  10, 15, 20, 25, 30, 33, 35,
                                                      45, 47, 50, 60, 70, 80, 90, 100};
constexpr std::size_t kTrialsPerCell = 250;

// The sums of risks and of their squares over some trials, for each number of coordinates. One
// direction w and its first coordinates stand for p random ones: all is invariant under rotations.
std::vector<double> trial_sums(std::size_t begin, std::size_t end, const Rng& rng) {
  constexpr std::size_t d = kLinearFeatures, n = kLinearSamples;
  std::vector<double> sums(2 * kCoordinates.size());
  Matrix<double> x(n, d), y(n, 1);
  std::vector<double> w(d);
  for (std::size_t trial = begin; trial < end; ++trial) {
    Rng own = rng.split(trial);
    own.fill_normal(w);
    double length = 0;
    for (const double value : w) length += value * value;
    for (double& value : w) value /= std::sqrt(length);
    own.fill_normal(x.values());
    for (std::size_t i = 0; i < n; ++i) {
      y(i, 0) = std::sqrt(kLinearVariance) * own.normal();
      for (std::size_t j = 0; j < d; ++j) y(i, 0) += w[j] * x(i, j);
    }
    const auto fits = nested_lstsq<double>(x.view(), y, kCoordinates);
    for (std::size_t c = 0; c < kCoordinates.size(); ++c) {
      double risk = kLinearVariance;
      for (std::size_t j = 0; j < d; ++j) {
        const double error = w[j] - (j < kCoordinates[c] ? fits[c].x(j, 0) : 0);
        risk += error * error;
      }
      sums[2 * c] += risk;
      sums[2 * c + 1] += risk * risk;
    }
  }
  return sums;
}

}  // namespace

double linear_risk(std::size_t p, std::size_t n, std::size_t d, double variance) {
  const auto as = [](std::size_t value) { return static_cast<double>(value); };
  if (p + 2 <= n) return (1 - as(p) / as(d) + variance) * (1 + as(p) / (as(n) - as(p) - 1));
  if (p <= n + 1) return std::numeric_limits<double>::infinity();
  const double beyond = as(p) - as(n) - 1;
  return 1 - as(n) / as(d) * (2 - (as(d) - as(n) - 1) / beyond) + variance * (1 + as(n) / beyond);
}

double linear_seconds(std::size_t trials) { return 3e-4 * static_cast<double>(trials); }

std::vector<LinearPoint> run_linear(std::size_t trials, Run& run) {
  const Chunks chunks{trials, kTrialsPerCell};
  std::vector<std::vector<double>> sums(chunks.count());
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    const std::size_t begin = chunks.begin(chunk), end = chunks.end(chunk);
    sums[chunk] = run.cell(fmt::format("1d, trials from {}", begin), linear_seconds(end - begin),
                           2 * kCoordinates.size(),
                           [&] { return trial_sums(begin, end, run.rng().split("1d")); });
  });
  std::vector<LinearPoint> points;
  const auto n = static_cast<double>(trials);
  for (std::size_t c = 0; c < kCoordinates.size(); ++c) {
    double sum = 0, squares = 0;
    for (const auto& some : sums) sum += some[2 * c], squares += some[2 * c + 1];
    const double mean = sum / n;
    points.push_back(
        {kCoordinates[c],
         linear_risk(kCoordinates[c], kLinearSamples, kLinearFeatures, kLinearVariance), mean,
         std::sqrt((squares / n - mean * mean) / (n - 1))});
  }
  return points;
}

}  // namespace surplus::apps::double_descent
