#include "surplus/sequence/flow.h"

#include <cmath>
#include <string_view>

#include "kernels/sequence.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/sequence/checks.h"

namespace surplus {
namespace {

constexpr std::size_t kChunk = 4096;  // coordinates of a parallel task: 192 KiB of variables

double power(double base, std::size_t exponent) {
  double result = 1;
  for (std::size_t i = 0; i < exponent; ++i) result *= base;
  return result;
}

void check(std::string_view function, std::span<const double> eigenvalues,
           std::span<const double> z, double t) {
  detail::require_length(function, "z", z.size(), eigenvalues.size());
  detail::require_eigenvalues(function, eigenvalues);
  detail::require_observations(function, z);
  detail::require_time(function, t);
}

}  // namespace

DiagonalState diagonal_start(std::span<const double> eigenvalues, std::size_t depth, double b0) {
  detail::require_eigenvalues("diagonal_start", eigenvalues);
  detail::require_layers("diagonal_start", depth, b0);
  DiagonalState state;
  for (const double eigenvalue : eigenvalues) state.a.push_back(std::sqrt(eigenvalue));
  state.b.assign(eigenvalues.size(), depth == 0 ? 1 : b0);
  state.beta.assign(eigenvalues.size(), 0);
  return state;
}

std::vector<double> trained_roots(const DiagonalState& state, std::size_t depth) {
  std::vector<double> roots(state.a.size());
  for (std::size_t j = 0; j < roots.size(); ++j) {
    roots[j] = state.a[j] * (depth == 0 ? 1 : power(state.b[j], depth));
  }
  return roots;
}

std::vector<double> trained_signal(const DiagonalState& state, std::size_t depth) {
  std::vector<double> theta = trained_roots(state, depth);
  for (std::size_t j = 0; j < theta.size(); ++j) theta[j] *= state.beta[j];
  return theta;
}

void advance_flow(DiagonalState& state, std::span<const double> z, std::size_t depth, FlowRule rule,
                  double step, std::size_t steps) {
  constexpr std::string_view kName = "advance_flow";
  detail::require_length(kName, "z", z.size(), state.a.size());
  detail::require_length(kName, "beta", state.beta.size(), state.a.size());
  if (depth > 0) detail::require_length(kName, "b", state.b.size(), state.a.size());
  detail::require_layers(kName, depth, 1);
  detail::require_observations(kName, z);
  SURPLUS_REQUIRE(step > 0 && std::isfinite(step), ArgumentError, kName, "step must be positive",
                  "step", step);
  const auto advance = rule == FlowRule::kRungeKutta ? kernels::diagonal_runge_kutta
                                                     : kernels::diagonal_gradient_descent;
  const Chunks chunks{z.size(), kChunk};
  parallel_for(chunks.count(), [&](std::size_t c) {
    const std::size_t at = chunks.begin(c);
    advance(chunks.end(c) - at, depth, z.data() + at, step, steps, state.a.data() + at,
            depth > 0 ? state.b.data() + at : nullptr, state.beta.data() + at);
  });
}

std::vector<double> fixed_flow(std::span<const double> eigenvalues, std::span<const double> z,
                               double t) {
  check("fixed_flow", eigenvalues, z, t);
  std::vector<double> theta(z.size());
  for (std::size_t j = 0; j < z.size(); ++j) theta[j] = -std::expm1(-eigenvalues[j] * t) * z[j];
  return theta;
}

std::vector<double> two_layer_flow(std::span<const double> eigenvalues, std::span<const double> z,
                                   double t) {
  check("two_layer_flow", eigenvalues, z, t);
  std::vector<double> theta(z.size());
  kernels::two_layer_flow(z.size(), eigenvalues.data(), z.data(), t, theta.data());
  return theta;
}

std::vector<double> two_layer_surrogate(std::span<const double> eigenvalues,
                                        std::span<const double> z, double t) {
  check("two_layer_surrogate", eigenvalues, z, t);
  std::vector<double> theta(z.size());
  for (std::size_t j = 0; j < z.size(); ++j) {
    // lambda (E - 1) z / (2 |z| + lambda E) over E = exp((2 |z| + lambda) t), which may overflow.
    const double rate = 2 * std::abs(z[j]) + eigenvalues[j];
    theta[j] = -eigenvalues[j] * std::expm1(-rate * t) * z[j] /
               (2 * std::abs(z[j]) * std::exp(-rate * t) + eigenvalues[j]);
  }
  return theta;
}

}  // namespace surplus
