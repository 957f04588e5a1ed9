/// The image sets of two-layer-capacity, as its networks take them.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_IMAGES_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_IMAGES_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus::apps::two_layer_capacity {

/// What is known of a set before it is read.
struct SetFacts {
  std::string_view name;      ///< as open_images() knows it
  std::size_t train = 0;      ///< images
  std::size_t test = 0;       ///< images
  std::size_t channels = 1;   ///< of square images ...
  std::size_t side = 0;       ///< ... of this many pixels a side
  double rate = 0;            ///< learning rate of the protocol
  std::vector<double> means;  ///< of the channels, in [0, 1]; none: those of the training images
  std::vector<double> scales;
  /// Epochs that a wide network takes to a loss of .01, with all images, roughly.
  double epochs = 0;

  /// d, with images of `resized` pixels a side; 0 for their own.
  std::size_t inputs(std::size_t resized) const {
    const std::size_t pixels = resized == 0 ? side : resized;
    return channels * pixels * pixels;
  }
};

/// The names of all sets, with commas between them.
std::string all_sets();

/// Throws ArgumentError, listing the names, if there is no such set.
const SetFacts& facts_of(std::string_view name);

/// Numbers: scaled to [0, 1], then per channel by means and scales.
struct Examples {
  Matrix<float> x;  ///< n x d
  std::vector<std::size_t> labels;
};
struct ImageExamples {
  std::string title;
  std::size_t classes = 0;
  Examples train, test;
};

/// The first `samples` training images of a set, all if that is 0, and all test images.
///
/// side    as SetFacts::inputs()
/// Throws  as open_images(); ArgumentError if there are fewer than `samples`
ImageExamples load_images(const SetFacts& facts, std::size_t samples, std::size_t side,
                          const std::filesystem::path& data);

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_IMAGES_H_
