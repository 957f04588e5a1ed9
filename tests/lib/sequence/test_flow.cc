#define BOOST_TEST_MODULE sequence_flow
#include "surplus/sequence/flow.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/sequence/model.h"

namespace surplus {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

struct Problem {
  SequenceModel model;
  std::vector<double> z;
};

Problem problem(std::size_t coordinates, double gamma, double n) {
  Problem problem{power_model({.p = 1, .q = 2, .gamma = gamma}, coordinates), {}};
  Rng rng(5);
  problem.z = observe(problem.model.signal, 1 / std::sqrt(n), rng);
  return problem;
}

double drift(const DiagonalState& state, const std::vector<double>& eigenvalues, double depth,
             double b0) {
  double worst = 0;
  for (std::size_t j = 0; j < eigenvalues.size(); ++j) {
    const double beta2 = state.beta[j] * state.beta[j];
    const double a2 = state.a[j] * state.a[j];
    const double b2 = state.b[j] * state.b[j];
    worst = std::max({worst, std::abs(a2 - beta2 - eigenvalues[j]) / (1 + a2),
                      std::abs(b2 - depth * beta2 - b0 * b0) / (1 + b2)});
  }
  return worst;
}

BOOST_AUTO_TEST_CASE(runge_kutta_conserves_what_the_flow_conserves) {
  const Problem p = problem(1000, 2, 2000);
  for (const std::size_t depth : {0, 1, 3}) {
    const double b0 = depth == 0 ? 1 : 0.4;
    DiagonalState state = diagonal_start(p.model.eigenvalues, depth, b0);
    for (int i = 0; i < 20; ++i) {
      advance_flow(state, p.z, depth, FlowRule::kRungeKutta, 0.02, 500);
      BOOST_TEST(drift(state, p.model.eigenvalues, static_cast<double>(depth), b0) < 1e-8);
    }
  }
}

BOOST_AUTO_TEST_CASE(descent_drifts_in_proportion_to_its_step) {
  const Problem p = problem(100, 2, 2000);
  for (const std::size_t depth : {0, 1, 3}) {
    const auto drift_at = [&](double step) {
      DiagonalState state = diagonal_start(p.model.eigenvalues, depth, 0.5);
      advance_flow(state, p.z, depth, FlowRule::kGradientDescent, step,
                   static_cast<std::size_t>(std::round(20 / step)));
      const double b0 = depth == 0 ? 1 : 0.5;
      return drift(state, p.model.eigenvalues, static_cast<double>(depth), b0);
    };
    // Euler's rule is of first order: half the step, half the drift, up to the next order.
    BOOST_TEST(drift_at(0.001) / drift_at(0.0005) == 2, boost::test_tools::tolerance(0.02));
    BOOST_TEST(drift_at(0.001) > 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(runge_kutta_agrees_with_the_closed_form) {
  const Problem p = problem(10000, 1.5, 2000);
  // The fastest coordinate, of rate 2.24, is off by 3e-6 at t = 1 for steps of .1, and by a sixteenth
  // of that for half as long ones.
  DiagonalState state = diagonal_start(p.model.eigenvalues, 0, 1);
  double t = 0;
  for (const std::size_t steps : {20, 180, 1800, 2000}) {
    advance_flow(state, p.z, 0, FlowRule::kRungeKutta, 0.05, steps);
    t += 0.05 * static_cast<double>(steps);
    const std::vector<double> theta = trained_signal(state, 0);
    const std::vector<double> exact = two_layer_flow(p.model.eigenvalues, p.z, t);
    double worst = 0;
    for (std::size_t j = 0; j < theta.size(); ++j) {
      worst = std::max(worst, std::abs(theta[j] / exact[j] - 1));
    }
    BOOST_TEST(worst < 1e-6, "t " << t << ": " << worst);
  }
}

// The time at which beta is reached, from t = int dbeta / (a b^D (z - a b^D beta)) by Simpson's
// rule: an account of the flow that knows no step.
double time_to_reach(double end, double lambda, double z, std::size_t depth, double b0) {
  constexpr int kIntervals = 20000;
  double sum = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double beta = end * i / kIntervals;
    const double d = static_cast<double>(depth);
    const double root =
        std::sqrt(lambda + beta * beta) * std::pow(b0 * b0 + d * beta * beta, d / 2);
    const double value = 1 / (root * (z - root * beta));
    sum += value * (i == 0 || i == kIntervals ? 1 : i % 2 == 0 ? 2 : 4);
  }
  return sum * end / kIntervals / 3;
}

BOOST_AUTO_TEST_CASE(at_any_depth_the_flow_reaches_each_value_when_the_integral_says) {
  for (const std::size_t depth : {0, 1, 2, 3, 4}) {
    for (const double z : {1.0, 0.3, 0.05}) {
      const double lambda = 0.01;
      DiagonalState state = diagonal_start(std::vector<double>{lambda}, depth, 0.5);
      const double t = depth < 2 ? 8 : 20;
      advance_flow(state, std::vector<double>{z}, depth, FlowRule::kRungeKutta, 0.01,
                   static_cast<std::size_t>(100 * t));
      if (trained_signal(state, depth)[0] > 0.999 * z) continue;  // too near the pole
      BOOST_TEST(time_to_reach(state.beta[0], lambda, z, depth, 0.5) == t,
                 boost::test_tools::tolerance(1e-6));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_closed_form_starts_at_nothing_and_ends_at_the_observation) {
  const Problem p = problem(500, 1.5, 2000);
  for (const double value : two_layer_flow(p.model.eigenvalues, p.z, 0)) BOOST_TEST(value == 0);
  const std::vector<double> end = two_layer_flow(p.model.eigenvalues, p.z, 1e9);
  for (std::size_t j = 0; j < end.size(); ++j) {
    BOOST_TEST(end[j] == p.z[j], boost::test_tools::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(the_surrogate_brackets_the_closed_form) {
  const Problem p = problem(2000, 2, 2000);
  for (double t = 0.01; t < 3000; t *= 1.7) {
    const auto theta = two_layer_flow(p.model.eigenvalues, p.z, t);
    const auto above = two_layer_surrogate(p.model.eigenvalues, p.z, t);
    const auto below = two_layer_surrogate(p.model.eigenvalues, p.z, t / std::sqrt(2.0));
    for (std::size_t j = 0; j < theta.size(); ++j) {
      const double slack = 1e-12 * std::abs(theta[j]);
      BOOST_TEST(std::abs(below[j]) <= std::abs(theta[j]) + slack);
      BOOST_TEST(std::abs(theta[j]) <= std::abs(above[j]) + slack);
      BOOST_TEST(std::abs(above[j]) <= std::abs(p.z[j]) + slack);
      BOOST_TEST(theta[j] * p.z[j] >= 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(learned_eigenvalues_never_fall) {
  const Problem p = problem(1000, 2, 2000);
  for (const std::size_t depth : {0, 1, 3}) {
    DiagonalState state = diagonal_start(p.model.eigenvalues, depth, 0.4);
    std::vector<double> before = trained_roots(state, depth);
    for (int i = 0; i < 100; ++i) {
      advance_flow(state, p.z, depth, FlowRule::kRungeKutta, 0.1, 20);
      const std::vector<double> after = trained_roots(state, depth);
      for (std::size_t j = 0; j < after.size(); ++j) {
        if (after[j] < before[j] * (1 - 1e-13)) BOOST_TEST(after[j] >= before[j]);
      }
      before = after;
    }
  }
}

BOOST_AUTO_TEST_CASE(the_fixed_flow_is_a_shrinkage) {
  const std::vector<double> theta =
      fixed_flow(std::vector<double>{1, 0.5, 1e-12}, std::vector<double>{2, -1, 3}, 2);
  BOOST_TEST(theta[0] == 2 * (1 - std::exp(-2)), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(theta[1] == -(1 - std::exp(-1)), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(theta[2] == 6e-12, boost::test_tools::tolerance(1e-11));
}

BOOST_AUTO_TEST_CASE(steps_are_the_same_bits_with_any_number_of_threads_and_in_any_pieces) {
  const Problem p = problem(20000, 1.5, 5000);
  for (const FlowRule rule : {FlowRule::kRungeKutta, FlowRule::kGradientDescent}) {
    std::vector<DiagonalState> ends;
    for (const std::size_t threads : {1, 2, 8}) {
      set_thread_count(threads);
      DiagonalState state = diagonal_start(p.model.eigenvalues, 2, 0.4);
      advance_flow(state, p.z, 2, rule, 0.1, 10 * threads);
      advance_flow(state, p.z, 2, rule, 0.1, 100 - 10 * threads);
      ends.push_back(std::move(state));
    }
    set_thread_count(0);
    BOOST_TEST((ends[0].beta == ends[1].beta && ends[0].beta == ends[2].beta));
    BOOST_TEST((ends[0].b == ends[1].b && ends[0].a == ends[2].a));
  }
}

BOOST_AUTO_TEST_CASE(input_outside_its_range_is_refused) {
  using Values = std::vector<double>;
  BOOST_CHECK_EXCEPTION(
      diagonal_start(Values{1, 0}, 1, 1), ArgumentError,
      says("diagonal_start: eigenvalues must be at least 1e-150 and at most 1e100; got coordinate "
           "1, eigenvalue 0"));
  BOOST_CHECK_EXCEPTION(diagonal_start(Values{1}, 1, 0), ArgumentError,
                        says("diagonal_start: b0 must be above 0 and at most 1e6; got b0 0"));
  BOOST_CHECK_EXCEPTION(diagonal_start(Values{1}, 17, 1), ArgumentError,
                        says("diagonal_start: depth must be at most 16; got depth 17"));
  BOOST_CHECK_EXCEPTION(
      two_layer_flow(Values{1, 1}, Values{1}, 1), ShapeError,
      says("two_layer_flow: there must be one value for each coordinate; got z 1, coordinates 2"));
  BOOST_CHECK_EXCEPTION(
      fixed_flow(Values{1}, Values{kNan}, 1), ArgumentError,
      says("fixed_flow: z must be finite and at most 1e100 in size; got coordinate 0, z nan"));
  BOOST_CHECK_EXCEPTION(
      two_layer_surrogate(Values{1}, Values{1}, -1), ArgumentError,
      says("two_layer_surrogate: t must be at least 0 and at most 1e100; got t -1"));
  DiagonalState state = diagonal_start(Values{1}, 1, 1);
  BOOST_CHECK_EXCEPTION(advance_flow(state, Values{1}, 1, FlowRule::kRungeKutta, 0, 1),
                        ArgumentError, says("advance_flow: step must be positive; got step 0"));
  BOOST_CHECK_EXCEPTION(
      advance_flow(state, Values{1, 2}, 1, FlowRule::kRungeKutta, 1, 1), ShapeError,
      says("advance_flow: there must be one value for each coordinate; got z 2, coordinates 1"));
  state.b.clear();
  BOOST_CHECK_EXCEPTION(
      advance_flow(state, Values{1}, 1, FlowRule::kRungeKutta, 1, 1), ShapeError,
      says("advance_flow: there must be one value for each coordinate; got b 0, coordinates 1"));
  advance_flow(state, Values{1}, 0, FlowRule::kRungeKutta, 1, 1);
  BOOST_TEST(state.beta[0] > 0);
  DiagonalState none = diagonal_start({}, 0, 1);
  advance_flow(none, {}, 0, FlowRule::kRungeKutta, 1, 1);
  BOOST_TEST(trained_signal(none, 0).empty());
}

}  // namespace
}  // namespace surplus
