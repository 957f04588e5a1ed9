#include "apps/studies/itop.h"

#include <algorithm>
#include <map>
#include <utility>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {
namespace {

using namespace itop;
using Config = Itop::Config;
constexpr std::string_view kStudy = Itop::kName;
// Eps of the Fashion-MNIST experiments of the truly sparse trainings, and their network.
constexpr double kEpsilon = 13;
const std::vector<std::size_t> kLowHidden = {1000, 1000, 1000};
constexpr double kTimedDensities[] = {1, .5, .2, .1, .05, .02, .01};

std::vector<Method> baselines_in(const std::string& list) {
  std::vector<Method> methods;
  for (const std::string& one : names_in(list)) {
    const auto found = std::ranges::find(kMethodNames, one);
    const auto method = static_cast<Method>(found - kMethodNames.begin());
    SURPLUS_REQUIRE(
        found != kMethodNames.end() && method != Method::kStatic && method != Method::kSet &&
            method != Method::kRigl,
        ArgumentError, kStudy,
        "baselines must be among dense, small-dense, gmp, one-shot, lottery, snip, grasp",
        "baselines", one);
    methods.push_back(method);
  }
  require_distinct(kStudy, "baselines", names_in(list));
  return methods;
}

std::size_t images_of(const Config& config) {
  return config.set == "digits" ? 1348 : config.set == "svhn" ? 73257 : 60000;
}

void check(const Config& config) {
  const auto names = image_set_names();
  SURPLUS_REQUIRE(std::ranges::find(names, config.set) != names.end(), ArgumentError, kStudy,
                  "there must be such an image set (surplus data list)", "set", config.set);
  require_count(kStudy, "samples", config.samples, 100, images_of(config));
  require_count(kStudy, "validation", config.validation, 10, images_of(config));
  require_count(kStudy, "epochs", config.epochs, 4, 100000);
  require_count(kStudy, "seeds", config.seeds, 1, 1000);
  require_count(kStudy, "multiplier", config.multiplier, 1, 1000);
  require_count(kStudy, "low_epochs", config.low_epochs, 4, 100000);
  require_count(kStudy, "low_seeds", config.low_seeds, 1, 1000);
  require_count(kStudy, "timed_steps", config.timed_steps, 0, 100000);
  SURPLUS_REQUIRE(!config.hidden.empty(), ArgumentError, kStudy,
                  "there must be a hidden layer at least", "hidden", config.hidden.size());
  for (const std::uint64_t width : config.hidden)
    require_count(kStudy, "hidden", width, 2, 1 << 16);
  for (const double density : config.densities) {
    SURPLUS_REQUIRE(density > 0 && density < 1, ArgumentError, kStudy,
                    "densities must be above 0 and below 1", "densities", density);
  }
  SURPLUS_REQUIRE(!config.densities.empty() && !config.intervals.empty(), ArgumentError, kStudy,
                  "there must be a density and an interval at least", "densities",
                  config.densities.size(), "intervals", config.intervals.size());
  for (const std::uint64_t interval : config.intervals) {
    require_count(kStudy, "intervals", interval, 1, 1000000);
  }
  for (const std::uint64_t samples : config.low_samples) {
    require_count(kStudy, "low_samples", samples, 100, images_of(config));
  }
  require_distinct(kStudy, "densities", config.densities);
  require_distinct(kStudy, "intervals", config.intervals);
  require_distinct(kStudy, "low_samples", config.low_samples);
  baselines_in(config.baselines);
  SURPLUS_REQUIRE(config.learning_rate > 0 && config.learning_rate <= 100, ArgumentError, kStudy,
                  "the learning rate must be above 0 and at most 100", "learning_rate",
                  config.learning_rate);
  SURPLUS_REQUIRE(config.state_seconds >= 0, ArgumentError, kStudy,
                  "state_seconds must not be negative", "state_seconds", config.state_seconds);
}

std::string low_name(std::uint64_t samples) { return "S3-" + to_text(samples); }

std::vector<TaskDesign> tasks_of(const Config& config) {
  std::vector<TaskDesign> tasks = {
      {.name = "S1",
       .set = config.set,
       .samples = config.samples,
       .validation = config.validation,
       .hidden = std::vector<std::size_t>(config.hidden.begin(), config.hidden.end()),
       .epochs = config.epochs,
       .rate = config.learning_rate}};
  const bool digits = config.set == "digits";
  for (const std::uint64_t samples : config.low_samples) {
    tasks.push_back({.name = low_name(samples),
                     .set = config.set,
                     .samples = samples,
                     .validation = digits ? 100ul : 1000ul,
                     .test = digits ? 0ul : 1000ul,
                     .hidden = digits ? std::vector<std::size_t>{100, 100} : kLowHidden,
                     .epochs = config.low_epochs,
                     .batch = 40,
                     .rate = 0.01,
                     .dropout = 0.2,
                     .epsilon = digits ? 4 : kEpsilon});
  }
  return tasks;
}

// Of SET's densities a label only: the share of active weights comes out.
constexpr double kOwnDensity = 0.03;

std::vector<Design> designs_of(const Config& config) {
  std::vector<Design> all;
  const auto add = [&](Design design, std::size_t seeds) {
    for (design.seed = 0; design.seed < seeds; ++design.seed) all.push_back(design);
  };
  const std::vector<Method> baselines = baselines_in(config.baselines);
  if (std::ranges::find(baselines, Method::kDense) != baselines.end()) {
    add({.task = "S1", .method = Method::kDense}, config.seeds);
  }
  for (const double density : config.densities) {
    add({.task = "S1", .method = Method::kStatic, .density = density}, config.seeds);
    add({.task = "S1", .method = Method::kStatic, .density = density, .uniform = true},
        config.seeds);
    for (const Method method : {Method::kSet, Method::kRigl}) {
      for (const std::uint64_t interval : config.intervals) {
        const Design design{
            .task = "S1", .method = method, .density = density, .interval = interval};
        add(design, config.seeds);
        if (config.multiplier == 1) continue;
        Design longer = design;
        longer.multiplier = config.multiplier;
        add(longer, config.seeds);
      }
    }
    for (const Method method : baselines) {
      if (method == Method::kDense) continue;
      add({.task = "S1", .method = method, .density = density}, config.seeds);
    }
  }
  for (const std::uint64_t samples : config.low_samples) {
    const std::string task = low_name(samples);
    // Once an epoch, as SET does.
    const std::size_t interval = (samples + 39) / 40;
    add({.task = task, .method = Method::kStatic, .density = kOwnDensity}, config.low_seeds);
    add({.task = task, .method = Method::kSet, .density = kOwnDensity, .interval = interval},
        config.low_seeds);
    if (config.low_dense) add({.task = task, .method = Method::kDense}, config.low_seeds);
  }
  return all;
}

double seconds_of(const Design& design, const std::vector<TaskDesign>& tasks) {
  const auto task = std::ranges::find(tasks, design.task, &TaskDesign::name);
  return training_seconds(design, *task);
}

constexpr double kEqualitySeconds = 2, kTimedSeconds = 0.02;

}  // namespace

