#include "apps/studies/itml/library_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "apps/runner/cells.h"
#include "apps/studies/itml/curve.h"
#include "apps/studies/itml/data.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/triangular.h"
#include "surplus/metric/itml.h"
#include "surplus/metric/itml_online.h"

namespace surplus::apps::itml {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One projection onto the pair of 0 and v.
ItmlResult project(const Matrix<double>& points, bool similar, double bound, double gamma,
                   const Matrix<double>& prior) {
  return fit_itml(points, listed_pairs({{0, 1, similar}}),
                  {.slack = gamma,
                   .prior = MetricPrior::kGiven,
                   .given_prior = prior,
                   .bounds = ItmlBounds{bound, bound},
                   .sweeps = 1});
}

double worked_projections() {
  const Matrix<double> identity = {{1, 0}, {0, 1}};
  const ItmlResult near = project({{3, 4}, {0, 0}}, true, 1, 1, identity);
  const Matrix<double> expected = {{.6676923, -.4430769}, {-.4430769, .4092308}};
  double worst = std::abs(near.dual[0] - .48);
  for (std::size_t i = 0; i < 4; ++i) {
    worst = std::max(worst, std::abs(near.metric.values()[i] - expected.values()[i]));
  }
  const ItmlResult far = project({{.1, 0}, {0, 0}}, false, 4, 1, identity);
  // p' = (1 + gamma) / (1 / p + gamma / l) with p = .01.
  return std::max(worst, std::abs(.01 * far.metric(0, 0) - 2 / (1 / .01 + 1 / 4.0)));
}

// An active projection takes p to the weighted harmonic mean of p and the bound.
double harmonic_means(Rng rng) {
  double worst = 0;
  for (int i = 0; i < static_cast<int>(kProjections); ++i) {
    const auto draw = [&] { return std::exp(6 * rng.uniform() - 3); };
    const double p = draw(), factor = 1 + draw(), gamma = draw();
    const bool similar = rng.uniform() < 0.5;
    const double bound = similar ? p / factor : p * factor;
    const ItmlResult fit = project({{std::sqrt(p)}, {0}}, similar, bound, gamma, {{1}});
    const double expected = (1 + gamma) / (1 / p + gamma / bound);
    worst = std::max(worst, std::abs(p * fit.metric(0, 0) / expected - 1));
  }
  return worst;
}

// I + sum_c delta_c lambda_c v_c v_c^T.
Matrix<double> dual_matrix(const Matrix<double>& x, const std::vector<Pair>& pairs,
                           const std::vector<double>& dual) {
  const std::size_t d = x.cols();
  Matrix<double> sum(d, d);
  for (std::size_t i = 0; i < d; ++i) sum(i, i) = 1;
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    const double weight = pairs[c].similar ? dual[c] : -dual[c];
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        sum(i, j) += weight * (x(pairs[c].first, i) - x(pairs[c].second, i)) *
                     (x(pairs[c].first, j) - x(pairs[c].second, j));
      }
    }
  }
  return sum;
}

double dual_representation(Rng rng) {
  const Samples samples = load_breast_cancer();
  const std::vector<Pair> pairs = random_pairs(samples.labels, 1000, rng).list();
  const ItmlResult fit = fit_itml(samples.x, listed_pairs(pairs), {.sweeps = 100, .tolerance = 0});
  const std::size_t d = samples.x.cols();
  Matrix<double> inverse(d, d);
  for (std::size_t i = 0; i < d; ++i) inverse(i, i) = 1;
  const Matrix<double> l = cholesky(fit.metric);
  triangular_solve(l, inverse.view(), Triangular::kLeft);
  triangular_solve(l, inverse.view(), Triangular::kLeftTransposed);
  const Matrix<double> expected = dual_matrix(samples.x, pairs, fit.dual);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < inverse.size(); ++i) {
    difference += std::pow(inverse.values()[i] - expected.values()[i], 2);
    size += std::pow(inverse.values()[i], 2);
  }
  return std::sqrt(difference / size);
}

