#define BOOST_TEST_MODULE resnet
#include "surplus/nn/resnet.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/train/augmented.h"
#include "surplus/train/step.h"
#include "surplus/train/train.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

Matrix<double> matrix_of(const nlohmann::json& json) {
  Matrix<double> matrix(json.size(), json.at(0).size());
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.cols(); ++j) matrix(i, j) = json[i][j].get<double>();
  }
  return matrix;
}

nlohmann::json golden() {
  std::ifstream file(SURPLUS_GOLDEN "resnet_torch.json");
  return nlohmann::json::parse(file);
}

std::size_t trained_size(ResnetConfig config) {
  config.initializer = Initializer::kZero;
  std::size_t size = 0;
  const Parameters<float> parameters = resnet_parameters<float>(config, Rng(1));
  for (const NamedShape& matrix : parameters.layout()) {
    if (matrix.trained) size += matrix.shape.rows * matrix.shape.cols;
  }
  return size;
}

BOOST_AUTO_TEST_CASE(the_networks_of_the_papers_have_their_numbers_of_parameters) {
  BOOST_TEST(trained_size(resnet34()) == 21282122u);
  BOOST_TEST(trained_size(preact_resnet18()) == 11171274u);
  // One class more: a row of weights and a bias.
  BOOST_TEST(trained_size(resnet34(11)) == 21282122u + 513);
  const auto counts = golden()["counts"];
  BOOST_TEST(counts["resnet34"].get<std::size_t>() == 21282122u);
  BOOST_TEST(counts["preact_resnet18"].get<std::size_t>() == 11171274u);
}

