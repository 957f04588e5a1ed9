#include "surplus/linear/discriminant.h"

#include <cmath>
#include <string_view>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

struct ClassMeans {
  Matrix<double> means;        // k x d
  std::vector<double> counts;  // k
};

ClassMeans class_means(MatrixView<const double> x, std::span<const std::size_t> labels,
                       std::size_t k) {
  ClassMeans classes{Matrix<double>(k, x.cols()), std::vector<double>(k, 0.0)};
  for (std::size_t i = 0; i < x.rows(); ++i) {
    ++classes.counts[labels[i]];
    for (std::size_t j = 0; j < x.cols(); ++j) classes.means(labels[i], j) += x(i, j);
  }
  for (std::size_t i = 0; i < k; ++i) {
    for (double& mean : classes.means.row(i)) mean /= classes.counts[i];
  }
  return classes;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

// The lower factor of the pooled covariance of x, which is left without the means of its classes.
Matrix<double> pooled_factor(Matrix<double> x, std::span<const std::size_t> labels,
                             const ClassMeans& classes, double ridge) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) x(i, j) -= classes.means(labels[i], j);
  }
  Matrix<double> covariance =
      matmul(x.view(), x.view(), {.transpose_a = true, .alpha = 1 / static_cast<double>(x.rows())});
  const std::size_t d = x.cols();
  double mean = 0;
  for (std::size_t j = 0; j < d; ++j) mean += covariance(j, j) / static_cast<double>(d);
  for (std::size_t j = 0; j < d; ++j) covariance(j, j) += ridge * mean;
  const std::size_t positive = try_cholesky(covariance, covariance.view());
  SURPLUS_REQUIRE(positive == d, NumericalError, "fit_lda",
                  "the pooled covariance must be positive definite; give a larger ridge", "pivot",
                  positive, "ridge", ridge);
  return covariance;
}

}  // namespace

LinearClassifier fit_nearest_mean(MatrixView<const double> x, std::span<const std::size_t> labels) {
  const std::size_t k = detail::require_classes("fit_nearest_mean", x, labels);
  // Around the mean of all, so that data far from the origin lose no digits to |mean|^2.
  const std::vector<double> origin = detail::column_means(x);
  LinearClassifier classifier{class_means(detail::centered(x, origin), labels, k).means,
                              std::vector<double>(k)};
  for (std::size_t i = 0; i < k; ++i) {
    const auto mean = classifier.weights.row(i);
    classifier.intercepts[i] = -0.5 * dot(mean, mean);
  }
  detail::uncenter(classifier, origin);
  return classifier;
}

LinearClassifier fit_lda(MatrixView<const double> x, std::span<const std::size_t> labels,
                         const LdaConfig& config) {
  const std::size_t k = detail::require_classes("fit_lda", x, labels);
  SURPLUS_REQUIRE(config.ridge >= 0 && std::isfinite(config.ridge), ArgumentError, "fit_lda",
                  "ridge must be at least 0 and finite", "ridge", config.ridge);
  const std::vector<double> origin = detail::column_means(x);
  Matrix<double> data = detail::centered(x, origin);
  const ClassMeans classes = class_means(data, labels, k);
  const Matrix<double> factor = pooled_factor(std::move(data), labels, classes, config.ridge);
  // Rows mean_i S^-1 = (mean_i L^-T) L^-1.
  LinearClassifier classifier{classes.means, std::vector<double>(k)};
  triangular_solve(factor, classifier.weights.view(), Triangular::kRightTransposed);
  triangular_solve(factor, classifier.weights.view(), Triangular::kRight);
  for (std::size_t i = 0; i < k; ++i) {
    classifier.intercepts[i] = std::log(classes.counts[i] / static_cast<double>(x.rows())) -
                               0.5 * dot(classifier.weights.row(i), classes.means.row(i));
  }
  detail::uncenter(classifier, origin);
  return classifier;
}

}  // namespace surplus
