#include "surplus/data/mat5.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "surplus/data/byte_stream.h"

namespace surplus::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are read as they lie");

constexpr std::uint32_t kMatrix = 14, kCompressed = 15;
constexpr std::size_t kHeader = 128, kAlignment = 8, kMostDimensions = 32, kLongestName = 63;

std::size_t element_size(std::uint32_t type) {
  switch (type) {
    case kMatInt8:
    case kMatUint8:
      return 1;
    case kMatInt16:
    case kMatUint16:
      return 2;
    case kMatInt32:
    case kMatUint32:
    case kMatSingle:
      return 4;
    case kMatDouble:
    case kMatInt64:
    case kMatUint64:
      return 8;
    default:
      return 0;
  }
}

struct Tag {
  std::uint32_t type = 0;
  std::uint32_t bytes = 0;
  bool is_small = false;  // the data stand in the tag's second half
};

/// Reads the parts of an array; `end` is where they end.
class ArrayReader {
 public:
  ArrayReader(ByteStream& stream, std::uint64_t end) : stream_(stream), end_(end) {}

  MatArray read() {
    read_flags();
    MatArray array;
    read_shape(array);
    read_name(array);
    const std::uint64_t at = stream_.offset();
    const Tag tag = read_tag();
    array.type = tag.type;
    const std::size_t size = element_size(tag.type);
    stream_.require_at(at, size > 0, "the elements must be numbers", "type", tag.type);
    stream_.require_at(at, tag.bytes % size == 0 && tag.bytes / size == array.size(),
                       "the array must hold as many elements as its shape says", "elements",
                       tag.bytes / size, "shape", array.size());
    read_bytes(tag, array.bytes);
    stream_.require(stream_.offset() == end_, "an array must end where its length says", "end",
                    end_);
    return array;
  }

 private:
  Tag read_tag() {
    Tag tag;
    tag.type = stream_.read_little_endian();
    tag.is_small = tag.type >> 16 != 0;
    if (tag.is_small) {
      tag.bytes = tag.type >> 16;
      tag.type &= 0xffff;
      stream_.require(tag.bytes <= 4, "a small element must have at most 4 bytes", "bytes",
                      tag.bytes);
    } else {
      tag.bytes = stream_.read_little_endian();
    }
    const std::uint64_t here = stream_.offset();
    stream_.require(here <= end_ && tag.bytes <= end_ - here && tag.bytes <= stream_.most_left(),
                    "an element must fit into its array", "bytes", tag.bytes);
    return tag;
  }

  void read_bytes(const Tag& tag, std::vector<std::uint8_t>& to) {
    to.resize(tag.bytes);
    stream_.read(to);
    const std::size_t unit = tag.is_small ? 4 : kAlignment;
    const std::size_t padding = (unit - tag.bytes % unit) % unit;
    // A small element takes its four bytes, however few it uses.
    const std::size_t missing = tag.is_small && tag.bytes == 0 ? 4 : padding;
    stream_.skip(std::min<std::uint64_t>(missing, end_ - std::min(end_, stream_.offset())));
  }

  void read_flags() {
    const std::uint64_t at = stream_.offset();
    const Tag tag = read_tag();
    stream_.require_at(at, tag.type == kMatUint32 && tag.bytes == 8 && !tag.is_small,
                       "an array must start with its flags", "type", tag.type);
    const std::uint32_t flags = stream_.read_little_endian();
    stream_.skip(4);
    constexpr std::uint32_t kComplex = 0x800, kFirstNumeric = 6, kLastNumeric = 15;
    const std::uint32_t kind = flags & 0xff;
    stream_.require_at(at, kind >= kFirstNumeric && kind <= kLastNumeric && (flags & kComplex) == 0,
                       "an array must be real, full and of numbers", "flags", flags);
  }

