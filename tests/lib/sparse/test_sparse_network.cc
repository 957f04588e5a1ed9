#define BOOST_TEST_MODULE sparse_network
#include "surplus/sparse/sparse_network.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "surplus/data/npy.h"
#include "surplus/sparse/saliency.h"
#include "surplus/sparse/sparse_file.h"
#include "surplus/sparse/sparse_scores.h"
#include "tests/lib/sparse/networks.h"
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
  const auto pruned =
      pruned_network(kNetwork, reference, magnitude_scores(reference, matrices), .1);
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
  const auto ticket = pruned_network(kNetwork, other, magnitude_scores(reference, matrices), .1);
  for (std::size_t l = 0; l < 3; ++l) {
    BOOST_TEST((ticket.layers[l].active_positions() == pruned.layers[l].active_positions()));
  }
  const auto scaled = sparse_network<float>(kNetwork, std::vector<double>{.25, .25, .25}, Rng(2),
                                            {.sparse_fan_in = true});
  const auto plain = sparse_network<float>(kNetwork, std::vector<double>{.25, .25, .25}, Rng(2));
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

// Two convolutions, one with squares, and two layers behind them.
NetworkConfig images_network() {
  return {{2, 9, 9},
          {{6, 3, 2}, {8, 2, 1}},
          {.hidden = {20}, .outputs = 10, .initializer = Initializer::kKaimingUniform}};
}

// A network's scores by loops: a weight's row is (line, column, channel).
std::vector<double> scores_by_loops(const NetworkConfig& network, const Parameters<double>& w,
                                    std::span<const double> image) {
  ImageShape in = network.images;
  std::vector<double> x(image.begin(), image.end());  // channel, line, column
  std::size_t matrix = 0;
  const auto at = [](const ImageShape& of, std::size_t c, std::size_t i, std::size_t j) {
    return (c * of.height + i) * of.width + j;
  };
  for (const Convolution& stage : network.convolutions) {
    const ImageShape out{stage.channels, in.height - stage.window + 1, in.width - stage.window + 1},
        half{stage.channels, out.height / stage.pool, out.width / stage.pool};
    std::vector<double> y(half.size(), 0);  // what is rectified is at least 0
    for (std::size_t o = 0; o < out.channels; ++o) {
      for (std::size_t i = 0; i < half.height * stage.pool; ++i) {
        for (std::size_t j = 0; j < half.width * stage.pool; ++j) {
          double sum = w[matrix + 1](0, o);
          for (std::size_t k = 0; k < stage.window; ++k) {
            for (std::size_t l = 0; l < stage.window; ++l) {
              for (std::size_t c = 0; c < in.channels; ++c) {
                sum += w[matrix](o, (k * stage.window + l) * in.channels + c) *
                       x[at(in, c, i + k, j + l)];
              }
            }
          }
          double& largest = y[at(half, o, i / stage.pool, j / stage.pool)];
          largest = std::max(largest, sum);
        }
      }
    }
    in = half;
    x = y;
    matrix += 2;
  }
  std::vector<double> features;
  for (std::size_t pixel = 0; pixel < in.height * in.width; ++pixel) {
    for (std::size_t c = 0; c < in.channels; ++c) {
      features.push_back(x[c * in.height * in.width + pixel]);
    }
  }
  for (; matrix < w.count(); matrix += 2) {
    std::vector<double> y;
    for (std::size_t o = 0; o < w[matrix].rows(); ++o) {
      double sum = w[matrix + 1](0, o);
      for (std::size_t i = 0; i < features.size(); ++i) sum += w[matrix](o, i) * features[i];
      y.push_back(matrix + 2 < w.count() ? std::max(sum, 0.0) : sum);
    }
    features = y;
  }
  return features;
}

SparseNetwork<float> images_start(double density) { return start_of(density, images_network()); }

