#include "apps/data/image_sets.h"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <vector>

#include "apps/data/lookup.h"
#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/data/cifar10.h"
#include "surplus/data/cifar10_jpeg.h"
#include "surplus/data/csv.h"
#include "surplus/data/idx.h"
#include "surplus/data/split.h"
#include "surplus/data/svhn.h"

namespace surplus::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 6> kNames = {"digits",   "mnist",         "fashion-mnist",
                                                    "cifar-10", "cifar-10-jpeg", "svhn"};
constexpr ImageSetSize kMnist{{1, 28, 28}, 60000, 10000}, kCifar10{{3, 32, 32}, 50000, 10000};
constexpr std::array<ImageSetSize, 6> kSizes = {
    ImageSetSize{{1, 8, 8}, 1348, 449},     kMnist, kMnist, kCifar10, kCifar10,
    ImageSetSize{{3, 32, 32}, 73257, 26032}};

// The number of a set in both lists.
std::size_t number_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    std::string names;
    for (const std::string_view known : kNames) {
      names.append(names.empty() ? "" : ", ").append(known);
    }
    throw ArgumentError(
        error_message("open_images", "the image set must be one of " + names, "name", name));
  }
  return static_cast<std::size_t>(found - kNames.begin());
}

ByteImages some_digits(const Samples& samples, std::span<const std::size_t> rows) {
  ByteImages images{{1, 8, 8}, 10, 16};
  for (const std::size_t row : rows) {
    for (const double count : samples.x.row(row)) {
      images.pixels.push_back(static_cast<std::uint8_t>(count));
    }
    images.labels.push_back(static_cast<std::uint8_t>(samples.labels[row]));
  }
  return images;
}

ImageSet open_digits(const fs::path& path) {
  const Samples samples = read_csv(path, {.label_column = -1});
  Rng rng = Rng(1).split("digits");
  Split parts = stratified_split(samples.labels, 0.25, rng);
  return {"digits", some_digits(samples, parts.train), some_digits(samples, parts.test)};
}

ImageSet open_cifar10_jpeg(const fs::path& given) {
  for (const fs::path& directory : data_directories(given)) {
    for (const char* name : {"cifar-10-jpeg", "cifar10-jpeg"}) {
      std::error_code unreachable;  // counts as not there
      const fs::path folder = directory / name;
      if (fs::exists(folder / "images.tar.xz", unreachable)) return read_cifar10_jpeg(folder);
      if (!fs::is_directory(folder, unreachable)) continue;
      ImageSet set = read_cifar10(folder);
      set.title = "CIFAR-10 (JPEG copy)";
      return set;
    }
  }
  throw DataError(
      "open_images: cifar-10-jpeg must lie in the folder cifar-10-jpeg of a data directory; got no "
      "such folder");
}

}  // namespace

std::span<const std::string_view> image_set_names() { return kNames; }

ImageSetSize image_set_size(std::string_view name) { return kSizes[number_of(name)]; }

ImageSet open_images(std::string_view name, const fs::path& given) {
  number_of(name);  // throws
  if (name == "cifar-10-jpeg") return open_cifar10_jpeg(given);
  const std::vector<fs::path> paths = find_dataset(name, given);
  if (name == "digits") return open_digits(paths[0]);
  if (name == "cifar-10") return read_cifar10(paths[0]);
  if (name == "svhn") return {"SVHN", read_svhn(paths[0]), read_svhn(paths[1])};
  return {name == "mnist" ? "MNIST" : "Fashion-MNIST", read_idx(paths[0], paths[1]),
          read_idx(paths[2], paths[3])};
}

}  // namespace surplus::apps
