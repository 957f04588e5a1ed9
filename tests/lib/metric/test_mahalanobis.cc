#define BOOST_TEST_MODULE mahalanobis
#include "surplus/metric/mahalanobis.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/svd.h"

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(the_transform_is_upper_triangular_and_squares_to_the_metric) {
  const Matrix<double> metric{{4, 2}, {2, 10}};
  const Matrix<double> l = metric_transform(metric);
  BOOST_TEST((l == Matrix<double>{{2, 1}, {0, 3}}));
}

BOOST_AUTO_TEST_CASE(a_squared_distance_is_the_quadratic_form) {
  const Matrix<double> metric{{4, 2}, {2, 10}};
  BOOST_TEST(squared_distance(metric, std::vector<double>{3, 1}, std::vector<double>{2, 3}) ==
             36.0);
}

BOOST_AUTO_TEST_CASE(the_priors_are_the_identity_the_inverse_covariance_and_the_given_matrix) {
  const Matrix<double> x{{0, 0}, {2, 0}, {0, 4}, {2, 4}}, none;
  BOOST_TEST(
      (prior_metric("f", x, MetricPrior::kIdentity, none) == Matrix<double>{{1, 0}, {0, 1}}));
  // Variances 4/3 and 16/3 (divisor n - 1), and a ridge of 1e-6 of their mean 10/3.
  const Matrix<double> inverse = prior_metric("f", x, MetricPrior::kInverseCovariance, none);
  const double ridge = 1e-6 * 10 / 3;
  BOOST_TEST(std::abs(inverse(0, 0) * (4.0 / 3 + ridge) - 1) < 1e-14);
  BOOST_TEST(std::abs(inverse(1, 1) * (16.0 / 3 + ridge) - 1) < 1e-14);
  BOOST_TEST(inverse(0, 1) == 0.0);
  const Matrix<double> given{{2, 1}, {1, 2}};
  BOOST_TEST((prior_metric("f", x, MetricPrior::kGiven, given) == given));
}

BOOST_AUTO_TEST_CASE(equal_rows_have_no_inverse_covariance) {
  BOOST_CHECK_EXCEPTION(
      prior_metric("f", Matrix<double>(3, 2, 7.0), MetricPrior::kInverseCovariance,
                   Matrix<double>()),
      NumericalError, [](const NumericalError& e) {
        return e.what() ==
               std::string("f: an inverse covariance needs rows that differ; got rows 3");
      });
}

double squared_image(const Matrix<double>& transform, std::span<const double> z) {
  double sum = 0;
  for (std::size_t i = 0; i < transform.rows(); ++i) {
    double image = 0;
    for (std::size_t j = 0; j < z.size(); ++j) image += transform(i, j) * z[j];
    sum += image * image;
  }
  return sum;
}

BOOST_AUTO_TEST_CASE(an_updated_transform_is_that_of_the_updated_metric) {
  const Matrix<double> metric{{4, 2}, {2, 10}};
  const std::vector<double> z{1, -2}, product{0, -18};  // A z
  const double p = 36, growth = 0.25;
  Matrix<double> transform = metric_transform(metric);
  update_transform(transform, z, growth);
  const Matrix<double> squared = matmul(transform, transform, {.transpose_a = true});
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      const double expected = metric(i, j) + (growth - 1) / p * product[i] * product[j];
      BOOST_TEST(std::abs(squared(i, j) - expected) < 1e-13);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_transform_keeps_its_rank_over_1e5_adversarial_updates) {
  // Along each direction and then nearly along it the distance falls and rises by up to 10^6, so
  // that a metric kept itself would lose its small eigenvalues to rounding.
  constexpr std::size_t d = 6;
  Rng rng(3);
  Matrix<double> transform(d, d);
  for (std::size_t i = 0; i < d; ++i) transform(i, i) = 1;
  std::vector<double> z(d), noise(d);
  double log_det = 0;  // of L^T L
  for (int n = 0; n < 100000; n += 2) {
    rng.fill_normal(std::span(z));
    rng.fill_normal(std::span(noise));
    const double growth = std::pow(10.0, 12 * rng.uniform() - 6);
    for (const double g : {growth, 1 / growth}) {
      const double p = squared_image(transform, z);
      update_transform(transform, z, g);
      log_det += std::log(g);
      BOOST_TEST_REQUIRE(std::abs(squared_image(transform, z) / (g * p) - 1) < 1e-7);
      for (std::size_t j = 0; j < d; ++j) z[j] += 1e-9 * noise[j];
    }
  }
  double log_det_of_values = 0;
  for (const double value : svd(transform).values) {
    BOOST_TEST_REQUIRE(value > 0.0);
    log_det_of_values += 2 * std::log(value);
  }
  BOOST_TEST(std::abs(log_det_of_values - log_det) < 1e-4);
}

BOOST_AUTO_TEST_CASE(a_transform_says_why_it_cannot_be_updated) {
  const auto message = [](std::size_t d, std::vector<double> z, double growth) {
    Matrix<double> transform(d, d, 1.0);
    try {
      update_transform(transform, z, growth);
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  BOOST_TEST(
      message(3, {1, 2}, 2) ==
      "update_transform: transform must have one row and column per feature; got transform 3 "
      "x 3, features 2");
  BOOST_TEST(message(2, {1, 2}, 0) ==
             "update_transform: growth must be positive and finite; got growth 0");
  BOOST_TEST(message(2, {0, 0}, 2) ==
             "update_transform: the squared distance must be positive and finite; got distance 0");
}

}  // namespace
}  // namespace surplus
