/// Convolutions of images of which only the active weights are kept.
#ifndef SURPLUS_AUTODIFF_OPS_SPARSE_CONV2D_H_
#define SURPLUS_AUTODIFF_OPS_SPARSE_CONV2D_H_

#include <cstddef>
#include <type_traits>

#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/autodiff/ops/sparse_linear.h"
#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// What a convolution sees for each of its results, as tiles (sparse_linear.h): pixels of the
/// result are the examples, numbers in a window, (line, column, channel), the features. The matrix
/// that is known as im2col, transposed tile by tile.
///
/// x        n height width x channels, as for conv2d()
/// width    of the tiles, a multiple of kTileUnit; 0 for tile_width() of the pixels
/// y        tiles window window channels x width
/// Throws   as conv2d(); ArgumentError if the width is neither
template <typename T>
Var<T> window_tiles(const Var<T>& x, const ImageWindows& windows, std::size_t width = 0);

/// f(conv2d(x, W) + bias), W having `values` at the places of a pattern and zeros elsewhere.
///
/// x        n height width x channels in, n at least 1
/// values   1 x places
/// pattern  channels out x window window channels in; must live, and must not change, until the
///          tape is cleared
/// bias     1 x channels out, or none
/// y        n out_height() out_width() x channels out
/// Throws   as conv2d(), sparse_linear() and from_tiles()
/// Cost     2 flops for each place and pixel, and a copy of the windows, which are window^2 / stride^2
///          times as large as x: it takes longer than the products of few channels, so that a layer
///          with one channel is faster dense at any density
template <typename T>
Var<T> sparse_conv2d(const Var<T>& x, const Var<T>& values, const SparsePattern& pattern,
                     const ImageWindows& windows, const std::type_identity_t<Var<T>>& bias = {},
                     Activation f = Activation::kIdentity);
template <typename T>
Var<T> sparse_conv2d(const Var<T>&, const Var<T>&, SparsePattern&&, const ImageWindows&,
                     const std::type_identity_t<Var<T>>& = {},
                     Activation = Activation::kIdentity) = delete;

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_SPARSE_CONV2D_H_
