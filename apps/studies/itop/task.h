/// What the networks of itop are trained on, and how.
#ifndef SURPLUS_APPS_STUDIES_ITOP_TASK_H_
#define SURPLUS_APPS_STUDIES_ITOP_TASK_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "surplus/data/images.h"
#include "surplus/sparse/sparse_network.h"
#include "surplus/train/objective.h"

namespace surplus::apps::itop {

struct Samples {
  Matrix<float> x;
  std::vector<std::size_t> labels;
  Examples<float> examples() const { return {.x = x, .labels = labels}; }
};

/// What networks are trained on, and how.
struct Task {
  std::string name, title;
  Samples train, validation, test;
  NetworkConfig network;
  std::size_t epochs = 20, batch = 128;
  double rate = 0.05;  ///< learning rate, a tenth from half of the epochs on and again from 3/4 on
  std::optional<double> dense_rate = {};  ///< that of the dense network, if it is another
  double dropout = 0;
  double epsilon = 0;  ///< of SET's own densities, instead of a density of the whole; 0 for that
  std::optional<ImageShape> images = {};  ///< to be moved and mirrored in training
  std::size_t steps() const;
};

/// Of a part of the samples.
Samples rows_of(const Samples& samples, const std::vector<std::size_t>& rows);

/// Sizes of image_task(); `test` 0 for all test images.
struct TaskDesign {
  std::string name, set;
  std::size_t samples = 0, validation = 0, test = 0;
  std::vector<std::size_t> hidden;
  std::vector<Convolution> convolutions = {};  ///< before the hidden layers
  std::size_t epochs = 20, batch = 128;
  double rate = 0.05, dropout = 0, epsilon = 0;
  std::optional<double> dense_rate = {};
  bool augment = false;
};

NetworkConfig network_of(const TaskDesign& design);

/// The first `samples` training images of a set, those after them to validate, and test images,
/// standardised pixel by pixel with the means and deviations of each channel.
/// Throws  as open_images(); ArgumentError if there are not so many images
Task image_task(const TaskDesign& design, const std::filesystem::path& data);

}  // namespace surplus::apps::itop

#endif  // SURPLUS_APPS_STUDIES_ITOP_TASK_H_
