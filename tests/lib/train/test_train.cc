#define BOOST_TEST_MODULE train
#include "surplus/train/train.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "surplus/autodiff/ops/reduce.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/lib/train/problems.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::Clusters;
using tests::kClusterNetwork;
using tests::random_matrix;
using tests::says;

template <typename T>
Parameters<T> cluster_start(std::uint64_t seed = 1) {
  return mlp_parameters<T>(kClusterNetwork, Rng(seed));
}

BOOST_AUTO_TEST_CASE(a_linear_network_reaches_the_least_squares_solution) {
  const auto x = random_matrix<double>(40, 3, 1), y = random_matrix<double>(40, 2, 2);
  const MlpConfig network{.inputs = 3, .outputs = 2, .bias = false};
  const auto result = train(regression<double>(network), {.x = x, .targets = y},
                            mlp_parameters<double>(network, Rng(1)),
                            {.epochs = 2000,
                             .batch_size = 0,
                             .optimizer = {.rule = UpdateRule::kNesterov},
                             .schedule = {.rate = 0.1}});
  BOOST_TEST((result.stop == Stop::kIterationLimit));
  BOOST_TEST(result.steps == 2000u);
  const Matrix<double> normal = tests::product(tests::transpose(x), x);
  const Matrix<double> moments = tests::product(tests::transpose(x), y);
  // The normal equations hold where the gradient is zero.
  const Matrix<double> w(result.parameters["0.weight"]);
  BOOST_TEST(tests::distance(tests::product(normal, tests::transpose(w)), moments) < 1e-10);
}

