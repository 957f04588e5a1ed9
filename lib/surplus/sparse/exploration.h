/// How much of the parameter space a sparse training has visited: the in-time over-parameterization
/// rate R_s, the share of weights that were active at any time.
#ifndef SURPLUS_SPARSE_EXPLORATION_H_
#define SURPLUS_SPARSE_EXPLORATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "surplus/sparse/topology.h"

namespace surplus {

/// What is known of one layer, exactly. The bits are the only memory of a sparse training that has
/// the size of the dense one: an eighth of a byte for each element.
struct LayerExploration {
  std::size_t size = 0;                   ///< elements, N
  std::vector<std::uint64_t> fired = {};  ///< a bit for each element: active ever
  std::vector<std::uint64_t> reliable =
      {};  ///< ... for at least m steps in a row; empty if not asked
  std::vector<std::uint32_t> since =
      {};  ///< of each active weight, the step that it is active since
  std::size_t fired_count = 0, reliable_count = 0;
  /// The weights that an update grew and the next one could drop, and how many it did not.
  std::size_t tested = 0, survived = 0;

  double rate() const;           ///< R_s
  double reliable_rate() const;  ///< R_s^(m)
  friend bool operator==(const LayerExploration&, const LayerExploration&) = default;
};

/// positions  of the active weights, ascending below `size`
/// reliable   whether reliable exploration is looked at too
LayerExploration start_exploration(std::size_t size, std::span<const std::uint32_t> positions,
                                   bool reliable);

/// An update at `step`, steps being counted from 0 at the start.
///
/// positions  until the update
/// previous   the step of the update before; weights since then are those it grew
/// patience   m: the steps after which exploration counts as reliable
/// Cost       O(active)
void explore(LayerExploration& layer, std::span<const std::uint32_t> positions,
             const TopologyChange& change, std::size_t step, std::size_t previous,
             std::size_t patience);

/// At the end of the training, for R_s^(m): no weight goes or comes any more.
void finish_exploration(LayerExploration& layer, std::span<const std::uint32_t> positions,
                        std::size_t step, std::size_t patience);

/// The expectation of R_s after updates with random growth that fill `grown[j]` places each.
///
/// u_0 = N - n, u_j+1 = u_j (1 - k_j / pool), R_s = 1 - u / N, the pool being N - n + k_j if places
/// just emptied may be filled again, else N - n.
///
/// Throws   ArgumentError unless active <= size, and each k_j is at most active
/// Source   counting: a place never active is filled by update j with probability k_j / pool
double expected_exploration(std::size_t size, std::size_t active,
                            std::span<const std::size_t> grown, bool grow_dropped = true);

/// The floating-point operations of training, per sample, over those of a forward pass through the
/// dense network, f_S being what one through the sparse network takes of that.
struct TrainingFlops {
  double density_flops = 1;  ///< f_S, at most 1
  /// static, SET: 3 f_S
  double fixed() const { return 3 * density_flops; }
  /// RigL, of which every `interval` + 1-th step needs the dense gradient:
  /// (3 f_S interval + 2 f_S + 1) / (interval + 1)
  double rigl(std::size_t interval) const;
  /// SNFS, which needs it in each step: 2 f_S + 1
  double snfs() const { return 2 * density_flops + 1; }
};

}  // namespace surplus

#endif  // SURPLUS_SPARSE_EXPLORATION_H_
