/// Labelled images: as bytes, as files hold them, and as rows of numbers, as models take them.
#ifndef SURPLUS_DATA_IMAGES_H_
#define SURPLUS_DATA_IMAGES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// An image is a row of channels x height x width values: one channel after the other, each row by
/// row from the top.
struct ImageShape {
  std::size_t channels = 1;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t size() const { return channels * height * width; }
  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

/// "3 x 32 x 32", as error messages show it.
std::string to_text(const ImageShape& shape);

/// n images, a byte per value: a quarter of the memory that they take as numbers.
struct ByteImages {
  ImageShape shape;
  std::size_t classes = 10;
  std::uint8_t white = 255;               ///< the value that is 1 in [0, 1]
  std::vector<std::uint8_t> pixels = {};  ///< n rows of shape.size()
  std::vector<std::uint8_t> labels = {};  ///< n, each below `classes`

  std::size_t size() const { return labels.size(); }
};

/// A published set in its two parts.
struct ImageSet {
  std::string title;  ///< what figures call it
  ByteImages train, test;
};

/// n images as numbers.
struct Images {
  ImageShape shape;
  std::size_t classes = 0;
  Matrix<float> x = {};                  ///< n x shape.size()
  std::vector<std::size_t> labels = {};  ///< n, each below `classes`
};

/// The images with these numbers, in this order, each value divided by `white`: numbers in [0, 1].
///
/// Throws  ArgumentError if a number is not below the number of images
/// Error   each value is the float nearest to the quotient
Images unit_images(const ByteImages& images, std::span<const std::size_t> rows);
/// All of them.
Images unit_images(const ByteImages& images);

/// The images brought to height x width by bilinear interpolation, between pixels' centres; on the
/// way down each new pixel is the triangle-weighted mean of those it covers. First along each row,
/// rounded to bytes, then along each column: to the bit what Pillow's resize(..., BILINEAR) gives,
/// and with it torchvision's Resize of images.
///
/// Throws  ArgumentError if height or width is 0 or above 2^15
/// Source  Pillow 9.4, libImaging/Resample.c
ByteImages resize_images(const ByteImages& images, std::size_t height, std::size_t width);

}  // namespace surplus

#endif  // SURPLUS_DATA_IMAGES_H_
