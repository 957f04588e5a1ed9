#define BOOST_TEST_MODULE step
#include "surplus/train/step.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/sparse_linear.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/lib/train/problems.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::allocations;
using tests::Clusters;
using tests::kClusterNetwork;
using tests::random_matrix;
using tests::says;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Matrix<double> json_matrix(const nlohmann::json& json) {
  Matrix<double> matrix(json.size(), json.at(0).size());
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.cols(); ++j) matrix(i, j) = json[i][j].get<double>();
  }
  return matrix;
}

ad::Activation activation_named(const std::string& name) {
  if (name == "relu") return ad::Activation::kRelu;
  if (name == "tanh") return ad::Activation::kTanh;
  if (name == "sigmoid") return ad::Activation::kSigmoid;
  if (name == "gelu") return ad::Activation::kGelu;
  return ad::Activation::kIdentity;
}

// Sums of at most 11 terms of about 1, in other orders than PyTorch's, over 8 steps.
BOOST_AUTO_TEST_CASE(networks_take_the_steps_they_take_in_pytorch) {
  std::ifstream file(SURPLUS_GOLDEN "mlp_torch.json");
  const auto json = nlohmann::json::parse(file);
  BOOST_TEST_REQUIRE(json["cases"].size() == 8u);
  const auto x = json_matrix(json["x"]), targets = json_matrix(json["targets"]);
  const auto y = json["y"].get<std::vector<std::size_t>>();
  for (const auto& expected : json["cases"]) {
    const MlpConfig network{.inputs = x.cols(),
                            .hidden = expected["hidden"],
                            .outputs = targets.cols(),
                            .activation = activation_named(expected["activation"]),
                            .bias = expected["bias"]};
    const auto objective =
        expected["loss"] == "mse" ? regression<double>(network) : classification<double>(network);
    const double clip = expected["clip"];
    const StepConfig config{.optimizer = {.rule = UpdateRule::kMomentum},
                            .rate = 0.2,
                            .clip_norm = clip > 0 ? clip : kInfinity};
    auto parameters = mlp_parameters<double>(network, Rng(1));
    const auto start = expected["start"].get<std::vector<double>>();
    BOOST_TEST_REQUIRE(start.size() == parameters.size());
    std::ranges::copy(start, parameters.flat().begin());
    auto state = start_optimizer<double>(config.optimizer, parameters.size());
    StepMemory<double> memory;
    BOOST_TEST_CONTEXT(expected["hidden"] << " " << expected["activation"] << " " << clip) {
      for (const double loss : expected["losses"].get<std::vector<double>>()) {
        const double ours =
            train_step<double>(objective,
                               {.examples = {.x = x, .labels = y, .targets = targets},
                                .rng = Rng(1),
                                .training = true},
                               config, parameters, state, memory);
        BOOST_TEST(std::abs(ours - loss) < 1e-13);
      }
      const auto end = expected["end"].get<std::vector<double>>();
      for (std::size_t i = 0; i < end.size(); ++i) {
        BOOST_TEST(std::abs(parameters.flat()[i] - end[i]) < 1e-12);
      }
    }
  }
}

struct Run {
  Parameters<float> parameters;
  OptimizerState<float> state;
};

// Steps on random rows. A clip norm that is never reached takes the way over a written gradient.
Run run_steps(const OptimizerConfig& optimizer, std::size_t threads, double clip_norm) {
  const MlpConfig network{.inputs = 300, .hidden = {310, 70}, .outputs = 10};
  Run run{mlp_parameters<float>(network, Rng(1)), {}};
  run.state = start_optimizer<float>(optimizer, run.parameters.size());
  const auto x = random_matrix<float>(33, 300, 1);
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < 33; ++i) labels.push_back(i % 10);
  StepMemory<float> memory;
  set_thread_count(threads);
  for (std::size_t i = 0; i < 3; ++i) {
    train_step<float>(classification<float>(network),
                      {.examples = {.x = x, .labels = labels}, .rng = Rng(1), .training = true},
                      {.optimizer = optimizer, .rate = 0.01, .clip_norm = clip_norm},
                      run.parameters, run.state, memory);
  }
  set_thread_count(0);
  return run;
}

BOOST_AUTO_TEST_CASE(updates_in_pieces_are_those_of_the_whole_gradient_with_any_threads) {
  for (const auto rule : {UpdateRule::kSgd, UpdateRule::kMomentum, UpdateRule::kAdamW}) {
    const OptimizerConfig optimizer{.rule = rule, .weight_decay = 0.1};
    const Run whole = run_steps(optimizer, 1, 1e30);
    for (const std::size_t threads : {1, 2, 8}) {
      const Run pieces = run_steps(optimizer, threads, kInfinity);
      BOOST_TEST_CONTEXT(to_text(rule) << ", threads " << threads) {
        BOOST_TEST((pieces.parameters == whole.parameters));
        BOOST_TEST((pieces.state == whole.state));
      }
    }
    BOOST_TEST((run_steps(optimizer, 8, 1e30).parameters == whole.parameters));
  }
}

