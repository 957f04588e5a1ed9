#include "apps/studies/sop_linear/descent.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/runner/cells.h"
#include "apps/studies/sop_linear/limits.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"
#include "surplus/noise/sparse_noise.h"

namespace surplus::apps::sop_linear {
namespace {

using Method = SparseNoiseMethod;
using Vector = std::vector<double>;

constexpr double kSecondsPerSmallStep = 2e-7;
constexpr double kSecondsPerStep = 1.3e-6;  // of the descent and its mirror, n = 100, r = 10
constexpr double kFirstTau = 1.6e-3;
constexpr std::size_t kFirstSteps = 20000;
constexpr std::size_t kCheckSteps = 2000;

// The descent on matrices, as it is written down, of `scale` times the loss.
struct PlainDescent {
  Matrix<double> theta, u, v;
};
PlainDescent plain_descent(MatrixView<const double> j, MatrixView<const double> y,
                           const SparseNoisePrice& price, double tau, double scale,
                           std::size_t steps) {
  PlainDescent x{Matrix<double>(j.cols(), y.cols()),
                 Matrix<double>(y.rows(), y.cols(), price.gamma),
                 Matrix<double>(y.rows(), y.cols(), price.gamma)};
  Matrix<double> rho(y.rows(), y.cols());
  for (std::size_t step = 0; step < steps; ++step) {
    matmul(j, x.theta.view(), rho.view());
    for (std::size_t i = 0; i < y.rows(); ++i) {
      for (std::size_t c = 0; c < y.cols(); ++c) {
        const double u = x.u(i, c), v = x.v(i, c);
        rho(i, c) = scale * (rho(i, c) + u * u - v * v - y(i, c));
        x.u(i, c) = u - 2 * price.alpha * tau * rho(i, c) * u;
        x.v(i, c) = v + 2 * price.alpha * tau * rho(i, c) * v;
      }
    }
    matmul(j, rho.view(), x.theta.view(), {.transpose_a = true, .alpha = -tau, .beta = 1});
  }
  return x;
}

MatrixView<const double> column(const Vector& y) { return {y.data(), y.size(), 1}; }
Vector vector_of(const Matrix<double>& x) { return {x.values().begin(), x.values().end()}; }

double mirror_check(const SparseNoiseInstance& in, const SparseNoiseFactors& factors) {
  double worst = 0;
  for (const double lambda : {0.05, 0.1, 0.3, 1.0}) {
    for (const double gamma : {0.1, 0.01}) {
      SparseNoiseConfig config{.method = Method::kNewton, .lambda = lambda, .gamma = gamma};
      const auto end = solve_sparse_noise(factors, in.y, config);
      // Stable below 2 over the curvature at the end.
      double curvature = 0;
      for (const double s : end.s) {
        curvature = std::max(curvature, 4 * end.price.alpha * std::hypot(s, 2 * gamma * gamma));
      }
      config.method = Method::kMirror;
      config.tau = 1 / (factors.values[0] * factors.values[0] + curvature);
      config.iterations = gamma == 0.1 ? 20000 : 400000;
      config.gap_tolerance = 0;
      config.check_every = 1000;
      worst = std::max(worst, relative(solve_sparse_noise(factors, in.y, config).theta, end.theta));
    }
  }
  return worst;
}

void check_symmetries(const SparseNoiseInstance& in, DescentChecks& checks) {
  const SparseNoiseConfig config{.method = Method::kGradientDescent,
                                 .lambda = 0.3,
                                 .gamma = 1e-3,
                                 .iterations = kCheckSteps,
                                 .gap_tolerance = 0};
  const auto x = solve_sparse_noise(in.j, in.y, config);
  const auto n = static_cast<double>(in.y.size());
  const PlainDescent plain =
      plain_descent(in.j, column(in.y), x.price, x.tau * n, 1 / n, kCheckSteps);
  checks.scale = std::max({checks.scale, relative(vector_of(plain.theta), x.theta),
                           relative(vector_of(plain.u), x.u), relative(vector_of(plain.v), x.v)});
  SparseNoiseInstance reversed = in;
  Vector negated = in.y;
  const std::size_t last = in.y.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    negated[i] = -in.y[i];
    reversed.y[i] = in.y[last - i];
    std::copy_n(in.j.row(last - i).data(), in.j.cols(), reversed.j.row(i).data());
  }
  auto back = solve_sparse_noise(reversed.j, reversed.y, config);
  std::reverse(back.s.begin(), back.s.end());
  checks.permutation =
      std::max({checks.permutation, relative(back.s, x.s), relative(back.theta, x.theta)});
  const auto minus = solve_sparse_noise(in.j, negated, config);
  checks.sign = std::max({checks.sign, relative(minus.u, x.v), relative(minus.v, x.u)});
}

double product_check(const SparseNoiseInstance& in) {
  const auto x = solve_sparse_noise(in.j, in.y,
                                    {.method = Method::kGradientDescent,
                                     .lambda = 0.1,
                                     .gamma = 0.1,
                                     .iterations = kCheckSteps,
                                     .gap_tolerance = 0,
                                     .check_every = 1,
                                     .keep_trace = true});
  const std::size_t n = in.y.size();
  Vector product(n, 0.01), mu(n);
  double worst = 0;
  for (const SparseNoiseLook& look : x.trace) {
    for (std::size_t i = 0; i < n; ++i) {
      const double rho = (mu[i] - look.mu[i]) / x.tau;
      product[i] *= 1 - std::pow(2 * x.price.alpha * x.tau * rho, 2);
      worst = std::max(worst, std::abs(look.u[i] * look.v[i] / product[i] - 1));
    }
    mu = look.mu;
  }
  return worst;
}

double weighted_check(const SparseNoiseInstance& in, const SparseNoiseFactors& factors, Rng rng) {
  Vector weights(in.y.size());
  for (double& weight : weights) weight = std::exp2(2 * rng.uniform() - 1);
  SparseNoiseConfig config{.lambda = 1, .weights = weights};
  const auto limit = solve_sparse_noise(factors, in.y, config);
  config.method = Method::kNewton;
  config.gamma = 1e-16;
  return relative(solve_sparse_noise(factors, in.y, config).theta, limit.theta);
}

double columns_check(Rng rng) {
  constexpr std::size_t kRows = 60, kFeatures = 8, kClasses = 3;
  Matrix<double> x(kRows, kFeatures), y(kRows, kClasses);
  rng.fill_normal(x.values());
  for (std::size_t i = 0; i < kRows; ++i) y(i, rng.below(kClasses)) = 1;
  const SparseNoiseConfig config{.method = Method::kGradientDescent,
                                 .gamma = 1e-4,
                                 .tau = 1e-3,
                                 .iterations = kCheckSteps,
                                 .gap_tolerance = 0};
  const auto columns = solve_sparse_noise_columns(factor_sparse_noise(x), y, config);
  const PlainDescent plain = plain_descent(x, y, columns[0].price, 1e-3, 1, kCheckSteps);
  double worst = 0;
  for (std::size_t c = 0; c < kClasses; ++c) {
    Vector theta;
    for (std::size_t f = 0; f < kFeatures; ++f) theta.push_back(plain.theta(f, c));
    worst = std::max(worst, relative(columns[c].theta, theta));
  }
  return worst;
}

}  // namespace

