#define BOOST_TEST_MODULE gmm_queries
#include "surplus/mixture/gmm_queries.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/cholesky.h"
#include "tests/lib/mixture/mixtures.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::kKinds;
using tests::random_mixture;
using tests::rows_of;
using tests::says;

// Covariance i as a d x d matrix, whatever the kind.
Matrix<double> covariance(const GaussianMixture& mixture, std::size_t i) {
  const std::size_t d = mixture.features();
  if (mixture.kind == CovarianceKind::kTied) return mixture.covariances;
  if (mixture.kind == CovarianceKind::kFull) {
    return Matrix<double>(mixture.covariances.view().block(i * d, 0, d, d));
  }
  Matrix<double> result(d, d);
  for (std::size_t j = 0; j < d; ++j) {
    result(j, j) = mixture.covariances(i, mixture.kind == CovarianceKind::kDiagonal ? j : 0);
  }
  return result;
}

// log(w_i N(x; mean_i, covariance_i)) as it is written on paper.
double log_term(const GaussianMixture& mixture, std::size_t i, std::span<const double> x) {
  const std::size_t d = mixture.features();
  const Matrix<double> l = cholesky(covariance(mixture, i));
  std::vector<double> z(d);
  double square = 0;
  for (std::size_t p = 0; p < d; ++p) {
    z[p] = x[p] - mixture.means(i, p);
    for (std::size_t q = 0; q < p; ++q) z[p] -= l(p, q) * z[q];
    z[p] /= l(p, p);
    square += z[p] * z[p];
  }
  return std::log(mixture.weights[i]) - square / 2 - log_determinant(l.view()) / 2 -
         static_cast<double>(d) / 2 * std::log(2 * std::numbers::pi);
}

BOOST_AUTO_TEST_CASE(densities_labels_and_responsibilities_follow_the_definition) {
  for (const CovarianceKind kind : kKinds) {
    const GaussianMixture mixture = random_mixture(kind, 3, 2, 1, Rng(1));
    const Matrix<double> x = rows_of(mixture, 50, Rng(2));
    const std::vector<double> densities = score_samples(mixture, x);
    const Matrix<double> responsibilities = predict_proba(mixture, x);
    const std::vector<std::size_t> labels = predict(mixture, x);
    double sum = 0;
    for (std::size_t n = 0; n < x.rows(); ++n) {
      std::vector<double> terms;
      double density = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        terms.push_back(log_term(mixture, i, x.row(n)));
        density += std::exp(terms.back());
      }
      BOOST_TEST(std::abs(densities[n] - std::log(density)) < 1e-12 * (1 + std::abs(densities[n])));
      for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(std::abs(responsibilities(n, i) - std::exp(terms[i]) / density) < 1e-12);
      }
      BOOST_TEST(labels[n] == static_cast<std::size_t>(
                                  std::max_element(terms.begin(), terms.end()) - terms.begin()));
      sum += std::log(density);
    }
    BOOST_TEST(std::abs(score(mixture, x) - sum / 50) < 1e-12 * std::abs(sum));
  }
}

BOOST_AUTO_TEST_CASE(a_density_far_below_the_smallest_number_has_a_logarithm) {
  const std::size_t d = 400;
  const GaussianMixture mixture = {
      CovarianceKind::kSpherical, {0.5, 0.5}, Matrix<double>(2, d), {{1}, {4}}};
  const Matrix<double> x(1, d, 10.0);
  const double expected =
      std::log(0.5) - 200 * std::log(2 * std::numbers::pi * 4) - 400 * 100.0 / 8;
  BOOST_TEST(std::abs(score_samples(mixture, x)[0] / expected - 1) < 1e-12);
  BOOST_TEST(predict_proba(mixture, x)(0, 1) == 1);
}

BOOST_AUTO_TEST_CASE(float_rows_and_views_with_a_stride_give_the_same_answers) {
  const GaussianMixture mixture = random_mixture(CovarianceKind::kFull, 3, 2, 1, Rng(3));
  Matrix<double> wide(100, 5, std::numeric_limits<double>::quiet_NaN());
  const auto x = wide.view().block(0, 1, 100, 2);
  Matrix<float> narrow(100, 2);
  const Matrix<double> rows = rows_of(mixture, 100, Rng(4));
  for (std::size_t n = 0; n < 100; ++n) {
    for (std::size_t j = 0; j < 2; ++j) {
      x(n, j) = narrow(n, j) = static_cast<float>(rows(n, j));
    }
  }
  BOOST_TEST((score_samples(mixture, x) == score_samples(mixture, narrow)));
  BOOST_TEST((predict(mixture, x) == predict(mixture, narrow)));
  BOOST_TEST((predict_proba(mixture, x) == predict_proba(mixture, narrow)));
  BOOST_TEST(score(mixture, x) == score(mixture, narrow));
  BOOST_TEST(bic(mixture, x) == bic(mixture, narrow));
  BOOST_TEST(aic(mixture, x) == aic(mixture, narrow));
}

