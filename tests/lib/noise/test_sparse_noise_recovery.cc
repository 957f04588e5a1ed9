#define BOOST_TEST_MODULE sparse_noise_recovery
#include "surplus/noise/sparse_noise_recovery.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"
#include "surplus/noise/sparse_noise_instance.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;
using Vector = std::vector<double>;

double error_of(const Vector& theta, const Vector& truth) {
  double sum = 0;
  for (std::size_t i = 0; i < theta.size(); ++i) sum += std::pow(theta[i] - truth[i], 2);
  return std::sqrt(sum);
}

BOOST_AUTO_TEST_CASE(the_condition_is_what_its_formulas_say) {
  const SparseNoiseInstance in = sparse_noise_instance(40, 60, 3, 2, Rng(1));
  const RecoveryCondition condition = recovery_condition(factor_sparse_noise(in.j), in.theta, 2);
  BOOST_TEST(condition.coherence >= 1 - 1e-12);
  BOOST_TEST(condition.coherence <= 40.0 / 3 + 1e-12);
  BOOST_TEST(std::abs(condition.q - 4 * std::sqrt(condition.coherence * 3 / 40)) < 1e-12);
  // nu = (J')^+ theta is the solution of least norm of J' nu = theta.
  Matrix<double> transposed(60, 40);
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t l = 0; l < 60; ++l) transposed(l, i) = in.j(i, l);
  }
  const auto nu = lstsq(transposed, MatrixView<const double>(in.theta.data(), 60, 1));
  double most = 0;
  for (const double value : nu.x.values()) most = std::max(most, std::abs(value));
  BOOST_TEST(std::abs(condition.multiplier / most - 1) < 1e-10);
  // One row of ones: as incoherent as can be.
  const auto flat = factor_sparse_noise(Matrix<double>(16, 2, 1.0));
  BOOST_TEST(std::abs(recovery_condition(flat, Vector{1, 1}, 1).coherence - 1) < 1e-12);
  BOOST_TEST(std::abs(*recovery_condition(flat, Vector{1, 1}, 1).lambda - 0.125) < 1e-12);
  BOOST_TEST(!recovery_condition(flat, Vector{1, 1}, 2).lambda.has_value());
}

BOOST_AUTO_TEST_CASE(where_the_condition_holds_the_truth_is_found) {
  std::size_t guaranteed = 0;
  for (std::uint64_t draw = 0; draw < 60; ++draw) {
    Rng rng = Rng(2).split(draw);
    const std::size_t n = 100 + rng.below(200), r = 1 + rng.below(2), k = 1 + rng.below(3);
    const SparseNoiseInstance in = sparse_noise_instance(n, n / 2 + rng.below(n), r, k, rng);
    const SparseNoiseFactors factors = factor_sparse_noise(in.j);
    const RecoveryCondition condition = recovery_condition(factors, in.theta, k);
    if (!condition.lambda) continue;
    ++guaranteed;
    const auto x = solve_sparse_noise(factors, in.y, {.lambda = 1.01 * *condition.lambda});
    BOOST_TEST(error_of(x.theta, in.theta) < 1e-9);
  }
  BOOST_TEST(guaranteed >= 20u);
}

BOOST_AUTO_TEST_CASE(the_support_drops_along_the_path_to_that_of_the_truth) {
  const SparseNoiseInstance in = sparse_noise_instance(60, 90, 4, 5, Rng(3));
  const SparseNoiseFactors factors = factor_sparse_noise(in.j);
  const Vector lambdas{0.003, 0.01, 0.03, 0.1, 0.3, 1};
  const auto path = sparse_noise_path(factors, in.y, lambdas);
  for (std::size_t i = 0; i < lambdas.size(); ++i) {
    BOOST_TEST(path[i].price.lambda == lambdas[i]);
    BOOST_TEST((path[i].s == solve_sparse_noise(factors, in.y, {.lambda = lambdas[i]}).s));
  }
  const std::size_t at = largest_support_drop(path);
  BOOST_TEST(path[at].support.size() == 5u);
  BOOST_TEST(path[0].support.size() >= 57u);
  BOOST_TEST(error_of(path[at].theta, in.theta) < 1e-9);
  BOOST_TEST(largest_support_drop({path.data() + at, 1}) == 0u);
}

