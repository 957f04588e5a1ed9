#define BOOST_TEST_MODULE metric_queries
#include "surplus/metric/metric_queries.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/metric/mahalanobis.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

const Matrix<double> kMetric{{4, 2}, {2, 10}};
const Matrix<double> kEuclid{{1}};

BOOST_AUTO_TEST_CASE(images_and_pairs_have_the_distances_of_the_metric) {
  const Matrix<double> l = metric_transform(kMetric);
  const Matrix<double> x{{3, 1}, {2, 3}, {2, 3}, {-1, 0.5}};
  const Matrix<double> z = transform_rows(l, x);
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < 4; ++i) {
    for (std::uint32_t j = 0; j < 4; ++j) pairs.push_back({i, j, true});
  }
  const auto squared = squared_pair_distances(l, x, listed_pairs(pairs));
  const auto plain = pair_distances(l, x, listed_pairs(pairs));
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    const auto [i, j, similar] = pairs[c];
    const double expected = squared_distance(kMetric, x.row(i), x.row(j));
    BOOST_TEST(std::abs(squared[c] - expected) <= 1e-14 * expected);
    BOOST_TEST(plain[c] == std::sqrt(squared[c]));
    const double across = std::hypot(z(i, 0) - z(j, 0), z(i, 1) - z(j, 1));
    BOOST_TEST(std::abs(across - plain[c]) < 1e-13);
  }
  BOOST_TEST(squared[1 * 4 + 2] == 0.0);
}

BOOST_AUTO_TEST_CASE(near_rows_far_from_zero_keep_their_distance) {
  const Matrix<double> x{{1e8, 0}, {1e8 + 1, 0}};
  BOOST_TEST(squared_pair_distances(Matrix<double>{{3, 0}, {0, 1}}, x, listed_pairs({{0, 1, true}}))
                 .front() == 9.0);
}

BOOST_AUTO_TEST_CASE(the_threshold_stands_half_way_where_most_pairs_are_judged_rightly) {
  const Matrix<double> x{{0}, {1}, {2}, {4}, {8}, {16}};
  const auto pairs = [](std::vector<bool> similar) {
    std::vector<Pair> list;
    for (std::uint32_t i = 1; i < 6; ++i) list.push_back({0, i, similar[i - 1]});
    return listed_pairs(list);
  };
  // Distances 1, 2, 4, 8, 16.
  const auto at = [&](std::vector<bool> similar, PairGoal goal = PairGoal::kAccuracy) {
    return calibrate_threshold(kEuclid, x, pairs(similar), goal);
  };
  BOOST_TEST(at({true, true, false, false, false}).distance == 3.0);
  BOOST_TEST(at({true, true, false, false, false}).score == 1.0);
  BOOST_TEST(at({true, false, true, false, false}).distance == 1.5);  // as good as 6
  BOOST_TEST(at({true, false, true, false, false}).score == 0.8);
  BOOST_TEST(at({false, false, false, false, false}).distance == -1.0);
  BOOST_TEST(at({true, true, true, true, true}).distance == 16.0);
  // Four of five are right if none is similar; three of four and the one if up to 2 are.
  BOOST_TEST(at({false, true, false, false, false}).distance == -1.0);
  const PairThreshold balanced =
      at({false, true, false, false, false}, PairGoal::kBalancedAccuracy);
  BOOST_TEST(balanced.distance == 3.0);
  BOOST_TEST(balanced.score == 0.875);
}

BOOST_AUTO_TEST_CASE(pairs_at_one_distance_are_judged_alike) {
  const Matrix<double> x{{0}, {1}, {-1}, {5}};
  const PairThreshold threshold = calibrate_threshold(
      kEuclid, x, listed_pairs({{0, 1, true}, {0, 2, false}, {0, 3, false}, {1, 0, true}}));
  BOOST_TEST(threshold.distance == 3.0);
  BOOST_TEST(threshold.score == 0.75);
  const auto scores =
      pair_scores(kEuclid, x, listed_pairs({{0, 1, true}, {0, 3, true}}), threshold);
  BOOST_TEST(scores[0] == 2.0);
  BOOST_TEST(scores[1] == -2.0);
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  Matrix<double> x(100, 5), l(3, 5);
  Rng rng(1);
  rng.fill_normal(x.values());
  rng.fill_normal(l.values());
  const Pairs pairs = all_pairs(std::vector<std::size_t>(100));
  set_thread_count(1);
  const auto one = squared_pair_distances(l, x, pairs);
  set_thread_count(3);
  BOOST_TEST((squared_pair_distances(l, x, pairs) == one));
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  Matrix<double> x{{0, 1}, {2, 3}};
  BOOST_CHECK_EXCEPTION(transform_rows(kEuclid, x), ShapeError,
                        says("transform_rows: transform must have a column for each feature, at "
                             "least 1; got transform 1 x 1, x 2 x 2"));
  BOOST_CHECK_EXCEPTION(
      pair_distances(kMetric, x, listed_pairs({{0, 2, true}})), ArgumentError,
      says("pair_distances: pairs must name rows of x; got first 0, second 2, rows 2"));
  BOOST_CHECK_EXCEPTION(
      calibrate_threshold(kMetric, x, listed_pairs({})), ArgumentError,
      says("calibrate_threshold: there must be a pair; got similar 0, different 0"));
  BOOST_CHECK_EXCEPTION(
      calibrate_threshold(kMetric, x, listed_pairs({{0, 1, true}}), PairGoal::kBalancedAccuracy),
      ArgumentError,
      says("calibrate_threshold: there must be a pair of each kind; got similar 1, different 0"));
  x(1, 0) = std::nan("");
  BOOST_CHECK_EXCEPTION(
      squared_pair_distances(kMetric, x, listed_pairs({})), ArgumentError,
      says("squared_pair_distances: x must be finite; got row 1, column 0, value nan"));
}

}  // namespace
}  // namespace surplus