double steps_seconds(std::size_t seeds, std::size_t halvings) {
  return static_cast<double>(seeds) * kSecondsPerSmallStep * static_cast<double>(kFirstSteps) *
         (std::exp2(static_cast<double>(halvings) + 1) - 1);
}

std::vector<StepPoint> run_steps(std::size_t seeds, std::size_t halvings, Run& run) {
  const auto values = run.cell(
      "step halving", steps_seconds(seeds, halvings), seeds * (halvings + 1) * kValues<StepPoint>,
      [&] {
        std::vector<StepPoint> points(seeds * (halvings + 1));
        parallel_for(points.size(), [&](std::size_t at) {
          const std::size_t seed = at / (halvings + 1) + 1, halving = at % (halvings + 1);
          const SparseNoiseInstance in = small_instance(seed, run);
          const SparseNoiseFactors factors = factor_sparse_noise(in.j);
          SparseNoiseConfig config{.method = Method::kNewton, .lambda = 0.1, .gamma = 0.1};
          const auto end = solve_sparse_noise(factors, in.y, config);
          config.method = Method::kGradientDescent;
          config.tau = std::ldexp(kFirstTau, -static_cast<int>(halving));
          config.iterations = kFirstSteps << halving;
          config.gap_tolerance = 0;
          config.check_every = 1000;
          config.observer = run.observer();
          const auto x = solve_sparse_noise(factors, in.y, config);
          points[at] = {static_cast<double>(seed), *config.tau, relative(x.theta, end.theta)};
        });
        return pack(points);
      });
  return unpack<StepPoint>(values);
}

