#define BOOST_TEST_MODULE gmm_errors
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "surplus/mixture/gmm.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Five rows and a sound start in two dimensions, for each test to spoil.
struct Sound {
  Matrix<double> x = {{0, 0}, {1, 2}, {2, 1}, {5, 5}, {6, 7}};
  GmmConfig config = {.components = 2,
                      .start = GmmStart::kGiven,
                      .given = {.weights = {0.5, 0.5},
                                .means = {{1, 1}, {5, 6}},
                                .covariances = {{1, 0}, {0, 1}, {2, 0.5}, {0.5, 2}}}};

  template <typename Error>
  void rejects(const std::string& message) const {
    BOOST_CHECK_EXCEPTION(fit_gmm(x, config), Error, says("fit_gmm: " + message));
    BOOST_CHECK_EXCEPTION(fit_gmm_many(x, config, std::vector{config.given}), Error,
                          says("fit_gmm: " + message));
  }
};

BOOST_FIXTURE_TEST_CASE(the_sound_input_is_accepted, Sound) {
  BOOST_CHECK_NO_THROW(fit_gmm(x, config));
}

BOOST_FIXTURE_TEST_CASE(x_must_have_rows_and_columns_and_be_finite, Sound) {
  x(3, 1) = kNan;
  rejects<ArgumentError>("x must be finite; got row 3, column 1, value nan");
  x(1, 0) = -kInfinity;
  rejects<ArgumentError>("x must be finite; got row 1, column 0, value -inf");
  x = Matrix<double>(0, 2);
  rejects<ShapeError>("x must have a row and a column; got x 0 x 2");
  x = Matrix<double>(5, 0);
  rejects<ShapeError>("x must have a row and a column; got x 5 x 0");
  Matrix<float> narrow(2, 1, 1.0F);
  narrow(1, 0) = std::numeric_limits<float>::infinity();
  BOOST_CHECK_EXCEPTION(fit_gmm(narrow, {}), ArgumentError,
                        says("fit_gmm: x must be finite; got row 1, column 0, value inf"));
}

BOOST_FIXTURE_TEST_CASE(components_must_lie_between_one_and_the_rows_that_count, Sound) {
  config.components = 0;
  rejects<ArgumentError>("components must be at least 1 and at most n; got components 0, n 5");
  config.components = 6;
  rejects<ArgumentError>("components must be at least 1 and at most n; got components 6, n 5");
  const std::vector<double> sample_weights = {0, 0, 0, 1, 1};
  config.sample_weights = sample_weights;
  config.components = 3;
  rejects<ArgumentError>("components must be at least 1 and at most n; got components 3, n 2");
}

BOOST_AUTO_TEST_CASE(one_row_has_no_covariance) {
  const Matrix<double> x = {{1, 2}};
  BOOST_CHECK_EXCEPTION(fit_gmm(x, {}), ArgumentError,
                        says("fit_gmm: covariances need at least 2 rows; got n 1"));
  const GmmResult result =
      fit_gmm(x, {.covariance = CovarianceKind::kSpherical,
                  .given = {.kind = CovarianceKind::kSpherical, .covariances = {{1}}},
                  .fixed_covariances = true});
  BOOST_TEST(result.mixture.means(0, 1) == 2);
}

BOOST_FIXTURE_TEST_CASE(numbers_of_the_config_must_lie_in_their_domains, Sound) {
  const GmmConfig sound = config;
  config.tolerance = -1e-3;
  rejects<ArgumentError>("tolerance must not be negative; got tolerance -0.001");
  config.tolerance = kNan;
  rejects<ArgumentError>("tolerance must not be negative; got tolerance nan");
  config = sound;
  config.parameter_tolerance = -1;
  rejects<ArgumentError>("parameter_tolerance must not be negative; got parameter_tolerance -1");
  config = sound;
  config.covariance_floor = -1e-6;
  rejects<ArgumentError>(
      "covariance_floor must be finite and not negative; got covariance_floor -1e-06");
  config.covariance_floor = kInfinity;
  rejects<ArgumentError>(
      "covariance_floor must be finite and not negative; got covariance_floor inf");
  config = sound;
  config.starts = 0;
  rejects<ArgumentError>("starts must be at least 1; got starts 0");
}

BOOST_FIXTURE_TEST_CASE(sample_weights_must_be_a_measure, Sound) {
  std::vector<double> sample_weights = {1, 1};
  config.sample_weights = sample_weights;
  rejects<ShapeError>(
      "sample_weights must be empty or one for each row; got sample_weights 2, rows 5");
  sample_weights = {1, 1, -2, 1, 1};
  config.sample_weights = sample_weights;
  rejects<ArgumentError>("sample_weights must be finite and not negative; got row 2, weight -2");
  sample_weights = {1, kNan, 2, 1, 1};
  config.sample_weights = sample_weights;
  rejects<ArgumentError>("sample_weights must be finite and not negative; got row 1, weight nan");
  sample_weights = {0, 0, 0, 0, 0};
  config.sample_weights = sample_weights;
  rejects<ArgumentError>("sample_weights must have a positive finite sum; got sum 0");
}

