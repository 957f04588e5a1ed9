#define BOOST_TEST_MODULE itml_kernel
#include "surplus/metric/itml_kernel.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "surplus/linalg/matmul.h"
#include "surplus/metric/itml.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

constexpr MatmulConfig kByTranspose = {.transpose_b = true};

struct Problem {
  explicit Problem(std::size_t n, std::size_t d)
      : x(n, d), fresh(7, d), pairs(listed_pairs({})), config{.bounds = ItmlBounds{2, 9}} {
    Rng rng(3);
    rng.fill_normal(x.values());
    rng.fill_normal(fresh.values());
    for (double& value : x.values()) value += 1;
    std::vector<std::size_t> labels;
    for (std::size_t i = 0; i < n; ++i) labels.push_back(i % 2);
    pairs = random_pairs(labels, 200, Rng(4));
    config.sweeps = 30;
    config.tolerance = 0;
  }
  Matrix<double> x, fresh;  // training points, and points to come
  Pairs pairs;
  ItmlConfig config;
};

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  BOOST_TEST_REQUIRE((a.shape() == b.shape()));
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a.values()[i] - b.values()[i]));
  }
  return largest;
}

// K = X A X^T by the primal learner, between any points.
Matrix<double> primal_kernel(const Matrix<double>& a, const Matrix<double>& x,
                             const Matrix<double>& y) {
  return matmul(matmul(x, a), y, kByTranspose);
}

BOOST_AUTO_TEST_CASE(the_kernel_form_equals_the_primal_on_training_points_and_on_new_ones) {
  const Problem p(50, 6);
  const Matrix<double> metric = fit_itml(p.x, p.pairs, p.config).metric;
  const Matrix<double> kernel = matmul(p.x, p.x, kByTranspose);
  const KernelFactor factor = factor_kernel(kernel);
  BOOST_TEST(factor.pivots.size() == 6u);
  const Matrix<double> learned = fit_itml(factor.features, p.pairs, p.config).metric;
  BOOST_TEST(largest_difference(learned_kernel(learned, kernel, factor.features, factor.features),
                                primal_kernel(metric, p.x, p.x)) < 1e-8);
  const Matrix<double> cross = matmul(p.fresh, p.x, kByTranspose);
  const Matrix<double> features = kernel_features(factor, cross);
  BOOST_TEST(largest_difference(learned_kernel(learned, cross, features, factor.features),
                                primal_kernel(metric, p.fresh, p.x)) < 1e-8);
  const Matrix<double> own = matmul(p.fresh, p.fresh, kByTranspose);
  BOOST_TEST(largest_difference(learned_kernel(learned, own, features, features),
                                primal_kernel(metric, p.fresh, p.fresh)) < 1e-8);
}

// The recursion on K itself, v = e_i - e_j, as published.
Matrix<double> recursion(Matrix<double> k, const std::vector<Pair>& pairs,
                         const ItmlConfig& config) {
  const std::size_t n = k.rows();
  std::vector<double> dual(pairs.size(), 0.0), column(n);
  for (std::size_t sweep = 0; sweep < config.sweeps; ++sweep) {
    for (std::size_t c = 0; c < pairs.size(); ++c) {
      const auto [i, j, similar] = pairs[c];
      const double delta = similar ? 1 : -1;
      const double p = k(i, i) + k(j, j) - 2 * k(i, j);
      const double bound = similar ? config.bounds->similar : config.bounds->different;
      const double inverse_xi = 1 / bound - delta * dual[c] / config.slack;
      const double gain = config.slack / (config.slack + 1);
      const double alpha = std::min(dual[c], delta * gain * (1 / p - inverse_xi));
      const double beta = delta * alpha / (1 - delta * alpha * p);
      dual[c] -= alpha;
      for (std::size_t a = 0; a < n; ++a) column[a] = k(a, i) - k(a, j);
      for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) k(a, b) += beta * column[a] * column[b];
      }
    }
  }
  return k;
}

Matrix<double> rbf(const Matrix<double>& x, const Matrix<double>& y) {
  Matrix<double> kernel(x.rows(), y.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < y.rows(); ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < x.cols(); ++l) sum += std::pow(x(i, l) - y(j, l), 2);
      kernel(i, j) = std::exp(-sum / 8);
    }
  }
  return kernel;
}

