#define BOOST_TEST_MODULE second_moment
#include "surplus/optim/second_moment.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/optim/mass.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

// Three equations in two unknowns that contradict one another.
const Matrix<double> kX = {{1, 2}, {-2, 1}, {1, -4}};
const std::vector<double> kY = {4, 2, 4};
const std::vector<double> kZero = {0, 0};

// The same with a feature s of its own for each, in coordinates of their span: it can be solved.
Matrix<double> lifted(double s) {
  Matrix<double> gram = tests::product(kX, tests::transpose(kX));
  for (std::size_t i = 0; i < 3; ++i) gram(i, i) += s * s;
  return cholesky(gram);
}

BOOST_AUTO_TEST_CASE(gradient_descent_contracts_by_the_square_of_its_slowest_direction) {
  // As batches grow. The eigenvalues of H are 22/3 and 5/3.
  const double exact = second_moment_contraction(kX, {.rate = 0.1, .batch = std::size_t{1} << 50});
  BOOST_TEST(exact == std::pow(1 - 0.5 / 3, 2), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(one_feature_contracts_as_calculated_by_hand) {
  // E[(1 - rate x^2)^2] for x^2 = 1, 4 and 9.
  const Matrix<double> x = {{1}, {2}, {3}};
  const double by_hand = (0.9 * 0.9 + 0.6 * 0.6 + 0.1 * 0.1) / 3;
  BOOST_TEST(second_moment_contraction(x, {.rate = 0.1}) == by_hand,
             boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(a_constant_step_ends_where_the_specification_says) {
  const struct {
    double rate, contraction, distance, excess;
  } golden[] = {{0.001, 0.996671, 0.01056, 0.02120}, {0.005, 0.98344, 0.05374, 0.10865},
                {0.01, 0.967095, 0.10994, 0.22431},  {0.02, 0.935054, 0.23076, 0.48001},
                {0.05, 0.844328, 0.68962, 1.53272},  {0.10, 0.71863, 2.3759, 6.1299},
                {0.12, 0.735164, 4.648, 12.994}};
  for (const auto& row : golden) {
    const LinearSgd sgd = {.rate = row.rate};
    const StationarySgd end = stationary_sgd(kX, kY, sgd);
    BOOST_TEST_CONTEXT("rate " << row.rate) {
      // To the last digit printed.
      BOOST_TEST(std::abs(second_moment_contraction(kX, sgd) - row.contraction) < 5.1e-6);
      BOOST_TEST(std::abs(end.distance / row.distance - 1) < 5e-4);
      BOOST_TEST(std::abs(end.excess_loss / row.excess - 1) < 5e-4);
    }
  }
  const StationarySgd end = stationary_sgd(kX, kY, {.rate = 0.01});
  BOOST_TEST(end.optimum[0] == 6.0 / 11, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(end.optimum[1] == -2.0 / 11, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(end.loss == 60.0 / 11, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(end.noise == (42.0 * 42 * 5 + 36 * 36 * 5 + 30 * 30 * 17) / 121 / 3,
             boost::test_tools::tolerance(1e-13));
  BOOST_TEST(std::abs(second_moment_rate_limit(kX, {}) - 0.144517) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_stationary_state_stays_where_it_is) {
  // With momentum and compensation too: from far away the path ends there.
  const std::vector<double> start = {3, -5};
  const std::size_t times[] = {20000};
  for (const LinearSgd& sgd :
       {LinearSgd{.rate = 0.02}, LinearSgd{.rate = 0.01, .momentum = 0.5},
        LinearSgd{.rate = 0.02, .momentum = 0.7, .compensation = 0.5, .batch = 3}}) {
    const StationarySgd end = stationary_sgd(kX, kY, sgd);
    const ExpectedSgd path = expected_sgd(kX, kY, start, sgd, {.rate = sgd.rate}, times).front();
    BOOST_TEST(path.distance == end.distance, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(path.loss == end.loss + end.excess_loss, boost::test_tools::tolerance(1e-10));
  }
}

BOOST_AUTO_TEST_CASE(decreasing_steps_arrive_as_the_specification_says) {
  const std::size_t times[] = {100, 1000, 10000, 100000};
  const struct {
    Schedule schedule;
    double distance[4];
  } golden[] = {{{.kind = ScheduleKind::kInverse, .rate = 0.05, .period = 12},
                 {9.01e-2, 1.02e-2, 1.034e-3, 1.035e-4}},
                {{.kind = ScheduleKind::kInverse, .rate = 0.05, .period = 24},
                 {1.30e-1, 1.51e-2, 1.54e-3, 1.54e-4}},
                {{.kind = ScheduleKind::kInverseRoot, .rate = 0.05, .period = 100},
                 {4.5e-1, 1.7e-1, 5.4e-2, 1.7e-2}}};
  for (const auto& row : golden) {
    const auto path = expected_sgd(kX, kY, kZero, {}, row.schedule, times);
    for (std::size_t i = 0; i < 4; ++i) {
      BOOST_TEST(std::abs(path[i].distance / row.distance[i] - 1) <
                 (row.schedule.period == 100 ? 0.02 : 0.005));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_lifted_system_contracts_as_the_specification_says) {
  const struct {
    double s, rate, contraction;
  } golden[] = {{1, 0.05, 0.96705},  {1, 0.117, 0.92943}, {2, 0.05, 0.87397}, {2, 0.08, 0.8206},
                {2, 0.083, 0.81989}, {4, 0.05, 0.7725},   {4, 0.04, 0.7096},  {4, 0.039, 0.70963}};
  for (const auto& row : golden) {
    const double measured = second_moment_contraction(lifted(row.s), {.rate = row.rate});
    BOOST_TEST(std::abs(measured - row.contraction) < 6e-5);
  }
  const StationarySgd end = stationary_sgd(lifted(1), kY, {.rate = 0.05});
  BOOST_TEST(end.loss < 1e-28);
  BOOST_TEST(end.noise < 1e-28);
  BOOST_TEST(end.excess_loss < 1e-28);
}

BOOST_AUTO_TEST_CASE(many_simulated_runs_have_the_expected_second_moments) {
  // Momentum, compensation and batches at once; 4000 runs: a standard error of about 2 percent.
  const LinearSgd sgd = {.rate = 0.02, .momentum = 0.6, .compensation = 0.3, .batch = 2};
  const std::size_t times[] = {1, 2, 10, 40};
  const auto path = expected_sgd(kX, kY, kZero, sgd, {.rate = sgd.rate}, times);
  const OptimizerConfig config = {
      .rule = UpdateRule::kMass, .momentum = sgd.momentum, .compensation = sgd.compensation};
  constexpr std::size_t kRuns = 4000;
  std::vector<double> sums(4), squares(4);
  for (std::size_t run = 0; run < kRuns; ++run) {
    Rng rng = Rng(1).split(run);
    std::vector<double> w(2), d_w(2);
    auto state = start_optimizer<double>(config, 2);
    std::size_t at = 0;
    for (std::size_t t = 1; t <= times[3]; ++t) {
      d_w = {0, 0};
      for (std::size_t b = 0; b < sgd.batch; ++b) {
        const std::size_t i = rng.below(3);
        const double r = kX(i, 0) * w[0] + kX(i, 1) * w[1] - kY[i];
        for (std::size_t j = 0; j < 2; ++j) d_w[j] += r * kX(i, j) / 2;
      }
      update<double>(config, sgd.rate, d_w, state, w);
      if (t != times[at]) continue;
      const double distance = std::pow(w[0] - 6.0 / 11, 2) + std::pow(w[1] + 2.0 / 11, 2);
      sums[at] += distance / kRuns;
      squares[at] += distance * distance / kRuns;
      ++at;
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const double error = std::sqrt((squares[i] - sums[i] * sums[i]) / kRuns);
    BOOST_TEST(std::abs(sums[i] - path[i].distance) < 4 * error);
  }
}

BOOST_AUTO_TEST_CASE(the_limit_with_momentum_is_where_the_contraction_is_one) {
  for (const LinearSgd& sgd : {LinearSgd{.momentum = 0.9}, LinearSgd{.momentum = 0.5, .batch = 4},
                               LinearSgd{.momentum = 0.1, .compensation = 1}}) {
    LinearSgd at = sgd;
    at.rate = second_moment_rate_limit(kX, sgd);
    BOOST_TEST(second_moment_contraction(kX, at) == 1, boost::test_tools::tolerance(1e-8));
  }
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused_by_name) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const Matrix<double>& x, const LinearSgd& sgd, const std::string& text) {
    BOOST_CHECK_EXCEPTION(second_moment_contraction(x, sgd), std::invalid_argument,
                          says("second_moment_contraction: " + text));
  };
  refused({}, {}, "x must have rows and columns; got x 0 x 0");
  refused({{1}, {kNan}}, {}, "x must be finite; got row 1, column 0, value nan");
  refused(kX, {.rate = -1}, "rate must be finite and at least 0; got rate -1");
  refused(kX, {.momentum = 1.5}, "momentum must be at least 0 and at most 1; got momentum 1.5");
  refused(kX, {.compensation = 0.5},
          "compensation must be finite and at least 0, and 0 if the momentum is 0; got "
          "compensation 0.5, momentum 0");
  refused(kX, {.batch = 0}, "batch must be at least 1; got batch 0");
  refused(Matrix<double>(1, 41), {},
          "x must have at most 40 columns, 20 with momentum; got x 1 x 41, momentum 0");
  refused(Matrix<double>(1, 21), {.momentum = 0.5},
          "x must have at most 40 columns, 20 with momentum; got x 1 x 21, momentum 0.5");
  BOOST_CHECK_EXCEPTION(second_moment_rate_limit(Matrix<double>(2, 2), {}), ArgumentError,
                        says("second_moment_rate_limit: x must not be zero; got x 2 x 2"));
  // A feature that no example has is never learned.
  BOOST_CHECK_EXCEPTION(
      second_moment_rate_limit(Matrix<double>{{1, 0}}, {.momentum = 0.5}), NumericalError,
      says("second_moment_rate_limit: some rate must contract; got momentum 0.5, x 1 x 2"));
  BOOST_CHECK_EXCEPTION(stationary_sgd(kX, std::vector<double>{1}, {}), ShapeError,
                        says("stationary_sgd: y must have one value per row of x; got x 3 x 2, y "
                             "1"));
  BOOST_CHECK_EXCEPTION(
      stationary_sgd(Matrix<double>{{1}, {1}}, std::vector<double>{1, 2}, {.rate = 3}),
      NumericalError,
      says("stationary_sgd: the second moments must converge; got contraction "
           "4"));
  const std::size_t backward[] = {2, 1};
  BOOST_CHECK_EXCEPTION(expected_sgd(kX, kY, kZero, {}, {}, backward), ArgumentError,
                        says("expected_sgd: times must be ascending; got times 2"));
  BOOST_CHECK_EXCEPTION(expected_sgd(kX, kY, kY, {}, {}, backward), ShapeError,
                        says("expected_sgd: start must have one value per column of x; got x 3 x "
                             "2, start 3"));
}

}  // namespace
}  // namespace surplus
