#include "surplus/features/kernel_ridge.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/vector_math.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

template <typename T>
std::vector<double> squared_lengths(MatrixView<const T> x) {
  std::vector<double> lengths(x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (const T value : x.row(i)) {
      lengths[i] += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  return lengths;
}

template <typename T>
Matrix<T> kernel_of(MatrixView<const T> x, MatrixView<const T> z, double sigma) {
  SURPLUS_REQUIRE(x.cols() == z.cols(), ShapeError, "gaussian_kernel",
                  "x and z must have as many columns", "x", x.shape(), "z", z.shape());
  SURPLUS_REQUIRE(sigma > 0 && std::isfinite(sigma), ArgumentError, "gaussian_kernel",
                  "sigma must be positive and finite", "sigma", sigma);
  const std::vector<double> of_x = squared_lengths(x), of_z = squared_lengths(z);
  Matrix<T> k(x.rows(), z.rows());
  matmul(x, z, k.view(), {.transpose_b = true});
  const Chunks rows{x.rows(), 64};
  parallel_for(rows.count(), [&](std::size_t chunk) {
    for (std::size_t i = rows.begin(chunk); i < rows.end(chunk); ++i) {
      const std::span<T> row = k.row(i);
      for (std::size_t j = 0; j < row.size(); ++j) {
        // Rounding must not make a distance negative, nor a kernel larger than 1.
        const double square = std::max(0.0, of_x[i] + of_z[j] - 2 * static_cast<double>(row[j]));
        row[j] = static_cast<T>(-square / (2 * sigma * sigma));
      }
      kernels::vector_exp(row.size(), row.data(), row.data());
    }
  });
  return k;
}

template <typename T>
KernelRidge<T> ridge_of(MatrixView<const T> k, MatrixView<const T> y, double lambda) {
  SURPLUS_REQUIRE(k.rows() == k.cols() && y.rows() == k.rows(), ShapeError, "kernel_ridge",
                  "k must be square with a row per row of y", "k", k.shape(), "y", y.shape());
  SURPLUS_REQUIRE(lambda >= 0 && std::isfinite(lambda), ArgumentError, "kernel_ridge",
                  "lambda must be finite and not negative", "lambda", lambda);
  const std::size_t n = k.rows();
  Matrix<T> l(k);
  for (std::size_t i = 0; i < n; ++i) l(i, i) += static_cast<T>(lambda);
  const std::size_t pivots = extend_cholesky(l.view(), 0);
  SURPLUS_REQUIRE(pivots == n, NumericalError, "kernel_ridge",
                  "k + lambda I must be positive definite", "pivot", pivots, "n", n, "lambda",
                  lambda);
  KernelRidge<T> result{Matrix<T>(y)};
  triangular_solve(l.view(), result.alpha.view(), Triangular::kLeft);
  triangular_solve(l.view(), result.alpha.view(), Triangular::kLeftTransposed);
  const double condition = least_condition(std::as_const(l).view());
  result.condition = condition * condition;
  double square = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < y.cols(); ++j) {
      const auto alpha = static_cast<double>(result.alpha(i, j));
      square += alpha * (static_cast<double>(y(i, j)) - lambda * alpha);
    }
  }
  result.norm = std::sqrt(std::max(0.0, square));
  return result;
}

}  // namespace

Matrix<float> gaussian_kernel(MatrixView<const float> x, MatrixView<const float> z, double sigma) {
  return kernel_of(x, z, sigma);
}
Matrix<double> gaussian_kernel(MatrixView<const double> x, MatrixView<const double> z,
                               double sigma) {
  return kernel_of(x, z, sigma);
}
KernelRidge<float> kernel_ridge(MatrixView<const float> k, MatrixView<const float> y,
                                double lambda) {
  return ridge_of(k, y, lambda);
}
KernelRidge<double> kernel_ridge(MatrixView<const double> k, MatrixView<const double> y,
                                 double lambda) {
  return ridge_of(k, y, lambda);
}

}  // namespace surplus