// Sums of at most 150 terms of about 1, in other orders than PyTorch's, over 4 steps.
BOOST_AUTO_TEST_CASE(networks_train_and_predict_as_in_pytorch) {
  for (const bool pre_activation : {false, true}) {
    const auto expected = golden()[pre_activation ? "pre_activation" : "original"];
    const ResnetConfig config{.channels = 2,
                              .height = 6,
                              .width = 5,
                              .outputs = 3,
                              .widths = {2, 3},
                              .blocks = {1, 2},
                              .pre_activation = pre_activation};
    auto parameters = resnet_parameters<double>(config, Rng(1));
    const auto start = expected["start"].get<std::vector<double>>();
    BOOST_TEST_REQUIRE(start.size() == parameters.size());
    std::ranges::copy(start, parameters.flat().begin());
    const Matrix<double> x = matrix_of(expected["x"]), outputs = matrix_of(expected["outputs"]);
    const auto y = expected["y"].get<std::vector<std::size_t>>();
    const StepConfig step{.optimizer = {.rule = UpdateRule::kMomentum, .weight_decay = 0.01},
                          .rate = 0.05};
    auto state = start_optimizer<double>(step.optimizer, parameters.size());
    StepMemory<double> memory;
    const Scores<double> network = resnet_scores<double>(config);
    BOOST_TEST_CONTEXT("pre_activation " << pre_activation) {
      for (const double loss : expected["losses"].get<std::vector<double>>()) {
        const Batch<double> batch{
            .examples = {.x = x, .labels = y}, .rng = Rng(1), .training = true};
        const double ours = train_step<double>(classification<double>(network), batch, step,
                                               parameters, state, memory);
        BOOST_TEST(std::abs(ours - loss) < 1e-12);
      }
      const auto end = expected["end"].get<std::vector<double>>();
      for (std::size_t i = 0; i < end.size(); ++i) {
        BOOST_TEST(std::abs(parameters.flat()[i] - end[i]) < 1e-11);
      }
      const Matrix<double> ours = predict<double>(network, parameters, x);
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        BOOST_TEST(std::abs(ours.values()[i] - outputs.values()[i]) < 1e-10);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(layers_start_with_the_spread_they_are_asked_for) {
  const ResnetConfig config = small_resnet(1, 32);
  const auto parameters = resnet_parameters<double>(config, Rng(3));
  const auto variance = [&](const char* name) {
    const auto values = parameters[name];
    double sum = 0;
    for (std::size_t i = 0; i < values.rows(); ++i) {
      for (const double w : values.row(i)) sum += w * w;
    }
    return sum / static_cast<double>(values.rows() * values.cols());
  };
  // 2 / fan-in, the mean of 18432 and of 2048 squares: within 5 standard deviations.
  BOOST_TEST(std::abs(variance("layer2.0.conv1.weight") * 9 * 32 / 2 - 1) <
             5 * std::sqrt(2.0 / 18432));
  BOOST_TEST(std::abs(variance("layer2.0.shortcut.0.weight") * 32 / 2 - 1) <
             5 * std::sqrt(2.0 / 2048));
  BOOST_TEST(variance("bn1.weight") == 1.0);
  BOOST_TEST(variance("bn1.bias") == 0.0);
  BOOST_TEST(variance("bn1.running_mean") == 0.0);
  BOOST_TEST(variance("bn1.running_var") == 1.0);
  BOOST_TEST((resnet_parameters<double>(config, Rng(3)) == parameters));
}

// Images of three classes, bright in the upper half, the left half or nowhere, under noise.
struct Pictures {
  Matrix<float> x;
  std::vector<std::size_t> labels;
  explicit Pictures(std::size_t n) : x(n, 3 * 8 * 8) {
    Rng rng(5);
    rng.fill_normal(x.values());
    for (std::size_t i = 0; i < n; ++i) {
      labels.push_back(i % 3);
      for (std::size_t at = 0; at < x.cols(); ++at) {
        const std::size_t row = at / 8 % 8, col = at % 8;
        x(i, at) = 0.5F * x(i, at) + (i % 3 == 0 && row < 4 ? 1.0F : 0.0F) +
                   (i % 3 == 1 && col < 4 ? 1.0F : 0.0F);
      }
    }
  }
  Examples<float> examples() const { return {.x = x, .labels = labels}; }
};

ResnetConfig tiny() {
  ResnetConfig config = small_resnet(1, 8);
  config.height = config.width = 8;
  config.outputs = 3;
  return config;
}

TrainConfig<float> settings() {
  return {.epochs = 5,
          .batch_size = 16,
          .optimizer = {.rule = UpdateRule::kMomentum, .weight_decay = 5e-4},
          .schedule = {.rate = 0.05},
          .seed = 2};
}

BOOST_AUTO_TEST_CASE(a_small_network_learns_and_its_running_averages_follow) {
  const Pictures pictures(96), others(45);
  const ResnetConfig config = tiny();
  const Scores<float> network = resnet_scores<float>(config);
  const auto result = train<float>(classification<float>(network), pictures.examples(),
                                   resnet_parameters<float>(config, Rng(1)), settings());
  BOOST_TEST(result.history.back().loss < 0.2);
  const Matrix<float> scores = predict<float>(network, result.parameters, others.x);
  BOOST_TEST(error_rate<float>(scores, others.labels) < 0.05);
  // One batch alone or cut into pieces of 32: each image's scores are its own.
  const Matrix<float> few =
      predict<float>(network, result.parameters, others.x.view().block(40, 0, 5, 192));
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 3; ++j) BOOST_TEST(few(i, j) == scores(40 + i, j));
  }
}

BOOST_AUTO_TEST_CASE(augmented_training_has_the_same_bits_on_any_threads_and_in_two_runs) {
  const Pictures pictures(48);
  const ResnetConfig config = tiny();
  const auto objective = classification<float>(
      augmented<float>(resnet_scores<float>(config), {3, 8, 8}, {.padding = 1, .flip = false}));
  const auto run = [&](const TrainConfig<float>& how) {
    return train<float>(objective, pictures.examples(), resnet_parameters<float>(config, Rng(1)),
                        how)
        .parameters;
  };
  TrainConfig<float> how = settings();
  how.epochs = 2;
  set_thread_count(1);
  const Parameters<float> once = run(how);
  set_thread_count(3);
  BOOST_TEST((run(how) == once));
  set_thread_count(0);
  const tests::Scratch folder;
  how.checkpoint = folder / "state.npz";
  how.epochs = 1;
  run(how);
  how.epochs = 2;
  BOOST_TEST((run(how) == once));
}

BOOST_AUTO_TEST_CASE(configs_and_operands_that_do_not_fit_get_one_clear_error) {
  const auto refuses = [](ResnetConfig config, const std::string& text) {
    BOOST_CHECK_EXCEPTION(resnet_parameters<float>(config, Rng(1)), ArgumentError, says(text));
  };
  refuses({.channels = 0},
          "resnet: channels, height, width and outputs must be at least 1; got channels 0, height "
          "32, width 32, outputs 10");
  refuses({.widths = {16}},
          "resnet: there must be a stage, with widths and blocks each; got widths 1, blocks 3");
  refuses({.widths = {16, 0}, .blocks = {1, 1}},
          "resnet: each stage must have a channel and a block; got stage 1, width 0, blocks 1");
  refuses({.epsilon = 0}, "resnet: epsilon must be above 0; got epsilon 0");
  refuses({.momentum = std::nan("")},
          "resnet: momentum must be above 0 and at most 1; got momentum nan");
  refuses({.initializer = Initializer::kNtk},
          "resnet: initializer must not be one for scaled layers; got initializer ntk");

  const ResnetConfig config = tiny();
  const auto parameters = resnet_parameters<float>(config, Rng(1));
  const Matrix<float> x = random_matrix<float>(2, 192, 1), narrow = random_matrix<float>(2, 191, 1);
  ad::Tape<float> tape;
  auto leaves = leaves_of(parameters, tape);
  BOOST_CHECK_EXCEPTION(
      resnet(config, leaves, tape.leaf(narrow), false), ShapeError,
      says("resnet: x must have a column per number of an image; got x 2 x 191, channels 3, height "
           "8, width 8"));
  leaves[1] = tape.leaf(x);
  BOOST_CHECK_EXCEPTION(
      resnet(config, leaves, tape.leaf(x), false), ShapeError,
      says("resnet: parameters must have the shapes of the layout; got name bn1.weight, shape 1 x "
           "8, parameter 2 x 192"));
  leaves.pop_back();
  BOOST_CHECK_EXCEPTION(resnet(config, leaves, tape.leaf(x), false), ShapeError,
                        says("resnet: there must be the parameters of each layer; got matrices "
                             "47, parameters 46"));
}

}  // namespace
}  // namespace surplus
