#include "surplus/metric/mahalanobis.h"

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/gemv.h"
#include "kernels/ger.h"
#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

Matrix<double> identity(std::size_t d) {
  Matrix<double> a(d, d);
  for (std::size_t i = 0; i < d; ++i) a(i, i) = 1;
  return a;
}

// The covariance of the rows of x plus 1e-6 of its mean diagonal, inverted.
Matrix<double> inverse_covariance(std::string_view function, MatrixView<const double> x) {
  const std::size_t n = x.rows(), d = x.cols();
  std::vector<double> mean(d, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) mean[j] += x(i, j) / static_cast<double>(n);
  }
  Matrix<double> covariance(d, d);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        covariance(i, j) += (x(r, i) - mean[i]) * (x(r, j) - mean[j]) / static_cast<double>(n - 1);
      }
    }
  }
  double trace = 0;
  for (std::size_t i = 0; i < d; ++i) trace += covariance(i, i);
  SURPLUS_REQUIRE(trace > 0, NumericalError, function,
                  "an inverse covariance needs rows that differ", "rows", n);
  for (std::size_t i = 0; i < d; ++i) covariance(i, i) += 1e-6 * trace / static_cast<double>(d);
  const Matrix<double> l = cholesky(covariance);
  Matrix<double> inverse = identity(d);
  triangular_solve(l, inverse.view(), Triangular::kLeft);
  triangular_solve(l, inverse.view(), Triangular::kLeftTransposed);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) inverse(i, j) = inverse(j, i);
  }
  return inverse;
}

// V diag(1 + uniform) V^T, V the eigenvectors of a random Gram matrix.
Matrix<double> random_metric(std::size_t d, Rng rng) {
  Matrix<double> g(d, d);
  rng.fill_normal(g.values());
  const Matrix<double> vectors = eigh(matmul(g, g, {.transpose_b = true})).vectors;
  Matrix<double> scaled = vectors;
  for (std::size_t e = 0; e < d; ++e) {
    const double value = 1 + rng.uniform();
    for (std::size_t i = 0; i < d; ++i) scaled(i, e) *= value;
  }
  Matrix<double> a = matmul(scaled, vectors, {.transpose_b = true});
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) a(j, i) = a(i, j);
  }
  return a;
}

}  // namespace

void require_metric(std::string_view function, std::string_view name,
                    MatrixView<const double> metric, std::size_t d) {
  const std::string text(name);
  SURPLUS_REQUIRE((metric.shape() == Shape{d, d}), ShapeError, function,
                  text + " must have one row and column per feature", name, metric.shape(),
                  "features", d);
  detail::require_finite(function, name, metric);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      SURPLUS_REQUIRE(metric(i, j) == metric(j, i), ArgumentError, function,
                      text + " must be symmetric", "row", i, "column", j, "value", metric(i, j),
                      "mirrored", metric(j, i));
    }
  }
  const std::size_t pivot = try_cholesky(metric, Matrix<double>(d, d).view());
  SURPLUS_REQUIRE(pivot == d, NumericalError, function, text + " must be positive definite",
                  "pivot that is not positive", pivot);
}

Matrix<double> prior_metric(std::string_view function, MatrixView<const double> x,
                            MetricPrior prior, MatrixView<const double> given, const Rng& rng) {
  const std::size_t d = x.cols();
  if (prior == MetricPrior::kIdentity) return identity(d);
  if (prior == MetricPrior::kInverseCovariance) return inverse_covariance(function, x);
  if (prior == MetricPrior::kRandom) return random_metric(d, rng.split("random prior"));
  require_metric(function, "given_prior", given, d);
  return Matrix<double>(given);
}

Matrix<double> metric_transform(MatrixView<const double> metric) {
  const Matrix<double> l = cholesky(metric);
  Matrix<double> transform(l.rows(), l.rows());
  for (std::size_t i = 0; i < l.rows(); ++i) {
    for (std::size_t j = i; j < l.rows(); ++j) transform(i, j) = l(j, i);
  }
  return transform;
}

void update_transform(MatrixView<double> transform, std::span<const double> z, double growth) {
  constexpr std::string_view kName = "update_transform";
  const std::size_t d = z.size();
  SURPLUS_REQUIRE((transform.shape() == Shape{d, d}), ShapeError, kName,
                  "transform must have one row and column per feature", "transform",
                  transform.shape(), "features", d);
  SURPLUS_REQUIRE(growth > 0 && std::isfinite(growth), ArgumentError, kName,
                  "growth must be positive and finite", "growth", growth);
  std::vector<double> image(d), product(d);  // L z, L^T L z
  kernels::gemv(false, d, d, 1.0, transform.data(), transform.stride(), z.data(), 1, 0.0,
                image.data(), 1);
  kernels::gemv(true, d, d, 1.0, transform.data(), transform.stride(), image.data(), 1, 0.0,
                product.data(), 1);
  const double p = std::inner_product(image.begin(), image.end(), image.begin(), 0.0);
  SURPLUS_REQUIRE(p > 0 && std::isfinite(p), NumericalError, kName,
                  "the squared distance must be positive and finite", "distance", p);
  kernels::ger(d, d, (std::sqrt(growth) - 1) / p, image.data(), 1, product.data(), 1,
               transform.data(), transform.stride());
}

double squared_distance(MatrixView<const double> metric, std::span<const double> x,
                        std::span<const double> y) {
  SURPLUS_ASSERT(x.size() == metric.rows() && y.size() == metric.cols());
  double sum = 0;
  for (std::size_t i = 0; i < metric.rows(); ++i) {
    double product = 0;
    for (std::size_t j = 0; j < metric.cols(); ++j) product += metric(i, j) * (x[j] - y[j]);
    sum += (x[i] - y[i]) * product;
  }
  return sum;
}

}  // namespace surplus
