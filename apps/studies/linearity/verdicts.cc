#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/linearity.h"

namespace surplus::apps {
namespace {

using namespace linearity;
using Result = Linearity::Result;
using Verdicts = std::vector<Verdict>;

std::optional<double> known(double error) {
  return std::isfinite(error) ? std::optional<double>(error) : std::nullopt;
}

void judge_slope(Verdicts& verdicts, std::string id, const std::string& what, const Slope& slope,
                 double low, double high, std::string note) {
  verdicts.push_back({std::move(id),
                      fmt::format("The slope of {} is from {:g} to {:g}", what, low, high),
                      {},
                      slope.value,
                      known(slope.error),
                      slope.value >= low && slope.value <= high,
                      std::move(note)});
}

void judge_bound(Verdicts& verdicts, std::string id, std::string claim, double measured,
                 double most, std::string note) {
  verdicts.push_back(
      {std::move(id), std::move(claim), {}, measured, {}, measured <= most, std::move(note)});
}

void judge_two_layer(const Result& result, Verdicts& verdicts) {
  double lanczos = 0, taylor = 0, quotient = 0, gradient = 0;
  for (const TwoLayerTrend& trend : result.two_layer) {
    lanczos = std::max(lanczos, trend.lanczos);
    taylor = std::max(taylor, trend.taylor);
    quotient = std::max(quotient, trend.quotient);
    gradient = std::max(gradient, std::abs(slope_of(trend.widths, trend.gradient).value));
  }
  const std::string widths = fmt::format("m = {:g} to {:g}", result.two_layer[0].widths.front(),
                                         result.two_layer[0].widths.back());
  judge_bound(verdicts, "A1",
              "Lanczos over exact Hessian products gives the closed form of ||H_f|| to 1e-6",
              lanczos, 1e-6, "Largest relative difference of all variants, one start per width");
  struct Window {
    const char* id;
    std::size_t variant;
    bool corrected;
    double low, high;
  };
  constexpr Window kWindows[] = {{"A2a", 3, false, -0.52, -0.48}, {"A2b", 4, false, -0.52, -0.48},
                                 {"A2c", 5, false, -0.52, -0.48}, {"A2d", 0, false, -0.45, -0.37},
                                 {"A2e", 0, true, -0.55, -0.45},  {"A2f", 1, true, -0.55, -0.45},
                                 {"A2g", 2, true, -0.55, -0.45}};
  for (const Window& window : kWindows) {
    const TwoLayerTrend& trend = result.two_layer[window.variant];
    judge_slope(verdicts, window.id,
                fmt::format("{} ({})", window.corrected ? "||H_f|| / sqrt(log m)" : "||H_f||",
                            trend.variant.name),
                slope_of(trend.widths, window.corrected ? trend.corrected : trend.norm), window.low,
                window.high,
                window.variant < 3 && !window.corrected
                    ? widths + "; the largest of m normal v grows as sqrt(log m)"
                    : widths);
  }
  judge_bound(verdicts, "A5a", "The remainder is within sup ||H_f|| / 2 of a step of length 1",
              taylor, 1,
              "Largest ratio of all variants, widths and three directions, the supremum over nine "
              "points of the way");
  judge_bound(verdicts, "A5b", "R(s d) / s^2 tends to d' H d / 2", quotient, 1e-2,
              "Largest difference at s = 1e-3, over ||H_f|| / 2");
  judge_bound(verdicts, "A6", "The gradient keeps its length: |slope| of ||grad f|| is below .02",
              gradient, 0.02, "Largest of all variants, " + widths);
}

// The points from the width `first` on.
Slope deep_slope(const std::vector<DeepPoint>& points, std::size_t layer, std::size_t first) {
  std::vector<double> x;
  std::vector<Mean> y;
  for (const DeepPoint& point : points) {
    if (point.design.hidden[layer] < first) continue;
    x.push_back(static_cast<double>(point.design.hidden[layer]));
    y.push_back(point.norm);
  }
  return slope_of(x, y);
}

// Below this many seeds, slopes of deep networks are noise and their signs alone are looked at.
constexpr std::uint64_t kFewSeeds = 6;

void judge_signs(const Result& result, const std::string& seeds, Verdicts& verdicts) {
  const auto falls = [&](std::string id, const std::string& what, const Slope& slope) {
    verdicts.push_back({std::move(id),
                        what + " falls with it",
                        {},
                        slope.value,
                        known(slope.error),
                        slope.value < 0,
                        "Slope; " + seeds + ", too few for a window"});
  };
  falls("A3a", "With the width of three hidden layers, linear output, ||H_f||",
        deep_slope(result.linear_out, 0, 64));
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < result.tanh_out.size(); ++i) {
    least = std::min(least, result.tanh_out[i].norm.value / result.linear_out[i].norm.value);
  }
  verdicts.push_back({"A3b",
                      "A tanh output has the larger ||H_f|| at every width",
                      {},
                      least,
                      {},
                      least > 1,
                      "Least ratio to the linear output; " + seeds});
  if (result.bottlenecks.size() >= 2) {
    falls("A3d", "With the width of the middle layer ||H_f||",
          deep_slope(result.bottlenecks, 1, 4));
  }
}

void judge_deep(const Linearity::Config& config, const Result& result, Verdicts& verdicts) {
  const std::string seeds = fmt::format("{} seeds", config.deep_seeds);
  if (config.deep_seeds < kFewSeeds) return judge_signs(result, seeds, verdicts);
  judge_slope(verdicts, "A3a", "||H_f|| of three hidden layers, linear output",
              deep_slope(result.linear_out, 0, 64), -0.58, -0.42, "Widths from 64 on, " + seeds);
  judge_slope(verdicts, "A3b", "||H_f|| of three hidden layers, tanh output",
              deep_slope(result.tanh_out, 0, 64), -0.15, 0.15, "Widths from 64 on, " + seeds);
  if (result.narrow.size() >= 2) {
    judge_slope(verdicts, "A3c",
                fmt::format("||H_f|| with a middle layer of width {}", config.narrow),
                deep_slope(result.narrow, 0, 0), -0.1, 0.1, "Against the others' width, " + seeds);
  }
  if (result.bottlenecks.size() >= 2) {
    judge_slope(
        verdicts, "A3d", fmt::format("||H_f|| against the middle width, others {}", config.wide),
        deep_slope(result.bottlenecks, 1, 4), -0.6, -0.35, "Middle widths from 4 on, " + seeds);
  }
}

std::vector<DescentPoint> of_output(const Result& result, Output output) {
  std::vector<DescentPoint> points;
  std::copy_if(result.paths.begin(), result.paths.end(), std::back_inserter(points),
               [&](const DescentPoint& point) { return point.design.output == output; });
  return points;
}

Slope change_slope(const std::vector<DescentPoint>& points) {
  std::vector<double> x;
  std::vector<Mean> y;
  for (const DescentPoint& point : points) {
    x.push_back(static_cast<double>(point.design.network.hidden[0]));
    y.push_back(point.change);
  }
  return slope_of(x, y);
}

void judge_paths(const Linearity::Config& config, const Result& result, Verdicts& verdicts) {
  const std::string seeds = fmt::format("{} seeds, {} steps", config.path_seeds, config.steps);
  const std::vector<DescentPoint> linear = of_output(result, Output::kLinear);
  const std::vector<DescentPoint> tanh = of_output(result, Output::kTanh);
  const Slope random = change_slope(result.random_paths);
  judge_slope(verdicts, "A4a", "the kernel's change by descent, linear output",
              change_slope(linear), -1.1, -0.7,
              fmt::format("{}; labels .8 sign(x_1), which were chosen because descent then changes "
                          "what the specification prints; with random signs the slope is {:.2f} +- "
                          "{:.2f} and the change at m = {} {:.3g}",
                          seeds, random.value, random.error,
                          result.random_paths.back().design.network.hidden[0],
                          result.random_paths.back().change.value));
  for (const DescentPoint& point : linear) {
    if (point.design.network.hidden[0] != 1024) continue;
    verdicts.push_back({"A4b",
                        "At m = 1024 descent changes the kernel by less than .02, linear output",
                        {},
                        point.change.value,
                        known(point.change.error),
                        point.change.value < 0.02,
                        seeds});
  }
  const auto least = std::min_element(tanh.begin(), tanh.end(), [](const auto& a, const auto& b) {
    return a.change.value < b.change.value;
  });
  verdicts.push_back({"A4c",
                      "With a tanh output the kernel changes by more than .5 at every width",
                      {},
                      least->change.value,
                      known(least->change.error),
                      least->change.value > 0.5,
                      "The least of all widths, " + seeds});
  judge_slope(verdicts, "A4d", "the kernel's change by descent, tanh output", change_slope(tanh),
              -0.1, 0.1, seeds);
  double pl = std::numeric_limits<double>::infinity();
  for (const DescentPoint& point : result.paths) pl = std::min(pl, point.pl);
  verdicts.push_back({"P",
                      "||grad L||^2 is at least 2 lambda_min(K) L on the way",
                      {},
                      pl,
                      {},
                      pl >= 1 - 1e-9,
                      "Least ratio of all descents with one output, where the kernel was computed; "
                      "an identity, so a check of the library"});
}

void judge_kernels(const Result& result, Verdicts& verdicts) {
  judge_bound(verdicts, "A7", "Jacobians, products and layers give one kernel to 1e-10",
              std::max(result.checks.products, result.checks.layers), 1e-10,
              fmt::format("Relative difference of Jacobians and products {:.1e}, of Jacobians and "
                          "layers {:.1e}; of linearised descent and its closed form {:.1e}",
                          result.checks.products, result.checks.layers, result.checks.descent));
  std::vector<double> x;
  std::vector<Mean> y;
  for (std::size_t i = 0; i < result.limits.size(); ++i) {
    const LimitDesign& design = result.limits[i].design;
    x.push_back(static_cast<double>(design.width));
    y.push_back(result.limits[i].distance);
    const bool last = i + 1 == result.limits.size() ||
                      result.limits[i + 1].design.hidden != design.hidden ||
                      result.limits[i + 1].design.activation != design.activation;
    if (!last) continue;
    const bool relu = design.activation == ad::Activation::kRelu;
    judge_slope(verdicts, fmt::format("L{}{}", relu ? "r" : "e", design.hidden),
                fmt::format("the distance from the kernel of infinite width ({}, {} hidden)",
                            relu ? "ReLU" : "erf", design.hidden),
                slope_of(x, y), -0.65, -0.35,
                fmt::format("{} seeds; -1/2 by the central limit theorem", design.seeds));
    x.clear();
    y.clear();
  }
  if (result.losses.size() >= 2) {
    std::vector<double> widths;
    std::vector<Mean> top;
    for (const LossHessian& loss : result.losses) {
      widths.push_back(loss.width);
      top.push_back(loss.top);
    }
    judge_slope(verdicts, "G", "the top eigenvalue of the loss' Hessian", slope_of(widths, top),
                -0.1, 0.1, "It is that of J'J, which does not vanish");
  }
}

}  // namespace

std::vector<Verdict> Linearity::verdicts(const Config& config, const Result& result) {
  Verdicts verdicts;
  judge_two_layer(result, verdicts);
  judge_deep(config, result, verdicts);
  judge_paths(config, result, verdicts);
  judge_kernels(result, verdicts);
  return verdicts;
}

}  // namespace surplus::apps
