#include "surplus/features/polynomial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

// The polynomial of degree j + 1 from those of degrees j and j - 1, in double for both types:
// (of_x x p_j - of_before p_(j-1)) / divisor.
struct Recurrence {
  double of_x = 1, of_before = 0, divisor = 1;
};

Recurrence recurrence(PolynomialBasis basis, std::size_t degree) {
  const auto j = static_cast<double>(degree);
  switch (basis) {
    case PolynomialBasis::kLegendre:
    case PolynomialBasis::kOrthonormalLegendre:
      return {2 * j + 1, j, j + 1};
    case PolynomialBasis::kChebyshev:
    case PolynomialBasis::kOrthonormalChebyshev:
      return degree == 0 ? Recurrence{} : Recurrence{2, 1, 1};
    case PolynomialBasis::kMonomial:
      break;
  }
  return {};
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
  // Some points together: a recurrence alone waits for each of its operations.
  constexpr std::size_t kTogether = 16;
  for (std::size_t begin = 0; begin < x.size(); begin += kTogether) {
    const std::size_t points = std::min(kTogether, x.size() - begin);
    std::array<double, kTogether> at{}, now{}, before{};
    now.fill(1);
    for (std::size_t i = 0; i < points; ++i) {
      at[i] = static_cast<double>(x[begin + i]);
      SURPLUS_REQUIRE(std::isfinite(at[i]), ArgumentError, "polynomial_features",
                      "x must be finite", "index", begin + i, "value", x[begin + i]);
    }
    for (std::size_t degree = 0; degree < first + count; ++degree) {
      const double factor = scale(basis, degree);
      for (std::size_t i = 0; degree >= first && i < points; ++i) {
        const T value = static_cast<T>(factor * now[i]);
        SURPLUS_REQUIRE(std::isfinite(value), ArgumentError, "polynomial_features",
                        "features must not overflow", "x", x[begin + i], "degree", degree);
        features(begin + i, degree - first) = value;
      }
      const Recurrence step = recurrence(basis, degree);
      for (std::size_t i = 0; i < kTogether; ++i) {
        const double after =
            (step.of_x * at[i] * now[i] - step.of_before * before[i]) / step.divisor;
        before[i] = now[i];
        now[i] = after;
      }
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
