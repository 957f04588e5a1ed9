#include "apps/studies/two_layer_capacity/images.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "surplus/core/errors.h"
#include "surplus/data/scale.h"

namespace surplus::apps::two_layer_capacity {
namespace {

const std::vector<SetFacts>& all_facts() {
  // The authors normalise color images by the constants of ImageNet. Fashion-MNIST and the digits
  // are not in the paper.
  static const std::vector<double> kMeans = {0.485, 0.456, 0.406}, kScales = {0.229, 0.224, 0.225};
  static const std::vector<SetFacts> kFacts = {
      {"digits", 1348, 449, 1, 8, 0.01, {}, {}, 80},
      {"mnist", 60000, 10000, 1, 28, 0.01, {0.131}, {0.289}, 6},
      {"fashion-mnist", 60000, 10000, 1, 28, 0.01, {0.286}, {0.353}, 60},
      {"cifar-10", 50000, 10000, 3, 32, 0.001, kMeans, kScales, 100},
      {"cifar-10-jpeg", 50000, 10000, 3, 32, 0.001, kMeans, kScales, 100},
      {"svhn", 73257, 26032, 3, 32, 0.001, kMeans, kScales, 100}};
  return kFacts;
}

Examples numbers(Images images) { return {std::move(images.x), std::move(images.labels)}; }

}  // namespace

std::string all_sets() {
  std::string names;
  for (const SetFacts& facts : all_facts()) {
    names.append(names.empty() ? "" : ", ").append(facts.name);
  }
  return names;
}

const SetFacts& facts_of(std::string_view name) {
  const auto found = std::ranges::find(all_facts(), name, &SetFacts::name);
  SURPLUS_REQUIRE(found != all_facts().end(), ArgumentError, "two-layer-capacity",
                  "sets must be among " + all_sets(), "sets", name);
  return *found;
}

ImageExamples load_images(const SetFacts& facts, std::size_t samples, std::size_t side,
                          const std::filesystem::path& data) {
  ImageSet set = open_images(facts.name, data);
  const std::size_t n = samples == 0 ? set.train.size() : samples;
  SURPLUS_REQUIRE(n <= set.train.size(), ArgumentError, "two-layer-capacity",
                  "there must be as many training images as samples", "samples", samples, "images",
                  set.train.size());
  if (side != 0) {
    set.train = resize_images(set.train, side, side);
    set.test = resize_images(set.test, side, side);
  }
  std::vector<std::size_t> first(n);
  std::iota(first.begin(), first.end(), std::size_t{0});
  ImageExamples examples{set.title, set.train.classes, numbers(unit_images(set.train, first)),
                         numbers(unit_images(set.test))};
  const ImageShape& shape = set.train.shape;
  const Scaling scaling =
      facts.means.empty() ? fit_channel_scaling(examples.train.x, shape.channels)
                          : channel_scaling(facts.means, facts.scales, shape.height * shape.width);
  for (Examples* part : {&examples.train, &examples.test}) {
    standardize(part->x, scaling, part->x);
  }
  return examples;
}

}  // namespace surplus::apps::two_layer_capacity
