#include "apps/studies/sop.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace sop;
using Config = Sop::Config;
constexpr std::string_view kStudy = Sop::kName;

void require_rate(const char* name, double rate) {
  SURPLUS_REQUIRE(rate >= 0 && rate < 1, ArgumentError, kStudy,
                  "rates must be at least 0 and below 1", name, rate);
}

template <typename Names>
std::string listed(const Names& names) {
  return fmt::format("{}", fmt::join(names, ", "));
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
                    "methods must be among " + listed(kMethodNames), name, one);
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

void require_sets(const char* name, const std::string& list) {
  const std::vector<std::string> sets = names_in(list);
  require_distinct(kStudy, name, sets);
  for (const std::string& set : sets) {
    const auto names = image_set_names();
    SURPLUS_REQUIRE(std::ranges::find(names, set) != names.end(), ArgumentError, kStudy,
                    "there must be such an image set (surplus data list)", name, set);
  }
}

void require_steps(const char* rate_name, double rate, const char* u_name, double alpha_u,
                   const char* v_name, double alpha_v, const char* start_name, double start) {
  SURPLUS_REQUIRE(rate > 0 && rate <= 100, ArgumentError, kStudy,
                  "the learning rate must be above 0 and at most 100", rate_name, rate);
  SURPLUS_REQUIRE(alpha_u >= 0 && alpha_v >= 0, ArgumentError, kStudy,
                  "step sizes must not be negative", u_name, alpha_u, v_name, alpha_v);
  SURPLUS_REQUIRE(start > 0 && start < 1, ArgumentError, kStudy,
                  "the start must be above 0 and below 1", start_name, start);
}

void require_network(const char* name, const std::string& network) {
  SURPLUS_REQUIRE(
      network != "mlp" && std::ranges::find(kNetworkNames, network) != kNetworkNames.end(),
      ArgumentError, kStudy, "the network must be resnet-8, resnet-34 or preact-resnet-18", name,
      network);
}

bool is_cifar10(std::string_view set) { return set.starts_with("cifar-10"); }

std::vector<NoiseDesign> human_noises(const std::string& list) {
  std::vector<NoiseDesign> noises;
  for (const std::string& one : names_in(list)) {
    const auto found = std::ranges::find(kNoiseNames, one);
    const auto noise = static_cast<Noise>(found - kNoiseNames.begin());
    SURPLUS_REQUIRE(found != kNoiseNames.end() && noise >= Noise::kAggregate, ArgumentError, kStudy,
                    "labels of people must be among aggregate, random1, worst", "conv_human", one);
    noises.push_back({noise, human_rate(noise)});
  }
  return noises;
}

void check_residual(const Config& config) {
  require_sets("conv_sets", config.conv_sets);
  require_count(kStudy, "conv_samples", config.conv_samples, 200, 100000);
  require_count(kStudy, "conv_tests", config.conv_tests, 0, 100000);
  require_count(kStudy, "conv_side", config.conv_side, 0, 512);
  require_network("conv_network", config.conv_network);
  require_count(kStudy, "conv_width", config.conv_width, 1, 4096);
  require_rates("conv_rates", config.conv_rates);
  require_rate("conv_map_rate", config.conv_map_rate);
  require_rate("conv_instance_rate", config.conv_instance_rate);
  require_distinct(kStudy, "conv_human", names_in(config.conv_human));
  const std::vector<std::string> sets = names_in(config.conv_sets);
  SURPLUS_REQUIRE(human_noises(config.conv_human).empty() || std::ranges::any_of(sets, is_cifar10),
                  ArgumentError, kStudy, "labels of people need CIFAR-10", "conv_sets",
                  config.conv_sets, "conv_human", config.conv_human);
  methods_in("conv_methods", config.conv_methods);
  require_count(kStudy, "conv_seeds", config.conv_seeds, 1, 1000);
  require_count(kStudy, "conv_epochs", config.conv_epochs, 3, 100000);
  require_count(kStudy, "conv_batch", config.conv_batch, 1, 200);
  require_steps("conv_learning_rate", config.conv_learning_rate, "conv_alpha_u",
                config.conv_alpha_u, "conv_alpha_v", config.conv_alpha_v, "conv_start",
                config.conv_start);
  SURPLUS_REQUIRE(config.conv_map_alpha_v >= 0, ArgumentError, kStudy,
                  "step sizes must not be negative", "conv_map_alpha_v", config.conv_map_alpha_v);
  require_network("plus_network", config.plus_network);
  require_rates("plus_rates", config.plus_rates);
  if (!config.plus_methods.empty()) methods_in("plus_methods", config.plus_methods);
  require_count(kStudy, "plus_seeds", config.plus_seeds, 1, 1000);
  require_count(kStudy, "plus_epochs", config.plus_epochs, 3, 100000);
}

