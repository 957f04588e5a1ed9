#define BOOST_TEST_MODULE knn
#include "surplus/metric/knn.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

Matrix<double> normal_matrix(std::size_t n, std::size_t d, std::uint64_t seed) {
  Matrix<double> x(n, d);
  Rng(seed).fill_normal(x.values());
  return x;
}

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// Every distance, sorted. Distances that should be equal may round apart by `slack` relative.
void compare_with_sorting(const Matrix<double>& x, const Matrix<double>& queries, std::size_t k,
                          double slack) {
  const Neighbors got = nearest_neighbors(x, queries, {.neighbors = k});
  BOOST_TEST_REQUIRE(got.rows.size() == queries.rows() * k);
  std::size_t wrong_rows = 0, wrong_distances = 0;
  for (std::size_t i = 0; i < queries.rows(); ++i) {
    std::vector<std::size_t> order(x.rows());
    std::iota(order.begin(), order.end(), 0U);
    std::vector<double> distances;
    for (std::size_t j = 0; j < x.rows(); ++j) {
      distances.push_back(squared_distance(queries.row(i), x.row(j)));
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return distances[a] < distances[b]; });
    for (std::size_t l = 0; l < k; ++l) {
      const double expected = distances[order[l]], distance = got.squared_distances(i, l);
      wrong_distances += std::abs(distance - expected) > slack * expected ? 1 : 0;
      const std::size_t row = got.rows[i * k + l];
      wrong_rows += row != order[l] && (slack == 0 || distances[row] != expected) ? 1 : 0;
    }
  }
  BOOST_TEST(wrong_rows == 0u);
  BOOST_TEST(wrong_distances == 0u);
}

