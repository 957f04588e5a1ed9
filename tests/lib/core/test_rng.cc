#define BOOST_TEST_MODULE rng
#include "surplus/core/rng.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "kernels/reference/philox.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

template <typename Error, typename Body>
void fails_with(const std::string& text, const Body& body) {
  BOOST_CHECK_EXCEPTION(body(), Error, [&](const Error& error) {
    BOOST_TEST(error.what() == text);
    return error.what() == text;
  });
}

std::vector<std::uint64_t> words(Rng rng, std::size_t n) {
  std::vector<std::uint64_t> out(n);
  for (std::uint64_t& word : out) word = rng.bits();
  return out;
}

BOOST_AUTO_TEST_CASE(the_words_of_a_seed_are_the_philox_stream_under_that_key) {
  const std::vector<std::uint64_t> drawn = words(Rng(42), 100);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    BOOST_TEST(drawn[i] == kernels::reference::philox_word<std::uint64_t>(42, 0, i));
  }
}

BOOST_AUTO_TEST_CASE(numbers_drawn_one_by_one_in_pieces_and_in_one_fill_are_the_same) {
  constexpr std::size_t kCount = 200001;  // several chunks
  std::vector<double> uniforms(kCount), normals(kCount);
  Rng whole(1);
  whole.fill_uniform(uniforms);
  whole.fill_normal(normals);
  Rng single(1), mixed(1);
  std::vector<double> some(100);
  for (std::size_t i = 0; i < 1000; ++i) {
    BOOST_TEST_REQUIRE(single.uniform() == uniforms[i]);
    BOOST_TEST_REQUIRE(single.normal() == normals[i]);
  }
  for (std::size_t i = 0; i + 100 < 5000; i += 101) {
    BOOST_TEST_REQUIRE(mixed.uniform() == uniforms[i]);
    mixed.fill_uniform(some);
    BOOST_TEST_REQUIRE(std::equal(some.begin(), some.end(), uniforms.begin() + i + 1));
    BOOST_TEST_REQUIRE(mixed.normal() == normals[i]);
    mixed.fill_normal(some);
    BOOST_TEST_REQUIRE(std::equal(some.begin(), some.end(), normals.begin() + i + 1));
  }
  std::vector<float> floats(kCount), pieces(kCount);
  for (const bool normal : {false, true}) {
    Rng once(1), twice(1);
    const auto fill = [&](Rng& rng, std::span<float> out) {
      normal ? rng.fill_normal(out) : rng.fill_uniform(out);
    };
    fill(once, floats);
    fill(twice, std::span(pieces).first(77));
    fill(twice, std::span(pieces).subspan(77));
    BOOST_TEST((floats == pieces));
  }
}

BOOST_AUTO_TEST_CASE(the_four_sequences_of_a_stream_do_not_move_one_another) {
  Rng plain(3), busy(3);
  busy.normal();
  std::vector<float> floats(5);
  busy.fill_uniform(floats);
  busy.fill_normal(floats);
  BOOST_TEST(plain.bits() == busy.bits());
  busy.bits();
  plain.normal();
  BOOST_TEST(plain.normal() == busy.normal());
}

BOOST_AUTO_TEST_CASE(the_four_sequences_of_a_stream_use_blocks_of_their_own) {
  using namespace kernels::reference;
  Rng rng(8);
  double normal;
  float uniform_float[3], normal_float[3];
  philox_normal(8, 0, std::uint64_t{1} << 61, 1, &normal);
  philox_uniform(8, 0, std::uint64_t{2} << 62, 3, uniform_float);
  philox_normal(8, 0, std::uint64_t{3} << 62, 3, normal_float);
  BOOST_TEST(rng.normal() == normal);
  std::vector<float> floats(3);
  rng.fill_uniform(floats);
  BOOST_TEST(std::equal(floats.begin(), floats.end(), uniform_float));
  rng.fill_normal(floats);
  BOOST_TEST(std::equal(floats.begin(), floats.end(), normal_float));
}

BOOST_AUTO_TEST_CASE(fills_do_not_depend_on_the_number_of_threads) {
  std::vector<double> one(300000), two(300000);
  set_thread_count(1);
  Rng(5).fill_normal(one);
  set_thread_count(2);
  Rng(5).fill_normal(two);
  set_thread_count(0);
  BOOST_TEST((one == two));
}

BOOST_AUTO_TEST_CASE(a_copy_continues_at_the_same_place) {
  Rng rng(9);
  rng.bits();
  rng.normal();
  Rng copy = rng;
  BOOST_TEST(copy.bits() == rng.bits());
  BOOST_TEST(copy.normal() == rng.normal());
}

BOOST_AUTO_TEST_CASE(a_split_depends_on_seed_and_names_but_not_on_what_was_drawn) {
  Rng fresh(4), used(4);
  used.bits();
  BOOST_TEST((words(fresh.split("init"), 4) == words(used.split("init"), 4)));
  BOOST_TEST((words(fresh.split(7), 4) == words(used.split(7), 4)));
  BOOST_TEST((words(Rng(5).split("init"), 4) != words(fresh.split("init"), 4)));
  BOOST_TEST((words(fresh.split("a").split("b"), 4) != words(fresh.split("b").split("a"), 4)));
  BOOST_TEST((words(fresh.split("ab"), 4) != words(fresh.split("a").split("b"), 4)));
}

