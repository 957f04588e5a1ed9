#define BOOST_TEST_MODULE itml_online
#include "surplus/metric/itml_online.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/linalg/cholesky.h"

namespace surplus {
namespace {

auto says(const char* text) {
  return [text](const std::exception& e) {
    BOOST_TEST(std::string(e.what()) == text);
    return e.what() == std::string(text);
  };
}

BOOST_AUTO_TEST_CASE(a_step_leaves_the_distance_it_reports_and_minimises_the_stated_objective) {
  Rng rng(1);
  for (int trial = 0; trial < 200; ++trial) {
    Matrix<double> metric{{2, 0.5}, {0.5, 1}};
    const std::vector<double> z = {rng.normal(), rng.normal()}, zero = {0, 0};
    const double p = squared_distance(metric, z, zero);
    const double rate = std::exp(3 * rng.normal()), target = std::exp(2 * rng.normal());
    const double moved = lego_step(metric, z, target, rate);
    BOOST_TEST(std::abs(squared_distance(metric, z, zero) / moved - 1) < 1e-12);
    // d/dp' of (p'/p - log(p'/p)) + rate (p' - y)^2 / 2 vanishes there.
    BOOST_TEST(std::abs(1 / p - 1 / moved + rate * (moved - target)) <=
               1e-12 * (1 / p + 1 / moved + rate * (moved + target)));
    BOOST_TEST((moved - p) * (target - p) >= 0.0);
  }
}

BOOST_AUTO_TEST_CASE(the_metric_stays_positive_definite_over_1e5_steps_at_rates_up_to_100) {
  constexpr std::size_t d = 6;
  Rng rng(2);
  Matrix<double> metric(d, d);
  for (std::size_t i = 0; i < d; ++i) metric(i, i) = 1;
  std::vector<double> z(d);
  for (int step = 0; step < 100000; ++step) {
    rng.fill_normal(std::span(z));
    lego_step(metric, z, 10 * rng.uniform(), 100 * rng.uniform());
    if (step % 1000 == 0)
      BOOST_TEST_REQUIRE(try_cholesky(metric, Matrix<double>(d, d).view()) == d);
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) BOOST_TEST(metric(i, j) == metric(j, i));
  }
}

BOOST_AUTO_TEST_CASE(a_pass_steps_only_where_a_bound_is_missed) {
  const Matrix<double> x{{0, 0}, {1, 0}, {0, 4}, {0, 0}};
  const LegoResult result =
      fit_lego(x, listed_pairs({{0, 1, true}, {0, 2, true}, {0, 1, false}, {0, 3, false}}),
               {.rate = 1e6, .bounds = ItmlBounds{2, 3}});
  BOOST_TEST(result.steps == 2u);
  BOOST_TEST(std::abs(squared_distance(result.metric, x.row(0), x.row(2)) - 2) < 1e-3);
  BOOST_TEST(std::abs(squared_distance(result.metric, x.row(0), x.row(1)) - 3) < 1e-3);
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  Matrix<double> metric{{1, 0}, {0, 1}};
  const std::vector<double> z = {1, 2};
  BOOST_CHECK_EXCEPTION(lego_step(metric, std::vector<double>{1}, 1, 1), ShapeError,
                        says("lego_step: metric must have one row and column per feature; got "
                             "metric 2 x 2, features 1"));
  BOOST_CHECK_EXCEPTION(lego_step(metric, z, -1, 1), ArgumentError,
                        says("lego_step: target must be at least 0 and finite; got target -1"));
  BOOST_CHECK_EXCEPTION(lego_step(metric, z, 1, 0), ArgumentError,
                        says("lego_step: rate must be positive and finite; got rate 0"));
  BOOST_CHECK_EXCEPTION(
      lego_step(metric, std::vector<double>{1, std::nan("")}, 1, 1), NumericalError,
      says("lego_step: the squared distance must be positive and finite; got distance nan"));
  BOOST_CHECK_EXCEPTION(fit_lego(metric, listed_pairs({{0, 9, true}}), {}), ArgumentError,
                        says("fit_lego: pairs must name rows of x; got first 0, second 9, rows 2"));
  BOOST_TEST(lego_step(metric, std::vector<double>{0, 0}, 1, 1) == 0.0);
}

}  // namespace
}  // namespace surplus
