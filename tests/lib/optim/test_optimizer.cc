#define BOOST_TEST_MODULE optimizer
#include "surplus/optim/optimizer.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/optim/average.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

constexpr UpdateRule kRules[] = {UpdateRule::kSgd,  UpdateRule::kMomentum, UpdateRule::kNesterov,
                                 UpdateRule::kMass, UpdateRule::kAdam,     UpdateRule::kAdamW};

// The hyperparameters of golden/optim_torch.py.
OptimizerConfig golden_config(const std::string& rule, double weight_decay) {
  OptimizerConfig config = {.epsilon = 1e-6, .weight_decay = weight_decay};
  for (const UpdateRule known : kRules) {
    if (to_text(known) == rule) config.rule = known;
  }
  BOOST_TEST_REQUIRE(to_text(config.rule) == rule);
  if (rule == "nesterov") config.momentum = 0.8;
  if (rule == "adam") config.beta2 = 0.99;
  if (rule == "adamw") {
    config.beta1 = 0.8;
    config.beta2 = 0.95;
  }
  return config;
}

// A sum of few terms of up to about 4, rounded some ten times a step.
template <typename T>
void agrees_with_torch() {
  std::ifstream file(SURPLUS_GOLDEN "optim_torch.json");
  const auto json = nlohmann::json::parse(file);
  BOOST_TEST_REQUIRE(json["cases"].size() == 10u);
  const auto gradients = json["gradients"].get<std::vector<std::vector<double>>>();
  const auto rates = json["rates"].get<std::vector<double>>();
  for (const auto& expected : json["cases"]) {
    const OptimizerConfig config = golden_config(expected["rule"], expected["weight_decay"]);
    auto w = json["start"].get<std::vector<T>>();
    auto state = start_optimizer<T>(config, w.size());
    BOOST_TEST_CONTEXT(expected["rule"] << ", decay " << config.weight_decay) {
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        const std::vector<T> d_w(gradients[i].begin(), gradients[i].end());
        update<T>(config, rates[i], d_w, state, w);
        const auto path = expected["path"][i].get<std::vector<double>>();
        for (std::size_t j = 0; j < w.size(); ++j) {
          BOOST_TEST(std::abs(w[j] - path[j]) <
                     40 * static_cast<double>(i + 1) * std::numeric_limits<T>::epsilon());
        }
      }
      BOOST_TEST(state.steps == gradients.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(each_rule_goes_where_pytorch_goes_step_by_step_in_double) {
  agrees_with_torch<double>();
}
BOOST_AUTO_TEST_CASE(each_rule_goes_where_pytorch_goes_step_by_step_in_float) {
  agrees_with_torch<float>();
}

BOOST_AUTO_TEST_CASE(steps_in_parts_with_any_threads_or_from_a_copied_state_are_the_same_bits) {
  constexpr std::size_t n = 100'003;
  const Matrix<float> start = random_matrix<float>(1, n, 1);
  for (const UpdateRule rule : kRules) {
    BOOST_TEST_CONTEXT(to_text(rule)) {
      const OptimizerConfig config = {.rule = rule, .weight_decay = 0.01};
      Matrix<float> whole = start, parts = start;
      auto of_whole = start_optimizer<float>(config, n);
      auto of_parts = of_whole;
      for (std::uint64_t step = 0; step < 3; ++step) {
        const Matrix<float> d_w = random_matrix<float>(1, n, 2 + step);
        set_thread_count(step == 1 ? 1 : 8);
        update(config, 0.1, d_w.values(), of_whole, whole.values());
        set_thread_count(0);
        const UpdateStep<float> pieces(config, 0.1, of_parts, parts.values());
        pieces.apply(777, d_w.values().subspan(777));
        pieces.apply(0, d_w.values().first(700));
        pieces.apply(700, d_w.values().subspan(700, 77));
        of_parts = OptimizerState<float>(of_parts);
        BOOST_TEST((whole == parts));
        BOOST_TEST((of_whole == of_parts));
      }
      BOOST_TEST((whole != start));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_rule_reaches_the_minimum_of_a_quadratic) {
  // 1/2 sum_j c_j (w_j - j)^2 with curvatures 1 to 3.
  for (const UpdateRule rule : kRules) {
    const OptimizerConfig config = {.rule = rule};
    std::vector<double> w(5), d_w(5);
    auto state = start_optimizer<double>(config, 5);
    for (std::size_t step = 0; step < 3000; ++step) {
      for (std::size_t j = 0; j < 5; ++j) {
        const auto target = static_cast<double>(j);
        d_w[j] = (1 + target / 2) * (w[j] - target);
      }
      update<double>(config, 0.05 * std::pow(0.995, static_cast<double>(step)) + 1e-3, d_w, state,
                     w);
    }
    BOOST_TEST_CONTEXT(to_text(rule)) {
      for (std::size_t j = 0; j < 5; ++j) {
        BOOST_TEST(std::abs(w[j] - static_cast<double>(j)) < 1e-3);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_restarted_optimizer_goes_on_as_a_new_one) {
  for (const UpdateRule rule : kRules) {
    const OptimizerConfig config = {.rule = rule};
    std::vector<double> w = {1, 2}, d_w = {0.5, -0.25};
    auto state = start_optimizer<double>(config, 2);
    for (int step = 0; step < 3; ++step) update<double>(config, 0.1, d_w, state, w);
    restart_optimizer(state);
    BOOST_TEST((state == start_optimizer<double>(config, 2)));
  }
}

BOOST_AUTO_TEST_CASE(the_average_of_iterates_is_their_mean_with_any_threads) {
  constexpr std::size_t n = 70'001;
  IterateAverage average, other;
  std::vector<double> sums(n);
  for (std::uint64_t step = 0; step < 20; ++step) {
    const Matrix<float> w = random_matrix<float>(1, n, step);
    set_thread_count(1 + step % 3);
    add_to_average<float>(w.values(), average);
    set_thread_count(1);
    add_to_average<float>(w.values(), other);
    for (std::size_t i = 0; i < n; ++i) sums[i] += w(0, i);
    if (step == 0) {
      for (std::size_t i = 0; i < n; ++i) BOOST_REQUIRE(average.mean(0, i) == w(0, i));
    }
  }
  set_thread_count(0);
  BOOST_TEST(average.count == 20u);
  BOOST_TEST((average == other));
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    worst = std::max(worst, std::abs(average.mean(0, i) - sums[i] / 20));
  }
  BOOST_TEST(worst < 1e-14);
  const std::vector<float> shorter(3);
  BOOST_CHECK_EXCEPTION(
      add_to_average<float>(shorter, average), ShapeError,
      says("add_to_average: the average must be of as many parameters; got average 70001, "
           "parameters 3"));
}

BOOST_AUTO_TEST_CASE(no_parameters_are_updated_without_complaint) {
  for (const UpdateRule rule : kRules) {
    auto state = start_optimizer<float>({.rule = rule}, 0);
    update<float>({.rule = rule}, 0.1, {}, state, {});
    BOOST_TEST(state.steps == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused_by_name) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const OptimizerConfig& config, const std::string& text) {
    BOOST_CHECK_EXCEPTION(start_optimizer<float>(config, 3), ArgumentError,
                          says("start_optimizer: " + text));
  };
  refused({.momentum = 1}, "momentum must be at least 0 and below 1; got momentum 1");
  refused({.beta1 = -0.1}, "beta1 must be at least 0 and below 1; got beta1 -0.1");
  refused({.beta2 = kNan}, "beta2 must be at least 0 and below 1; got beta2 nan");
  refused(
      {.compensation = -1},
      "compensation must be finite and at least 0, and 0 if the momentum is 0; got compensation "
      "-1, momentum 0.9");
  refused(
      {.momentum = 0, .compensation = 0.5},
      "compensation must be finite and at least 0, and 0 if the momentum is 0; got compensation "
      "0.5, momentum 0");
  refused({.epsilon = 0}, "epsilon must be finite and above 0; got epsilon 0");
  refused({.weight_decay = -1}, "weight_decay must be finite and at least 0; got weight_decay -1");

  std::vector<double> w(3), d_w(3);
  auto state = start_optimizer<double>({.rule = UpdateRule::kMomentum}, 3);
  const auto refused_step = [&](const OptimizerConfig& config, double rate,
                                const std::string& text) {
    BOOST_CHECK_EXCEPTION(update<double>(config, rate, d_w, state, w), std::invalid_argument,
                          says("update: " + text));
  };
  refused_step({.rule = UpdateRule::kMomentum}, kNan,
               "rate must be finite and at least 0; got rate nan");
  refused_step({.rule = UpdateRule::kAdam}, 0.1,
               "the state must be of this rule and these parameters; got rule adam, parameters 3, "
               "first 3, second 0");
  d_w.resize(2);
  refused_step({.rule = UpdateRule::kMomentum}, 0.1,
               "the gradient must be as long as the parameters; got gradient 2, parameters 3");
  BOOST_TEST(state.steps == 0u);
}

}  // namespace
}  // namespace surplus
