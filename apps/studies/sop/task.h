/// What the networks of sop are trained on: a synthetic task, and images.
#ifndef SURPLUS_APPS_STUDIES_SOP_TASK_H_
#define SURPLUS_APPS_STUDIES_SOP_TASK_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/nn/mlp.h"

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
  MlpConfig mlp;
};

/// Ten classes of four Gaussian clusters each, in 64 dimensions: 4000 samples to train on, 1000 to
/// validate, 4000 to test; a hidden layer of 256.
Task synthetic_task(const Rng& rng);

/// The first `samples` training images of a set, the tenth of that number after them to validate, and
/// all test images, standardised; a hidden layer of `hidden`.
///
/// Throws  as open_images(); ArgumentError if there are not so many images
Task image_task(std::string_view set, std::size_t samples, std::size_t hidden,
                const std::filesystem::path& data);

}  // namespace surplus::apps::sop

#endif  // SURPLUS_APPS_STUDIES_SOP_TASK_H_
