#include "surplus/data/svhn.h"

#include <algorithm>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/mat5.h"

namespace surplus {
namespace {

using detail::MatArray;

constexpr std::size_t kSide = 32, kClasses = 10;
constexpr ImageShape kShape{3, kSide, kSide};

std::string shape_text(const MatArray& array) {
  std::string text;
  for (const std::size_t length : array.shape) {
    text.append(text.empty() ? "" : " x ").append(to_text(length));
  }
  return text;
}

// The images come as the file has them, each channel by columns, and leave by rows.
ByteImages images_of(MatArray array, std::string_view name) {
  std::vector<std::size_t> shape = array.shape;
  if (shape.size() == 3) shape.push_back(1);  // Matlab drops a last dimension of 1
  const bool fits = shape.size() == 4 && shape[0] == kSide && shape[1] == kSide &&
                    shape[2] == kShape.channels && shape[3] >= 1;
  SURPLUS_REQUIRE(fits && array.type == detail::kMatUint8, DataError, name,
                  "X must be bytes of 32 x 32 x 3 x n, n at least 1", "shape", shape_text(array),
                  "type", array.type);
  ByteImages images{kShape, kClasses, 255, std::move(array.bytes)};
  for (std::size_t plane = 0; plane < shape[3] * kShape.channels; ++plane) {
    std::uint8_t* p = images.pixels.data() + plane * kSide * kSide;
    for (std::size_t i = 0; i < kSide; ++i) {
      for (std::size_t j = 0; j < i; ++j) std::swap(p[i * kSide + j], p[j * kSide + i]);
    }
  }
  return images;
}

std::vector<std::uint8_t> labels_of(const MatArray& array, std::string_view name) {
  SURPLUS_REQUIRE(array.shape.size() == 2 && (array.shape[0] == 1 || array.shape[1] == 1),
                  DataError, name, "y must be a vector", "shape", shape_text(array));
  std::vector<std::uint8_t> labels(array.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double digit = array[i];
    // A NaN is no number from 1 to 10 either.
    const bool right = digit >= 1 && digit <= 10 && digit == static_cast<int>(digit);
    SURPLUS_REQUIRE(right, DataError, name, "a digit of y must be a whole number from 1 to 10",
                    "index", i, "digit", digit);
    labels[i] = static_cast<std::uint8_t>(static_cast<int>(digit) % 10);
  }
  return labels;
}

}  // namespace

ByteImages parse_svhn(std::string_view bytes, std::string_view name) {
  std::vector<MatArray> arrays = detail::parse_mat5(bytes, name);
  const auto by_name = [&](std::string_view wanted) {
    return std::find_if(arrays.begin(), arrays.end(),
                        [&](const MatArray& array) { return array.name == wanted; });
  };
  const auto x = by_name("X"), y = by_name("y");
  SURPLUS_REQUIRE(arrays.size() == 2 && x != arrays.end() && y != arrays.end(), DataError, name,
                  "the file must hold the arrays X and y alone", "arrays", arrays.size());
  ByteImages images = images_of(std::move(*x), name);
  images.labels = labels_of(*y, name);
  const std::size_t count = images.pixels.size() / kShape.size();
  SURPLUS_REQUIRE(images.labels.size() == count, DataError, name,
                  "there must be a digit for each image", "digits", images.labels.size(), "images",
                  count);
  return images;
}

ByteImages read_svhn(const std::filesystem::path& path) {
  return parse_svhn(read_file(path), path.string());
}

}  // namespace surplus
