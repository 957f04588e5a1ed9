#include "apps/studies/sop/task.h"

#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"
#include "surplus/data/scale.h"

namespace surplus::apps::sop {
namespace {

constexpr std::size_t kClusters = 4, kInputs = 64, kHidden = 256;
constexpr double kSpread = 0.8;  // of the clusters' means

Samples draw(std::size_t n, const Matrix<double>& means, const Rng& rng) {
  Samples samples{Matrix<float>(n, kInputs), {}};
  Rng clusters = rng.split("clusters");
  rng.split("noise").fill_normal(samples.x.values());
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t label = i % kClasses;
    const auto mean = means.row(label * kClusters + clusters.below(kClusters));
    for (std::size_t j = 0; j < kInputs; ++j) samples.x(i, j) += static_cast<float>(mean[j]);
    samples.labels.push_back(label);
  }
  return samples;
}

Samples samples_of(const ByteImages& images, std::size_t begin, std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), begin);
  Images some = unit_images(images, rows);
  return {std::move(some.x), std::move(some.labels)};
}

}  // namespace

Task synthetic_task(const Rng& rng) {
  Matrix<double> means(kClasses * kClusters, kInputs);
  rng.split("means").fill_normal(means.values());
  for (double& mean : means.values()) mean *= kSpread;
  return {.name = std::string(kSynthetic),
          .title = "synthetic task",
          .train = draw(kSamples, means, rng.split("train")),
          .validation = draw(1000, means, rng.split("validation")),
          .test = draw(4000, means, rng.split("test")),
          .mlp = {.inputs = kInputs,
                  .hidden = {kHidden},
                  .outputs = kClasses,
                  .initializer = Initializer::kKaimingNormal}};
}

Task image_task(std::string_view set, std::size_t samples, std::size_t hidden,
                const std::filesystem::path& data) {
  const ImageSet images = open_images(set, data);
  const std::size_t validation = samples / 10;
  SURPLUS_REQUIRE(samples + validation <= images.train.size(), ArgumentError, "sop",
                  "there must be as many training images as samples, and a tenth more", "set", set,
                  "image_samples", samples, "images", images.train.size());
  Task task{.name = std::string(set),
            .title = images.title,
            .train = samples_of(images.train, 0, samples),
            .validation = samples_of(images.train, samples, validation),
            .test = samples_of(images.test, 0, images.test.size()),
            .mlp = {.inputs = images.train.shape.size(), .hidden = {hidden}, .outputs = kClasses}};
  const Scaling scaling = fit_channel_scaling(task.train.x, images.train.shape.channels);
  for (Samples* part : {&task.train, &task.validation, &task.test}) {
    standardize(part->x, scaling, part->x);
  }
  return task;
}

}  // namespace surplus::apps::sop
