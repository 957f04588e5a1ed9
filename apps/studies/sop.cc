#include "apps/studies/sop.h"

#include <algorithm>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace sop;
using Config = Sop::Config;
constexpr std::string_view kStudy = Sop::kName;

void require_count(const char* name, std::uint64_t count, std::uint64_t low, std::uint64_t high) {
  SURPLUS_REQUIRE(count >= low && count <= high, ArgumentError, kStudy,
                  "the number must be at least " + to_text(low) + " and at most " + to_text(high),
                  name, count);
}

void require_rate(const char* name, double rate) {
  SURPLUS_REQUIRE(rate >= 0 && rate < 1, ArgumentError, kStudy,
                  "rates must be at least 0 and below 1", name, rate);
}

void require_rates(const char* name, const std::vector<double>& rates) {
  for (const double rate : rates) require_rate(name, rate);
  require_distinct(kStudy, name, rates);
}

std::vector<Method> methods_in(const char* name, const std::string& list) {
  std::vector<Method> methods;
  for (const std::string& one : names_in(list)) {
    const auto found = std::ranges::find(kMethodNames, one);
    SURPLUS_REQUIRE(found != kMethodNames.end(), ArgumentError, kStudy,
                    "methods must be among ce, ls, gce, forward, elr, co-teaching, mixup, sop, "
                    "sop-paper",
                    name, one);
    methods.push_back(static_cast<Method>(found - kMethodNames.begin()));
  }
  require_distinct(kStudy, name, names_in(list));
  const auto has = [&](Method method) {
    return std::ranges::find(methods, method) != methods.end();
  };
  SURPLUS_REQUIRE(has(Method::kCrossEntropy) && has(Method::kSop), ArgumentError, kStudy,
                  "methods must have ce and sop", name, list);
  return methods;
}

void check(const Config& config) {
  require_rates("rates", config.rates);
  SURPLUS_REQUIRE(std::ranges::find(config.rates, 0.4) != config.rates.end(), ArgumentError, kStudy,
                  "rates must have 0.4, which the step sizes are varied at", "rates",
                  config.rates.size());
  require_rate("pair_rate", config.pair_rate);
  methods_in("methods", config.methods);
  require_count("seeds", config.seeds, 1, 1000);
  require_count("epochs", config.epochs, 3, 100000);
  const std::vector<std::string> sets = names_in(config.sets);
  require_distinct(kStudy, "sets", sets);
  for (const std::string& set : sets) {
    const auto names = image_set_names();
    SURPLUS_REQUIRE(std::ranges::find(names, set) != names.end(), ArgumentError, kStudy,
                    "there must be such an image set (surplus data list)", "sets", set);
  }
  require_count("image_samples", config.image_samples, 200, 100000);
  require_count("image_hidden", config.image_hidden, 1, 1 << 20);
  require_rates("image_rates", config.image_rates);
  require_rate("image_pair_rate", config.image_pair_rate);
  methods_in("image_methods", config.image_methods);
  require_count("image_seeds", config.image_seeds, 1, 1000);
  require_count("image_epochs", config.image_epochs, 3, 100000);
  SURPLUS_REQUIRE(config.image_learning_rate > 0 && config.image_learning_rate <= 100,
                  ArgumentError, kStudy, "the learning rate must be above 0 and at most 100",
                  "image_learning_rate", config.image_learning_rate);
  SURPLUS_REQUIRE(config.image_alpha_u >= 0 && config.image_alpha_v >= 0, ArgumentError, kStudy,
                  "step sizes must not be negative", "image_alpha_u", config.image_alpha_u,
                  "image_alpha_v", config.image_alpha_v);
  SURPLUS_REQUIRE(config.image_start > 0 && config.image_start < 1, ArgumentError, kStudy,
                  "the start must be above 0 and below 1", "image_start", config.image_start);
  SURPLUS_REQUIRE(config.state_seconds >= 0, ArgumentError, kStudy,
                  "state_seconds must not be negative", "state_seconds", config.state_seconds);
}

std::vector<GridDesign> grids_of(const Config& config) {
  std::vector<GridDesign> grids = {{.task = std::string(kSynthetic),
                                    .rates = config.rates,
                                    .pair_rate = config.pair_rate,
                                    .methods = methods_in("methods", config.methods),
                                    .seeds = config.seeds,
                                    .epochs = config.epochs}};
  for (const std::string& set : names_in(config.sets)) {
    grids.push_back({.task = set,
                     .rates = config.image_rates,
                     .pair_rate = config.image_pair_rate,
                     .methods = methods_in("image_methods", config.image_methods),
                     .seeds = config.image_seeds,
                     .epochs = config.image_epochs,
                     .learning_rate = config.image_learning_rate,
                     .alpha_u = config.image_alpha_u,
                     .alpha_v = config.image_alpha_v,
                     .start_scale = config.image_start});
  }
  return grids;
}

SweepDesign sweep_of(const Config& config) {
  return {.alphas = config.sweeps, .batches = config.sweeps, .epochs = config.epochs};
}

ImageDesign images_of(const Config& config) { return {config.image_samples, config.image_hidden}; }

}  // namespace

Config Sop::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.rates = {0, 0.4, 0.6};
      config.methods = "ce,elr,sop,sop-paper";
      config.pair_rate = 0;
      config.seeds = 1;
      config.sweeps = false;
      config.sets = "digits";
      config.image_samples = 1200;
      config.image_hidden = 128;
      config.image_rates = {0.4};
      config.image_methods = "ce,elr,sop";
      config.image_pair_rate = 0;
      config.image_seeds = 3;
      config.image_epochs = 100;
      config.image_learning_rate = 0.1;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.sets = "mnist,fashion-mnist,cifar-10";
      config.image_samples = 45000;
      config.image_methods = config.methods;
      config.image_seeds = 3;
      config.image_epochs = 120;
      config.image_alpha_u = config.image_alpha_v = 10;
      config.image_start = 1e-8;
      config.state_seconds = 300;
      break;
  }
  return config;
}

double Sop::seconds(const Config& config) {
  check(config);
  return kClockSeconds + trainings_seconds(grids_of(config), sweep_of(config), images_of(config));
}

Sop::Result Sop::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.clock = run_clock(run);
  result.trainings = run_trainings(grids_of(config), sweep_of(config), images_of(config),
                                   config.state_seconds, run);
  return result;
}

}  // namespace surplus::apps
