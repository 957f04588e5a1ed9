#include "apps/studies/sop_linear/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/runner/cells.h"
#include "surplus/noise/sparse_noise.h"

namespace surplus::apps::sop_linear {
namespace {

constexpr double kSupport = 1e-9;
constexpr double kSecondsPerSweep = 1e-3;
constexpr double kSecondsPerEnd = 2e-3;

double margin_of(const SparseNoiseResult& limit, const std::vector<double>& mu, double lambda) {
  double margin = 0;
  for (std::size_t i = 0; i < mu.size(); ++i) {
    if (std::abs(limit.s[i]) <= kSupport) margin = std::max(margin, std::abs(mu[i]) / lambda);
  }
  return margin;
}

SweepPoint sweep_point(double seed, double lambda, const SparseNoiseResult& x,
                       const SparseNoiseInstance& instance) {
  SweepPoint point{.seed = seed,
                   .lambda = lambda,
                   .error = relative(x.theta, instance.theta),
                   .gap = x.gap / x.primal,
                   .margin = margin_of(x, x.mu, lambda),
                   .support = static_cast<double>(x.support.size())};
  for (std::size_t i = 0; i < x.mu.size(); ++i) {
    point.outside = std::max(point.outside, std::abs(x.mu[i]) / lambda - 1);
    if (std::abs(x.s[i]) > kSupport) {
      point.active = std::max(point.active, std::abs(x.mu[i] - std::copysign(lambda, x.s[i])));
    }
  }
  return point;
}

}  // namespace

SparseNoiseInstance small_instance(std::uint64_t seed, const Run& run) {
  return sparse_noise_instance(20, 40, 3, 3, run.rng().split("SOP-LIN(20, 40, 3, 3)").split(seed));
}

double relative(const std::vector<double>& a, const std::vector<double>& b) {
  double apart = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    apart += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(apart / size);
}

double limits_seconds(std::size_t seeds, std::size_t lambdas, std::size_t gammas) {
  return static_cast<double>(seeds * lambdas) *
         (kSecondsPerSweep + kSecondsPerEnd * static_cast<double>(gammas));
}

Limits run_limits(std::size_t seeds, const std::vector<double>& lambdas,
                  const std::vector<double>& gammas, Run& run) {
  Limits limits;
  for (std::size_t seed = 1; seed <= seeds; ++seed) {
    const SparseNoiseInstance instance = small_instance(seed, run);
    const auto values = run.cell(
        fmt::format("limits, instance {}", seed), limits_seconds(1, lambdas.size(), gammas.size()),
        lambdas.size() * (kValues<SweepPoint> + gammas.size() * kValues<EndPoint>), [&] {
          const SparseNoiseFactors factors = factor_sparse_noise(instance.j);
          const auto number = static_cast<double>(seed);
          std::vector<SweepPoint> sweep;
          std::vector<EndPoint> ends;
          for (const double lambda : lambdas) {
            const auto limit = solve_sparse_noise(factors, instance.y, {.lambda = lambda});
            sweep.push_back(sweep_point(number, lambda, limit, instance));
            for (const double gamma : gammas) {
              const auto end = solve_sparse_noise(
                  factors, instance.y,
                  {.method = SparseNoiseMethod::kNewton, .lambda = lambda, .gamma = gamma});
              ends.push_back({number, lambda, gamma, relative(end.theta, limit.theta), end.residual,
                              margin_of(limit, end.mu, lambda)});
            }
          }
          std::vector<double> all = pack(sweep);
          const std::vector<double> rest = pack(ends);
          all.insert(all.end(), rest.begin(), rest.end());
          return all;
        });
    const auto cut =
        values.begin() + static_cast<std::ptrdiff_t>(lambdas.size() * kValues<SweepPoint>);
    for (const SweepPoint& point : unpack<SweepPoint>({values.begin(), cut})) {
      limits.sweep.push_back(point);
    }
    for (const EndPoint& point : unpack<EndPoint>({cut, values.end()})) {
      limits.ends.push_back(point);
    }
  }
  return limits;
}

}  // namespace surplus::apps::sop_linear