// A layer of random active weights on 32 examples, stepped four times.
struct SparseRun {
  static constexpr Shape kShape{256, 1024};
  explicit SparseRun(double density) {
    const std::size_t before = tests::bytes_in_use;
    tests::peak_bytes = before;
    std::vector<std::uint32_t> positions;
    Rng rng(1);
    for (std::uint32_t p = 0; p < kShape.rows * kShape.cols; ++p) {
      if (rng.uniform() < density) positions.push_back(p);
    }
    const SparsePattern pattern(kShape, positions);
    std::vector<std::uint32_t>().swap(positions);
    active = pattern.size();
    Parameters<float> parameters({{"weight", {1, pattern.size()}}, {"bias", {1, kShape.rows}}});
    rng.fill_normal(parameters.flat());
    const StepConfig config{.optimizer = {.rule = UpdateRule::kNesterov}, .rate = 1e-4};
    auto state = start_optimizer<float>(config.optimizer, parameters.size());
    Matrix<float> x(32, kShape.cols);
    rng.fill_normal(x.values());
    const std::vector<std::size_t> labels(32, 3);
    const Objective<float> objective = classification<float>(
        Scores<float>([&pattern](ad::Tape<float>& tape, auto leaves, const Batch<float>& batch) {
          const auto tiles = ad::to_tiles(tape.leaf(batch.examples.x));
          return ad::from_tiles(ad::sparse_linear(tiles, leaves[0], pattern, leaves[1]),
                                batch.examples.x.rows());
        }));
    StepMemory<float> memory;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t count = allocations;
      train_step<float>(objective,
                        {.examples = {.x = x, .labels = labels}, .rng = rng, .training = true},
                        config, parameters, state, memory);
      if (i > 0) later_allocations += allocations - count;
    }
    held = tests::bytes_in_use - before;
    peak = tests::peak_bytes - before;
  }
  std::size_t active = 0, held = 0, peak = 0, later_allocations = 0;
};

