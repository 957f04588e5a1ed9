#include "apps/studies/double_descent/data.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "apps/data/image_sets.h"
#include "apps/data/lookup.h"
#include "surplus/core/errors.h"

namespace surplus::apps::double_descent {
namespace {

template <typename T>
Part<T> part_of(const ByteImages& images, std::size_t n, bool halved) {
  std::vector<std::size_t> rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const Images all = unit_images(images, rows);
  Part<T> part{Matrix<T>(n, all.shape.size() / (halved ? 4 : 1)), Matrix<T>(n, all.classes),
               all.labels};
  const std::size_t width = all.shape.width / 2;
  for (std::size_t i = 0; i < n; ++i) {
    part.targets(i, all.labels[i]) = 1;
    const auto from = all.x.row(i);
    const auto to = part.x.row(i);
    for (std::size_t j = 0; j < to.size(); ++j) {
      if (!halved) {
        to[j] = static_cast<T>(from[j]);
        continue;
      }
      const std::size_t corner = j / width * 4 * width + j % width * 2;
      to[j] = static_cast<T>((from[corner] + from[corner + 1] + from[corner + 2 * width] +
                              from[corner + 2 * width + 1]) /
                             4);
    }
  }
  return part;
}

}  // namespace

bool is_present(const std::string& images, const std::filesystem::path& data) {
  const Dataset& dataset = dataset_named(images);
  return std::ranges::all_of(dataset.files, [&](const DatasetFile& file) {
    return locate(dataset, file, data).has_value();
  });
}

template <typename T>
Problem<T> load_problem(const std::string& images, std::size_t n, bool halved,
                        const std::filesystem::path& data) {
  const ImageSet set = open_images(images, data);
  SURPLUS_REQUIRE(n <= set.train.size(), ArgumentError, "double-descent",
                  "n must be at most the number of training images", "n", n, images,
                  set.train.size());
  return {part_of<T>(set.train, n, halved), part_of<T>(set.test, set.test.size(), halved)};
}

template Problem<float> load_problem(const std::string&, std::size_t, bool,
                                     const std::filesystem::path&);
template Problem<double> load_problem(const std::string&, std::size_t, bool,
                                      const std::filesystem::path&);

}  // namespace surplus::apps::double_descent
