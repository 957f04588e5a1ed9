#include "surplus/data/idx.h"

#include <string>

#include "surplus/core/file.h"
#include "surplus/data/byte_stream.h"

namespace surplus {
namespace {

using detail::ByteStream;

// Two zeros, the type (8, bytes) and the number of dimensions.
constexpr std::uint32_t kImagesMagic = 0x803, kLabelsMagic = 0x801;

// Reads the magic number and the number of items.
std::uint32_t read_head(ByteStream& stream, std::uint32_t magic, std::string_view requirement) {
  const std::uint32_t found = stream.read_big_endian();
  stream.require_at(0, found == magic, requirement, "magic number", found);
  const std::uint32_t count = stream.read_big_endian();
  stream.require_at(4, count > 0, "the file must hold an item", "items", count);
  return count;
}

void read_items(ByteStream& stream, std::vector<std::uint8_t>& to, std::uint64_t bytes,
                std::string_view items) {
  stream.require(bytes <= stream.most_left(), "the file must be able to hold what it announces",
                 "bytes", bytes, "at most", stream.most_left());
  to.resize(bytes);
  stream.read(to);
  stream.finish(items);
}

}  // namespace

ByteImages parse_idx_images(std::string_view bytes, std::string_view name) {
  ByteStream stream(std::string(name), bytes, detail::packing_of(bytes));
  const std::uint64_t count =
      read_head(stream, kImagesMagic, "a file of images must start with the magic number 2051");
  const std::uint64_t height = stream.read_big_endian();
  const std::uint64_t width = stream.read_big_endian();
  // 2^15 keeps the product of all three below 2^62.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 15;
  stream.require_at(8, height >= 1 && height <= kMost && width >= 1 && width <= kMost,
                    "height and width must be at least 1 and at most 2^15", "height", height,
                    "width", width);
  ByteImages images{{1, height, width}};
  read_items(stream, images.pixels, count * height * width, "the pixels");
  return images;
}

std::vector<std::uint8_t> parse_idx_labels(std::string_view bytes, std::string_view name,
                                           std::size_t classes) {
  ByteStream stream(std::string(name), bytes, detail::packing_of(bytes));
  const std::uint64_t count =
      read_head(stream, kLabelsMagic, "a file of labels must start with the magic number 2049");
  const std::uint64_t first = stream.offset();
  std::vector<std::uint8_t> labels;
  read_items(stream, labels, count, "the labels");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    stream.require_at(first + i, labels[i] < classes, "a label must be below the number of classes",
                      "label", labels[i], "classes", classes);
  }
  return labels;
}

ByteImages read_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
                    std::size_t classes) {
  ByteImages result = parse_idx_images(read_file(images), images.string());
  result.classes = classes;
  result.labels = parse_idx_labels(read_file(labels), labels.string(), classes);
  const std::size_t count = result.pixels.size() / result.shape.size();
  SURPLUS_REQUIRE(result.labels.size() == count, DataError, labels.string(),
                  "there must be a label for each image of " + images.string(), "labels",
                  result.labels.size(), "images", count);
  return result;
}

}  // namespace surplus
