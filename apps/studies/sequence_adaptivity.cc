#include "apps/studies/sequence_adaptivity.h"

#include <algorithm>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace sequence_adaptivity;
using Config = SequenceAdaptivity::Config;
constexpr std::string_view kStudy = SequenceAdaptivity::kName;

// A slope needs three sizes to have a standard error.
void require_sizes(const char* name, const std::vector<std::uint64_t>& sizes, bool needed) {
  SURPLUS_REQUIRE(sizes.size() >= 3 || (sizes.empty() && !needed), ArgumentError, kStudy,
                  "there must be three sample sizes", name, sizes.size());
  for (const std::uint64_t n : sizes) {
    SURPLUS_REQUIRE(n >= 10 && n <= 1000000000, ArgumentError, kStudy,
                    "sample sizes must be at least 10 and at most 1000000000", name, n);
  }
  require_distinct(kStudy, name, sizes);
}

void require_between(const char* name, const std::vector<double>& values, double low, double high) {
  for (const double value : values) {
    SURPLUS_REQUIRE(value >= low && value <= high, ArgumentError, kStudy,
                    "values must be at least " + to_text(low) + " and at most " + to_text(high),
                    name, value);
  }
  require_distinct(kStudy, name, values);
}

void require_number(const char* name, double value, double low, double high) {
  require_between(name, {value}, low, high);
}

void check(const Config& config) {
  constexpr double kSmallest = 1e-3;
  require_sizes("n", config.n, true);
  require_between("gammas", config.gammas, 1 + kSmallest, 20);
  for (const std::uint64_t coordinates : config.coordinates) {
    require_count(kStudy, "coordinates", coordinates, 10, 10000000);
  }
  require_distinct(kStudy, "coordinates", config.coordinates);
  require_count(kStudy, "repetitions", config.repetitions, 1, 1000000);
  require_count(kStudy, "per_octave", config.per_octave, 1, 1000);
  require_sizes("table_n", config.table_n, !config.table_p.empty() || !config.deep_p.empty());
  require_between("table_p", config.table_p, kSmallest, 10);
  require_between("table_q", config.table_q, 1, 10);
  require_between("table_gammas", config.table_gammas, 1 + kSmallest, 20);
  SURPLUS_REQUIRE(!config.table_coordinates.empty(), ArgumentError, kStudy,
                  "there must be a number of coordinates", "table_coordinates",
                  config.table_coordinates.size());
  for (const std::uint64_t coordinates : config.table_coordinates) {
    require_count(kStudy, "table_coordinates", coordinates, 10, 10000000);
  }
  require_distinct(kStudy, "table_coordinates", config.table_coordinates);
  require_count(kStudy, "table_repetitions", config.table_repetitions, 1, 1000000);
  for (const std::uint64_t depth : config.deep_depths)
    require_count(kStudy, "deep_depths", depth, 1, 4);
  require_distinct(kStudy, "deep_depths", config.deep_depths);
  require_between("deep_p", config.deep_p, kSmallest, 10);
  require_count(kStudy, "deep_repetitions", config.deep_repetitions, 1, 1000000);
  require_number("layer_start", config.layer_start, kSmallest, 1000);
  for (const std::uint64_t depth : config.curve_depths)
    require_count(kStudy, "curve_depths", depth, 0, 4);
  require_distinct(kStudy, "curve_depths", config.curve_depths);
  require_count(kStudy, "curve_n", config.curve_n, 10, 1000000000);
  require_count(kStudy, "curve_repetitions", config.curve_repetitions, 1, 1000000);
  require_sizes("torus_n", config.torus_n, false);
  for (const std::uint64_t n : config.torus_n) require_count(kStudy, "torus_n", n, 10, 10000);
  for (const std::uint64_t depth : config.torus_depths)
    require_count(kStudy, "torus_depths", depth, 0, 4);
  require_distinct(kStudy, "torus_depths", config.torus_depths);
  require_count(kStudy, "torus_repetitions", config.torus_repetitions, 1, 1000000);
  require_count(kStudy, "torus_frequencies", config.torus_frequencies, 1, 40);
  require_number("torus_smoothness", config.torus_smoothness, 0.5, 10);
  require_number("torus_noise", config.torus_noise, kSmallest, 100);
  require_number("torus_step", config.torus_step, kSmallest, 10);
  require_number("torus_curve_time", config.torus_curve_time, 1, 1e6);
}

