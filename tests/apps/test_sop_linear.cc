#define BOOST_TEST_MODULE sop_linear
#include "apps/studies/sop_linear.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace sop_linear;
using Config = SopLinear::Config;
using Result = SopLinear::Result;

const std::atomic<bool> kGoOn = false;

Config tiny_config() {
  Config config;
  config.seeds = 3;
  config.lambdas = {0.03, 0.05, 0.3, 1};
  config.gammas = {1e-3, 1e-4, 1e-8, 1e-12};
  config.step_seeds = 1;
  config.halvings = 1;
  config.recovery_seeds = 1;
  config.draws = 20;
  config.ranks = {10};
  config.counts = {2, 40};
  config.trials = 2;
  config.descent_ranks = {10};
  config.descent_counts = {2, 40};
  config.descent_trials = 1;
  config.steps = 1000;
  return config;
}

const Result& tiny_result() {
  static const Result result = [] {
    Run run(7, {}, kGoOn, [](const Run::Cell&) {});
    return SopLinear::run(tiny_config(), run);
  }();
  return result;
}

bool holds(const Result& result, const std::string& id) {
  const std::vector<Verdict> verdicts = SopLinear::verdicts(tiny_config(), result);
  const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                  [&](const Verdict& verdict) { return verdict.id == id; });
  BOOST_REQUIRE_MESSAGE(found != verdicts.end(), id);
  return found->holds;
}

BOOST_AUTO_TEST_CASE(what_follows_from_theory_holds_at_any_size) {
  for (const char* id : {"L1a", "L1b", "L1c", "L2a", "L2b", "L5a", "L6b", "L6c", "L7", "L8a", "L8b",
                         "L8c", "L8d", "L9", "L11"}) {
    BOOST_TEST(holds(tiny_result(), id), id);
  }
}

BOOST_AUTO_TEST_CASE(each_verdict_fails_when_its_measurement_does) {
  const auto fails = [](const char* id, auto spoil) {
    Result result = tiny_result();
    spoil(result);
    BOOST_TEST(!holds(result, id), id);
  };
  fails("L1a", [](Result& r) { r.limits.sweep[1].outside = 2e-12; });
  fails("L1b", [](Result& r) { r.limits.sweep[1].active = 2e-9; });
  fails("L1c", [](Result& r) { r.limits.sweep[1].gap = 2e-10; });
  fails("L2a", [](Result& r) { r.limits.ends[1].residual = 2e-12; });
  fails("L2b", [](Result& r) { r.checks.mirror = 2e-9; });
  fails("L3", [](Result& r) { r.steps[1].error = r.steps[0].error / 2.3; });
  fails("L3", [](Result& r) { r.steps[1].error = r.steps[0].error / 1.7; });
  fails("L4c", [](Result& r) {
    for (EndPoint& end : r.limits.ends) {
      if (end.lambda == 0.05 && end.gamma == 1e-12) end.error /= 10;
    }
  });
  fails("L5a", [](Result& r) { r.recoveries[0].convex = 2e-12; });
  fails("L5b", [](Result& r) { r.recoveries[0].descent = 2e-3; });
  fails("L5c", [](Result& r) { r.recoveries[0].mirror = 1.1 * r.recoveries[0].descent; });
  fails("L6a", [](Result& r) {
    for (SweepPoint& point : r.limits.sweep) point.error = 0.29;
  });
  fails("L6b", [](Result& r) { r.checks.least_squares = 2e-9; });
  fails("L6c", [](Result& r) { r.checks.missed = 1e-4; });
  fails("L7", [](Result& r) {
    for (TheoremDraw& draw : r.theorem) draw.error = 2e-9;
  });
  fails("L7", [](Result& r) {
    for (TheoremDraw& draw : r.theorem) draw.lambda = -1;
  });
  fails("L8a", [](Result& r) { r.checks.scale = 2e-9; });
  fails("L8b", [](Result& r) { r.checks.permutation = 2e-9; });
  fails("L8c", [](Result& r) { r.checks.sign = 1e-16; });
  fails("L8d", [](Result& r) { r.checks.product = 2e-9; });
  fails("L9", [](Result& r) { r.checks.weighted = 2e-9; });
  fails("L10", [](Result& r) { r.phases[0].cells[0].success = 0.7; });
  fails("L11", [](Result& r) { r.checks.columns = 2e-9; });
  fails("P", [](Result& r) {
    for (PhaseCell& cell : r.phases[1].cells) cell.success = 1;
  });
}

BOOST_AUTO_TEST_CASE(rates_are_judged_by_the_law_of_the_margin) {
  // One exact instance whose error follows the law for m = 0.3 to the letter, then one that does not.
  const auto made = [](double power, double margin) {
    Result result = tiny_result();
    result.limits.sweep = {{.seed = 1, .lambda = 0.3, .error = 1e-15}};
    result.limits.ends.clear();
    for (const double gamma : {1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8}) {
      result.limits.ends.push_back({.seed = 1,
                                    .lambda = 0.3,
                                    .gamma = gamma,
                                    .error = std::pow(gamma, power),
                                    .margin = margin});
    }
    return result;
  };
  BOOST_TEST(holds(made(1.4, 0.3), "L4a"));
  BOOST_TEST(holds(made(1.4, 0.3), "L4b"));
  BOOST_TEST(!holds(made(0.99, 0.3), "L4a"));
  BOOST_TEST(!holds(made(1.2, 0.3), "L4b"));
  BOOST_TEST(!holds(made(1.6, 0.3), "L4b"));
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  SopLinear::run(tiny_config(), run);
  BOOST_TEST(sum == SopLinear::seconds(tiny_config()), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](auto spoil, const std::string& text) {
    Config config = tiny_config();
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(SopLinear::run(config, run), ArgumentError,
                          [&](const std::exception& error) { return error.what() == text; });
    BOOST_TEST(cells == 0u);
  };
  refuses([](Config& c) { c.counts = {101}; },
          "sop-linear: the number must be at least 0 and at most 100; got counts 101");
  refuses([](Config& c) { c.steps = 10; },
          "sop-linear: the number must be at least 1000 and at most 1000000000; got steps 10");
  refuses([](Config& c) { c.halvings = 13; },
          "sop-linear: the number must be at least 1 and at most 12; got halvings 13");
}

}  // namespace
}  // namespace surplus::apps
