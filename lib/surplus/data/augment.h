/// Images changed at random on their way into a training, as all that look at small images do.
#ifndef SURPLUS_DATA_AUGMENT_H_
#define SURPLUS_DATA_AUGMENT_H_

#include <cstddef>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/data/images.h"

namespace surplus {

struct AugmentConfig {
  /// Put so many pixels of 0 around each image and take a window of its size, anywhere in it.
  std::size_t padding = 4;
  bool flip = true;  ///< then mirror half of the images, left to right
};

/// Row i of `to` is image i of `from` moved and mirrored, with numbers from rng.split(i) alone.
///
/// from, to n x shape.size(): rows that are images, channel after channel; apart from each other
/// Throws   ShapeError if they are not of one shape, with a column per number of an image
/// Promises the same bits with any number of threads
template <typename T>
void augment_images(const ImageShape& shape, const AugmentConfig& config, const Rng& rng,
                    MatrixView<const T> from, MatrixView<T> to);

struct DistortConfig {
  /// Each image is multiplied by a number uniform in 1 -+ contrast and a number uniform in
  /// -+ brightness is added: in units of the values, which are taken to be standardised. 0 or more.
  double contrast = 0.5, brightness = 0.5;
  std::size_t cutout = 16;  ///< side of a square of zeros, its centre anywhere in the image
};

/// Row i of `to` is image i of `from` distorted, with numbers from rng.split(i) alone: what
/// consistency between views asks for besides augment_images(). Not the searched policy of
/// AutoAugment.
///
/// from, to as augment_images(); may be the same
/// Throws   as augment_images(); ArgumentError if the config is out of its domain
/// Promises the same bits with any number of threads
/// Source   DeVries, Taylor (2017), Improved regularization of convolutional neural networks with
///          cutout, for the square
template <typename T>
void distort_images(const ImageShape& shape, const DistortConfig& config, const Rng& rng,
                    MatrixView<const T> from, MatrixView<T> to);

}  // namespace surplus

#endif  // SURPLUS_DATA_AUGMENT_H_