  void read_shape(MatArray& array) {
    const std::uint64_t at = stream_.offset();
    const Tag tag = read_tag();
    const std::size_t dimensions = tag.bytes / 4;
    stream_.require_at(at,
                       tag.type == kMatInt32 && tag.bytes % 4 == 0 && dimensions >= 2 &&
                           dimensions <= kMostDimensions,
                       "an array must have from 2 to 32 dimensions", "type", tag.type, "bytes",
                       tag.bytes);
    std::vector<std::uint8_t> bytes;
    read_bytes(tag, bytes);
    std::uint64_t size = 1;
    for (std::size_t l = 0; l < dimensions; ++l) {
      std::int32_t length = 0;
      std::memcpy(&length, &bytes[4 * l], 4);
      const auto wide = static_cast<std::uint64_t>(std::max(length, 0));
      // The length of an element has 32 bits, and so has the number of its bytes.
      stream_.require_at(
          at, length >= 0 && size * wide <= std::numeric_limits<std::uint32_t>::max(),
          "the dimensions must not be negative and their product below 2^32", "dimension", length);
      size *= wide;
      array.shape.push_back(wide);
    }
  }

  void read_name(MatArray& array) {
    const std::uint64_t at = stream_.offset();
    const Tag tag = read_tag();
    stream_.require_at(at, tag.type == kMatInt8 && tag.bytes >= 1 && tag.bytes <= kLongestName,
                       "an array must have a name of 1 to 63 characters", "type", tag.type, "bytes",
                       tag.bytes);
    std::vector<std::uint8_t> bytes;
    read_bytes(tag, bytes);
    array.name.assign(bytes.begin(), bytes.end());
  }

  ByteStream& stream_;
  std::uint64_t end_;
};

MatArray read_array(ByteStream& stream, std::uint32_t bytes) {
  return ArrayReader(stream, stream.offset() + bytes).read();
}

template <typename Raw>
double load(const std::uint8_t* from) {
  Raw raw;
  std::memcpy(&raw, from, sizeof(Raw));
  return static_cast<double>(raw);
}

}  // namespace

std::size_t MatArray::size() const {
  std::size_t size = 1;
  for (const std::size_t length : shape) size *= length;
  return size;
}

double MatArray::operator[](std::size_t i) const {
  const std::uint8_t* from = bytes.data() + i * element_size(type);
  switch (type) {
    case kMatInt8:
      return load<std::int8_t>(from);
    case kMatUint8:
      return load<std::uint8_t>(from);
    case kMatInt16:
      return load<std::int16_t>(from);
    case kMatUint16:
      return load<std::uint16_t>(from);
    case kMatInt32:
      return load<std::int32_t>(from);
    case kMatUint32:
      return load<std::uint32_t>(from);
    case kMatSingle:
      return load<float>(from);
    case kMatInt64:
      return load<std::int64_t>(from);
    case kMatUint64:
      return load<std::uint64_t>(from);
    default:
      return load<double>(from);
  }
}

std::vector<MatArray> parse_mat5(std::string_view bytes, std::string_view name) {
  ByteStream file(std::string(name), bytes, Packing::kNone);
  // Free text, an offset that is not used, the version 0x0100 and "MI" as a number of 16 bits.
  file.skip(kHeader - 4);
  const std::uint32_t version = file.read_little_endian();
  file.require_at(kHeader - 4, version == 0x4d490100,
                  "a Matlab file must be of version 5 and little endian", "version and order",
                  version);
  std::vector<MatArray> arrays;
  while (file.offset() < bytes.size()) {
    const std::uint64_t at = file.offset();
    const std::uint32_t type = file.read_little_endian();
    const std::uint32_t length = file.read_little_endian();
    file.require_at(at, type == kMatrix || type == kCompressed,
                    "an element must be an array, compressed or not", "type", type);
    file.require_at(at, length <= file.most_left(), "the file must hold the whole element", "bytes",
                    length, "left", file.most_left());
    if (type == kMatrix) {
      arrays.push_back(read_array(file, length));
      continue;
    }
    ByteStream inside(std::string(name) + ": element at byte " + to_text(at),
                      bytes.substr(file.offset(), length), Packing::kZlib);
    const std::uint32_t inner_type = inside.read_little_endian();
    const std::uint32_t inner_length = inside.read_little_endian();
    inside.require_at(0, inner_type == kMatrix, "a compressed element must be an array", "type",
                      inner_type);
    arrays.push_back(read_array(inside, inner_length));
    inside.finish("the array");
    file.skip(length);
  }
  return arrays;
}

}  // namespace surplus::detail
