#define BOOST_TEST_MODULE gmm
#include "surplus/mixture/gmm.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm_queries.h"
#include "tests/lib/mixture/mixtures.h"

namespace surplus {
namespace {

using tests::deviation;
using tests::kKinds;
using tests::random_mixture;
using tests::rows_of;

// Every variant in turn: kinds of covariance times what is held fixed.
GmmConfig variant(std::size_t number, Rng& rng, std::size_t d) {
  GmmConfig config = {.components = 1 + rng.below(4), .start = GmmStart::kGiven};
  config.covariance = kKinds[number % 4];
  config.fixed_weights = number / 4 % 2 == 1;
  config.fixed_covariances = number / 8 % 2 == 1;
  config.means = static_cast<MeansRule>(number / 16 % 3);
  if (config.means == MeansRule::kTiedSymmetric) config.components = 2;
  config.given = random_mixture(config.covariance, config.components, d, 1, rng.split("start"));
  if (config.means == MeansRule::kTiedSymmetric) {
    for (std::size_t j = 0; j < d; ++j) config.given.means(1, j) = -config.given.means(0, j);
    if (config.covariance != CovarianceKind::kTied) {
      config.fixed_covariances = true;
      const auto values = config.given.covariances.values();
      std::copy_n(values.begin(), values.size() / 2, values.begin() + values.size() / 2);
    }
  }
  return config;
}

BOOST_AUTO_TEST_CASE(the_likelihood_never_falls_whatever_is_fixed) {
  for (std::size_t problem = 0; problem < 500; ++problem) {
    Rng rng = Rng(1).split(problem);
    const std::size_t d = 1 + rng.below(4);
    GmmConfig config = variant(problem, rng, d);
    const std::size_t n = 100 + rng.below(150);
    const Matrix<double> x =
        rows_of(random_mixture(CovarianceKind::kFull, 3, d, 2, rng.split("truth")), n, rng);
    std::vector<double> sample_weights;
    if (rng.below(2) == 1) {
      for (std::size_t row = 0; row < n; ++row) sample_weights.push_back(2 * rng.uniform());
    }
    config.sample_weights = sample_weights;
    config.iterations = 40;
    config.tolerance = 0;
    config.covariance_floor = 0;
    const GmmResult result = fit_gmm(x, config);
    BOOST_TEST_CONTEXT("problem " << problem) {
      BOOST_TEST_REQUIRE(result.repaired == 0u);
      const double total = sample_weights.empty()
                               ? static_cast<double>(n)
                               : std::accumulate(sample_weights.begin(), sample_weights.end(), 0.0);
      std::vector<double> path = result.trace;
      path.push_back(result.log_likelihood);
      for (std::size_t i = 1; i < path.size(); ++i) {
        BOOST_TEST((path[i] - path[i - 1]) * total >= -1e-12 * static_cast<double>(n));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_fixed_stays_to_the_bit) {
  for (std::size_t number = 0; number < 48; ++number) {
    Rng rng = Rng(2).split(number);
    GmmConfig config = variant(number, rng, 3);
    config.iterations = 5;
    const Matrix<double> x =
        rows_of(random_mixture(CovarianceKind::kFull, 3, 3, 2, rng.split("truth")), 150, rng);
    const GaussianMixture mixture = fit_gmm(x, config).mixture;
    if (config.fixed_weights) BOOST_TEST((mixture.weights == config.given.weights));
    if (config.fixed_covariances) BOOST_TEST((mixture.covariances == config.given.covariances));
    if (config.means == MeansRule::kFixed) BOOST_TEST((mixture.means == config.given.means));
    if (config.means == MeansRule::kTiedSymmetric) {
      for (std::size_t j = 0; j < 3; ++j) BOOST_TEST(mixture.means(0, j) == -mixture.means(1, j));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_component_is_the_mean_and_the_covariance_plus_the_floor) {
  const std::size_t n = 500, d = 3;
  const Matrix<double> x =
      rows_of(random_mixture(CovarianceKind::kFull, 3, d, 2, Rng(3)), n, Rng(4));
  Matrix<double> mean(1, d), covariance(d, d);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t j = 0; j < d; ++j) mean(0, j) += x(row, j) / n;
  }
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        covariance(i, j) += (x(row, i) - mean(0, i)) * (x(row, j) - mean(0, j)) / n;
      }
    }
  }
  const double floor = 0.01;
  double trace = 0;
  for (std::size_t j = 0; j < d; ++j) trace += covariance(j, j) += floor;
  for (const CovarianceKind kind : kKinds) {
    for (const GmmStart start : {GmmStart::kKMeans, GmmStart::kRandomRows}) {
      const GmmResult result =
          fit_gmm(x, {.covariance = kind, .start = start, .covariance_floor = floor});
      BOOST_TEST_CONTEXT(to_text(kind)) {
        BOOST_TEST((result.stop == Stop::kConverged));
        BOOST_TEST(result.mixture.weights[0] == 1);
        BOOST_TEST(deviation(result.mixture.means.values(), mean.values()) < 1e-12);
        Matrix<double> expected = covariance;
        if (kind == CovarianceKind::kDiagonal) {
          expected = {{covariance(0, 0), covariance(1, 1), covariance(2, 2)}};
        }
        if (kind == CovarianceKind::kSpherical) expected = {{trace / d}};
        BOOST_TEST(deviation(result.mixture.covariances.values(), expected.values()) < 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_offset_of_a_million_does_not_change_the_covariances) {
  const std::size_t n = 600, d = 2;
  for (const CovarianceKind kind : kKinds) {
    const GaussianMixture truth = random_mixture(kind, 3, d, 3, Rng(5));
    const Matrix<double> x = rows_of(truth, n, Rng(6));
    Matrix<double> shifted = x;
    for (double& value : shifted.values()) value += 1e6;
    GmmConfig config = {.components = 3, .covariance = kind, .seed = 1};
    for (const GmmStart start : {GmmStart::kKMeans, GmmStart::kGiven}) {
      config.start = start;
      if (start == GmmStart::kGiven) config.given = truth;
      const GmmResult here = fit_gmm(x, config);
      for (double& mean : config.given.means.values()) mean += 1e6;
      const GmmResult there = fit_gmm(shifted, config);
      BOOST_TEST_CONTEXT(to_text(kind)) {
        BOOST_TEST(here.iterations == there.iterations);
        BOOST_TEST(deviation(there.mixture.covariances.values(),
                             here.mixture.covariances.values()) < 1e-6);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(float_rows_lose_nothing_that_they_had) {
  const GaussianMixture truth = random_mixture(CovarianceKind::kFull, 3, 3, 2, Rng(7));
  Matrix<double> wide = rows_of(truth, 3000, Rng(8));
  Matrix<float> narrow(wide.rows(), wide.cols());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    // Far from the origin, so that squares taken in float would lose everything.
    narrow.values()[i] = static_cast<float>(wide.values()[i] + 1000);
    wide.values()[i] = narrow.values()[i];
  }
  for (const CovarianceKind kind : kKinds) {
    for (const GmmStart start :
         {GmmStart::kKMeans, GmmStart::kKMeansPlusPlus, GmmStart::kRandomResponsibilities}) {
      const GmmConfig config = {.components = 3, .covariance = kind, .start = start, .seed = 2};
      const GmmResult from_wide = fit_gmm(wide, config), from_narrow = fit_gmm(narrow, config);
      BOOST_TEST(from_narrow.iterations == from_wide.iterations);
      BOOST_TEST(deviation(from_narrow.mixture.covariances.values(),
                           from_wide.mixture.covariances.values()) < 1e-10);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bits_with_any_number_of_threads) {
  const Matrix<double> x =
      rows_of(random_mixture(CovarianceKind::kFull, 4, 3, 2, Rng(9)), 10000, Rng(10));
  for (const CovarianceKind kind : kKinds) {
    for (const GmmStart start : {GmmStart::kKMeans, GmmStart::kKMeansPlusPlus,
                                 GmmStart::kRandomRows, GmmStart::kRandomResponsibilities}) {
      std::vector<GmmResult> results;
      for (std::size_t threads = 1; threads <= 8; ++threads) {
        set_thread_count(threads);
        results.push_back(fit_gmm(x, {.components = 4,
                                      .covariance = kind,
                                      .start = start,
                                      .iterations = 5,
                                      .tolerance = 0,
                                      .seed = 11}));
      }
      set_thread_count(0);
      for (const GmmResult& result : results) {
        BOOST_TEST((result.mixture == results[0].mixture));
        BOOST_TEST((result.trace == results[0].trace));
        BOOST_TEST(result.log_likelihood == results[0].log_likelihood);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(many_starts_at_once_equal_one_after_the_other) {
  const Matrix<double> x =
      rows_of(random_mixture(CovarianceKind::kSpherical, 2, 1, 2, Rng(12)), 1000, Rng(13));
  const GmmConfig config = {.components = 2, .covariance = CovarianceKind::kSpherical, .seed = 3};
  std::vector<GaussianMixture> starts;
  for (std::uint64_t i = 0; i < 20; ++i) {
    starts.push_back(random_mixture(CovarianceKind::kSpherical, 2, 1, 2, Rng(14).split(i)));
  }
  starts.emplace_back();
  set_thread_count(3);
  const std::vector<GmmResult> many = fit_gmm_many(x, config, starts);
  set_thread_count(0);
  BOOST_TEST_REQUIRE(many.size() == starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    GmmConfig own = config;
    own.given = starts[i];
    const GmmResult one = fit_gmm(x, own);
    BOOST_TEST((many[i].mixture == one.mixture));
    BOOST_TEST(many[i].iterations == one.iterations);
  }
}

BOOST_AUTO_TEST_CASE(every_start_finds_clusters_that_lie_apart) {
  const GaussianMixture truth = {
      CovarianceKind::kSpherical, {0.5, 0.3, 0.2}, {{-8, 0}, {0, 9}, {8, 0}}, {{1}, {0.25}, {2}}};
  const std::size_t n = 4000;
  const Matrix<double> x = rows_of(truth, n, Rng(15));
  for (const CovarianceKind kind : kKinds) {
    for (const GmmStart start : {GmmStart::kKMeans, GmmStart::kKMeansPlusPlus,
                                 GmmStart::kRandomRows, GmmStart::kRandomResponsibilities}) {
      const GmmResult result = fit_gmm(x, {.components = 3,
                                           .covariance = kind,
                                           .start = start,
                                           .iterations = 500,
                                           .tolerance = 1e-9,
                                           .starts = 5,
                                           .seed = 5});
      BOOST_TEST_CONTEXT(to_text(kind) << ", start " << static_cast<int>(start)) {
        BOOST_TEST((result.stop == Stop::kConverged));
        for (std::size_t i = 0; i < 3; ++i) {
          // Five standard errors of the mean and of the weight.
          const double error = 5 * std::sqrt(2 / (0.2 * static_cast<double>(n)));
          double nearest = INFINITY, weight = 0;
          for (std::size_t j = 0; j < 3; ++j) {
            const double distance = std::hypot(result.mixture.means(j, 0) - truth.means(i, 0),
                                               result.mixture.means(j, 1) - truth.means(i, 1));
            if (distance < nearest) weight = result.mixture.weights[j];
            nearest = std::min(nearest, distance);
          }
          BOOST_TEST(nearest < error);
          BOOST_TEST(std::abs(weight - truth.weights[i]) < 5 * 0.5 / std::sqrt(n));
        }
      }
    }
  }
}

struct Problem {
  GaussianMixture truth = random_mixture(CovarianceKind::kFull, 3, 2, 2, Rng(16));
  Matrix<double> x = rows_of(truth, 400, Rng(17));
  GmmConfig config = {.components = 3, .start = GmmStart::kRandomRows, .seed = 4};
};

BOOST_FIXTURE_TEST_CASE(given_parts_replace_those_of_the_start_and_no_iteration_keeps_them,
                        Problem) {
  config.iterations = 0;
  config.given = truth;
  GmmResult result = fit_gmm(x, config);
  BOOST_TEST((result.mixture == truth));
  BOOST_TEST((result.stop == Stop::kIterationLimit));
  BOOST_TEST(result.iterations == 0u);
  BOOST_TEST(result.trace.empty());
  BOOST_TEST(result.log_likelihood == score(truth, x));
  for (const GmmStart start : {GmmStart::kKMeans, GmmStart::kGiven}) {
    config.start = start;
    config.given = {.means = truth.means};
    result = fit_gmm(x, config);
    BOOST_TEST((result.mixture.means == truth.means));
    BOOST_TEST((result.mixture.covariances.shape() == Shape{6, 2}));
  }
  BOOST_TEST((result.mixture.weights == std::vector<double>(3, 1.0 / 3)));
}

BOOST_FIXTURE_TEST_CASE(single_point_starts_get_the_covariance_of_all_rows, Problem) {
  config.iterations = 0;
  const Matrix<double> pooled =
      fit_gmm(x, {.start = GmmStart::kRandomRows, .iterations = 0}).mixture.covariances;
  for (const GmmStart start : {GmmStart::kRandomRows, GmmStart::kKMeansPlusPlus}) {
    config.start = start;
    const GaussianMixture mixture = fit_gmm(x, config).mixture;
    for (std::size_t i = 0; i < 3; ++i) {
      BOOST_TEST((Matrix<double>(mixture.covariances.view().block(2 * i, 0, 2, 2)) == pooled));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(precisions_are_the_inverses_of_covariances, Problem) {
  config.given = truth;
  config.given.covariances = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto c = truth.covariances.view().block(2 * i, 0, 2, 2);
    const double det = c(0, 0) * c(1, 1) - c(0, 1) * c(1, 0);
    Matrix<double> stack(2 * (i + 1), 2);
    std::copy_n(config.given_precisions.data(), 4 * i, stack.data());
    stack(2 * i, 0) = c(1, 1) / det;
    stack(2 * i + 1, 1) = c(0, 0) / det;
    stack(2 * i, 1) = stack(2 * i + 1, 0) = -c(0, 1) / det;
    config.given_precisions = stack;
  }
  config.iterations = 0;
  const GaussianMixture mixture = fit_gmm(x, config).mixture;
  BOOST_TEST(deviation(mixture.covariances.values(), truth.covariances.values()) < 1e-13);
}

BOOST_FIXTURE_TEST_CASE(a_warm_start_goes_on_where_the_last_fit_ended, Problem) {
  config.tolerance = 0;
  config.iterations = 10;
  const GmmResult ten = fit_gmm(x, config);
  config.iterations = 6;
  GmmResult warm = fit_gmm(x, config);
  config.start = GmmStart::kGiven;
  config.given = warm.mixture;
  config.iterations = 4;
  warm = fit_gmm(x, config);
  BOOST_TEST((warm.mixture == ten.mixture));
  BOOST_TEST(warm.log_likelihood == ten.log_likelihood);
}

BOOST_FIXTURE_TEST_CASE(both_stop_rules_hold_when_they_stop_and_not_before, Problem) {
  config.iterations = 5000;
  config.keep_path = true;
  config.tolerance = 1e-5;
  GmmResult result = fit_gmm(x, config);
  BOOST_TEST((result.stop == Stop::kConverged));
  const std::vector<double>& trace = result.trace;
  BOOST_TEST_REQUIRE(trace.size() == result.iterations);
  for (std::size_t i = 1; i < trace.size(); ++i) {
    BOOST_TEST((std::abs(trace[i] - trace[i - 1]) < 1e-5) == (i + 1 == trace.size()));
  }

  config.tolerance = 0;
  config.parameter_tolerance = 1e-3;
  result = fit_gmm(x, config);
  BOOST_TEST((result.stop == Stop::kConverged));
  BOOST_TEST_REQUIRE(result.path.size() == result.iterations + 1);
  for (std::size_t i = 1; i < result.path.size(); ++i) {
    const GaussianMixture &a = result.path[i - 1], &b = result.path[i];
    double change = 0;
    for (std::size_t j = 0; j < 3; ++j) change += std::abs(a.weights[j] - b.weights[j]);
    for (std::size_t j = 0; j < a.means.size(); ++j) {
      change += std::abs(a.means.values()[j] - b.means.values()[j]);
    }
    for (std::size_t j = 0; j < a.covariances.size(); ++j) {
      change += std::abs(a.covariances.values()[j] - b.covariances.values()[j]);
    }
    BOOST_TEST((change <= 1e-3) == (i + 1 == result.path.size()));
  }
}

BOOST_FIXTURE_TEST_CASE(the_trace_is_the_score_before_each_step_and_the_path_what_was_scored,
                        Problem) {
  config.iterations = 7;
  config.tolerance = 0;
  config.keep_path = true;
  const GmmResult result = fit_gmm(x, config);
  BOOST_TEST((result.stop == Stop::kIterationLimit));
  BOOST_TEST_REQUIRE(result.trace.size() == 7u);
  BOOST_TEST_REQUIRE(result.path.size() == 8u);
  for (std::size_t i = 0; i < 7; ++i) BOOST_TEST(result.trace[i] == score(result.path[i], x));
  BOOST_TEST((result.path.back() == result.mixture));
  BOOST_TEST(result.log_likelihood == score(result.mixture, x));
  config.keep_trace = config.keep_path = false;
  BOOST_TEST(fit_gmm(x, config).trace.empty());
  BOOST_TEST(fit_gmm(x, config).path.empty());
}

BOOST_FIXTURE_TEST_CASE(an_observer_sees_each_iteration_and_can_cancel, Problem) {
  std::vector<double> seen;
  config.tolerance = 0;
  config.starts = 3;
  config.observer = [&](const Progress& progress) {
    seen.push_back(progress.objective);
    BOOST_TEST(progress.iteration == seen.size());
    BOOST_TEST(progress.iterations == config.iterations);
    return progress.iteration < 3;
  };
  const GmmResult result = fit_gmm(x, config);
  BOOST_TEST((result.stop == Stop::kCancelled));
  BOOST_TEST(result.iterations == 3u);
  BOOST_TEST(result.trace == seen, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(of_several_starts_the_best_is_kept, Problem) {
  config.tolerance = 1e-6;
  config.iterations = 1000;
  double best = fit_gmm(x, config).log_likelihood;
  for (std::size_t starts = 2; starts <= 6; ++starts) {
    config.starts = starts;
    const double now = fit_gmm(x, config).log_likelihood;
    BOOST_TEST(now >= best);
    best = now;
  }
}

BOOST_FIXTURE_TEST_CASE(whole_numbers_as_sample_weights_repeat_rows, Problem) {
  std::vector<double> sample_weights;
  std::vector<std::size_t> repeated;
  for (std::size_t row = 0; row < x.rows(); ++row) {
    sample_weights.push_back(static_cast<double>(row % 3));
    repeated.insert(repeated.end(), row % 3, row);
  }
  Matrix<double> longer(repeated.size(), 2);
  for (std::size_t i = 0; i < repeated.size(); ++i) {
    std::copy_n(x.row(repeated[i]).data(), 2, longer.row(i).data());
  }
  config.given = truth;
  config.iterations = 10;
  config.tolerance = 0;
  const GmmResult expected = fit_gmm(longer, config);
  config.sample_weights = sample_weights;
  const GmmResult result = fit_gmm(x, config);
  BOOST_TEST(std::abs(result.log_likelihood - expected.log_likelihood) < 1e-12);
  BOOST_TEST(deviation(result.mixture.means.values(), expected.mixture.means.values()) < 1e-11);
  // Only the ratios of weights matter.
  for (double& weight : sample_weights) weight *= 0x1p-60;
  BOOST_TEST((fit_gmm(x, config).mixture == result.mixture));
}

BOOST_FIXTURE_TEST_CASE(an_empty_component_keeps_its_place_or_restarts_at_a_row, Problem) {
  config.given = truth;
  config.given.means(2, 0) = 1e5;
  config.iterations = 1;
  GmmResult result = fit_gmm(x, config);
  BOOST_TEST(result.mixture.means(2, 0) == 1e5);
  BOOST_TEST(result.mixture.weights[2] == 0);
  BOOST_TEST(result.reseeded == 0u);

  config.empty_component = EmptyComponent::kReseed;
  result = fit_gmm(x, config);
  BOOST_TEST(result.reseeded == 1u);
  const std::vector<double> densities = score_samples(config.given, x);
  const auto worst = static_cast<std::size_t>(std::min_element(densities.begin(), densities.end()) -
                                              densities.begin());
  BOOST_TEST(result.mixture.means(2, 0) == x(worst, 0));
  BOOST_TEST(result.mixture.means(2, 1) == x(worst, 1));
  BOOST_TEST(result.mixture.weights[2] == 1.0 / 3);
  BOOST_TEST(std::abs(std::accumulate(result.mixture.weights.begin(), result.mixture.weights.end(),
                                      -1.0)) < 1e-15);
  config.iterations = 200;
  BOOST_TEST(fit_gmm(x, config).mixture.weights[2] > 0.01);
}

BOOST_AUTO_TEST_CASE(a_singular_covariance_is_repaired_by_a_millionth_of_its_mean_variance) {
  // The second column is twice the first, so that the covariance v [1 2; 2 4] is singular.
  Matrix<double> x(64, 2);
  for (std::size_t i = 0; i < 64; ++i) {
    x(i, 0) = static_cast<double>(i % 8) - 3.5;
    x(i, 1) = 2 * x(i, 0);
  }
  const GmmResult result = fit_gmm(x, {.iterations = 1, .covariance_floor = 0});
  BOOST_TEST(result.repaired >= 1u);
  const Matrix<double>& covariance = result.mixture.covariances;
  const double v = 5.25;
  BOOST_TEST(std::abs(covariance(0, 1) - 2 * v) < 1e-12);
  BOOST_TEST(std::abs(covariance(0, 0) - v * (1 + 2.5e-6)) < 1e-12);
  BOOST_TEST(std::abs(covariance(1, 1) - v * (4 + 2.5e-6)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(rows_that_coincide_and_columns_that_are_constant_are_fitted_with_a_floor) {
  for (const CovarianceKind kind : kKinds) {
    Matrix<double> x(30, 3, 7.0);
    GmmResult result = fit_gmm(x, {.components = 2, .covariance = kind});
    BOOST_TEST(std::isfinite(result.log_likelihood));
    BOOST_TEST(result.mixture.means(0, 0) == 7);
    for (std::size_t i = 0; i < 30; ++i) x(i, 1) = static_cast<double>(i);
    result = fit_gmm(x, {.components = 2, .covariance = kind});
    BOOST_TEST(std::isfinite(result.log_likelihood));
  }
}

}  // namespace
}  // namespace surplus
