#include "surplus/noise/sparse_noise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/gemv.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/svd.h"
#include "surplus/noise/sparse_noise_dual.h"

namespace surplus {
namespace {

using detail::Certificate;
using detail::DualState;
using detail::SparseNoiseProblem;

constexpr std::string_view kName = "solve_sparse_noise";
constexpr double kDefaultGamma = 1e-6;
// The gap has not fallen for so many looks: rounding.
constexpr std::size_t kPatience = 100;

bool positive(double value) { return value > 0 && std::isfinite(value); }

void require_entries(std::string_view name, std::span<const double> values, std::size_t count) {
  SURPLUS_REQUIRE(values.size() == count, ShapeError, kName,
                  std::string(name) + " must fit the shape of j", name, values.size(), "expected",
                  count);
  detail::require_finite(kName, name, MatrixView<const double>(values.data(), 1, values.size()));
}

bool is_box_program(SparseNoiseMethod method) {
  return method == SparseNoiseMethod::kConvex || method == SparseNoiseMethod::kAdmm;
}
bool is_descent(SparseNoiseMethod method) {
  return method == SparseNoiseMethod::kMirror || method == SparseNoiseMethod::kGradientDescent;
}

void check(const SparseNoiseFactors& factors, std::span<const double> y,
           const SparseNoiseConfig& config) {
  const std::size_t n = factors.b_t.cols();
  require_entries("y", y, n);
  if (!config.weights.empty()) require_entries("weights", config.weights, n);
  for (std::size_t i = 0; i < config.weights.size(); ++i) {
    SURPLUS_REQUIRE(config.weights[i] > 0, ArgumentError, kName, "weights must be positive",
                    "weight", config.weights[i], "entry", i);
  }
  if (!config.theta0.empty()) require_entries("theta0", config.theta0, factors.w_t.cols());
  SURPLUS_REQUIRE(!config.lambda_minus || positive(*config.lambda_minus), ArgumentError, kName,
                  "lambda_minus must be positive and finite", "lambda_minus",
                  config.lambda_minus.value_or(0));
  SURPLUS_REQUIRE(config.dense_noise >= 0 && std::isfinite(config.dense_noise), ArgumentError,
                  kName, "dense_noise must be finite and not negative", "dense_noise",
                  config.dense_noise);
  SURPLUS_REQUIRE(config.dense_noise == 0 || is_box_program(config.method), ArgumentError, kName,
                  "dense noise needs the method convex or admm", "dense_noise", config.dense_noise,
                  "method", to_text(config.method));
  SURPLUS_REQUIRE(!config.tau || positive(*config.tau), ArgumentError, kName,
                  "tau must be positive and finite", "tau", config.tau.value_or(0));
  SURPLUS_REQUIRE(config.gap_tolerance >= 0, ArgumentError, kName,
                  "gap_tolerance must not be negative", "gap_tolerance", config.gap_tolerance);
  SURPLUS_REQUIRE(config.support_tolerance >= 0, ArgumentError, kName,
                  "support_tolerance must not be negative", "support_tolerance",
                  config.support_tolerance);
  SURPLUS_REQUIRE(config.check_every >= 1, ArgumentError, kName, "check_every must be at least 1",
                  "check_every", config.check_every);
}

SparseNoiseProblem problem_of(const SparseNoiseFactors& factors, std::span<const double> y,
                              const SparseNoiseConfig& config, const SparseNoisePrice& price) {
  SparseNoiseProblem problem{.b_t = factors.b_t,
                             .values = factors.values,
                             .y = {y.begin(), y.end()},
                             .weights = {config.weights.begin(), config.weights.end()},
                             .lambda_plus = price.lambda,
                             .lambda_minus = config.lambda_minus.value_or(price.lambda),
                             .log_gamma = std::log(price.gamma),
                             .alpha_plus = price.alpha,
                             .alpha_minus = price.alpha,
                             .nu = config.dense_noise};
  const std::size_t n = y.size(), p = factors.w_t.cols(), r = factors.values.size();
  if (problem.weights.empty()) problem.weights.assign(n, 1);
  if (config.lambda_minus) problem.alpha_minus = -problem.log_gamma / (2 * *config.lambda_minus);
  if (!config.theta0.empty()) {
    std::vector<double> z(r);
    kernels::gemv(false, r, p, 1.0, factors.w_t.data(), p, config.theta0.data(), 1, 0.0, z.data(),
                  1);
    kernels::gemv(true, r, n, -1.0, factors.b_t.data(), n, z.data(), 1, 1.0, problem.y.data(), 1);
  }
  return problem;
}

double automatic_step(const SparseNoiseProblem& problem) {
  double size = 1;
  for (const double y : problem.y) size = std::max(size, std::abs(y));
  const double alpha = std::max(problem.alpha_plus, problem.alpha_minus);
  const double tau = std::min(0.5 / problem.largest(), 0.1 / (4 * alpha * size));
  return std::isfinite(tau) ? tau : 1;
}

double residual_of(const SparseNoiseProblem& problem, const Certificate& certificate,
                   std::span<const double> s) {
  double residual = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double miss = std::abs(certificate.image[i] + s[i] - problem.y[i]);
    if (std::isnan(miss)) return miss;
    residual = std::max(residual, miss);
  }
  return residual;
}

std::span<const double> noise_of(const DualState& state, const Certificate& certificate) {
  return state.s.empty() ? certificate.s : state.s;
}

}  // namespace

