#define BOOST_TEST_MODULE em_gmm
#include "apps/studies/em_gmm.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "apps/studies/em_gmm/reference.h"
#include "apps/studies/em_gmm/truth.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {
namespace {

using namespace em_gmm;
using Config = EmGmm::Config;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

// Every experiment once, at the smallest size that still has several batches.
Config tiny_config() {
  Config config;
  config.a_thetas = {1};
  config.a_weights = {0.7, 0.9};
  config.threshold_thetas = {1};
  config.weights = {0.7};
  config.b_separations = {4};
  config.b_starts = 260;
  config.c_separations = {4};
  config.c_observations = 200;
  config.c_samples = {2, 5};
  config.c_starts = {70, 2};
  config.d_cases = {2};
  config.d_observations = 200;
  config.d_samples = {3};
  config.d_starts = {4};
  return config;
}

const Verdict& verdict(const std::vector<Verdict>& verdicts, const std::string& id) {
  const auto found = std::find_if(verdicts.begin(), verdicts.end(),
                                  [&](const Verdict& verdict) { return verdict.id == id; });
  BOOST_REQUIRE(found != verdicts.end());
  return *found;
}

// The numbers of all tables, NaN as a text so that it equals itself.
std::vector<std::string> numbers(const Rendering& rendering) {
  std::vector<std::string> all;
  for (const Table& table : rendering.tables) {
    for (const auto& row : table.rows) {
      for (const Table::Cell& cell : row) {
        const double* value = std::get_if<double>(&cell);
        all.push_back(value != nullptr ? to_text(*value) : std::get<std::string>(cell));
      }
    }
  }
  return all;
}

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

BOOST_AUTO_TEST_CASE(the_error_is_weighted_by_the_true_weights) {
  const GaussianMixture truth = unit_mixture({{0, 0}, {3, 4}}, {0.75, 0.25});
  const Errors none = errors(truth, truth);
  BOOST_TEST(none.identity == 0);
  BOOST_TEST(none.best == 0);
  BOOST_TEST(none.sorted == 0);
  const Errors moved = errors(truth, unit_mixture({{1, 0}, {3, 2}}, {0.5, 0.5}));
  BOOST_TEST(moved.identity == 0.75 * 1 + 0.25 * 4);
  BOOST_TEST(moved.best == moved.identity);
}

BOOST_AUTO_TEST_CASE(exchanged_names_are_an_error_by_identity_alone) {
  const GaussianMixture truth = unit_mixture({{0, 0}, {3, 4}}, {0.75, 0.25});
  const Errors exchanged = errors(truth, unit_mixture({{3, 4}, {0, 0}}, {0.25, 0.75}));
  BOOST_TEST(exchanged.identity == 25);
  BOOST_TEST(exchanged.best == 0);
  BOOST_TEST(exchanged.sorted == 0);
}

BOOST_AUTO_TEST_CASE(sorted_matches_by_fitted_weight_even_if_that_is_wrong) {
  const GaussianMixture truth = unit_mixture({{0}, {2}}, {0.52, 0.48});
  const Errors wrong = errors(truth, unit_mixture({{0}, {2}}, {0.49, 0.51}));
  BOOST_TEST(wrong.identity == 0);
  BOOST_TEST(wrong.sorted == 4);
}

BOOST_AUTO_TEST_CASE(the_best_of_all_permutations_of_four_is_found) {
  const GaussianMixture truth = plane_truth(4);
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    GaussianMixture renamed = truth;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 2; ++j) renamed.means(i, j) = truth.means(order[i], j);
      renamed.weights[i] = truth.weights[order[i]];
    }
    const Errors found = errors(truth, renamed);
    BOOST_TEST(found.best == 0);
    BOOST_TEST(found.sorted == 0);
    BOOST_TEST((found.identity == 0) == std::is_sorted(order.begin(), order.end()));
  } while (std::next_permutation(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(far_apart_means_are_as_hard_as_one_mean_each) {
  // Without overlap each component is N(mean, I) with a share w of the draws: I = diag(w), so that
  // Tr(W I^-1) = k d.
  const GaussianMixture apart = unit_mixture({{-20, 0}, {0, 0}, {20, 0}}, {0.5, 0.3, 0.2});
  BOOST_TEST(fisher_trace(apart) == 6, boost::test_tools::tolerance(1e-8));
  BOOST_TEST(success_threshold(6, 1000) == 0.024);
}

BOOST_AUTO_TEST_CASE(fisher_traces_are_those_of_an_independent_computation) {
  // Tabulated to four decimals.
  for (std::size_t i = 0; i < kSeparations.size(); ++i) {
    for (std::size_t j = 0; j < kPaperWeights.size(); ++j) {
      const double trace = fisher_trace(separated_truth(kSeparations[i], kPaperWeights[j]));
      BOOST_TEST(std::abs(trace - kTraces[i][j]) < 0.51e-4);
    }
  }
  for (std::size_t i = 0; i < kPlaneTraces.size(); ++i) {
    BOOST_TEST(std::abs(fisher_trace(plane_truth(i + 1)) - kPlaneTraces[i]) < 0.51e-4);
  }
}

BOOST_AUTO_TEST_CASE(symmetric_limits_are_those_of_an_independent_computation) {
  Run run = fresh_run();
  const Config config;
  const auto cells = run_symmetric("A", config.a_thetas, config.a_weights, config.intervals, run);
  BOOST_TEST_REQUIRE(cells.size() == 45u);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const SymmetricCell& cell = cells[c];
    BOOST_TEST_CONTEXT("theta " << cell.theta << ", w " << cell.weight) {
      BOOST_TEST(std::abs(cell.em1_limit - kLimits[c / 9][c % 9]) <= 1e-7);
      BOOST_TEST(std::abs(cell.em2_theta + cell.theta) <= 1e-7);
      BOOST_TEST(std::abs(cell.em2_weight - (1 - cell.weight)) <= 1e-7);
      BOOST_TEST(std::abs(cell.em1_from_zero - cell.theta) <= 1e-7);
      BOOST_TEST(cell.em2_from_zero <= 1e-14);
      BOOST_TEST(cell.em1_slope < 1);  // or EM_1 would not have come to rest there
    }
  }
  // Tabulated to three decimals.
  const auto slope = [&](std::size_t theta, std::size_t w) {
    return cells[9 * theta + w].em1_slope;
  };
  BOOST_TEST(std::abs(slope(1, 0) - 0.268) < 1e-3);
  BOOST_TEST(std::abs(slope(1, 4) - 0.738) < 1e-3);
  BOOST_TEST(std::abs(slope(3, 8) - 0.251) < 1e-3);
}

BOOST_AUTO_TEST_CASE(critical_weights_are_those_of_an_independent_computation) {
  Run run = fresh_run();
  const auto thresholds = run_thresholds({0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3}, 600, run);
  for (std::size_t i = 0; i < kCriticalWeights.size(); ++i) {
    BOOST_TEST(thresholds[i].theta == kCriticalWeights[i].theta);
    BOOST_TEST(std::abs(thresholds[i].weight - kCriticalWeights[i].weight) <= 1e-3);
  }
  BOOST_TEST(thresholds.back().error == 0);  // the end of the search
}

BOOST_AUTO_TEST_CASE(population_checks_are_those_of_an_independent_computation) {
  Run run = fresh_run();
  const Theorems theorems = run_theorems(600, run);
  BOOST_TEST(theorems.ten_steps[0] < 1e-2);
  BOOST_TEST(theorems.ten_steps[1] < 1e-5);
  BOOST_TEST(theorems.ten_steps[3] < 1e-12);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(theorems.ten_steps[i] == kTenStepErrors[i], boost::test_tools::tolerance(0.02));
  }
  for (std::size_t i = 0; i < kLogLikelihoods.size(); ++i) {
    BOOST_TEST(std::abs(theorems.log_likelihoods[i] - kLogLikelihoods[i].value) <= 1e-7);
  }
  BOOST_TEST(std::abs(theorems.step_theta - kStepTheta) <= 1e-9);
  BOOST_TEST(std::abs(theorems.step_weight - kStepWeight) <= 1e-9);
  BOOST_TEST(theorems.plane_global == kPlaneStarts);
  BOOST_TEST(theorems.plane_predicted == kPlaneStarts);
  BOOST_TEST(theorems.plane_random_weight == kPlaneStarts);
  for (std::size_t i = 0; i < kHyperplane.size(); ++i) {
    BOOST_TEST(theorems.hyperplane[i] == kHyperplane[i], boost::test_tools::tolerance(0.02));
  }
}

