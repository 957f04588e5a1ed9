#include "surplus/data/augment.h"

#include <algorithm>
#include <cmath>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"

namespace surplus {
namespace {

// The image, `down` and `right` pixels lower and further left than the window that is taken.
template <typename T>
void move(const ImageShape& shape, std::ptrdiff_t down, std::ptrdiff_t right, bool mirrored,
          const T* from, T* to) {
  const auto height = static_cast<std::ptrdiff_t>(shape.height),
             width = static_cast<std::ptrdiff_t>(shape.width);
  for (std::size_t channel = 0; channel < shape.channels; ++channel, from += height * width) {
    for (std::ptrdiff_t i = 0; i < height; ++i, to += width) {
      const std::ptrdiff_t row = i + down;
      const bool inside = row >= 0 && row < height;
      for (std::ptrdiff_t j = 0; j < width; ++j) {
        const std::ptrdiff_t col = (mirrored ? width - 1 - j : j) + right;
        to[j] = inside && col >= 0 && col < width ? from[row * width + col] : T{0};
      }
    }
  }
}

template <typename T>
void require_images(const char* function, const ImageShape& shape, MatrixView<const T> from,
                    MatrixView<T> to) {
  SURPLUS_REQUIRE(from.shape() == to.shape() && from.cols() == shape.size(), ShapeError, function,
                  "from and to must have a column per number of an image", "from", from.shape(),
                  "to", to.shape(), "image", shape);
}

// change(i, stream of image i) for all images.
template <typename Change>
void for_images(std::size_t images, const Rng& rng, const Change& change) {
  const Chunks chunks{images, 16};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i) change(i, rng.split(i));
  });
}

}  // namespace

template <typename T>
void augment_images(const ImageShape& shape, const AugmentConfig& config, const Rng& rng,
                    MatrixView<const T> from, MatrixView<T> to) {
  require_images("augment_images", shape, from, to);
  const auto padding = static_cast<std::ptrdiff_t>(config.padding);
  for_images(from.rows(), rng, [&](std::size_t i, Rng own) {
    const auto down = static_cast<std::ptrdiff_t>(own.below(2 * config.padding + 1)) - padding;
    const auto right = static_cast<std::ptrdiff_t>(own.below(2 * config.padding + 1)) - padding;
    const bool mirrored = config.flip && own.below(2) == 1;
    move(shape, down, right, mirrored, from.row(i).data(), to.row(i).data());
  });
}

template <typename T>
void distort_images(const ImageShape& shape, const DistortConfig& config, const Rng& rng,
                    MatrixView<const T> from, MatrixView<T> to) {
  require_images("distort_images", shape, from, to);
  SURPLUS_REQUIRE(config.contrast >= 0 && std::isfinite(config.contrast) &&
                      config.brightness >= 0 && std::isfinite(config.brightness),
                  ArgumentError, "distort_images", "contrast and brightness must be 0 or more",
                  "contrast", config.contrast, "brightness", config.brightness);
  if (shape.size() == 0) return;
  for_images(from.rows(), rng, [&](std::size_t i, Rng own) {
    const auto around = [&](double width) {
      return static_cast<T>(width * (2 * own.uniform() - 1));
    };
    const T factor = 1 + around(config.contrast), shift = around(config.brightness);
    // The square's first line and column, counted from half a side before the image.
    const std::size_t top = own.below(shape.height), left = own.below(shape.width),
                      half = config.cutout / 2;
    const auto cut = [&](std::size_t at, std::size_t first) {
      return at + half >= first && at + half < first + config.cutout;
    };
    const auto x = from.row(i);
    const auto y = to.row(i);
    for (std::size_t j = 0; j < shape.size(); ++j) {
      const std::size_t line = j / shape.width % shape.height, column = j % shape.width;
      y[j] = cut(line, top) && cut(column, left) ? T{0} : factor * x[j] + shift;
    }
  });
}

template void augment_images(const ImageShape&, const AugmentConfig&, const Rng&,
                             MatrixView<const float>, MatrixView<float>);
template void augment_images(const ImageShape&, const AugmentConfig&, const Rng&,
                             MatrixView<const double>, MatrixView<double>);
template void distort_images(const ImageShape&, const DistortConfig&, const Rng&,
                             MatrixView<const float>, MatrixView<float>);
template void distort_images(const ImageShape&, const DistortConfig&, const Rng&,
                             MatrixView<const double>, MatrixView<double>);

}  // namespace surplus
