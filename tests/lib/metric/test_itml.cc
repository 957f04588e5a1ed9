#define BOOST_TEST_MODULE itml
#include "surplus/metric/itml.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Two overlapping classes with unequal scales.
struct Sample {
  Matrix<double> x;
  std::vector<std::size_t> labels;
};

Sample two_classes(std::size_t n, std::size_t d, std::uint64_t seed) {
  Rng rng(seed);
  Sample sample{Matrix<double>(n, d), {}};
  rng.fill_normal(sample.x.values());
  for (std::size_t i = 0; i < n; ++i) {
    sample.labels.push_back(i % 2);
    for (std::size_t j = 0; j < d; ++j) {
      sample.x(i, j) =
          sample.x(i, j) * (1 + static_cast<double>(j % 3)) + (i % 2 == j % 2 ? 1.0 : 0.0);
    }
  }
  return sample;
}

Matrix<double> inverse(const Matrix<double>& a) {
  Matrix<double> inverse(a.rows(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) inverse(i, i) = 1;
  const Matrix<double> l = cholesky(a);
  triangular_solve(l, inverse.view(), Triangular::kLeft);
  triangular_solve(l, inverse.view(), Triangular::kLeftTransposed);
  return inverse;
}

double frobenius(const Matrix<double>& a) {
  double sum = 0;
  for (const double value : a.values()) sum += value * value;
  return std::sqrt(sum);
}

double distance(const Matrix<double>& metric, std::span<const double> a,
                std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) sum += (a[i] - b[i]) * metric(i, j) * (a[j] - b[j]);
  }
  return sum;
}

auto says(const char* text) {
  return [text](const std::exception& e) {
    BOOST_TEST(std::string(e.what()) == text);
    return e.what() == std::string(text);
  };
}

BOOST_AUTO_TEST_CASE(
    the_inverse_metric_is_the_prior_plus_the_weighted_pairs_after_1e5_projections) {
  const Sample s = two_classes(60, 9, 1);
  const Pairs pairs = random_pairs(s.labels, 1000, Rng(2));
  const ItmlResult result = fit_itml(s.x, pairs, {.sweeps = 100, .tolerance = 0});
  BOOST_TEST(result.sweeps == 100u);
  const Matrix<double> got = inverse(result.metric);
  Matrix<double> difference = got;
  const std::vector<Pair> list = pairs.list();
  for (std::size_t i = 0; i < 9; ++i) difference(i, i) -= 1;
  for (std::size_t c = 0; c < list.size(); ++c) {
    BOOST_TEST_REQUIRE(result.dual[c] >= 0);
    const double weight = (list[c].similar ? 1 : -1) * result.dual[c];
    for (std::size_t i = 0; i < 9; ++i) {
      for (std::size_t j = 0; j < 9; ++j) {
        const double vi = s.x(list[c].first, i) - s.x(list[c].second, i);
        const double vj = s.x(list[c].first, j) - s.x(list[c].second, j);
        difference(i, j) -= weight * vi * vj;
      }
    }
  }
  BOOST_TEST(frobenius(difference) / frobenius(got) < 1e-8);
}

BOOST_AUTO_TEST_CASE(the_transform_squares_to_the_metric_and_the_log_determinant_is_tracked) {
  const Sample s = two_classes(50, 5, 3);
  const ItmlResult result = fit_itml(s.x, random_pairs(s.labels, 300, Rng(4)), {.sweeps = 50});
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < 5; ++l) sum += result.transform(l, i) * result.transform(l, j);
      BOOST_TEST(std::abs(sum - result.metric(i, j)) <= 1e-13 * frobenius(result.metric));
      if (i > j) BOOST_TEST(result.transform(i, j) == 0.0);
    }
  }
  BOOST_TEST(std::abs(result.log_det - log_determinant(cholesky(result.metric))) < 1e-9);
}