void check(const Config& config) {
  require_rates("rates", config.rates);
  SURPLUS_REQUIRE(std::ranges::find(config.rates, 0.4) != config.rates.end(), ArgumentError, kStudy,
                  "rates must have 0.4, which the step sizes are varied at", "rates",
                  config.rates.size());
  require_rate("pair_rate", config.pair_rate);
  const std::vector<Method> methods = methods_in("methods", config.methods);
  SURPLUS_REQUIRE(std::ranges::find(methods, Method::kSopPlus) == methods.end(), ArgumentError,
                  kStudy, "sop-plus needs images", "methods", config.methods);
  require_count(kStudy, "seeds", config.seeds, 1, 1000);
  require_count(kStudy, "epochs", config.epochs, 3, 100000);
  require_sets("sets", config.sets);
  require_count(kStudy, "image_samples", config.image_samples, 200, 100000);
  require_count(kStudy, "image_hidden", config.image_hidden, 1, 1 << 20);
  require_rates("image_rates", config.image_rates);
  require_rate("image_pair_rate", config.image_pair_rate);
  methods_in("image_methods", config.image_methods);
  require_count(kStudy, "image_seeds", config.image_seeds, 1, 1000);
  require_count(kStudy, "image_epochs", config.image_epochs, 3, 100000);
  require_steps("image_learning_rate", config.image_learning_rate, "image_alpha_u",
                config.image_alpha_u, "image_alpha_v", config.image_alpha_v, "image_start",
                config.image_start);
  check_residual(config);
  SURPLUS_REQUIRE(config.state_seconds >= 0, ArgumentError, kStudy,
                  "state_seconds must not be negative", "state_seconds", config.state_seconds);
}

std::vector<NoiseDesign> noises_of(const std::vector<double>& rates, Noise map, double map_rate) {
  std::vector<NoiseDesign> noises;
  noises.reserve(rates.size() + 1);
  for (const double rate : rates) noises.push_back({Noise::kSymmetric, rate});
  if (map_rate > 0) noises.push_back({map, map_rate});
  return noises;
}

void add_residual(const Config& config, const std::string& set, std::vector<GridDesign>& grids) {
  const bool cifar10 = is_cifar10(set), human = cifar10 && !config.conv_human.empty();
  std::vector<NoiseDesign> noises = noises_of(
      config.conv_rates, cifar10 ? Noise::kAsymmetric : Noise::kPair, config.conv_map_rate);
  if (config.conv_instance_rate > 0)
    noises.push_back({Noise::kInstance, config.conv_instance_rate});
  for (const NoiseDesign& noise : human_noises(config.conv_human)) {
    if (human) noises.push_back(noise);
  }
  const GridDesign grid = {.images = {.name = "conv-" + set,
                                      .set = set,
                                      .samples = config.conv_samples,
                                      .tests = config.conv_tests,
                                      .side = config.conv_side,
                                      .network = config.conv_network,
                                      .width = config.conv_width,
                                      .augment = config.conv_augment,
                                      .human = human},
                           .noises = noises,
                           .methods = methods_in("conv_methods", config.conv_methods),
                           .seeds = config.conv_seeds,
                           .epochs = config.conv_epochs,
                           .batch = config.conv_batch,
                           .learning_rate = config.conv_learning_rate,
                           .alpha_u = config.conv_alpha_u,
                           .alpha_v = config.conv_alpha_v,
                           .start_scale = config.conv_start,
                           .asymmetric_alpha_v = config.conv_map_alpha_v};
  grids.push_back(grid);
  if (config.plus_methods.empty()) return;
  GridDesign plus = grid;
  plus.images.name = "plus-" + set;
  plus.images.network = config.plus_network;
  plus.images.augment = true;
  plus.noises = noises_of(config.plus_rates, Noise::kPair, 0);
  plus.methods = methods_in("plus_methods", config.plus_methods);
  plus.seeds = config.plus_seeds;
  plus.epochs = config.plus_epochs;
  plus.cosine = true;
  grids.push_back(plus);
}

