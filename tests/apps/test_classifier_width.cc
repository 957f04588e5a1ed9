#define BOOST_TEST_MODULE classifier_width
#include "apps/studies/classifier_width.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/classifier_width/lookups.h"
#include "apps/studies/classifier_width/reference.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace classifier_width;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(3, {}, kGoOn, [](const Run::Cell&) {});
}

BOOST_AUTO_TEST_CASE(polynomials_err_as_an_independent_computation) {
  Run run = fresh_run();
  const PolynomialSweep sweep = run_polynomials(1000, run);
  BOOST_TEST_REQUIRE(sweep.orders.size() == kMostOrder);
  Deviation deviation;
  for (const Printed& row : kOrderTest) {
    const OrderFit& fit = sweep.orders[static_cast<std::size_t>(row.at) - 1];
    deviation.add("test", row, fit.test, fit.log_error, 1000, kOrderDraws);
  }
  for (const Printed& row : kOrderTrain) {
    const OrderFit& fit = sweep.orders[static_cast<std::size_t>(row.at) - 1];
    deviation.add("training", row, fit.train, fit.train_error / fit.train, 1000, kOrderDraws);
  }
  BOOST_TEST(deviation.numbers == 23u);
  BOOST_TEST(deviation.largest <= 4, deviation.where);
  // Noise of variance 1 / 48 on 21 points leaves (20 - order) / 21 of itself where the order suffices.
  for (const std::size_t order : {6, 10, 15, 19}) {
    const OrderFit& fit = sweep.orders[order - 1];
    const double expected = (20 - static_cast<double>(order)) / 21 / 48;
    BOOST_TEST(std::abs(fit.train - expected) <= 4 * fit.train_error + 1e-4);
  }
  // Nobody chooses better than hindsight does.
  for (const OrderChoice& choice : sweep.choices) {
    BOOST_TEST(choice.test >= sweep.choices.back().test);
  }
}

BOOST_AUTO_TEST_CASE(ridge_errs_as_an_independent_computation) {
  Run run = fresh_run();
  Deviation deviation;
  const std::vector<RidgeFit> fits = run_ridge(500, run);
  for (const Printed& row : kRidgeTest) {
    for (const RidgeFit& fit : fits) {
      if (fit.lambda == row.at) {
        deviation.add("test", row, fit.test, fit.log_error, 500, kRidgeDraws);
      }
    }
  }
  BOOST_TEST(deviation.numbers == kRidgeTest.size());
  BOOST_TEST(deviation.largest <= 4, deviation.where);
}

BOOST_AUTO_TEST_CASE(a_deviation_is_in_standard_errors_of_the_difference_beyond_rounding) {
  Deviation deviation;
  deviation.add("a", {3, .10, 5e-3}, .101, .01, 20, 20);
  BOOST_TEST(deviation.largest == 0);  // within half a unit of the last digit
  deviation.add("b", {3, .10, 5e-3}, .2, .1, 30, 10);
  BOOST_TEST(deviation.largest == (std::log(2.0) + std::log(.95)) / .2,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(deviation.where == "b at 3: 0.2, printed 0.1");
  BOOST_TEST(deviation.numbers == 2u);
}

BOOST_AUTO_TEST_CASE(the_median_of_normal_numbers_has_the_error_that_is_said) {
  std::vector<double> medians;
  double said = 0;
  Rng rng(1);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    std::vector<double> values(101);
    rng.fill_normal(values);
    medians.push_back(median(values));
    said += median_error(values) / 1000;
  }
  double square = 0;
  for (const double value : medians) square += value * value / 1000;
  // 1000 medians give their deviation to 2.2 %.
  BOOST_TEST(std::abs(std::sqrt(square) / said - 1) < 0.09);
}

BOOST_AUTO_TEST_CASE(targets_have_variance_1_and_noise_is_in_the_training_alone) {
  const Lesson noisy = make_lesson(2000, 1, 1, Rng(4)), clean = make_lesson(2000, 1, 0, Rng(4));
  BOOST_TEST((noisy.test_y == clean.test_y));
  double mean = 0, square = 0, noise = 0;
  for (std::size_t i = 0; i < kTestRows; ++i) {
    mean += clean.test_y(i, 0) / double{kTestRows};
    square += std::pow(clean.test_y(i, 0), 2) / double{kTestRows};
  }
  for (std::size_t i = 0; i < 2000; ++i) noise += std::pow(noisy.y(i, 0) - clean.y(i, 0), 2) / 2000;
  BOOST_TEST(std::abs(mean) < 1e-5);
  BOOST_TEST(std::abs(square - 1) < 1e-5);
  BOOST_TEST(std::abs(noise - 1) < 4 * std::sqrt(2.0 / 2000));
}

BOOST_AUTO_TEST_CASE(networks_have_the_papers_numbers_of_weights) {
  BOOST_TEST(weights_of(20, 10) == 221u);
  BOOST_TEST(weights_of(20, 40) == 881u);
  BOOST_TEST(weights_of(1, 50) == 151u);
}

// The standard error of the logarithm of a median, from quartiles.
double log_error(const std::vector<double>& quartiles, double seeds) {
  return 1.2533 * std::log(quartiles[2] / quartiles[0]) / 1.349 / std::sqrt(seeds);
}

BOOST_AUTO_TEST_CASE(students_err_as_those_of_numpy) {
  std::ifstream file(SURPLUS_GOLDEN "students_numpy.json");
  for (const auto& design : nlohmann::json::parse(file)) {
    Run run = fresh_run();
    const StudentCurve curve = run_students({.name = "test",
                                             .n = design["examples"],
                                             .noise = design["noise"],
                                             .updates = design["updates"],
                                             .seeds = 20,
                                             .widths = {design["units"].get<std::size_t>()}},
                                            run);
    for (const auto& [name, value] :
         {std::pair{"test", &StudentFit::test}, {"train", &StudentFit::train}}) {
      const auto expected = design[name].get<std::vector<double>>();
      if (expected[0] == 0) continue;  // fitted to rounding
      const std::vector<double> ours = values_at(curve, 0, value);
      const double error = std::hypot(log_error({quantile(ours, .25), 0, quantile(ours, .75)}, 20),
                                      log_error(expected, design["seeds"]));
      BOOST_TEST(std::abs(std::log(median(ours) / expected[1])) <= 4 * error,
                 name << " error of " << design << ": " << median(ours));
    }
  }
}

BOOST_AUTO_TEST_CASE(
    students_of_every_design_stay_finite_and_ensembles_err_less_than_their_members) {
  Run run = fresh_run();
  const StudentCurve curve = run_students({.name = "test",
                                           .n = 300,
                                           .noise = 1,
                                           .updates = 20000,
                                           .seeds = 3,
                                           .widths = {5, 30},
                                           .held_out = 0.2,
                                           .members = 4},
                                          run);
  for (const auto& seed : curve.seeds) {
    for (const StudentFit& fit : seed) {
      BOOST_TEST(std::isfinite(fit.train));
      BOOST_TEST(fit.updates <= 20000);
      BOOST_TEST(fit.ensemble < fit.test);
    }
  }
}

}  // namespace
}  // namespace surplus::apps