BOOST_AUTO_TEST_CASE(a_convolutional_network_has_the_scores_of_its_definition_with_any_kernel) {
  const NetworkConfig network = images_network();
  BOOST_TEST(network.mlp.inputs == 32u);
  Matrix<double> x(5, network.images.size());
  Rng rng(4);
  rng.fill_normal(x.values());
  const std::vector<double> densities = {.6, .3, .2, .9};
  for (const auto kind : {LayerChoice::Kind::kAuto, LayerChoice::Kind::kMasked,
                          LayerChoice::Kind::kSparse, LayerChoice::Kind::kFull}) {
    auto model = sparse_network<double>(network, densities, Rng(2), {.choice = {.kind = kind}});
    for (const std::size_t bias : {1, 3, 5, 7}) rng.fill_normal(model.parameters[bias].row(0));
    const Matrix<double> scores = predict<double>(sparse_scores(model), model.parameters, x);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const auto expected = scores_by_loops(network, dense_parameters(model), x.row(i));
      BOOST_REQUIRE(expected.size() == 10u);
      double apart = 0;
      for (std::size_t j = 0; j < 10; ++j) {
        apart = std::max(apart, std::abs(scores(i, j) - expected[j]));
      }
      BOOST_TEST(apart < 1e-12);
    }
  }
}

// The layers of the table of the density rules, with the weights that they count.
BOOST_AUTO_TEST_CASE(lenet_5_has_its_published_layers) {
  const NetworkConfig network = lenet5({1, 28, 28});
  BOOST_TEST(weight_count(network) == 430500u);
  const auto shapes = layers_of(network);
  const auto densities = layer_densities(DensityRule::kErdosRenyiKernel, shapes, .05);
  const std::vector<std::size_t> counts = layer_counts(shapes, densities);
  const std::vector<std::size_t> expected = {363, 937, 15225, 5000};
  BOOST_TEST(counts == expected, boost::test_tools::per_element());
  const auto layers = dense_layers(network);
  BOOST_TEST(layers[0].uses() == 576u);
  BOOST_TEST(layers[1].uses() == 64u);
  BOOST_TEST(layers[2].uses() == 1u);
  // One channel is multiplied densely, whatever its density; many are not.
  BOOST_TEST((kernel_for({}, layers[0], 20) == LayerKernel::kMasked));
  BOOST_TEST((kernel_for({}, layers[1], 20) == LayerKernel::kSparse));
}

BOOST_AUTO_TEST_CASE(products_of_layers_give_the_gradient_of_every_weight) {
  const NetworkConfig network = images_network();
  const Problem problem(6, network.images.size());
  Matrix<double> images(problem.x.rows(), problem.x.cols());
  std::ranges::copy(problem.x.values(), images.values().begin());
  const Batch<double> batch{
      .examples = {.x = images, .labels = problem.labels}, .rng = Rng(0), .training = false};
  for (const auto kind : {LayerChoice::Kind::kSparse, LayerChoice::Kind::kMasked}) {
    const auto model = sparse_network<double>(network, std::vector<double>{.6, .3, .2, .9}, Rng(2),
                                              {.choice = {.kind = kind}});
    const auto products = layer_products<double>(model, batch, {true, true, true, true});
    // Of the same network with every weight in reach.
    const Parameters<double> all = dense_parameters(model);
    const auto dense = masked_network(network, all, [&] {
      std::vector<Positions> positions;
      for (const SparseLayer& layer : dense_layers(network)) {
        positions.push_back(layer.active_positions());
      }
      return positions;
    }());
    ad::Tape<double> tape;
    const auto leaves = leaves_of(dense.parameters, tape);
    Parameters<double> gradient(dense.parameters.layout());
    const auto loss = classification<double>(sparse_scores(dense))(tape, leaves, batch);
    ad::gradient(loss, sinks_of(leaves, gradient));
    BOOST_TEST(products.loss == loss.item(), boost::test_tools::tolerance(1e-12));
    for (std::size_t l = 0; l < 4; ++l) {
      const auto& [inputs, d_z] = products.layers[l];
      const MatrixView<const double> d_w = std::as_const(gradient)[2 * l];
      double apart = 0;
      for (std::size_t o = 0; o < d_w.rows(); ++o) {
        for (std::size_t i = 0; i < d_w.cols(); ++i) {
          double sum = 0;
          for (std::size_t n = 0; n < d_z.rows(); ++n) sum += d_z(n, o) * inputs(n, i);
          apart = std::max(apart, std::abs(sum - d_w(o, i)));
        }
      }
      BOOST_TEST(apart < 1e-12);
    }
  }
}

