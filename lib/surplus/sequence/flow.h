/// Gradient flow in diagonal sequence models: eigenvalues that are fixed, and eigenvalues that are
/// learned because theta_j = a_j b_j^D beta_j is trained in all its factors.
///
/// Each coordinate descends on (theta_j - z_j)^2 / 2 by itself. D = 0 is theta = a beta; b_j stands
/// for D further layers that start alike and so stay alike:
///   a' = b^D beta g    b' = D a b^(D-1) beta g    beta' = a b^D g    g = z - theta
/// from a = sqrt(lambda), b = b0, beta = 0. Then a^2 - beta^2 = lambda and b^2 - D beta^2 = b0^2 at
/// all times, and a b^D, the root of the learned eigenvalue, never falls.
///
/// Source  Li, Lin (2024), Improving adaptivity via over-parameterization in sequence models,
///         NeurIPS, arXiv 2409.00894
#ifndef SURPLUS_SEQUENCE_FLOW_H_
#define SURPLUS_SEQUENCE_FLOW_H_

#include <cstddef>
#include <span>
#include <vector>

namespace surplus {

/// The trained variables of all coordinates.
struct DiagonalState {
  std::vector<double> a;
  std::vector<double> b;  ///< not looked at for D = 0
  std::vector<double> beta;
};

/// How a step of length h follows the flow.
enum class FlowRule {
  kRungeKutta,       ///< the classical rule of fourth order
  kGradientDescent,  ///< Euler's: gradient descent with learning rate h
};

/// a = sqrt(eigenvalue), b = b0, beta = 0.
///
/// eigenvalues  from 1e-150 to 1e100
/// b0           > 0, at most 1e6; not looked at for depth 0
/// Throws       ArgumentError at values outside these ranges
DiagonalState diagonal_start(std::span<const double> eigenvalues, std::size_t depth, double b0);

/// theta_j = a_j b_j^depth beta_j.
std::vector<double> trained_signal(const DiagonalState& state, std::size_t depth);
/// a_j b_j^depth: the root of the learned eigenvalue.
std::vector<double> trained_roots(const DiagonalState& state, std::size_t depth);

/// Takes `steps` steps of length `step` from `state` on.
///
/// z        as many observations as coordinates, finite
/// step     > 0. Stable and accurate where step times the largest a^2 b^2D + D a^2 b^(2D-2) beta^2 +
///          b^2D beta^2 that is met stays below about 1
/// Throws   ShapeError if the sizes differ; ArgumentError for a step or an observation outside its
///          range
/// Cost     about 56 + 4 D (Runge-Kutta) or 14 + D operations per coordinate and step, in SIMD
/// Promises the same bits with any number of threads, in any pieces
void advance_flow(DiagonalState& state, std::span<const double> z, std::size_t depth, FlowRule rule,
                  double step, std::size_t steps);

/// The flow of fixed eigenvalues at time t: (1 - exp(-lambda_j t)) z_j.
///
/// t       >= 0
/// Throws  (all three) ShapeError if the sizes differ; ArgumentError at values outside their range
/// Error   4 eps relative
std::vector<double> fixed_flow(std::span<const double> eigenvalues, std::span<const double> z,
                               double t);

/// The trained flow of depth 0 at time t, in closed form: with R = sqrt(lambda^2 + 4 z^2) and
/// T = tanh(R t / 2),
///   theta = 2 lambda z T (R + lambda T) / (lambda^2 (1 + T^2) + 4 z^2 (1 - T^2) + 2 R lambda T)
///
/// Error   (16 + 2 R t) eps relative, up to R t = 700
std::vector<double> two_layer_flow(std::span<const double> eigenvalues, std::span<const double> z,
                                   double t);

/// The solution of theta' = (lambda + 2 |theta|) (z - theta), which brackets the flow of depth 0:
/// for z >= 0, surrogate(t / sqrt 2) <= two_layer_flow(t) <= surrogate(t) <= z.
std::vector<double> two_layer_surrogate(std::span<const double> eigenvalues,
                                        std::span<const double> z, double t);

}  // namespace surplus

#endif  // SURPLUS_SEQUENCE_FLOW_H_