std::vector<Summary> Itop::Result::find(const Design& design) const {
  std::vector<Summary> found;
  for (const Training& training : trainings) {
    Design same = training.design;
    same.seed = design.seed;
    if (same == design) found.push_back(training.summary);
  }
  return found;
}

Config Itop::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.set = "digits";
      config.samples = 1000;
      config.validation = 300;
      config.hidden = {128, 64};
      config.epochs = 40;
      config.densities = {0.1, 0.05};
      config.intervals = {3, 10, 40, 120};
      config.low_samples = {200};
      config.low_epochs = 80;
      config.timed_steps = 0;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.epochs = 20;
      config.densities = {0.05, 0.02, 0.01};
      config.intervals = {25, 50, 100, 200, 400, 800, 1600};
      config.seeds = 3;
      config.multiplier = 5;
      config.low_samples = {2000, 5000};
      config.low_epochs = 400;
      config.low_dense = true;
      config.timed_steps = 200;
      config.state_seconds = 300;
      break;
  }
  return config;
}

double Itop::seconds(const Config& config) {
  check(config);
  const std::vector<TaskDesign> tasks = tasks_of(config);
  double sum = 2 * kEqualitySeconds;
  for (const Design& design : designs_of(config)) sum += seconds_of(design, tasks);
  if (config.timed_steps > 0) {
    sum += kTimedSeconds * static_cast<double>(config.timed_steps * std::size(kTimedDensities));
  }
  return sum;
}

Itop::Result Itop::run(const Config& config, Run& run) {
  check(config);
  const std::vector<TaskDesign> task_designs = tasks_of(config);
  std::map<std::string, Task> tasks;
  for (const TaskDesign& design : task_designs) {
    tasks.emplace(design.name, image_task(design, run.data_directory));
  }
  const Task& first = tasks.at("S1");
  Result result;
  result.title = first.title;
  // Before the cores are busy.
  if (config.timed_steps > 0) {
    for (const double density : kTimedDensities) {
      result.times.push_back(run_step_time(first, density, config.timed_steps, run));
    }
  }
  std::vector<Design> designs = designs_of(config);
  std::vector<std::size_t> order(designs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t i) { return seconds_of(designs[i], task_designs); });
  result.trainings.resize(designs.size());
  parallel_for(designs.size(), [&](std::size_t i) {
    const Design& design = designs[order[i]];
    result.trainings[order[i]] = run_training(
        tasks.at(design.task), design, seconds_of(design, task_designs), config.state_seconds, run);
  });
  for (const Method method : {Method::kSet, Method::kRigl}) {
    result.equalities.push_back(run_equality(first, method, run));
  }
  return result;
}

}  // namespace surplus::apps
