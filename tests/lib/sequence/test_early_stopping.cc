#define BOOST_TEST_MODULE early_stopping
#include "surplus/sequence/early_stopping.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/sequence/flow.h"

namespace surplus {
namespace {

using Values = std::vector<double>;

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

struct Problem {
  SequenceModel model;
  Values z;
};

Problem problem(std::size_t coordinates, double gamma, double n, std::uint64_t seed = 5) {
  Problem problem{power_model({.p = 1, .q = 2, .gamma = gamma}, coordinates), {}};
  Rng rng(seed);
  problem.z = observe(problem.model.signal, 1 / std::sqrt(n), rng);
  return problem;
}

double error_of(const Values& theta, const Values& signal) {
  double sum = 0;
  for (std::size_t j = 0; j < theta.size(); ++j) {
    sum += (theta[j] - signal[j]) * (theta[j] - signal[j]);
  }
  return sum;
}

// The largest relative difference of two curves.
double apart(const Values& a, const Values& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] / b[i] - 1));
  return worst;
}

BOOST_AUTO_TEST_CASE(times_are_evenly_spaced_in_their_logarithm) {
  const Values times = times_of({.first = 3, .per_octave = 4, .count = 10});
  BOOST_TEST(times.size() == 10u);
  BOOST_TEST(times[8] == 12);
  for (std::size_t i = 1; i < times.size(); ++i) {
    BOOST_TEST(times[i] / times[i - 1] == std::exp2(0.25), boost::test_tools::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(closed_form_curves_are_the_errors_of_the_flow) {
  const Problem p = problem(1003, 1.5, 2000);
  for (const TimeGrid& grid : {TimeGrid{1, 8, 97}, TimeGrid{7, 3, 2}, TimeGrid{0.5, 1, 1}}) {
    const Values curve = flow_errors(p.model, p.z, {.times = grid});
    const Values times = times_of(grid);
    for (std::size_t i = 0; i < times.size(); ++i) {
      const Values theta = two_layer_flow(p.model.eigenvalues, p.z, times[i]);
      BOOST_TEST(curve[i] == error_of(theta, p.model.signal), boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(stepped_curves_agree_with_the_closed_form_and_halve_to_themselves) {
  const Problem p = problem(3000, 1.5, 4000);
  FlowErrorsConfig config{.times = {1, 4, 41}};
  const Values exact = flow_errors(p.model, p.z, config);
  config.closed_form = false;
  const double coarse = apart(flow_errors(p.model, p.z, config), exact);
  config.step = 0.25;
  const double fine = apart(flow_errors(p.model, p.z, config), exact);
  BOOST_TEST(coarse < 1e-3);
  BOOST_TEST(fine < coarse / 8);  // of fourth order: a sixteenth
  for (const std::size_t depth : {1, 3}) {
    FlowErrorsConfig deep{.depth = depth, .b0 = 0.3, .times = {4, 4, 41}};
    const Values whole = flow_errors(p.model, p.z, deep);
    deep.step = 0.25;
    BOOST_TEST(apart(whole, flow_errors(p.model, p.z, deep)) < 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(stepped_curves_agree_with_small_steps_of_the_same_length_for_all) {
  const Problem p = problem(500, 2, 2000);
  for (const std::size_t depth : {1, 2, 3}) {
    const TimeGrid grid{8, 1, 6};
    const Values curve = flow_errors(p.model, p.z, {.depth = depth, .b0 = 0.3, .times = grid});
    DiagonalState state = diagonal_start(p.model.eigenvalues, depth, 0.3);
    std::size_t done = 0;
    for (std::size_t i = 0; i < grid.count; ++i) {
      const std::size_t wanted = (std::size_t{8} << i) * 20;
      advance_flow(state, p.z, depth, FlowRule::kRungeKutta, 0.05, wanted - done);
      done = wanted;
      const double error = error_of(trained_signal(state, depth), p.model.signal);
      BOOST_TEST(curve[i] == error, boost::test_tools::tolerance(1e-3));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fixed_risk_is_the_mean_error_of_the_fixed_flow) {
  const SequenceModel model = power_model({.p = 1, .q = 2, .gamma = 1.5}, 200);
  const TimeGrid grid{4, 1, 10};
  const Values risk = fixed_risk(model, grid).at(0.1);
  const Values times = times_of(grid);
  constexpr int kRuns = 400;
  for (std::size_t i = 0; i < times.size(); ++i) {
    double mean = 0;
    double squares = 0;
    for (int r = 0; r < kRuns; ++r) {
      Rng rng(static_cast<std::uint64_t>(r));
      const double error = error_of(
          fixed_flow(model.eigenvalues, observe(model.signal, 0.1, rng), times[i]), model.signal);
      mean += error / kRuns;
      squares += error * error / kRuns;
    }
    BOOST_TEST(std::abs(mean - risk[i]) < 5 * std::sqrt((squares - mean * mean) / kRuns));
  }
}

BOOST_AUTO_TEST_CASE(an_oracle_finds_the_minimum_of_a_parabola_between_the_times) {
  const TimeGrid grid{1, 8, 81};
  Values errors;
  for (const double t : times_of(grid)) errors.push_back(2 + std::pow(std::log2(t / 40), 2));
  const StopTime stop = oracle_stop(grid, errors);
  BOOST_TEST(stop.time == 40, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(stop.error == 2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(stop.interior);
  const StopTime end = oracle_stop({1, 1, 3}, Values{3, 2, 1});
  BOOST_TEST(end.time == 4);
  BOOST_TEST(!end.interior);
  BOOST_TEST(oracle_stop({1, 1, 3}, Values{1, 1, 1}).time == 1);
}

BOOST_AUTO_TEST_CASE(theory_stops_at_the_power_of_the_noise) {
  BOOST_TEST(theory_stop(0, 0.01) == 100, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(theory_stop(1, 0.001, 2) == 20000, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(theory_layer_start(1, 0.001) == 0.1, boost::test_tools::tolerance(1e-13));
}

// Of the specification, at gamma = 1.5 and 2 10^4 coordinates. Theirs are means of few runs.
BOOST_AUTO_TEST_CASE(golden_errors_and_times_are_met) {
  const SequenceModel model = power_model({.p = 1, .q = 2, .gamma = 1.5}, 20000);
  const FixedRisk fixed = fixed_risk(model, {16, 16, 161});
  const struct {
    double n, fixed_error, fixed_time, error;
  } golden[] = {{2000, 0.1160, 661, 0.078}, {10000, 0.0650, 3236, 0.034}};
  for (const auto& row : golden) {
    const double noise = 1 / std::sqrt(row.n);
    const StopTime vanilla = oracle_stop({16, 16, 161}, fixed.at(noise));
    BOOST_TEST(std::abs(vanilla.error - row.fixed_error) < (row.n == 2000 ? 0.002 : 0.001));
    BOOST_TEST(vanilla.time == row.fixed_time, boost::test_tools::tolerance(0.05));
    double mean = 0;
    for (std::uint64_t r = 0; r < 8; ++r) {
      Rng rng(r);
      const Values z = observe(model.signal, noise, rng);
      mean += oracle_stop({1, 8, 97}, flow_errors(model, z, {})).error / 8;
    }
    BOOST_TEST(std::abs(mean - row.error) < (row.n == 2000 ? 0.008 : 0.004));
  }
}

BOOST_AUTO_TEST_CASE(input_outside_its_range_is_refused) {
  SequenceModel model = power_model({}, 3);
  const Values z = {1, 2, 3};
  BOOST_CHECK_EXCEPTION(
      times_of({.first = 0}), ArgumentError,
      says("times_of: the first time must be above 0 and at most 1e30; got first 0"));
  BOOST_CHECK_EXCEPTION(
      times_of({.count = 0}), ArgumentError,
      says("times_of: there must be a time and a time per octave; got count 0, per_octave 8"));
  BOOST_CHECK_EXCEPTION(
      times_of({.per_octave = 1, .count = 66}), ArgumentError,
      says("times_of: the times must reach over at most 64 octaves; got count 66, per_octave 1"));
  BOOST_CHECK_EXCEPTION(flow_errors(model, z, {.step = 0}), ArgumentError,
                        says("flow_errors: step must be above 0 and at most 1; got step 0"));
  BOOST_CHECK_EXCEPTION(
      flow_errors(model, Values{1}, {}), ShapeError,
      says("flow_errors: there must be one value for each coordinate; got z 1, coordinates 3"));
  BOOST_CHECK_EXCEPTION(
      oracle_stop({1, 1, 2}, Values{1}), ShapeError,
      says("oracle_stop: there must be one error for each time; got errors 1, times 2"));
  BOOST_CHECK_EXCEPTION(oracle_stop({1, 1, 2}, Values{1, std::numeric_limits<double>::quiet_NaN()}),
                        ArgumentError,
                        says("oracle_stop: errors must be finite; got time 2, error nan"));
  BOOST_CHECK_EXCEPTION(
      theory_stop(0, 0), ArgumentError,
      says("theory_stop: noise and constant must be positive; got noise 0, constant 1"));
  BOOST_CHECK_EXCEPTION(
      theory_layer_start(0, 1, -1), ArgumentError,
      says("theory_layer_start: noise and constant must be positive; got noise 1, constant -1"));
  model.signal.pop_back();
  BOOST_CHECK_EXCEPTION(
      fixed_risk(model, {}), ShapeError,
      says("fixed_risk: there must be one value for each coordinate; got signal 2, coordinates 3"));
}

}  // namespace
}  // namespace surplus