std::string_view to_text(SparseNoiseMethod method) {
  switch (method) {
    case SparseNoiseMethod::kConvex:
      return "convex";
    case SparseNoiseMethod::kAdmm:
      return "admm";
    case SparseNoiseMethod::kNewton:
      return "newton";
    case SparseNoiseMethod::kMirror:
      return "mirror";
    case SparseNoiseMethod::kGradientDescent:
      return "gradient descent";
  }
  return "unknown";
}

SparseNoisePrice sparse_noise_price(std::optional<double> lambda, std::optional<double> gamma,
                                    std::optional<double> alpha) {
  constexpr std::string_view kPrice = "sparse_noise_price";
  SURPLUS_REQUIRE(!(lambda && gamma && alpha), ArgumentError, kPrice,
                  "at most two of lambda, gamma and alpha may be given", "lambda",
                  lambda.value_or(0), "gamma", gamma.value_or(0), "alpha", alpha.value_or(0));
  SURPLUS_REQUIRE(!lambda || positive(*lambda), ArgumentError, kPrice,
                  "lambda must be positive and finite", "lambda", lambda.value_or(0));
  SURPLUS_REQUIRE(!gamma || (*gamma > 0 && *gamma < 1), ArgumentError, kPrice,
                  "gamma must be between 0 and 1", "gamma", gamma.value_or(0));
  SURPLUS_REQUIRE(!alpha || (*alpha >= 0 && std::isfinite(*alpha)), ArgumentError, kPrice,
                  "alpha must be finite and not negative", "alpha", alpha.value_or(0));
  if (lambda && alpha) {
    const double start = std::exp(-2 * *alpha * *lambda);
    SURPLUS_REQUIRE(start > 0 && start < 1, ArgumentError, kPrice,
                    "gamma = exp(-2 alpha lambda) must be between 0 and 1", "lambda", *lambda,
                    "alpha", *alpha);
    return {*lambda, start, *alpha};
  }
  const double start = gamma.value_or(kDefaultGamma);
  if (alpha) return {-std::log(start) / (2 * *alpha), start, *alpha};
  const double price = lambda.value_or(1);
  return {price, start, -std::log(start) / (2 * price)};
}

SparseNoiseFactors factor_sparse_noise(MatrixView<const double> j) {
  const Svd<double> whole = svd(j);
  const double cutoff = whole.values.empty()
                            ? 0
                            : whole.values[0] * static_cast<double>(std::max(j.rows(), j.cols())) *
                                  std::numeric_limits<double>::epsilon();
  std::size_t r = 0;
  while (r < whole.values.size() && whole.values[r] > cutoff) ++r;
  SparseNoiseFactors factors{Matrix<double>(r, j.rows()), Matrix<double>(r, j.cols()), {}};
  for (std::size_t l = 0; l < r; ++l) {
    factors.values.push_back(whole.values[l]);
    for (std::size_t i = 0; i < j.rows(); ++i) {
      factors.b_t(l, i) = whole.values[l] * whole.u(i, l);
    }
    std::copy_n(whole.vt.row(l).data(), j.cols(), factors.w_t.row(l).data());
  }
  return factors;
}

