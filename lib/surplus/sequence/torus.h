/// Regression on the torus [-1, 1)^d with a kernel that is diagonal in the real Fourier basis, its
/// eigenvalues fixed or learned together with the function ("diagonal adaptive kernel").
///
/// f(x) = sum_j theta_j e_j(x), theta_j = a_j b_j^D beta_j as in flow.h, but with the loss
/// sum_i (y_i - f(x_i))^2 / (2 n), which couples the coordinates.
///
/// Source  Li, Lin (2024), arXiv 2409.00894, section on kernel regression
#ifndef SURPLUS_SEQUENCE_TORUS_H_
#define SURPLUS_SEQUENCE_TORUS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// Products of 1, sqrt(2) sin(pi m x) and sqrt(2) cos(pi m x), m = 1 .. frequencies, one factor per
/// dimension: (2 frequencies + 1)^d functions, orthonormal for x uniform on [-1, 1)^d. In each
/// dimension they are numbered 1, sin, cos of m = 1, sin, cos of m = 2 ...; the last one's number runs
/// fastest.
struct TorusBasis {
  std::size_t dimensions = 1;   ///< 1 .. 8
  std::size_t frequencies = 1;  ///< at least 1

  std::size_t size() const;
  /// |m|^2 of function j.
  double squared_frequency(std::size_t j) const;
};

/// e_j(x_i), n x size.
///
/// x       n x dimensions
/// Throws  ShapeError if the columns do not fit; ArgumentError if the basis is out of its range or
///         has more than 10^6 functions, or x holds a NaN or an infinity
Matrix<double> torus_features(const TorusBasis& basis, MatrixView<const double> x);

/// (1 + |m|^2)^-smoothness, one per function.
std::vector<double> torus_eigenvalues(const TorusBasis& basis, double smoothness);

/// The flow of fixed eigenvalues, in closed form: f = K (1 - exp(-K t / n)) K^-1 y on the sample.
///
/// x, y     n x dimensions and n, n at least 1
/// times    >= 0
/// Returns  the coefficients theta_j at each time, times x size
/// Throws   ShapeError, ArgumentError
/// Cost     an eigendecomposition of n x n and n times-by-size products
Matrix<double> fit_fixed_kernel(const TorusBasis& basis, std::span<const double> eigenvalues,
                                MatrixView<const double> x, std::span<const double> y,
                                std::span<const double> times);

struct AdaptiveKernelConfig {
  std::size_t depth = 0;
  double b0 = 1;      ///< > 0; not looked at for depth 0
  double step = 0.1;  ///< the learning rate of gradient descent
  /// Ascending; each is taken at the nearest multiple of `step`.
  std::vector<double> times = {};
};

/// The trained flow, by gradient descent.
///
/// Returns  as fit_fixed_kernel()
/// Throws   as above; NumericalError if the step is too long and the coefficients overflow
/// Cost     4 n size multiply-adds per step
Matrix<double> fit_adaptive_kernel(const TorusBasis& basis, std::span<const double> eigenvalues,
                                   MatrixView<const double> x, std::span<const double> y,
                                   const AdaptiveKernelConfig& config);

}  // namespace surplus

#endif  // SURPLUS_SEQUENCE_TORUS_H_
