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

BOOST_AUTO_TEST_CASE(a_gradient_step_adds_the_gradient_at_the_old_metric_to_the_inverse) {
  Rng rng(3);
  for (int trial = 0; trial < 200; ++trial) {
    Matrix<double> metric{{2, 0.5}, {0.5, 1}};
    const std::vector<double> z = {rng.normal(), rng.normal()}, zero = {0, 0};
    const double p = squared_distance(metric, z, zero), target = std::exp(rng.normal());
    // Below the target, up to half of the rate at which A would cease to be positive definite.
    const double limit = target > p ? 1 / (2 * (target - p) * p) : 2;
    const double rate = 0.49 * limit * (1 - rng.uniform());
    const double moved = itml_online_step(metric, z, target, rate);
    BOOST_TEST(std::abs(squared_distance(metric, z, zero) / moved - 1) < 1e-12);
    const double determinant = metric(0, 0) * metric(1, 1) - metric(0, 1) * metric(1, 0);
    const double gradient = 2 * rate * (p - target), before = 1 / 1.75;
    // The inverse takes over the rounding of A, some ten eps, times the square of its norm.
    const double norm = 2 + std::abs(gradient) * (z[0] * z[0] + z[1] * z[1]);
    BOOST_TEST(std::abs(metric(1, 1) / determinant - (before + gradient * z[0] * z[0])) <=
               1e-14 * norm * norm);
  }
}

BOOST_AUTO_TEST_CASE(a_gradient_step_below_the_target_at_most_doubles_the_distance) {
  for (const double rate : {0.5, 1.0, 1e10, 1e300}) {
    Matrix<double> metric{{1, 0}, {0, 1}};
    BOOST_TEST(itml_online_step(metric, std::vector<double>{1, 0}, 2, rate) == 2.0);
    BOOST_TEST(metric(0, 0) == 2.0);
    BOOST_TEST(metric(1, 1) == 1.0);
  }
}

BOOST_AUTO_TEST_CASE(a_gradient_step_above_the_target_keeps_the_metric_definite_at_any_rate) {
  for (double rate = 1e-12; rate < 1e12; rate *= 10) {
    Matrix<double> metric{{1, 0}, {0, 1}};
    const double moved = itml_online_step(metric, std::vector<double>{1, 1}, 1e-3, rate);
    BOOST_TEST(moved > 0.0);
    BOOST_TEST(moved < 2.0);
    BOOST_TEST(try_cholesky(metric, Matrix<double>(2, 2).view()) == 2u);
  }
}

BOOST_AUTO_TEST_CASE(the_metric_stays_positive_definite_over_1e5_steps_at_rates_up_to_100) {
  constexpr std::size_t d = 6;
  for (const auto step : {lego_step, itml_online_step}) {
    Rng rng(2);
    Matrix<double> metric(d, d);
    for (std::size_t i = 0; i < d; ++i) metric(i, i) = 1;
    std::vector<double> z(d);
    for (int n = 0; n < 100000; ++n) {
      rng.fill_normal(std::span(z));
      step(metric, z, 10 * rng.uniform(), 100 * rng.uniform());
      if (n % 1000 == 0) BOOST_TEST_REQUIRE(try_cholesky(metric, Matrix<double>(d, d).view()) == d);
    }
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) BOOST_TEST(metric(i, j) == metric(j, i));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pass_steps_only_where_a_bound_is_missed) {
  const Matrix<double> x{{0, 0}, {1, 0}, {0, 4}, {0, 0}};
  const Pairs pairs = listed_pairs({{0, 1, true}, {0, 2, true}, {0, 1, false}, {0, 3, false}});
  const auto fit = [&](OnlineStep step, double rate) {
    return fit_itml_online(x, pairs, {.step = step, .rate = rate, .bounds = ItmlBounds{2, 3}});
  };
  const ItmlOnlineResult lego = fit(OnlineStep::kLego, 1e6);
  BOOST_TEST(lego.steps == 2u);
  BOOST_TEST(std::abs(squared_distance(lego.metric, x.row(0), x.row(2)) - 2) < 1e-3);
  BOOST_TEST(std::abs(squared_distance(lego.metric, x.row(0), x.row(1)) - 3) < 1e-3);
  // p = 16 goes to 16 / (1 + 2 r 14 * 16), and p = 1 to 1 / (1 - 2 r 2).
  const ItmlOnlineResult gradient = fit(OnlineStep::kGradient, 1.0 / 16);
  BOOST_TEST(gradient.steps == 2u);
  BOOST_TEST(std::abs(squared_distance(gradient.metric, x.row(0), x.row(2)) - 16.0 / 29) < 1e-14);
  BOOST_TEST(std::abs(squared_distance(gradient.metric, x.row(0), x.row(1)) - 4.0 / 3) < 1e-14);
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
  BOOST_CHECK_EXCEPTION(
      itml_online_step(metric, std::vector<double>{1}, 1, 1), ShapeError,
      says("itml_online_step: metric must have one row and column per feature; got metric 2 x 2, "
           "features 1"));
  BOOST_CHECK_EXCEPTION(
      itml_online_step(metric, z, std::nan(""), 1), ArgumentError,
      says("itml_online_step: target must be at least 0 and finite; got target nan"));
  BOOST_CHECK_EXCEPTION(itml_online_step(metric, z, 1, INFINITY), ArgumentError,
                        says("itml_online_step: rate must be positive and finite; got rate inf"));
  BOOST_CHECK_EXCEPTION(
      itml_online_step(Matrix<double>{{1, 0}, {0, -1}}, z, 1, 1), NumericalError,
      says("itml_online_step: the squared distance must be positive and finite; got distance -3"));
  BOOST_CHECK_EXCEPTION(
      fit_itml_online(metric, listed_pairs({{0, 9, true}}), {}), ArgumentError,
      says("fit_itml_online: pairs must name rows of x; got first 0, second 9, rows 2"));
  BOOST_TEST(lego_step(metric, std::vector<double>{0, 0}, 1, 1) == 0.0);
  BOOST_TEST(itml_online_step(metric, std::vector<double>{0, 0}, 1, 1) == 0.0);
  BOOST_TEST((metric(0, 0) == 1 && metric(0, 1) == 0 && metric(1, 0) == 0 && metric(1, 1) == 1));
}

}  // namespace
}  // namespace surplus
