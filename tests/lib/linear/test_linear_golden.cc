#define BOOST_TEST_MODULE linear_golden
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/linear/discriminant.h"
#include "surplus/linear/logistic.h"
#include "surplus/linear/svm.h"

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

// scikit-learn joins the two rows of scores of two classes into one.
LinearClassifier one_row(LinearClassifier classifier) {
  if (classifier.weights.rows() != 2) return classifier;
  LinearClassifier joined{Matrix<double>(1, classifier.features()),
                          {classifier.intercepts[1] - classifier.intercepts[0]}};
  for (std::size_t j = 0; j < joined.features(); ++j) {
    joined.weights(0, j) = classifier.weights(1, j) - classifier.weights(0, j);
  }
  return joined;
}

// Weights and intercepts; without those of the first class where only differences count.
std::vector<double> parameters(LinearClassifier classifier, const std::string& method) {
  const std::size_t m = classifier.weights.rows();
  const bool relative = m > 1 && method != "svm";
  std::vector<double> all;
  for (std::size_t i = relative ? 1 : 0; i < m; ++i) {
    for (std::size_t j = 0; j < classifier.features(); ++j) {
      all.push_back(classifier.weights(i, j) - (relative ? classifier.weights(0, j) : 0));
    }
    all.push_back(classifier.intercepts[i] - (relative ? classifier.intercepts[0] : 0));
  }
  return all;
}

LinearClassifier fitted(const Json& fit, const Matrix<double>& x,
                        const std::vector<std::size_t>& labels) {
  const std::string method = fit["method"];
  if (method == "logistic") {
    const double c = fit["c"].get<double>();
    const LogisticResult result = fit_logistic(
        x, labels, {.c = c == 0 ? std::numeric_limits<double>::infinity() : c, .tolerance = 1e-12});
    BOOST_TEST((result.stop == Stop::kConverged));
    return result.classifier;
  }
  if (method == "svm") {
    const SvmResult result =
        fit_svm(x, labels,
                {.c = fit["c"].get<double>(),
                 .loss = fit["loss"] == "hinge" ? SvmLoss::kHinge : SvmLoss::kSquaredHinge,
                 .intercept_scaling = fit["intercept_scaling"].get<double>(),
                 .iterations = 200000,
                 .tolerance = 1e-10});
    BOOST_TEST((result.stop == Stop::kConverged));
    return result.classifier;
  }
  return method == "lda" ? fit_lda(x, labels) : fit_nearest_mean(x, labels);
}

// Their distances from the minimum: Newton's both end within rounding of it; a relative gap g of
// the strongly convex SVM objective P leaves |w - w*|^2 <= 2 g P, here about 1e-4 for both sides.
double allowed(const std::string& method) { return method == "svm" ? 1e-4 : 1e-6; }

BOOST_AUTO_TEST_CASE(classifiers_and_predictions_are_those_of_scikit_learn) {
  std::ifstream file(SURPLUS_GOLDEN "linear_sklearn.json");
  const Json cases = Json::parse(file);
  std::size_t compared = 0;
  for (const Json& one : cases) {
    const Matrix<double> x = matrix_of(one["x"]);
    const auto labels = one["y"].get<std::vector<std::size_t>>();
    for (const Json& fit : one["fits"]) {
      BOOST_TEST_CONTEXT("classes " << one["classes"] << ", " << fit["method"] << ", c "
                                    << fit.value("c", 0.0)) {
        const LinearClassifier ours = fitted(fit, x, labels);
        const auto theirs = fit["labels"].get<std::vector<std::size_t>>();
        BOOST_TEST(predict(ours, x) == theirs, boost::test_tools::per_element());
        if (fit.contains("weights")) {
          const auto got = parameters(one_row(ours), fit["method"]);
          const auto expected =
              parameters({matrix_of(fit["weights"]), fit["intercepts"].get<std::vector<double>>()},
                         fit["method"]);
          BOOST_TEST_REQUIRE(got.size() == expected.size());
          double scale = 0, worst = 0;
          for (std::size_t i = 0; i < got.size(); ++i) {
            scale = std::max(scale, std::abs(expected[i]));
            worst = std::max(worst, std::abs(got[i] - expected[i]));
          }
          BOOST_TEST(worst <= allowed(fit["method"]) * scale);
        }
        if (fit.contains("probabilities")) {
          const Matrix<double> expected = matrix_of(fit["probabilities"]);
          const Matrix<double> got =
              predict_proba(ours, x.view().block(0, 0, expected.rows(), x.cols()));
          for (std::size_t i = 0; i < got.size(); ++i) {
            BOOST_TEST(std::abs(got.values()[i] - expected.values()[i]) <= 1e-6);
          }
        }
        ++compared;
      }
    }
  }
  BOOST_TEST(compared == 4u * 14u);
}

}  // namespace
}  // namespace surplus