// With images moved and mirrored, which no step may see twice differently.
SparseTrainConfig<float> images_config(const Topology& topology,
                                       LayerChoice::Kind kind = LayerChoice::Kind::kAuto) {
  SparseTrainConfig<float> config = config_of(topology, kind);
  config.images = images_network().images;
  config.augment = {.padding = 2};
  return config;
}

BOOST_AUTO_TEST_CASE(convolutions_are_trained_to_the_same_bits_by_both_kernels_and_any_threads) {
  const Problem problem(200, images_network().images.size());
  for (const Topology& topology :
       {Topology(StaticTopology{}), Topology(set_itop(4)), Topology(rigl_itop(4))}) {
    const auto fit = [&](LayerChoice::Kind kind) {
      return fit_sparse<float>(problem.examples(), images_start(.3), images_config(topology, kind));
    };
    const auto sparse = fit(LayerChoice::Kind::kSparse), full = fit(LayerChoice::Kind::kFull);
    BOOST_TEST((weights_of(sparse.model) == weights_of(full.model)));
    BOOST_TEST((sparse.exploration == full.exploration));
    BOOST_TEST(sparse.flops == full.flops);
    if (topology.index() == 1) BOOST_TEST(sparse.updates.size() == 3u);
    std::vector<std::vector<float>> weights;
    for (const std::size_t threads : {1, 2}) {
      set_thread_count(threads);
      weights.push_back(weights_of(fit(LayerChoice::Kind::kAuto).model));
    }
    set_thread_count(0);
    BOOST_TEST((weights[0] == weights[1]));
  }
  // Every weight of a convolution takes part in a product for each of its pixels.
  const auto start = images_start(.3);
  double products = 0;
  for (const SparseLayer& layer : start.layers) {
    products += static_cast<double>(layer.active() * layer.uses());
  }
  const auto fixed = fit_sparse<float>(problem.examples(), start, images_config(StaticTopology{}));
  BOOST_TEST(fixed.flops == 200.0 * 2 * 6 * products);
}

BOOST_AUTO_TEST_CASE(augmented_training_goes_on_from_its_checkpoint_to_the_same_bits) {
  const Problem problem(100, images_network().images.size());
  const Scratch scratch;
  auto config = images_config(rigl_itop(3));
  config.epochs = 3;
  const auto whole = fit_sparse<float>(problem.examples(), images_start(.3), config);
  config.checkpoint = scratch / "state.npz";
  config.on_step = [](const Progress& progress) { return progress.iteration != 6; };
  fit_sparse<float>(problem.examples(), images_start(.3), config);
  config.on_step = {};
  auto other = config;
  other.augment.flip = false;
  BOOST_CHECK_EXCEPTION(fit_sparse<float>(problem.examples(), images_start(.3), other), DataError,
                        says(config.checkpoint.string() +
                             ": the checkpoint must be of a training with these settings"));
  const auto rest = fit_sparse<float>(problem.examples(), images_start(.3), config);
  BOOST_TEST((weights_of(rest.model) == weights_of(whole.model)));
  other.checkpoint.clear();
  BOOST_TEST((weights_of(fit_sparse<float>(problem.examples(), images_start(.3), other).model) !=
              weights_of(whole.model)));
  other.images = ImageShape{2, 9, 8};
  BOOST_CHECK_THROW(fit_sparse<float>(problem.examples(), images_start(.3), other), ShapeError);
}