BOOST_AUTO_TEST_CASE(answers_do_not_depend_on_the_number_of_threads) {
  const GaussianMixture mixture = random_mixture(CovarianceKind::kFull, 3, 2, 1, Rng(5));
  const Matrix<double> x = rows_of(mixture, 9000, Rng(6));
  set_thread_count(1);
  const auto densities = score_samples(mixture, x);
  const double mean = score(mixture, x);
  set_thread_count(4);
  BOOST_TEST((score_samples(mixture, x) == densities));
  BOOST_TEST(score(mixture, x) == mean);
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(parameter_counts_and_criteria_follow_the_formulas) {
  const std::size_t k = 3, d = 4, n = 200;
  const std::size_t counts[] = {k * d * (d + 1) / 2, d * (d + 1) / 2, k * d, k};
  for (std::size_t kind = 0; kind < 4; ++kind) {
    const GaussianMixture mixture = random_mixture(kKinds[kind], k, d, 1, Rng(7));
    const std::size_t p = counts[kind] + k * d + k - 1;
    BOOST_TEST(parameter_count(mixture) == p);
    const Matrix<double> x = rows_of(mixture, n, Rng(8));
    const double fit = -2.0 * n * score(mixture, x);
    BOOST_TEST(std::abs(bic(mixture, x) - (fit + p * std::log(n))) < 1e-12 * fit);
    BOOST_TEST(std::abs(aic(mixture, x) - (fit + 2.0 * p)) < 1e-12 * fit);
  }
}

BOOST_AUTO_TEST_CASE(samples_are_grouped_and_have_the_mixtures_moments) {
  const std::size_t n = 40000;
  for (const CovarianceKind kind : kKinds) {
    const GaussianMixture mixture = random_mixture(kind, 3, 2, 5, Rng(9));
    Rng rng(10);
    const GmmSample drawn = sample(mixture, n, rng);
    BOOST_TEST(std::is_sorted(drawn.labels.begin(), drawn.labels.end()));
    for (std::size_t i = 0; i < 3; ++i) {
      const auto count =
          static_cast<double>(std::count(drawn.labels.begin(), drawn.labels.end(), i));
      // Five standard errors each, of a share, a mean and a second moment of normal numbers.
      const double w = mixture.weights[i];
      BOOST_TEST(std::abs(count / n - w) < 5 * std::sqrt(w * (1 - w) / n));
      const Matrix<double> sigma = covariance(mixture, i);
      for (std::size_t p = 0; p < 2; ++p) {
        for (std::size_t q = 0; q <= p; ++q) {
          double first = 0, second = 0;
          for (std::size_t row = 0; row < n; ++row) {
            if (drawn.labels[row] != i) continue;
            const double a = drawn.x(row, p) - mixture.means(i, p);
            first += a / count;
            second += a * (drawn.x(row, q) - mixture.means(i, q)) / count;
          }
          BOOST_TEST(std::abs(first) < 5 * std::sqrt(sigma(p, p) / count));
          const double spread = sigma(p, p) * sigma(q, q) + sigma(p, q) * sigma(p, q);
          BOOST_TEST(std::abs(second - sigma(p, q)) < 5 * std::sqrt(spread / count));
        }
      }
    }
    Rng again(10);
    BOOST_TEST((sample(mixture, n, again).x == drawn.x));
    BOOST_TEST(sample(mixture, 0, rng).x.empty());
  }
}

BOOST_AUTO_TEST_CASE(no_rows_have_no_labels_and_no_score) {
  const GaussianMixture mixture = random_mixture(CovarianceKind::kFull, 2, 2, 1, Rng(11));
  const Matrix<double> none(0, 2);
  BOOST_TEST(predict(mixture, none).empty());
  BOOST_TEST(score_samples(mixture, none).empty());
  BOOST_TEST(predict_proba(mixture, none).empty());
  BOOST_CHECK_EXCEPTION(score(mixture, none), ShapeError,
                        says("score: x must have a row; got x 0 x 2"));
  BOOST_CHECK_EXCEPTION(bic(mixture, none), ShapeError,
                        says("bic: x must have a row; got x 0 x 2"));
  BOOST_CHECK_EXCEPTION(aic(mixture, none), ShapeError,
                        says("aic: x must have a row; got x 0 x 2"));
}

BOOST_AUTO_TEST_CASE(a_broken_mixture_or_rows_that_do_not_fit_are_named) {
  const GaussianMixture sound = random_mixture(CovarianceKind::kFull, 2, 2, 1, Rng(12));
  Matrix<double> x(3, 2);
  x(2, 0) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(predict(sound, x), ArgumentError,
                        says("predict: x must be finite; got row 2, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(
      predict_proba(sound, Matrix<double>(3, 1)), ShapeError,
      says("predict_proba: x must have as many columns as the mixture has features; got x 3 x 1, "
           "features 2"));
  GaussianMixture broken = sound;
  broken.weights.pop_back();
  BOOST_CHECK_EXCEPTION(
      score_samples(broken, Matrix<double>(3, 2)), ShapeError,
      says("score_samples: a mixture must have k weights, k x d means and covariances of its kind; "
           "got weights 1, means 2 x 2, covariances 4 x 2, kind full"));
  broken = sound;
  broken.covariances(2, 0) = -1;
  Rng rng(1);
  BOOST_CHECK_EXCEPTION(sample(broken, 3, rng), ArgumentError,
                        says("sample: covariances must be positive definite; got component 1"));
  broken = sound;
  broken.means(0, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_EXCEPTION(score(broken, Matrix<double>(3, 2)), ArgumentError,
                        says("score: means must be finite; got row 0, column 1, value inf"));
  const std::vector<double> sample_weights = {1, 0};
  BOOST_CHECK_EXCEPTION(
      score(sound, Matrix<double>(3, 2), sample_weights), ShapeError,
      says(
          "score: sample_weights must be empty or one for each row; got sample_weights 2, rows 3"));
}

}  // namespace
}  // namespace surplus
