#include "surplus/sequence/early_stopping.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "kernels/sequence.h"
#include "kernels/vector_math.h"
#include "surplus/core/errors.h"
#include "surplus/sequence/checks.h"

namespace surplus {
namespace {

// Coordinates that share a step: four vectors of AVX2, and few, since the fastest sets the pace.
constexpr std::size_t kBlock = 16;

void require_grid(std::string_view function, const TimeGrid& grid) {
  SURPLUS_REQUIRE(grid.first > 0 && grid.first <= 1e30, ArgumentError, function,
                  "the first time must be above 0 and at most 1e30", "first", grid.first);
  SURPLUS_REQUIRE(grid.count >= 1 && grid.per_octave >= 1, ArgumentError, function,
                  "there must be a time and a time per octave", "count", grid.count, "per_octave",
                  grid.per_octave);
  SURPLUS_REQUIRE((grid.count - 1) / grid.per_octave < kernels::kMostDoublings, ArgumentError,
                  function, "the times must reach over at most 64 octaves", "count", grid.count,
                  "per_octave", grid.per_octave);
}

void check(const SequenceModel& model, std::span<const double> z, const FlowErrorsConfig& config) {
  constexpr std::string_view kName = "flow_errors";
  detail::require_length(kName, "signal", model.signal.size(), model.eigenvalues.size());
  detail::require_length(kName, "z", z.size(), model.eigenvalues.size());
  detail::require_eigenvalues(kName, model.eigenvalues);
  detail::require_observations(kName, z);
  detail::require_observations(kName, model.signal);
  detail::require_layers(kName, config.depth, config.b0);
  require_grid(kName, config.times);
  SURPLUS_REQUIRE(config.step > 0 && config.step <= 1, ArgumentError, kName,
                  "step must be above 0 and at most 1", "step", config.step);
}

// Of times that are an octave apart, one exponential serves all.
std::vector<double> closed_form(const SequenceModel& model, std::span<const double> z,
                                const TimeGrid& grid) {
  const std::vector<double> times = times_of(grid);
  std::vector<double> errors(grid.count);
  for (std::size_t r = 0; r < std::min(grid.per_octave, grid.count); ++r) {
    std::array<double, kernels::kMostDoublings> octaves;
    const std::size_t count = (grid.count - 1 - r) / grid.per_octave + 1;
    kernels::two_layer_errors(z.size(), model.eigenvalues.data(), z.data(), model.signal.data(),
                              times[r], count, octaves.data());
    for (std::size_t i = 0; i < count; ++i) errors[r + i * grid.per_octave] = octaves[i];
  }
  return errors;
}

// No less than the rate a^2 b^2D + D a^2 b^(2D-2) beta^2 + b^2D beta^2 with which theta approaches z
// in the end, when it is greatest. beta ends below each of the two bounds that follow from
// |z| = a b^D |beta| with a >= sqrt(lambda), b >= b0 and with a >= |beta|, b >= sqrt(D) |beta|.
double final_rate(double eigenvalue, double z, std::size_t depth, double b0) {
  const auto d = static_cast<double>(depth);
  const double size = std::abs(z);
  double beta = size / (std::sqrt(eigenvalue) * std::pow(b0, d));
  beta = std::min(beta, std::pow(size * std::pow(std::max(d, 1.0), -d / 2), 1 / (d + 2)));
  const double a2 = eigenvalue + beta * beta;
  const double b2 = b0 * b0 + d * beta * beta;
  return std::pow(b2, d) * (a2 + beta * beta + (depth > 0 ? d * a2 / b2 * beta * beta : 0));
}

// Some coordinates of a model while they are trained.
struct Block {
  std::size_t n = 0;
  std::array<double, kBlock> a{}, b{}, beta{};

  double theta(std::size_t j, std::size_t depth) const {
    double product = a[j] * beta[j];
    for (std::size_t i = 0; i < depth; ++i) product *= b[j];
    return product;
  }
};

// Adds the errors of the coordinates from `first` on.
void add_block(const SequenceModel& model, std::span<const double> z, std::size_t first,
               const FlowErrorsConfig& config, std::span<const double> times,
               std::vector<double>& errors) {
  Block block;
  block.n = std::min(kBlock, z.size() - first);
  double rate = 0;
  const double b0 = config.depth == 0 ? 1 : config.b0;
  for (std::size_t j = 0; j < block.n; ++j) {
    block.a[j] = std::sqrt(model.eigenvalues[first + j]);
    block.b[j] = b0;
    rate = std::max(rate, final_rate(model.eigenvalues[first + j], z[first + j], config.depth, b0));
  }
  double now = 0;
  bool settled = false;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!settled) {
      const double length = times[i] - now;
      const double steps = std::max(1.0, std::ceil(length * rate / config.step));
      kernels::diagonal_runge_kutta(block.n, config.depth, z.data() + first, length / steps,
                                    static_cast<std::size_t>(steps), block.a.data(), block.b.data(),
                                    block.beta.data());
      now = times[i];
    }
    bool at_rest = true;
    for (std::size_t j = 0; j < block.n; ++j) {
      const double theta = block.theta(j, config.depth);
      const double target = model.signal[first + j];
      errors[i] += (theta - target) * (theta - target);
      at_rest = at_rest && std::abs(theta - z[first + j]) <=
                               16 * std::numeric_limits<double>::epsilon() * std::abs(z[first + j]);
    }
    settled = at_rest;
  }
}

}  // namespace