std::vector<RateDesign> rate_designs(const Config& config) {
  std::vector<RateDesign> designs;
  for (const std::uint64_t coordinates : config.coordinates) {
    for (const double gamma : config.gammas) {
      designs.push_back({.law = {.p = 1, .q = 2, .gamma = gamma},
                         .coordinates = coordinates,
                         .n = config.n,
                         .repetitions = config.repetitions,
                         .per_octave = config.per_octave});
    }
  }
  return designs;
}

std::vector<RateDesign> table_designs(const Config& config, std::size_t depth,
                                      std::uint64_t coordinates) {
  std::vector<RateDesign> designs;
  for (const double gamma : config.table_gammas) {
    for (const double p : depth == 0 ? config.table_p : config.deep_p) {
      for (const double q : config.table_q) {
        designs.push_back(
            {.law = {.p = p, .q = q, .gamma = gamma},
             .depth = depth,
             .coordinates = coordinates,
             .n = config.table_n,
             .repetitions = depth == 0 ? config.table_repetitions : config.deep_repetitions,
             .per_octave = config.per_octave,
             .layer_start = config.layer_start});
      }
    }
  }
  return designs;
}

std::vector<RateDesign> first_table_designs(const Config& config) {
  std::vector<RateDesign> designs;
  for (const std::uint64_t coordinates : config.table_coordinates) {
    const std::vector<RateDesign> some = table_designs(config, 0, coordinates);
    designs.insert(designs.end(), some.begin(), some.end());
  }
  return designs;
}

std::vector<RateDesign> second_table_designs(const Config& config) {
  std::vector<RateDesign> designs;
  for (const std::uint64_t depth : config.deep_depths) {
    const std::vector<RateDesign> some =
        table_designs(config, depth, config.table_coordinates.front());
    designs.insert(designs.end(), some.begin(), some.end());
  }
  return designs;
}

DepthDesign depth_design(const Config& config, std::size_t depth) {
  return {depth, config.curve_n, config.table_coordinates.front(), config.curve_repetitions,
          config.layer_start};
}

TorusDesign torus_design(const Config& config) {
  return {config.torus_n,           config.torus_depths,     config.torus_repetitions,
          config.torus_frequencies, config.torus_smoothness, config.torus_noise,
          config.torus_step,        config.torus_curve_time, config.layer_start};
}

}  // namespace

Config SequenceAdaptivity::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.coordinates = {10000};
      config.table_p = {};
      config.deep_p = {};
      config.curve_repetitions = 1;
      config.torus_n = {80, 120, 160};
      config.torus_repetitions = 2;
      config.torus_frequencies = 9;
      config.torus_curve_time = 512;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.table_coordinates = {10000, 30000};
      config.deep_p = {0.6, 1, 3};
      config.deep_repetitions = 256;
      config.curve_repetitions = 64;
      config.torus_repetitions = 64;
      break;
  }
  return config;
}

double SequenceAdaptivity::seconds(const Config& config) {
  check(config);
  double sum = kChecksSeconds;
  for (const RateDesign& design : rate_designs(config)) {
    sum += fixed_seconds(design) + rates_seconds(design);
  }
  for (const RateDesign& design : first_table_designs(config)) sum += rates_seconds(design);
  for (const RateDesign& design : second_table_designs(config)) sum += rates_seconds(design);
  for (const std::uint64_t depth : config.curve_depths) {
    sum += curve_seconds(depth_design(config, depth)) + kSnapshotSeconds;
  }
  return sum + torus_seconds(torus_design(config)) + torus_run_seconds(torus_design(config));
}

SequenceAdaptivity::Result SequenceAdaptivity::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.checks = run_checks(run);
  for (const RateDesign& design : rate_designs(config)) {
    result.fixed.push_back(run_fixed("figure 1", design, run));
    result.rates.push_back(run_rates("figure 1", design, run));
  }
  for (const std::uint64_t depth : config.curve_depths) {
    result.curves.push_back(run_curve(depth_design(config, depth), run));
    result.snapshots.push_back(run_snapshots(depth_design(config, depth), run));
  }
  for (const RateDesign& design : first_table_designs(config)) {
    result.table.push_back(run_rates("table 1", design, run));
  }
  for (const RateDesign& design : second_table_designs(config)) {
    result.deep.push_back(run_rates("table 2", design, run));
  }
  result.torus_run = run_torus_run(torus_design(config), run);
  result.torus = run_torus(torus_design(config), run);
  return result;
}

}  // namespace surplus::apps
