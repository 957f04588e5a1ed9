#include "surplus/theory/ntk_limit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

using std::numbers::pi;

// E f(u) f(v) and E f'(u) f'(v) for variances a and b and covariance c.
struct Expectations {
  double values, slopes;
};

Expectations expectations(ad::Activation f, double a, double b, double c) {
  switch (f) {
    case ad::Activation::kRelu: {
      const double product = std::sqrt(a * b);
      const double cosine = product > 0 ? std::clamp(c / product, -1.0, 1.0) : 0;
      const double angle = std::acos(cosine);
      return {product / (2 * pi) * (std::sqrt(1 - cosine * cosine) + (pi - angle) * cosine),
              product > 0 ? (pi - angle) / (2 * pi) : 0};
    }
    case ad::Activation::kErf: {
      const double square = (1 + 2 * a) * (1 + 2 * b);
      return {2 / pi * std::asin(2 * c / std::sqrt(square)),
              4 / (pi * std::sqrt(square - 4 * c * c))};
    }
    default:
      return {c, 1};
  }
}

void require_finite(const char* name, MatrixView<const double> x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (const double value : x.row(i)) {
      SURPLUS_REQUIRE(std::isfinite(value), ArgumentError, "ntk_limit", "rows must be finite", name,
                      value, "row", i);
    }
  }
}

}  // namespace

LimitKernels ntk_limit(ad::Activation f, std::size_t hidden, MatrixView<const double> x,
                       MatrixView<const double> x2) {
  SURPLUS_REQUIRE(
      f == ad::Activation::kIdentity || f == ad::Activation::kRelu || f == ad::Activation::kErf,
      ArgumentError, "ntk_limit", "the activation must be identity, relu or erf", "activation",
      static_cast<int>(f));
  SURPLUS_REQUIRE(x.cols() == x2.cols() && x.cols() >= 1, ShapeError, "ntk_limit",
                  "x and x2 must have equally many columns, at least one", "x", x.shape(), "x2",
                  x2.shape());
  require_finite("x", x);
  require_finite("x2", x2);
  const auto product = [](std::span<const double> u, std::span<const double> v) {
    double sum = 0;
    for (std::size_t j = 0; j < u.size(); ++j) sum += u[j] * v[j];
    return sum / static_cast<double>(u.size());
  };
  LimitKernels kernels{Matrix<double>(x.rows(), x2.rows()), Matrix<double>(x.rows(), x2.rows())};
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x2.rows(); ++j) {
      double a = product(x.row(i), x.row(i)), b = product(x2.row(j), x2.row(j)),
             c = product(x.row(i), x2.row(j)), k = c;
      for (std::size_t layer = 0; layer < hidden; ++layer) {
        const Expectations e = expectations(f, a, b, c);
        a = expectations(f, a, a, a).values;
        b = expectations(f, b, b, b).values;
        c = e.values;
        k = c + k * e.slopes;
      }
      kernels.nngp(i, j) = c;
      kernels.ntk(i, j) = k;
    }
  }
  return kernels;
}

}  // namespace surplus
