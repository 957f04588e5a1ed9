#define BOOST_TEST_MODULE sparse_training
#include "surplus/sparse/sparse_training.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "surplus/data/npy.h"
#include "surplus/sparse/saliency.h"
#include "surplus/sparse/sparse_file.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;
using tests::Scratch;
using Config = SparseTrainConfig<float>;

// Ten classes around means of their own.
struct Problem {
  Matrix<float> x;
  std::vector<std::size_t> labels;

  Problem(std::size_t n, std::size_t d) : x(n, d) {
    Rng rng(1);
    Matrix<float> means(10, d);
    rng.fill_normal(means.values());
    rng.fill_normal(x.values());
    for (std::size_t i = 0; i < n; ++i) {
      labels.push_back(i % 10);
      for (std::size_t j = 0; j < d; ++j) x(i, j) += 0.5f * means(i % 10, j);
    }
  }
  Examples<float> examples() const { return {.x = x, .labels = labels}; }
};

const MlpConfig kNetwork{
    .inputs = 60, .hidden = {50, 40}, .outputs = 10, .initializer = Initializer::kKaimingUniform};

SparseMlp<float> start_of(double density, const MlpConfig& network = kNetwork) {
  const auto densities =
      layer_densities(DensityRule::kErdosRenyiKernel, layers_of(network), density);
  return sparse_mlp<float>(network, densities, Rng(2));
}

Config config_of(const Topology& topology, LayerChoice::Kind kind = LayerChoice::Kind::kAuto) {
  return {.epochs = 2,
          .batch_size = 32,
          .schedule = {.rate = 0.05},
          .milestones = {1},
          .seed = 3,
          .topology = topology,
          .choice = {.kind = kind},
          .patience = 5};
}

std::vector<float> weights_of(const SparseMlp<float>& model) {
  const Parameters<float> dense = dense_parameters(model);
  return {dense.flat().begin(), dense.flat().end()};
}

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

BOOST_AUTO_TEST_CASE(starts_share_weights_and_masks_come_from_scores) {
  const auto dense = start_of(1), sparse = start_of(.1);
  const Parameters<float> reference = mlp_parameters<float>(kNetwork, Rng(2));
  BOOST_TEST(
      (weights_of(dense) == std::vector<float>(reference.flat().begin(), reference.flat().end())));
  // Active weights are the dense network's.
  const auto w = weights_of(sparse);
  std::size_t active = 0, expected = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    if (w[i] != 0) BOOST_TEST(w[i] == reference.flat()[i]);
    active += w[i] != 0;
  }
  for (const SparseLayer& layer : sparse.layers) expected += layer.active();
  BOOST_TEST(active == expected);
  // The largest weights of all layers together.
  const auto matrices = weight_matrices(kNetwork);
  const auto pruned = pruned_mlp(kNetwork, reference, magnitude_scores(reference, matrices), .1);
  std::vector<float> kept, all;
  for (const std::size_t matrix : matrices) {
    for (std::size_t i = 0; i < reference[matrix].rows(); ++i) {
      for (const float x : reference[matrix].row(i)) all.push_back(std::abs(x));
    }
  }
  std::ranges::sort(all, std::ranges::greater());
  for (const float x : weights_of(pruned)) {
    if (x != 0) kept.push_back(std::abs(x));
  }
  std::ranges::sort(kept, std::ranges::greater());
  BOOST_TEST(kept.size() == std::round(.1 * static_cast<double>(all.size())));
  BOOST_TEST(std::ranges::equal(kept, std::span(all).first(kept.size())));
  // A ticket has the mask of one network and the weights of another.
  const auto other = mlp_parameters<float>(kNetwork, Rng(5));
  const auto ticket = pruned_mlp(kNetwork, other, magnitude_scores(reference, matrices), .1);
  for (std::size_t l = 0; l < 3; ++l) {
    BOOST_TEST((ticket.layers[l].active_positions() == pruned.layers[l].active_positions()));
  }
  const auto scaled = sparse_mlp<float>(kNetwork, std::vector<double>{.25, .25, .25}, Rng(2),
                                        {.sparse_fan_in = true});
  const auto plain = sparse_mlp<float>(kNetwork, std::vector<double>{.25, .25, .25}, Rng(2));
  for (std::size_t i = 0; i < w.size(); ++i) {
    BOOST_TEST(weights_of(scaled)[i] == 2 * weights_of(plain)[i]);
    if (i > 200) break;
  }
}