BOOST_AUTO_TEST_CASE(models_are_saved_and_loaded_to_the_bit) {
  const Scratch scratch;
  const auto path = scratch / "model.npz";
  const std::pair<NetworkConfig, std::vector<double>> cases[] = {
      {kNetwork, {.1, .5, 1}}, {images_network(), {.6, .3, .2, 1}}};
  for (const auto& [network, densities] : cases) {
    for (const auto kind : {LayerChoice::Kind::kAuto, LayerChoice::Kind::kMasked}) {
      const auto model = sparse_network<float>(network, densities, Rng(6),
                                               {.choice = {.kind = kind}, .dropout = .2});
      save_sparse_network(path, model);
      const auto loaded = load_sparse_network<float>(path);
      BOOST_TEST((loaded.parameters == model.parameters));
      BOOST_TEST(loaded.dropout == .2);
      const bool images = !network.convolutions.empty();
      const Problem problem(50, images ? network.images.size() : network.mlp.inputs);
      BOOST_TEST((predict<float>(sparse_scores(loaded), loaded.parameters, problem.x) ==
                  predict<float>(sparse_scores(model), model.parameters, problem.x)));
    }
  }
}

using Arrays = std::map<std::string, Matrix<double>>;

void write_arrays(const std::filesystem::path& path, const Arrays& arrays) {
  std::map<std::string, MatrixView<const double>> views;
  for (const auto& [name, array] : arrays) views.emplace(name, array.view());
  write_npz(path, views);
}

Matrix<double> row_of(std::initializer_list<double> values) { return {values}; }

BOOST_AUTO_TEST_CASE(files_that_hold_no_such_network_are_refused_with_the_reason) {
  const Scratch scratch;
  const auto path = scratch / "model.npz", other = scratch / "other.npz";
  save_sparse_network(path, images_start(.3));
  const Arrays good = read_npz<double>(path);
  const auto refuses = [&](const auto& change, const std::string& text) {
    Arrays arrays = good;
    change(arrays);
    write_arrays(other, arrays);
    BOOST_CHECK_EXCEPTION(load_sparse_network<float>(other), DataError,
                          says(other.string() + ": " + text));
  };
  refuses([](Arrays& a) { a.erase("network"); }, "there must be a sparse network of version 1");
  refuses([](Arrays& a) { a["network"](0, 0) = 2; }, "there must be a sparse network of version 1");
  refuses([](Arrays& a) { a["network"](0, 1) = 99; }, "network must hold whole numbers");
  refuses([](Arrays& a) { a["network"](0, 5) = -1; }, "network must hold whole numbers");
  refuses([](Arrays& a) { a["network"](0, 4) = 1; }, "dropout must be from 0 to below 1");
  refuses([](Arrays& a) { a["network"](0, 5) = 33; },
          "convolutions must give the inputs of what follows");
  refuses(
      [](Arrays& a) {
        a["convolutions"] = row_of({2, 9, 9, 6});
      },
      "convolutions must have three numbers each");
  refuses([](Arrays& a) { a["convolutions"](0, 0) = 1e6; }, "convolutions must hold whole numbers");
  refuses([](Arrays& a) { a["convolutions"](0, 4) = 10; },
          "NetworkConfig: windows, and squares of what they give, must fit into the images; got "
          "images 2 x 9 x 9, window 10, pool 2");
  refuses([](Arrays& a) { a["kernels"] = row_of({2}); }, "there must be a kernel for each layer");
  refuses([](Arrays& a) { a["kernels"](0, 0) = 4; }, "kernels must hold whole numbers");
  refuses([](Arrays& a) { a["positions/1"](0, 1) = 0; },
          "positions must ascend below the number of elements");
  refuses([](Arrays& a) { a.erase("weight/0"); },
          "there must be an array weight/0 of " +
              std::to_string(images_start(.3).layers[0].active()) + " elements");
  refuses(
      [](Arrays& a) {
        a["bias/1"] = row_of({1, 2});
      },
      "there must be an array bias/1 of 8 elements");
  refuses(
      [](Arrays& a) {
        a.erase("convolutions");
        a["network"] = row_of({1, 1, 1, 1, 0, 1e5, 1e5});
        a["kernels"] = row_of({2});
      },
      "layers must have fewer than 2^32 elements");
  write_file_atomically(other, read_file(path).substr(0, 1000));
  BOOST_CHECK_THROW(load_sparse_network<float>(other), DataError);
}

