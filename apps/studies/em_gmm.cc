#include "apps/studies/em_gmm.h"

#include <algorithm>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace em_gmm;
using Config = EmGmm::Config;

// The weights of the curves of spurious fixed points.
std::vector<double> curve_weights() {
  std::vector<double> weights;
  for (int i = 51; i < 100; ++i) weights.push_back(i / 100.0);
  return weights;
}

void require_distances(const char* name, const std::vector<double>& values) {
  for (const double value : values) {
    SURPLUS_REQUIRE(value > 0 && value <= 100, ArgumentError, "em-gmm",
                    "distances must be above 0 and at most 100", name, value);
  }
  require_distinct("em-gmm", name, values);
}

void require_weights(const char* name, const std::vector<double>& weights) {
  for (const double weight : weights) {
    SURPLUS_REQUIRE(weight > 0.5 && weight < 1, ArgumentError, "em-gmm",
                    "weights must be between 0.5 and 1", name, weight);
  }
  require_distinct("em-gmm", name, weights);
}

void require_intervals(const char* name, std::uint64_t intervals) {
  SURPLUS_REQUIRE(intervals >= 40 && intervals <= 1000000, ArgumentError, "em-gmm",
                  "intervals must be at least 40 and at most 1000000", name, intervals);
}

void require_observations(const char* name, std::uint64_t observations) {
  SURPLUS_REQUIRE(observations >= 4 && observations <= 10000000, ArgumentError, "em-gmm",
                  "observations must be at least 4 and at most 10000000", name, observations);
}

// One number of samples and one of starts per split.
void require_splits(const char* samples_name, const std::vector<std::uint64_t>& samples,
                    const char* starts_name, const std::vector<std::uint64_t>& starts) {
  SURPLUS_REQUIRE(samples.size() == starts.size(), ArgumentError, "em-gmm",
                  "there must be as many numbers of samples as of starts", samples_name,
                  samples.size(), starts_name, starts.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    SURPLUS_REQUIRE(samples[i] >= 1 && starts[i] >= 1, ArgumentError, "em-gmm",
                    "samples and starts must be at least 1", samples_name, samples[i], starts_name,
                    starts[i]);
  }
  require_distinct("em-gmm", samples_name, samples);
}

void check(const Config& config) {
  require_distances("a_thetas", config.a_thetas);
  require_distances("threshold_thetas", config.threshold_thetas);
  require_distances("b_separations", config.b_separations);
  require_distances("c_separations", config.c_separations);
  require_weights("a_weights", config.a_weights);
  require_weights("weights", config.weights);
  require_intervals("intervals", config.intervals);
  require_intervals("b_intervals", config.b_intervals);
  SURPLUS_REQUIRE(config.b_starts >= 1, ArgumentError, "em-gmm", "b_starts must be at least 1",
                  "b_starts", config.b_starts);
  require_observations("c_observations", config.c_observations);
  require_observations("d_observations", config.d_observations);
  require_splits("c_samples", config.c_samples, "c_starts", config.c_starts);
  require_splits("d_samples", config.d_samples, "d_starts", config.d_starts);
  for (const std::uint64_t number : config.d_cases) {
    SURPLUS_REQUIRE(number >= 1 && number <= 4, ArgumentError, "em-gmm",
                    "d_cases must be among 1, 2, 3 and 4", "d_cases", number);
  }
  require_distinct("em-gmm", "d_cases", config.d_cases);
  SURPLUS_REQUIRE(config.slack >= 0, ArgumentError, "em-gmm", "slack must not be negative", "slack",
                  config.slack);
}

std::vector<BoxDesign> box_designs(const Config& config) {
  std::vector<BoxDesign> designs;
  for (const double separation : config.b_separations) {
    for (const double weight : config.weights) {
      designs.push_back({separation, weight, config.b_starts, config.b_intervals});
    }
  }
  return designs;
}

std::vector<SampleDesign> two_designs(const Config& config) {
  std::vector<SampleDesign> designs;
  for (std::size_t i = 0; i < config.c_samples.size(); ++i) {
    for (const double separation : config.c_separations) {
      for (const double weight : config.weights) {
        designs.push_back({.separation = separation,
                           .weight = weight,
                           .n = config.c_observations,
                           .samples = config.c_samples[i],
                           .starts = config.c_starts[i]});
      }
    }
  }
  return designs;
}

std::vector<SampleDesign> plane_designs(const Config& config) {
  std::vector<SampleDesign> designs;
  for (std::size_t i = 0; i < config.d_samples.size(); ++i) {
    for (const std::uint64_t number : config.d_cases) {
      designs.push_back({.number = number,
                         .n = config.d_observations,
                         .samples = config.d_samples[i],
                         .starts = config.d_starts[i]});
    }
  }
  return designs;
}

}  // namespace

Config EmGmm::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.threshold_thetas = {0.5, 1, 2};
      config.b_separations = {2, 4};
      config.b_starts = 400;
      config.c_separations = {2, 4};
      config.c_samples = {50};
      config.c_starts = {4};
      config.d_samples = {10};
      config.d_starts = {5};
      config.slack = 4;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      // The paper's 2500 starts per cell, on few samples as its rates suggest and on many.
      config.c_samples = {10, 500};
      config.c_starts = {250, 5};
      config.d_samples = {10, 500};
      config.d_starts = {250, 5};
      break;
  }
  return config;
}

double EmGmm::seconds(const Config& config) {
  check(config);
  double sum = kLibrarySeconds + kTheoremsSeconds + kSymmetricPathsSeconds + kBoxPathsSeconds +
               symmetric_seconds(config.a_thetas, config.a_weights, config.intervals) +
               symmetric_seconds(config.a_thetas, curve_weights(), config.intervals) +
               threshold_seconds(config.threshold_thetas, config.intervals);
  for (const BoxDesign& design : box_designs(config)) sum += em_gmm::seconds(design);
  for (const SampleDesign& design : two_designs(config)) sum += em_gmm::seconds(design);
  for (const SampleDesign& design : plane_designs(config)) sum += em_gmm::seconds(design);
  return sum;
}

EmGmm::Result EmGmm::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.library = run_library_checks(run);
  result.symmetric =
      run_symmetric("P-EM-A", config.a_thetas, config.a_weights, config.intervals, run);
  result.curves =
      run_symmetric("P-EM-A, curves", config.a_thetas, curve_weights(), config.intervals, run);
  result.thresholds = run_thresholds(config.threshold_thetas, config.intervals, run);
  result.theorems = run_theorems(config.intervals, run);
  result.symmetric_paths = run_symmetric_paths(config.intervals, run);
  result.box_paths = run_box_paths(config.b_intervals, run);
  for (const BoxDesign& design : box_designs(config)) result.box.push_back(run_box(design, run));
  for (const SampleDesign& design : two_designs(config)) {
    result.two.push_back(run_samples(design, run));
  }
  for (const SampleDesign& design : plane_designs(config)) {
    result.plane.push_back(run_samples(design, run));
  }
  return result;
}

}  // namespace surplus::apps
