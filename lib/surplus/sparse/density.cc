#include "surplus/sparse/density.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "surplus/core/errors.h"
#include "surplus/sparse/selection.h"

namespace surplus {
namespace {

void require_layers(const char* function, std::span<const LayerShape> layers) {
  SURPLUS_REQUIRE(!layers.empty(), ArgumentError, function, "there must be a layer", "layers",
                  layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    SURPLUS_REQUIRE(layers[l].size() >= 1, ArgumentError, function, "layers must not be empty",
                    "layer", l, "outputs", layers[l].outputs, "columns", layers[l].columns());
  }
}

double size_of(const LayerShape& layer) { return static_cast<double>(layer.size()); }

double total_of(std::span<const LayerShape> layers) {
  double total = 0;
  for (const LayerShape& layer : layers) total += size_of(layer);
  return total;
}

// What a layer's density is in proportion to.
double edge_share(const LayerShape& layer, bool kernel, double exponent) {
  const auto outputs = static_cast<double>(layer.outputs),
             inputs = static_cast<double>(layer.inputs),
             height = static_cast<double>(layer.kernel_height),
             width = static_cast<double>(layer.kernel_width);
  const double q = kernel
                       ? (outputs + inputs + height + width) / (outputs * inputs * height * width)
                       : (outputs + inputs) / (outputs * inputs);
  return std::pow(q, exponent);
}

std::vector<double> erdos_renyi(std::span<const LayerShape> layers, double density, bool kernel,
                                double exponent) {
  std::vector<double> q;
  for (const LayerShape& layer : layers) {
    const bool has_kernel = kernel && layer.kernel_height * layer.kernel_width > 1;
    q.push_back(edge_share(layer, has_kernel, exponent));
  }
  std::vector<bool> dense(layers.size(), false);
  while (true) {
    double budget = 0, shares = 0, largest = 0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const double size = size_of(layers[l]);
      budget += dense[l] ? -(1 - density) * size : density * size;
      if (dense[l]) continue;
      shares += q[l] * size;
      largest = std::max(largest, q[l]);
    }
    const double epsilon = shares > 0 ? budget / shares : 0;
    if (epsilon * largest <= 1) {
      std::vector<double> densities;
      for (std::size_t l = 0; l < layers.size(); ++l) {
        densities.push_back(dense[l] ? 1 : epsilon * q[l]);
      }
      return densities;
    }
    for (std::size_t l = 0; l < layers.size(); ++l) dense[l] = dense[l] || q[l] == largest;
  }
}

std::vector<double> uniform_plus(std::span<const LayerShape> layers, double density) {
  constexpr double kLast = 0.2;
  std::vector<double> densities(layers.size(), density);
  const double total = total_of(layers);
  double kept = 0, free = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool first = l == 0, last = l + 1 == layers.size() && l > 0 && density < kLast;
    if (first || last) {
      densities[l] = first ? 1 : kLast;
      kept += densities[l] * size_of(layers[l]);
    } else {
      free += size_of(layers[l]);
    }
  }
  const double rest = density * total - kept;
  SURPLUS_REQUIRE(rest >= 0 && (free > 0 || rest <= 0), ArgumentError, "layer_densities",
                  "uniform-plus must leave weights for the layers between", "density", density,
                  "kept", kept, "weights", density * total);
  for (std::size_t l = 1; l < layers.size(); ++l) {
    if (l + 1 < layers.size() || density >= kLast) densities[l] = rest / free;
  }
  return densities;
}

// Numbers below 2^32 - 1 that were seen, in a table with open addressing.
class Seen {
 public:
  explicit Seen(std::size_t count) : slots_(std::bit_ceil(2 * count + 2), kFree) {}
  // Whether it is new.
  bool insert(std::uint32_t value) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = value * std::size_t{0x9E3779B1u} & mask;; at = (at + 1) & mask) {
      if (slots_[at] == value) return false;
      if (slots_[at] != kFree) continue;
      slots_[at] = value;
      return true;
    }
  }

 private:
  static constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> slots_;
};

}  // namespace

std::string_view to_text(DensityRule rule) {
  switch (rule) {
    case DensityRule::kUniform:
      return "uniform";
    case DensityRule::kUniformFirstDense:
      return "uniform-first-dense";
    case DensityRule::kUniformPlus:
      return "uniform-plus";
    case DensityRule::kErdosRenyi:
      return "er";
    case DensityRule::kErdosRenyiKernel:
      break;
  }
  return "erk";
}

