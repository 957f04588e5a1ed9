#define BOOST_TEST_MODULE torus
#include "surplus/sequence/torus.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

using Values = std::vector<double>;

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

Matrix<double> uniform_points(std::size_t n, std::size_t d, std::uint64_t seed) {
  Matrix<double> x(n, d);
  Rng rng(seed);
  rng.fill_uniform(x.values());
  for (double& value : x.values()) value = 2 * value - 1;
  return x;
}

BOOST_AUTO_TEST_CASE(features_are_products_of_sines_and_cosines_in_the_stated_order) {
  const TorusBasis basis{2, 1};
  const Matrix<double> x = {{0.1, -0.4}};
  const Matrix<double> e = torus_features(basis, x);
  const auto factor = [](std::size_t u, double at) {
    const double root2 = std::numbers::sqrt2;
    return u == 0   ? 1
           : u == 1 ? root2 * std::sin(std::numbers::pi * at)
                    : root2 * std::cos(std::numbers::pi * at);
  };
  for (std::size_t u = 0; u < 3; ++u) {
    for (std::size_t v = 0; v < 3; ++v) {
      BOOST_TEST(e(0, 3 * u + v) == factor(u, 0.1) * factor(v, -0.4),
                 boost::test_tools::tolerance(1e-14));
      BOOST_TEST(basis.squared_frequency(3 * u + v) == (u > 0) + (v > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(features_are_orthonormal_on_a_regular_grid) {
  for (const TorusBasis& basis : {TorusBasis{1, 4}, TorusBasis{2, 3}, TorusBasis{3, 1}}) {
    const std::size_t side = 2 * basis.frequencies + 2;
    std::size_t n = 1;
    for (std::size_t k = 0; k < basis.dimensions; ++k) n *= side;
    Matrix<double> x(n, basis.dimensions);
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t rest = i;
      for (std::size_t k = 0; k < basis.dimensions; ++k, rest /= side) {
        x(i, k) = -1 + 2 * static_cast<double>(rest % side) / static_cast<double>(side);
      }
    }
    const Matrix<double> e = torus_features(basis, x);
    const Matrix<double> gram =
        matmul(e, e, {.transpose_a = true, .alpha = 1 / static_cast<double>(n)});
    for (std::size_t i = 0; i < gram.rows(); ++i) {
      for (std::size_t j = 0; j < gram.cols(); ++j) {
        BOOST_TEST(std::abs(gram(i, j) - (i == j)) < 1e-13);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_long_fixed_flow_interpolates_with_the_least_norm) {
  const TorusBasis basis{2, 4};
  const Values eigenvalues = torus_eigenvalues(basis, 1);
  const Matrix<double> x = uniform_points(20, 2, 1);
  Values y(20);
  for (std::size_t i = 0; i < 20; ++i) y[i] = std::sin(3 * x(i, 0)) + x(i, 1);
  const Values times = {0, 1e12};
  const Matrix<double> path = fit_fixed_kernel(basis, eigenvalues, x, y, times);
  const Matrix<double> e = torus_features(basis, x);
  for (std::size_t i = 0; i < 20; ++i) {
    double f = 0;
    for (std::size_t j = 0; j < basis.size(); ++j) f += e(i, j) * path(1, j);
    BOOST_TEST(std::abs(f - y[i]) < 1e-8);
  }
  for (const double value : path.row(0)) BOOST_TEST(value == 0);
}

BOOST_AUTO_TEST_CASE(an_adaptive_kernel_starts_like_the_fixed_one) {
  // For small t both are theta = t Lambda E^T y / n, up to relative differences of the order of t.
  const TorusBasis basis{2, 2};
  const Values eigenvalues = torus_eigenvalues(basis, 1);
  const Matrix<double> x = uniform_points(30, 2, 2);
  Values y(30);
  for (std::size_t i = 0; i < 30; ++i) y[i] = std::cos(4 * x(i, 0));
  const Values times = {1e-5};
  const Matrix<double> fixed = fit_fixed_kernel(basis, eigenvalues, x, y, times);
  for (const std::size_t depth : {0, 1, 2}) {
    const Matrix<double> adaptive = fit_adaptive_kernel(
        basis, eigenvalues, x, y, {.depth = depth, .step = 1e-7, .times = times});
    for (std::size_t j = 0; j < basis.size(); ++j) {
      BOOST_TEST(std::abs(adaptive(0, j) - fixed(0, j)) < 1e-3 * std::abs(fixed(0, j)) + 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(descent_on_orthonormal_points_is_the_sequence_model) {
  // On a grid where the features are orthonormal, theta_j follows z_j = (E^T y)_j / n by itself.
  const TorusBasis basis{1, 3};
  const std::size_t n = 16;
  Matrix<double> x(n, 1);
  Values y(n);
  Rng rng(3);
  for (std::size_t i = 0; i < n; ++i) {
    x(i, 0) = -1 + static_cast<double>(i) / 8;
    y[i] = rng.normal();
  }
  const Values eigenvalues = torus_eigenvalues(basis, 1.5);
  const Matrix<double> e = torus_features(basis, x);
  const Values times = {0.5, 3};
  for (const std::size_t depth : {0, 2}) {
    const Matrix<double> path = fit_adaptive_kernel(
        basis, eigenvalues, x, y, {.depth = depth, .b0 = 0.8, .step = 0.01, .times = times});
    for (std::size_t j = 0; j < basis.size(); ++j) {
      double z = 0;
      for (std::size_t i = 0; i < n; ++i) z += e(i, j) * y[i] / n;
      double a = std::sqrt(eigenvalues[j]), b = 0.8, beta = 0;
      for (int s = 1; s <= 300; ++s) {
        const double all = depth == 0 ? 1 : b * b;
        const double pull = 0.01 * (z - a * all * beta);
        const double next_a = a + all * beta * pull;
        const double next_b = depth == 0 ? b : b + 2 * a * b * beta * pull;
        beta += a * all * pull;
        a = next_a;
        b = next_b;
        const double theta = a * (depth == 0 ? 1 : b * b) * beta;
        if (s == 50) BOOST_TEST(std::abs(path(0, j) - theta) < 1e-12);
        if (s == 300) BOOST_TEST(std::abs(path(1, j) - theta) < 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(input_outside_its_range_is_refused) {
  const TorusBasis basis{1, 1};
  const Matrix<double> x = {{0.5}, {0.1}};
  const Values y = {1, 2}, eigenvalues = {1, 0.5, 0.5}, times = {1};
  BOOST_CHECK_EXCEPTION(
      torus_features({.dimensions = 0}, x), ArgumentError,
      says("torus_features: dimensions must be at least 1 and at most 8; got dimensions 0"));
  BOOST_CHECK_EXCEPTION(
      torus_features({.dimensions = 8, .frequencies = 3}, x), ArgumentError,
      says("torus_features: there must be a frequency and at most 1e6 functions; got frequencies "
           "3, functions 5764801"));
  BOOST_CHECK_EXCEPTION(
      torus_features({.dimensions = 2}, x), ShapeError,
      says("torus_features: x must have a column for each dimension; got x 2 x 1, dimensions 2"));
  BOOST_CHECK_EXCEPTION(
      torus_eigenvalues(basis, 0), ArgumentError,
      says("torus_eigenvalues: smoothness must be above 0 and at most 20; got smoothness 0"));
  BOOST_CHECK_EXCEPTION(
      fit_fixed_kernel(basis, eigenvalues, x, Values{1}, times), ShapeError,
      says("fit_fixed_kernel: x must have rows, and y a value for each; got x 2 x 1, y 1"));
  BOOST_CHECK_EXCEPTION(fit_fixed_kernel(basis, eigenvalues, x, y, Values{2, 1}), ArgumentError,
                        says("fit_fixed_kernel: times must ascend; got time 1, after 2"));
  BOOST_CHECK_EXCEPTION(
      fit_fixed_kernel(basis, Values{1}, x, y, times), ShapeError,
      says("fit_fixed_kernel: there must be one value for each coordinate; got eigenvalues 1, "
           "coordinates 3"));
  BOOST_CHECK_EXCEPTION(fit_adaptive_kernel(basis, eigenvalues, x, y, {.step = 0, .times = times}),
                        ArgumentError,
                        says("fit_adaptive_kernel: step must be positive; got step 0"));
  BOOST_CHECK_EXCEPTION(
      fit_adaptive_kernel(basis, eigenvalues, x, y, {.step = 1000, .times = {1e6}}), NumericalError,
      says("fit_adaptive_kernel: step must be short enough for descent to stay bounded; got step "
           "1000, time 1e+06"));
}

}  // namespace
}  // namespace surplus
