#include "apps/studies/sop/task.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "apps/data/lookup.h"
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

Samples samples_of(const ByteImages& images, std::size_t begin, std::size_t count,
                   std::size_t side) {
  ByteImages some{images.shape, images.classes, images.white};
  const auto size = static_cast<std::ptrdiff_t>(images.shape.size());
  const auto first = static_cast<std::ptrdiff_t>(begin),
             last = static_cast<std::ptrdiff_t>(begin + count);
  some.pixels.assign(images.pixels.begin() + first * size, images.pixels.begin() + last * size);
  some.labels.assign(images.labels.begin() + first, images.labels.begin() + last);
  if (side != 0) some = resize_images(some, side, side);
  Images unit = unit_images(some);
  return {std::move(unit.x), std::move(unit.labels)};
}

// The first `count` of them all, held against the true labels.
HumanLabels human_labels(const std::vector<std::size_t>& labels,
                         const std::filesystem::path& data) {
  HumanLabels human = read_cifar10n(find_dataset("cifar-10n", data)[0]);
  for (auto* all : {&human.clean, &human.aggregate, &human.worst, &human.random1, &human.random2,
                    &human.random3}) {
    all->resize(labels.size());
  }
  const auto [ours, theirs] = std::ranges::mismatch(labels, human.clean);
  SURPLUS_REQUIRE(ours == labels.end(), DataError, "sop",
                  "images and people's labels must be of the same set, in one order", "image",
                  ours - labels.begin(), "label", *ours, "clean", *theirs);
  return human;
}

std::string_view title_of(std::string_view network) {
  if (network == "resnet-8") return "ResNet-8";
  return network == "resnet-34" ? "ResNet-34" : "PreActResNet-18";
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
          .network = MlpConfig{.inputs = kInputs,
                               .hidden = {kHidden},
                               .outputs = kClasses,
                               .initializer = Initializer::kKaimingNormal}};
}

TaskSize synthetic_size() {
  return {MlpConfig{.inputs = kInputs, .hidden = {kHidden}, .outputs = kClasses}, kSamples,
          kSamples + 5000};
}

Task image_task(const ImageDesign& design, const std::filesystem::path& data) {
  const ImageSet images = open_images(design.set, data);
  const std::size_t samples = design.samples, validation = samples / 10;
  SURPLUS_REQUIRE(samples + validation <= images.train.size(), ArgumentError, "sop",
                  "there must be as many training images as samples, and a tenth more", "set",
                  design.set, "samples", samples, "images", images.train.size());
  const std::size_t tests =
      design.tests == 0 ? images.test.size() : std::min(design.tests, images.test.size());
  ImageShape shape = images.train.shape;
  if (design.side != 0) shape.height = shape.width = design.side;
  Task task{.name = design.name,
            .title = images.title,
            .train = samples_of(images.train, 0, samples, design.side),
            .validation = samples_of(images.train, samples, validation, design.side),
            .test = samples_of(images.test, 0, tests, design.side),
            .network = network_for(design.network, design.width, shape, kClasses),
            .shape = shape,
            .augment = design.augment};
  if (design.network != "mlp") task.title.append(", ").append(title_of(design.network));
  if (design.human) {
    std::vector<std::size_t> labels = task.train.labels;
    labels.insert(labels.end(), task.validation.labels.begin(), task.validation.labels.end());
    task.human = human_labels(labels, data);
  }
  const Scaling scaling = fit_channel_scaling(task.train.x, shape.channels);
  for (Samples* part : {&task.train, &task.validation, &task.test}) {
    standardize(part->x, scaling, part->x);
  }
  return task;
}

TaskSize size_of(const ImageDesign& design) {
  auto [shape, train, tests] = image_set_size(design.set);
  if (design.side != 0) shape.height = shape.width = design.side;
  if (design.tests != 0) tests = std::min(tests, design.tests);
  return {network_for(design.network, design.width, shape, kClasses), design.samples,
          design.samples + design.samples / 10 + tests};
}

}  // namespace surplus::apps::sop
