#define BOOST_TEST_MODULE checkpoint
#include "surplus/train/checkpoint.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "tests/lib/train/problems.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::Clusters;
using tests::kClusterNetwork;
using tests::says;
using tests::Scratch;

template <typename T>
TrainConfig<T> config_for(UpdateRule rule, const Clusters<T>& others) {
  return {.epochs = 6,
          .batch_size = 16,
          .optimizer = {.rule = rule, .weight_decay = 0.01},
          .schedule = {.kind = ScheduleKind::kCosine, .rate = 0.05, .period = 40, .warm_up = 3},
          .schedule_in_steps = true,
          .average_from = 7,
          .seed = 0x123456789abcdefu,
          .validation = others.examples(),
          .keep_best = true};
}

template <typename T>
void require_same(const TrainResult<T>& a, const TrainResult<T>& b) {
  BOOST_TEST((a.parameters == b.parameters));
  BOOST_TEST((a.average == b.average));
  BOOST_TEST(a.average.size() == a.parameters.size());
  BOOST_TEST((a.stop == b.stop));
  BOOST_TEST(a.epochs == b.epochs);
  BOOST_TEST(a.steps == b.steps);
  BOOST_TEST(a.best_epoch == b.best_epoch);
  BOOST_TEST_REQUIRE(a.history.size() == b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    BOOST_TEST(a.history[i].loss == b.history[i].loss);
    BOOST_TEST(a.history[i].validation_loss == b.history[i].validation_loss);
    BOOST_TEST(a.history[i].rate == b.history[i].rate);
  }
}

// Cut after every few steps, with another number of threads each time, it ends as in one run.
template <typename T>
void continues_to_the_same_bits(UpdateRule rule, bool with_replacement = false) {
  const Clusters<T> clusters(70, 1), others(30, 2);
  const auto objective = classification<T>(kClusterNetwork);
  const auto start = mlp_parameters<T>(kClusterNetwork, Rng(1));
  TrainConfig<T> whole = config_for(rule, others);
  if (with_replacement) {
    whole.with_replacement = whole.restart_at_drops = true;
    whole.optimizer.compensation = 0.4;
  }
  const auto expected = train(objective, clusters.examples(), start, whole);
  const Scratch scratch;
  for (const std::size_t piece : {1, 4, 5}) {
    TrainConfig<T> config = whole;
    config.checkpoint = scratch / ("state-" + std::to_string(piece) + ".npz");
    TrainResult<T> result;
    for (std::size_t runs = 0; runs == 0 || result.stop == Stop::kCancelled; ++runs) {
      BOOST_TEST_REQUIRE(runs < 40u);
      std::size_t steps = 0;
      config.on_step = [&](const Progress&) { return ++steps < piece; };
      set_thread_count(1 + runs % 3);
      result = train(objective, clusters.examples(), start, config);
    }
    set_thread_count(0);
    require_same(result, expected);
    // And it stays ended.
    require_same(train(objective, clusters.examples(), start, config), expected);
  }
}

BOOST_AUTO_TEST_CASE(a_training_in_pieces_ends_with_the_bits_of_one_in_float) {
  continues_to_the_same_bits<float>(UpdateRule::kMomentum);
}
BOOST_AUTO_TEST_CASE(a_training_in_pieces_ends_with_the_bits_of_one_in_double) {
  continues_to_the_same_bits<double>(UpdateRule::kAdamW);
}

BOOST_AUTO_TEST_CASE(a_training_with_replacement_and_restarts_in_pieces_ends_with_the_bits_of_one) {
  continues_to_the_same_bits<double>(UpdateRule::kMass, true);
}