BOOST_AUTO_TEST_CASE(one_hot_sparse_noise_is_descent_on_all_columns_and_corrects_labels) {
  // Labels of a linear model over r features, one in ten wrong; targets centred by nothing.
  constexpr std::size_t kRows = 90, kFeatures = 6, kClasses = 3;
  Rng rng(4);
  Matrix<double> x(kRows, kFeatures), y(kRows, kClasses);
  std::vector<std::size_t> truth(kRows);
  rng.fill_normal(x.values());
  for (std::size_t i = 0; i < kRows; ++i) {
    truth[i] = i % kClasses;
    // The classes' features stand apart, so that one-hot labels are nearly linear in them.
    for (std::size_t f = 0; f < kFeatures; ++f) x(i, f) = 0.05 * x(i, f) + (f == truth[i] ? 1 : 0);
    y(i, i % 10 == 7 ? (truth[i] + 1) % kClasses : truth[i]) = 1;
  }
  const SparseNoiseFactors factors = factor_sparse_noise(x);
  const SparseNoiseConfig config{.method = SparseNoiseMethod::kGradientDescent,
                                 .lambda = 1.0,
                                 .gamma = 1e-4,
                                 .tau = 2e-3,
                                 .iterations = 4000,
                                 .gap_tolerance = 0};
  const auto columns = solve_sparse_noise_columns(factors, y, config);

  // The loop over matrices: Theta, U, V of all classes at once.
  Matrix<double> theta(kFeatures, kClasses), rho(kRows, kClasses);
  Matrix<double> u(kRows, kClasses, 1e-4), v = u;
  const double alpha = columns[0].price.alpha;
  for (std::size_t step = 0; step < 4000; ++step) {
    matmul(x.view(), theta.view(), rho.view());
    for (std::size_t i = 0; i < rho.size(); ++i) {
      double& r = rho.values()[i];
      double& up = u.values()[i];
      double& down = v.values()[i];
      r += up * up - down * down - y.values()[i];
      up -= 2 * alpha * 2e-3 * r * up;
      down += 2 * alpha * 2e-3 * r * down;
    }
    matmul(x.view(), rho.view(), theta.view(), {.transpose_a = true, .alpha = -2e-3, .beta = 1});
  }
  for (std::size_t c = 0; c < kClasses; ++c) {
    for (std::size_t f = 0; f < kFeatures; ++f) {
      BOOST_TEST(std::abs(columns[c].theta[f] - theta(f, c)) < 1e-11);
    }
    for (std::size_t i = 0; i < kRows; ++i) {
      BOOST_TEST_REQUIRE(std::abs(columns[c].s[i] - (u(i, c) * u(i, c) - v(i, c) * v(i, c))) <
                         1e-10);
    }
  }
  const CorrectedLabels corrected = correct_labels(y, columns);
  BOOST_TEST((corrected.labels == truth));
  for (std::size_t i = 0; i < kRows; ++i)
    BOOST_TEST(((corrected.scores[i] > 0.7) == (i % 10 == 7)));
}

BOOST_AUTO_TEST_CASE(input_outside_its_domain_is_refused_with_what_was_asked) {
  const SparseNoiseFactors factors = factor_sparse_noise(Matrix<double>{{1, 2}, {3, 4}, {5, 6}});
  BOOST_CHECK_EXCEPTION(recovery_condition(factors, Vector{1}, 1), ShapeError,
                        says("recovery_condition: theta must have as many entries as j has "
                             "columns; got theta 1, columns of j 2"));
  BOOST_CHECK_EXCEPTION(recovery_condition(factors, Vector{1, 2}, 4), ArgumentError,
                        says("recovery_condition: k must be at most the number of rows of j; got "
                             "k 4, rows of j 3"));
  BOOST_CHECK_EXCEPTION(
      recovery_condition(factors, Vector{1, std::nan("")}, 1), ArgumentError,
      says("recovery_condition: theta must be finite; got row 0, column 1, value nan"));
  const Vector y{1, 2, 3}, lambdas{1, 1};
  BOOST_CHECK_EXCEPTION(sparse_noise_path(factors, y, lambdas), ArgumentError,
                        says("sparse_noise_path: lambdas must ascend; got lambda 1, next 1"));
  BOOST_CHECK_EXCEPTION(sparse_noise_path(factors, y, lambdas, {.lambda = 2}), ArgumentError,
                        says("sparse_noise_path: config.lambda must be empty; got lambda 2"));
  BOOST_CHECK_EXCEPTION(
      largest_support_drop({}), ArgumentError,
      says("largest_support_drop: the path must have at least one result; got results 0"));
  const auto columns = solve_sparse_noise_columns(factors, Matrix<double>(3, 2));
  BOOST_CHECK_EXCEPTION(
      correct_labels(Matrix<double>(3, 1), columns), ShapeError,
      says("correct_labels: there must be a result for each column of y; got results 2, y 3 x 1"));
  BOOST_CHECK_EXCEPTION(
      correct_labels(Matrix<double>(2, 2), columns), ShapeError,
      says("correct_labels: each result must have an entry for each row of y; got "
           "entries 3, y 2 x 2"));
}

}  // namespace
}  // namespace surplus