std::vector<double> layer_densities(DensityRule rule, std::span<const LayerShape> layers,
                                    double density, double exponent) {
  require_layers("layer_densities", layers);
  SURPLUS_REQUIRE(density > 0 && density <= 1, ArgumentError, "layer_densities",
                  "density must be above 0 and at most 1", "density", density);
  SURPLUS_REQUIRE(std::isfinite(exponent), ArgumentError, "layer_densities",
                  "exponent must be finite", "exponent", exponent);
  switch (rule) {
    case DensityRule::kUniform:
      return std::vector<double>(layers.size(), density);
    case DensityRule::kUniformFirstDense: {
      std::vector<double> densities(layers.size(), density);
      densities.front() = 1;
      return densities;
    }
    case DensityRule::kUniformPlus:
      return uniform_plus(layers, density);
    case DensityRule::kErdosRenyi:
      return erdos_renyi(layers, density, false, exponent);
    case DensityRule::kErdosRenyiKernel:
      break;
  }
  return erdos_renyi(layers, density, true, exponent);
}

std::vector<double> set_densities(std::span<const LayerShape> layers, double epsilon) {
  require_layers("set_densities", layers);
  SURPLUS_REQUIRE(epsilon > 0, ArgumentError, "set_densities", "epsilon must be above 0", "epsilon",
                  epsilon);
  std::vector<double> densities;
  for (const LayerShape& layer : layers) {
    densities.push_back(std::min(1.0, epsilon * edge_share(layer, false, 1)));
  }
  return densities;
}

std::vector<std::size_t> layer_counts(std::span<const LayerShape> layers,
                                      std::span<const double> densities) {
  SURPLUS_REQUIRE(layers.size() == densities.size(), ShapeError, "layer_counts",
                  "there must be a density for each layer", "layers", layers.size(), "densities",
                  densities.size());
  std::vector<std::size_t> counts;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    SURPLUS_REQUIRE(densities[l] >= 0 && densities[l] <= 1, ArgumentError, "layer_counts",
                    "densities must be from 0 to 1", "layer", l, "density", densities[l]);
    counts.push_back(static_cast<std::size_t>(std::round(densities[l] * size_of(layers[l]))));
  }
  return counts;
}

Positions random_positions(std::size_t size, std::size_t count, Rng& rng) {
  SURPLUS_REQUIRE(count <= size && size <= std::numeric_limits<std::uint32_t>::max(), ArgumentError,
                  "random_positions", "count must be at most size, and size below 2^32", "count",
                  count, "size", size);
  // Drawing again what was drawn already: below two tries each where at most half is taken.
  if (count > size / 2) return complement(size, random_positions(size, size - count, rng));
  Seen seen(count);
  Positions positions;
  positions.reserve(count);
  while (positions.size() < count) {
    const auto position = static_cast<std::uint32_t>(rng.below(size));
    if (seen.insert(position)) positions.push_back(position);
  }
  sort_ascending(positions);
  return positions;
}

Positions bernoulli_positions(std::size_t size, double density, Rng& rng) {
  SURPLUS_REQUIRE(density >= 0 && density <= 1 && size <= std::numeric_limits<std::uint32_t>::max(),
                  ArgumentError, "bernoulli_positions",
                  "density must be from 0 to 1, and size below 2^32", "density", density, "size",
                  size);
  Positions positions;
  if (density == 0) return positions;
  // Gaps between successes are geometric.
  const double log_miss = std::log1p(-density);
  double next = -1;
  while (true) {
    const double gap = density == 1 ? 0 : std::floor(std::log1p(-rng.uniform()) / log_miss);
    next += 1 + gap;
    if (!(next < static_cast<double>(size))) return positions;
    positions.push_back(static_cast<std::uint32_t>(next));
  }
}

Positions positions_outside(std::span<const std::uint32_t> excluded, Positions ranks) {
  std::size_t below = 0;
  for (std::uint32_t& rank : ranks) {
    while (below < excluded.size() && excluded[below] <= rank + below) ++below;
    rank += static_cast<std::uint32_t>(below);
  }
  return ranks;
}

}  // namespace surplus
