#include "apps/studies/interpolation_sgd.h"

#include <cmath>

#include "apps/runner/settings.h"
#include "apps/studies/interpolation_sgd/reference.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace interpolation_sgd;
using Config = InterpolationSgd::Config;
constexpr std::string_view kStudy = InterpolationSgd::kName;

void check(const Config& config) {
  require_count(kStudy, "chains", config.chains, 0, 1000000);
  require_count(kStudy, "chain_steps", config.chain_steps, 100, 1000000);
  require_count(kStudy, "long_chains", config.long_chains, 0, 1000000);
  require_count(kStudy, "long_steps", config.long_steps, 100, 10000000);
  require_count(kStudy, "bound_dimension", config.bound_dimension, 2, 1000000);
  const std::vector<std::string> sets = names_in(config.kernel_sets);
  for (const std::string& set : sets) {
    SURPLUS_REQUIRE(set == "mnist" || set == "digits", ArgumentError, kStudy,
                    "kernel_sets must be among mnist, digits", "kernel_sets", set);
  }
  require_distinct(kStudy, "kernel_sets", sets);
  require_count(kStudy, "kernel_examples", config.kernel_examples, 10, 20000);
  require_count(kStudy, "kernel_seeds", config.kernel_seeds, 1, 1000);
  SURPLUS_REQUIRE(config.kernel_target > 0 && config.kernel_target < 1, ArgumentError, kStudy,
                  "kernel_target must be above 0 and below 1", "kernel_target",
                  config.kernel_target);
  require_count(kStudy, "kernel_epochs", config.kernel_epochs, 1, 1000000);
  require_count(kStudy, "momentum_runs", config.momentum_runs, 0, 10000000);
  require_count(kStudy, "momentum_steps", config.momentum_steps, 10, 1000000);
  require_count(kStudy, "noise_epochs", config.noise_epochs, 0, 10000000);
  require_count(kStudy, "network_examples", config.network_examples, 64, 60000);
  require_count(kStudy, "network_epochs", config.network_epochs, 0, 10000);
  require_count(kStudy, "network_seeds", config.network_seeds, 1, 1000);
  SURPLUS_REQUIRE(!config.network_rates.empty(), ArgumentError, kStudy,
                  "there must be a learning rate", "network_rates", config.network_rates.size());
  for (const double rate : config.network_rates) {
    SURPLUS_REQUIRE(rate > 0 && std::isfinite(rate), ArgumentError, kStudy,
                    "learning rates must be positive and finite", "network_rates", rate);
  }
  require_distinct(kStudy, "network_rates", config.network_rates);
}

SystemDesign system_design(const Config& config) {
  SystemDesign design{.chain_rates = {0.01, 0.05},
                      .chains = config.chains,
                      .chain_steps = config.chain_steps,
                      .long_chains = config.long_chains,
                      .long_steps = config.long_steps};
  for (const PaperPlateau& paper : kPaperPlateaus) design.rates.push_back(paper.rate);
  for (const PaperLift& paper : kPaperLifts) {
    design.scales.push_back(paper.scale);
    design.scale_rates.push_back(paper.grid_rate);
  }
  return design;
}

KernelDesign kernel_design(const Config& config) {
  return {names_in(config.kernel_sets), config.require_data,  config.kernel_examples,
          config.kernel_seeds,          config.kernel_target, config.kernel_epochs};
}

NetworkDesign network_design(const Config& config) {
  return {config.network_examples, config.network_epochs, config.network_seeds,
          config.network_rates, config.require_data};
}

}  // namespace

Config InterpolationSgd::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.long_chains = 0;
      config.kernel_sets = "";
      config.momentum_runs = 1000;
      config.momentum_steps = 300;
      config.noise_epochs = 0;
      config.network_epochs = 0;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.kernel_examples = 10000;
      config.momentum_runs = 100000;
      config.network_epochs = 100;
      config.network_seeds = 3;
      config.require_data = true;
      break;
  }
  return config;
}

double InterpolationSgd::seconds(const Config& config) {
  check(config);
  return system_seconds(system_design(config)) + kernel_seconds(kernel_design(config)) +
         momentum_seconds({config.momentum_runs, config.momentum_steps}) +
         network_noise_seconds(config.noise_epochs) + network_seconds(network_design(config));
}

InterpolationSgd::Result InterpolationSgd::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.system = run_system(system_design(config), run);
  result.bound = bound_sweep(config.bound_dimension);
  result.momentum = run_momentum({config.momentum_runs, config.momentum_steps}, run);
  result.network_noise = run_network_noise(config.noise_epochs, run);
  result.kernels = run_kernels(kernel_design(config), run);
  result.networks = run_networks(network_design(config), run);
  return result;
}

}  // namespace surplus::apps
