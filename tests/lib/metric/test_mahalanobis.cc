#define BOOST_TEST_MODULE mahalanobis
#include "surplus/metric/mahalanobis.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/core/errors.h"

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

}  // namespace
}  // namespace surplus
