#include "surplus/linear/svm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"

namespace surplus {
namespace {

constexpr std::string_view kFit = "fit_svm";

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

struct Solution {
  std::vector<double> w;
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;
  double gap = 0;
};

// One class against the rest: y_n = 1 where labels[n] is `positive`, else -1.
Solution solve(const Matrix<double>& x, std::span<const std::size_t> labels, std::size_t positive,
               const SvmConfig& config, Rng order) {
  const std::size_t n = x.rows();
  const bool squared = config.loss == SvmLoss::kSquaredHinge;
  // The dual: min |w|^2 / 2 + ridge |alpha|^2 / 2 - sum alpha over 0 <= alpha <= most.
  const double ridge = squared ? 1 / (2 * config.c) : 0;
  const double most = squared ? std::numeric_limits<double>::infinity() : config.c;
  std::vector<double> y(n), alpha(n, 0.0), curvature(n);
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = labels[i] == positive ? 1 : -1;
    curvature[i] = dot(x.row(i), x.row(i)) + ridge;
  }
  Solution solution{std::vector<double>(x.cols(), 0.0)};
  std::vector<double>& w = solution.w;
  const auto measure = [&] {
    double losses = 0, duals = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double short_by = std::max(0.0, 1 - y[i] * dot(w, x.row(i)));
      losses += squared ? short_by * short_by : short_by;
      duals += alpha[i] * (1 - ridge / 2 * alpha[i]);
    }
    const double half = dot(w, w) / 2;
    const double primal = half + config.c * losses;
    solution.gap = primal > 0 ? (primal - (duals - half)) / primal : 0;
    return primal;
  };
  measure();
  while (solution.iterations < config.iterations) {
    for (const std::size_t i : order.permutation(n)) {
      if (curvature[i] == 0) {  // a row of zeros under the hinge: the dual grows without resistance
        alpha[i] = most;
        continue;
      }
      const double gradient = y[i] * dot(w, x.row(i)) - 1 + ridge * alpha[i];
      const double next = std::clamp(alpha[i] - gradient / curvature[i], 0.0, most);
      const double change = (next - alpha[i]) * y[i];
      alpha[i] = next;
      if (change == 0) continue;
      for (std::size_t j = 0; j < w.size(); ++j) w[j] += change * x(i, j);
    }
    ++solution.iterations;
    const double primal = measure();
    if (config.observer && !config.observer({solution.iterations, config.iterations, primal})) {
      solution.stop = Stop::kCancelled;
      break;
    }
    if (solution.gap <= config.tolerance) {
      solution.stop = Stop::kConverged;
      break;
    }
  }
  return solution;
}

void check(const SvmConfig& config) {
  SURPLUS_REQUIRE(config.c > 0 && std::isfinite(config.c), ArgumentError, kFit,
                  "c must be positive and finite", "c", config.c);
  SURPLUS_REQUIRE(config.tolerance >= 0, ArgumentError, kFit, "tolerance must be at least 0",
                  "tolerance", config.tolerance);
  SURPLUS_REQUIRE(config.intercept_scaling >= 0 && std::isfinite(config.intercept_scaling),
                  ArgumentError, kFit, "intercept_scaling must be at least 0 and finite",
                  "intercept_scaling", config.intercept_scaling);
}

}  // namespace

SvmResult fit_svm(MatrixView<const double> x, std::span<const std::size_t> labels,
                  const SvmConfig& config) {
  const std::size_t k = detail::require_classes(kFit, x, labels);
  check(config);
  const std::size_t d = x.cols();
  Matrix<double> extended(x.rows(), d + 1, config.intercept_scaling);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    std::copy_n(x.row(i).data(), d, extended.row(i).data());
  }
  const Rng rng = Rng(config.seed).split("svm");
  std::vector<Solution> solutions(k == 2 ? 1 : k);
  parallel_for(solutions.size(), [&](std::size_t i) {
    solutions[i] = solve(extended, labels, k == 2 ? 1 : i, config, rng.split(i));
  });
  SvmResult result{{Matrix<double>(solutions.size(), d), {}}, Stop::kConverged, 0, 0};
  for (std::size_t i = 0; i < solutions.size(); ++i) {
    const Solution& solution = solutions[i];
    std::copy_n(solution.w.data(), d, result.classifier.weights.row(i).data());
    result.classifier.intercepts.push_back(solution.w[d] * config.intercept_scaling);
    result.iterations = std::max(result.iterations, solution.iterations);
    result.gap = std::max(result.gap, solution.gap);
    if (result.stop == Stop::kConverged) result.stop = solution.stop;
    if (solution.stop == Stop::kCancelled) result.stop = Stop::kCancelled;
  }
  return result;
}

}  // namespace surplus
