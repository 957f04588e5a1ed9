#include "apps/studies/linearity.h"

#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace linearity;
using Config = Linearity::Config;

void require_widths(const char* name, const std::vector<std::uint64_t>& widths, std::size_t fewest,
                    std::uint64_t low, std::uint64_t high) {
  SURPLUS_REQUIRE(widths.size() >= fewest, ArgumentError, Linearity::kName,
                  "there must be at least " + to_text(fewest) + " widths", name, widths.size());
  for (std::size_t i = 0; i < widths.size(); ++i) {
    require_count(Linearity::kName, name, widths[i], low, high);
    SURPLUS_REQUIRE(i == 0 || widths[i] > widths[i - 1], ArgumentError, Linearity::kName,
                    "widths must increase", name, widths[i]);
  }
}

void check(const Config& config) {
  constexpr std::uint64_t kMost = 1 << 20, kMostDeep = 1 << 15;
  require_widths("widths", config.widths, 2, 2, kMost);
  require_count(Linearity::kName, "starts", config.starts, 1, 100000);
  require_count(Linearity::kName, "lanczos_width", config.lanczos_width, 0, 8192);
  require_widths("path_widths", config.path_widths, 2, 1, kMost);
  require_count(Linearity::kName, "path_seeds", config.path_seeds, 1, 100000);
  require_count(Linearity::kName, "steps", config.steps, 1, 10000000);
  require_widths("deep_widths", config.deep_widths, 2, 1, kMostDeep);
  require_count(Linearity::kName, "deep_seeds", config.deep_seeds, 1, 100000);
  require_count(Linearity::kName, "narrow", config.narrow, 1, kMostDeep);
  require_widths("narrow_widths", config.narrow_widths, 0, 1, kMostDeep);
  require_count(Linearity::kName, "wide", config.wide, 1, kMostDeep);
  require_widths("bottlenecks", config.bottlenecks, 0, 1, kMostDeep);
  require_count(Linearity::kName, "panel_width", config.panel_width, 1, kMostDeep);
  require_widths("panel_bottlenecks", config.panel_bottlenecks, 0, 1, kMostDeep);
  require_count(Linearity::kName, "panel_steps", config.panel_steps, 1, 10000000);
  require_count(Linearity::kName, "panel_seeds", config.panel_seeds, 1, 100000);
  require_widths("limit_widths", config.limit_widths, 2, 1, kMostDeep);
  require_widths("limit_layers", config.limit_layers, 1, 1, 20);
  require_count(Linearity::kName, "limit_seeds", config.limit_seeds, 1, 100000);
  require_widths("loss_widths", config.loss_widths, 2, 1, kMost);
  require_count(Linearity::kName, "loss_seeds", config.loss_seeds, 1, 100000);
}

TwoLayerDesign two_layer_design(const Config& config) {
  return {config.widths, config.starts, config.lanczos_width};
}

std::vector<DescentDesign> path_designs(const Config& config) {
  std::vector<DescentDesign> designs;
  for (const Output output : kOutputs) {
    for (const std::uint64_t m : config.path_widths) {
      designs.push_back(shallow_design(m, output));
      designs.back().steps = config.steps;
      designs.back().seeds = config.path_seeds;
    }
  }
  return designs;
}

// With a linear output again, as the kernel's change depends on the labels (path.h).
std::vector<DescentDesign> random_path_designs(const Config& config) {
  std::vector<DescentDesign> designs = path_designs(config);
  designs.resize(config.path_widths.size());  // the first output is linear
  for (DescentDesign& design : designs) design.random_labels = true;
  return designs;
}

std::vector<DescentDesign> panel_designs(const Config& config) {
  std::vector<DescentDesign> designs;
  for (const std::uint64_t bottleneck : config.panel_bottlenecks) {
    designs.push_back(bottleneck_design(config.panel_width, bottleneck));
    designs.back().steps = config.panel_steps;
    designs.back().seeds = config.panel_seeds;
  }
  return designs;
}

struct DeepDesigns {
  std::vector<DeepDesign> linear_out, tanh_out, narrow, bottlenecks;
};

