/// Convolutions of images.
///
/// A batch of n images is a matrix with a row per pixel, image after image and line after line, and
/// a column per channel ("channels last"): so ops over columns (add, linear, batch_norm) are ops over
/// channels. channels_last() makes it of rows that are whole images.
#ifndef SURPLUS_AUTODIFF_OPS_CONV2D_H_
#define SURPLUS_AUTODIFF_OPS_CONV2D_H_

#include <cstddef>

#include "surplus/autodiff/tape.h"

namespace surplus::ad {

/// Square windows on images, `stride` pixels apart in both directions.
struct ImageWindows {
  std::size_t height = 1, width = 1;  ///< of each image, in pixels
  std::size_t window = 3;   ///< side, at least 1, at most that of the image with its padding
  std::size_t stride = 1;   ///< at least 1
  std::size_t padding = 0;  ///< pixels around the image, below `window`

  std::size_t out_height() const { return (height + 2 * padding - window) / stride + 1; }
  std::size_t out_width() const { return (width + 2 * padding - window) / stride + 1; }
};

/// y[s, i, j, o] = sum over k, l, c of
///                 x[s, stride i + k - padding, stride j + l - padding, c] w[o, k, l, c],
/// for images s with zeros around them.
///
/// x        n height width x channels in
/// w        channels out x window window channels in, a row (line, column, channel)
/// y        n out_height() out_width() x channels out
/// Throws   ShapeError if the shapes do not fit; ArgumentError if the windows are out of their domain
template <typename T>
Var<T> conv2d(const Var<T>& x, const Var<T>& w, const ImageWindows& windows);

/// Rows that are images, channel after channel, as rows that are pixels.
///
/// x        n x channels pixels; y  n pixels x channels
/// Throws   ShapeError if the columns are not a multiple of channels; ArgumentError if there are none
template <typename T>
Var<T> channels_last(const Var<T>& x, std::size_t channels);

/// For ops on images. Throws as conv2d() says; x is n height width rows of any columns.
void require_windows(const char* function, Shape x, const ImageWindows& windows);

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_OPS_CONV2D_H_