BOOST_AUTO_TEST_CASE(states_that_do_not_fit_are_refused_with_the_reason) {
  const Scratch scratch;
  const auto path = scratch / "state.npz", other = scratch / "other.npz";
  const Problem problem(64, 60);
  auto config = config_of(set_itop(1));
  config.checkpoint = path;
  fit_sparse<float>(problem.examples(), start_of(.2), config);
  const Arrays good = read_npz<double>(path);
  const auto numbers = good.at("fingerprint").values();
  const std::vector<double> fingerprint(numbers.begin(), numbers.end());
  const auto refuses = [&](const auto& change, const std::string& text) {
    Arrays arrays = good;
    change(arrays);
    write_arrays(other, arrays);
    BOOST_CHECK_EXCEPTION(load_sparse_state<float>(other, fingerprint), DataError,
                          says(other.string() + ": " + text));
  };
  refuses([](Arrays& a) { a["fingerprint"](0, 0) += 1; },
          "the checkpoint must be of a training with these settings");
  refuses([](Arrays& a) { a.erase("counts"); }, "there must be an array counts of 7 elements");
  refuses([](Arrays& a) { a["counts"](0, 1) = .5; }, "counts must hold whole numbers");
  refuses([](Arrays& a) { a["counts"](0, 6) = 2; },
          "there must be a momentum for each layer, or none");
  refuses([](Arrays& a) { a["counts"](0, 1) = 1; }, "there must be an array history of 4 elements");
  refuses([](Arrays& a) { a["first"] = row_of({1}); },
          "there must be an array first of " + std::to_string(start_of(.2).parameters.size()) +
              " elements");
  refuses([](Arrays& a) { a["fired/0"] = row_of({1, 2}); }, "the exploration must fit the layers");
  refuses([](Arrays& a) { a["updates"] = row_of({1, 2}); }, "updates must be whole records");
  refuses([](Arrays& a) { a["updates"](0, 2) = -1; }, "updates must hold whole numbers");
}

BOOST_AUTO_TEST_CASE(images_that_no_window_fits_are_refused) {
  const auto refuses = [](ImageShape images, std::vector<Convolution> stages, const char* text) {
    BOOST_CHECK_EXCEPTION(NetworkConfig(images, stages, {.outputs = 10}), ArgumentError,
                          says(text));
  };
  constexpr const char* kFit =
      "NetworkConfig: windows, and squares of what they give, must fit into the images; got "
      "images ";
  refuses({1, 4, 9}, {{2, 5, 1}}, (std::string(kFit) + "1 x 4 x 9, window 5, pool 1").c_str());
  refuses({1, 4, 4}, {{2, 3, 3}}, (std::string(kFit) + "1 x 4 x 4, window 3, pool 3").c_str());
  refuses({1, 4, 4}, {{2, 0, 1}}, (std::string(kFit) + "1 x 4 x 4, window 0, pool 1").c_str());
  refuses({1, 8, 8}, {{2, 3, 2}, {2, 4, 1}},
          (std::string(kFit) + "2 x 3 x 3, window 4, pool 1").c_str());
  refuses({1, 4, 4}, {{0, 3, 1}},
          "NetworkConfig: images must have channels; got images 1 x 4 x 4, channels 0");
}

}  // namespace
}  // namespace surplus
