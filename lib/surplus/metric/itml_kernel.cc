#include "surplus/metric/itml_kernel.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {

KernelFactor factor_kernel(MatrixView<const double> kernel, std::size_t rank, double tolerance) {
  constexpr std::string_view kName = "factor_kernel";
  SURPLUS_REQUIRE(!kernel.empty(), ShapeError, kName, "kernel must have a row", "kernel",
                  kernel.shape());
  detail::require_square(kName, "kernel", kernel.shape());
  detail::require_finite_lower(kName, "kernel", kernel);
  SURPLUS_REQUIRE(tolerance >= 0 && std::isfinite(tolerance), ArgumentError, kName,
                  "tolerance must be at least 0 and finite", "tolerance", tolerance);
  const std::size_t n = kernel.rows();
  std::vector<double> left(n);  // of the diagonal
  for (std::size_t i = 0; i < n; ++i) {
    left[i] = kernel(i, i);
    SURPLUS_REQUIRE(left[i] >= 0, ArgumentError, kName, "the diagonal must not be negative", "row",
                    i, "value", left[i]);
  }
  const double enough = tolerance * *std::ranges::max_element(left);
  Matrix<double> columns(rank == 0 ? n : std::min(rank, n), n);  // G^T, row after row
  KernelFactor factor;
  while (factor.pivots.size() < columns.rows()) {
    const auto at = static_cast<std::size_t>(std::ranges::max_element(left) - left.begin());
    if (left[at] <= enough) break;
    const std::size_t r = factor.pivots.size();
    const std::span column = columns.row(r);
    const double root = std::sqrt(left[at]);
    for (std::size_t i = 0; i < n; ++i) column[i] = kernel(std::max(i, at), std::min(i, at));
    for (std::size_t e = 0; e < r; ++e) {
      const std::span earlier = columns.row(e);
      const double share = earlier[at];
      for (std::size_t i = 0; i < n; ++i) column[i] -= share * earlier[i];
    }
    // Exactly triangular, so that kernel_features() can solve with these rows.
    for (const std::size_t pivot : factor.pivots) column[pivot] = 0;
    for (std::size_t i = 0; i < n; ++i) {
      column[i] /= root;
      left[i] = std::max(0.0, left[i] - column[i] * column[i]);
    }
    column[at] = root;
    left[at] = 0;
    factor.pivots.push_back(at);
  }
  factor.residual = *std::ranges::max_element(left);
  factor.features = Matrix<double>(n, factor.pivots.size());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t e = 0; e < factor.pivots.size(); ++e) factor.features(i, e) = columns(e, i);
  }
  return factor;
}

Matrix<double> kernel_features(const KernelFactor& factor, MatrixView<const double> cross) {
  constexpr std::string_view kName = "kernel_features";
  const std::size_t r = factor.pivots.size();
  SURPLUS_REQUIRE(cross.cols() == factor.features.rows(), ShapeError, kName,
                  "cross must have a column for each point of the kernel", "cross", cross.shape(),
                  "points", factor.features.rows());
  detail::require_finite(kName, "cross", cross);
  // The rows of G at the pivots are a triangle T, and K_0[new, pivots] = G_new T^T.
  Matrix<double> triangle(r, r), features(cross.rows(), r);
  for (std::size_t e = 0; e < r; ++e) {
    std::ranges::copy(factor.features.row(factor.pivots[e]), triangle.row(e).begin());
    for (std::size_t i = 0; i < cross.rows(); ++i) features(i, e) = cross(i, factor.pivots[e]);
  }
  if (r > 0) triangular_solve(triangle, features.view(), Triangular::kRightTransposed);
  return features;
}

Matrix<double> learned_kernel(MatrixView<const double> metric, MatrixView<const double> kernel,
                              MatrixView<const double> left, MatrixView<const double> right) {
  constexpr std::string_view kName = "learned_kernel";
  const std::size_t r = metric.rows();
  SURPLUS_REQUIRE((metric.shape() == Shape{r, r} && left.shape() == Shape{kernel.rows(), r} &&
                   right.shape() == Shape{kernel.cols(), r}),
                  ShapeError, kName,
                  "left and right must have a row for each row and column of kernel, and a column "
                  "for each row of metric",
                  "metric", metric.shape(), "kernel", kernel.shape(), "left", left.shape(), "right",
                  right.shape());
  Matrix<double> change(metric), result(kernel);
  for (std::size_t e = 0; e < r; ++e) change(e, e) -= 1;
  matmul(matmul(left, change), right, result, {.transpose_b = true, .beta = 1});
  return result;
}

}  // namespace surplus