BOOST_AUTO_TEST_CASE(streams_split_by_names_and_numbers_are_all_different) {
  const Rng root(1);
  std::set<std::uint64_t> first = {Rng(root).bits(), root.split("").bits()};
  for (std::uint64_t i = 0; i < 20000; ++i) {
    first.insert(root.split(i).bits());
    first.insert(root.split(std::to_string(i)).bits());
    first.insert(root.split("init").split(i).bits());
  }
  BOOST_TEST(first.size() == 60002u);
}

BOOST_AUTO_TEST_CASE(the_first_words_of_numbered_streams_are_uniform) {
  // Mean 1/2 with standard deviation 1 / sqrt(12 n), six of them.
  constexpr int kStreams = 100000;
  double mean = 0;
  for (int i = 0; i < kStreams; ++i) mean += Rng(1).split(static_cast<std::uint64_t>(i)).uniform();
  BOOST_TEST(std::abs(mean / kStreams - 0.5) < 6 / std::sqrt(12.0 * kStreams));
}

BOOST_AUTO_TEST_CASE(below_is_uniform_without_bias) {
  Rng rng(11);
  // n = 3/4 of 2^64: four neighbouring words meet three values, and without the redraw the first
  // of the three, a multiple of 3, would be twice as likely.
  const std::uint64_t n = std::uint64_t{3} << 62;
  constexpr int kDraws = 30000;
  int thirds[3] = {}, remainders[3] = {};
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t value = rng.below(n);
    BOOST_TEST_REQUIRE(value < n);
    ++thirds[value / (n / 3)];
    ++remainders[value % 3];
    BOOST_TEST_REQUIRE(rng.below(1) == 0u);
  }
  // Binomial with p = 1/3, six standard deviations.
  for (const int count : thirds) {
    BOOST_TEST(std::abs(count - kDraws / 3.0) < 6 * std::sqrt(kDraws * 2.0 / 9.0));
  }
  for (const int count : remainders) {
    BOOST_TEST(std::abs(count - kDraws / 3.0) < 6 * std::sqrt(kDraws * 2.0 / 9.0));
  }
}

BOOST_AUTO_TEST_CASE(below_zero_is_refused) {
  fails_with<ArgumentError>("Rng::below: n must be at least 1; got n 0", [] { Rng(1).below(0); });
}

BOOST_AUTO_TEST_CASE(a_permutation_holds_each_index_once_and_all_orders_are_equally_likely) {
  Rng rng(13);
  BOOST_TEST(rng.permutation(0).empty());
  std::vector<std::size_t> order = rng.permutation(1000);
  BOOST_TEST(!std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) BOOST_TEST(order[i] == i);
  constexpr int kDraws = 60000;
  int counts[3][3] = {};
  for (int draw = 0; draw < kDraws; ++draw) {
    const auto three = rng.permutation(3);
    ++counts[three[0]][three[1]];
  }
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      if (i == j) continue;
      BOOST_TEST(std::abs(counts[i][j] - kDraws / 6.0) < 6 * std::sqrt(kDraws * 5.0 / 36.0));
    }
  }
}

BOOST_AUTO_TEST_CASE(categorical_draws_in_proportion_to_the_weights_and_never_a_zero_one) {
  Rng rng(17);
  const double weights[] = {0, 1, 0, 3, 0};
  constexpr int kDraws = 40000;
  int counts[5] = {};
  for (int draw = 0; draw < kDraws; ++draw) ++counts[rng.categorical(weights)];
  BOOST_TEST(counts[0] + counts[2] + counts[4] == 0);
  BOOST_TEST(std::abs(counts[3] - 0.75 * kDraws) < 6 * std::sqrt(kDraws * 3.0 / 16.0));
}

BOOST_AUTO_TEST_CASE(categorical_takes_huge_and_tiny_weights) {
  Rng rng(19);
  const double huge[] = {1.7e308, 1.7e308}, tiny[] = {0, 5e-324};
  std::set<std::size_t> seen;
  for (int draw = 0; draw < 100; ++draw) {
    seen.insert(rng.categorical(huge));
    BOOST_TEST(rng.categorical(tiny) == 1u);
  }
  BOOST_TEST(seen.size() == 2u);
}

BOOST_AUTO_TEST_CASE(categorical_names_the_weight_it_refuses) {
  const auto draw = [](std::vector<double> weights) { Rng(1).categorical(weights); };
  fails_with<ArgumentError>(
      "Rng::categorical: weights must be finite and not negative; got index 1, weight -0.5", [&] {
        draw({1, -0.5});
      });
  fails_with<ArgumentError>(
      "Rng::categorical: weights must be finite and not negative; got index 0, weight nan",
      [&] { draw({std::numeric_limits<double>::quiet_NaN()}); });
  fails_with<ArgumentError>(
      "Rng::categorical: weights must be finite and not negative; got index 2, weight inf", [&] {
        draw({1, 0, std::numeric_limits<double>::infinity()});
      });
  fails_with<ArgumentError>("Rng::categorical: at least one weight must be positive; got weights 2",
                            [&] {
                              draw({0, 0});
                            });
  fails_with<ArgumentError>("Rng::categorical: at least one weight must be positive; got weights 0",
                            [&] { draw({}); });
}

}  // namespace
}  // namespace surplus