BOOST_AUTO_TEST_CASE(population_starts_end_at_the_truth_or_at_one_spurious_point) {
  Run run = fresh_run();
  const BoxCell cell = run_box({2, 0.7, 100, 400}, run);
  BOOST_TEST(cell.em2_best == 1);
  BOOST_TEST(cell.unfinished == 0);
  BOOST_TEST(std::abs(cell.spurious[0] - 1.1773) < 1e-4);
  BOOST_TEST(std::abs(cell.spurious[1] + 0.5491) < 1e-4);
  BOOST_TEST(cell.spurious_spread < 1e-7);
  // From the same start both judge the labels alike.
  BOOST_TEST(cell.em2_identity == cell.em1_identity);
}

BOOST_AUTO_TEST_CASE(paths_rise_to_the_spurious_point_and_to_the_optimum) {
  Run run = fresh_run();
  const auto [em1, em2] = run_symmetric_paths(600, run);
  BOOST_TEST(em1.theta1.front() == -0.25);
  BOOST_TEST(em2.weight.front() == 0.5);
  BOOST_TEST(std::abs(em1.theta1.back() - kLimits[1][3]) < 1e-6);
  BOOST_TEST(std::abs(em2.theta1.back() + 1) < 1e-6);
  BOOST_TEST(std::abs(em2.weight.back() - 0.3) < 1e-6);
  for (const Path& path : {em1, em2}) {
    BOOST_TEST(path.log_likelihood.size() == path.theta1.size());
    BOOST_TEST(path.log_likelihood.front() < path.log_likelihood.back() - 0.01);
    BOOST_TEST(std::is_sorted(path.log_likelihood.begin(), path.log_likelihood.end(),
                              [](double a, double b) { return a < b - 1e-14; }));
  }
  for (const Path& path : run_box_paths(400, run)) {
    if (path.model == Model::kEm1) continue;
    const double apart = std::abs(path.theta1.back() - path.theta2.back());
    BOOST_TEST(std::abs(apart - 2) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads) {
  std::vector<std::vector<std::string>> results;
  for (const std::size_t threads : {1, 2, 8}) {
    set_thread_count(threads);
    Run run = fresh_run();
    const Config config = tiny_config();
    results.push_back(numbers(EmGmm::render(config, EmGmm::run(config, run))));
  }
  set_thread_count(0);
  BOOST_TEST(results[0] == results[1], boost::test_tools::per_element());
  BOOST_TEST(results[0] == results[2], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_goes_on_to_the_same_bits) {
  const Config config = tiny_config();
  Run whole = fresh_run();
  const auto expected = numbers(EmGmm::render(config, EmGmm::run(config, whole)));
  Cells saved;
  std::atomic<bool> stop = false;
  Run first(7, {}, stop, [&](const Run::Cell& cell) {
    saved[std::string(cell.name)].assign(cell.values.begin(), cell.values.end());
    stop = saved.size() == 10;
  });
  BOOST_CHECK_THROW(EmGmm::run(config, first), Interrupted);
  BOOST_TEST(saved.size() == 10u);
  std::size_t computed = 0;
  Run second(7, saved, kGoOn, [&](const Run::Cell& cell) { computed += !cell.saved; });
  const auto resumed = numbers(EmGmm::render(config, EmGmm::run(config, second)));
  BOOST_TEST(computed > 0u);
  BOOST_TEST(resumed == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  const Config config = tiny_config();
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  EmGmm::run(config, run);
  BOOST_TEST(sum == EmGmm::seconds(config), boost::test_tools::tolerance(1e-9));
}

// A result in which every claim holds by a wide margin.
EmGmm::Result good_result() {
  EmGmm::Result result;
  const auto share = [](double value) { return Share{value, 0.01}; };
  for (const double separation : kSeparations) {
    for (const double weight : kPaperWeights) {
      BoxCell box;
      box.design = {separation, weight, 2500, 400};
      box.em1_identity = 0.5;
      box.em2_best = 1;
      result.box.push_back(box);
      SampleCell cell;
      cell.design = {separation, weight, 0, 1000, 200, 5};
      cell.em1_identity = share(0.5);
      cell.em1_best = share(weight == 0.52 ? 0.9 : 0.5);
      cell.em2_best = share(0.95);
      result.two.push_back(cell);
    }
  }
  for (std::size_t number = 1; number <= 4; ++number) {
    SampleCell cell;
    cell.design = {0, 0, number, 2000, 40, 25};
    cell.em1_identity = share(number <= 2 ? 0.17 : 0.04);
    cell.em1_best = share(0.17);
    cell.em2_best = share(0.95);
    result.plane.push_back(cell);
  }
  return result;
}

bool holds(const EmGmm::Result& result, const std::string& id, double slack = 0) {
  Config config;
  config.slack = slack;
  return verdict(EmGmm::verdicts(config, result), id).holds;
}

BOOST_AUTO_TEST_CASE(a_verdict_fails_when_one_cell_contradicts_it) {
  const EmGmm::Result good = good_result();
  const auto spoilt = [&](auto spoil) {
    EmGmm::Result result = good;
    spoil(result);
    return result;
  };
  for (const char* id : {"A6a", "A6b", "A7a", "A7b", "A7c", "A7d", "A8a", "A8b", "A8c", "A8d"}) {
    BOOST_TEST(holds(good, id), id);
  }
  BOOST_TEST(!holds(spoilt([](auto& r) { r.box[3].em2_best = 0.99; }), "A6a"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.box[3].em1_identity = 0.59; }), "A6b"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.two[7].em2_best.value = 0.89; }), "A7a"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.two[7].em1_identity.value = 0.41; }), "A7b"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.two[5].em2_best.value = 0.64; }), "A7c"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.two[0].em1_best.value = 0.79; }), "A7d"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.plane[3].em2_best.value = 0.79; }), "A8a"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.plane[1].em1_identity.value = 0.26; }), "A8b"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.plane[2].em1_identity.value = 0.11; }), "A8c"));
  BOOST_TEST(!holds(spoilt([](auto& r) { r.plane[0].em1_best.value = 0.24; }), "A8d"));
}

