/// Pooling of images, whose rows are pixels and whose columns are channels (conv2d.h).
#ifndef SURPLUS_AUTODIFF_OPS_POOL2D_H_
#define SURPLUS_AUTODIFF_OPS_POOL2D_H_

#include <cstddef>

#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// y[s, i, j, c] = the largest x[s, u, v, c] of the pixels u, v of window i, j that are inside the
/// image. The first of equals has the derivative.
///
/// x        n height width x channels; y  n out_height() out_width() x channels
/// Throws   as conv2d()
template <typename T>
Var<T> max_pool2d(const Var<T>& x, const ImageWindows& windows);

/// The mean of each window, padding counting as zeros.
template <typename T>
Var<T> average_pool2d(const Var<T>& x, const ImageWindows& windows);

/// The mean over each image.
///
/// x        n pixels x channels; y  n x channels
/// Throws   ShapeError if the rows are not a multiple of pixels; ArgumentError if there are none
template <typename T>
Var<T> global_average_pool(const Var<T>& x, std::size_t pixels);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_POOL2D_H_
