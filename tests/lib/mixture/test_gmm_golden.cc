#define BOOST_TEST_MODULE gmm_golden
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_queries.h"

namespace surplus {
namespace {

using Json = nlohmann::json;

Matrix<double> matrix_of(const Json& json) {
  Matrix<double> matrix(json.size(), json.at(0).size());
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.cols(); ++j) matrix(i, j) = json[i][j].get<double>();
  }
  return matrix;
}

CovarianceKind kind_of(const std::string& name) {
  for (const auto kind :
       {CovarianceKind::kTied, CovarianceKind::kDiagonal, CovarianceKind::kSpherical}) {
    if (to_text(kind) == name) return kind;
  }
  return CovarianceKind::kFull;
}

// The largest deviation, relative to the largest element.
double deviation(std::span<const double> a, const std::vector<double>& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  double largest = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return largest / scale;
}

double deviation(const Matrix<double>& a, const Json& json) {
  const Matrix<double> b = matrix_of(json);
  BOOST_TEST_REQUIRE((a.shape() == b.shape()));
  return deviation(a.values(), {b.values().begin(), b.values().end()});
}

double deviation(double a, const Json& json) { return std::abs(a / json.get<double>() - 1); }

struct Golden {
  Golden() {
    std::ifstream file(SURPLUS_GOLDEN "gmm_sklearn.json");
    json = Json::parse(file);
  }
  Json json;
};

BOOST_FIXTURE_TEST_CASE(scikit_learn_has_the_same_parameters_and_answers_after_the_same_iterations,
                        Golden) {
  BOOST_TEST_REQUIRE(json["cases"].size() == 72u);
  for (const Json& expected : json["cases"]) {
    const Matrix<double> x = matrix_of(json["data"][expected["data"].get<std::string>()]);
    GmmConfig config = {.start = GmmStart::kGiven, .tolerance = 0};
    config.components = expected["components"];
    config.covariance = kind_of(expected["covariance"]);
    config.iterations = expected["iterations"];
    config.given.weights = expected["start_weights"].get<std::vector<double>>();
    config.given.means = matrix_of(expected["start_means"]);
    config.given_precisions = matrix_of(expected["start_precisions"]);
    const GmmResult result = fit_gmm(x, config);
    BOOST_TEST_CONTEXT(expected["data"] << " " << expected["covariance"] << " k = "
                                        << config.components << " after " << config.iterations) {
      constexpr double kAgreement = 1e-8;
      const GaussianMixture& mixture = result.mixture;
      BOOST_TEST(result.iterations <= config.iterations);
      BOOST_TEST(deviation(mixture.weights, expected["weights"]) < kAgreement);
      BOOST_TEST(deviation(mixture.means, expected["means"]) < kAgreement);
      BOOST_TEST(deviation(mixture.covariances, expected["covariances"]) < kAgreement);
      BOOST_TEST(deviation(result.trace.back(), expected["lower_bound"]) < kAgreement);
      BOOST_TEST(deviation(result.log_likelihood, expected["score"]) < kAgreement);
      BOOST_TEST(deviation(score(mixture, x), expected["score"]) < kAgreement);
      BOOST_TEST(deviation(bic(mixture, x), expected["bic"]) < kAgreement);
      BOOST_TEST(deviation(aic(mixture, x), expected["aic"]) < kAgreement);
      const auto first = x.view().block(0, 0, 4, x.cols());
      BOOST_TEST(deviation(score_samples(mixture, first), expected["log_densities"]) < kAgreement);
      BOOST_TEST(deviation(predict_proba(mixture, first), expected["responsibilities"]) <
                 kAgreement);
      BOOST_TEST(predict(mixture, x.view().block(0, 0, 12, x.cols())) ==
                     expected["labels"].get<std::vector<std::size_t>>(),
                 boost::test_tools::per_element());
    }
  }
}

}  // namespace
}  // namespace surplus
