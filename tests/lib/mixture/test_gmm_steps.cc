#define BOOST_TEST_MODULE gmm_steps
#include "surplus/mixture/gmm_steps.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "tests/lib/mixture/mixtures.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::allocations;
using tests::kKinds;
using tests::random_mixture;
using tests::rows_of;
using tests::says;

struct Step {
  Step(CovarianceKind kind, std::size_t n, std::size_t k = 3, std::size_t d = 3)
      : mixture(random_mixture(kind, k, d, 1, Rng(1))), x(rows_of(mixture, n, Rng(2))) {
    factorize("test", mixture, factors);
  }
  GaussianMixture mixture;
  Matrix<double> x;
  GmmFactors factors;
  GmmConfig config = {.covariance = mixture.kind, .covariance_floor = 0.25};
};

BOOST_AUTO_TEST_CASE(the_moments_and_the_next_mixture_follow_the_definitions) {
  for (const CovarianceKind kind : kKinds) {
    Step step(kind, 200);
    GmmMoments moments = make_moments(step.mixture, step.config);
    e_step(step.x, step.factors, {}, moments);
    GaussianMixture next = step.mixture;
    m_step(moments, step.mixture, step.config, next);

    const Matrix<double> r = predict_proba(step.mixture, step.x);
    Matrix<double> pooled(3, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      double mass = 0, mean[3] = {}, covariance[3][3] = {};
      for (std::size_t n = 0; n < 200; ++n) mass += r(n, i);
      for (std::size_t n = 0; n < 200; ++n) {
        for (std::size_t p = 0; p < 3; ++p) mean[p] += r(n, i) * step.x(n, p) / mass;
      }
      for (std::size_t n = 0; n < 200; ++n) {
        for (std::size_t p = 0; p < 3; ++p) {
          for (std::size_t q = 0; q < 3; ++q) {
            covariance[p][q] +=
                r(n, i) * (step.x(n, p) - mean[p]) * (step.x(n, q) - mean[q]) / mass;
          }
        }
      }
      // Sums of 200 terms: 200 eps of numbers below 10, with room for the densities' own error.
      constexpr double kTolerance = 1e-12;
      BOOST_TEST(std::abs(moments.masses[i] - mass) < 200 * kTolerance);
      BOOST_TEST(std::abs(next.weights[i] - mass / 200) < kTolerance);
      double trace = 0;
      for (std::size_t p = 0; p < 3; ++p) {
        BOOST_TEST(std::abs(next.means(i, p) - mean[p]) < kTolerance);
        trace += covariance[p][p] / 3;
        for (std::size_t q = 0; q < 3; ++q) {
          pooled(p, q) += mass / 200 * covariance[p][q];
          if (kind != CovarianceKind::kFull) continue;
          const double floor = p == q ? 0.25 : 0;
          BOOST_TEST(std::abs(next.covariances(3 * i + p, q) - covariance[p][q] - floor) <
                     kTolerance);
        }
        if (kind == CovarianceKind::kDiagonal) {
          BOOST_TEST(std::abs(next.covariances(i, p) - covariance[p][p] - 0.25) < kTolerance);
        }
      }
      if (kind == CovarianceKind::kSpherical) {
        BOOST_TEST(std::abs(next.covariances(i, 0) - trace - 0.25) < kTolerance);
      }
    }
    if (kind == CovarianceKind::kTied) {
      for (std::size_t p = 0; p < 3; ++p) pooled(p, p) += 0.25;
      BOOST_TEST(tests::deviation(next.covariances.values(), pooled.values()) < 1e-12);
    }
    BOOST_TEST(std::abs(moments.log_likelihood / 200 - score(step.mixture, step.x)) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(moments_without_room_are_left_out) {
  Step step(CovarianceKind::kFull, 100);
  GmmMoments all = make_moments(step.mixture, step.config), alone;
  e_step(step.x, step.factors, {}, all);
  e_step(step.x, step.factors, {}, alone);
  BOOST_TEST(alone.log_likelihood == all.log_likelihood);
  BOOST_TEST(alone.masses.empty());
  step.config.fixed_covariances = true;
  GmmMoments means = make_moments(step.mixture, step.config);
  e_step(step.x, step.factors, {}, means);
  BOOST_TEST(means.second.empty());
  BOOST_TEST(tests::deviation(means.first, all.first) < 1e-13);
}

BOOST_AUTO_TEST_CASE(an_iteration_on_few_rows_allocates_nothing) {
  for (const CovarianceKind kind : kKinds) {
    Step step(kind, 2000);
    GmmMoments moments = make_moments(step.mixture, step.config);
    GaussianMixture next = step.mixture;
    const auto iterate = [&] {
      e_step(step.x, step.factors, {}, moments);
      m_step(moments, step.mixture, step.config, next);
      std::swap(next, step.mixture);
      factorize("test", step.mixture, step.factors);
    };
    iterate();
    const std::size_t before = allocations;
    for (int i = 0; i < 10; ++i) iterate();
    const std::size_t after = allocations;
    BOOST_TEST(after == before);
  }
}

BOOST_AUTO_TEST_CASE(many_chunks_give_what_one_does_and_the_same_bits_on_any_threads) {
  Step step(CovarianceKind::kFull, 9001);
  GmmMoments parts = make_moments(step.mixture, step.config), whole = parts, piece = parts;
  set_thread_count(4);
  e_step(step.x, step.factors, {}, parts);
  set_thread_count(1);
  GmmMoments again = parts;
  e_step(step.x, step.factors, {}, again);
  set_thread_count(0);
  BOOST_TEST(again.second == parts.second, boost::test_tools::per_element());
  BOOST_TEST(again.log_likelihood == parts.log_likelihood);
  for (std::size_t row = 0; row < 9001; row += 1000) {
    const std::size_t rows = std::min<std::size_t>(1000, 9001 - row);
    e_step(step.x.view().block(row, 0, rows, 3), step.factors, {}, piece);
    for (std::size_t i = 0; i < whole.second.size(); ++i) whole.second[i] += piece.second[i];
  }
  BOOST_TEST(tests::deviation(parts.second, whole.second) < 1e-12);
}

BOOST_AUTO_TEST_CASE(factorize_says_which_covariance_is_not_positive_definite) {
  Step step(CovarianceKind::kFull, 10);
  BOOST_TEST(factorize("test", step.mixture, step.factors) == 3u);
  step.mixture.covariances(7, 1) = -1;
  BOOST_TEST(factorize("test", step.mixture, step.factors) == 2u);
  step.mixture.covariances(3, 0) = INFINITY;
  BOOST_TEST(factorize("test", step.mixture, step.factors) == 1u);
  Step tied(CovarianceKind::kTied, 10);
  BOOST_TEST(factorize("test", tied.mixture, tied.factors) == 1u);
  tied.mixture.covariances(0, 0) = 0;
  BOOST_TEST(factorize("test", tied.mixture, tied.factors) == 0u);
  Step diagonal(CovarianceKind::kDiagonal, 10);
  diagonal.mixture.covariances(1, 2) = NAN;
  BOOST_TEST(factorize("test", diagonal.mixture, diagonal.factors) == 1u);
}

BOOST_AUTO_TEST_CASE(a_small_weight_has_a_floor_under_its_logarithm_and_zero_has_none) {
  Step step(CovarianceKind::kSpherical, 10, 3, 1);
  step.mixture = {CovarianceKind::kSpherical, {1, 1e-320, 0}, {{0}, {0}, {0}}, {{1}, {1}, {1}}};
  factorize("test", step.mixture, step.factors);
  BOOST_TEST(step.factors.log_scales[1] - step.factors.log_scales[0] == -700,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(step.factors.log_scales[2] == -INFINITY);
}

BOOST_AUTO_TEST_CASE(rows_that_do_not_fit_are_named) {
  Step step(CovarianceKind::kFull, 10);
  GmmMoments moments = make_moments(step.mixture, step.config);
  BOOST_CHECK_EXCEPTION(
      e_step(Matrix<double>(4, 2), step.factors, {}, moments), ShapeError,
      says("e_step: x must have as many columns as the mixture has features; got x 4 x 2, features "
           "3"));
  const std::vector<double> sample_weights(3);
  BOOST_CHECK_EXCEPTION(
      e_step(step.x, step.factors, sample_weights, moments), ShapeError,
      says("e_step: sample_weights must be empty or one for each row; got sample_weights 3, x 10 x "
           "3"));
  step.mixture.covariances = Matrix<double>(3, 3);
  BOOST_CHECK_EXCEPTION(
      factorize("test", step.mixture, step.factors), ShapeError,
      says("test: a mixture must have k weights, k x d means and covariances of its kind; got "
           "weights 3, means 3 x 3, covariances 3 x 3, kind full"));
}

}  // namespace
}  // namespace surplus
