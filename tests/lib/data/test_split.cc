#define BOOST_TEST_MODULE split
#include "surplus/data/split.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

// Each row is in one of the two, once.
void check_partition(const Split& s, std::size_t n) {
  std::vector<std::size_t> rows = s.train;
  rows.insert(rows.end(), s.test.begin(), s.test.end());
  std::sort(rows.begin(), rows.end());
  BOOST_TEST(rows.size() == n);
  for (std::size_t i = 0; i < rows.size(); ++i) BOOST_TEST(rows[i] == i);
}

BOOST_AUTO_TEST_CASE(each_row_is_in_one_side_and_the_test_has_its_share) {
  Rng rng(1);
  for (const std::size_t n : {2u, 3u, 10u, 101u}) {
    for (const double share : {1e-9, 0.25, 0.5, 0.999999}) {
      const Split s = split(n, share, rng);
      check_partition(s, n);
      const double rounded = std::round(share * static_cast<double>(n));
      const double expected = std::clamp(rounded, 1.0, static_cast<double>(n) - 1);
      BOOST_TEST(static_cast<double>(s.test.size()) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_splits_alike_and_the_next_draw_does_not) {
  Rng a(7), b(7);
  const Split first = split(1000, 0.3, a);
  BOOST_TEST((split(1000, 0.3, b).test == first.test));
  BOOST_TEST((split(1000, 0.3, a).test != first.test));
}

BOOST_AUTO_TEST_CASE(a_stratified_split_gives_each_class_its_share_to_within_one) {
  Rng rng(3);
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < 97; ++i) labels.push_back(i < 60 ? 5 : i < 90 ? 0 : 1000000007);
  for (const double share : {0.01, 0.2, 0.5, 0.9}) {
    const Split s = stratified_split(labels, share, rng);
    check_partition(s, labels.size());
    BOOST_TEST(s.test.size() == split(labels.size(), share, rng).test.size());
    for (const std::size_t label : {5u, 0u, 1000000007u}) {
      const auto is_of_class = [&](std::size_t row) { return labels[row] == label; };
      const auto in_test = std::count_if(s.test.begin(), s.test.end(), is_of_class);
      const auto in_all = std::count(labels.begin(), labels.end(), label);
      const double exact = static_cast<double>(in_all) * static_cast<double>(s.test.size()) / 97;
      BOOST_TEST(std::abs(static_cast<double>(in_test) - exact) < 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_are_taken_by_number_with_repeats) {
  const Matrix<double> x{{1, 2}, {3, 4}};
  const std::size_t rows[] = {1, 0, 1};
  BOOST_TEST((take_rows(x, rows) == Matrix<double>{{3, 4}, {1, 2}, {3, 4}}));
  BOOST_TEST((take_rows(Matrix<float>{{1}}, {}) == Matrix<float>(0, 1)));
}

BOOST_AUTO_TEST_CASE(a_subset_holds_each_row_once_and_grows_with_its_size) {
  Rng rng(4), again(4);
  const std::vector<std::size_t> large = random_subset(1000, 300, rng);
  std::vector<std::size_t> sorted = large;
  std::sort(sorted.begin(), sorted.end());
  BOOST_TEST((std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()));
  BOOST_TEST(sorted.back() < 1000);
  BOOST_TEST(sorted.back() > 300);  // but for a chance of 1e-280
  const std::vector<std::size_t> small = random_subset(1000, 10, again);
  BOOST_TEST(std::equal(small.begin(), small.end(), large.begin()));
  BOOST_TEST(random_subset(0, 0, rng).empty());
  BOOST_CHECK_EXCEPTION(random_subset(3, 4, rng), ArgumentError,
                        says("random_subset: count must be at most n; got count 4, n 3"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_split_is_refused) {
  Rng rng(1);
  const std::size_t two[] = {0, 2};
  BOOST_CHECK_EXCEPTION(split(1, 0.5, rng), ArgumentError,
                        says("split: n must be at least 2; got n 1"));
  for (const double share : {0.0, 1.0, -0.5, std::nan("")}) {
    BOOST_CHECK_EXCEPTION(
        split(5, share, rng), ArgumentError,
        says("split: test_share must be between 0 and 1; got test_share " + to_text(share)));
  }
  BOOST_CHECK_EXCEPTION(stratified_split({}, 0.5, rng), ArgumentError,
                        says("stratified_split: n must be at least 2; got n 0"));
  BOOST_CHECK_EXCEPTION(
      stratified_split(two, 2, rng), ArgumentError,
      says("stratified_split: test_share must be between 0 and 1; got test_share 2"));
  BOOST_CHECK_EXCEPTION(
      take_rows(Matrix<double>(2, 3), two), ArgumentError,
      says("take_rows: each row must be below the number of rows; got row 2, x 2 x 3"));
}

}  // namespace
}  // namespace surplus
