#define BOOST_TEST_MODULE sparse_training
#include "surplus/sparse/sparse_training.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/sparse/saliency.h"
#include "surplus/sparse/sparse_scores.h"
#include "tests/lib/sparse/networks.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::config_of;
using tests::kNetwork;
using tests::Problem;
using tests::says;
using tests::Scratch;
using tests::start_of;
using tests::weights_of;
using Config = SparseTrainConfig<float>;

std::vector<Topology> topologies() {
  DynamicTopology order = rigl_itop(10);
  order.instead_of_step = true;
  DynamicTopology momentum = set_itop(12);
  momentum.step.growth = Growth::kMomentum;
  DynamicTopology unfired = set_topology(9);
  unfired.step.growth = Growth::kRandomUnfired;
  unfired.grown_scale = 1;
  return {StaticTopology{},     set_itop(10), set_topology(7), rigl_itop(10),
          rigl_topology(8, 40), order,        momentum,        unfired};
}

BOOST_AUTO_TEST_CASE(sparse_kernels_give_the_bits_of_the_masked_network_through_every_topology) {
  const Problem problem(600, 60);
  const auto fit = [&](const Topology& topology, LayerChoice::Kind kind) {
    Config config = config_of(topology, kind);
    config.epochs = 6;
    return fit_sparse<float>(problem.examples(), start_of(.2), config);
  };
  for (const Topology& topology : topologies()) {
    const auto sparse = fit(topology, LayerChoice::Kind::kSparse);
    const auto full = fit(topology, LayerChoice::Kind::kFull);
    BOOST_TEST(sparse.steps == 114u);
    BOOST_TEST((weights_of(sparse.model) == weights_of(full.model)));
    BOOST_TEST((sparse.exploration == full.exploration));
    if (topology.index() == 1) BOOST_TEST(sparse.updates.size() >= 3u);
    // The products of whole matrices round otherwise; who is dropped may differ in the end.
    if (topology.index() == 0) {
      const auto masked = fit(topology, LayerChoice::Kind::kMasked);
      const auto a = weights_of(sparse.model), b = weights_of(masked.model);
      double difference = 0, size = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(a[i] - b[i], 2);
        size += std::pow(b[i], 2);
      }
      BOOST_TEST(std::sqrt(difference / size) < 1e-4);
    }
  }
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads) {
  const Problem problem(300, 60);
  for (const Topology& topology : {Topology(set_itop(3)), Topology(rigl_itop(3))}) {
    std::vector<std::vector<float>> weights;
    for (const std::size_t threads : {1, 2}) {
      set_thread_count(threads);
      weights.push_back(weights_of(
          fit_sparse<float>(problem.examples(), start_of(.2), config_of(topology)).model));
    }
    set_thread_count(0);
    BOOST_TEST((weights[0] == weights[1]));
  }
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_from_its_checkpoint_to_the_same_bits) {
  const Problem problem(200, 60);
  const Scratch scratch;
  std::vector<Topology> all = topologies();
  all.push_back(GradualPruning{{.final = .9, .begin = 3, .end = 11, .interval = 2}});
  for (std::size_t i = 0; i < all.size(); ++i) {
    Config config = config_of(all[i]);
    config.epochs = 3;
    const bool pruning = i + 1 == all.size();
    const auto start = start_of(pruning ? 1 : .2);
    const auto whole = fit_sparse<float>(problem.examples(), start, config);
    config.checkpoint = scratch / ("state" + std::to_string(i) + ".npz");
    config.on_step = [](const Progress& progress) { return progress.iteration != 11; };
    BOOST_TEST((fit_sparse<float>(problem.examples(), start, config).stop == Stop::kCancelled));
    config.on_step = {};
    const auto rest = fit_sparse<float>(problem.examples(), start, config);
    BOOST_TEST((weights_of(rest.model) == weights_of(whole.model)));
    BOOST_TEST((rest.exploration == whole.exploration));
    BOOST_TEST(rest.steps == whole.steps);
    BOOST_TEST(rest.flops == whole.flops);
    BOOST_TEST(rest.history.back().loss == whole.history.back().loss);
    BOOST_TEST(rest.updates.size() == whole.updates.size());
    config.seed = 4;
    BOOST_CHECK_EXCEPTION(fit_sparse<float>(problem.examples(), start, config), DataError,
                          says(config.checkpoint.string() +
                               ": the checkpoint must be of a training with these settings"));
  }
}