double hard_constraint(Rng rng) {
  double worst = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    Matrix<double> points(2, 9);
    rng.fill_normal(points.values());
    double p = 0;
    for (std::size_t j = 0; j < 9; ++j) p += std::pow(points(0, j) - points(1, j), 2);
    const bool similar = i % 2 == 0;
    const double bound = similar ? p / 3 : p * 3;
    const ItmlResult fit = fit_itml(points, listed_pairs({{0, 1, similar}}),
                                    {.slack = kInfinity, .bounds = ItmlBounds{bound, bound}});
    const double met = squared_distance(fit.metric, points.row(0), points.row(1));
    worst = std::max(worst, std::abs(met / bound - 1));
  }
  return worst;
}

// Hard problems with ten pairs that have a solution: similar pairs at half their distance and
// dissimilar ones at twice it, of points in many dimensions. The objective equals that of the dual
// within the gap, so that no metric within the bounds can be better by more.
void feasible_problems(Rng rng, LibraryChecks& checks) {
  for (std::size_t problem = 0; problem < static_cast<std::size_t>(kFeasibleProblems); ++problem) {
    constexpr std::size_t kPairs = 10, kFeatures = 24;
    Matrix<double> x(2 * kPairs, kFeatures);
    rng.fill_normal(x.values());
    std::vector<Pair> pairs;
    pairs.reserve(kPairs);
    for (std::uint32_t c = 0; c < kPairs; ++c) pairs.push_back({2 * c, 2 * c + 1, c % 2 == 0});
    const ItmlBounds bounds{24, 96};
    const ItmlResult fit =
        fit_itml(x, listed_pairs(pairs),
                 {.slack = kInfinity, .bounds = bounds, .sweeps = 100000, .tolerance = 1e-13});
    checks.residual = std::max(checks.residual, fit.residual);
    double primal = -fit.log_det - kFeatures;
    for (std::size_t j = 0; j < kFeatures; ++j) primal += fit.metric(j, j);
    double dual = log_determinant(cholesky(dual_matrix(x, pairs, fit.dual)));
    for (std::size_t c = 0; c < kPairs; ++c) {
      dual += pairs[c].similar ? -fit.dual[c] * bounds.similar : fit.dual[c] * bounds.different;
    }
    checks.gap = std::max(checks.gap, std::abs(primal - dual) / std::abs(primal));
  }
}

void lego_steps(Rng rng, LibraryChecks& checks) {
  const auto d = static_cast<std::size_t>(kLegoFeatures);
  Matrix<double> a(d, d);
  for (std::size_t i = 0; i < d; ++i) a(i, i) = 1;
  std::vector<double> z(d);
  for (int step = 0; step < 100000; ++step) {
    rng.fill_normal(z);
    const double target = 10 * rng.uniform(), rate = 100 * (1 - rng.uniform());
    const double reached = lego_step(a, z, target, rate);
    const std::vector<double> zero(d, 0.0);
    // What is left of z^T A z after a step that shrinks it a lot carries the rounding of the terms
    // that cancelled; the identity is tested where it did not.
    double terms = 0;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) terms += std::abs(z[i] * a(i, j) * z[j]);
    }
    checks.lego_root = std::max(checks.lego_root, std::abs(squared_distance(a, z, zero) - reached) /
                                                      std::max(reached, terms));
  }
  checks.lego_pivots = static_cast<double>(try_cholesky(a, a.view()));
}

}  // namespace

LibraryChecks run_library_checks(Run& run) {
  const auto values = run.cell("library checks", kLibrarySeconds, kValues<LibraryChecks>, [&] {
    const Rng rng = run.rng().split("library checks");
    LibraryChecks checks;
    checks.worked = worked_projections();
    checks.harmonic = harmonic_means(rng.split("harmonic"));
    checks.dual = dual_representation(rng.split("dual"));
    checks.hard = hard_constraint(rng.split("hard"));
    feasible_problems(rng.split("feasible"), checks);
    lego_steps(rng.split("lego"), checks);
    return pack(std::vector{checks});
  });
  return unpack<LibraryChecks>(values).front();
}

}  // namespace surplus::apps::itml
