#include "surplus/sparse/exploration.h"

#include "surplus/core/errors.h"

namespace surplus {
namespace {

// Whether it was not set.
bool set_bit(std::vector<std::uint64_t>& bits, std::uint32_t i) {
  const std::uint64_t bit = std::uint64_t{1} << (i % 64);
  const bool fresh = (bits[i / 64] & bit) == 0;
  bits[i / 64] |= bit;
  return fresh;
}

void rely(LayerExploration& layer, std::span<const std::uint32_t> positions, std::size_t step,
          std::size_t patience) {
  if (layer.reliable.empty()) return;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (step - layer.since[i] < patience) continue;
    if (set_bit(layer.reliable, positions[i])) ++layer.reliable_count;
  }
}

double share(std::size_t count, std::size_t size) {
  return size == 0 ? 0 : static_cast<double>(count) / static_cast<double>(size);
}

}  // namespace

double LayerExploration::rate() const { return share(fired_count, size); }
double LayerExploration::reliable_rate() const { return share(reliable_count, size); }

LayerExploration start_exploration(std::size_t size, std::span<const std::uint32_t> positions,
                                   bool reliable) {
  const std::size_t words = (size + 63) / 64;
  LayerExploration layer{.size = size,
                         .fired = std::vector<std::uint64_t>(words),
                         .reliable = std::vector<std::uint64_t>(reliable ? words : 0),
                         .since = std::vector<std::uint32_t>(positions.size())};
  for (const std::uint32_t position : positions) {
    if (set_bit(layer.fired, position)) ++layer.fired_count;
  }
  return layer;
}

void explore(LayerExploration& layer, std::span<const std::uint32_t> positions,
             const TopologyChange& change, std::size_t step, std::size_t previous,
             std::size_t patience) {
  rely(layer, positions, step, patience);
  if (previous > 0) {  // what was there at the start was not grown
    std::size_t tested = 0, lost = 0;
    for (const std::uint32_t since : layer.since) tested += since == previous;
    for (const std::uint32_t number : change.dropped) lost += layer.since[number] == previous;
    layer.tested += tested;
    layer.survived += tested - lost;
  }
  std::vector<std::uint32_t> since(change.from.size());
  for (std::size_t i = 0; i < since.size(); ++i) {
    const std::uint32_t from = change.from[i];
    since[i] =
        from == TopologyChange::kGrown ? static_cast<std::uint32_t>(step) : layer.since[from];
  }
  layer.since = std::move(since);
  for (const std::uint32_t position : change.grown) {
    if (set_bit(layer.fired, position)) ++layer.fired_count;
  }
}

void finish_exploration(LayerExploration& layer, std::span<const std::uint32_t> positions,
                        std::size_t step, std::size_t patience) {
  rely(layer, positions, step, patience);
}

double expected_exploration(std::size_t size, std::size_t active,
                            std::span<const std::size_t> grown, bool grow_dropped) {
  SURPLUS_REQUIRE(active <= size, ArgumentError, "expected_exploration",
                  "active must be at most size", "active", active, "size", size);
  if (size == 0) return 0;
  auto unseen = static_cast<double>(size - active);
  for (std::size_t j = 0; j < grown.size(); ++j) {
    SURPLUS_REQUIRE(grown[j] <= active, ArgumentError, "expected_exploration",
                    "an update must grow at most as many as are active", "update", j, "grown",
                    grown[j], "active", active);
    const std::size_t pool = size - active + (grow_dropped ? grown[j] : 0);
    if (pool > 0) unseen *= 1 - static_cast<double>(grown[j]) / static_cast<double>(pool);
  }
  return 1 - unseen / static_cast<double>(size);
}

double TrainingFlops::rigl(std::size_t interval) const {
  const auto steps = static_cast<double>(interval);
  return (3 * density_flops * steps + 2 * density_flops + 1) / (steps + 1);
}

}  // namespace surplus