BOOST_AUTO_TEST_CASE(a_kernel_of_full_rank_is_learned_as_by_the_published_recursion_on_it) {
  Problem p(40, 6);
  p.config.bounds = ItmlBounds{0.3, 1.5};
  const Matrix<double> kernel = rbf(p.x, p.x);
  const KernelFactor factor = factor_kernel(kernel);
  BOOST_TEST(factor.pivots.size() == 40u);
  const Matrix<double> learned = fit_itml(factor.features, p.pairs, p.config).metric;
  const Matrix<double> expected = recursion(kernel, p.pairs.list(), p.config);
  BOOST_TEST(largest_difference(learned_kernel(learned, kernel, factor.features, factor.features),
                                expected) < 1e-8);
}

BOOST_AUTO_TEST_CASE(a_low_rank_leaves_at_most_the_residual_it_states) {
  const Problem p(60, 6);
  const Matrix<double> kernel = rbf(p.x, p.x);
  double before = 2;
  for (const std::size_t rank : {0, 1, 5, 20, 59}) {
    const KernelFactor factor =
        rank == 0 ? factor_kernel(kernel, 0, 0.5) : factor_kernel(kernel, rank);
    if (rank > 0) BOOST_TEST(factor.pivots.size() == rank);
    const Matrix<double> explained = matmul(factor.features, factor.features, kByTranspose);
    BOOST_TEST(largest_difference(kernel, explained) <= factor.residual + 1e-12);
    if (rank == 0) BOOST_TEST(factor.residual <= 0.5);
    if (rank == 0) continue;
    BOOST_TEST(factor.residual <= before);
    before = factor.residual;
    // Points of the kernel are their own new points.
    BOOST_TEST(largest_difference(kernel_features(factor, kernel), factor.features) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(a_kernel_of_equal_points_has_rank_one_and_one_of_zeros_none) {
  BOOST_TEST(factor_kernel(Matrix<double>(5, 5, 2.0)).pivots.size() == 1u);
  const KernelFactor none = factor_kernel(Matrix<double>(5, 5));
  BOOST_TEST(none.pivots.empty());
  BOOST_TEST((kernel_features(none, Matrix<double>(3, 5)).shape() == Shape{3, 0}));
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  Matrix<double> kernel{{1, 0}, {0, 1}};
  BOOST_CHECK_EXCEPTION(factor_kernel(Matrix<double>(0, 0)), ShapeError,
                        says("factor_kernel: kernel must have a row; got kernel 0 x 0"));
  BOOST_CHECK_EXCEPTION(factor_kernel(Matrix<double>(2, 3)), ShapeError,
                        says("factor_kernel: kernel must be square; got shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(
      factor_kernel(kernel, 0, -1), ArgumentError,
      says("factor_kernel: tolerance must be at least 0 and finite; got tolerance -1"));
  const KernelFactor factor = factor_kernel(kernel);
  BOOST_CHECK_EXCEPTION(kernel_features(factor, Matrix<double>(1, 3)), ShapeError,
                        says("kernel_features: cross must have a column for each point of the "
                             "kernel; got cross 1 x 3, points 2"));
  BOOST_CHECK_EXCEPTION(
      learned_kernel(kernel, kernel, kernel, Matrix<double>(1, 2)), ShapeError,
      says("learned_kernel: left and right must have a row for each row and column of kernel, and "
           "a column for each row of metric; got metric 2 x 2, kernel 2 x 2, left 2 x 2, right 1 x "
           "2"));
  kernel(1, 1) = -1;
  BOOST_CHECK_EXCEPTION(
      factor_kernel(kernel), ArgumentError,
      says("factor_kernel: the diagonal must not be negative; got row 1, value -1"));
  kernel(1, 0) = std::nan("");
  BOOST_CHECK_EXCEPTION(
      factor_kernel(kernel), ArgumentError,
      says("factor_kernel: kernel must be finite; got row 1, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(
      kernel_features(factor, kernel), ArgumentError,
      says("kernel_features: cross must be finite; got row 1, column 0, value nan"));
}

}  // namespace
}  // namespace surplus
