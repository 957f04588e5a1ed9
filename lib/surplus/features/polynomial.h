/// Polynomial features of one variable.
#ifndef SURPLUS_FEATURES_POLYNOMIAL_H_
#define SURPLUS_FEATURES_POLYNOMIAL_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "surplus/core/matrix.h"

namespace surplus {

/// Feature j of x. All but the monomials are made for x in [-1, 1].
enum class PolynomialBasis {
  kLegendre,             ///< P_j(x), with P_j(1) = 1
  kOrthonormalLegendre,  ///< sqrt(2 j + 1) P_j(x), orthonormal for the uniform density on [-1, 1]
  kChebyshev,            ///< T_j(x) = cos(j arccos x)
  /// T_0 and sqrt(2) T_j, orthonormal for the density 1 / (pi sqrt(1 - x^2))
  kOrthonormalChebyshev,
  kMonomial,  ///< x^j
};

/// "legendre", "orthonormal legendre", "chebyshev", "orthonormal chebyshev", "monomial".
std::string_view to_text(PolynomialBasis basis);

/// Features first, first + 1, ... of each x, as many as asked for.
///
/// x        n numbers
/// first    0 for features that begin with the constant
/// Returns  n x count
/// Throws   ArgumentError at a NaN or an infinity, and where a feature overflows
/// Error    of feature j for |x| <= 1: 8 (j + 1) eps times the largest value of the feature there
/// Cost     3 (first + count) flops an x
template <typename T>
Matrix<T> polynomial_features(PolynomialBasis basis, std::span<const T> x, std::size_t first,
                              std::size_t count);

/// The affine map of [low, high] to [-1, 1], for one x: 2 (x - low) / (high - low) - 1.
///
/// Throws   ArgumentError if low is not below high or one is not finite
double to_unit_interval(double x, double low, double high);

}  // namespace surplus

#endif  // SURPLUS_FEATURES_POLYNOMIAL_H_