BOOST_AUTO_TEST_CASE(slack_widens_the_bounds_by_binomial_standard_errors) {
  EmGmm::Result result = good_result();
  // Separation 4 has 200 samples: sqrt(.9 .1 / 200) = .0212.
  result.two[7].em2_best.value = 0.90 - 2 * 0.0212;
  BOOST_TEST(!holds(result, "A7a", 1.9));
  BOOST_TEST(holds(result, "A7a", 2.1));
}

BOOST_AUTO_TEST_CASE(too_few_samples_are_no_evidence) {
  EmGmm::Result result = good_result();
  for (SampleCell& cell : result.two) cell.design.samples = 49;
  const Verdict few = verdict(EmGmm::verdicts({}, result), "A7a");
  BOOST_TEST(!few.holds);
  BOOST_TEST(few.note.find("fails for want of 50 samples per cell") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_experiment_that_was_not_run_supports_nothing) {
  const EmGmm::Result nothing;
  for (const char* id : {"A2a", "A3a", "A3b", "A6a", "A6b", "A7a", "A7c", "A8a", "A8d"}) {
    BOOST_TEST(!holds(nothing, id), id);
  }
}

BOOST_AUTO_TEST_CASE(verdicts_use_the_split_with_the_most_samples) {
  EmGmm::Result result = good_result();
  SampleCell few = result.two[7];
  few.design.samples = 10;
  few.em2_best.value = 0.5;
  result.two.push_back(few);
  BOOST_TEST(holds(result, "A7a"));
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](auto spoil, const std::string& text) {
    Config config = tiny_config();
    spoil(config);
    std::size_t cells = 0;
    Run run(7, {}, kGoOn, [&](const Run::Cell&) { ++cells; });
    BOOST_CHECK_EXCEPTION(EmGmm::run(config, run), ArgumentError, says(text));
    BOOST_TEST(cells == 0u);
  };
  refuses([](Config& c) { c.a_thetas = {0}; },
          "em-gmm: distances must be above 0 and at most 100; got a_thetas 0");
  refuses(
      [](Config& c) {
        c.c_separations = {1, 1000};
      },
      "em-gmm: distances must be above 0 and at most 100; got c_separations 1000");
  refuses([](Config& c) { c.weights = {0.5}; },
          "em-gmm: weights must be between 0.5 and 1; got weights 0.5");
  refuses([](Config& c) { c.intervals = 0; },
          "em-gmm: intervals must be at least 40 and at most 1000000; got intervals 0");
  refuses([](Config& c) { c.b_intervals = 2000000; },
          "em-gmm: intervals must be at least 40 and at most 1000000; got b_intervals 2000000");
  refuses(
      [](Config& c) {
        c.b_separations = {2, 4, 2};
      },
      "em-gmm: values must differ; got b_separations 2");
  refuses(
      [](Config& c) {
        c.a_weights = {0.7, 0.7};
      },
      "em-gmm: values must differ; got a_weights 0.7");
  refuses([](Config& c) { c.d_cases = {3, 1, 3}; }, "em-gmm: values must differ; got d_cases 3");
  refuses([](Config& c) { c.c_samples = {2, 2}; }, "em-gmm: values must differ; got c_samples 2");
  refuses([](Config& c) { c.b_starts = 0; }, "em-gmm: b_starts must be at least 1; got b_starts 0");
  refuses([](Config& c) { c.d_observations = 3; },
          "em-gmm: observations must be at least 4 and at most 10000000; got d_observations 3");
  refuses(
      [](Config& c) { c.c_starts = {1}; },
      "em-gmm: there must be as many numbers of samples as of starts; got c_samples 2, c_starts "
      "1");
  refuses([](Config& c) { c.d_samples = {0}; },
          "em-gmm: samples and starts must be at least 1; got d_samples 0, d_starts 4");
  refuses([](Config& c) { c.d_cases = {5}; },
          "em-gmm: d_cases must be among 1, 2, 3 and 4; got d_cases 5");
  refuses([](Config& c) { c.slack = -1; }, "em-gmm: slack must not be negative; got slack -1");
}

BOOST_AUTO_TEST_CASE(presets_have_the_counts_of_the_protocol) {
  const Config paper = EmGmm::preset(Preset::kPaper);
  BOOST_TEST(paper.b_starts == 2500u);
  for (const auto& [samples, starts] :
       {std::pair(paper.c_samples, paper.c_starts), std::pair(paper.d_samples, paper.d_starts)}) {
    for (std::size_t i = 0; i < samples.size(); ++i) BOOST_TEST(samples[i] * starts[i] == 2500u);
  }
  BOOST_TEST(EmGmm::preset(Preset::kDefault).slack == 0);
  BOOST_TEST(EmGmm::preset(Preset::kQuick).slack == 4);
  BOOST_TEST(EmGmm::seconds(EmGmm::preset(Preset::kQuick)) <
             EmGmm::seconds(EmGmm::preset(Preset::kDefault)));
  BOOST_TEST(EmGmm::seconds(EmGmm::preset(Preset::kDefault)) < EmGmm::seconds(paper));
}

}  // namespace
}  // namespace surplus::apps
