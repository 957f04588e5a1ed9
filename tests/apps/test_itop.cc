#define BOOST_TEST_MODULE itop_study
#include "apps/studies/itop.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "apps/runner/cells.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus::apps {
namespace {

using namespace itop;
using tests::says;
using Config = Itop::Config;
using Result = Itop::Result;

const std::atomic<bool> kGoOn = false;

Run fresh_run() {
  return Run(7, {}, kGoOn, [](const Run::Cell&) {});
}

Config tiny_config() {
  Config config = Itop::preset(Preset::kQuick);
  config.samples = 400;
  config.hidden = {24, 16};
  config.epochs = 4;
  config.densities = {0.2};
  config.intervals = {2, 5};
  config.low_samples = {120};
  config.low_epochs = 4;
  config.low_seeds = 2;
  config.conv_samples = 200;
  config.conv_epochs = 4;
  config.conv_intervals = {4};
  config.cifar_epochs = 4;
  config.cifar_set = "digits";
  config.cifar_samples = 200;
  config.cifar_validation = 100;
  config.cifar_hidden = {16};
  config.cifar_densities = {0.2};
  config.cifar_intervals = {4};
  return config;
}

// All that is measured, NaN as a text so that it equals itself.
std::vector<std::string> numbers(const Result& result) {
  std::vector<std::string> all;
  for (const Training& training : result.trainings) {
    for (const double value : pack(std::vector{training.summary})) all.push_back(to_text(value));
  }
  for (const auto& [task, kernels] : result.kernels) {
    for (const double value : pack(kernels.equalities)) all.push_back(to_text(value));
    for (const double value : pack(std::vector{kernels.early, kernels.drift})) {
      all.push_back(to_text(value));
    }
  }
  return all;
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits_with_any_number_of_threads_and_resumed) {
  const Config config = tiny_config();
  std::vector<std::vector<std::string>> results;
  for (const std::size_t threads : {1, 4}) {
    set_thread_count(threads);
    Run run = fresh_run();
    results.push_back(numbers(Itop::run(config, run)));
  }
  set_thread_count(0);
  BOOST_TEST(results[0] == results[1], boost::test_tools::per_element());
  Cells saved;
  std::atomic<bool> stop = false;
  Run first(7, {}, stop, [&](const Run::Cell& cell) {
    saved[std::string(cell.name)].assign(cell.values.begin(), cell.values.end());
    stop = saved.size() == 5;
  });
  BOOST_CHECK_THROW(Itop::run(config, first), Interrupted);
  Run second(7, saved, kGoOn, [](const Run::Cell&) {});
  BOOST_TEST(numbers(Itop::run(config, second)) == results[0], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_expected_time_is_the_sum_over_the_cells) {
  Config config = tiny_config();
  config.timed_steps = 3;
  double sum = 0;
  Run run(7, {}, kGoOn, [&](const Run::Cell& cell) { sum += cell.seconds; });
  const Result result = Itop::run(config, run);
  BOOST_TEST(sum == Itop::seconds(config), boost::test_tools::tolerance(1e-9));
  for (const char* task : {"S1", "S4"}) {
    const auto& times = result.kernels.at(task).times;
    BOOST_TEST(times.size() == 7u);
    for (const StepTime& time : times) BOOST_TEST((time.sparse > 0 && time.masked > 0));
  }
  const auto verdicts = Itop::verdicts(config, result);
  const auto of = [&](const std::string& id) {
    return *std::ranges::find(verdicts, id, &Verdict::id);
  };
  // What needs no training to speak of: exploration and equality.
  for (const char* id : {"12a", "12a S4", "12b", "13a", "21", "21 S4"})
    BOOST_TEST(of(id).holds, id);
  const Rendering rendering = Itop::render(config, result);
  BOOST_TEST(rendering.figures.size() == 7u);
  for (const Figure& figure : rendering.figures) BOOST_TEST(to_svg(figure).size() > 1000u);
}

BOOST_AUTO_TEST_CASE(claims_fail_where_the_measurements_contradict_them) {
  const Config config = tiny_config();
  Run run = fresh_run();
  Result result = Itop::run(config, run);
  for (Training& training : result.trainings) {
    Summary& summary = training.summary;
    const Design& design = training.design;
    if (design.method == Method::kSet) {
      summary.deviation = 5;
      summary.explored = 0.5 + 1e-3 * static_cast<double>(design.interval);
      summary.survival = 1.0 / static_cast<double>(design.interval);
      summary.accuracy = 50;
    }
    if (design.method == Method::kRigl) summary.explored = 1;
    if (design.method == Method::kStatic) {
      summary.explored = 0.9;
      summary.accuracy = design.uniform ? 61 : 60;
    }
    if (design.method == Method::kDense) summary.accuracy = 70;
    if (design.method == Method::kSnip) summary.accuracy = 99;
    if (design.method == Method::kGmp) summary.accuracy = 98;
  }
  for (auto& [task, kernels] : result.kernels) {
    kernels.equalities[0].different_weights = 1;
    kernels.drift.distance = 2e-4;
  }
  for (const Verdict& verdict : Itop::verdicts(config, result)) {
    if (verdict.id.starts_with("15a")) continue;  // two intervals have no interior
    BOOST_TEST(!verdict.holds, verdict.id);
  }
}

// Of each accuracy that the verdict takes, one on either side of its band.
BOOST_AUTO_TEST_CASE(accuracies_of_cifar_10_are_judged_at_the_source_s_settings_alone) {
  Config config = tiny_config();
  config.cifar_set = "cifar-10-jpeg";
  config.cifar_epochs = 100;
  config.cifar_hidden = {1024, 512};
  config.conv_epochs = 0;
  Result result;
  result.titles["S2"] = "CIFAR-10 (JPEG copy)";
  const auto judge = [&](double density, double accuracy) {
    result.trainings = {{{.task = "S2",
                          .method = density == 1 ? Method::kDense : Method::kStatic,
                          .density = density},
                         {.accuracy = accuracy}}};
    const auto verdicts = Itop::verdicts(config, result);
    const auto found =
        std::ranges::find_if(verdicts, [](const Verdict& one) { return one.id.starts_with("17"); });
    BOOST_REQUIRE((found != verdicts.end()));
    BOOST_TEST(found->note.find("CIFAR-10 (JPEG copy)") != std::string::npos);
    return found->holds;
  };
  const double bands[][3] = {{.1, 59.5, 66.5}, {.05, 58.5, 64.5}, {.01, 51.5, 58.5}, {1, 63, 67}};
  for (const auto& [density, low, high] : bands) {
    BOOST_TEST((judge(density, low) && judge(density, high)));
    BOOST_TEST((!judge(density, low - .01) && !judge(density, high + .01)));
  }
  config.cifar_epochs = 50;
  for (const Verdict& verdict : Itop::verdicts(config, result)) {
    BOOST_TEST(!verdict.id.starts_with("17"), verdict.id);
  }
}

BOOST_AUTO_TEST_CASE(settings_outside_their_domain_are_refused_before_the_first_cell) {
  const auto refuses = [](const std::function<void(Config&)>& change, const std::string& message) {
    Config config = tiny_config();
    change(config);
    Run run = fresh_run();
    BOOST_CHECK_EXCEPTION(Itop::run(config, run), ArgumentError, says(message));
  };
  refuses([](Config& c) { c.set = "nist"; },
          "itop: there must be such an image set (surplus data list); got set nist");
  refuses([](Config& c) { c.samples = 5; },
          "itop: the number must be at least 100 and at most 1348; got samples 5");
  refuses([](Config& c) { c.hidden = {}; },
          "itop: there must be a hidden layer at least; got hidden 0");
  refuses([](Config& c) { c.densities = {1}; },
          "itop: densities must be above 0 and below 1; got densities 1");
  refuses([](Config& c) { c.densities = {}; },
          "itop: there must be a density and an interval at least; got densities 0, intervals 2");
  refuses([](Config& c) { c.intervals = {0}; },
          "itop: the number must be at least 1 and at most 1000000; got intervals 0");
  refuses([](Config& c) { c.intervals = {3, 3}; }, "itop: values must differ; got intervals 3");
  refuses([](Config& c) { c.baselines = "dense,magic"; },
          "itop: baselines must be among dense, small-dense, gmp, one-shot, lottery, snip, grasp; "
          "got baselines magic");
  refuses([](Config& c) { c.conv_methods = "dense,gmp"; },
          "itop: conv_methods must be among dense, static, set, rigl; got conv_methods gmp");
  refuses([](Config& c) { c.cifar_methods = ""; },
          "itop: there must be a method at least; got cifar_methods 0");
  refuses([](Config& c) { c.conv_epochs = 3; },
          "itop: the number must be at least 4 and at most 100000; got conv_epochs 3");
  refuses(
      [](Config& c) {
        c.conv_densities = {0.2, 0.2};
      },
      "itop: values must differ; got conv_densities 0.2");
  refuses([](Config& c) { c.cifar_set = "cifar"; },
          "itop: there must be such an image set (surplus data list); got cifar_set cifar");
  refuses([](Config& c) { c.cifar_samples = 1349; },
          "itop: the number must be at least 100 and at most 1348; got cifar_samples 1349");
  refuses([](Config& c) { c.cifar_learning_rate = 101; },
          "itop: the learning rate must be above 0 and at most 100; got cifar_learning_rate 101");
  refuses([](Config& c) { c.learning_rate = 0; },
          "itop: the learning rate must be above 0 and at most 100; got learning_rate 0");
  refuses([](Config& c) { c.state_seconds = -1; },
          "itop: state_seconds must not be negative; got state_seconds -1");
  refuses([](Config& c) { c.validation = 1300; },
          "itop: there must be as many images as samples; got set digits, samples 400, validation "
          "1300, test 449, images 1348");
}

}  // namespace
}  // namespace surplus::apps