std::vector<double> times_of(const TimeGrid& grid) {
  require_grid("times_of", grid);
  std::vector<double> times(grid.count);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto rest = static_cast<double>(i % grid.per_octave);
    times[i] = std::ldexp(grid.first * std::exp2(rest / static_cast<double>(grid.per_octave)),
                          static_cast<int>(i / grid.per_octave));
  }
  return times;
}

std::vector<double> flow_errors(const SequenceModel& model, std::span<const double> z,
                                const FlowErrorsConfig& config) {
  check(model, z, config);
  if (config.depth == 0 && config.closed_form) return closed_form(model, z, config.times);
  const std::vector<double> times = times_of(config.times);
  std::vector<double> errors(times.size());
  for (std::size_t first = 0; first < z.size(); first += kBlock) {
    add_block(model, z, first, config, times, errors);
  }
  return errors;
}

std::vector<double> FixedRisk::at(double noise) const {
  std::vector<double> risk(bias.size());
  for (std::size_t i = 0; i < risk.size(); ++i) risk[i] = bias[i] + noise * noise * variance[i];
  return risk;
}

FixedRisk fixed_risk(const SequenceModel& model, const TimeGrid& grid) {
  constexpr std::string_view kName = "fixed_risk";
  detail::require_length(kName, "signal", model.signal.size(), model.eigenvalues.size());
  detail::require_eigenvalues(kName, model.eigenvalues);
  require_grid(kName, grid);
  const std::vector<double> times = times_of(grid);
  FixedRisk risk{std::vector<double>(times.size()), std::vector<double>(times.size())};
  std::vector<double> kept(model.signal.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (std::size_t j = 0; j < kept.size(); ++j) kept[j] = -model.eigenvalues[j] * times[i];
    kernels::vector_exp(kept.size(), kept.data(), kept.data());
    for (std::size_t j = 0; j < kept.size(); ++j) {
      risk.bias[i] += kept[j] * kept[j] * model.signal[j] * model.signal[j];
      risk.variance[i] += (1 - kept[j]) * (1 - kept[j]);
    }
  }
  return risk;
}

StopTime oracle_stop(const TimeGrid& grid, std::span<const double> errors) {
  constexpr std::string_view kName = "oracle_stop";
  const std::vector<double> times = times_of(grid);
  SURPLUS_REQUIRE(errors.size() == times.size(), ShapeError, kName,
                  "there must be one error for each time", "errors", errors.size(), "times",
                  times.size());
  for (std::size_t i = 0; i < errors.size(); ++i) {
    SURPLUS_REQUIRE(std::isfinite(errors[i]), ArgumentError, kName, "errors must be finite", "time",
                    times[i], "error", errors[i]);
  }
  const auto at =
      static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
  StopTime stop{times[at], errors[at], at > 0 && at + 1 < errors.size()};
  if (!stop.interior) return stop;
  const double before = errors[at - 1] - errors[at];
  const double after = errors[at + 1] - errors[at];
  if (before + after > 0) {
    const double shift = (before - after) / (2 * (before + after));  // within half a step
    stop.time *= std::exp2(shift / static_cast<double>(grid.per_octave));
    stop.error -= (before - after) * shift / 4;
  }
  return stop;
}

double theory_stop(std::size_t depth, double noise, double constant) {
  SURPLUS_REQUIRE(noise > 0 && constant > 0, ArgumentError, "theory_stop",
                  "noise and constant must be positive", "noise", noise, "constant", constant);
  const auto d = static_cast<double>(depth);
  return constant * std::pow(noise, -(2 * d + 2) / (d + 2));
}

double theory_layer_start(std::size_t depth, double noise, double constant) {
  SURPLUS_REQUIRE(noise > 0 && constant > 0, ArgumentError, "theory_layer_start",
                  "noise and constant must be positive", "noise", noise, "constant", constant);
  return constant * std::pow(noise, 1 / (static_cast<double>(depth) + 2));
}

}  // namespace surplus