BOOST_AUTO_TEST_CASE(the_neighbors_are_those_that_sorting_all_distances_puts_first) {
  for (const std::size_t d : {1, 3, 4, 9, 30, 130}) {
    for (const std::size_t n : {1, 5, 511, 512, 513, 1100}) {
      for (const std::size_t k : {1, 4, 600}) {
        if (k > n) continue;
        BOOST_TEST_CONTEXT("d " << d << ", n " << n << ", k " << k) {
          // Different sums of d squares each.
          compare_with_sorting(normal_matrix(n, d, n + d), normal_matrix(67, d, 3), k,
                               2 * static_cast<double>(d + 3) * 2.3e-16);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(equally_near_rows_come_in_their_order_however_many_there_are) {
  // Small integers: distances are exact, and most of them are shared by many rows.
  Matrix<double> x(1500, 3), queries(40, 3);
  Rng rng(4);
  for (double& value : x.values()) value = static_cast<double>(rng.below(4));
  for (double& value : queries.values()) value = static_cast<double>(rng.below(4));
  for (const std::size_t k : {1, 4, 50}) compare_with_sorting(x, queries, k, 0);
  compare_with_sorting(Matrix<double>(1000, 2, 7.0), Matrix<double>(3, 2, 7.0), 5, 0);
}

BOOST_AUTO_TEST_CASE(what_float_cannot_tell_apart_is_still_told_apart) {
  // Rows at 1e6 + i * 1e-6, between which floats have no room; and one row far outside, which
  // takes the scale from all others.
  for (const double outlier : {1e6, 1e12, -1e30}) {
    Matrix<double> x(700, 2, 1e6);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      x(i, 0) += 1e-6 * static_cast<double>((i * 389) % x.rows());
    }
    x(350, 1) = outlier;
    Matrix<double> queries(9, 2, 1e6);
    for (std::size_t i = 0; i < queries.rows(); ++i) {
      queries(i, 0) += 1e-6 * (70.25 * static_cast<double>(i));
    }
    BOOST_TEST_CONTEXT("outlier " << outlier) { compare_with_sorting(x, queries, 3, 0); }
  }
}

BOOST_AUTO_TEST_CASE(sizes_near_the_ends_of_the_range_of_double_keep_their_order) {
  for (const double scale : {1e-150, 1e-300, 1e150}) {
    Matrix<double> x = normal_matrix(600, 4, 8), queries = normal_matrix(5, 4, 9);
    const Neighbors expected = nearest_neighbors(x, queries);
    for (double& value : x.values()) value *= scale;
    for (double& value : queries.values()) value *= scale;
    // At 1e-300 all squares are 0, and the order of x decides.
    const std::vector<std::size_t> rows = nearest_neighbors(x, queries).rows;
    if (scale != 1e-300) BOOST_TEST((rows == expected.rows));
    if (scale == 1e-300) BOOST_TEST((rows[0] == 0 && rows[3] == 3));
  }
}

BOOST_AUTO_TEST_CASE(a_transform_measures_in_its_metric_also_when_it_drops_dimensions) {
  const Matrix<double> x = normal_matrix(300, 5, 1), queries = normal_matrix(20, 5, 2);
  const Matrix<double> l = normal_matrix(2, 5, 3);
  const Neighbors got = nearest_neighbors(x, queries, {.neighbors = 3, .transform = l});
  const Neighbors expected =
      nearest_neighbors(matmul(x, l, {.transpose_b = true}),
                        matmul(queries, l, {.transpose_b = true}), {.neighbors = 3});
  BOOST_TEST((got.rows == expected.rows));
  BOOST_TEST((got.squared_distances == expected.squared_distances));
}

BOOST_AUTO_TEST_CASE(the_majority_wins_and_a_tie_goes_to_the_nearest_of_the_tied_labels) {
  const Matrix<double> x{{1}, {2}, {3}, {4}, {5}};
  const std::vector<std::size_t> labels = {30, 10, 20, 20, 10};
  const Matrix<double> query{{0}};
  const auto vote = [&](std::size_t k) {
    return knn_classify(x, labels, query, {.neighbors = k}).front();
  };
  BOOST_TEST(vote(1) == 30u);
  BOOST_TEST(vote(2) == 30u);
  BOOST_TEST(vote(3) == 30u);
  BOOST_TEST(vote(4) == 20u);
  BOOST_TEST(vote(5) == 10u);  // two tens and two twenties: the nearest of them is a ten
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const Matrix<double> x = normal_matrix(1000, 7, 5), queries = normal_matrix(300, 7, 6);
  const Matrix<double> l = normal_matrix(7, 7, 7);
  set_thread_count(1);
  const Neighbors one = nearest_neighbors(x, queries, {.transform = l});
  set_thread_count(3);
  const Neighbors three = nearest_neighbors(x, queries, {.transform = l});
  set_thread_count(0);
  BOOST_TEST((one.rows == three.rows));
  BOOST_TEST((one.squared_distances == three.squared_distances));
}

BOOST_AUTO_TEST_CASE(no_queries_have_no_neighbors) {
  const Neighbors none = nearest_neighbors(Matrix<double>(5, 2), Matrix<double>(0, 2));
  BOOST_TEST(none.rows.empty());
  BOOST_TEST(none.k == 4u);
}

BOOST_AUTO_TEST_CASE(bad_input_gets_one_clear_error) {
  const Matrix<double> x(5, 2), queries(3, 2);
  BOOST_CHECK_EXCEPTION(
      nearest_neighbors(x, queries, {.neighbors = 6}), ArgumentError,
      says("nearest_neighbors: neighbors must be at least 1 and at most n; got neighbors 6, n 5"));
  BOOST_CHECK_EXCEPTION(
      nearest_neighbors(x, queries, {.neighbors = 0}), ArgumentError,
      says("nearest_neighbors: neighbors must be at least 1 and at most n; got neighbors 0, n 5"));
  BOOST_CHECK_EXCEPTION(nearest_neighbors(x, Matrix<double>(3, 1)), ShapeError,
                        says("nearest_neighbors: x and queries must have the same features, at "
                             "least 1; got x 5 x 2, queries 3 x 1"));
  const Matrix<double> wide(2, 3);
  BOOST_CHECK_EXCEPTION(nearest_neighbors(x, queries, {.transform = wide}), ShapeError,
                        says("nearest_neighbors: transform must have a column for each feature; "
                             "got transform 2 x 3, features 2"));
  const std::vector<std::size_t> labels(4);
  BOOST_CHECK_EXCEPTION(
      knn_classify(x, labels, queries), ShapeError,
      says("knn_classify: there must be a label for each row of x; got labels 4, rows 5"));
  Matrix<double> bad = x;
  bad(3, 1) = std::nan("");
  BOOST_CHECK_EXCEPTION(
      nearest_neighbors(bad, queries), ArgumentError,
      says("nearest_neighbors: x must be finite; got row 3, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(
      nearest_neighbors(x, bad), ArgumentError,
      says("nearest_neighbors: queries must be finite; got row 3, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(
      nearest_neighbors(x, queries, {.transform = bad}), ArgumentError,
      says("nearest_neighbors: transform must be finite; got row 3, column 1, value nan"));
  bad(3, 1) = 1.7e308;
  BOOST_CHECK_EXCEPTION(nearest_neighbors(bad, Matrix<double>(1, 2, -1.7e308)), ArgumentError,
                        says("nearest_neighbors: differences of rows must not overflow; got "
                             "largest inf"));
}

}  // namespace
}  // namespace surplus