BOOST_AUTO_TEST_CASE(
    a_sparse_step_holds_at_most_28_bytes_per_active_weight_and_allocates_nothing_later) {
  set_thread_count(1);
  const SparseRun first(0.01);  // scratch of the thread is there from now on
  std::vector<SparseRun> runs;
  for (const double density : {0.01, 0.05, 0.1, 0.2, 0.4}) runs.emplace_back(density);
  for (const SparseRun& run : runs) {
    BOOST_TEST(run.later_allocations == 0u);
    // Positions 12, weight 4, velocity 4; the tape's copy by column 4, where it asks for more blocks.
    BOOST_TEST(run.held - runs[0].held <= 28 * (run.active - runs[0].active));
  }
  // Nothing has the size of the matrix.
  BOOST_TEST(runs[0].peak < SparseRun::kShape.rows * SparseRun::kShape.cols * sizeof(float));
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(a_step_allocates_nothing_after_the_first) {
  const Clusters<float> clusters(64, 1);
  auto parameters = mlp_parameters<float>(kClusterNetwork, Rng(1));
  const auto objective = classification<float>(kClusterNetwork);
  for (const double clip_norm : {kInfinity, 1.0}) {
    for (const auto rule : {UpdateRule::kSgd, UpdateRule::kAdam}) {
      const StepConfig config{.optimizer = {.rule = rule}, .clip_norm = clip_norm};
      auto state = start_optimizer<float>(config.optimizer, parameters.size());
      StepMemory<float> memory;
      std::size_t before = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        if (i == 1) before = allocations;
        train_step<float>(objective,
                          {.examples = clusters.examples(), .rng = Rng(1), .training = true},
                          config, parameters, state, memory);
      }
      BOOST_TEST(allocations - before == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(parameters_used_twice_or_not_at_all_are_updated_as_well) {
  // loss = sum(a^2) + sum(a), b not in it.
  const Objective<double> objective = [](ad::Tape<double>&, auto parameters, const Batch<double>&) {
    return ad::add(ad::sum(ad::square(parameters[0])), ad::sum(parameters[0]));
  };
  Parameters<double> parameters({{"a", {2, 2}}, {"b", {1, 3}}});
  for (double& value : parameters.flat()) value = 2;
  const StepConfig config{.optimizer = {.weight_decay = 0.5}, .rate = 0.1};
  auto state = start_optimizer<double>(config.optimizer, 7);
  StepMemory<double> memory;
  const double loss =
      train_step<double>(objective, {.examples = {}, .rng = Rng(1), .training = true}, config,
                         parameters, state, memory);
  BOOST_TEST(loss == 24);
  for (std::size_t i = 0; i < 7; ++i) {
    BOOST_TEST(std::abs(parameters.flat()[i] - (i < 4 ? 2 - 0.1 * (5 + 1) : 2 - 0.1)) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_not_finite_updates_nothing) {
  const Clusters<float> clusters(10, 1);
  auto parameters = mlp_parameters<float>(kClusterNetwork, Rng(1));
  parameters.flat()[3] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> before(parameters.flat().begin(), parameters.flat().end());
  auto state = start_optimizer<float>({}, parameters.size());
  StepMemory<float> memory;
  const double loss =
      train_step<float>(classification<float>(kClusterNetwork),
                        {.examples = clusters.examples(), .rng = Rng(1), .training = true}, {},
                        parameters, state, memory);
  BOOST_TEST(std::isnan(loss));
  BOOST_TEST(state.steps == 0u);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (i != 3) BOOST_TEST(parameters.flat()[i] == before[i]);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Clusters<float> clusters(10, 1);
  auto parameters = mlp_parameters<float>(kClusterNetwork, Rng(1));
  auto state = start_optimizer<float>({}, parameters.size());
  StepMemory<float> memory;
  const auto step = [&](const Examples<float>& examples, const StepConfig& config) {
    train_step<float>(classification<float>(kClusterNetwork),
                      {.examples = examples, .rng = Rng(1), .training = true}, config, parameters,
                      state, memory);
  };
  BOOST_CHECK_EXCEPTION(step(clusters.examples(), {.clip_norm = 0}), ArgumentError,
                        says("train_step: clip_norm must be above 0; got clip_norm 0"));
  BOOST_CHECK_EXCEPTION(
      evaluate<float>(classification<float>(kClusterNetwork), parameters, Examples<float>{}),
      ShapeError, says("evaluate: there must be an example; got x 0 x 0"));
  const std::vector<std::size_t> labels(3);
  BOOST_CHECK_EXCEPTION(
      error_rate<float>(clusters.x, labels), ShapeError,
      says("error_rate: there must be scores, and a label per row; got scores 10 x 2, labels 3"));
  BOOST_TEST(state.steps == 0u);
}

// w is trained towards x, and "seen" is told the sum of what came.
Objective<double> counting(std::size_t told) {
  return [told](ad::Tape<double>& tape, auto parameters, const Batch<double>& batch) {
    const auto x = tape.leaf(batch.examples.x);
    if (batch.assignments != nullptr) {
      batch.assignments->push_back({told, ad::add(parameters[1], x).value()});
    }
    return ad::mean(ad::square(ad::sub(parameters[0], x)));
  };
}

BOOST_AUTO_TEST_CASE(what_is_not_trained_is_assigned_after_the_step_and_decays_under_no_rule) {
  const Matrix<double> x = {{1, 2}};
  const Batch<double> batch{.examples = {.x = x}, .rng = Rng(1), .training = true};
  for (const double clip : {kInfinity, 0.5}) {
    const StepConfig config{.optimizer = {.rule = UpdateRule::kMomentum, .weight_decay = 0.5},
                            .rate = 0.1,
                            .clip_norm = clip};
    Parameters<double> parameters({{"w", {1, 2}}, {"seen", {1, 2}, false}, {"b", {1, 1}}});
    parameters[2](0, 0) = 1;
    auto state = start_optimizer<double>(config.optimizer, parameters.size());
    StepMemory<double> memory;
    for (int step = 0; step < 3; ++step) {
      train_step<double>(counting(1), batch, config, parameters, state, memory);
    }
    BOOST_TEST((Matrix<double>(parameters["seen"]) == Matrix<double>{{3, 6}}));
    BOOST_TEST(parameters["w"](0, 0) > 0);
    BOOST_TEST(parameters["b"](0, 0) < 1);  // by its decay alone
    // A step that is not made assigns nothing.
    const Matrix<double> bad = {{std::nan(""), 0}};
    train_step<double>(counting(1), {.examples = {.x = bad}, .rng = Rng(1), .training = true},
                       config, parameters, state, memory);
    BOOST_TEST((Matrix<double>(parameters["seen"]) == Matrix<double>{{3, 6}}));
    BOOST_CHECK_EXCEPTION(
        train_step<double>(counting(0), batch, config, parameters, state, memory), ArgumentError,
        says("train_step: assignments must be to matrices of their shape that are not trained; got "
             "matrix 0, value 1 x 2"));
  }
}

}  // namespace
}  // namespace surplus
