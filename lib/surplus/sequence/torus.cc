#include "surplus/sequence/torus.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/matmul.h"
#include "surplus/sequence/checks.h"
#include "surplus/sequence/flow.h"

namespace surplus {
namespace {

std::size_t functions_of(std::size_t frequencies, std::size_t dimensions) {
  std::size_t count = 1;
  for (std::size_t k = 0; k < dimensions; ++k) count *= 2 * frequencies + 1;
  return count;
}

void require_basis(std::string_view function, const TorusBasis& basis) {
  SURPLUS_REQUIRE(basis.dimensions >= 1 && basis.dimensions <= 8, ArgumentError, function,
                  "dimensions must be at least 1 and at most 8", "dimensions", basis.dimensions);
  const double size = std::pow(2.0 * static_cast<double>(basis.frequencies) + 1,
                               static_cast<double>(basis.dimensions));
  SURPLUS_REQUIRE(basis.frequencies >= 1 && size <= 1e6, ArgumentError, function,
                  "there must be a frequency and at most 1e6 functions", "frequencies",
                  basis.frequencies, "functions", size);
}

void require_sample(std::string_view function, const TorusBasis& basis,
                    MatrixView<const double> x) {
  require_basis(function, basis);
  SURPLUS_REQUIRE(x.cols() == basis.dimensions, ShapeError, function,
                  "x must have a column for each dimension", "x", x.shape(), "dimensions",
                  basis.dimensions);
  detail::require_finite(function, "x", x);
}

void require_problem(std::string_view function, const TorusBasis& basis,
                     std::span<const double> eigenvalues, MatrixView<const double> x,
                     std::span<const double> y, std::span<const double> times) {
  require_sample(function, basis, x);
  detail::require_length(function, "eigenvalues", eigenvalues.size(), basis.size());
  detail::require_eigenvalues(function, eigenvalues);
  SURPLUS_REQUIRE(y.size() == x.rows() && !y.empty(), ShapeError, function,
                  "x must have rows, and y a value for each", "x", x.shape(), "y", y.size());
  detail::require_finite(function, "y", MatrixView<const double>(y.data(), 1, y.size()));
  double before = 0;
  for (const double t : times) {
    detail::require_time(function, t);
    SURPLUS_REQUIRE(t >= before, ArgumentError, function, "times must ascend", "time", t, "after",
                    before);
    before = t;
  }
}

// The functions of dimensions first .. last - 1.
Matrix<double> features(std::size_t frequencies, MatrixView<const double> x, std::size_t first,
                        std::size_t last) {
  const std::size_t per_dimension = 2 * frequencies + 1;
  Matrix<double> out(x.rows(), functions_of(frequencies, last - first));
  std::vector<double> factors(per_dimension, 1.0);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    double* row = out.row(i).data();
    row[0] = 1;
    std::size_t count = 1;
    for (std::size_t k = first; k < last; ++k) {
      for (std::size_t m = 1; m <= frequencies; ++m) {
        const double angle = std::numbers::pi * static_cast<double>(m) * x(i, k);
        factors[2 * m - 1] = std::numbers::sqrt2 * std::sin(angle);
        factors[2 * m] = std::numbers::sqrt2 * std::cos(angle);
      }
      // From the back, so that the products of fewer dimensions are read before they are replaced.
      for (std::size_t c = count; c-- > 0;) {
        const double product = row[c];
        for (std::size_t u = per_dimension; u-- > 0;) {
          row[c * per_dimension + u] = product * factors[u];
        }
      }
      count *= per_dimension;
    }
  }
  return out;
}

}  // namespace

std::size_t TorusBasis::size() const { return functions_of(frequencies, dimensions); }

double TorusBasis::squared_frequency(std::size_t j) const {
  const std::size_t per_dimension = 2 * frequencies + 1;
  double sum = 0;
  for (std::size_t k = 0; k < dimensions; ++k, j /= per_dimension) {
    const std::size_t m = (j % per_dimension + 1) / 2;  // 0; 1, 1; 2, 2; ...: cosine and sine
    sum += static_cast<double>(m * m);
  }
  return sum;
}

Matrix<double> torus_features(const TorusBasis& basis, MatrixView<const double> x) {
  require_sample("torus_features", basis, x);
  return features(basis.frequencies, x, 0, basis.dimensions);
}

std::vector<double> torus_eigenvalues(const TorusBasis& basis, double smoothness) {
  require_basis("torus_eigenvalues", basis);
  SURPLUS_REQUIRE(smoothness > 0 && smoothness <= 20, ArgumentError, "torus_eigenvalues",
                  "smoothness must be above 0 and at most 20", "smoothness", smoothness);
  std::vector<double> eigenvalues(basis.size());
  for (std::size_t j = 0; j < eigenvalues.size(); ++j) {
    eigenvalues[j] = std::pow(1 + basis.squared_frequency(j), -smoothness);
  }
  return eigenvalues;
}