BOOST_AUTO_TEST_CASE(one_hard_constraint_is_met_to_rounding) {
  const Sample s = two_classes(4, 6, 5);
  for (const bool similar : {true, false}) {
    double before = 0;
    for (std::size_t j = 0; j < 6; ++j) before += std::pow(s.x(0, j) - s.x(1, j), 2);
    const double bound = similar ? before / 3 : before * 3;
    const ItmlResult result = fit_itml(s.x, listed_pairs({{0, 1, similar}}),
                                       {.slack = kInfinity, .bounds = ItmlBounds{bound, bound}});
    BOOST_TEST(std::abs(distance(result.metric, s.x.row(0), s.x.row(1)) / bound - 1) < 1e-12);
    BOOST_TEST((result.stop == Stop::kConverged));
    BOOST_TEST(result.residual < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(a_feasible_hard_problem_is_solved_to_the_optimality_conditions) {
  const Sample s = two_classes(40, 8, 6);
  const ItmlResult result = fit_itml(
      s.x, random_pairs(s.labels, 8, Rng(7)),
      {.slack = kInfinity, .bounds = ItmlBounds{10, 12}, .sweeps = 20000, .tolerance = 1e-12});
  BOOST_TEST((result.stop == Stop::kConverged));
  BOOST_TEST(result.residual < 1e-6);
  BOOST_TEST(*std::max_element(result.dual.begin(), result.dual.end()) > 0.0);
}

BOOST_AUTO_TEST_CASE(with_slack_the_optimality_conditions_are_reached_as_well) {
  const Sample s = two_classes(40, 4, 8);
  const ItmlResult result =
      fit_itml(s.x, random_pairs(s.labels, 60, Rng(9)), {.sweeps = 100000, .tolerance = 1e-12});
  BOOST_TEST((result.stop == Stop::kConverged));
  BOOST_TEST(result.residual < 1e-6);
}

BOOST_AUTO_TEST_CASE(identical_points_are_skipped_counted_and_harmless) {
  Sample s = two_classes(20, 3, 10);
  for (std::size_t j = 0; j < 3; ++j) s.x(1, j) = s.x(0, j);
  const ItmlResult result =
      fit_itml(s.x, listed_pairs({{0, 1, false}, {0, 2, true}, {3, 3, false}}), {.sweeps = 10});
  BOOST_TEST(result.skipped == 2u);
  BOOST_TEST(result.dual[0] == 0.0);
  BOOST_TEST(result.dual[1] > 0.0);
}

BOOST_AUTO_TEST_CASE(no_pairs_leave_the_prior_as_it_is) {
  const Sample s = two_classes(20, 3, 11);
  const Matrix<double> prior{{2, 1, 0}, {1, 2, 0}, {0, 0, 5}};
  const ItmlResult result = fit_itml(s.x, {}, {.prior = MetricPrior::kGiven, .given_prior = prior});
  BOOST_TEST((result.metric == prior));
  BOOST_TEST((result.stop == Stop::kConverged));
  BOOST_TEST(result.sweeps == 1u);
}

BOOST_AUTO_TEST_CASE(the_inverse_covariance_prior_whitens) {
  const Sample s = two_classes(5000, 2, 12);
  const Matrix<double> metric =
      fit_itml(s.x, {}, {.prior = MetricPrior::kInverseCovariance}).metric;
  // Uncorrelated features of variance 1 + 1/4 and 4 + 1/4 (shifts of one half either way).
  BOOST_TEST(std::abs(metric(0, 0) - 1 / 1.25) < 0.1);
  BOOST_TEST(std::abs(metric(1, 1) - 1 / 4.25) < 0.05);
}

BOOST_AUTO_TEST_CASE(bounds_are_percentiles_of_squared_distances_or_what_other_programs_take) {
  const Matrix<double> x{{0}, {1}, {3}, {3}};  // squared distances 1, 4, 4, 9, 9 and a zero
  const Matrix<double> metric{{1}};
  const ItmlBounds squared = itml_bounds(x, metric, {.low = 25, .high = 50}, Rng(1));
  BOOST_TEST(squared.similar == 4.0);
  BOOST_TEST(squared.different == 4.0);
  const ItmlBounds plain =
      itml_bounds(x, metric, {.low = 25, .high = 75, .plain_distances = true}, Rng(1));
  BOOST_TEST(plain.similar == 2.0);
  BOOST_TEST(plain.different == 3.0);
  const ItmlBounds histogram = itml_bounds(x, metric, {.histogram = true}, Rng(1));
  BOOST_TEST(std::abs(histogram.similar - (1 + 0.045 * 8)) < 1e-14);
  BOOST_TEST(std::abs(histogram.different - (1 + 0.945 * 8)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_observer_can_cancel_and_a_cap_on_projections_counts_whole_sweeps) {
  const Sample s = two_classes(40, 4, 13);
  const Pairs pairs = random_pairs(s.labels, 500, Rng(1));
  const ItmlResult cancelled = fit_itml(
      s.x, pairs, {.tolerance = 0, .observer = [](const Progress& p) { return p.iteration < 3; }});
  BOOST_TEST((cancelled.stop == Stop::kCancelled));
  BOOST_TEST(cancelled.sweeps == 3u);
  const ItmlResult capped = fit_itml(s.x, pairs, {.tolerance = 0, .projections = 1000});
  BOOST_TEST(capped.sweeps == 3u);
  BOOST_TEST((capped.stop == Stop::kIterationLimit));
}

// Every eigenvalue of a symmetric matrix is positive: Cholesky succeeds.
bool is_positive_definite(const Matrix<double>& a) {
  return try_cholesky(a, Matrix<double>(a.rows(), a.rows()).view()) == a.rows();
}

BOOST_AUTO_TEST_CASE(the_metric_stays_positive_definite_over_1e5_adversarial_projections) {
  // The same pair is to be both close and far: the dual variables grow with every sweep.
  const Sample s = two_classes(10, 3, 14);
  const ItmlResult contradictory = fit_itml(
      s.x, listed_pairs({{0, 1, true}, {0, 1, false}, {2, 3, true}, {2, 3, false}}),
      {.slack = kInfinity, .bounds = ItmlBounds{1e-3, 1e3}, .sweeps = 25000, .tolerance = 0});
  BOOST_TEST(is_positive_definite(contradictory.metric));

  // Differences that are nearly parallel, pulled 12 orders of magnitude apart in turn: what is left
  // of A between them is below what its largest elements round to, and has to be repaired.
  Matrix<double> x(12, 4);
  Rng rng(15);
  for (std::size_t i = 1; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < 4; ++j) x(i, j) = (j == 0 ? 1.0 : 0.0) + 1e-7 * rng.normal();
  }
  std::vector<Pair> pairs;
  for (std::uint32_t i = 1; i < x.rows(); ++i) {
    pairs.push_back({0, i, i % 2 == 0});
    pairs.push_back({i, i % 11 + 1, i % 3 == 0});
  }
  std::size_t sweeps = 0, repaired = 0;
  Matrix<double> metric(4, 4);
  for (std::size_t i = 0; i < 4; ++i) metric(i, i) = 1;
  while (sweeps * pairs.size() < 100000) {  // in pieces, to look at the metric in between
    const ItmlResult result = fit_itml(x, listed_pairs(pairs),
                                       {.slack = kInfinity,
                                        .prior = MetricPrior::kGiven,
                                        .given_prior = metric,
                                        .bounds = ItmlBounds{1e-6, 1e6},
                                        .sweeps = 100,
                                        .tolerance = 0});
    BOOST_TEST_REQUIRE(is_positive_definite(result.metric));
    metric = result.metric;
    sweeps += result.sweeps;
    repaired += result.repaired;
  }
  BOOST_TEST(repaired > 0u);
}

BOOST_AUTO_TEST_CASE(one_feature_and_a_bound_of_zero_are_handled) {
  // More than one row in twenty is as far from the next as any: the percentile of distances is that
  // of pairs of different rows, never 0.
  Matrix<double> x(60, 1);
  for (std::size_t i = 40; i < x.rows(); ++i) x(i, 0) = static_cast<double>(i % 3);
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < x.rows(); ++i) labels.push_back(x(i, 0) == 0 ? 0 : 1);
  const ItmlResult result = fit_itml(x, all_pairs(labels), {});
  BOOST_TEST(result.bounds.similar == 1.0);
  BOOST_TEST(result.skipped > 0u);
  BOOST_TEST(result.metric(0, 0) > 0.0);
  BOOST_TEST(std::abs(result.log_det - std::log(result.metric(0, 0))) < 1e-12);
}

BOOST_AUTO_TEST_CASE(more_pairs_than_are_kept_are_read_anew_to_the_same_metric) {
  const Sample s = two_classes(30, 2, 16);
  constexpr std::size_t kMany = (1 << 20) + 5000;  // 2^20 are kept
  const auto repeat = [&](std::size_t begin, std::span<Pair> to) {
    for (Pair& pair : to) {
      const auto i = static_cast<std::uint32_t>(begin++ % 29);
      pair = {i, i + 1, i % 3 == 0};
    }
  };
  const ItmlResult streamed = fit_itml(s.x, {kMany, repeat}, {.sweeps = 1});
  // In one sweep, what comes first does not depend on what follows.
  const ItmlResult kept = fit_itml(s.x, {1 << 20, repeat}, {.sweeps = 1});
  BOOST_TEST(
      (std::vector<double>(streamed.dual.begin(), streamed.dual.begin() + (1 << 20)) == kept.dual));
  BOOST_TEST(streamed.dual.size() == kMany);
}

BOOST_AUTO_TEST_CASE(a_random_prior_is_positive_definite_and_follows_the_seed) {
  const Sample s = two_classes(20, 6, 17);
  const auto prior = [&](std::uint64_t seed) {
    return fit_itml(s.x, {}, {.prior = MetricPrior::kRandom, .sweeps = 0, .seed = seed}).metric;
  };
  BOOST_TEST((prior(1) == prior(1)));
  BOOST_TEST((prior(1) != prior(2)));
  const auto values = eigh(prior(1)).values;
  BOOST_TEST(values.front() > 1 - 1e-12);
  BOOST_TEST(values.back() < 2 + 1e-12);
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  Sample s = two_classes(10, 2, 15);
  const Pairs pairs = all_pairs(s.labels);
  BOOST_CHECK_EXCEPTION(fit_itml(s.x, pairs, {.slack = 0}), ArgumentError,
                        says("fit_itml: slack must be positive; got slack 0"));
  BOOST_CHECK_EXCEPTION(fit_itml(s.x, pairs, {.slack = std::nan("")}), ArgumentError,
                        says("fit_itml: slack must be positive; got slack nan"));
  BOOST_CHECK_EXCEPTION(fit_itml(s.x, pairs, {.tolerance = -1}), ArgumentError,
                        says("fit_itml: tolerance must be at least 0; got tolerance -1"));
  BOOST_CHECK_EXCEPTION(
      fit_itml(s.x, pairs, {.bounds = ItmlBounds{0, 1}}), ArgumentError,
      says("fit_itml: bounds must be positive and finite; got similar 0, different 1"));
  BOOST_CHECK_EXCEPTION(
      fit_itml(s.x, pairs, {.prior = MetricPrior::kGiven}), ShapeError,
      says("fit_itml: given_prior must have one row and column per feature; got given_prior 0 x 0, "
           "features 2"));
  BOOST_CHECK_EXCEPTION(
      fit_itml(s.x, pairs, {.prior = MetricPrior::kGiven, .given_prior = {{1, 2}, {3, 4}}}),
      ArgumentError,
      says("fit_itml: given_prior must be symmetric; got row 1, column 0, value 3, mirrored 2"));
  BOOST_CHECK_THROW(
      fit_itml(s.x, pairs, {.prior = MetricPrior::kGiven, .given_prior = {{1, 2}, {2, 1}}}),
      NumericalError);
  BOOST_CHECK_EXCEPTION(
      fit_itml(s.x, listed_pairs({{0, 10, true}}), {}), ArgumentError,
      says("fit_itml: pairs must name rows of x; got first 0, second 10, rows 10"));
  BOOST_CHECK_EXCEPTION(
      fit_itml(Matrix<double>(1, 2), pairs, {}), ShapeError,
      says("fit_itml: x must have at least 2 rows and 1 column; got shape 1 x 2"));
  BOOST_CHECK_EXCEPTION(fit_itml(Matrix<double>(3, 2), pairs, {}), ArgumentError,
                        says("itml_bounds: some rows of x must differ; got rows 3"));
  BOOST_CHECK_EXCEPTION(
      itml_bounds(s.x, Matrix<double>{{1, 0}, {0, 1}}, {.low = 50, .high = 50}, Rng(1)),
      ArgumentError,
      says("itml_bounds: percentiles must satisfy 0 < low < high < 100; got low 50, high 50"));
  s.x(4, 1) = std::nan("");
  BOOST_CHECK_EXCEPTION(fit_itml(s.x, pairs, {}), ArgumentError,
                        says("fit_itml: x must be finite; got row 4, column 1, value nan"));
}

}  // namespace
}  // namespace surplus
