#define BOOST_TEST_MODULE sparse_topology
#include "surplus/sparse/topology.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/sparse/exploration.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;
constexpr std::uint32_t kGrown = TopologyChange::kGrown;

bool ascends(const Positions& positions) {
  return std::ranges::adjacent_find(positions, std::ranges::greater_equal()) == positions.end();
}

// A layer with weights, some of them equal, some zero.
struct Layer {
  Shape shape{30, 40};
  Positions positions;
  std::vector<float> w;

  explicit Layer(std::size_t active, std::uint64_t seed = 1) {
    Rng rng(seed);
    positions = random_positions(shape.rows * shape.cols, active, rng);
    for (std::size_t i = 0; i < active; ++i) {
      w.push_back(static_cast<float>(static_cast<double>(rng.below(41)) - 20) / 8);
    }
  }
  std::size_t size() const { return shape.rows * shape.cols; }
};

MatrixInPieces<float> pieces_of(const Matrix<float>& scores, std::size_t rows, std::size_t cols) {
  return [&scores, rows, cols](const UsePiece<float>& use) {
    // Last piece first: the order must not matter.
    const Chunks down{scores.rows(), rows}, across{scores.cols(), cols};
    for (std::size_t i = down.count(); i-- > 0;) {
      for (std::size_t j = across.count(); j-- > 0;) {
        use(down.begin(i), across.begin(j),
            scores.view().block(down.begin(i), across.begin(j), down.end(i) - down.begin(i),
                                across.end(j) - across.begin(j)));
      }
    }
  };
}

// The k smallest by (|w|, number), by sorting.
std::vector<std::uint32_t> smallest(const std::vector<float>& w, std::size_t k) {
  std::vector<std::uint32_t> numbers(w.size());
  std::iota(numbers.begin(), numbers.end(), 0u);
  std::ranges::stable_sort(numbers, {}, [&](std::uint32_t i) { return std::abs(w[i]); });
  numbers.resize(k);
  std::ranges::sort(numbers);
  return numbers;
}

void check_invariants(const Layer& layer, const DropAndGrow& config, const TopologyChange& change) {
  BOOST_TEST(change.positions.size() == layer.positions.size());
  BOOST_TEST(ascends(change.positions));
  BOOST_TEST(change.positions.back() < layer.size());
  std::set<std::uint32_t> gone(change.dropped.begin(), change.dropped.end());
  const std::set<std::uint32_t> grown(change.grown.begin(), change.grown.end());
  BOOST_TEST(grown.size() == gone.size());
  std::size_t survivors = 0;
  for (std::size_t i = 0; i < change.positions.size(); ++i) {
    const std::uint32_t from = change.from[i];
    if (grown.contains(change.positions[i])) {
      // A regrown place, or a new one.
      if (from == kGrown) continue;
      BOOST_TEST(config.keep_regrown);
      BOOST_TEST(gone.contains(from));
    } else {
      ++survivors;
      BOOST_TEST(!gone.contains(from));
    }
    BOOST_TEST(layer.positions[from] == change.positions[i]);
  }
  BOOST_TEST(survivors == layer.positions.size() - gone.size());
}

