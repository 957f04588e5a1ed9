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

}  // namespace surplus

#endif  // SURPLUS_DATA_AUGMENT_H_
