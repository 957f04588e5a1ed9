#include "surplus/data/augment.h"

#include <algorithm>

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

}  // namespace

template <typename T>
void augment_images(const ImageShape& shape, const AugmentConfig& config, const Rng& rng,
                    MatrixView<const T> from, MatrixView<T> to) {
  SURPLUS_REQUIRE(from.shape() == to.shape() && from.cols() == shape.size(), ShapeError,
                  "augment_images", "from and to must have a column per number of an image", "from",
                  from.shape(), "to", to.shape(), "image", shape);
  const auto padding = static_cast<std::ptrdiff_t>(config.padding);
  const Chunks chunks{from.rows(), 16};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      Rng own = rng.split(i);
      const auto down = static_cast<std::ptrdiff_t>(own.below(2 * config.padding + 1)) - padding;
      const auto right = static_cast<std::ptrdiff_t>(own.below(2 * config.padding + 1)) - padding;
      const bool mirrored = config.flip && own.below(2) == 1;
      move(shape, down, right, mirrored, from.row(i).data(), to.row(i).data());
    }
  });
}

template void augment_images(const ImageShape&, const AugmentConfig&, const Rng&,
                             MatrixView<const float>, MatrixView<float>);
template void augment_images(const ImageShape&, const AugmentConfig&, const Rng&,
                             MatrixView<const double>, MatrixView<double>);

}  // namespace surplus