std::vector<GridDesign> grids_of(const Config& config) {
  std::vector<GridDesign> grids = {
      {.noises = noises_of(config.rates, Noise::kPair, config.pair_rate),
       .methods = methods_in("methods", config.methods),
       .seeds = config.seeds,
       .epochs = config.epochs}};
  for (const std::string& set : names_in(config.sets)) {
    grids.push_back({.images = {.name = set,
                                .set = set,
                                .samples = config.image_samples,
                                .width = config.image_hidden},
                     .noises = noises_of(config.image_rates, Noise::kPair, config.image_pair_rate),
                     .methods = methods_in("image_methods", config.image_methods),
                     .seeds = config.image_seeds,
                     .epochs = config.image_epochs,
                     .learning_rate = config.image_learning_rate,
                     .alpha_u = config.image_alpha_u,
                     .alpha_v = config.image_alpha_v,
                     .start_scale = config.image_start,
                     .asymmetric_alpha_v = config.image_alpha_v});
  }
  for (const std::string& set : names_in(config.conv_sets)) add_residual(config, set, grids);
  return grids;
}

SweepDesign sweep_of(const Config& config) {
  return {.alphas = config.sweeps, .batches = config.sweeps, .epochs = config.epochs};
}

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
      config.image_seeds = 2;
      config.image_epochs = 100;
      config.image_learning_rate = 0.1;
      config.conv_sets = "digits";
      config.conv_samples = 600;
      config.conv_side = 0;
      config.conv_width = 8;
      config.conv_rates = {0.4};
      config.conv_instance_rate = 0;
      config.conv_seeds = 1;
      config.conv_methods = "ce,sop";
      config.plus_methods = "";
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
      config.image_learning_rate = 0.02;
      // ResNet-34 for the losses alone, PreActResNet-18 for SOP+.
      config.conv_sets = "cifar-10";
      config.conv_samples = 45000;
      config.conv_tests = 0;
      config.conv_side = 0;
      config.conv_augment = true;
      config.conv_network = "resnet-34";
      config.conv_rates = {0.2, 0.4, 0.5, 0.6, 0.8};
      config.conv_map_rate = 0.4;
      config.conv_human = "aggregate,random1,worst";
      config.conv_seeds = 3;
      config.conv_epochs = 120;
      config.conv_batch = 128;
      config.conv_learning_rate = 0.02;
      config.conv_alpha_u = config.conv_alpha_v = 10;
      config.conv_map_alpha_v = 100;
      config.conv_start = 1e-8;
      config.plus_network = "preact-resnet-18";
      config.plus_rates = {0.2, 0.5, 0.8};
      config.plus_seeds = 3;
      config.plus_epochs = 300;
      config.state_seconds = 300;
      break;
  }
  return config;
}

double Sop::seconds(const Config& config) {
  check(config);
  return kClockSeconds + trainings_seconds(grids_of(config), sweep_of(config));
}

Sop::Result Sop::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.clock = run_clock(run);
  result.trainings = run_trainings(grids_of(config), sweep_of(config), config.state_seconds, run);
  return result;
}

}  // namespace surplus::apps
