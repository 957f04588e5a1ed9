#include "surplus/features/polynomial.h"

#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

// The next polynomial from the last two: degree j + 1 from j and j - 1, in double for both types.
double next(PolynomialBasis basis, std::size_t degree, double x, double now, double before) {
  const auto j = static_cast<double>(degree);
  switch (basis) {
    case PolynomialBasis::kLegendre:
    case PolynomialBasis::kOrthonormalLegendre:
      return ((2 * j + 1) * x * now - j * before) / (j + 1);
    case PolynomialBasis::kChebyshev:
    case PolynomialBasis::kOrthonormalChebyshev:
      return degree == 0 ? x : 2 * x * now - before;
    case PolynomialBasis::kMonomial:
      break;
  }
  return x * now;
}

double scale(PolynomialBasis basis, std::size_t degree) {
  if (basis == PolynomialBasis::kOrthonormalLegendre) {
    return std::sqrt(2 * static_cast<double>(degree) + 1);
  }
  return basis == PolynomialBasis::kOrthonormalChebyshev && degree > 0 ? std::numbers::sqrt2 : 1;
}

}  // namespace

std::string_view to_text(PolynomialBasis basis) {
  switch (basis) {
    case PolynomialBasis::kLegendre:
      return "legendre";
    case PolynomialBasis::kOrthonormalLegendre:
      return "orthonormal legendre";
    case PolynomialBasis::kChebyshev:
      return "chebyshev";
    case PolynomialBasis::kOrthonormalChebyshev:
      return "orthonormal chebyshev";
    case PolynomialBasis::kMonomial:
      break;
  }
  return "monomial";
}

template <typename T>
Matrix<T> polynomial_features(PolynomialBasis basis, std::span<const T> x, std::size_t first,
                              std::size_t count) {
  Matrix<T> features(x.size(), count);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = static_cast<double>(x[i]);
    SURPLUS_REQUIRE(std::isfinite(at), ArgumentError, "polynomial_features", "x must be finite",
                    "index", i, "value", x[i]);
    double now = 1, before = 0;
    for (std::size_t degree = 0; degree < first + count; ++degree) {
      if (degree >= first) {
        const T value = static_cast<T>(scale(basis, degree) * now);
        SURPLUS_REQUIRE(std::isfinite(value), ArgumentError, "polynomial_features",
                        "features must not overflow", "x", x[i], "degree", degree);
        features(i, degree - first) = value;
      }
      const double after = next(basis, degree, at, now, before);
      before = now;
      now = after;
    }
  }
  return features;
}

double to_unit_interval(double x, double low, double high) {
  SURPLUS_REQUIRE(std::isfinite(low) && std::isfinite(high) && low < high, ArgumentError,
                  "to_unit_interval", "low must be below high, and both finite", "low", low, "high",
                  high);
  return 2 * (x - low) / (high - low) - 1;
}

template Matrix<float> polynomial_features(PolynomialBasis, std::span<const float>, std::size_t,
                                           std::size_t);
template Matrix<double> polynomial_features(PolynomialBasis, std::span<const double>, std::size_t,
                                            std::size_t);

}  // namespace surplus
