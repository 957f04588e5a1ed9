/// Layers of which only the active weights are kept.
///
///   Var<T> y = to_tiles(tape.leaf(batch));
///   for (layer : layers) y = sparse_linear(y, weights[layer], patterns[layer], biases[layer], f);
///   const Var<T> scores = from_tiles(y, n);
///
/// Between them examples stand in tiles (linalg/sparse_matmul.h), so that sparse layers, and what is
/// elementwise between them, need no transposition. Sums over rows or columns of a tiled value are
/// not those of its examples, and where the last tile is not full its last columns are of no
/// example: their derivatives are 0 behind from_tiles().
#ifndef SURPLUS_AUTODIFF_OPS_SPARSE_LINEAR_H_
#define SURPLUS_AUTODIFF_OPS_SPARSE_LINEAR_H_

#include <cstddef>
#include <type_traits>

#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/tape.h"
#include "surplus/linalg/sparse_pattern.h"

namespace surplus::ad {

/// Rows as tiles.
///
/// x        n x d
/// width    of the tiles, a multiple of kTileUnit; 0 for tile_width(n)
/// y        tiles d x width
/// Throws   ArgumentError if the width is neither
template <typename T>
Var<T> to_tiles(const Var<T>& x, std::size_t width = 0);

/// Tiles of n examples as rows.
///
/// x        tiles d x width
/// y        n x d
/// Throws   ArgumentError if n is 0 or the width no multiple of kTileUnit; ShapeError if x does not
///          have equally many rows for each of the tiles that n examples fill
template <typename T>
Var<T> from_tiles(const Var<T>& x, std::size_t n);

/// y = f(W x + bias) for each example, W having `values` at the places of a pattern: linear() of
/// zeros elsewhere.
///
/// x        tiles d x width
/// values   1 x places
/// pattern  h x d; must live, and must not change, until the tape is cleared
/// bias     1 x h, or none
/// y        tiles h x width
/// Throws   ShapeError if the shapes do not fit; ArgumentError if h or d is 0 or the width no
///          multiple of kTileUnit
/// Cost     2 flops for each place and example; the gradient twice that if x and values want
///          theirs. The values are copied column by column if x does; no other place is touched
/// Promises explicit zeros in a pattern change no bit of y and of the other derivatives, for finite
/// x
template <typename T>
Var<T> sparse_linear(const Var<T>& x, const Var<T>& values, const SparsePattern& pattern,
                     const std::type_identity_t<Var<T>>& bias = {},
                     Activation f = Activation::kIdentity);
template <typename T>
Var<T> sparse_linear(const Var<T>&, const Var<T>&, SparsePattern&&,
                     const std::type_identity_t<Var<T>>& = {},
                     Activation = Activation::kIdentity) = delete;

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_SPARSE_LINEAR_H_
