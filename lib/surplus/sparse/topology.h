/// One update of a sparse layer's topology: the weights that matter least make room for others.
///
/// A layer is its matrix's shape and the positions of its active weights (density.h); nothing here
/// has the size of the matrix.
#ifndef SURPLUS_SPARSE_TOPOLOGY_H_
#define SURPLUS_SPARSE_TOPOLOGY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"
#include "surplus/sparse/density.h"

namespace surplus {

/// Which active weights go.
enum class DropRule {
  kMagnitude,  ///< the smallest by (|w|, position)
  kBySign,  ///< the same share of those at least 0 and of those below 0, each the nearest to 0: SET
};

/// Which come.
enum class Growth {
  kRandom,         ///< each set of places being as likely: SET
  kRandomUnfired,  ///< the same among places never active before, then among the others
  kGradient,       ///< the largest of |gradient|, the first of equals: RigL
  kMomentum,       ///< the largest of |momentum|: SNFS
};
/// "random", "random-unfired", "gradient", "momentum".
std::string_view to_text(Growth growth);

struct DropAndGrow {
  double fraction = 0.5;  ///< of the active weights that go, p from 0 to 1
  bool round_up =
      true;  ///< their number is ceil(p n) as in ITOP's code, or floor(p n) as in RigL's
  DropRule drop = DropRule::kMagnitude;
  Growth growth = Growth::kRandom;
  /// Places that this update empties may be filled by it again ("pool A", all published codes), ...
  bool grow_dropped = true;
  /// ... and then have the weight they had, and its momentum (ITOP), or start anew (SET).
  bool keep_regrown = true;
  /// Random growth fills exactly as many places as were emptied, or each of the free ones with the
  /// probability that makes it so in the mean, as ITOP's code does.
  bool exact = true;
};

/// What an update did. Active weights are numbered in the order of their positions.
struct TopologyChange {
  static constexpr std::uint32_t kGrown = std::numeric_limits<std::uint32_t>::max();

  Positions positions;                 ///< of the active weights from now on
  std::vector<std::uint32_t> from;     ///< of each of these, its number until now, or kGrown
  std::vector<std::uint32_t> dropped;  ///< numbers until now of those that went, ascending
  Positions grown;                     ///< the places that were filled, ascending
};

/// Calls what it is given with pieces of a matrix that tile it: matmul_in_pieces() of a product.
template <typename T>
using MatrixInPieces = std::function<void(const UsePiece<T>& use)>;

/// Drops k of the n active weights and fills k places, k being at most the number of places to fill.
///
/// shape      of the layer's matrix, at most 2^32 - 1 elements
/// positions  of its active weights, ascending
/// w          the n active weights, finite
/// rng        of this layer and update
/// scores     of kGradient and kMomentum: the gradient, or momentum, of all elements
/// fired      of kRandomUnfired: bit i % 64 of word i / 64 tells whether place i was active ever
/// Throws     ShapeError if sizes do not fit; ArgumentError at a fraction out of its domain, weights
///            that are not finite, positions that do not ascend below the size, or if scores are
///            missing; NumericalError if they are not finite
/// Cost       O(n); O(k) memory beyond the result for growth by scores, whose product is made
///            in pieces, O(elements) time; kRandomUnfired passes over the bits
/// Promises   the bits do not depend on the number of threads, nor on how the pieces are cut
/// Source     Mocanu et al. (2018), SET; Dettmers, Zettlemoyer (2019), SNFS; Evci et al. (2020), RigL;
///            Liu et al. (2021), ITOP
template <typename T>
TopologyChange drop_and_grow(const DropAndGrow& config, Shape shape,
                             std::type_identity_t<std::span<const std::uint32_t>> positions,
                             std::type_identity_t<std::span<const T>> w, Rng& rng,
                             const std::type_identity_t<MatrixInPieces<T>>& scores = {},
                             std::span<const std::uint64_t> fired = {});

/// Drops alone, to `count` weights: the largest by (|w|, position) stay. For pruning.
/// Throws     as drop_and_grow(), and ArgumentError if there are fewer
template <typename T>
TopologyChange keep_largest(std::type_identity_t<std::span<const std::uint32_t>> positions,
                            std::span<const T> w, std::size_t count);

/// What belonged to the active weights, for the active weights from now on: `grown` for new ones.
///
/// before   one per active weight until now
/// Returns  1 x active weights from now on
template <typename T>
Matrix<T> relaid(const TopologyChange& change, std::span<const T> before,
                 std::type_identity_t<T> grown = 0);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_TOPOLOGY_H_