BOOST_AUTO_TEST_CASE(an_update_drops_the_smallest_and_keeps_the_count) {
  for (const std::size_t active : {1, 7, 60, 600, 1100}) {
    const Layer layer(active);
    for (const Growth growth : {Growth::kRandom, Growth::kGradient}) {
      for (const bool pool : {true, false}) {
        for (const bool keep : {true, false}) {
          const DropAndGrow config{
              .fraction = .3, .growth = growth, .grow_dropped = pool, .keep_regrown = keep};
          const auto scores = random_matrix<float>(30, 40, 5);
          Rng rng(2);
          const auto change = drop_and_grow<float>(config, layer.shape, layer.positions, layer.w,
                                                   rng, pieces_of(scores, 7, 9));
          auto k = static_cast<std::size_t>(std::ceil(.3 * static_cast<double>(active)));
          if (!pool) k = std::min(k, layer.size() - active);
          BOOST_TEST(change.dropped == smallest(layer.w, k), boost::test_tools::per_element());
          check_invariants(layer, config, change);
          for (const std::uint32_t number : change.dropped) {
            const bool again = std::ranges::binary_search(change.grown, layer.positions[number]);
            BOOST_TEST((pool || !again));
          }
          const Matrix<float> w = relaid<float>(change, layer.w, 0.25f);
          for (std::size_t i = 0; i < active; ++i) {
            const float expected = change.from[i] == kGrown ? 0.25f : layer.w[change.from[i]];
            BOOST_TEST(w(0, i) == expected);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(growth_by_gradient_takes_the_largest_and_the_first_of_equals) {
  const Layer layer(300);
  Matrix<float> scores(30, 40);
  Rng rng(4);
  for (float& s : scores.values()) s = static_cast<float>(static_cast<double>(rng.below(9)) - 4);
  const DropAndGrow config{.fraction = .5, .growth = Growth::kGradient};
  const auto found = drop_and_grow<float>(config, layer.shape, layer.positions, layer.w, rng,
                                          pieces_of(scores, 30, 40));
  Positions candidates, kept;
  for (std::uint32_t i = 0; i < 300; ++i) {
    if (!std::ranges::binary_search(found.dropped, i)) kept.push_back(layer.positions[i]);
  }
  for (std::uint32_t i = 0; i < layer.size(); ++i) {
    if (!std::ranges::binary_search(kept, i)) candidates.push_back(i);
  }
  std::ranges::stable_sort(candidates, std::ranges::greater(),
                           [&](std::uint32_t i) { return std::abs(scores.values()[i]); });
  candidates.resize(150);
  std::ranges::sort(candidates);
  BOOST_TEST(found.grown == candidates, boost::test_tools::per_element());
  const auto cut = drop_and_grow<float>(config, layer.shape, layer.positions, layer.w, rng,
                                        pieces_of(scores, 4, 11));
  BOOST_TEST(cut.grown == candidates, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_product_in_pieces_grows_the_same_with_any_number_of_threads) {
  const Shape shape{300, 500};
  Rng rng(5);
  const Positions positions = random_positions(shape.rows * shape.cols, 5000, rng);
  std::vector<float> w(positions.size());
  rng.fill_normal(w);
  const auto d_y = random_matrix<float>(64, shape.rows, 6),
             x = random_matrix<float>(64, shape.cols, 7);
  std::vector<Positions> grown;
  for (const std::size_t threads : {1, 2, 4}) {
    set_thread_count(threads);
    grown.push_back(drop_and_grow<float>({.growth = Growth::kGradient}, shape, positions, w, rng,
                                         [&](const UsePiece<float>& use) {
                                           matmul_in_pieces(d_y, x, use, {.transpose_a = true});
                                         })
                        .grown);
  }
  set_thread_count(0);
  BOOST_TEST(grown[0] == grown[1], boost::test_tools::per_element());
  BOOST_TEST(grown[0] == grown[2], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(random_growth_is_uniform_over_the_free_places) {
  // Chi-square of 10^5 draws over the places of pool A: survivors are never among them.
  const Shape shape{5, 10};
  Rng rng(8);
  Positions positions = random_positions(50, 20, rng);
  std::vector<float> w(20);
  std::iota(w.begin(), w.end(), 1.0f);
  std::vector<double> hits(50);
  constexpr std::size_t kUpdates = 20000, kGrownEach = 5;
  for (std::size_t update = 0; update < kUpdates; ++update) {
    const auto change = drop_and_grow<float>({.fraction = .25}, shape, positions, w, rng);
    for (const std::uint32_t place : change.grown) ++hits[place];
  }
  const double expected = static_cast<double>(kUpdates * kGrownEach) / 35;
  double chi = 0;
  for (std::uint32_t place = 0; place < 50; ++place) {
    const auto at = std::ranges::find(positions, place);
    if (at != positions.end() && at - positions.begin() >= 5) {
      BOOST_TEST(hits[place] == 0);
    } else {
      chi += std::pow(hits[place] - expected, 2) / expected;
    }
  }
  // p = 1e-4 at 34 degrees of freedom; draws without replacement vary less.
  BOOST_TEST(chi < 74.5);
  BOOST_TEST(chi > 8.0);
}

BOOST_AUTO_TEST_CASE(options_of_the_published_codes_do_what_they_say) {
  Layer layer(200);
  Rng rng(9);
  // By sign: a quarter of each.
  const auto signs = drop_and_grow<float>({.fraction = .25, .drop = DropRule::kBySign}, layer.shape,
                                          layer.positions, layer.w, rng);
  std::vector<float> parts[2];
  for (const float x : layer.w) parts[x < 0].push_back(x);
  const auto expected = std::ceil(.25 * static_cast<double>(parts[0].size())) +
                        std::ceil(.25 * static_cast<double>(parts[1].size()));
  BOOST_TEST(static_cast<double>(signs.dropped.size()) == expected);
  for (const bool negative : {false, true}) {
    float most_gone = 0, least_kept = 1e9f;
    for (std::uint32_t i = 0; i < 200; ++i) {
      if ((layer.w[i] < 0) != negative) continue;
      const bool gone = std::ranges::binary_search(signs.dropped, i);
      if (gone) most_gone = std::max(most_gone, std::abs(layer.w[i]));
      if (!gone) least_kept = std::min(least_kept, std::abs(layer.w[i]));
    }
    BOOST_TEST(most_gone <= least_kept);
  }
  // Rounded down: none of one weight.
  BOOST_TEST(drop_and_grow<float>({.fraction = .5, .round_up = false}, {1, 9}, Positions{3},
                                  std::vector<float>{1}, rng)
                 .dropped.empty());
  // Bernoulli growth is right in the mean.
  double grown = 0;
  for (std::size_t i = 0; i < 2000; ++i) {
    grown += static_cast<double>(drop_and_grow<float>({.fraction = .5, .exact = false}, layer.shape,
                                                      layer.positions, layer.w, rng)
                                     .grown.size());
  }
  BOOST_TEST(std::abs(grown / 2000 - 100) < 5 * std::sqrt(100.0 * 1000 / 1100 / 2000));
}

BOOST_AUTO_TEST_CASE(unfired_places_come_first) {
  const Shape shape{10, 20};
  Rng rng(10);
  Positions positions = random_positions(200, 40, rng);
  std::vector<float> w(40);
  rng.fill_normal(w);
  LayerExploration seen = start_exploration(200, positions, false);
  for (std::size_t step = 1; step <= 12; ++step) {
    const std::size_t unseen = 200 - seen.fired_count;
    const auto change = drop_and_grow<float>({.fraction = .5, .growth = Growth::kRandomUnfired},
                                             shape, positions, w, rng, {}, seen.fired);
    BOOST_TEST(change.grown.size() == 20u);
    BOOST_TEST(ascends(change.grown));
    explore(seen, positions, change, step, step - 1, 0);
    BOOST_TEST(200 - seen.fired_count == unseen - std::min<std::size_t>(unseen, 20));
    const Matrix<float> next = relaid<float>(change, w);
    w.assign(next.values().begin(), next.values().end());
    positions = change.positions;
  }
  BOOST_TEST(seen.rate() == 1.0);
}

BOOST_AUTO_TEST_CASE(exploration_is_the_union_of_all_masks_and_agrees_with_the_recursion) {
  constexpr std::size_t kSize = 20000, kActive = 1000, kUpdates = 60, kPatience = 25;
  for (const bool pool : {true, false}) {
    Rng rng(11);
    Positions positions = random_positions(kSize, kActive, rng);
    std::vector<float> w(kActive);
    rng.fill_normal(w);
    LayerExploration layer = start_exploration(kSize, positions, true);
    BOOST_TEST(layer.rate() == .05);
    std::set<std::uint32_t> all(positions.begin(), positions.end());
    std::vector<std::size_t> active_steps(kSize), longest(kSize), grown;
    double before = layer.rate(), sum = 0;
    for (std::size_t j = 1; j <= kUpdates; ++j) {
      for (const std::uint32_t p : positions) {
        longest[p] = std::max(longest[p], active_steps[p] += 10);
      }
      const double p = .5 * (1 - static_cast<double>(j) / kUpdates);
      const auto change = drop_and_grow<float>({.fraction = p, .grow_dropped = pool}, {100, 200},
                                               positions, w, rng);
      grown.push_back(change.grown.size());
      sum += p;
      explore(layer, positions, change, 10 * j, 10 * (j - 1), kPatience);
      for (const std::uint32_t i : change.dropped) {
        if (!std::ranges::binary_search(change.positions, positions[i])) {
          active_steps[positions[i]] = 0;
        }
      }
      const Matrix<float> next = relaid<float>(change, w);
      w.assign(next.values().begin(), next.values().end());
      for (std::size_t i = 0; i < kActive; ++i) {
        if (change.from[i] == kGrown) w[i] = static_cast<float>(rng.normal());
      }
      positions = change.positions;
      all.insert(positions.begin(), positions.end());
      BOOST_TEST(layer.fired_count == all.size());
      BOOST_TEST(layer.rate() >= before);
      before = layer.rate();
    }
    for (const std::uint32_t p : positions) {
      longest[p] = std::max(longest[p], active_steps[p] += 10);
    }
    finish_exploration(layer, positions, 10 * (kUpdates + 1), kPatience);
    BOOST_TEST(layer.rate() <= std::min(1.0, .05 * (1 + sum)) + kUpdates / double{kSize});
    const auto reliable =
        std::ranges::count_if(longest, [](std::size_t steps) { return steps >= kPatience; });
    BOOST_TEST(layer.reliable_count == static_cast<std::size_t>(reliable));
    BOOST_TEST(layer.survived < layer.tested);
    const double expected = expected_exploration(kSize, kActive, grown, pool);
    BOOST_TEST(std::abs(layer.rate() - expected) <
               4 * std::sqrt(expected * (1 - expected) / kSize));
  }
}

// 88,000 steps, p from .5 to .005 as a cosine, evaluated at t = j dT.
BOOST_AUTO_TEST_CASE(the_recursion_has_the_values_of_the_reference_computation) {
  const auto rate = [](double density, std::size_t interval) {
    constexpr std::size_t kSize = 1000000, kSteps = 88000;
    const auto n = static_cast<std::size_t>(density * kSize);
    std::vector<std::size_t> grown;
    for (std::size_t t = interval; t <= kSteps; t += interval) {
      const double p =
          .005 + .495 * (1 + std::cos(3.14159265358979 * static_cast<double>(t) / kSteps)) / 2;
      grown.push_back(static_cast<std::size_t>(std::ceil(p * static_cast<double>(n))));
    }
    return expected_exploration(kSize, n, grown);
  };
  const std::vector<std::pair<std::size_t, std::vector<double>>> rows = {
      {100, {1, 1, 1, .989, .894}},           {500, {1, .993, .905, .601, .366}},
      {1000, {.996, .918, .698, .373, .207}}, {1500, {.975, .816, .555, .271, .145}},
      {4000, {.775, .495, .280, .120, .062}}, {10000, {.501, .274, .143, .058, .029}}};
  const std::vector<double> densities = {.2, .1, .05, .02, .01};
  for (const auto& [interval, expected] : rows) {
    for (std::size_t i = 0; i < densities.size(); ++i) {
      BOOST_TEST(std::abs(rate(densities[i], interval) - expected[i]) < .0011);
    }
  }
}

BOOST_AUTO_TEST_CASE(training_flops_are_those_of_the_published_table) {
  BOOST_TEST(TrainingFlops{.42}.snfs() / 3 == .613, boost::test_tools::tolerance(.001));
  BOOST_TEST(TrainingFlops{.24}.snfs() / 3 == .493, boost::test_tools::tolerance(.001));
  BOOST_TEST(TrainingFlops{.24}.fixed() / 3 == .24, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(TrainingFlops{.1}.rigl(100) == (30 + 1.2) / 101, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(pruning_keeps_the_largest) {
  const Layer layer(90);
  const auto change = keep_largest<float>(layer.positions, layer.w, 30);
  BOOST_TEST(change.dropped == smallest(layer.w, 60), boost::test_tools::per_element());
  BOOST_TEST(change.positions.size() == 30u);
  BOOST_TEST(change.grown.empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  Rng rng(12);
  const Positions positions = {1, 4};
  const std::vector<float> w = {1, 2};
  const Shape shape{2, 3};
  const auto update = [&](const DropAndGrow& config, const Positions& at,
                          const std::vector<float>& weights,
                          const MatrixInPieces<float>& scores = {}) {
    drop_and_grow<float>(config, shape, at, weights, rng, scores);
  };
  BOOST_CHECK_EXCEPTION(update({.fraction = -1}, positions, w), ArgumentError,
                        says("drop_and_grow: fraction must be from 0 to 1; got fraction -1"));
  BOOST_CHECK_EXCEPTION(update({}, {4, 1}, w), ArgumentError,
                        says("drop_and_grow: positions must ascend below the number of elements; "
                             "got number 1, position 1, elements 6"));
  BOOST_CHECK_EXCEPTION(update({}, {1, 6}, w), ArgumentError,
                        says("drop_and_grow: positions must ascend below the number of elements; "
                             "got number 1, position 6, elements 6"));
  BOOST_CHECK_EXCEPTION(update({}, positions, {1}), ShapeError,
                        says("drop_and_grow: there must be a weight for each position; got "
                             "positions 2, weights 1"));
  BOOST_CHECK_EXCEPTION(update({}, positions, {1, NAN}), ArgumentError,
                        says("drop_and_grow: weights must be finite; got number 1, weight nan"));
  BOOST_CHECK_EXCEPTION(update({.growth = Growth::kGradient}, positions, w), ArgumentError,
                        says("drop_and_grow: growth by gradient or momentum must have scores; got "
                             "growth gradient"));
  BOOST_CHECK_EXCEPTION(
      update({.growth = Growth::kRandomUnfired}, positions, w), ShapeError,
      says("drop_and_grow: fired must have a bit for each element; got words 0, elements 6"));
  Matrix<float> scores(2, 3);
  scores(0, 0) = NAN;
  BOOST_CHECK_EXCEPTION(
      update({.growth = Growth::kGradient}, positions, w, pieces_of(scores, 1, 2)), NumericalError,
      says("drop_and_grow: scores must be finite; got rows 2, columns 3"));
  BOOST_CHECK_EXCEPTION(
      keep_largest<float>(positions, w, 3), ArgumentError,
      says("keep_largest: there must be as many weights as are kept; got count 3, weights 2"));
  BOOST_CHECK_EXCEPTION(
      expected_exploration(3, 4, {}), ArgumentError,
      says("expected_exploration: active must be at most size; got active 4, size 3"));
  BOOST_CHECK_EXCEPTION(
      expected_exploration(9, 4, std::vector<std::size_t>{5}), ArgumentError,
      says("expected_exploration: an update must grow at most as many as are active; got update 0, "
           "grown 5, active 4"));
}

}  // namespace
}  // namespace surplus
