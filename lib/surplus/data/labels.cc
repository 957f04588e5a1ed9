#include "surplus/data/labels.h"

#include "surplus/core/errors.h"

namespace surplus {

std::vector<std::size_t> class_counts(std::span<const std::size_t> labels, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (const std::size_t label : labels) {
    SURPLUS_REQUIRE(label < classes, ArgumentError, "class_counts",
                    "a label must be below the number of classes", "label", label, "classes",
                    classes);
    ++counts[label];
  }
  return counts;
}

std::vector<std::size_t> random_labels(std::size_t n, std::size_t classes, Rng& rng) {
  SURPLUS_REQUIRE(classes >= 1, ArgumentError, "random_labels", "classes must be at least 1",
                  "classes", classes);
  std::vector<std::size_t> labels(n);
  for (std::size_t& label : labels) label = static_cast<std::size_t>(rng.below(classes));
  return labels;
}

}  // namespace surplus
