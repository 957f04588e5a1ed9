#define BOOST_TEST_MODULE online
#include "surplus/train/online.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

MlpConfig network_of(std::size_t inputs, std::size_t hidden) {
  return {.inputs = inputs, .hidden = {hidden}, .activation = ad::Activation::kTanh};
}

// What a network of two units says of points of the plane.
struct Problem {
  Matrix<float> x{500, 2}, y{500, 1};
  Problem() {
    Rng rng(5);
    rng.fill_normal(x.values());
    for (std::size_t i = 0; i < 500; ++i) {
      y(i, 0) = std::tanh(x(i, 0) - x(i, 1)) - 0.5F * std::tanh(0.3F + x(i, 1));
    }
  }
  Examples<float> rows(std::size_t begin, std::size_t count) const {
    return {.x = x.view().block(begin, 0, count, 2), .targets = y.view().block(begin, 0, count, 1)};
  }
};

BOOST_AUTO_TEST_CASE(a_student_with_units_to_spare_learns_its_teacher) {
  const Problem problem;
  const auto network = network_of(2, 6);
  const auto result = train_online<float>(
      network, problem.rows(0, 400), mlp_parameters<float>(network, Rng(1)),
      {.updates = 200000,
       .schedule = {.kind = ScheduleKind::kLinear, .rate = 0.1, .period = 200000},
       .record_every = 50000,
       .validation = problem.rows(400, 100)});
  BOOST_TEST((result.stop == Stop::kIterationLimit));
  BOOST_TEST(result.updates == 200000u);
  BOOST_TEST_REQUIRE(result.history.size() == 4u);
  BOOST_TEST(result.history[3].validation_loss < 1e-3);
  BOOST_TEST(result.history[3].loss < 0.1 * result.history[0].loss);
  BOOST_TEST(result.best_updates == 200000u);
}

BOOST_AUTO_TEST_CASE(how_often_it_records_does_not_change_a_bit) {
  const Problem problem;
  const auto network = network_of(2, 5);
  const auto run = [&](std::size_t every) {
    return train_online<float>(
        network, problem.rows(0, 400), mlp_parameters<float>(network, Rng(1)),
        {.updates = 4321, .weight_decay = 1e-3, .seed = 9, .record_every = every});
  };
  const auto seldom = run(10000), often = run(333);
  BOOST_TEST((seldom.parameters == often.parameters));
  BOOST_TEST(seldom.history.size() == 1u);
  BOOST_TEST(often.history.size() == 13u);
  BOOST_TEST(often.history.back().updates == 4321u);
  BOOST_TEST(std::isnan(often.history.back().validation_loss));
}

BOOST_AUTO_TEST_CASE(the_best_parameters_are_those_of_the_smallest_validation_loss) {
  Problem problem;
  Rng rng(6);
  for (std::size_t i = 0; i < 60; ++i) problem.y(i, 0) += static_cast<float>(rng.normal());
  const auto network = network_of(2, 40);
  OnlineConfig<float> config = {.updates = 60000,
                                .schedule = {.rate = 0.02},
                                .record_every = 1000,
                                .validation = problem.rows(400, 100),
                                .keep_best = true};
  const auto result = train_online<float>(network, problem.rows(0, 60),
                                          mlp_parameters<float>(network, Rng(1)), config);
  const auto best = std::ranges::min_element(result.history, {}, &OnlineRecord::validation_loss);
  BOOST_TEST(best->updates == result.best_updates);
  BOOST_TEST(result.best_updates < 60000u);
  BOOST_TEST(evaluate<float>(regression<float>(network), result.parameters, config.validation) ==
             best->validation_loss);
}

BOOST_AUTO_TEST_CASE(an_observer_can_end_it_and_so_does_divergence) {
  const Problem problem;
  const auto network = network_of(2, 5);
  const auto start = mlp_parameters<float>(network, Rng(1));
  const auto ended = train_online<float>(
      network, problem.rows(0, 400), start,
      {.updates = 5000, .record_every = 1000, .on_record = [](const Progress& progress) {
         return progress.iteration < 2000;
       }});
  BOOST_TEST((ended.stop == Stop::kCancelled));
  BOOST_TEST(ended.updates == 2000u);

  const auto diverged = train_online<float>(network, problem.rows(0, 400), start,
                                            {.updates = 5000, .schedule = {.rate = 1e6}});
  BOOST_TEST((diverged.stop == Stop::kNotFinite));
  BOOST_TEST(diverged.updates == 0u);
  BOOST_TEST((diverged.parameters == start));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_by_name) {
  const Problem problem;
  const auto good = network_of(2, 3);
  const auto start = mlp_parameters<float>(good, Rng(1));
  const auto refused = [&]<typename Error>(
                           Error*, const MlpConfig& network, const Examples<float>& examples,
                           const OnlineConfig<float>& config, const std::string& text) {
    BOOST_CHECK_EXCEPTION(train_online<float>(network, examples, start, config), Error,
                          says("train_online: " + text));
  };
  ArgumentError* const argument = nullptr;
  ShapeError* const shape = nullptr;
  const auto rows = problem.rows(0, 10);
  refused(argument, {.inputs = 2, .hidden = {3, 3}}, rows, {},
          "the network must have one hidden layer and one output; got hidden layers 2, outputs 1");
  refused(argument, {.inputs = 2, .hidden = {3}}, rows, {},
          "the network must have tanh units with biases and unscaled weights");
  refused(shape, network_of(2, 4), rows, {},
          "the parameters must be those of the network; got parameters 13");
  refused(shape, good, {}, {}, "there must be an example; got x 0 x 0");
  refused(shape, good, {.x = rows.x}, {},
          "there must be one target per row of x; got examples 10 x 2, targets 0 x 0");
  refused(shape, good, rows, {.validation = {.x = rows.x}},
          "there must be one target per row of x; got validation 10 x 2, targets 0 x 0");
  refused(argument, good, rows, {.record_every = 0},
          "record_every must be at least 1; got record_every 0");
  refused(argument, good, rows, {.weight_decay = -1},
          "weight_decay must be finite and at least 0; got weight_decay -1");
}

}  // namespace
}  // namespace surplus
