#define BOOST_TEST_MODULE sparse_density
#include "surplus/sparse/density.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/sparse/topology_schedule.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;
using Layers = std::vector<LayerShape>;

Layers mlp_layers(const std::vector<std::size_t>& widths) {
  Layers layers;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) layers.push_back({widths[l + 1], widths[l]});
  return layers;
}

bool ascends(const Positions& positions) {
  return std::ranges::adjacent_find(positions, std::ranges::greater_equal()) == positions.end();
}

double total(const Layers& layers) {
  double sum = 0;
  for (const LayerShape& layer : layers) sum += static_cast<double>(layer.size());
  return sum;
}

double active(const Layers& layers, const std::vector<double>& densities) {
  double sum = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    sum += densities[l] * static_cast<double>(layers[l].size());
  }
  return sum;
}

struct ErkCase {
  Layers layers;
  double density, epsilon;
  std::vector<double> densities;
  std::vector<std::size_t> counts;
};

BOOST_AUTO_TEST_CASE(erk_has_the_densities_and_counts_of_the_reference_computation) {
  const Layers cifar = mlp_layers({3072, 1024, 512, 10}), mnist = mlp_layers({784, 1024, 512, 10}),
               lenet = mlp_layers({784, 300, 100, 10}),
               wide = mlp_layers({3072, 1024, 1024, 1024, 10});
  const Layers conv = {{20, 1, 5, 5}, {50, 20, 5, 5}, {500, 800}, {10, 500}};
  const std::vector<ErkCase> cases = {
      {cifar, .2, 129.6, {.168750, .379688, 1}, {530842, 199066, 5120}},
      {cifar, .1, 64.345455, {.083783, .188512, 1}, {263559, 98835, 5120}},
      {cifar, .05, 31.718182, {.041300, .092924, 1}, {129918, 48719, 5120}},
      {cifar, .02, 12.141818, {.015810, .035572, 1}, {49733, 18650, 5120}},
      {cifar, .01, 5.971947, {.007776, .017496, .608859}, {24461, 9173, 3117}},
      {mnist, .1, 38.308134, {.086273, .112231, 1}, {69261, 58841, 5120}},
      {mnist, .05, 18.388517, {.041412, .053873, 1}, {33246, 28245, 5120}},
      {mnist, .02, 6.892002, {.015521, .020191, .702661}, {12461, 10586, 3598}},
      {lenet, .05, 8.350063, {.038484, .111334, .918507}, {9051, 3340, 919}},
      {lenet, .02, 3.340025, {.015394, .044534, .367403}, {3621, 1336, 367}},
      {wide, .01, 5.693822, {.007414, .011121, .011121, .574943}, {23322, 11661, 11661, 5887}},
      {conv, .05, 11.711552, {.726116, .037477, .038063, 1}, {363, 937, 15225, 5000}}};
  for (const ErkCase& one : cases) {
    const auto found = layer_densities(DensityRule::kErdosRenyiKernel, one.layers, one.density);
    BOOST_TEST_REQUIRE(found.size() == one.densities.size());
    for (std::size_t l = 0; l < found.size(); ++l) {
      BOOST_TEST(std::abs(found[l] - one.densities[l]) < 1e-5);
    }
    // The first layer is never the dense one here: its density gives eps away.
    const LayerShape& first = one.layers.front();
    const bool kernel = first.kernel_height > 1;
    const double q =
        (static_cast<double>(first.outputs + first.inputs) +
         (kernel ? static_cast<double>(first.kernel_height + first.kernel_width) : 0)) /
        static_cast<double>(first.size());
    BOOST_TEST(std::abs(found[0] / q - one.epsilon) < 1e-5 * one.epsilon);
    BOOST_TEST(layer_counts(one.layers, found) == one.counts, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_budget_is_met_at_every_density_and_saturation_ends) {
  const std::vector<Layers> networks = {mlp_layers({3072, 1024, 512, 10}),
                                        mlp_layers({5, 5}),
                                        mlp_layers({10, 10, 10, 10}),
                                        {{20, 1, 5, 5}, {50, 20, 5, 5}, {500, 800}, {10, 500}}};
  for (const Layers& layers : networks) {
    for (const double d : {.001, .01, .05, .1, .2, .3, .5, .7, .9, .99, 1.0}) {
      for (const auto rule :
           {DensityRule::kUniform, DensityRule::kErdosRenyi, DensityRule::kErdosRenyiKernel}) {
        for (const double exponent : {1.0, 2.0}) {
          const auto densities = layer_densities(rule, layers, d, exponent);
          const double n = total(layers);
          BOOST_TEST(std::abs(active(layers, densities) - d * n) < 1e-9 * n);
          BOOST_TEST(*std::ranges::max_element(densities) <= 1);
          BOOST_TEST(*std::ranges::min_element(densities) > 0);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(uniform_variants_keep_what_they_say) {
  const Layers layers = mlp_layers({100, 50, 40, 10});
  BOOST_TEST(layer_densities(DensityRule::kUniformFirstDense, layers, .1) ==
                 (std::vector<double>{1, .1, .1}),
             boost::test_tools::per_element());
  const Layers late = {{10, 3, 3, 3}, {100, 90}, {200, 100}, {10, 200}};
  const auto plus = layer_densities(DensityRule::kUniformPlus, late, .1);
  BOOST_TEST(plus[0] == 1);
  BOOST_TEST(plus[1] == plus[2]);
  BOOST_TEST(plus[3] == .2);
  BOOST_TEST(active(late, plus) == .1 * total(late), boost::test_tools::tolerance(1e-12));
  // A layer of 4000 x 3072 with eps 20 has 20 (4000 + 3072) weights; a small one is full.
  const auto set = set_densities(mlp_layers({3072, 4000, 10}), 20);
  BOOST_TEST(set[0] == 20.0 * 7072 / (3072.0 * 4000), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(set[1] == 1);
}

BOOST_AUTO_TEST_CASE(random_positions_are_as_many_as_asked_for_and_uniform) {
  Rng rng(1);
  std::vector<std::size_t> hits(12);
  constexpr std::size_t kDraws = 20000;
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    // Small and large shares take different ways.
    const Positions positions = random_positions(12, draw % 2 == 0 ? 3 : 9, rng);
    BOOST_REQUIRE(ascends(positions));
    BOOST_REQUIRE_EQUAL(positions.size(), draw % 2 == 0 ? 3u : 9u);
    for (const std::uint32_t position : positions) ++hits.at(position);
  }
  // Each place is hit by half of the draws; five standard errors.
  for (const std::size_t hit : hits) {
    BOOST_TEST(std::abs(static_cast<double>(hit) - kDraws * 0.5) < 5 * std::sqrt(kDraws * .1875));
  }
  BOOST_TEST(random_positions(7, 7, rng) == (Positions{0, 1, 2, 3, 4, 5, 6}),
             boost::test_tools::per_element());
  BOOST_TEST(random_positions(0, 0, rng).empty());
  BOOST_TEST(
      positions_outside(Positions{0, 1, 5}, Positions{0, 1, 2, 3}) == (Positions{2, 3, 4, 6}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bernoulli_positions_have_the_density_in_the_mean) {
  Rng rng(2);
  for (const double d : {0.0, 0.01, 0.3, 1.0}) {
    constexpr std::size_t kSize = 200000;
    const Positions positions = bernoulli_positions(kSize, d, rng);
    BOOST_TEST(ascends(positions));
    BOOST_TEST(std::abs(static_cast<double>(positions.size()) - d * kSize) <=
               5 * std::sqrt(kSize * d * (1 - d)));
  }
}

BOOST_AUTO_TEST_CASE(drop_fractions_fall_from_their_start_to_their_end) {
  const DropSchedule itop{.end = 1000};
  BOOST_TEST(drop_fraction(itop, 0) == .5);
  BOOST_TEST(drop_fraction(itop, 500) == .2525, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(drop_fraction(itop, 1000) == .005, boost::test_tools::tolerance(1e-12));
  const DropSchedule rigl{.fraction = .3, .last = 0, .end = 750};
  BOOST_TEST(drop_fraction(rigl, 0) == .3);
  BOOST_TEST(std::abs(drop_fraction(rigl, 750)) < 1e-16);
  BOOST_TEST(drop_fraction(rigl, 751) == 0);
  const DropSchedule constant{.kind = DropKind::kConstant, .fraction = .3};
  BOOST_TEST(drop_fraction(constant, 12345) == .3);
  const DropSchedule power{.kind = DropKind::kExponential, .fraction = .4, .end = 10, .power = 2};
  BOOST_TEST(drop_fraction(power, 5) == .1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(drop_fraction(power, 10) == 0);
  BOOST_TEST(drop_fraction({.kind = DropKind::kRate, .fraction = .3}, 7, .1) == .03,
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(pruning_ends_at_its_sparsity_or_in_the_form_of_the_code_just_below) {
  const PruningSchedule exact{.final = .98, .begin = 3000, .end = 7000};
  BOOST_TEST(pruning_sparsity(exact, 2999) == 0);
  BOOST_TEST(pruning_sparsity(exact, 3000) == 0);
  BOOST_TEST(pruning_sparsity(exact, 5000) == .98 * .875, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(pruning_sparsity(exact, 7000) == .98);
  BOOST_TEST(pruning_sparsity(exact, 9000) == .98);
  // Epochs 2 to 10 of 100 steps: s_f (1 - 9^-3) at the end.
  const PruningSchedule code{
      .final = .9, .begin = 200, .end = 1000, .interval = 100, .exact_end = false};
  BOOST_TEST(pruning_sparsity(code, 1000) == .9 * (1 - std::pow(9, -3)),
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(pruning_sparsity(code, 5000) == pruning_sparsity(code, 1000));
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused) {
  const Layers layers = mlp_layers({4, 3, 2});
  Rng rng(3);
  const auto refuses = [](const auto& call, const char* text) {
    BOOST_CHECK_EXCEPTION(call(), ArgumentError, says(text));
  };
  refuses([] { layer_densities(DensityRule::kUniform, {}, .1); },
          "layer_densities: there must be a layer; got layers 0");
  refuses(
      [&] {
        set_densities(Layers{{0, 3}}, 1);
      },
      "set_densities: layers must not be empty; got layer 0, outputs 0, columns 3");
  refuses([&] { layer_densities(DensityRule::kErdosRenyi, layers, std::nan("")); },
          "layer_densities: density must be above 0 and at most 1; got density nan");
  refuses([&] { layer_densities(DensityRule::kErdosRenyi, layers, .1, INFINITY); },
          "layer_densities: exponent must be finite; got exponent inf");
  refuses([&] { layer_densities(DensityRule::kUniformPlus, layers, .1); },
          "layer_densities: uniform-plus must leave weights for the layers between; got density "
          "0.1, kept 13.2, weights 1.8");
  refuses([&] { set_densities(layers, 0); },
          "set_densities: epsilon must be above 0; got epsilon 0");
  refuses(
      [&] {
        layer_counts(layers, std::vector<double>{.1, 2});
      },
      "layer_counts: densities must be from 0 to 1; got layer 1, density 2");
  BOOST_CHECK_EXCEPTION(
      layer_counts(layers, std::vector<double>{.1}), ShapeError,
      says("layer_counts: there must be a density for each layer; got layers 2, densities 1"));
  refuses([&] { random_positions(3, 4, rng); },
          "random_positions: count must be at most size, and size below 2^32; got count 4, size 3");
  refuses([&] { bernoulli_positions(3, -1, rng); },
          "bernoulli_positions: density must be from 0 to 1, and size below 2^32; got density -1, "
          "size 3");
  refuses([] { drop_fraction({.fraction = 2}, 0); },
          "drop_fraction: fraction must be from 0 to 1; got fraction 2");
  refuses([] { drop_fraction({.fraction = .1, .last = .2}, 0); },
          "drop_fraction: last must be from 0 to fraction; got last 0.2, fraction 0.1");
  refuses([] { drop_fraction({.end = 0}, 0); },
          "drop_fraction: end must be at least 1 and power above 0; got end 0, power 3");
  refuses([] { drop_fraction({.kind = DropKind::kRate}, 0, -1); },
          "drop_fraction: rate_ratio must be finite and at least 0; got rate_ratio -1");
  refuses(
      [] { pruning_sparsity({.final = 1}, 0); },
      "pruning_sparsity: sparsities must have 0 <= initial <= final < 1; got initial 0, final 1");
  refuses([] { pruning_sparsity({.begin = 2, .end = 1}, 0); },
          "pruning_sparsity: begin must be at most end, and interval at least 1; got begin 2, end "
          "1, interval 100");
}

}  // namespace
}  // namespace surplus