DeepDesigns deep_designs(const Config& config) {
  DeepDesigns designs;
  const std::uint64_t seeds = config.deep_seeds;
  for (const std::uint64_t m : config.deep_widths) {
    designs.linear_out.push_back({{m, m, m}, Output::kLinear, seeds});
    designs.tanh_out.push_back({{m, m, m}, Output::kTanh, seeds});
  }
  for (const std::uint64_t m : config.narrow_widths) {
    designs.narrow.push_back({{m, config.narrow, m}, Output::kLinear, seeds});
  }
  for (const std::uint64_t b : config.bottlenecks) {
    designs.bottlenecks.push_back({{config.wide, b, config.wide}, Output::kLinear, seeds});
  }
  return designs;
}

std::vector<LimitDesign> limit_designs(const Config& config) {
  std::vector<LimitDesign> designs;
  for (const ad::Activation f : {ad::Activation::kRelu, ad::Activation::kErf}) {
    for (const std::uint64_t layers : config.limit_layers) {
      for (const std::uint64_t m : config.limit_widths) {
        designs.push_back({f, layers, m, config.limit_seeds});
      }
    }
  }
  return designs;
}

}  // namespace

Config Linearity::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.widths = {16, 32, 64, 128, 256, 512, 1024};
      config.path_widths = {16, 64, 256};
      config.path_seeds = 4;
      config.deep_widths = {64, 128};
      config.deep_seeds = 3;
      config.narrow_widths = {32, 128, 512};
      config.wide = 128;
      config.bottlenecks = {4, 16, 64};
      config.panel_width = 64;
      config.panel_bottlenecks = {3, 10, 50};
      config.panel_seeds = 2;
      config.limit_widths = {64, 128, 256};
      config.limit_seeds = 32;
      config.loss_widths = {16, 64, 256};
      config.loss_seeds = 3;
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.lanczos_width = 2048;
      config.path_widths = {16, 64, 256, 1024, 4096};
      config.panel_width = 10000;
      config.panel_bottlenecks = {3, 5, 10, 50, 100, 500, 1000};
      config.panel_seeds = 1;
      config.limit_widths = {64, 128, 256, 512, 1024, 2048};
      break;
  }
  return config;
}

double Linearity::seconds(const Config& config) {
  check(config);
  double sum = two_layer_seconds(two_layer_design(config)) + kKernelChecksSeconds;
  for (const auto& designs :
       {path_designs(config), random_path_designs(config), panel_designs(config)}) {
    for (const DescentDesign& design : designs) sum += descent_seconds(design);
  }
  const DeepDesigns deep = deep_designs(config);
  for (const auto* designs : {&deep.linear_out, &deep.tanh_out, &deep.narrow, &deep.bottlenecks}) {
    for (const DeepDesign& design : *designs) sum += deep_seconds(design);
  }
  for (const LimitDesign& design : limit_designs(config)) sum += limit_seconds(design);
  for (const std::uint64_t m : config.loss_widths) {
    sum += loss_hessian_seconds(m, config.loss_seeds);
  }
  return sum;
}

Linearity::Result Linearity::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.checks = run_kernel_checks(run);
  result.two_layer = run_two_layer(two_layer_design(config), run);
  for (const DescentDesign& design : path_designs(config)) {
    result.paths.push_back(run_descent("descent", design, run));
  }
  for (const DescentDesign& design : random_path_designs(config)) {
    result.random_paths.push_back(run_descent("descent", design, run));
  }
  const auto deep = [&run](const std::vector<DeepDesign>& designs, const char* part) {
    std::vector<DeepPoint> points;
    points.reserve(designs.size());
    for (const DeepDesign& design : designs) points.push_back(run_deep(part, design, run));
    return points;
  };
  const DeepDesigns designs = deep_designs(config);
  result.linear_out = deep(designs.linear_out, "deep");
  result.tanh_out = deep(designs.tanh_out, "deep");
  result.narrow = deep(designs.narrow, "narrow");
  result.bottlenecks = deep(designs.bottlenecks, "bottleneck");
  for (const LimitDesign& design : limit_designs(config)) {
    result.limits.push_back(run_limit(design, run));
  }
  for (const std::uint64_t m : config.loss_widths) {
    result.losses.push_back(run_loss_hessian(m, config.loss_seeds, run));
  }
  for (const DescentDesign& design : panel_designs(config)) {
    result.panel.push_back(run_descent("bottleneck", design, run));
  }
  return result;
}

}  // namespace surplus::apps
