/// What the networks of sop are trained on: a synthetic task, and images.
#ifndef SURPLUS_APPS_STUDIES_SOP_TASK_H_
#define SURPLUS_APPS_STUDIES_SOP_TASK_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/sop/network.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/data/cifar10n.h"

namespace surplus::apps::sop {

inline constexpr std::size_t kClasses = 10;
/// The synthetic task's name.
inline constexpr std::string_view kSynthetic = "T0";
/// Its training samples.
inline constexpr std::size_t kSamples = 4000;

/// Samples with their true labels.
struct Samples {
  Matrix<float> x;
  std::vector<std::size_t> labels;
};

struct Task {
  std::string name, title;
  Samples train, validation, test;
  Network network;
  ImageShape shape = {};                  ///< of images
  bool augment = false;                   ///< move and mirror training images
  std::optional<HumanLabels> human = {};  ///< of training and, after them, validation samples
};

/// Ten classes of four Gaussian clusters each, in 64 dimensions: 4000 samples to train on, 1000 to
/// validate, 4000 to test; a hidden layer of 256.
Task synthetic_task(const Rng& rng);

struct ImageDesign {
  std::string name, set = {};
  std::size_t samples = 0;
  std::size_t tests = 0;  ///< of the test images, the first ones; 0 for all
  std::size_t side = 0;   ///< that images are brought to; 0 for their own
  std::string network = "mlp";
  std::size_t width = 0;
  bool augment = false;
  bool human = false;  ///< with the labels that people gave
  friend bool operator==(const ImageDesign&, const ImageDesign&) = default;
};

/// The first `samples` training images of a set, the tenth of that number after them to validate, and
/// the test images, standardised by channel.
///
/// Throws  as open_images(); ArgumentError if there are not so many images; DataError if the labels
///         that people gave are not of this set
Task image_task(const ImageDesign& design, const std::filesystem::path& data);

/// What is known of it before it is made: its network, and its numbers of samples to train on and to
/// predict after an epoch.
struct TaskSize {
  Network network;
  std::size_t samples = 0, watched = 0;
};
TaskSize synthetic_size();
TaskSize size_of(const ImageDesign& design);

}  // namespace surplus::apps::sop

#endif  // SURPLUS_APPS_STUDIES_SOP_TASK_H_