double recovery_seconds(std::size_t seeds, std::size_t steps) {
  return static_cast<double>(seeds) * (0.01 + kSecondsPerStep * static_cast<double>(steps));
}

std::vector<Recovery> run_recovery(std::size_t seeds, std::size_t steps, Run& run) {
  const auto values =
      run.cell("recovery", recovery_seconds(seeds, steps), seeds * kValues<Recovery>, [&] {
        std::vector<Recovery> recoveries(seeds);
        parallel_for(seeds, [&](std::size_t i) {
          const SparseNoiseInstance in = sparse_noise_instance(
              100, 150, 10, 10, run.rng().split("SOP-LIN(100, 150, 10, 10)").split(i + 1));
          const SparseNoiseFactors factors = factor_sparse_noise(in.j);
          const auto error = [&](const SparseNoiseConfig& config) {
            return relative(solve_sparse_noise(factors, in.y, config).theta, in.theta);
          };
          SparseNoiseConfig config{.method = Method::kGradientDescent,
                                   .iterations = steps,
                                   .gap_tolerance = 0,
                                   .check_every = 1000,
                                   .observer = run.observer()};
          recoveries[i] = {static_cast<double>(i + 1), error({}), error(config), 0};
          config.method = Method::kMirror;
          recoveries[i].mirror = error(config);
        });
        return pack(recoveries);
      });
  return unpack<Recovery>(values);
}

DescentChecks run_descent_checks(Run& run) {
  const auto values =
      run.cell("descent checks", kDescentChecksSeconds, kValues<DescentChecks>, [&] {
        DescentChecks checks;
        checks.missed = std::numeric_limits<double>::infinity();
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
          const SparseNoiseInstance in = small_instance(seed, run);
          const SparseNoiseFactors factors = factor_sparse_noise(in.j);
          checks.mirror = std::max(checks.mirror, mirror_check(in, factors));
          const Vector least = vector_of(lstsq(in.j, column(in.y)).x);
          const auto plain = solve_sparse_noise(
              factors, in.y,
              {.method = Method::kGradientDescent, .alpha = 0.0, .iterations = kCheckSteps});
          checks.least_squares = std::max(checks.least_squares, relative(plain.theta, least));
          checks.missed = std::min(checks.missed, relative(least, in.theta));
          check_symmetries(in, checks);
          checks.product = std::max(checks.product, product_check(in));
          const Rng rng = run.rng().split("weights").split(seed);
          checks.weighted = std::max(checks.weighted, weighted_check(in, factors, rng));
        }
        checks.columns = columns_check(run.rng().split("one-hot"));
        return pack(std::vector{checks});
      });
  return unpack<DescentChecks>(values)[0];
}

}  // namespace surplus::apps::sop_linear
