#include "surplus/noise/sparse_noise_dual.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/gemv.h"
#include "kernels/sparse_noise.h"
#include "kernels/vector_math.h"
#include "surplus/core/errors.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus::detail {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// The descent along the gammas: the first, the factor of their logarithms, and how well each but the
// last is solved.
constexpr double kFirstLogGamma = -0.5;
constexpr double kStageFactor = 1.5;
constexpr double kStageStep = 1e-2;
constexpr double kLastStep = 1e-12;
// Without the last step's size falling for so long, rounding has taken over.
constexpr std::size_t kPatience = 8;

// z = B' mu.
void coordinates(const SparseNoiseProblem& problem, const double* mu, double* z) {
  const MatrixView<const double> b = problem.b_t;
  kernels::gemv(false, b.rows(), b.cols(), 1.0, b.data(), b.stride(), mu, 1, 0.0, z, 1);
}

// z = B' x and out = B (scale z), scale being ones if it is null.
void product(const SparseNoiseProblem& problem, const double* x, const double* scale, double* z,
             double* out) {
  const MatrixView<const double> b = problem.b_t;
  kernels::row_space_product(b.rows(), b.cols(), b.data(), b.stride(), x, scale, z, out);
}

double clip(const SparseNoiseProblem& problem, std::size_t i, double mu) {
  return std::clamp(mu, -problem.lambda_minus * problem.weights[i],
                    problem.lambda_plus * problem.weights[i]);
}

// gamma_i^2 e^(4 alpha mu_i) and gamma_i^2 e^(-4 alpha mu_i), each as one exponential: the factors
// alone under- and overflow.
class Barrier {
 public:
  explicit Barrier(const SparseNoiseProblem& problem)
      : problem_(problem), up_(problem.size()), down_(problem.size()) {}

  void evaluate(double log_gamma, double alpha_plus, double alpha_minus, const double* mu) {
    const std::size_t n = up_.size();
    for (std::size_t i = 0; i < n; ++i) {
      const double start = 2 * log_gamma * problem_.weights[i];
      up_[i] = start + 4 * alpha_plus * mu[i];
      down_[i] = start - 4 * alpha_minus * mu[i];
    }
    kernels::vector_exp(n, up_.data(), up_.data());
    kernels::vector_exp(n, down_.data(), down_.data());
  }
  const std::vector<double>& up() const { return up_; }
  const std::vector<double>& down() const { return down_; }

 private:
  const SparseNoiseProblem& problem_;
  std::vector<double> up_, down_;
};

// K + diag(d) = L L', no d below the floor, which is raised until there is such an L.
void factorise(const Matrix<double>& k, const std::vector<double>& d, double floor,
               Matrix<double>& l) {
  for (double raised = floor;; raised *= 16) {
    std::copy_n(k.data(), k.size(), l.data());
    for (std::size_t i = 0; i < d.size(); ++i) l(i, i) += std::max(d[i], raised);
    const std::size_t pivots = extend_cholesky(l.view(), 0);
    if (pivots == d.size()) return;
    SURPLUS_REQUIRE(raised < 1e6 * floor, NumericalError, "solve_sparse_noise",
                    "J J' and the barrier's curvature must be positive definite", "pivot", pivots);
  }
}

}  // namespace

Certificate certify(const SparseNoiseProblem& problem, std::span<const double> mu) {
  const std::size_t n = problem.size(), r = problem.values.size();
  Certificate c;
  c.z.resize(r);
  c.image.resize(n);
  c.s.resize(n);
  std::vector<double> clipped(n), inside(r);
  for (std::size_t i = 0; i < n; ++i) clipped[i] = clip(problem, i, mu[i]);
  product(problem, mu.data(), nullptr, c.z.data(), c.image.data());
  coordinates(problem, clipped.data(), inside.data());
  double ridge = 0, apart = 0;
  for (std::size_t l = 0; l < r; ++l) {
    ridge += c.z[l] * c.z[l];
    apart += (c.z[l] - inside[l]) * (c.z[l] - inside[l]);
  }
  double price = 0, slack = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // What is left of y goes into s beyond nu times the box, into dense noise up to there.
    const double left = problem.y[i] - c.image[i];
    const double dense = problem.nu > 0 ? clip(problem, i, left / problem.nu) : 0;
    c.s[i] = left - problem.nu * dense;
    const double lambda =
        (c.s[i] < 0 ? problem.lambda_minus : problem.lambda_plus) * problem.weights[i];
    const double cost = c.s[i] == 0 ? 0 : lambda * std::abs(c.s[i]);
    price += cost + problem.nu / 2 * dense * dense;
    // Of primal - dual: both terms are at least 0, as |clipped| is at most lambda.
    slack += std::max(0.0, cost - c.s[i] * clipped[i]) +
             problem.nu / 2 * (dense - clipped[i]) * (dense - clipped[i]);
  }
  c.primal = ridge / 2 + price;
  c.gap = apart / 2 + slack;
  c.dual = c.primal - c.gap;
  return c;
}

