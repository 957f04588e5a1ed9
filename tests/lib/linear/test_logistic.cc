#define BOOST_TEST_MODULE logistic
#include "surplus/linear/logistic.h"

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

// (1/n) sum -log P(y | x) + |w|^2 / (2 C n), straight from the definition.
double objective(const LinearClassifier& classifier, const LinearProblem& problem, double c) {
  const Matrix<double> p = predict_proba(classifier, problem.x);
  double sum = 0;
  for (std::size_t i = 0; i < p.rows(); ++i) sum -= std::log(p(i, problem.labels[i]));
  for (const double w : classifier.weights.values()) sum += w * w / (2 * c);
  return sum / static_cast<double>(p.rows());
}

BOOST_AUTO_TEST_CASE(no_small_move_of_a_weight_or_intercept_lowers_the_objective) {
  for (const std::size_t k : {2, 3, 5}) {
    for (const double c : {0.1, 1.0, kInfinity}) {
      const LinearProblem problem = linear_problem(100, 3, k, k);
      const LogisticResult fit = fit_logistic(problem.x, problem.labels, {.c = c});
      BOOST_TEST((fit.stop == Stop::kConverged));
      BOOST_TEST(fit.gradient <= 1e-8);
      BOOST_TEST(!fit.separated);
      const double least = objective(fit.classifier, problem, c);
      BOOST_TEST(fit.objective == least, boost::test_tools::tolerance(1e-12));
      const auto moved = [&](auto move) {
        LinearClassifier other = fit.classifier;
        move(other);
        return objective(other, problem, c);
      };
      for (const double step : {-1e-3, 1e-3}) {
        for (std::size_t i = 0; i < fit.classifier.weights.rows(); ++i) {
          for (std::size_t j = 0; j < 3; ++j) {
            BOOST_TEST(moved([&](auto& other) { other.weights(i, j) += step; }) > least);
          }
          BOOST_TEST(moved([&](auto& other) { other.intercepts[i] += step; }) > least);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_objective_never_rises) {
  const LinearProblem problem = linear_problem(80, 4, 3, 7);
  double before = std::log(3.0);  // of no weights at all
  fit_logistic(problem.x, problem.labels, {.c = 100, .observer = [&](const Progress& progress) {
                                             BOOST_TEST(progress.objective <= before + 1e-14);
                                             before = progress.objective;
                                             return true;
                                           }});
}

BOOST_AUTO_TEST_CASE(a_true_classifier_is_recovered) {
  Rng rng(5);
  Matrix<double> x(100000, 2);
  rng.fill_normal(x.values());
  std::vector<std::size_t> labels(x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    labels[i] = rng.uniform() < 1 / (1 + std::exp(-(x(i, 0) - 2 * x(i, 1) + 0.5)));
  }
  const LogisticResult fit = fit_logistic(x, labels, {.c = kInfinity});
  // Standard errors are about .01.
  BOOST_TEST(std::abs(fit.classifier.weights(0, 0) - 1) < 0.06);
  BOOST_TEST(std::abs(fit.classifier.weights(0, 1) + 2) < 0.06);
  BOOST_TEST(std::abs(fit.classifier.intercepts[0] - 0.5) < 0.06);
}

BOOST_AUTO_TEST_CASE(without_a_penalty_a_linear_map_changes_no_prediction) {
  for (const std::size_t k : {2, 3}) {
    const LinearProblem problem = linear_problem(150, 4, k, 11);
    const Matrix<double> mapped = test::mapped(problem.x, 12);
    const auto predictions = [&](const Matrix<double>& x, double c) {
      return predict_proba(fit_logistic(x, problem.labels, {.c = c}).classifier, x);
    };
    double free = 0, penalized = 0;
    const auto compare = [&](double c) {
      const Matrix<double> a = predictions(problem.x, c), b = predictions(mapped, c);
      double largest = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(a.values()[i] - b.values()[i]));
      }
      return largest;
    };
    free = compare(kInfinity);
    penalized = compare(0.01);
    BOOST_TEST(free < 1e-6);
    BOOST_TEST(penalized > 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(separable_data_end_at_a_classifier_without_error) {
  for (const std::size_t k : {2, 3}) {
    const LinearProblem problem = linear_problem(60, 5, k, 13, 20);
    const LogisticResult fit = fit_logistic(problem.x, problem.labels, {.c = kInfinity});
    BOOST_TEST(fit.separated);
    BOOST_TEST((fit.stop == Stop::kConverged));
    BOOST_TEST(accuracy(predict(fit.classifier, problem.x), problem.labels) == 1);
    const LogisticResult penalized = fit_logistic(problem.x, problem.labels);
    BOOST_TEST(!penalized.separated);
    BOOST_TEST(penalized.gradient <= 1e-8);
  }
}

BOOST_AUTO_TEST_CASE(constant_and_repeated_columns_are_no_obstacle) {
  const LinearProblem problem = linear_problem(100, 2, 2, 17);
  Matrix<double> x(100, 4, 7.0);  // column 2 is constant, column 3 repeats column 0
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t j = 0; j < 2; ++j) x(i, j) = problem.x(i, j);
    x(i, 3) = problem.x(i, 0);
  }
  const auto probabilities = [&](const Matrix<double>& data) {
    const LogisticResult fit = fit_logistic(data, problem.labels, {.c = kInfinity});
    BOOST_TEST((fit.stop == Stop::kConverged));
    return predict_proba(fit.classifier, data);
  };
  const Matrix<double> expected = probabilities(problem.x), got = probabilities(x);
  for (std::size_t i = 0; i < got.size(); ++i) {
    BOOST_TEST(std::abs(got.values()[i] - expected.values()[i]) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(data_far_from_the_origin_lose_nothing) {
  const LinearProblem problem = linear_problem(100, 3, 3, 19);
  Matrix<double> moved = problem.x;
  for (double& value : moved.values()) value += 1e6;
  const auto near = fit_logistic(problem.x, problem.labels).classifier;
  const auto far = fit_logistic(moved, problem.labels).classifier;
  for (std::size_t i = 0; i < near.weights.size(); ++i) {
    BOOST_TEST(std::abs(near.weights.values()[i] - far.weights.values()[i]) < 1e-7);
  }
}

BOOST_AUTO_TEST_CASE(limits_and_observers_end_the_fit) {
  const LinearProblem problem = linear_problem(60, 3, 2, 23);
  const LogisticResult none = fit_logistic(problem.x, problem.labels, {.iterations = 0});
  BOOST_TEST((none.stop == Stop::kIterationLimit));
  BOOST_TEST((none.classifier.weights == Matrix<double>(1, 3)));
  BOOST_TEST(none.objective == std::log(2.0), boost::test_tools::tolerance(1e-15));
  const LogisticResult cancelled =
      fit_logistic(problem.x, problem.labels, {.observer = [](const Progress&) { return false; }});
  BOOST_TEST((cancelled.stop == Stop::kCancelled));
  BOOST_TEST(cancelled.iterations == 1u);
  BOOST_TEST(cancelled.objective < none.objective);
}

BOOST_AUTO_TEST_CASE(input_out_of_its_domain_is_one_clear_error) {
  const Matrix<double> x = {{1}, {2}, {3}};
  const std::vector<std::size_t> labels = {0, 1, 1};
  BOOST_CHECK_EXCEPTION(fit_logistic(x, std::vector<std::size_t>{0}), ShapeError,
                        says("fit_logistic: each row must have a label; got rows 3, labels 1"));
  for (const double c : {0.0, -1.0, kNan}) {
    BOOST_CHECK_EXCEPTION(fit_logistic(x, labels, {.c = c}), ArgumentError,
                          says("fit_logistic: c must be positive; got c " + to_text(c)));
  }
  for (const double tolerance : {-1.0, kNan}) {
    BOOST_CHECK_EXCEPTION(
        fit_logistic(x, labels, {.tolerance = tolerance}), ArgumentError,
        says("fit_logistic: tolerance must be at least 0; got tolerance " + to_text(tolerance)));
  }
}

BOOST_AUTO_TEST_CASE(an_overflow_is_one_clear_error) {
  const Matrix<double> x = {{1e200}, {-1e200}, {1e200}, {-1e200}};
  const std::vector<std::size_t> labels = {0, 1, 0, 1};
  BOOST_CHECK_EXCEPTION(
      fit_logistic(x, labels), NumericalError,
      says("fit_logistic: the Hessian must be positive definite, also with a ridge; rescaled "
           "columns or a smaller c may help; got mean diagonal inf"));
}

}  // namespace
}  // namespace surplus
