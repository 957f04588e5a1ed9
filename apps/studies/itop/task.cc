#include "apps/studies/itop/task.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"
#include "surplus/data/scale.h"
#include "surplus/train/batches.h"

namespace surplus::apps::itop {
namespace {

constexpr std::size_t kClasses = 10;

Samples samples_of(const ByteImages& images, std::size_t begin, std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), begin);
  Images some = unit_images(images, rows);
  return {std::move(some.x), std::move(some.labels)};
}

}  // namespace

Samples rows_of(const Samples& samples, const std::vector<std::size_t>& rows) {
  Samples some{Matrix<float>(rows.size(), samples.x.cols()), {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(samples.x.row(rows[i]), some.x.row(i).begin());
    some.labels.push_back(samples.labels[rows[i]]);
  }
  return some;
}

NetworkConfig network_of(const TaskDesign& design) {
  const ImageShape shape = image_set_size(design.set).shape;
  const MlpConfig mlp{.inputs = shape.size(),
                      .hidden = design.hidden,
                      .outputs = kClasses,
                      .initializer = Initializer::kKaimingUniform};
  if (design.convolutions.empty()) return mlp;
  return {shape, design.convolutions, mlp};
}

std::size_t Task::steps() const {
  return epochs * epoch_of(train.labels.size(), {.batch_size = batch}).count();
}

Task image_task(const TaskDesign& design, const std::filesystem::path& data) {
  const ImageSet images = open_images(design.set, data);
  const std::size_t test = design.test == 0 ? images.test.size() : design.test;
  SURPLUS_REQUIRE(
      design.samples + design.validation <= images.train.size() && test <= images.test.size(),
      ArgumentError, "itop", "there must be as many images as samples", "set", design.set,
      "samples", design.samples, "validation", design.validation, "test", test, "images",
      images.train.size());
  Task task{.name = design.name,
            .title = images.title,
            .train = samples_of(images.train, 0, design.samples),
            .validation = samples_of(images.train, design.samples, design.validation),
            .test = samples_of(images.test, 0, test),
            .network = network_of(design),
            .epochs = design.epochs,
            .batch = design.batch,
            .rate = design.rate,
            .dense_rate = design.dense_rate,
            .dropout = design.dropout,
            .epsilon = design.epsilon};
  if (design.augment) task.images = images.train.shape;
  const Scaling scaling = fit_channel_scaling(task.train.x, images.train.shape.channels);
  for (Samples* part : {&task.train, &task.validation, &task.test}) {
    if (!part->labels.empty()) standardize(part->x, scaling, part->x);
  }
  return task;
}

}  // namespace surplus::apps::itop
