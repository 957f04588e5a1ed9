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

constexpr Method kBaselines[] = {Method::kDense,   Method::kSmallDense, Method::kGmp,
                                 Method::kOneShot, Method::kLottery,    Method::kSnip,
                                 Method::kGrasp};
constexpr Method kSweep[] = {Method::kDense, Method::kStatic, Method::kSet, Method::kRigl};

// The methods of a list of their names, all of which must be among the allowed ones.
std::vector<Method> methods_in(std::string_view key, const std::string& list,
                               std::span<const Method> allowed) {
  std::vector<Method> methods;
  for (const std::string& one : names_in(list)) {
    const auto found = std::ranges::find(allowed, one, itop::to_text);
    std::string names;
    for (const Method method : allowed) {
      names.append(names.empty() ? "" : ", ").append(itop::to_text(method));
    }
    SURPLUS_REQUIRE(found != allowed.end(), ArgumentError, kStudy,
                    std::string(key) + " must be among " + names, key, one);
    methods.push_back(*found);
  }
  require_distinct(kStudy, key, names_in(list));
  return methods;
}

std::vector<Method> sweep_in(std::string_view key, const std::string& list) {
  std::vector<Method> methods = methods_in(key, list, kSweep);
  SURPLUS_REQUIRE(!methods.empty(), ArgumentError, kStudy, "there must be a method at least", key,
                  methods.size());
  return methods;
}

std::vector<Method> baselines_in(const std::string& list) {
  return methods_in("baselines", list, kBaselines);
}

void require_set(std::string_view key, const std::string& name) {
  const auto names = image_set_names();
  SURPLUS_REQUIRE(std::ranges::find(names, name) != names.end(), ArgumentError, kStudy,
                  "there must be such an image set (surplus data list)", key, name);
}

void require_densities(std::string_view name, const std::vector<double>& densities) {
  for (const double density : densities) {
    SURPLUS_REQUIRE(density > 0 && density < 1, ArgumentError, kStudy,
                    "densities must be above 0 and below 1", name, density);
  }
  require_distinct(kStudy, name, densities);
}

void require_counts(std::string_view name, const std::vector<std::uint64_t>& counts,
                    std::uint64_t low, std::uint64_t high) {
  for (const std::uint64_t count : counts) require_count(kStudy, name, count, low, high);
}

void require_intervals(std::string_view name, const std::vector<std::uint64_t>& intervals) {
  require_counts(name, intervals, 1, 1000000);
  require_distinct(kStudy, name, intervals);
}

void require_rate(std::string_view name, double rate) {
  SURPLUS_REQUIRE(rate > 0 && rate <= 100, ArgumentError, kStudy,
                  "the learning rate must be above 0 and at most 100", name, rate);
}

void check_cifar(const Config& config) {
  if (config.cifar_epochs == 0) return;
  require_count(kStudy, "cifar_epochs", config.cifar_epochs, 4, 100000);
  require_set("cifar_set", config.cifar_set);
  const std::size_t images = image_set_size(config.cifar_set).train;
  require_count(kStudy, "cifar_samples", config.cifar_samples, 100, images);
  require_count(kStudy, "cifar_validation", config.cifar_validation, 10, images);
  require_counts("cifar_hidden", config.cifar_hidden, 2, 1 << 16);
  require_rate("cifar_learning_rate", config.cifar_learning_rate);
  require_rate("cifar_dense_rate", config.cifar_dense_rate);
  sweep_in("cifar_methods", config.cifar_methods);
  require_densities("cifar_densities", config.cifar_densities);
  require_intervals("cifar_intervals", config.cifar_intervals);
  require_count(kStudy, "cifar_seeds", config.cifar_seeds, 1, 1000);
}

void check_conv(const Config& config, std::size_t images) {
  if (config.conv_epochs == 0) return;
  require_count(kStudy, "conv_epochs", config.conv_epochs, 4, 100000);
  require_count(kStudy, "conv_samples", config.conv_samples, 100, images);
  require_densities("conv_densities", config.conv_densities);
  require_intervals("conv_intervals", config.conv_intervals);
  sweep_in("conv_methods", config.conv_methods);
  require_rate("conv_learning_rate", config.conv_learning_rate);
  require_count(kStudy, "conv_seeds", config.conv_seeds, 1, 1000);
}

