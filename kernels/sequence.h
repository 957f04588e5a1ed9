/// Gradient flow in diagonal (Gaussian sequence) models, each coordinate on its own.
///
/// theta_j = a_j b_j^D beta_j is fitted to z_j by descent on (theta_j - z_j)^2 / 2 in a, b and beta:
///
///   a' = b^D beta g    b' = D a b^(D-1) beta g    beta' = a b^D g    g = z - a b^D beta
///
/// Source   Li, Lin (2024), Improving adaptivity via over-parameterization in sequence models,
///          equations 6 and 9; the closed form of D = 0 is derived from them
#ifndef SURPLUS_KERNELS_SEQUENCE_H_
#define SURPLUS_KERNELS_SEQUENCE_H_

#include <cstddef>

namespace surplus::kernels {

/// The most times that two_layer_errors() follows.
inline constexpr std::size_t kMostDoublings = 64;

/// theta_j(t) for D = 0 from a(0) = sqrt(lambda), beta(0) = 0. With R = sqrt(lambda^2 + 4 z^2),
/// m = R - lambda, r = (R - lambda) / (R + lambda) and e = exp(-R t):
///
///   theta(t) = lambda z (1 - e) (1 + r e) / (lambda + 2 m e - lambda r e^2)
///
/// n        coordinates
/// lambda   n eigenvalues from 1e-150 to 1e100
/// z        n observations, at most 1e100 in size
/// t        >= 0
/// theta    n values out; may be z
/// Error    (16 + 2 R t) eps of theta, relative; of z where R t exceeds 700
/// Cost     about 50 operations per coordinate, four of them divisions or roots
void two_layer_flow(std::size_t n, const double* lambda, const double* z, double t, double* theta);

/// errors[i] = sum_j (theta_j(2^i t) - target_j)^2 for the same flow, i = 0 .. count - 1: one
/// exponential per coordinate, then 1 - e^2 = (1 - e) (1 + e), which does not cancel.
///
/// target   n values
/// t        > 0
/// count    at most kMostDoublings
/// errors   count values out
/// Error    (32 + 2 count + 2 R t + n) eps of sum_j (|theta_j| + |target_j|)^2 at most
/// Cost     about 18 operations per coordinate and time, one of them a division
void two_layer_errors(std::size_t n, const double* lambda, const double* z, const double* target,
                      double t, std::size_t count, double* errors);

/// `steps` steps of length h of the classical Runge-Kutta rule of fourth order.
///
/// n        coordinates
/// depth    D
/// z        n observations
/// a, b, beta  n values each, updated; b is not looked at for D = 0
/// Error    each step rounds within (30 + 4 D) eps of the largest of |a|, |b| and |beta|, if h times
///          a^2 b^(2 D) + D a^2 b^(2 D - 2) beta^2 + b^(2 D) beta^2 is at most 1
/// Cost     about 56 + 4 D operations per coordinate and step; 6 n elements moved
void diagonal_runge_kutta(std::size_t n, std::size_t depth, const double* z, double h,
                          std::size_t steps, double* a, double* b, double* beta);

/// `steps` steps of gradient descent, that is Euler's rule: x <- x + h x'. As above, but for about
/// 14 + D operations per coordinate and step.
void diagonal_gradient_descent(std::size_t n, std::size_t depth, const double* z, double h,
                               std::size_t steps, double* a, double* b, double* beta);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_SEQUENCE_H_