BOOST_AUTO_TEST_CASE(topologies_keep_their_counts_and_explore_as_they_should) {
  const Problem problem(600, 60);
  const auto start = start_of(.1);
  for (const Topology& topology : topologies()) {
    const auto result = fit_sparse<float>(problem.examples(), start, config_of(topology));
    BOOST_TEST(result.steps == 38u);
    for (std::size_t l = 0; l < 3; ++l) {
      BOOST_TEST(result.model.layers[l].active() == start.layers[l].active());
    }
    double before = 0;
    for (const TopologyRecord& update : result.updates) {
      BOOST_TEST(update.dropped == update.grown);
      BOOST_TEST(update.explored >= before);
      BOOST_TEST(update.survived <= update.tested);
      before = update.explored;
    }
    if (topology.index() == 0) {
      for (std::size_t l = 0; l < 3; ++l) {
        BOOST_TEST(result.exploration[l].rate() == start.layers[l].density());
        BOOST_TEST(result.exploration[l].reliable_rate() == start.layers[l].density());
      }
      const double flops = 600.0 * 2 * 6 *
                           static_cast<double>(start.layers[0].active() + start.layers[1].active() +
                                               start.layers[2].active());
      BOOST_TEST(result.flops == flops);
    }
  }
  // Dense: everything is explored. Learning: far better than chance.
  Config dense = config_of(StaticTopology{});
  dense.epochs = 5;
  dense.validation = problem.examples();
  const auto learned = fit_sparse<float>(problem.examples(), start_of(1), dense);
  BOOST_TEST(explored(learned.exploration) == 1);
  BOOST_TEST(learned.history.back().validation_error < .1);
  BOOST_TEST(learned.history.back().validation_error ==
             sparse_error_rate<float>(learned.model, problem.examples()));
}