void accelerated_projection(const SparseNoiseProblem& problem, const Limits& limits,
                            DualState& state) {
  const std::size_t n = problem.size();
  const double step = 1 / (problem.largest() * (1 + 4 * kEpsilon) + problem.nu);
  std::vector<double> ahead = state.mu, next(n), z(problem.values.size()), gradient(n);
  double t = 1;
  while (state.iterations < limits.iterations) {
    product(problem, ahead.data(), nullptr, z.data(), gradient.data());
    double turn = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double slope = gradient[i] + problem.nu * ahead[i] - problem.y[i];
      // Without J a step is infinite, and the box is where it ends.
      const double move = slope == 0 ? 0 : step * slope;
      next[i] = clip(problem, i, ahead[i] - move);
      turn += (ahead[i] - next[i]) * (next[i] - state.mu[i]);
    }
    const double t_next = turn > 0 ? 1 : (1 + std::sqrt(1 + 4 * t * t)) / 2;
    const double momentum = turn > 0 ? 0 : (t - 1) / t_next;
    t = t_next;
    for (std::size_t i = 0; i < n; ++i) ahead[i] = next[i] + momentum * (next[i] - state.mu[i]);
    state.mu.swap(next);
    ++state.iterations;
    if (state.iterations % limits.check_every == 0 && limits.look(state)) return;
  }
}

void alternating_directions(const SparseNoiseProblem& problem, const Limits& limits,
                            DualState& state) {
  constexpr double kOverRelaxation = 1.6;
  const std::size_t n = problem.size(), r = problem.values.size();
  if (r == 0 && problem.nu == 0) return accelerated_projection(problem, limits, state);
  // Of the size of the quadratic's middle eigenvalues.
  double rho = problem.nu;
  if (r > 0) rho += problem.values.front() * problem.values.back();
  const double shift = problem.nu + rho;
  std::vector<double> scaled(n), side(n), x(n), z(r), shrink(r);
  for (std::size_t l = 0; l < r; ++l) {
    shrink[l] = 1 / (shift + problem.values[l] * problem.values[l]);
  }
  while (state.iterations < limits.iterations) {
    // (B B' + shift I) x = side, B' B being diagonal.
    for (std::size_t i = 0; i < n; ++i) side[i] = problem.y[i] + rho * (state.mu[i] - scaled[i]);
    product(problem, side.data(), shrink.data(), z.data(), x.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double relaxed =
          kOverRelaxation * (side[i] - x[i]) / shift + (1 - kOverRelaxation) * state.mu[i];
      state.mu[i] = clip(problem, i, relaxed + scaled[i]);
      scaled[i] += relaxed - state.mu[i];
    }
    ++state.iterations;
    if (state.iterations % limits.check_every == 0 && limits.look(state)) return;
  }
}

