#define BOOST_TEST_MODULE pairs
#include "surplus/metric/pairs.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

const std::vector<std::size_t> kLabels = {0, 1, 0, 2, 1, 0, 0};

std::set<std::pair<std::uint32_t, std::uint32_t>> distinct(const std::vector<Pair>& pairs) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> set;
  for (const Pair& pair : pairs) set.emplace(pair.first, pair.second);
  return set;
}

BOOST_AUTO_TEST_CASE(all_pairs_come_in_order_each_once_with_the_labels_deciding) {
  const std::vector<Pair> pairs = all_pairs(kLabels).list();
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < 7; ++i) {
    for (std::uint32_t j = i + 1; j < 7; ++j, ++at) {
      BOOST_TEST((pairs.at(at) == Pair{i, j, kLabels[i] == kLabels[j]}));
    }
  }
  BOOST_TEST(pairs.size() == at);
}

BOOST_AUTO_TEST_CASE(a_hundred_million_pairs_are_read_at_any_place_without_a_table) {
  const std::vector<std::size_t> labels(20000, 3);
  const Pairs pairs = all_pairs(labels);
  BOOST_TEST(pairs.count == 199990000u);
  std::vector<Pair> some(3);
  pairs.read(pairs.count - 3, some);
  BOOST_TEST((some[0] == Pair{19997, 19998, true}));
  BOOST_TEST((some[2] == Pair{19998, 19999, true}));
  pairs.read(19998, some);
  BOOST_TEST((some[0] == Pair{0, 19999, true}));
  BOOST_TEST((some[1] == Pair{1, 2, true}));
}

BOOST_AUTO_TEST_CASE(random_pairs_are_distinct_reach_all_and_start_alike_for_every_count) {
  const std::vector<Pair> every = random_pairs(kLabels, 21, Rng(5)).list();
  BOOST_TEST(distinct(every).size() == 21u);
  const std::vector<Pair> some = random_pairs(kLabels, 8, Rng(5)).list();
  BOOST_TEST((std::vector<Pair>(every.begin(), every.begin() + 8) == some));
  BOOST_TEST((random_pairs(kLabels, 8, Rng(6)).list() != some));
}

BOOST_AUTO_TEST_CASE(each_pair_is_as_likely_as_any_other_to_come_first) {
  constexpr int kDraws = 21000;
  std::vector<int> counts(49, 0), independent(49, 0);
  for (int seed = 0; seed < kDraws; ++seed) {
    const Pair pair = random_pairs(kLabels, 1, Rng(seed)).list()[0];
    ++counts[pair.first * 7 + pair.second];
    const Pair other = random_pairs_with_replacement(kLabels, 2, Rng(seed)).list()[1];
    ++independent[other.first * 7 + other.second];
  }
  for (std::size_t i = 0; i < 7; ++i) {
    for (std::size_t j = i + 1; j < 7; ++j) {
      // Binomial(21000, 1/21): five standard deviations of 30.9.
      BOOST_TEST(std::abs(counts[i * 7 + j] - 1000) < 155);
      BOOST_TEST(std::abs(independent[i * 7 + j] - 1000) < 155);
    }
  }
}

BOOST_AUTO_TEST_CASE(balanced_draws_with_replacement_reach_every_pair_of_their_kind_alike) {
  BOOST_TEST(similar_pair_count(kLabels) == 7u);  // of four zeros and of two ones
  constexpr std::size_t kSimilar = 7000, kDifferent = 14000;
  const std::vector<Pair> pairs =
      balanced_pairs_with_replacement(kLabels, kSimilar, kDifferent, Rng(1)).list();
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> counts;
  for (std::size_t c = 0; c < pairs.size(); ++c) {
    BOOST_TEST_REQUIRE(pairs[c].first < pairs[c].second);
    BOOST_TEST_REQUIRE(pairs[c].similar == (c < kSimilar));
    BOOST_TEST_REQUIRE(pairs[c].similar == (kLabels[pairs[c].first] == kLabels[pairs[c].second]));
    ++counts[{pairs[c].first, pairs[c].second}];
  }
  BOOST_TEST(counts.size() == 21u);
  // Binomial(7000, 1/7) and (14000, 1/14): five standard deviations of 29.3 and 30.5.
  for (const auto& [pair, count] : counts) BOOST_TEST(std::abs(count - 1000) < 153);
}

BOOST_AUTO_TEST_CASE(reading_in_pieces_gives_what_reading_at_once_gives) {
  for (const Pairs& pairs :
       {random_pairs(kLabels, 20, Rng(1)), all_pairs(kLabels),
        random_pairs_with_replacement(kLabels, 50, Rng(2)), balanced_pairs(kLabels, 4, 9, Rng(3)),
        balanced_pairs_with_replacement(kLabels, 20, 9, Rng(3))}) {
    const std::vector<Pair> whole = pairs.list();
    std::vector<Pair> pieces(whole.size());
    pairs.read(0, std::span(pieces).first(7));
    pairs.read(7, std::span(pieces).subspan(7));
    BOOST_TEST((whole == pieces));
  }
}

BOOST_AUTO_TEST_CASE(balanced_pairs_hold_the_asked_number_of_each_kind_similar_first) {
  const std::vector<Pair> pairs = balanced_pairs(kLabels, 7, 14, Rng(9)).list();
  BOOST_TEST(distinct(pairs).size() == 21u);
  for (std::size_t i = 0; i < pairs.size(); ++i) BOOST_TEST(pairs[i].similar == (i < 7));
}

BOOST_AUTO_TEST_CASE(impossible_requests_say_what_was_wanted_and_what_there_is) {
  const auto says = [](const char* text) {
    return [text](const ArgumentError& e) { return e.what() == std::string(text); };
  };
  BOOST_CHECK_EXCEPTION(random_pairs(kLabels, 22, Rng(1)), ArgumentError,
                        says("random_pairs: count must be at most the number of distinct pairs; "
                             "got count 22, pairs 21"));
  BOOST_CHECK_EXCEPTION(
      balanced_pairs(kLabels, 8, 2, Rng(1)), ArgumentError,
      says("balanced_pairs: the labels must make that many pairs of each kind; got similar wanted "
           "8, found 7, different wanted 2, found 2"));
  BOOST_CHECK_EXCEPTION(
      balanced_pairs_with_replacement(std::vector<std::size_t>{1, 2}, 1, 1, Rng(1)), ArgumentError,
      says("balanced_pairs_with_replacement: the labels must make a pair of each kind wanted; got "
           "similar wanted 1, found 0, different wanted 1, found 1"));
  BOOST_CHECK_EXCEPTION(
      all_pairs(std::vector<std::size_t>{1}), ArgumentError,
      says("all_pairs: labels must number at least 2 and at most 2^32 - 1; got labels 1"));
}

}  // namespace
}  // namespace surplus