BOOST_AUTO_TEST_CASE(exploration_by_set_is_that_of_the_recursion) {
  const Problem problem(600, 60);
  const MlpConfig wide{.inputs = 60, .hidden = {300}, .outputs = 10};
  const auto start = start_of(.05, wide);
  Config config = config_of(set_itop(3));
  config.epochs = 4;
  const auto result = fit_sparse<float>(problem.examples(), start, config);
  for (std::size_t l = 0; l < 2; ++l) {
    const auto n = static_cast<double>(start.layers[l].active());
    std::vector<std::size_t> grown;
    for (const TopologyRecord& update : result.updates) {
      grown.push_back(static_cast<std::size_t>(std::ceil(update.fraction * n)));
    }
    const std::size_t size = start.layers[l].size();
    const double r = expected_exploration(size, start.layers[l].active(), grown);
    BOOST_TEST(std::abs(result.exploration[l].rate() - r) <
               4 * std::sqrt(r * (1 - r) / static_cast<double>(size)) + 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(gradual_pruning_ends_at_its_sparsity_with_the_sparse_kernels) {
  const Problem problem(600, 60);
  const auto result = fit_sparse<float>(
      problem.examples(), start_of(1),
      config_of(GradualPruning{{.final = .95, .begin = 4, .end = 30, .interval = 4}}));
  for (const SparseLayer& layer : result.model.layers) {
    const auto pruned =
        static_cast<std::size_t>(std::floor(.95 * static_cast<double>(layer.size())));
    BOOST_TEST(layer.active() == layer.size() - pruned);
    BOOST_TEST((layer.kernel == LayerKernel::kSparse));
  }
  BOOST_TEST(result.updates.size() == 8u);
  BOOST_TEST(result.updates.back().step == 30u);
}

// Active weights, and the bytes of the model and of the optimizer's momentum.
std::pair<double, double> bytes_of(double density) {
  const MlpConfig network{.inputs = 300, .hidden = {400}, .outputs = 10, .bias = false};
  const std::size_t before = tests::bytes_in_use;
  const auto start = sparse_network<float>(network, std::vector<double>{density, 1}, Rng(1),
                                           {.choice = {.kind = LayerChoice::Kind::kSparse}});
  const auto optimizer =
      start_optimizer<float>({.rule = UpdateRule::kNesterov}, start.parameters.size());
  return {static_cast<double>(start.layers[0].active()),
          static_cast<double>(tests::bytes_in_use - before)};
}

BOOST_AUTO_TEST_CASE(memory_is_linear_in_the_active_weights) {
  std::vector<double> n, bytes;
  for (const double density : {.01, .02, .05, .1, .2, .3, .4}) {
    const auto [active, taken] = bytes_of(density);
    n.push_back(active);
    bytes.push_back(taken);
  }
  double sn = 0, sb = 0, snn = 0, snb = 0, sbb = 0;
  const auto count = static_cast<double>(n.size());
  for (std::size_t i = 0; i < n.size(); ++i) {
    sn += n[i], sb += bytes[i], snn += n[i] * n[i], snb += n[i] * bytes[i],
        sbb += bytes[i] * bytes[i];
  }
  const double covariance = snb - sn * sb / count, of_n = snn - sn * sn / count;
  const double slope = covariance / of_n;
  BOOST_TEST_MESSAGE("bytes for each active weight: " << slope);
  // And the values once more, column by column, on the tape of a step.
  BOOST_TEST(slope + 4 <= 28);
  BOOST_TEST(covariance * covariance / of_n / (sbb - sb * sb / count) > .999);
}

BOOST_AUTO_TEST_CASE(nothing_of_the_size_of_the_dense_matrix_is_allocated) {
  // 4000 x 3000 elements are 48 MB; 1 % of them and all that it takes are a few.
  const MlpConfig network{.inputs = 3000, .hidden = {4000}, .outputs = 10};
  const Problem problem(64, 3000);
  const std::size_t before = tests::bytes_in_use;
  tests::peak_bytes = before;
  for (const Topology& topology : {Topology(set_itop(1)), Topology(rigl_itop(1))}) {
    Config config = config_of(topology);
    config.track = false;
    config.patience = 0;
    fit_sparse<float>(problem.examples(),
                      sparse_network<float>(network, std::vector<double>{.01, .2}, Rng(1)), config);
  }
  BOOST_TEST(static_cast<double>(tests::peak_bytes - before) < 24e6);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Problem problem(20, 60);
  const auto start = start_of(.2);
  const auto refuses = [&](const auto& change, const char* text) {
    Config config = config_of(set_itop(3));
    change(config);
    BOOST_CHECK_EXCEPTION(fit_sparse<float>(problem.examples(), start, config),
                          std::invalid_argument, says(text));
  };
  refuses([](Config& c) { c.batch_size = 0; },
          "fit_sparse: batch_size and checkpoint_epochs must be at least 1; got batch_size 0, "
          "checkpoint_epochs 1");
  refuses([](Config& c) { c.topology = set_itop(0); },
          "fit_sparse: interval must be at least 1, and grown_scale at least 0; got interval 0, "
          "grown_scale 0");
  refuses(
      [](Config& c) {
        DynamicTopology topology = set_itop(3);
        topology.step.growth = Growth::kRandomUnfired;
        c.topology = topology;
        c.track = false;
      },
      "fit_sparse: growth at unfired places must track exploration; got track false");
  refuses([](Config& c) { c.choice.break_even = 2; },
          "kernel_for: break_even must be from 0 to 1; got break_even 2");
  BOOST_CHECK_EXCEPTION(
      fit_sparse<float>({.x = problem.x}, start, config_of(set_itop(3))), ShapeError,
      says("fit_sparse: each example must have a label; got labels 0, examples 20"));
  BOOST_CHECK_EXCEPTION(
      sparse_network<float>(kNetwork, std::vector<double>{.1, .1, .1}, Rng(1), {.dropout = 1}),
      ArgumentError, says("sparse_network: dropout must be from 0 to below 1; got dropout 1"));
  MlpConfig ntk = kNetwork;
  ntk.initializer = Initializer::kNtk;
  BOOST_CHECK_EXCEPTION(
      sparse_network<float>(ntk, std::vector<double>{.1, .1, .1}, Rng(1)), ArgumentError,
      says("sparse_network: the initializer must not be ntk, whose layers divide by "
           "their inputs; got initializer ntk"));
  const auto dense = mlp_parameters<float>(kNetwork, Rng(1));
  BOOST_CHECK_EXCEPTION(
      masked_network(kNetwork, dense, {{1}, {2}}), ShapeError,
      says("masked_network: there must be positions and parameters for each layer; "
           "got layers 3, positions 2, matrices 6"));
  BOOST_CHECK_EXCEPTION(
      masked_network(kNetwork, dense, {{2, 1}, {2}, {3}}), ArgumentError,
      says("masked_network: positions must ascend below the number of elements; got "
           "layer 0, positions 2, elements 3000"));
  BOOST_CHECK_EXCEPTION(pruned_network(kNetwork, dense, dense, 2), ArgumentError,
                        says("pruned_network: density must be from 0 to 1; got density 2"));
  BOOST_CHECK_EXCEPTION(
      class_balanced_rows(std::vector<std::size_t>{0, 1, 1}, 2, 2, Rng(1)), ArgumentError,
      says("class_balanced_rows: each class must have as many rows as are taken; got class 0, rows "
           "1, per_class 2"));
  BOOST_CHECK_EXCEPTION(
      tempered_classification<float>(mlp_scores<float>(kNetwork), 0), ArgumentError,
      says("tempered_classification: temperature must be above 0; got temperature 0"));
}

}  // namespace
}  // namespace surplus