SparseNoiseResult solve_sparse_noise(MatrixView<const double> j, std::span<const double> y,
                                     const SparseNoiseConfig& config) {
  return solve_sparse_noise(factor_sparse_noise(j), y, config);
}

SparseNoiseResult solve_sparse_noise(const SparseNoiseFactors& factors, std::span<const double> y,
                                     const SparseNoiseConfig& config) {
  check(factors, y, config);
  SparseNoiseResult result;
  result.price = sparse_noise_price(config.lambda, config.gamma, config.alpha);
  SURPLUS_REQUIRE(result.price.alpha > 0 || is_descent(config.method), ArgumentError, kName,
                  "alpha = 0 needs the method mirror or gradient descent", "method",
                  to_text(config.method));
  const SparseNoiseProblem problem = problem_of(factors, y, config, result.price);

  DualState state;
  state.mu.assign(y.size(), 0);
  double least = std::numeric_limits<double>::infinity();
  std::size_t waited = 0;
  const detail::Limits limits{
      config.iterations, config.check_every, [&](DualState& now) {
        const Certificate seen = detail::certify(problem, now.mu);
        const double residual = residual_of(problem, seen, noise_of(now, seen));
        if (config.keep_trace) {
          result.trace.push_back({now.iterations, seen.gap, residual, now.mu, now.u, now.v});
        }
        waited = seen.gap < least ? 0 : waited + 1;
        least = std::min(least, seen.gap);
        const bool newton = config.method == SparseNoiseMethod::kNewton;
        if (config.observer && !config.observer({now.iterations, config.iterations, seen.gap})) {
          now.stop = Stop::kCancelled;
        } else if (!std::isfinite(residual)) {
          now.stop = Stop::kNotFinite;
        } else if (!newton && seen.gap <= config.gap_tolerance * seen.primal &&
                   std::isfinite(seen.gap)) {
          now.stop = Stop::kConverged;
        } else if (is_box_program(config.method) && waited >= kPatience) {
          now.stop = Stop::kNoImprovement;
        } else {
          return false;
        }
        return true;
      }};
  switch (config.method) {
    case SparseNoiseMethod::kConvex:
      detail::accelerated_projection(problem, limits, state);
      break;
    case SparseNoiseMethod::kAdmm:
      detail::alternating_directions(problem, limits, state);
      break;
    case SparseNoiseMethod::kNewton:
      detail::newton(problem, limits, state);
      break;
    case SparseNoiseMethod::kMirror:
    case SparseNoiseMethod::kGradientDescent:
      result.tau = config.tau.value_or(automatic_step(problem));
      detail::descend(problem, config.method == SparseNoiseMethod::kMirror, result.tau, limits,
                      state);
      break;
  }

  const Certificate end = detail::certify(problem, state.mu);
  const std::span<const double> s = noise_of(state, end);
  result.s.assign(s.begin(), s.end());
  result.residual = residual_of(problem, end, s);
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (std::abs(s[i]) > config.support_tolerance) result.support.push_back(i);
  }
  const std::size_t p = factors.w_t.cols(), r = factors.values.size();
  result.theta.assign(p, 0);
  std::copy(config.theta0.begin(), config.theta0.end(), result.theta.begin());
  kernels::gemv(true, r, p, 1.0, factors.w_t.data(), p, end.z.data(), 1, 1.0, result.theta.data(),
                1);
  result.primal = end.primal;
  result.dual = end.dual;
  result.gap = end.gap;
  result.stop = state.stop;
  result.iterations = state.iterations;
  result.mu = std::move(state.mu);
  result.u = std::move(state.u);
  result.v = std::move(state.v);
  return result;
}

std::vector<SparseNoiseResult> solve_sparse_noise_columns(const SparseNoiseFactors& factors,
                                                          MatrixView<const double> y,
                                                          const SparseNoiseConfig& config) {
  SURPLUS_REQUIRE(y.rows() == factors.b_t.cols(), ShapeError, "solve_sparse_noise_columns",
                  "y must have as many rows as j", "y", y.shape(), "rows of j", factors.b_t.cols());
  std::vector<SparseNoiseResult> results(y.cols());
  parallel_for(y.cols(), [&](std::size_t column) {
    std::vector<double> of_column(y.rows());
    for (std::size_t i = 0; i < y.rows(); ++i) of_column[i] = y(i, column);
    results[column] = solve_sparse_noise(factors, of_column, config);
  });
  return results;
}

}  // namespace surplus
