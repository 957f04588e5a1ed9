#define BOOST_TEST_MODULE double_descent
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/double_descent.h"
#include "apps/studies/double_descent/data.h"
#include "apps/studies/double_descent/lookups.h"
#include "apps/studies/double_descent/reference.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {
namespace {

using namespace double_descent;
using Config = DoubleDescent::Config;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

boost::test_tools::assertion_result has_data(boost::unit_test::test_unit_id) {
  return std::getenv("SURPLUS_DATA") != nullptr;
}

BOOST_AUTO_TEST_CASE(a_printed_number_is_compared_in_units_of_its_last_digit) {
  BOOST_TEST(units_off(.1236, ".123") == .6, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(units_off(16840, "1.68e4") == .4, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(units_off(1.003e-3, "1.004e-3") == 1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(units_off(1614, "1613") == 1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(units_off(7, "") == 0);
}

BOOST_AUTO_TEST_CASE(quantiles_lie_between_order_statistics) {
  BOOST_TEST(median({3, 1, 2}) == 2);
  BOOST_TEST(median({4, 1, 2, 3}) == 2.5);
  BOOST_TEST(quantile({0, 4, 8}, .25) == 2);
  BOOST_TEST(quantile({5}, .75) == 5);
}

BOOST_AUTO_TEST_CASE(the_fixed_sample_gives_every_printed_digit_of_an_independent_computation) {
  Run run = fresh_run();
  const std::vector<FixedTable> tables = run_fixed(run);
  for (const ReferenceFixed& row : kFixed) {
    const FixedFit* fit = fixed_fit(tables, "legendre", 0, row.d);
    BOOST_REQUIRE(fit != nullptr);
    BOOST_TEST_CONTEXT("d = " << row.d) {
      BOOST_TEST(units_off(fit->train, row.train) <= .51);
      BOOST_TEST(units_off(fit->test, row.test) <= .51);
      BOOST_TEST(units_off(fit->norm, row.norm) <= .51);
      BOOST_TEST(units_off(fit->smin, row.smin) <= .51);
      BOOST_TEST(units_off(fit->smax, row.smax) <= .51);
      if (row.d >= 16) BOOST_TEST(fit->train < 1e-26);
    }
  }
  for (const ReferenceTest& row : kTests) {
    const FixedFit* fit = fixed_fit(tables, row.basis, row.lambda, row.d);
    BOOST_REQUIRE(fit != nullptr);
    // The one that was not rounded is off by .53.
    BOOST_TEST(units_off(fit->test, row.test) <= (row.lambda == 10 && row.d == 8 ? 1 : .51),
               row.basis << ", lambda " << row.lambda << ", d = " << row.d << ": " << fit->test
                         << ", printed " << row.test);
  }
  BOOST_TEST(units_off(fixed_fit(tables, "monomial", 0, 16)->norm, "3.33e5") <= .51);
  BOOST_TEST(units_off(fixed_fit(tables, "monomial", 0, 16)->smin, "1.54e-6") <= .51);
  // In float the monomials' cutoff leaves fourteen directions.
  BOOST_TEST(fixed_fit(tables, "monomial", 0, 16, true)->rank == 14);
  BOOST_TEST(fixed_fit(tables, "legendre", 0, 16, true)->rank == 16);
}

// Medians of two independent sets of draws: their order statistics at ranks n/2 +- 2 sqrt(n) bracket
// the truth four standard errors wide on either side, and the printed one has its own error.
BOOST_AUTO_TEST_CASE(medians_over_random_samples_are_those_of_an_independent_computation) {
  DrawDesign design{.name = "test", .features = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 64}};
  design.draws = 400;
  design.draws_of_many = 400;
  Run run = fresh_run();
  const DrawTable table = run_draws(design, run);
  const double share = 2 * std::sqrt(2.0) / std::sqrt(400.0);
  for (const ReferenceMedian& row : kMedians) {
    const auto point = std::ranges::find(table.points, static_cast<std::size_t>(row.features),
                                         &DrawPoint::features);
    if (point == table.points.end()) continue;
    const double low = quantile(point->test[0], .5 - share);
    const double high = quantile(point->test[0], .5 + share);
    BOOST_TEST((low * .99 <= row.median && row.median <= high * 1.01),
               "d = " << row.features << ": printed " << row.median << ", measured " << low
                      << " to " << high);
  }
}

BOOST_AUTO_TEST_CASE(the_closed_form_has_the_values_that_are_printed) {
  const std::vector<std::pair<std::size_t, const char*>> printed = {
      {0, "1.04"},     {5, "1.135588"}, {10, "1.264138"}, {20, "1.724211"}, {30, "3.206667"},
      {35, "6.7275"},  {37, "13.065"},  {38, "25.74"},    {42, "25.44"},    {43, "12.84"},
      {45, "6.54"},    {50, "3.04"},    {60, "1.566316"}, {70, "1.108966"}, {80, ".886154"},
      {90, ".754286"}, {100, ".667119"}};
  for (const auto& [p, value] : printed) {
    BOOST_TEST(units_off(linear_risk(p, 40, 100, .04), value) <= .51);
  }
  for (const std::size_t p : {39, 40, 41}) BOOST_TEST(std::isinf(linear_risk(p, 40, 100, .04)));
}

BOOST_AUTO_TEST_CASE(trials_of_the_linear_model_have_the_risk_of_the_closed_form) {
  Run run = fresh_run();
  for (const LinearPoint& point : run_linear(1000, run)) {
    BOOST_TEST(std::abs(point.measured - point.exact) <= 4 * point.standard_error);
  }
}

BOOST_AUTO_TEST_CASE(networks_have_as_many_parameters_as_the_formula_says) {
  BOOST_TEST(network_parameters(784, 50, 10) == 39760u);
  BOOST_TEST(network_parameters(784, 51, 10) == 40555u);
  BOOST_TEST(network_parameters(196, 7, 10) == 207u * 7 + 10);
  BOOST_TEST(threshold_width({.name = "", .n = 4000, .halved = false}) == 39990.0 / 795);
}

FourierDesign digits(RandomFeature kind) {
  return {
      "digits", 200, 0, kind, 5 * std::sqrt(64 / 784.0), {20, 100, 160, 200, 240, 400, 800, 1600}};
}

// Whatever way real features are made of complex exponentials.
BOOST_AUTO_TEST_CASE(all_forms_of_fourier_features_peak_at_n_and_tend_to_the_kernel) {
  for (const RandomFeature kind :
       {RandomFeature::kFourier, RandomFeature::kFourierPairs, RandomFeature::kFourierComplex}) {
    Run run = fresh_run();
    const FourierSweep sweep = run_fourier(digits(kind), run);
    const KernelLimit limit = run_kernel_limit(digits(kind), run);
    BOOST_TEST_CONTEXT(std::string(to_text(kind))) {
      const auto peak = std::ranges::max_element(sweep.points, {}, &FourierPoint::test_error);
      BOOST_TEST(peak->features == 200);
      BOOST_TEST(std::ranges::max_element(sweep.points, {}, &FourierPoint::norm)->features == 200);
      for (const FourierPoint& point : sweep.points) {
        if (point.features >= 200) BOOST_TEST(point.train_error == 0);
        if (point.features < 400) continue;
        const double r = point.features / 200;
        BOOST_TEST(std::abs(point.norm / limit.norm / std::sqrt(r / (r - 1)) - 1) <= .05);
      }
      BOOST_TEST(std::abs(sweep.points.back().test_error - limit.test_error) <= .03);
    }
  }
}

// One seed of features was printed, and here is another. From three of n = 1000, errors of one differ
// from the next with a standard deviation of 2.5 %, norms of 3 % below 2 n and of .5 % from there on:
// four standard errors of the difference.
BOOST_AUTO_TEST_CASE(fourier_features_of_mnist_err_as_an_independent_computation,
                     *boost::unit_test::precondition(has_data)) {
  FourierDesign design{"mnist", 500};
  for (const ReferenceFourier& row : kFourier) {
    design.features.push_back(static_cast<std::size_t>(std::round(row.ratio * 250)) * 2);
  }
  Run run = fresh_run();
  const FourierSweep sweep = run_fourier(design, run);
  const KernelLimit limit = run_kernel_limit(design, run);
  for (std::size_t i = 0; i < kFourier.size(); ++i) {
    const ReferenceFourier& row = kFourier[i];
    const FourierPoint& point = sweep.points[i];
    if (row.ratio == 1) {
      BOOST_TEST(point.test_error > .8);
      continue;
    }
    BOOST_TEST(std::abs(point.test_error / row.test[0] - 1) <= .15);
    BOOST_TEST(std::abs(point.norm / row.norm[0] - 1) <= (row.ratio < 2 ? .15 : .03));
  }
  // The kernel has no seed: all printed digits.
  BOOST_TEST(units_off(100 * limit.test_error, "11.49") <= .51);
  BOOST_TEST(units_off(limit.norm, "15.88") <= .51);
}

NetworkDesign tiny_network() {
  return {.name = "tiny", .n = 60, .rate = 0.001, .epochs = 5, .seeds = 2, .widths = {1, 2, 4}};
}

BOOST_AUTO_TEST_CASE(a_reused_network_starts_from_the_one_before_it,
                     *boost::unit_test::precondition(has_data)) {
  Run run = fresh_run(), same = fresh_run(), other = fresh_run();
  NetworkDesign alone = tiny_network();
  alone.reuse = false;
  const NetworkCurve reused = run_network(tiny_network(), run);
  const NetworkCurve again = run_network(tiny_network(), same);
  const NetworkCurve fresh = run_network(alone, other);
  for (std::size_t seed = 0; seed < 2; ++seed) {
    // The first has none before it; of 60 images a net of 2 units is still below the threshold.
    BOOST_TEST(reused.seeds[seed][0].test_loss == fresh.seeds[seed][0].test_loss);
    BOOST_TEST(reused.seeds[seed][1].test_loss != fresh.seeds[seed][1].test_loss);
    BOOST_TEST(reused.seeds[seed][2].test_loss == fresh.seeds[seed][2].test_loss);
    BOOST_TEST(reused.seeds[seed][1].test_loss == again.seeds[seed][1].test_loss);
  }
}

BOOST_AUTO_TEST_CASE(images_are_halved_by_means_and_have_a_target_per_class,
                     *boost::unit_test::precondition(has_data)) {
  const auto whole = load_problem<float>("mnist", 3, false, std::getenv("SURPLUS_DATA"));
  const auto half = load_problem<float>("mnist", 3, true, std::getenv("SURPLUS_DATA"));
  BOOST_TEST((whole.train.x.shape() == Shape{3, 784}));
  BOOST_TEST((half.test.x.shape() == Shape{10000, 196}));
  const std::size_t corner = 2 * 7 * 28 + 2 * 5;  // of row 7, column 5
  const auto row = whole.train.x.row(1);
  BOOST_TEST(half.train.x(1, 7 * 14 + 5) ==
             (row[corner] + row[corner + 1] + row[corner + 28] + row[corner + 29]) / 4);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 10; ++j) {
      BOOST_TEST(half.train.targets(i, j) == (j == half.train.labels[i] ? 1 : 0));
    }
  }
}

void check_refused(const Config& config, const std::string& message) {
  BOOST_CHECK_EXCEPTION(DoubleDescent::seconds(config), ArgumentError,
                        [&](const std::exception& error) {
                          BOOST_TEST(error.what() == message);
                          return error.what() == message;
                        });
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused) {
  Config config;
  config.fourier_n = {500, 500};
  check_refused(config, "double-descent: fourier_n must increase; got fourier_n 500");
  config = {};
  config.fourier_seeds = {1};
  check_refused(config,
                "double-descent: fourier_seeds must be one for each of fourier_n; got "
                "fourier_seeds 1, fourier_n 2");
  config = {};
  config.network_widths = {0};
  check_refused(config,
                "double-descent: network_widths must be at least 1 and at most 100000; got "
                "network_widths 0");
  config = {};
  config.images = "moons";
  check_refused(config,
                "double-descent: images must be mnist, fashion-mnist or digits; got images moons");
  config = {};
  config.linear_trials = 1;
  check_refused(config,
                "double-descent: linear_trials must be at least 2 and at most 100000000; got "
                "linear_trials 1");
}

}  // namespace
}  // namespace surplus::apps
