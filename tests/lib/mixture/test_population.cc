#define BOOST_TEST_MODULE population
#include "surplus/mixture/population.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "surplus/core/rng.h"
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_queries.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

constexpr std::size_t kIntervals = 600;

// w N(theta, I) + (1 - w) N(-theta, I).
GaussianMixture symmetric(const std::vector<double>& theta, double w) {
  Matrix<double> means(2, theta.size());
  for (std::size_t j = 0; j < theta.size(); ++j) {
    means(0, j) = theta[j];
    means(1, j) = -theta[j];
  }
  return {CovarianceKind::kSpherical, {w, 1 - w}, means, {{1}, {1}}};
}
GaussianMixture symmetric(double theta, double w) { return symmetric(std::vector{theta}, w); }

// EM of the symmetric model on the population of `truth`, to a summed change of 1e-13.
GmmResult em(const WeightedPoints& population, const GaussianMixture& start, bool fixed_weights,
             std::size_t iterations = 200000) {
  return fit_gmm(population.x, {.components = 2,
                                .covariance = CovarianceKind::kSpherical,
                                .start = GmmStart::kGiven,
                                .given = start,
                                .fixed_weights = fixed_weights,
                                .means = MeansRule::kTiedSymmetric,
                                .fixed_covariances = true,
                                .iterations = iterations,
                                .tolerance = 0,
                                .parameter_tolerance = 1e-13,
                                .sample_weights = population.weights,
                                .keep_trace = false});
}

double theta_of(const GmmResult& result) { return result.mixture.means(0, 0); }

BOOST_AUTO_TEST_CASE(nodes_reach_nine_deviations_beyond_the_means_and_weigh_one_together) {
  const GaussianMixture truth = {
      CovarianceKind::kDiagonal, {0.25, 0.75}, {{-1, 0}, {2, 5}}, {{4, 1}, {1, 0.25}}};
  const WeightedPoints points = population_nodes(truth, 200);
  BOOST_TEST(points.x.rows() == 201u * 201u);
  BOOST_TEST(points.x(0, 0) == -19);
  BOOST_TEST(points.x(0, 1) == -9);
  BOOST_TEST(std::abs(points.x(201 * 201 - 1, 0) - 20) < 1e-13);
  BOOST_TEST(std::abs(points.x(201 * 201 - 1, 1) - 14) < 1e-13);
  double weight = 0, mean_0 = 0, mean_1 = 0;
  for (std::size_t n = 0; n < points.x.rows(); ++n) {
    weight += points.weights[n];
    mean_0 += points.weights[n] * points.x(n, 0);
    mean_1 += points.weights[n] * points.x(n, 1);
  }
  // The trapezoid rule on a smooth function that vanishes at both ends, step 0.2 and 0.115.
  BOOST_TEST(std::abs(weight - 1) < 1e-12);
  BOOST_TEST(std::abs(mean_0 - 1.25) < 1e-12);
  BOOST_TEST(std::abs(mean_1 - 3.75) < 1e-12);
}

BOOST_AUTO_TEST_CASE(bad_requests_are_named) {
  const GaussianMixture in_3d = {CovarianceKind::kSpherical, {1}, {{0, 0, 0}}, {{1}}};
  BOOST_CHECK_EXCEPTION(
      population_nodes(in_3d, 10), ArgumentError,
      says("population_nodes: the mixture must have one or two features; got features 3"));
  BOOST_CHECK_EXCEPTION(population_nodes(symmetric(1, 0.5), 0), ArgumentError,
                        says("population_nodes: intervals must be at least 1; got intervals 0"));
}

BOOST_AUTO_TEST_CASE(one_step_with_free_weights_gives_the_published_numbers) {
  const GmmResult result =
      em(population_nodes(symmetric(1, 0.7), kIntervals), symmetric(0.3, 0.6), false, 1);
  BOOST_TEST(std::abs(theta_of(result) - 0.5729226592) < 1e-9);
  BOOST_TEST(std::abs(result.mixture.weights[0] - 0.6388129546) < 1e-9);
}

BOOST_AUTO_TEST_CASE(population_log_likelihoods_are_the_published_ones) {
  struct Row {
    double truth, w, theta, weight, value;
  };
  for (const Row& row :
       {Row{1, 0.7, 1, 0.7, -1.71079605}, Row{1, 0.7, -1, 0.3, -1.71079605},
        Row{1, 0.7, -0.88852085, 0.7, -1.89115210}, Row{1, 0.7, 0, 0.7, -1.91893853},
        Row{2, 0.9, 2, 0.9, -1.71059780}, Row{2, 0.9, -1.93012117, 0.9, -3.32545745}}) {
    const WeightedPoints points = population_nodes(symmetric(row.truth, row.w), kIntervals);
    const double value = score(symmetric(row.theta, row.weight), points.x, points.weights);
    BOOST_TEST(std::abs(value - row.value) < 1e-7);
  }
}