BOOST_AUTO_TEST_CASE(what_an_objective_carries_is_saved_and_restored) {
  const Clusters<float> clusters(70, 1), others(30, 2);
  const auto plain = classification<float>(kClusterNetwork);
  const auto start = mlp_parameters<float>(kClusterNetwork, Rng(1));
  // How often each row was seen, which the loss depends on.
  Matrix<float> seen(70, 2);
  const Objective<float> counting = [&](auto& tape, auto parameters, const Batch<float>& batch) {
    const auto loss = plain(tape, parameters, batch);
    if (!batch.training) return loss;
    const float factor = 1 + seen(batch.rows[0], 1);
    for (const std::size_t row : batch.rows) seen(row, 1) += 0.1f;
    return ad::mul(loss, tape.constant(factor));
  };
  TrainConfig<float> config = config_for<float>(UpdateRule::kMomentum, others);
  const auto expected = train(counting, clusters.examples(), start, config);
  const Matrix<float> all_seen = seen;
  const Scratch scratch;
  config.checkpoint = scratch / "state.npz";
  config.carried = {{"seen", seen.view().block(0, 1, 70, 1)}};  // with gaps between its rows
  TrainResult<float> result;
  for (std::size_t runs = 0; runs == 0 || result.stop == Stop::kCancelled; ++runs) {
    BOOST_TEST_REQUIRE(runs < 40u);
    if (runs == 0) std::ranges::fill(seen.values(), 0.0f);
    std::size_t steps = 0;
    config.on_step = [&](const Progress&) { return ++steps < 4; };
    result = train(counting, clusters.examples(), start, config);
    // To be overwritten from the file.
    for (std::size_t i = 0; i < 70 && result.stop == Stop::kCancelled; ++i) seen(i, 1) = -1;
  }
  require_same(result, expected);
  BOOST_TEST((seen == all_seen));
  Matrix<float> more(71, 1);
  config.carried = {{"seen", more}};
  BOOST_CHECK_EXCEPTION(
      train(counting, clusters.examples(), start, config), DataError,
      says(config.checkpoint.string() +
           ": a checkpoint of this training must have an array carried/seen of 71 elements"));
}

BOOST_AUTO_TEST_CASE(a_training_that_was_killed_continues_from_its_last_file) {
  const Clusters<float> clusters(70, 1), others(30, 2);
  const auto objective = classification<float>(kClusterNetwork);
  const auto start = mlp_parameters<float>(kClusterNetwork, Rng(1));
  TrainConfig<float> config = config_for<float>(UpdateRule::kSgd, others);
  const auto expected = train(objective, clusters.examples(), start, config);
  const Scratch scratch;
  config.checkpoint = scratch / "state.npz";
  config.checkpoint_epochs = 2;
  struct Killed {};
  config.on_step = [](const Progress& progress) {
    if (progress.iteration == 23) throw Killed();  // in epoch 5
    return true;
  };
  BOOST_CHECK_THROW(train(objective, clusters.examples(), start, config), Killed);
  BOOST_TEST(scratch.entries() == 1u);
  std::size_t steps = 0;
  config.on_step = [&](const Progress&) { return ++steps > 0; };
  require_same(train(objective, clusters.examples(), start, config), expected);
  BOOST_TEST(steps == 10u);  // epochs 5 and 6, of 5 steps each
}

BOOST_AUTO_TEST_CASE(a_longer_training_continues_a_finished_one) {
  const Clusters<double> clusters(70, 1), others(30, 2);
  const auto objective = classification<double>(kClusterNetwork);
  const auto start = mlp_parameters<double>(kClusterNetwork, Rng(1));
  TrainConfig<double> config = config_for<double>(UpdateRule::kNesterov, others);
  const auto expected = train(objective, clusters.examples(), start, config);
  const Scratch scratch;
  config.checkpoint = scratch / "state.npz";
  config.epochs = 2;
  train(objective, clusters.examples(), start, config);
  config.epochs = 6;
  require_same(train(objective, clusters.examples(), start, config), expected);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_damaged_or_of_another_training_is_refused) {
  const Clusters<float> clusters(70, 1), others(30, 2);
  const auto objective = classification<float>(kClusterNetwork);
  const auto start = mlp_parameters<float>(kClusterNetwork, Rng(1));
  TrainConfig<float> config = config_for<float>(UpdateRule::kMomentum, others);
  const Scratch scratch;
  config.checkpoint = scratch / "state.npz";
  config.epochs = 1;
  train(objective, clusters.examples(), start, config);
  const std::string path = config.checkpoint.string(), bytes = read_file(config.checkpoint);
  const auto refused = [&](const Parameters<float>& from, const TrainConfig<float>& changed,
                           const std::string& text) {
    BOOST_CHECK_EXCEPTION(train(objective, clusters.examples(), from, changed), DataError,
                          says(path + ": " + text));
  };
  TrainConfig<float> other = config;
  other.seed = 2;
  refused(start, other, "the checkpoint must be of a training with these settings");
  const MlpConfig wider{.inputs = 2, .hidden = {9}, .outputs = 3};
  refused(mlp_parameters<float>(wider, Rng(1)), config,
          "a checkpoint of this training must have an array parameters/0.weight of 18 elements");
  write_file_atomically(config.checkpoint, bytes.substr(0, bytes.size() / 2));
  BOOST_CHECK_THROW(train(objective, clusters.examples(), start, config), DataError);
  write_file_atomically(config.checkpoint, "");
  BOOST_CHECK_THROW(train(objective, clusters.examples(), start, config), DataError);
}

}  // namespace
}  // namespace surplus
