#include "apps/studies/itml.h"

#include <algorithm>
#include <cmath>

#include "apps/studies/itml/data.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace itml;
using Config = Itml::Config;

void require_slacks(const char* name, const std::vector<double>& slacks) {
  for (const double slack : slacks) {
    SURPLUS_REQUIRE(slack > 0 && std::isfinite(slack), ArgumentError, "itml",
                    "slacks must be positive and finite", name, slack);
  }
  require_distinct("itml", name, slacks);
}

void require_counts(const char* name, std::uint64_t count, std::uint64_t most) {
  SURPLUS_REQUIRE(count >= 1 && count <= most, ArgumentError, "itml",
                  std::string(name) + " must be at least 1 and at most " + to_text(most), name,
                  count);
}

void check(const Config& config) {
  require_counts("s_seeds", config.s_seeds, 1000000);
  require_counts("u_repeats", config.u_repeats, 1000000);
  require_counts("u_sweeps", config.u_sweeps, 1000000);
  require_counts("z_splits", config.z_splits, 1000000);
  require_counts("z_sweeps", config.z_sweeps, 1000000);
  SURPLUS_REQUIRE(config.z_long_sweeps == 0 ||
                      (config.z_long_sweeps > config.z_sweeps && config.z_long_sweeps <= 1000000),
                  ArgumentError, "itml",
                  "z_long_sweeps must be 0, or more than z_sweeps and at most 1000000",
                  "z_long_sweeps", config.z_long_sweeps, "z_sweeps", config.z_sweeps);
  const std::vector<std::string> sets = names_in(config.u_sets);
  for (const std::string& set : sets) {
    SURPLUS_REQUIRE(std::ranges::find(kSets, set) != kSets.end(), ArgumentError, "itml",
                    "u_sets must be among iris, wine, ionosphere, balance-scale, soybean-small",
                    "u_sets", set);
  }
  require_distinct("itml", "u_sets", sets);
  require_slacks("u_gammas", config.u_gammas);
  require_slacks("z_gammas", config.z_gammas);
  for (const std::uint64_t pairs : config.z_pairs) {
    SURPLUS_REQUIRE(pairs <= kAllPairs, ArgumentError, "itml",
                    "z_pairs must be at most the 101025 pairs of 450 examples", "z_pairs", pairs);
  }
  require_distinct("itml", "z_pairs", config.z_pairs);
  SURPLUS_REQUIRE(config.slack >= 0, ArgumentError, "itml", "slack must not be negative", "slack",
                  config.slack);
}

NeighborDesign neighbor_design(const Config& config) {
  return {names_in(config.u_sets), config.u_repeats, config.u_gammas, config.u_sweeps,
          config.u_require_data};
}

std::vector<CurveDesign> curve_designs(const Config& config) {
  std::vector<CurveDesign> designs;
  for (const bool standardized : {false, true}) {
    if (standardized && !config.z_standardized) continue;
    for (const double gamma : config.z_gammas) {
      designs.push_back({standardized, gamma, config.z_sweeps});
    }
  }
  if (config.z_long_sweeps > 0) designs.push_back({false, 1, config.z_long_sweeps});
  if (config.z_authors) designs.push_back({false, 1, config.z_sweeps, true});
  return designs;
}

}  // namespace

Config Itml::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.s_seeds = 10;
      config.u_sets = "iris,wine,balance-scale";
      config.u_gammas = {};
      config.z_splits = 5;
      config.z_pairs = {0, 20, 50, 100, 450, 1000, 10000};
      config.z_gammas = {1};
      config.z_standardized = false;
      config.slack = 3;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.u_repeats = 50;
      config.u_require_data = true;
      config.z_long_sweeps = 10000;
      config.z_authors = true;
      break;
  }
  return config;
}

double Itml::seconds(const Config& config) {
  check(config);
  return kLibrarySeconds + separation_seconds(config.s_seeds) +
         neighbor_seconds(neighbor_design(config)) +
         curve_seconds(curve_designs(config), config.z_pairs, config.z_splits);
}

Itml::Result Itml::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.library = run_library_checks(run);
  result.separations = run_separation(config.s_seeds, run);
  result.neighbors = run_neighbors(neighbor_design(config), run);
  result.curves = run_curves(curve_designs(config), config.z_pairs, config.z_splits, run);
  return result;
}

}  // namespace surplus::apps
