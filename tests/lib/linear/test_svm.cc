#define BOOST_TEST_MODULE svm
#include "surplus/linear/svm.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/support/linear_problem.h"

namespace surplus {
namespace {

using test::linear_problem;
using test::LinearProblem;
using test::says;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The primal objective of two classes, straight from the definition.
double primal(const LinearClassifier& classifier, const LinearProblem& problem,
              const SvmConfig& config) {
  const Matrix<double> scores = decision_values(classifier, problem.x);
  double sum = 0;
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    const double y = problem.labels[i] == 1 ? 1 : -1;
    const double short_by = std::max(0.0, 1 - y * scores(i, 0));
    sum += config.loss == SvmLoss::kHinge ? short_by : short_by * short_by;
  }
  double squares = 0;
  for (const double w : classifier.weights.values()) squares += w * w;
  if (config.intercept_scaling > 0) {
    squares += std::pow(classifier.intercepts[0] / config.intercept_scaling, 2);
  }
  return squares / 2 + config.c * sum;
}

BOOST_AUTO_TEST_CASE(the_objective_is_within_the_gap_of_the_minimum) {
  const LinearProblem problem = linear_problem(120, 3, 2, 1);
  for (const SvmLoss loss : {SvmLoss::kHinge, SvmLoss::kSquaredHinge}) {
    for (const double scaling : {0.0, 1.0, 10.0}) {
      SvmConfig config{.c = 0.3, .loss = loss, .intercept_scaling = scaling};
      config.iterations = 100000;
      config.tolerance = 1e-9;
      const SvmResult exact = fit_svm(problem.x, problem.labels, config);
      BOOST_TEST((exact.stop == Stop::kConverged));
      BOOST_TEST(exact.gap <= 1e-9);
      const double least = primal(exact.classifier, problem, config);
      for (const double tolerance : {0.1, 1e-3, 1e-5}) {
        config.tolerance = tolerance;
        const SvmResult fit = fit_svm(problem.x, problem.labels, config);
        const double reached = primal(fit.classifier, problem, config);
        BOOST_TEST(fit.gap <= tolerance);
        BOOST_TEST(reached * (1 - fit.gap) <= least * (1 + 1e-8));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_small_move_of_a_weight_or_intercept_lowers_the_objective) {
  const LinearProblem problem = linear_problem(120, 3, 2, 2);
  for (const SvmLoss loss : {SvmLoss::kHinge, SvmLoss::kSquaredHinge}) {
    const SvmConfig config{.c = 1, .loss = loss, .iterations = 100000, .tolerance = 1e-10};
    const SvmResult fit = fit_svm(problem.x, problem.labels, config);
    const double least = primal(fit.classifier, problem, config);
    for (const double step : {-1e-2, 1e-2}) {
      for (std::size_t j = 0; j < 4; ++j) {
        LinearClassifier moved = fit.classifier;
        (j < 3 ? moved.weights(0, j) : moved.intercepts[0]) += step;
        BOOST_TEST(primal(moved, problem, config) > least);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(separated_classes_get_the_widest_margin) {
  // Two points at distance 4: the middle plane, w = 1 / 2 along the first axis.
  const Matrix<double> x = {{-2, 1}, {2, 1}, {-5, 3}, {7, -2}};
  const std::vector<std::size_t> labels = {0, 1, 0, 1};
  const SvmResult fit = fit_svm(x, labels,
                                {.c = 1e6,
                                 .loss = SvmLoss::kHinge,
                                 .intercept_scaling = 0,
                                 .iterations = 100000,
                                 .tolerance = 1e-12});
  BOOST_TEST(fit.classifier.weights(0, 0) == 0.5, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(std::abs(fit.classifier.weights(0, 1)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(several_classes_are_each_told_from_the_rest) {
  const LinearProblem problem = linear_problem(150, 4, 3, 3);
  const SvmConfig config{.iterations = 20000, .tolerance = 1e-9};
  const SvmResult all = fit_svm(problem.x, problem.labels, config);
  BOOST_TEST(all.classifier.weights.rows() == 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    std::vector<std::size_t> own;
    for (const std::size_t label : problem.labels) own.push_back(label == k);
    const SvmResult one = fit_svm(problem.x, own, config);
    for (std::size_t j = 0; j < 4; ++j) {
      BOOST_TEST(std::abs(all.classifier.weights(k, j) - one.classifier.weights(0, j)) < 1e-3);
    }
  }
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads) {
  const LinearProblem problem = linear_problem(150, 4, 5, 4);
  std::vector<LinearClassifier> fits;
  for (const std::size_t threads : {1, 2, 8}) {
    set_thread_count(threads);
    fits.push_back(fit_svm(problem.x, problem.labels, {.seed = 3}).classifier);
  }
  set_thread_count(0);
  BOOST_TEST((fits[0] == fits[1]));
  BOOST_TEST((fits[0] == fits[2]));
}

BOOST_AUTO_TEST_CASE(rows_of_zeros_and_repeated_rows_are_no_obstacle) {
  const Matrix<double> x = {{0, 0}, {0, 0}, {1, 1}, {1, 1}, {-1, -1}};
  const std::vector<std::size_t> labels = {0, 1, 1, 1, 0};
  for (const SvmLoss loss : {SvmLoss::kHinge, SvmLoss::kSquaredHinge}) {
    for (const double scaling : {0.0, 1.0}) {
      const SvmResult fit =
          fit_svm(x, labels, {.loss = loss, .intercept_scaling = scaling, .tolerance = 1e-6});
      BOOST_TEST((fit.stop == Stop::kConverged));
      BOOST_TEST(fit.classifier.weights(0, 0) > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(limits_and_observers_end_the_fit) {
  const LinearProblem problem = linear_problem(60, 3, 3, 5);
  const SvmResult none = fit_svm(problem.x, problem.labels, {.iterations = 0});
  BOOST_TEST((none.stop == Stop::kIterationLimit));
  BOOST_TEST((none.classifier.weights == Matrix<double>(3, 3)));
  BOOST_TEST(none.gap == 1);
  const SvmResult cancelled =
      fit_svm(problem.x, problem.labels, {.observer = [](const Progress&) { return false; }});
  BOOST_TEST((cancelled.stop == Stop::kCancelled));
  BOOST_TEST(cancelled.iterations == 1u);
}

BOOST_AUTO_TEST_CASE(input_out_of_its_domain_is_one_clear_error) {
  const Matrix<double> x = {{1}, {2}, {3}};
  const std::vector<std::size_t> labels = {0, 1, 1};
  BOOST_CHECK_EXCEPTION(fit_svm(x, std::vector<std::size_t>{0}), ShapeError,
                        says("fit_svm: each row must have a label; got rows 3, labels 1"));
  for (const double c : {0.0, kNan, kInfinity}) {
    BOOST_CHECK_EXCEPTION(fit_svm(x, labels, {.c = c}), ArgumentError,
                          says("fit_svm: c must be positive and finite; got c " + to_text(c)));
  }
  for (const double bad : {-1.0, kNan}) {
    BOOST_CHECK_EXCEPTION(
        fit_svm(x, labels, {.tolerance = bad}), ArgumentError,
        says("fit_svm: tolerance must be at least 0; got tolerance " + to_text(bad)));
    BOOST_CHECK_EXCEPTION(fit_svm(x, labels, {.intercept_scaling = bad}), ArgumentError,
                          says("fit_svm: intercept_scaling must be at least 0 and finite; got "
                               "intercept_scaling " +
                               to_text(bad)));
  }
}

}  // namespace
}  // namespace surplus
