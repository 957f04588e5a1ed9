#include "surplus/mixture/gmm_queries.h"

#include <cmath>
#include <string>

#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/mixture/gmm_checks.h"
#include "surplus/mixture/gmm_steps.h"

namespace surplus {
namespace {

template <typename T>
GmmFactors require_input(const char* function, const GaussianMixture& mixture,
                         MatrixView<const T> x) {
  GmmFactors factors = detail::require_mixture(function, mixture);
  SURPLUS_REQUIRE(x.cols() == mixture.features(), ShapeError, function,
                  "x must have as many columns as the mixture has features", "x", x.shape(),
                  "features", mixture.features());
  detail::require_finite(function, "x", x);
  return factors;
}

template <typename T>
std::vector<double> score_samples_of(const GaussianMixture& mixture, MatrixView<const T> x) {
  const GmmFactors factors = require_input("score_samples", mixture, x);
  std::vector<double> densities(x.rows());
  evaluate_rows(x, factors, {.log_density = densities.data()});
  return densities;
}

template <typename T>
double score_of(const char* function, const GaussianMixture& mixture, MatrixView<const T> x,
                std::span<const double> sample_weights) {
  const GmmFactors factors = require_input(function, mixture, x);
  SURPLUS_REQUIRE(x.rows() >= 1, ShapeError, function, "x must have a row", "x", x.shape());
  const double total = detail::require_sample_weights(function, x.rows(), sample_weights);
  GmmMoments moments;
  e_step(x, factors, sample_weights, moments);
  return moments.log_likelihood / total;
}

template <typename T>
std::vector<std::size_t> predict_of(const GaussianMixture& mixture, MatrixView<const T> x) {
  const GmmFactors factors = require_input("predict", mixture, x);
  std::vector<std::size_t> labels(x.rows());
  evaluate_rows(x, factors, {.labels = labels.data()});
  return labels;
}

template <typename T>
Matrix<double> predict_proba_of(const GaussianMixture& mixture, MatrixView<const T> x) {
  const GmmFactors factors = require_input("predict_proba", mixture, x);
  Matrix<double> responsibilities(x.rows(), mixture.components());
  evaluate_rows(x, factors, {.responsibilities = responsibilities.data()});
  return responsibilities;
}

// -2 n score + p * price(n).
template <typename T, typename Price>
double criterion(const char* function, const GaussianMixture& mixture, MatrixView<const T> x,
                 std::span<const double> sample_weights, const Price& price) {
  const double score = score_of(function, mixture, x, sample_weights);
  const double n = detail::require_sample_weights(function, x.rows(), sample_weights);
  return -2 * n * score + static_cast<double>(parameter_count(mixture)) * price(n);
}

template <typename T>
double bic_of(const GaussianMixture& mixture, MatrixView<const T> x,
              std::span<const double> sample_weights) {
  return criterion("bic", mixture, x, sample_weights, [](double n) { return std::log(n); });
}

template <typename T>
double aic_of(const GaussianMixture& mixture, MatrixView<const T> x,
              std::span<const double> sample_weights) {
  return criterion("aic", mixture, x, sample_weights, [](double) { return 2.0; });
}

// What maps standard normal numbers to component i: the Cholesky factor of its covariance.
Matrix<double> spread(const GaussianMixture& mixture, std::size_t i) {
  const std::size_t d = mixture.features();
  if (mixture.kind == CovarianceKind::kFull) {
    return cholesky(mixture.covariances.view().block(i * d, 0, d, d));
  }
  if (mixture.kind == CovarianceKind::kTied) return cholesky(mixture.covariances.view());
  Matrix<double> result(d, d);
  for (std::size_t j = 0; j < d; ++j) {
    const std::size_t column = mixture.kind == CovarianceKind::kDiagonal ? j : 0;
    result(j, j) = std::sqrt(mixture.covariances(i, column));
  }
  return result;
}

}  // namespace

std::vector<double> score_samples(const GaussianMixture& mixture, MatrixView<const double> x) {
  return score_samples_of(mixture, x);
}
std::vector<double> score_samples(const GaussianMixture& mixture, MatrixView<const float> x) {
  return score_samples_of(mixture, x);
}

double score(const GaussianMixture& mixture, MatrixView<const double> x,
             std::span<const double> sample_weights) {
  return score_of("score", mixture, x, sample_weights);
}
double score(const GaussianMixture& mixture, MatrixView<const float> x,
             std::span<const double> sample_weights) {
  return score_of("score", mixture, x, sample_weights);
}

std::vector<std::size_t> predict(const GaussianMixture& mixture, MatrixView<const double> x) {
  return predict_of(mixture, x);
}
std::vector<std::size_t> predict(const GaussianMixture& mixture, MatrixView<const float> x) {
  return predict_of(mixture, x);
}

Matrix<double> predict_proba(const GaussianMixture& mixture, MatrixView<const double> x) {
  return predict_proba_of(mixture, x);
}
Matrix<double> predict_proba(const GaussianMixture& mixture, MatrixView<const float> x) {
  return predict_proba_of(mixture, x);
}

GmmSample sample(const GaussianMixture& mixture, std::size_t n, Rng& rng) {
  detail::require_mixture("sample", mixture);
  const std::size_t k = mixture.components(), d = mixture.features();
  std::vector<std::size_t> counts(k);
  for (std::size_t i = 0; i < n; ++i) ++counts[rng.categorical(mixture.weights)];
  GmmSample result = {Matrix<double>(n, d), {}};
  result.labels.reserve(n);
  std::vector<double> standard(d);
  for (std::size_t i = 0; i < k; ++i) {
    const Matrix<double> l = spread(mixture, i);
    for (std::size_t drawn = 0; drawn < counts[i]; ++drawn) {
      const auto row = result.x.row(result.labels.size());
      rng.fill_normal(standard);
      for (std::size_t p = 0; p < d; ++p) {
        row[p] = mixture.means(i, p);
        for (std::size_t q = 0; q <= p; ++q) row[p] += l(p, q) * standard[q];
      }
      result.labels.push_back(i);
    }
  }
  return result;
}

std::size_t parameter_count(const GaussianMixture& mixture) {
  const std::size_t k = mixture.components(), d = mixture.features();
  std::size_t covariances = k;
  if (mixture.kind == CovarianceKind::kFull) covariances = k * d * (d + 1) / 2;
  if (mixture.kind == CovarianceKind::kTied) covariances = d * (d + 1) / 2;
  if (mixture.kind == CovarianceKind::kDiagonal) covariances = k * d;
  return covariances + k * d + k - 1;
}

double bic(const GaussianMixture& mixture, MatrixView<const double> x,
           std::span<const double> sample_weights) {
  return bic_of(mixture, x, sample_weights);
}
double bic(const GaussianMixture& mixture, MatrixView<const float> x,
           std::span<const double> sample_weights) {
  return bic_of(mixture, x, sample_weights);
}

double aic(const GaussianMixture& mixture, MatrixView<const double> x,
           std::span<const double> sample_weights) {
  return aic_of(mixture, x, sample_weights);
}
double aic(const GaussianMixture& mixture, MatrixView<const float> x,
           std::span<const double> sample_weights) {
  return aic_of(mixture, x, sample_weights);
}

}  // namespace surplus