void newton(const SparseNoiseProblem& problem, const Limits& limits, DualState& state) {
  const std::size_t n = problem.size();
  Matrix<double> k(n, n), l(n, n), side(n, 1);
  gram(problem.b_t, k.view(), {.transpose = true});
  Barrier barrier(problem);
  std::vector<double> z(problem.values.size()), curvature(n);
  state.s.assign(n, 0);
  double size = 1;
  for (const double y : problem.y) size = std::max(size, std::abs(y));
  double log_gamma = std::max(kFirstLogGamma, problem.log_gamma);
  double least = std::numeric_limits<double>::infinity();
  std::size_t waited = 0;
  while (state.iterations < limits.iterations) {
    const bool last = log_gamma <= problem.log_gamma;
    const double share = log_gamma / problem.log_gamma;
    const double up = problem.alpha_plus * share, down = problem.alpha_minus * share;
    barrier.evaluate(log_gamma, up, down, state.mu.data());
    product(problem, state.mu.data(), nullptr, z.data(), side.data());
    double residual = 0;
    for (std::size_t i = 0; i < n; ++i) {
      state.s[i] = barrier.up()[i] - barrier.down()[i];
      side(i, 0) = problem.y[i] - side(i, 0) - state.s[i];
      curvature[i] = 4 * (up * barrier.up()[i] + down * barrier.down()[i]);
      residual = std::max(residual, std::abs(side(i, 0)));
    }
    if (state.iterations % limits.check_every == 0 && limits.look(state)) return;
    // The residual's rounding must not move a barrier's exponent: it would shorten the whole step.
    factorise(k, curvature, kEpsilon * (4 * problem.largest() + 64 * std::max(up, down) * size), l);
    triangular_solve(l.view(), side.view(), Triangular::kLeft);
    triangular_solve(l.view(), side.view(), Triangular::kLeftTransposed);
    double move = 0;
    for (const double d : side.values())
      move = std::max(move, 4 * std::max(up, down) * std::abs(d));
    const double damping = move > 1 ? 1 / move : 1;
    for (std::size_t i = 0; i < n; ++i) state.mu[i] += damping * side(i, 0);
    ++state.iterations;
    if (!std::isfinite(move)) {
      state.stop = Stop::kNotFinite;
      break;
    }
    if (!last && move < kStageStep) {
      log_gamma = std::max(log_gamma * kStageFactor, problem.log_gamma);
      continue;
    }
    waited = move < least ? 0 : waited + 1;
    least = last ? std::min(least, move) : least;
    // The size of the last steps is that of the least barriers' rounding, which is no part of theta.
    if (last && (move <= kLastStep || (waited >= kPatience && residual <= 1e-13 * size))) {
      state.stop = Stop::kConverged;
      break;
    }
  }
  barrier.evaluate(problem.log_gamma, problem.alpha_plus, problem.alpha_minus, state.mu.data());
  for (std::size_t i = 0; i < n; ++i) state.s[i] = barrier.up()[i] - barrier.down()[i];
}

void descend(const SparseNoiseProblem& problem, bool mirror, double tau, const Limits& limits,
             DualState& state) {
  const std::size_t n = problem.size(), r = problem.values.size();
  state.s.assign(n, 0);
  double* s = state.s.data();
  double* mu = state.mu.data();
  // theta = J' mu at all times: its step -tau J' rho is mu's step -tau rho.
  if (mirror) {
    Barrier barrier(problem);
    std::vector<double> z(r), image(n);
    while (state.iterations < limits.iterations) {
      product(problem, mu, nullptr, z.data(), image.data());
      for (std::size_t i = 0; i < n; ++i) mu[i] -= tau * (image[i] + s[i] - problem.y[i]);
      barrier.evaluate(problem.log_gamma, problem.alpha_plus, problem.alpha_minus, mu);
      for (std::size_t i = 0; i < n; ++i) s[i] = barrier.up()[i] - barrier.down()[i];
      ++state.iterations;
      if (state.iterations % limits.check_every == 0 && limits.look(state)) return;
    }
    return;
  }
  for (const double weight : problem.weights) {
    state.u.push_back(std::exp(problem.log_gamma * weight));
  }
  state.v = state.u;
  Matrix<double> scratch(1, kernels::sparse_noise_scratch_size(r, n));
  const kernels::SparseNoiseDescent descent = {r,
                                               n,
                                               problem.b_t.data(),
                                               problem.b_t.stride(),
                                               problem.y.data(),
                                               tau,
                                               2 * problem.alpha_plus * tau,
                                               2 * problem.alpha_minus * tau};
  while (state.iterations < limits.iterations) {
    const std::size_t steps = std::min(limits.iterations - state.iterations,
                                       limits.check_every - state.iterations % limits.check_every);
    kernels::sparse_noise_descent(descent, state.iterations, steps, mu, state.u.data(),
                                  state.v.data(), s, scratch.data());
    state.iterations += steps;
    if (state.iterations % limits.check_every == 0 && limits.look(state)) return;
  }
}

}  // namespace surplus::detail