BOOST_AUTO_TEST_CASE(separable_classes_are_separated_by_every_rule) {
  const Clusters<float> clusters(200, 1), others(100, 2);
  for (const auto rule : {UpdateRule::kSgd, UpdateRule::kMomentum, UpdateRule::kNesterov,
                          UpdateRule::kMass, UpdateRule::kAdam, UpdateRule::kAdamW}) {
    const auto result =
        train(classification<float>(kClusterNetwork), clusters.examples(), cluster_start<float>(),
              {.epochs = 60,
               .optimizer = {.rule = rule},
               .schedule = {.rate = rule == UpdateRule::kSgd ? 0.5 : 0.02},
               .validation = others.examples(),
               .loss_threshold = 0.02});
    BOOST_TEST_CONTEXT(to_text(rule)) {
      BOOST_TEST((result.stop == Stop::kConverged));
      BOOST_TEST(result.epochs < 60u);
      BOOST_TEST(result.history.size() == result.epochs);
      BOOST_TEST(result.history.back().loss < 0.02);
      BOOST_TEST(result.history[result.epochs - 2].loss >= 0.02);
      const auto scores = predict(kClusterNetwork, result.parameters, others.x);
      BOOST_TEST(error_rate<float>(scores, others.labels) < 0.02);
      BOOST_TEST(result.history.back().validation_loss ==
                 evaluate<float>(classification<float>(kClusterNetwork), result.parameters,
                                 others.examples()));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_row_comes_once_an_epoch_and_the_last_batch_is_short) {
  Matrix<double> x(10, 1);
  for (std::size_t i = 0; i < 10; ++i) x(i, 0) = static_cast<double>(i);
  std::vector<std::vector<double>> batches;
  const Objective<double> objective = [&](ad::Tape<double>&, auto parameters, const auto& batch) {
    const auto rows = batch.examples.x;
    batches.emplace_back();
    for (std::size_t i = 0; i < rows.rows(); ++i) batches.back().push_back(rows(i, 0));
    return ad::sum(parameters[0]);
  };
  const Parameters<double> start({{"w", {1, 1}}});
  const auto epochs_of = [&](TrainConfig<double> config) {
    batches.clear();
    config.epochs = 2;
    config.batch_size = 4;
    train(objective, {.x = x}, start, config);
    std::vector<std::vector<double>> epochs(2);
    BOOST_TEST_REQUIRE(batches.size() == 6u);
    for (std::size_t i = 0; i < 6; ++i) {
      BOOST_TEST(batches[i].size() == (i % 3 == 2 ? 2u : 4u));
      epochs[i / 3].insert(epochs[i / 3].end(), batches[i].begin(), batches[i].end());
    }
    return epochs;
  };
  const std::vector<double> in_order(x.values().begin(), x.values().end());
  const auto shuffled = epochs_of({.seed = 1});
  BOOST_TEST(shuffled[0] != in_order);
  BOOST_TEST(shuffled[0] != shuffled[1]);
  BOOST_TEST((epochs_of({.seed = 1}) == shuffled));
  BOOST_TEST((epochs_of({.seed = 2}) != shuffled));
  for (auto epoch : shuffled) {
    std::ranges::sort(epoch);
    BOOST_TEST(epoch == in_order);
  }
  BOOST_TEST(epochs_of({.shuffle = false})[1] == in_order);
}

BOOST_AUTO_TEST_CASE(with_replacement_each_step_draws_a_whole_batch_from_all_rows) {
  constexpr std::size_t n = 10, kSteps = 6000;
  Matrix<double> x(n, 1);
  for (std::size_t i = 0; i < n; ++i) x(i, 0) = static_cast<double>(i);
  for (const std::size_t size : {1, 4, 15}) {
    std::vector<std::size_t> counts(n);
    std::size_t repeats = 0, steps = 0;
    const Objective<double> objective = [&](ad::Tape<double>&, auto parameters, const auto& batch) {
      const auto rows = batch.examples.x;
      BOOST_REQUIRE(rows.rows() == size);
      for (std::size_t i = 0; i < size; ++i) ++counts[static_cast<std::size_t>(rows(i, 0))];
      repeats += size > 1 && rows(0, 0) == rows(1, 0);
      ++steps;
      return ad::sum(parameters[0]);
    };
    const std::size_t per_epoch = size == 15 ? 1 : (n + size - 1) / size;
    const Parameters<double> start({{"w", {1, 1}}});
    const auto result = train(objective, {.x = x}, start,
                              {.epochs = kSteps / per_epoch,
                               .batch_size = size,
                               .with_replacement = true,
                               .schedule = {.rate = 0},
                               .seed = 5});
    BOOST_TEST(steps == kSteps);
    BOOST_TEST(result.steps == kSteps);
    // Binomial counts: within 5 standard deviations.
    const double expected = static_cast<double>(kSteps * size) / n;
    for (const std::size_t count : counts) {
      BOOST_TEST(std::abs(static_cast<double>(count) - expected) < 5 * std::sqrt(expected));
    }
    if (size > 1)
      BOOST_TEST(std::abs(static_cast<double>(repeats) - kSteps / 10.0) < 5 * std::sqrt(540.0));
  }
}

BOOST_AUTO_TEST_CASE(single_examples_with_decreasing_steps_go_as_a_loop_by_hand_goes) {
  const auto x = random_matrix<double>(7, 2, 1), y = random_matrix<double>(7, 1, 2);
  const MlpConfig network{.inputs = 2, .outputs = 1, .bias = false};
  std::vector<std::vector<double>> seen;  // the rows, in the order of the steps
  const Objective<double> mean = regression<double>(network);
  const Objective<double> objective = [&](ad::Tape<double>& tape, auto parameters,
                                          const auto& batch) {
    const auto row = batch.examples.x.row(0);
    seen.push_back({row[0], row[1], batch.examples.targets(0, 0)});
    return mean(tape, parameters, batch);
  };
  const Schedule schedule = {.kind = ScheduleKind::kInverse, .rate = 0.1, .period = 5};
  const auto start = mlp_parameters<double>(network, Rng(1));
  const auto result = train(objective, {.x = x, .targets = y}, start,
                            {.epochs = 3,
                             .batch_size = 1,
                             .with_replacement = true,
                             .schedule = schedule,
                             .schedule_in_steps = true,
                             .average_from = 4});
  std::vector<double> w(start.flat().begin(), start.flat().end()), sum(2);
  for (std::size_t t = 0; t < 21; ++t) {
    const double r = w[0] * seen[t][0] + w[1] * seen[t][1] - seen[t][2];
    for (std::size_t j = 0; j < 2; ++j) w[j] -= rate_at(schedule, t) * 2 * r * seen[t][j];
    for (std::size_t j = 0; j < 2; ++j) sum[j] += t >= 4 ? w[j] : 0;
  }
  for (std::size_t j = 0; j < 2; ++j) {
    BOOST_TEST(std::abs(result.parameters.flat()[j] - w[j]) < 1e-13);
    BOOST_TEST(std::abs(result.average.flat()[j] - sum[j] / 17) < 1e-13);
  }
  BOOST_TEST(train(mean, {.x = x, .targets = y}, start, {}).average.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_restart_at_drops_forgets_the_velocity_when_the_rate_falls) {
  // One parameter with the gradient 1: v = 1, 1.9, 2.71; then, at a tenth of the rate, again.
  const Objective<double> objective = [](ad::Tape<double>&, auto parameters, const auto&) {
    return ad::sum(parameters[0]);
  };
  const Matrix<double> x(1, 1);
  const auto end = [&](bool restart) {
    const auto result = train(objective, {.x = x}, Parameters<double>({{"w", {1, 1}}}),
                              {.epochs = 6,
                               .optimizer = {.rule = UpdateRule::kMomentum},
                               .schedule = {.kind = ScheduleKind::kStep, .rate = 1, .period = 3},
                               .restart_at_drops = restart});
    BOOST_TEST(result.steps == 6u);
    return result.parameters.flat()[0];
  };
  BOOST_TEST(end(true) == -5.61 * 1.1, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(end(false) == -5.61 - 0.1 * (3.439 + 4.0951 + 4.68559),
             boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const auto x = random_matrix<float>(150, 80, 1);
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < 150; ++i) labels.push_back(i % 7);
  const MlpConfig network{.inputs = 80, .hidden = {400}, .outputs = 7};
  const auto run = [&](std::size_t threads) {
    set_thread_count(threads);
    auto result =
        train(classification<float>(network), {.x = x, .labels = labels},
              mlp_parameters<float>(network, Rng(1)),
              {.epochs = 2, .batch_size = 64, .optimizer = {.rule = UpdateRule::kMomentum}});
    set_thread_count(0);
    return result;
  };
  const auto one = run(1);
  for (const std::size_t threads : {2, 8}) {
    const auto many = run(threads);
    BOOST_TEST((many.parameters == one.parameters));
    BOOST_TEST(many.history.back().loss == one.history.back().loss);
  }
}

BOOST_AUTO_TEST_CASE(many_networks_at_once_are_those_trained_one_by_one) {
  const Clusters<float> clusters(90, 1);
  std::vector<Parameters<float>> starts;
  std::vector<TrainConfig<float>> configs;
  for (std::uint64_t i = 0; i < 5; ++i) {
    starts.push_back(cluster_start<float>(i));
    configs.push_back({.epochs = 2 + i, .seed = i});
  }
  const auto objective = classification<float>(kClusterNetwork);
  const auto results = train_many<float>(objective, clusters.examples(), starts, configs);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto alone = train(objective, clusters.examples(), starts[i], configs[i]);
    BOOST_TEST((results[i].parameters == alone.parameters));
    BOOST_TEST(results[i].epochs == 2 + i);
  }
  BOOST_CHECK_EXCEPTION(
      train_many<float>(objective, clusters.examples(), {}, configs), ShapeError,
      says("train_many: there must be a config per start; got configs 5, starts 0"));
}

BOOST_AUTO_TEST_CASE(patience_ends_training_and_the_best_parameters_are_kept) {
  // Two classes with labels that the validation contradicts: its loss rises from some epoch on.
  const Clusters<double> clusters(60, 1);
  std::vector<std::size_t> wrong = clusters.labels;
  for (std::size_t i = 0; i < wrong.size(); i += 3) wrong[i] = (wrong[i] + 1) % 3;
  const auto objective = classification<double>(kClusterNetwork);
  std::vector<Parameters<double>> seen;
  TrainConfig<double> config{.epochs = 500,
                             .schedule = {.rate = 0.1},
                             .validation = {.x = clusters.x, .labels = wrong},
                             .patience = 7,
                             .keep_best = true};
  config.on_epoch = [&](const EpochRecord&, const Parameters<double>& parameters) {
    seen.push_back(parameters);
    return true;
  };
  const auto result = train(objective, clusters.examples(), cluster_start<double>(), config);
  BOOST_TEST((result.stop == Stop::kNoImprovement));
  BOOST_TEST(result.epochs == result.best_epoch + 7);
  BOOST_TEST((result.parameters == seen[result.best_epoch - 1]));
  for (const EpochRecord& epoch : result.history) {
    BOOST_TEST(result.history[result.best_epoch - 1].validation_loss <= epoch.validation_loss);
  }
  config.keep_best = false;
  const auto last = train(objective, clusters.examples(), cluster_start<double>(), config);
  BOOST_TEST((last.parameters == seen.back()));
}

BOOST_AUTO_TEST_CASE(observers_see_every_step_and_epoch_and_can_end_the_training) {
  const Clusters<float> clusters(70, 1);
  std::size_t steps = 0, epochs = 0;
  TrainConfig<float> config{.epochs = 5, .batch_size = 30};
  config.on_step = [&](const Progress& progress) {
    BOOST_TEST(progress.iteration == ++steps);
    BOOST_TEST(progress.iterations == 15u);
    return progress.iteration < 8;
  };
  config.on_epoch = [&](const EpochRecord& epoch, const Parameters<float>&) {
    ++epochs;
    BOOST_TEST(epoch.rate == 0.01);
    return true;
  };
  const auto objective = classification<float>(kClusterNetwork);
  const auto result = train(objective, clusters.examples(), cluster_start<float>(), config);
  BOOST_TEST((result.stop == Stop::kCancelled));
  BOOST_TEST(result.steps == 8u);
  BOOST_TEST(result.epochs == 2u);
  BOOST_TEST(epochs == 2u);
  const auto at_once =
      train(objective, clusters.examples(), cluster_start<float>(), {.seconds = 0});
  BOOST_TEST((at_once.stop == Stop::kTimeLimit));
  BOOST_TEST(at_once.steps == 1u);
  const auto none = train(objective, clusters.examples(), cluster_start<float>(), {.epochs = 0});
  BOOST_TEST((none.parameters == cluster_start<float>()));
}

BOOST_AUTO_TEST_CASE(batches_say_which_rows_and_epoch_they_are_of) {
  const Clusters<float> clusters(70, 1);
  const Objective<float> plain = classification<float>(kClusterNetwork);
  struct Seen {
    std::size_t epoch;
    std::vector<std::size_t> rows;
  };
  const auto batches_of = [&](const TrainConfig<float>& config) {
    std::vector<Seen> seen;
    const Objective<float> watch = [&](auto& tape, auto parameters, const Batch<float>& batch) {
      if (batch.training) {
        BOOST_TEST_REQUIRE(batch.rows.size() == batch.examples.x.rows());
        for (std::size_t i = 0; i < batch.rows.size(); ++i) {
          BOOST_TEST(batch.examples.x(i, 1) == clusters.x(batch.rows[i], 1));
          BOOST_TEST(batch.examples.labels[i] == clusters.labels[batch.rows[i]]);
        }
        seen.push_back({batch.epoch, {batch.rows.begin(), batch.rows.end()}});
      } else {
        BOOST_TEST(batch.rows.empty());
      }
      return plain(tape, parameters, batch);
    };
    train(watch, clusters.examples(), cluster_start<float>(), config);
    return seen;
  };
  const auto some = batches_of({.epochs = 2, .batch_size = 32, .validation = clusters.examples()});
  BOOST_TEST_REQUIRE(some.size() == 6u);
  BOOST_TEST(some[2].epoch == 0u);
  BOOST_TEST(some[3].epoch == 1u);
  BOOST_TEST(some[5].rows.size() == 6u);
  BOOST_TEST(batches_of({.epochs = 1, .batch_size = 0}).front().rows.back() == 69u);
  BOOST_TEST(
      batches_of({.epochs = 1, .batch_size = 32, .with_replacement = true}).front().rows.size() ==
      32u);
  // The small batch at the end is left out, other rows in each epoch.
  const auto whole = batches_of({.epochs = 9, .batch_size = 32, .drop_last = true});
  BOOST_TEST_REQUIRE(whole.size() == 18u);
  std::set<std::size_t> rows;
  for (const Seen& batch : whole) {
    BOOST_TEST(batch.rows.size() == 32u);
    rows.insert(batch.rows.begin(), batch.rows.end());
  }
  BOOST_TEST(rows.size() == 70u);
  BOOST_TEST(batches_of({.epochs = 1, .batch_size = 64, .drop_last = true}).front().rows.size() ==
             64u);
  const auto result = train(plain, clusters.examples(), cluster_start<float>(),
                            {.epochs = 3, .batch_size = 32, .drop_last = true});
  BOOST_TEST(result.steps == 6u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(result.history[i].epoch == i + 1);
}

BOOST_AUTO_TEST_CASE(scores_are_predicted_in_pieces_as_by_the_network_itself) {
  const Clusters<float> clusters(2100, 1);
  const Parameters<float> start = cluster_start<float>();
  const Matrix<float> scores =
      predict<float>(mlp_scores<float>(kClusterNetwork), start, clusters.x);
  BOOST_TEST((scores == predict<float>(kClusterNetwork, start, clusters.x)));
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_not_finite_ends_the_training_and_says_so) {
  Clusters<float> clusters(70, 1);
  clusters.x(13, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto result = train(classification<float>(kClusterNetwork), clusters.examples(),
                            cluster_start<float>(), {.epochs = 5, .batch_size = 16});
  BOOST_TEST((result.stop == Stop::kNotFinite));
  BOOST_TEST(to_text(result.stop) == "not finite");
  BOOST_TEST(result.epochs == 0u);
  BOOST_TEST(result.steps < 5u);
  for (const float w : result.parameters.flat()) BOOST_TEST(std::isfinite(w));
}

BOOST_AUTO_TEST_CASE(schedules_run_in_epochs_or_in_steps) {
  const Clusters<float> clusters(70, 1);
  const Schedule halves{.kind = ScheduleKind::kExponential, .rate = 1, .factor = 0.5};
  const auto objective = classification<float>(kClusterNetwork);
  const auto in_epochs = train(objective, clusters.examples(), cluster_start<float>(),
                               {.epochs = 2, .batch_size = 20, .schedule = halves});
  BOOST_TEST(in_epochs.history[1].rate == 0.5);
  const auto in_steps =
      train(objective, clusters.examples(), cluster_start<float>(),
            {.epochs = 2, .batch_size = 20, .schedule = halves, .schedule_in_steps = true});
  BOOST_TEST(in_steps.history[1].rate == std::pow(0.5, 7));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Clusters<float> clusters(10, 1);
  const auto refused = [&](const Examples<float>& examples, const TrainConfig<float>& config,
                           const std::string& text) {
    BOOST_CHECK_EXCEPTION(
        train(classification<float>(kClusterNetwork), examples, cluster_start<float>(), config),
        std::invalid_argument, says(text));
  };
  const auto good = clusters.examples();
  refused({}, {}, "train: there must be an example; got x 0 x 0");
  refused({.x = good.x, .labels = good.labels.first(9)}, {},
          "train: there must be a label per row of x, or none; got labels 9, x 10 x 2");
  refused(
      {.x = good.x, .targets = good.x.block(0, 0, 3, 2)}, {},
      "train: there must be a row of targets per row of x, or none; got targets 3 x 2, x 10 x 2");
  refused(good, {.checkpoint_epochs = 0},
          "train: checkpoint_epochs must be at least 1; got checkpoint_epochs 0");
  refused(good, {.loss_threshold = std::nan("")},
          "train: loss_threshold must be a number; got loss_threshold nan");
  refused(good, {.seconds = -1}, "train: seconds must be at least 0; got seconds -1");
  refused(good, {.clip_norm = -1}, "train: clip_norm must be above 0; got clip_norm -1");
  refused(good, {.schedule = {.rate = -1}},
          "rate_at: rate must be finite and at least 0; got rate -1");
  refused(good, {.optimizer = {.momentum = 2}},
          "start_optimizer: momentum must be at least 0 and below 1; got momentum 2");
  refused({.x = good.x}, {},
          "softmax_cross_entropy: there must be one label per row; got labels 0, rows 10");
}

}  // namespace
}  // namespace surplus