Matrix<double> fit_fixed_kernel(const TorusBasis& basis, std::span<const double> eigenvalues,
                                MatrixView<const double> x, std::span<const double> y,
                                std::span<const double> times) {
  require_problem("fit_fixed_kernel", basis, eigenvalues, x, y, times);
  const auto n = static_cast<double>(y.size());
  const Matrix<double> e = features(basis.frequencies, x, 0, basis.dimensions);
  Matrix<double> scaled = e;
  for (std::size_t i = 0; i < e.rows(); ++i) {
    for (std::size_t j = 0; j < e.cols(); ++j) scaled(i, j) *= eigenvalues[j];
  }
  const Eigh<double> kernel =
      eigh(matmul(scaled, e, {.transpose_b = true, .alpha = 1 / n}));  // K / n
  const Matrix<double> y_in = matmul(
      kernel.vectors, MatrixView<const double>(y.data(), y.size(), 1), {.transpose_a = true});
  // theta = Lambda E^T V diag((1 - exp(-s t)) / s) V^T y / n, which tends to t as s does to 0.
  Matrix<double> weights(times.size(), y.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (std::size_t l = 0; l < y.size(); ++l) {
      const double s = std::max(kernel.values[l], 0.0);
      const double gain = s * times[i] < 1e-12 ? times[i] : -std::expm1(-s * times[i]) / s;
      weights(i, l) = gain * y_in(l, 0) / n;
    }
  }
  return matmul(matmul(weights, kernel.vectors, {.transpose_b = true}), scaled);
}

Matrix<double> fit_adaptive_kernel(const TorusBasis& basis, std::span<const double> eigenvalues,
                                   MatrixView<const double> x, std::span<const double> y,
                                   const AdaptiveKernelConfig& config) {
  constexpr std::string_view kName = "fit_adaptive_kernel";
  require_problem(kName, basis, eigenvalues, x, y, config.times);
  detail::require_layers(kName, config.depth, config.b0);
  SURPLUS_REQUIRE(config.step > 0 && std::isfinite(config.step), ArgumentError, kName,
                  "step must be positive", "step", config.step);
  const auto n = static_cast<double>(y.size());
  const auto d = static_cast<double>(config.depth);
  // e_j is a product of a function of the first dimension and one of the others, so that f and its
  // gradient are products of small matrices, which stay in the cache as all of e would not.
  const Matrix<double> left = features(basis.frequencies, x, 0, 1);
  const Matrix<double> right = features(basis.frequencies, x, 1, basis.dimensions);
  Matrix<double> theta(left.cols(), right.cols()), gradient(left.cols(), right.cols()),
      product(y.size(), right.cols());
  DiagonalState state = diagonal_start(eigenvalues, config.depth, config.b0);
  Matrix<double> path(config.times.size(), basis.size());
  std::size_t done = 0;
  for (std::size_t i = 0; i < config.times.size(); ++i) {
    const auto wanted = static_cast<std::size_t>(std::round(config.times[i] / config.step));
    for (; done < wanted; ++done) {
      matmul(left, theta, product);
      for (std::size_t row = 0; row < y.size(); ++row) {
        double f = 0;
        for (std::size_t c = 0; c < right.cols(); ++c) f += product(row, c) * right(row, c);
        const double residual = (y[row] - f) / n;
        for (std::size_t c = 0; c < right.cols(); ++c) product(row, c) = residual * right(row, c);
      }
      matmul(left, product, gradient, {.transpose_a = true});
      const std::span<const double> g = gradient.values();
      const std::span<double> to = theta.values();
      for (std::size_t j = 0; j < to.size(); ++j) {
        const double a = state.a[j];
        const double b = state.b[j];
        const double beta = state.beta[j];
        double power = 1;  // b^(D - 1)
        for (std::size_t l = 1; l < config.depth; ++l) power *= b;
        const double all = config.depth > 0 ? power * b : 1;
        const double pull = config.step * g[j];
        state.a[j] = a + all * beta * pull;
        if (config.depth > 0) state.b[j] = b + d * a * power * beta * pull;
        state.beta[j] = beta + a * all * pull;
        to[j] = state.a[j] * state.beta[j];
        for (std::size_t l = 0; l < config.depth; ++l) to[j] *= state.b[j];
      }
    }
    for (std::size_t j = 0; j < path.cols(); ++j) {
      path(i, j) = theta.values()[j];
      SURPLUS_REQUIRE(std::isfinite(path(i, j)), NumericalError, kName,
                      "step must be short enough for descent to stay bounded", "step", config.step,
                      "time", config.times[i]);
    }
  }
  return path;
}

}  // namespace surplus
