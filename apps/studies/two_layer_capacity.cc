#include "apps/studies/two_layer_capacity.h"

#include <algorithm>
#include <cmath>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace two_layer_capacity;
using Config = TwoLayerCapacity::Config;
constexpr std::string_view kStudy = TwoLayerCapacity::kName;

void require_widths(const char* name, const std::vector<std::uint64_t>& widths) {
  for (const std::uint64_t width : widths) require_count(kStudy, name, width, 1, 1 << 20);
  for (std::size_t i = 1; i < widths.size(); ++i) {
    SURPLUS_REQUIRE(widths[i] > widths[i - 1], ArgumentError, kStudy, "widths must ascend", name,
                    widths[i]);
  }
}

// The numbers of samples, 0 standing for all.
std::size_t samples_of(std::uint64_t samples, const SetFacts& facts) {
  return samples == 0 ? facts.train : samples;
}

void check(const Config& config) {
  const std::vector<std::string> sets = names_in(config.sets);
  SURPLUS_REQUIRE(!sets.empty(), ArgumentError, kStudy, "there must be an image set", "sets",
                  config.sets);
  require_distinct(kStudy, "sets", sets);
  for (const std::string& set : sets) {
    const std::size_t images = facts_of(set).train;
    SURPLUS_REQUIRE(config.samples <= images && config.label_samples <= images, ArgumentError,
                    kStudy, set + " has " + to_text(images) + " training images", "samples",
                    config.samples, "label_samples", config.label_samples);
  }
  if (config.side != 0) require_count(kStudy, "side", config.side, 2, 1024);
  require_widths("widths", config.widths);
  const auto wide =
      std::ranges::count_if(config.widths, [](std::uint64_t width) { return width >= kWide; });
  SURPLUS_REQUIRE(config.widths.size() >= 3 && wide >= 2, ArgumentError, kStudy,
                  "there must be three widths, of which two are 64 or more", "widths",
                  config.widths.size(), "of 64 or more", wide);
  require_widths("label_widths", config.label_widths);
  require_count(kStudy, "seeds", config.seeds, 1, 1000);
  require_count(kStudy, "epochs", config.epochs, 1, 1000000);
  SURPLUS_REQUIRE(config.rate >= 0 && config.rate <= 100, ArgumentError, kStudy,
                  "rate must be at least 0 and at most 100", "rate", config.rate);
  SURPLUS_REQUIRE(config.loss > 0, ArgumentError, kStudy, "loss must be above 0", "loss",
                  config.loss);
  SURPLUS_REQUIRE(config.state_seconds >= 0, ArgumentError, kStudy,
                  "state_seconds must not be negative", "state_seconds", config.state_seconds);
}

SweepDesign design_of(const Config& config, const std::string& set) {
  const SetFacts& facts = facts_of(set);
  return {.set = set,
          .side = config.side,
          .samples = samples_of(config.samples, facts),
          .widths = config.widths,
          .label_samples = samples_of(config.label_samples, facts),
          .label_widths = config.label_widths,
          .seeds = config.seeds,
          .protocol = {.rate = config.rate > 0 ? config.rate : facts.rate,
                       .loss = config.loss,
                       .epochs = config.epochs,
                       .state_seconds = config.state_seconds}};
}

}  // namespace

Config TwoLayerCapacity::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.sets = "digits";
      config.samples = 0;
      config.widths = {8, 16, 32, 64, 128, 256, 512, 1024};
      config.label_samples = 500;
      config.label_widths = {64, 256, 1024};
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.sets = "cifar-10,svhn,mnist";
      config.samples = 0;
      config.side = 32;
      config.widths = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
      config.seeds = 1;
      config.label_samples = 0;
      config.label_widths = {64, 256, 1024, 4096};
      config.state_seconds = 300;
      break;
  }
  return config;
}

double TwoLayerCapacity::seconds(const Config& config) {
  check(config);
  double sum = kLibrarySeconds;
  for (const std::string& set : names_in(config.sets)) sum += sweep_seconds(design_of(config, set));
  return sum;
}

TwoLayerCapacity::Result TwoLayerCapacity::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.library = run_library_checks(run);
  for (const std::string& set : names_in(config.sets)) {
    result.sets.push_back(run_sweep(design_of(config, set), run));
  }
  return result;
}

}  // namespace surplus::apps