BOOST_FIXTURE_TEST_CASE(given_weights_must_be_a_distribution, Sound) {
  config.given.weights = {0.5, 0.25};
  rejects<ArgumentError>("given weights must sum to one; got sum 0.75");
  config.given.weights = {1.5, -0.5};
  rejects<ArgumentError>("given weights must not be negative; got component 1, weight -0.5");
  config.given.weights = {kNan, 1};
  rejects<ArgumentError>("given weights must not be negative; got component 0, weight nan");
  config.given.weights = {1};
  rejects<ShapeError>("given weights must be one for each component; got weights 1, components 2");
}

BOOST_FIXTURE_TEST_CASE(given_means_must_fit_and_be_finite, Sound) {
  config.given.means(1, 0) = kNan;
  rejects<ArgumentError>("given means must be finite; got row 1, column 0, value nan");
  config.given.means = {{1, 1}};
  rejects<ShapeError>(
      "given means must have the shape of the mixture; got shape 1 x 2, expected 2 x 2");
  config.given.means = {};
  rejects<ArgumentError>("a given start needs given means");
}

BOOST_FIXTURE_TEST_CASE(given_covariances_must_be_symmetric_and_positive_definite, Sound) {
  const Matrix<double> sound = config.given.covariances;
  config.given.covariances(3, 0) = 0.4;
  rejects<ArgumentError>(
      "given covariances must be symmetric; got component 1, row 1, column 0, below 0.4, above "
      "0.5");
  config.given.covariances = {{1, 0}, {0, 1}, {1, 2}, {2, 1}};
  rejects<ArgumentError>("given covariances must be positive definite; got component 1");
  config.given.covariances(0, 1) = kInfinity;
  rejects<ArgumentError>("given covariances must be finite; got row 0, column 1, value inf");
  config.given.covariances = {{1, 0}, {0, 1}};
  rejects<ShapeError>(
      "given covariances must have the shape of the mixture; got shape 2 x 2, expected 4 x 2");
  config.given.covariances = sound;
  config.given_precisions = sound;
  rejects<ArgumentError>("either covariances or precisions can be given, not both");
  config.given.covariances = {};
  config.given_precisions(0, 0) = 0;
  rejects<ArgumentError>("given precisions must be positive definite; got component 0");
}

BOOST_FIXTURE_TEST_CASE(given_variances_must_be_positive_and_of_the_kind_fitted, Sound) {
  config.covariance = CovarianceKind::kDiagonal;
  config.given.covariances = {{1, 1}, {1, 0}};
  rejects<ArgumentError>(
      "given covariances must be of the kind to be fitted; got given full, covariance diagonal");
  config.given.kind = CovarianceKind::kDiagonal;
  rejects<ArgumentError>("given covariances must be positive definite; got component 1");
  config.covariance = CovarianceKind::kTied;
  config.given.kind = CovarianceKind::kTied;
  config.given.covariances = {{1, 2}, {2, 1}};
  rejects<ArgumentError>("given covariances must be positive definite; got component 0");
}

BOOST_FIXTURE_TEST_CASE(what_is_fixed_must_be_given, Sound) {
  config.start = GmmStart::kRandomRows;
  config.given = {};
  config.fixed_weights = true;
  rejects<ArgumentError>("weights that are fixed or tied must be given; got given false");
  config.fixed_weights = false;
  config.means = MeansRule::kFixed;
  rejects<ArgumentError>("means that are fixed or tied must be given; got given false");
  config.means = MeansRule::kFree;
  config.fixed_covariances = true;
  rejects<ArgumentError>("covariances that are fixed or tied must be given; got given false");
}

BOOST_FIXTURE_TEST_CASE(symmetric_means_need_a_pair_under_one_covariance, Sound) {
  config.means = MeansRule::kTiedSymmetric;
  rejects<ArgumentError>(
      "symmetric means must be given as theta and -theta; got column 0, first 1, second 5");
  config.given.means = {{1, 2}, {-1, -2}};
  rejects<ArgumentError>(
      "symmetric means need tied covariances, or fixed and equal ones; got covariance full, fixed "
      "false");
  config.fixed_covariances = true;
  rejects<ArgumentError>(
      "symmetric means need tied covariances, or fixed and equal ones; got covariance full, fixed "
      "true");
  config.components = 3;
  rejects<ArgumentError>("symmetric means need 2 components; got components 3");
  config.components = 2;
  config.empty_component = EmptyComponent::kReseed;
  rejects<ArgumentError>("empty components can only be reseeded if the means are free");
}

BOOST_FIXTURE_TEST_CASE(an_empty_component_is_an_error_if_asked_for, Sound) {
  config.given.means(1, 0) = 1e6;
  config.empty_component = EmptyComponent::kError;
  rejects<NumericalError>(
      "every component must keep at least 1e-8 of the mass; got component 1, mass 0");
}

BOOST_AUTO_TEST_CASE(rows_that_all_coincide_have_no_covariance_without_a_floor) {
  const Matrix<double> x(4, 2, 3.0);
  BOOST_CHECK_EXCEPTION(
      fit_gmm(x, {.covariance_floor = 0}), NumericalError,
      says("fit_gmm: a covariance must be positive definite, also after the largest repair; fewer "
           "components, a larger covariance_floor or rescaled columns may help; got component 0, "
           "iteration 0, mean variance 0"));
}

BOOST_FIXTURE_TEST_CASE(a_likelihood_beyond_all_numbers_is_an_error, Sound) {
  config.given.means(1, 0) = config.given.means(0, 0) = 1e200;
  rejects<NumericalError>(
      "the log-likelihood must be finite; got log_likelihood -inf, iteration 0");
}

}  // namespace
}  // namespace surplus
