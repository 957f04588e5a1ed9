#define BOOST_TEST_MODULE discriminant
#include "surplus/linear/discriminant.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/errors.h"
#include "tests/support/linear_problem.h"

namespace surplus {
namespace {

using test::linear_problem;
using test::LinearProblem;
using test::says;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

BOOST_AUTO_TEST_CASE(the_nearest_mean_is_the_nearest_also_far_from_the_origin) {
  const LinearProblem problem = linear_problem(200, 3, 4, 1);
  Matrix<double> moved = problem.x;
  for (double& value : moved.values()) value += 1e6;
  const LinearClassifier near = fit_nearest_mean(problem.x, problem.labels);
  const LinearClassifier far = fit_nearest_mean(moved, problem.labels);
  const auto predicted = predict(near, problem.x);
  Matrix<double> means(4, 3);
  std::vector<double> counts(4, 0.0);
  for (std::size_t i = 0; i < 200; ++i) {
    ++counts[problem.labels[i]];
    for (std::size_t j = 0; j < 3; ++j) means(problem.labels[i], j) += problem.x(i, j);
  }
  for (std::size_t i = 0; i < 200; ++i) {
    std::size_t nearest = 0;
    double least = kInfinity;
    for (std::size_t c = 0; c < 4; ++c) {
      double distance = 0;
      for (std::size_t j = 0; j < 3; ++j) {
        distance += std::pow(problem.x(i, j) - means(c, j) / counts[c], 2);
      }
      if (distance < least) least = distance, nearest = c;
    }
    BOOST_TEST(predicted[i] == nearest);
  }
  BOOST_TEST(predict(far, moved) == predicted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lda_predicts_the_same_after_an_invertible_linear_map) {
  const LinearProblem problem = linear_problem(150, 4, 3, 2);
  const Matrix<double> mapped = test::mapped(problem.x, 3);
  const auto before = predict(fit_lda(problem.x, problem.labels), problem.x);
  const auto after = predict(fit_lda(mapped, problem.labels), mapped);
  BOOST_TEST(before == after, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lda_recovers_the_log_odds_of_two_gaussians) {
  // N(-1, 1) and N(1, 1) with shares 3 : 1 have log-odds 2 x - log 3.
  Rng rng(4);
  Matrix<double> x(200000, 1);
  rng.fill_normal(x.values());
  std::vector<std::size_t> labels(x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    labels[i] = i % 4 == 0;
    x(i, 0) += labels[i] == 1 ? 1 : -1;
  }
  const LinearClassifier fit = fit_lda(x, labels);
  // Both are estimated with a standard error of about .01.
  BOOST_TEST(std::abs(fit.weights(1, 0) - fit.weights(0, 0) - 2) < 0.05);
  BOOST_TEST(std::abs(fit.intercepts[1] - fit.intercepts[0] + std::log(3.0)) < 0.05);
  const Matrix<double> at_zero = predict_proba(fit, Matrix<double>{{0}});
  BOOST_TEST(std::abs(at_zero(0, 1) - 0.25) < 0.01);
}

BOOST_AUTO_TEST_CASE(a_ridge_makes_constant_columns_bearable) {
  const Matrix<double> x = {{1, 5}, {2, 5}, {3, 5}, {5, 5}, {6, 5}, {7, 5}};
  const std::vector<std::size_t> labels = {0, 0, 0, 1, 1, 1};
  BOOST_CHECK_EXCEPTION(fit_lda(x, labels), NumericalError,
                        says("fit_lda: the pooled covariance must be positive definite; give a "
                             "larger ridge; got pivot 1, ridge 0"));
  BOOST_TEST(accuracy(predict(fit_lda(x, labels, {.ridge = 1e-6}), x), labels) == 1);
  BOOST_TEST(accuracy(predict(fit_nearest_mean(x, labels), x), labels) == 1);
}

BOOST_AUTO_TEST_CASE(a_single_score_decides_between_two_classes) {
  const LinearClassifier classifier{{{1, -2}}, {0.5}};
  const Matrix<double> x = {{1, 0}, {0, 0.25}, {0, 1}};
  BOOST_TEST(classifier.classes() == 2u);
  BOOST_TEST(decision_values(classifier, x)(0, 0) == 1.5);
  // A score of 0 is class 0.
  BOOST_TEST(predict(classifier, x) == (std::vector<std::size_t>{1, 0, 0}),
             boost::test_tools::per_element());
  const Matrix<double> probabilities = predict_proba(classifier, x);
  for (std::size_t i = 0; i < 3; ++i) {
    const double score = decision_values(classifier, x)(i, 0);
    BOOST_TEST(std::abs(probabilities(i, 1) - 1 / (1 + std::exp(-score))) < 1e-15);
    BOOST_TEST(std::abs(probabilities(i, 0) + probabilities(i, 1) - 1) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(probabilities_of_huge_scores_are_finite) {
  const LinearClassifier classifier{{{1e4}, {0}, {-1e4}}, {0, 0, 0}};
  const Matrix<double> probabilities = predict_proba(classifier, Matrix<double>{{1}, {-1}});
  BOOST_TEST(probabilities(0, 0) == 1);
  BOOST_TEST(probabilities(1, 2) == 1);
}

BOOST_AUTO_TEST_CASE(input_out_of_its_domain_is_one_clear_error) {
  const Matrix<double> x = {{1}, {2}, {3}};
  const std::vector<std::size_t> labels = {0, 1, 1};
  const auto refuses = [](const Matrix<double>& data, const std::vector<std::size_t>& classes,
                          const std::string& text) {
    BOOST_CHECK_EXCEPTION(fit_nearest_mean(data, classes), std::invalid_argument,
                          says("fit_nearest_mean: " + text));
    BOOST_CHECK_EXCEPTION(fit_lda(data, classes), std::invalid_argument, says("fit_lda: " + text));
  };
  refuses({}, {}, "x must have a row and a column; got x 0 x 0");
  refuses(Matrix<double>(3, 0), labels, "x must have a row and a column; got x 3 x 0");
  refuses(x, {0, 1}, "each row must have a label; got rows 3, labels 2");
  refuses({{1}, {kNan}, {3}}, labels, "x must be finite; got row 1, column 0, value nan");
  refuses(x, {0, 0, 0},
          "labels must be 0 .. k - 1 with k at least 2 and at most n; got largest "
          "label 0, n 3");
  refuses(x, {0, 1, 3},
          "labels must be 0 .. k - 1 with k at least 2 and at most n; got largest "
          "label 3, n 3");
  refuses(x, {0, 2, 2}, "each class must have a row; got class 1, rows 0");
  for (const double ridge : {-1.0, kNan, kInfinity}) {
    BOOST_CHECK_EXCEPTION(
        fit_lda(x, labels, {.ridge = ridge}), ArgumentError,
        says("fit_lda: ridge must be at least 0 and finite; got ridge " + to_text(ridge)));
  }
}

BOOST_AUTO_TEST_CASE(queries_that_do_not_fit_the_classifier_are_one_clear_error) {
  const LinearClassifier classifier{{{1, -2}}, {0.5}};
  const auto refuses = [](const LinearClassifier& asked, const Matrix<double>& x,
                          const std::string& text) {
    BOOST_CHECK_EXCEPTION(decision_values(asked, x), std::invalid_argument,
                          says("decision_values: " + text));
    BOOST_CHECK_EXCEPTION(predict(asked, x), std::invalid_argument, says("predict: " + text));
    BOOST_CHECK_EXCEPTION(predict_proba(asked, x), std::invalid_argument,
                          says("predict_proba: " + text));
  };
  refuses(classifier, {{1}}, "x must have the features of the classifier; got x 1 x 1, features 2");
  refuses(classifier, {{1, kInfinity}}, "x must be finite; got row 0, column 1, value inf");
  refuses({{{1, -2}}, {}}, {{1, 1}},
          "the classifier must have an intercept per row of weights; got weights 1 x 2, "
          "intercepts 0");
  BOOST_CHECK_EXCEPTION(accuracy(std::vector<std::size_t>{1}, std::vector<std::size_t>{}),
                        ShapeError,
                        says("accuracy: there must be as many predictions as labels, and at least "
                             "one; got predictions 1, labels 0"));
}

}  // namespace
}  // namespace surplus