constexpr std::array kWeights = {.52, .55, .6, .7, .75, .8, .85, .9, .95};
constexpr std::array kThetas = {.5, 1., 1.5, 2., 3.};
// Where EM with the weights known ends from -theta*, for each theta* and weight; above 0: theta*.
constexpr double kLimits[5][9] = {
    {-.49738314, -.48288130, -.41461513, .5, .5, .5, .5, .5, .5},
    {-.99919779, -.99491722, -.97859889, -.88852085, -.74600555, 1, 1, 1, 1},
    {-1.49973617, -1.49833754, -1.49314826, -1.46872148, -1.44512057, -1.40627170, -1.33226826, 1.5,
     1.5},
    {-1.99992313, -1.99951626, -1.99801609, -1.99115853, -1.98486287, -1.97523753, -1.95956255,
     -1.93012117, -1.84965804},
    {-2.99999639, -2.99997730, -2.99990698, -2.99958688, -2.99929514, -2.99885346, -2.99814682,
     -2.99686816, -2.99375776}};

BOOST_AUTO_TEST_CASE(known_weights_end_in_the_spurious_points_and_free_ones_in_the_truth) {
  for (std::size_t i = 0; i < kThetas.size(); ++i) {
    for (std::size_t j = 0; j < kWeights.size(); ++j) {
      const double theta = kThetas[i], w = kWeights[j];
      const WeightedPoints points = population_nodes(symmetric(theta, w), kIntervals);
      BOOST_TEST_CONTEXT("theta* = " << theta << ", w = " << w) {
        const GmmResult known = em(points, symmetric(-theta, w), true);
        BOOST_TEST(std::abs(theta_of(known) - kLimits[i][j]) < 1e-7);
        BOOST_TEST(known.mixture.weights[0] == w);
        const GmmResult free = em(points, symmetric(-0.1 * theta, 0.5), false);
        BOOST_TEST((free.stop == Stop::kConverged));
        BOOST_TEST(std::abs(theta_of(free) + theta) < 1e-7);
        BOOST_TEST(std::abs(free.mixture.weights[0] - (1 - w)) < 1e-7);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(from_zero_known_weights_find_the_truth_and_free_ones_do_not_move) {
  for (const double w : {0.55, 0.7, 0.9}) {
    const WeightedPoints points = population_nodes(symmetric(1, w), kIntervals);
    BOOST_TEST(std::abs(theta_of(em(points, symmetric(0, w), true)) - 1) < 1e-7);
    const GmmResult free = em(points, symmetric(0, 0.5), false);
    BOOST_TEST(theta_of(free) == 0);
    BOOST_TEST(free.mixture.weights[0] == 0.5);
    BOOST_TEST(free.iterations == 1u);
  }
}

BOOST_AUTO_TEST_CASE(ten_steps_from_infinity_are_as_near_as_published_when_the_weights_balance) {
  const double bounds[3][2] = {{0.5, 1e-2}, {1, 1e-5}, {2, 1e-12}};
  for (const auto& [theta, bound] : bounds) {
    const GaussianMixture truth = symmetric(theta, 0.5);
    const WeightedPoints points = population_nodes(truth, kIntervals);
    // The first step from infinity sends every point to its side: theta = E |y|.
    double first = 0;
    for (std::size_t n = 0; n < points.x.rows(); ++n) {
      first += points.weights[n] * std::abs(points.x(n, 0));
    }
    const double ten = theta_of(em(points, symmetric(first, 0.5), true, 9));
    BOOST_TEST(std::abs(ten / theta - 1) < bound);
  }
}

BOOST_AUTO_TEST_CASE(a_weight_of_zero_stays_and_its_fixed_point_is_the_mean) {
  const WeightedPoints points = population_nodes(symmetric(1, 0.7), kIntervals);
  const GmmResult result = em(points, symmetric(0.3, 1), false);
  BOOST_TEST(result.mixture.weights[1] == 0);
  BOOST_TEST(std::abs(theta_of(result) - 0.4) < 1e-12);
}

BOOST_AUTO_TEST_CASE(in_the_plane_the_sign_of_the_start_decides_which_optimum_is_found) {
  const WeightedPoints points = population_nodes(symmetric({1.2, 0}, 0.7), 120);
  Rng rng(3);
  for (int start = 0; start < 6; ++start) {
    const std::vector theta = {rng.normal(), rng.normal()};
    const GmmResult result = em(points, symmetric(theta, 0.5), false);
    const double sign = theta[0] > 0 ? 1 : -1;
    BOOST_TEST(std::abs(result.mixture.means(0, 0) - sign * 1.2) < 1e-7);
    BOOST_TEST(std::abs(result.mixture.means(0, 1)) < 1e-7);
    BOOST_TEST(std::abs(result.mixture.weights[0] - (sign > 0 ? 0.7 : 0.3)) < 1e-7);
  }
}

// Along the hyperplane <theta, theta*> = 0 the population looks like one Gaussian, so that the
// iteration is the one-dimensional one with theta* = 0.
BOOST_AUTO_TEST_CASE(a_start_on_the_hyperplane_shrinks_as_slowly_as_published) {
  const WeightedPoints points = population_nodes(symmetric(0, 0.7), kIntervals);
  const std::pair<std::size_t, double> published[] = {{10, .2295}, {100, .0711}, {1000, .0224}};
  for (const auto& [iterations, theta] : published) {
    const GmmResult result = em(points, symmetric(2, 0.5), false, iterations);
    BOOST_TEST(std::abs(theta_of(result) - theta) < 1e-4);
    BOOST_TEST(std::abs(result.mixture.weights[0] - 0.5) < 1e-9);
  }
}

}  // namespace
}  // namespace surplus