BOOST_AUTO_TEST_CASE(snip_and_grasp_have_the_scores_of_their_definitions) {
  const MlpConfig network{
      .inputs = 6, .hidden = {8}, .outputs = 3, .activation = ad::Activation::kTanh};
  const auto w = mlp_parameters<double>(network, Rng(1));
  Matrix<double> x(30, 6);
  Rng rng(2);
  rng.fill_normal(x.values());
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < 30; ++i) labels.push_back(i % 3);
  const Batch<double> batch{
      .examples = {.x = x, .labels = labels}, .rng = Rng(0), .training = false};
  const auto matrices = weight_matrices(network);
  const auto gradient_at = [&](const Objective<double>& objective, const Parameters<double>& at) {
    ad::Tape<double> tape;
    const auto leaves = leaves_of(at, tape);
    Parameters<double> g(at.layout());
    ad::gradient(objective(tape, leaves, batch), sinks_of(leaves, g));
    return g;
  };
  const auto loss = classification<double>(network);
  const auto snip = snip_scores<double>(loss, batch, w, matrices);
  const auto g = gradient_at(loss, w);
  double total = 0, sum = 0;
  for (const std::size_t m : matrices) {
    for (std::size_t i = 0; i < w[m].rows(); ++i) {
      for (std::size_t j = 0; j < w[m].cols(); ++j) total += std::abs(w[m](i, j) * g[m](i, j));
    }
  }
  for (const std::size_t m : matrices) {
    BOOST_TEST(snip[m](1, 2) == std::abs(w[m](1, 2) * g[m](1, 2)) / total,
               boost::test_tools::tolerance(1e-12));
  }
  for (const double score : snip.flat()) sum += score;
  BOOST_TEST(sum == 1, boost::test_tools::tolerance(1e-12));
  // H g by central differences of gradients along g, in the weights alone.
  const auto tempered = tempered_classification<double>(mlp_scores<double>(network), 200);
  const auto tg = gradient_at(tempered, w);
  Parameters<double> up = w, down = w;
  constexpr double kStep = 1e-2;
  for (const std::size_t m : matrices) {
    for (std::size_t i = 0; i < w[m].rows(); ++i) {
      for (std::size_t j = 0; j < w[m].cols(); ++j) {
        up[m](i, j) += kStep * tg[m](i, j);
        down[m](i, j) -= kStep * tg[m](i, j);
      }
    }
  }
  const auto gu = gradient_at(tempered, up), gd = gradient_at(tempered, down);
  const auto grasp = grasp_scores<double>(tempered, batch, w, matrices);
  double normal = 0, error = 0, size = 0;
  const auto expected = [&](std::size_t m, std::size_t i, std::size_t j) {
    return w[m](i, j) * (gu[m](i, j) - gd[m](i, j)) / (2 * kStep);
  };
  for (const int pass : {0, 1}) {
    for (const std::size_t m : matrices) {
      for (std::size_t i = 0; i < w[m].rows(); ++i) {
        for (std::size_t j = 0; j < w[m].cols(); ++j) {
          if (pass == 0) normal += expected(m, i, j);
          if (pass == 0) continue;
          const double e = expected(m, i, j) / (std::abs(normal) + 1e-10);
          error += std::pow(grasp[m](i, j) - e, 2);
          size += e * e;
        }
      }
    }
  }
  BOOST_TEST(std::sqrt(error / size) < 1e-3);
  BOOST_TEST(class_balanced_rows(labels, 3, 4, Rng(3)).size() == 12u);
}

// Active weights, and the bytes of the model and of the optimizer's momentum.
std::pair<double, double> bytes_of(double density) {
  const MlpConfig network{.inputs = 300, .hidden = {400}, .outputs = 10, .bias = false};
  const std::size_t before = tests::bytes_in_use;
  const auto start = sparse_mlp<float>(network, std::vector<double>{density, 1}, Rng(1),
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
                      sparse_mlp<float>(network, std::vector<double>{.01, .2}, Rng(1)), config);
  }
  BOOST_TEST(static_cast<double>(tests::peak_bytes - before) < 24e6);
}

BOOST_AUTO_TEST_CASE(models_are_saved_and_loaded_to_the_bit) {
  const Scratch scratch;
  for (const auto kind : {LayerChoice::Kind::kAuto, LayerChoice::Kind::kMasked}) {
    auto model = sparse_mlp<float>(kNetwork, std::vector<double>{.1, .5, 1}, Rng(6),
                                   {.choice = {.kind = kind}, .dropout = .2});
    const auto path = scratch / "model.npz";
    save_sparse_mlp(path, model);
    const auto loaded = load_sparse_mlp<float>(path);
    BOOST_TEST((loaded.parameters == model.parameters));
    BOOST_TEST(loaded.dropout == .2);
    const Problem problem(50, 60);
    BOOST_TEST((predict<float>(sparse_scores(loaded), loaded.parameters, problem.x) ==
                predict<float>(sparse_scores(model), model.parameters, problem.x)));
  }
  const auto path = scratch / "other.npz";
  const Matrix<double> a(1, 3);
  write_npz(path, {{"x", a.view()}});
  BOOST_CHECK_EXCEPTION(load_sparse_mlp<float>(path), DataError,
                        says(path.string() + ": there must be a sparse network of version 1"));
  const std::string bytes = read_file(scratch / "model.npz");
  write_file_atomically(path, bytes.substr(0, bytes.size() / 2));
  BOOST_CHECK_THROW(load_sparse_mlp<float>(path), DataError);
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
      sparse_mlp<float>(kNetwork, std::vector<double>{.1, .1, .1}, Rng(1), {.dropout = 1}),
      ArgumentError, says("sparse_mlp: dropout must be from 0 to below 1; got dropout 1"));
  MlpConfig ntk = kNetwork;
  ntk.initializer = Initializer::kNtk;
  BOOST_CHECK_EXCEPTION(sparse_mlp<float>(ntk, std::vector<double>{.1, .1, .1}, Rng(1)),
                        ArgumentError,
                        says("sparse_mlp: the initializer must not be ntk, whose layers divide by "
                             "their inputs; got initializer ntk"));
  const auto dense = mlp_parameters<float>(kNetwork, Rng(1));
  BOOST_CHECK_EXCEPTION(masked_mlp(kNetwork, dense, {{1}, {2}}), ShapeError,
                        says("masked_mlp: there must be positions and parameters for each layer; "
                             "got layers 3, positions 2, matrices 6"));
  BOOST_CHECK_EXCEPTION(masked_mlp(kNetwork, dense, {{2, 1}, {2}, {3}}), ArgumentError,
                        says("masked_mlp: positions must ascend below the number of elements; got "
                             "layer 0, positions 2, elements 3000"));
  BOOST_CHECK_EXCEPTION(pruned_mlp(kNetwork, dense, dense, 2), ArgumentError,
                        says("pruned_mlp: density must be from 0 to 1; got density 2"));
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
