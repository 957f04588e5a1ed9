#include "apps/studies/em_gmm/symmetric.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "apps/runner/cells.h"
#include "apps/studies/em_gmm/reference.h"
#include "apps/studies/em_gmm/truth.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm_queries.h"
#include "surplus/mixture/population.h"

namespace surplus::apps::em_gmm {
namespace {

constexpr double kTolerance = 1e-13;
constexpr std::size_t kIterations = 200000;
// In the plane: coarser, as what is counted there are fits that reach one of two points.
constexpr double kPlaneTolerance = 1e-9;
constexpr std::size_t kPlaneIntervals = 100;

constexpr std::array<Model, 2> kModels = {Model::kEm1, Model::kEm2};
constexpr std::size_t kPathSteps = 40;

// Population EM on the symmetric mixture, the means tied to theta and -theta.
GmmConfig tied_config(const WeightedPoints& nodes, Model model, GaussianMixture start) {
  GmmConfig config = em_config(model, std::move(start), kTolerance, kIterations);
  config.means = MeansRule::kTiedSymmetric;
  config.sample_weights = nodes.weights;
  return config;
}

GmmResult fit_tied(const WeightedPoints& nodes, Model model, GaussianMixture start) {
  return fit_gmm(nodes.x, tied_config(nodes, model, std::move(start)));
}

GmmResult step_tied(const WeightedPoints& nodes, Model model, GaussianMixture start,
                    std::size_t steps) {
  GmmConfig config = tied_config(nodes, model, std::move(start));
  config.iterations = steps;
  config.parameter_tolerance = 0;
  config.keep_trace = true;
  config.keep_path = true;
  return fit_gmm(nodes.x, config);
}

// The derivative of EM_1's map theta -> E[tanh(theta y + ...) y] at its limit.
double slope(const WeightedPoints& nodes, const GaussianMixture& limit) {
  const Matrix<double> responsibilities = predict_proba(limit, nodes.x);
  double sum = 0;
  for (std::size_t n = 0; n < nodes.x.rows(); ++n) {
    const double y = nodes.x(n, 0);
    sum += nodes.weights[n] * 4 * responsibilities(n, 0) * responsibilities(n, 1) * y * y;
  }
  return sum;
}

SymmetricCell run_symmetric_cell(double theta, double weight, std::size_t intervals) {
  const GaussianMixture truth = symmetric_truth(theta, weight);
  const WeightedPoints nodes = population_nodes(truth, intervals);
  const auto em1 = [&](double start) {
    return fit_tied(nodes, Model::kEm1, symmetric_truth(start, weight));
  };
  const GmmResult wrong = em1(-theta);
  const GmmResult em2 = fit_tied(nodes, Model::kEm2, symmetric_truth(-0.1 * theta, 0.5));
  const GmmResult step = step_tied(nodes, Model::kEm2, symmetric_truth(0, 0.5), 1);
  return {.theta = theta,
          .weight = weight,
          .em1_limit = wrong.mixture.means(0, 0),
          .em1_slope = slope(nodes, wrong.mixture),
          .em1_iterations = static_cast<double>(wrong.iterations),
          .em1_from_zero = em1(0).mixture.means(0, 0),
          .em2_theta = em2.mixture.means(0, 0),
          .em2_weight = em2.mixture.weights[0],
          .em2_iterations = static_cast<double>(em2.iterations),
          .em2_from_zero =
              std::abs(step.mixture.means(0, 0)) + std::abs(step.mixture.weights[0] - 0.5)};
}

Threshold bisect(double theta, std::size_t intervals) {
  const auto is_spurious = [&](double weight) {
    const WeightedPoints nodes = population_nodes(symmetric_truth(theta, weight), intervals);
    const GaussianMixture start = symmetric_truth(-3 * theta - 2, weight);
    return fit_tied(nodes, Model::kEm1, start).mixture.means(0, 0) < 0;
  };
  double low = 0.5;
  double high = 0.9999;
  if (is_spurious(high)) return {theta, high, 0};
  while (high - low > 1e-4) {
    const double middle = (low + high) / 2;
    (is_spurious(middle) ? low : high) = middle;
  }
  return {theta, (low + high) / 2, (high - low) / 2};
}

// Starts in the plane for the theorem of EM_2: how many reach a global optimum, and how many of
// these the one with the sign of <start, theta*>.
std::array<double, 2> run_plane_starts(bool random_weight, const Rng& rng) {
  constexpr double kTheta = 1.2;
  constexpr double kWeight = 0.7;
  const GaussianMixture truth = unit_mixture({{kTheta, 0}, {-kTheta, 0}}, {kWeight, 1 - kWeight});
  const WeightedPoints nodes = population_nodes(truth, kPlaneIntervals);
  std::vector<GaussianMixture> starts;
  for (std::size_t i = 0; i < kPlaneStarts; ++i) {
    Rng draws = rng.split(i);
    const double x = 1.5 * draws.normal();
    const double y = 1.5 * draws.normal();
    const double weight = random_weight ? 0.05 + 0.9 * draws.uniform() : 0.5;
    starts.push_back(unit_mixture({{x, y}, {-x, -y}}, {weight, 1 - weight}));
  }
  GmmConfig config = tied_config(nodes, Model::kEm2, starts.front());
  config.parameter_tolerance = kPlaneTolerance;
  const std::vector<GmmResult> fits = fit_gmm_many(nodes.x, config, starts);
  std::array<double, 2> counts{};
  for (std::size_t i = 0; i < kPlaneStarts; ++i) {
    const GaussianMixture& end = fits[i].mixture;
    const double sign = end.means(0, 0) > 0 ? 1 : -1;
    const double error = std::abs(end.means(0, 0) - sign * kTheta) + std::abs(end.means(0, 1)) +
                         std::abs(end.weights[0] - (0.5 + sign * (kWeight - 0.5)));
    if (error > 1e-6) continue;
    counts[0] += 1;
    counts[1] += sign * starts[i].means(0, 0) > 0;
  }
  return counts;
}

// Second coordinates of EM_2 from (0, 2), truth (1.2, 0): the hyperplane <theta, theta*> = 0.
std::array<double, 3> run_hyperplane() {
  const GaussianMixture truth = unit_mixture({{1.2, 0}, {-1.2, 0}}, {0.7, 0.3});
  const GmmResult plane =
      step_tied(population_nodes(truth, kPlaneIntervals), Model::kEm2,
                unit_mixture({{0, 2}, {0, -2}}, {0.5, 0.5}), kHyperplaneSteps[0]);
  // Rounding drives later iterates off the hyperplane. Within it, the iteration is that of the
  // second coordinate alone, which is N(0, 1) in both components.
  const GmmResult line = step_tied(population_nodes(unit_mixture({{0}}, {1}), kPlaneIntervals),
                                   Model::kEm2, symmetric_truth(2, 0.5), kHyperplaneSteps[2]);
  return {plane.path[kHyperplaneSteps[0]].means(0, 1), line.path[kHyperplaneSteps[1]].means(0, 0),
          line.path[kHyperplaneSteps[2]].means(0, 0)};
}

Theorems compute_theorems(std::size_t intervals, const Rng& rng) {
  Theorems theorems;
  for (std::size_t i = 0; i < kTenStepThetas.size(); ++i) {
    const double theta = kTenStepThetas[i];
    // So far out every responsibility is 0 or 1, as at infinity.
    constexpr double kInfinitelyFar = 1e3;
    const GmmResult steps = step_tied(population_nodes(symmetric_truth(theta, 0.5), intervals),
                                      Model::kEm1, symmetric_truth(kInfinitelyFar, 0.5), 10);
    theorems.ten_steps[i] = std::abs(steps.mixture.means(0, 0) - theta) / theta;
  }
  for (std::size_t i = 0; i < kLogLikelihoods.size(); ++i) {
    const LogLikelihood& known = kLogLikelihoods[i];
    const WeightedPoints nodes =
        population_nodes(symmetric_truth(known.theta_true, known.weight_true), intervals);
    theorems.log_likelihoods[i] =
        score(symmetric_truth(known.theta, known.weight), nodes.x, nodes.weights);
  }
  const GmmResult step = step_tied(population_nodes(symmetric_truth(1, 0.7), intervals),
                                   Model::kEm2, symmetric_truth(0.3, 0.6), 1);
  theorems.step_theta = step.mixture.means(0, 0);
  theorems.step_weight = step.mixture.weights[0];
  const auto plane = run_plane_starts(false, rng.split("plane"));
  theorems.plane_global = plane[0];
  theorems.plane_predicted = plane[1];
  theorems.plane_random_weight = run_plane_starts(true, rng.split("plane, random weight"))[0];
  theorems.hyperplane = run_hyperplane();
  for (std::size_t i = 0; i < kSeparations.size(); ++i) {
    for (std::size_t j = 0; j < kPaperWeights.size(); ++j) {
      theorems.traces[i][j] = fisher_trace(separated_truth(kSeparations[i], kPaperWeights[j]));
    }
  }
  for (std::size_t i = 0; i < kPlaneTraces.size(); ++i) {
    theorems.plane_traces[i] = fisher_trace(plane_truth(i + 1));
  }
  return theorems;
}

std::vector<double> compute_paths(std::size_t intervals) {
  const WeightedPoints nodes = population_nodes(symmetric_truth(1, 0.7), intervals);
  std::vector<double> values;
  for (const Model model : kModels) {
    const GaussianMixture start = start_at(symmetric_truth(1, 0.7), model, {{-0.25}, {0.25}});
    const auto path = path_values(step_tied(nodes, model, start, kPathSteps), kPathSteps);
    values.insert(values.end(), path.begin(), path.end());
  }
  return values;
}

}  // namespace

double symmetric_seconds(const std::vector<double>& thetas, const std::vector<double>& weights,
                         std::size_t intervals) {
  return static_cast<double>(thetas.size() * weights.size()) * em_seconds(intervals, 2, 250);
}

std::vector<SymmetricCell> run_symmetric(const std::string& name, const std::vector<double>& thetas,
                                         const std::vector<double>& weights, std::size_t intervals,
                                         Run& run) {
  const std::size_t count = thetas.size() * weights.size();
  const auto compute = [&] {
    std::vector<SymmetricCell> cells(count);
    parallel_for(count, [&](std::size_t i) {
      cells[i] =
          run_symmetric_cell(thetas[i / weights.size()], weights[i % weights.size()], intervals);
    });
    return pack(cells);
  };
  return unpack<SymmetricCell>(run.cell(name, symmetric_seconds(thetas, weights, intervals),
                                        count * kValues<SymmetricCell>, compute));
}

double threshold_seconds(const std::vector<double>& thetas, std::size_t intervals) {
  return static_cast<double>(thetas.size()) * em_seconds(intervals, 2, 5000);
}

std::vector<Threshold> run_thresholds(const std::vector<double>& thetas, std::size_t intervals,
                                      Run& run) {
  const auto compute = [&] {
    std::vector<Threshold> thresholds(thetas.size());
    parallel_for(thetas.size(),
                 [&](std::size_t i) { thresholds[i] = bisect(thetas[i], intervals); });
    return pack(thresholds);
  };
  return unpack<Threshold>(run.cell("critical weights", threshold_seconds(thetas, intervals),
                                    thetas.size() * kValues<Threshold>, compute));
}

Theorems run_theorems(std::size_t intervals, Run& run) {
  const auto compute = [&] {
    return pack(std::vector{compute_theorems(intervals, run.rng().split("theorems"))});
  };
  return unpack<Theorems>(run.cell("theorems", kTheoremsSeconds, kValues<Theorems>, compute))
      .front();
}

std::array<Path, 2> run_symmetric_paths(std::size_t intervals, Run& run) {
  constexpr std::size_t kSize = path_size(kPathSteps);
  const std::vector<double> values = run.cell("paths, symmetric", kSymmetricPathsSeconds, 2 * kSize,
                                              [&] { return compute_paths(intervals); });
  const std::span all(values);
  return {path_of(kModels[0], all.first(kSize)), path_of(kModels[1], all.last(kSize))};
}

}  // namespace surplus::apps::em_gmm
