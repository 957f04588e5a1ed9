#define BOOST_TEST_MODULE kmeans
#include "surplus/mixture/kmeans.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "surplus/core/parallel.h"
#include "tests/lib/mixture/mixtures.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_mixture;
using tests::rows_of;
using tests::says;

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

struct Problem {
  Matrix<double> x = rows_of(random_mixture(CovarianceKind::kFull, 4, 2, 4, Rng(1)), 5000, Rng(2));
  KMeansConfig config = {.clusters = 4};
};

BOOST_FIXTURE_TEST_CASE(labels_are_nearest_centres_and_the_inertia_never_rises, Problem) {
  double before = std::numeric_limits<double>::infinity();
  for (config.iterations = 0; config.iterations <= 12; ++config.iterations) {
    Rng rng(3);
    const KMeansResult result = kmeans(x, config, rng);
    double inertia = 0;
    for (std::size_t n = 0; n < x.rows(); ++n) {
      const double own = squared_distance(x.row(n), result.centres.row(result.labels[n]));
      inertia += own;
      for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST_REQUIRE(own <= squared_distance(x.row(n), result.centres.row(i)) * (1 + 1e-14));
      }
    }
    BOOST_TEST(std::abs(result.inertia / inertia - 1) < 1e-12);
    BOOST_TEST(result.inertia <= before * (1 + 1e-12));
    before = result.inertia;
  }
}

BOOST_FIXTURE_TEST_CASE(a_converged_centre_is_the_mean_of_its_rows, Problem) {
  config.tolerance = 0;
  Rng rng(4);
  const KMeansResult result = kmeans(x, config, rng);
  BOOST_TEST((result.stop == Stop::kConverged));
  Matrix<double> sums(4, 2);
  std::vector<double> counts(4);
  for (std::size_t n = 0; n < x.rows(); ++n) {
    ++counts[result.labels[n]];
    for (std::size_t j = 0; j < 2; ++j) sums(result.labels[n], j) += x(n, j);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      BOOST_TEST(std::abs(sums(i, j) / counts[i] - result.centres(i, j)) < 1e-10);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(any_number_of_threads_gives_the_same_bits, Problem) {
  std::vector<KMeansResult> results;
  for (const std::size_t threads : {1, 2, 8}) {
    set_thread_count(threads);
    Rng rng(5);
    results.push_back(kmeans(x, config, rng));
  }
  set_thread_count(0);
  for (const KMeansResult& result : results) {
    BOOST_TEST((result.centres == results[0].centres));
    BOOST_TEST((result.labels == results[0].labels));
    BOOST_TEST(result.inertia == results[0].inertia);
  }
}

BOOST_AUTO_TEST_CASE(seeds_are_rows_drawn_by_squared_distance) {
  // From 0 the next seed is 1 or 3 in the ratio 1 : 9, from 1 it is 0 or 3 in 1 : 4, from 3 it is 0
  // or 1 in 9 : 4.
  const Matrix<double> x = {{0}, {1}, {3}};
  const double chances[3][3] = {{0, 0.1, 0.9}, {0.2, 0, 0.8}, {9.0 / 13, 4.0 / 13, 0}};
  const std::vector<double> values = {0, 1, 3};
  double counts[3][3] = {};
  Rng rng(6);
  const int draws = 30000;
  for (int i = 0; i < draws; ++i) {
    const Matrix<double> seeds = kmeans_plus_plus(x, {.clusters = 2}, rng);
    const auto at = [&](std::size_t row) {
      return std::find(values.begin(), values.end(), seeds(row, 0)) - values.begin();
    };
    ++counts[at(0)][at(1)];
  }
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const double p = chances[i][j] / 3;
      BOOST_TEST(std::abs(counts[i][j] / draws - p) <= 5 * std::sqrt(p * (1 - p) / draws));
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_without_weight_are_no_seeds_and_move_no_centre) {
  const Matrix<double> x = {{0}, {1}, {100}, {10}, {11}};
  const std::vector<double> sample_weights = {1, 3, 0, 1, 1};
  Rng rng(7);
  const KMeansResult result = kmeans(x, {.clusters = 2, .sample_weights = sample_weights}, rng);
  const std::set<double> centres = {result.centres(0, 0), result.centres(1, 0)};
  BOOST_TEST((centres == std::set<double>{0.75, 10.5}));
  BOOST_TEST(std::abs(result.inertia - 1.25) < 1e-14);
}

BOOST_AUTO_TEST_CASE(more_clusters_than_different_rows_are_possible) {
  const Matrix<double> x = {{1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2}};
  Rng rng(8);
  const KMeansResult result = kmeans(x, {.clusters = 4}, rng);
  BOOST_TEST(result.inertia == 0);
  for (const double value : result.centres.values()) BOOST_TEST((value == 1 || value == 2));
}

BOOST_FIXTURE_TEST_CASE(float_rows_are_clustered_as_their_doubles, Problem) {
  Matrix<float> narrow(x.rows(), x.cols());
  for (std::size_t i = 0; i < x.size(); ++i) {
    narrow.values()[i] = static_cast<float>(x.values()[i]);
    x.values()[i] = narrow.values()[i];
  }
  Rng one(9), two(9);
  BOOST_TEST((kmeans(narrow, config, one).centres == kmeans(x, config, two).centres));
}

BOOST_FIXTURE_TEST_CASE(bad_input_is_named, Problem) {
  Rng rng(10);
  config.clusters = 0;
  BOOST_CHECK_EXCEPTION(
      kmeans(x, config, rng), ArgumentError,
      says("kmeans: clusters must be at least 1 and at most n; got clusters 0, n 5000"));
  config.clusters = 5001;
  BOOST_CHECK_EXCEPTION(kmeans_plus_plus(x, config, rng), ArgumentError,
                        says("kmeans_plus_plus: clusters must be at least 1 and at most n; got "
                             "clusters 5001, n 5000"));
  config.clusters = 4;
  config.tolerance = -1;
  BOOST_CHECK_EXCEPTION(kmeans(x, config, rng), ArgumentError,
                        says("kmeans: tolerance must not be negative; got tolerance -1"));
  config.tolerance = 0;
  x(7, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_EXCEPTION(kmeans(x, config, rng), ArgumentError,
                        says("kmeans: x must be finite; got row 7, column 1, value inf"));
  BOOST_CHECK_EXCEPTION(kmeans(Matrix<double>(0, 3), config, rng), ShapeError,
                        says("kmeans: x must have a row and a column; got x 0 x 3"));
  const std::vector<double> sample_weights = {1};
  config.sample_weights = sample_weights;
  BOOST_CHECK_EXCEPTION(kmeans(x, config, rng), ShapeError,
                        says("kmeans: sample_weights must be empty or one for each row; got "
                             "sample_weights 1, rows 5000"));
}

}  // namespace
}  // namespace surplus