void check(const Config& config) {
  require_set("set", config.set);
  const std::size_t images = image_set_size(config.set).train;
  require_count(kStudy, "samples", config.samples, 100, images);
  require_count(kStudy, "validation", config.validation, 10, images);
  require_count(kStudy, "epochs", config.epochs, 4, 100000);
  require_count(kStudy, "seeds", config.seeds, 1, 1000);
  require_count(kStudy, "multiplier", config.multiplier, 1, 1000);
  require_count(kStudy, "low_epochs", config.low_epochs, 4, 100000);
  require_count(kStudy, "low_seeds", config.low_seeds, 1, 1000);
  require_count(kStudy, "timed_steps", config.timed_steps, 0, 100000);
  SURPLUS_REQUIRE(!config.hidden.empty(), ArgumentError, kStudy,
                  "there must be a hidden layer at least", "hidden", config.hidden.size());
  require_counts("hidden", config.hidden, 2, 1 << 16);
  SURPLUS_REQUIRE(!config.densities.empty() && !config.intervals.empty(), ArgumentError, kStudy,
                  "there must be a density and an interval at least", "densities",
                  config.densities.size(), "intervals", config.intervals.size());
  require_densities("densities", config.densities);
  require_intervals("intervals", config.intervals);
  require_counts("low_samples", config.low_samples, 100, images);
  require_distinct(kStudy, "low_samples", config.low_samples);
  baselines_in(config.baselines);
  require_rate("learning_rate", config.learning_rate);
  check_conv(config, images);
  check_cifar(config);
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
  if (config.cifar_epochs > 0) {
    tasks.push_back({.name = "S2",
                     .set = config.cifar_set,
                     .samples = config.cifar_samples,
                     .validation = config.cifar_validation,
                     .hidden = {config.cifar_hidden.begin(), config.cifar_hidden.end()},
                     .epochs = config.cifar_epochs,
                     .rate = config.cifar_learning_rate,
                     .dense_rate = config.cifar_dense_rate,
                     .augment = true});
  }
  const bool digits = config.set == "digits";
  if (config.conv_epochs > 0) {
    // LeNet-5, or a small likeness for small images.
    const NetworkConfig lenet = lenet5({1, 28, 28});
    tasks.push_back({.name = "S4",
                     .set = config.set,
                     .samples = config.conv_samples,
                     .validation = config.validation,
                     .hidden = digits ? std::vector<std::size_t>{32} : lenet.mlp.hidden,
                     .convolutions = digits ? std::vector<Convolution>{{8, 3, 2}, {16, 3, 1}}
                                            : lenet.convolutions,
                     .epochs = config.conv_epochs,
                     .rate = config.conv_learning_rate});
  }
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
  // Every method at every density and interval that it has.
  const auto add_sweep = [&](const std::string& task, const std::vector<Method>& methods,
                             const std::vector<double>& densities,
                             const std::vector<std::uint64_t>& intervals, std::size_t seeds) {
    for (const Method method : methods) {
      const bool rewires = method == Method::kSet || method == Method::kRigl;
      for (const double density : densities) {
        Design design{.task = task, .method = method, .density = density};
        if (method == Method::kDense) design.density = 1;
        for (const std::uint64_t interval : intervals) {
          if (rewires) design.interval = interval;
          add(design, seeds);
          if (!rewires) break;
        }
        if (method == Method::kDense) break;
      }
    }
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
  if (config.conv_epochs > 0) {
    const auto methods = sweep_in("conv_methods", config.conv_methods);
    add_sweep("S4", methods, config.conv_densities, config.conv_intervals, config.conv_seeds);
  }
  if (config.cifar_epochs > 0) {
    const auto methods = sweep_in("cifar_methods", config.cifar_methods);
    add_sweep("S2", methods, config.cifar_densities, config.cifar_intervals, config.cifar_seeds);
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

// The tasks whose networks' kernels are compared: S1, and S4 if it is there.
bool compares(const TaskDesign& task) { return task.name == "S1" || !task.convolutions.empty(); }

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
      config.conv_samples = 1000;
      config.conv_epochs = 20;
      config.conv_densities = {0.2};
      config.conv_intervals = {10};
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
      config.conv_epochs = 10;
      config.conv_samples = 55000;
      config.conv_densities = {0.1, 0.05, 0.02};
      config.conv_intervals = {100, 400};
      config.conv_seeds = 2;
      config.cifar_epochs = 100;
      config.cifar_seeds = 2;
      config.timed_steps = 200;
      config.state_seconds = 300;
      break;
  }
  return config;
}

double Itop::seconds(const Config& config) {
  check(config);
  const std::vector<TaskDesign> tasks = tasks_of(config);
  double sum = 0;
  for (const Design& design : designs_of(config)) sum += seconds_of(design, tasks);
  for (const TaskDesign& task : tasks) {
    if (!compares(task)) continue;
    const NetworkConfig network = network_of(task);
    sum += (2 + (20 + 100) / 200.) * equality_seconds(network);
    sum += step_seconds(network) *
           static_cast<double>(config.timed_steps * std::size(kTimedDensities));
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
  Result result;
  for (const auto& [name, task] : tasks) result.titles.emplace(name, task.title);
  // Before the cores are busy.
  for (const TaskDesign& task : task_designs) {
    if (!compares(task)) continue;
    auto& times = result.kernels[task.name].times;
    for (const double density : kTimedDensities) {
      if (config.timed_steps == 0) break;
      times.push_back(run_step_time(tasks.at(task.name), density, config.timed_steps, run));
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
  for (auto& [name, kernels] : result.kernels) {
    for (const Method method : {Method::kSet, Method::kRigl}) {
      kernels.equalities.push_back(run_equality(tasks.at(name), method, run));
    }
    kernels.early = run_drift(tasks.at(name), 20, run);
    kernels.drift = run_drift(tasks.at(name), 100, run);
  }
  return result;
}

}  // namespace surplus::apps
