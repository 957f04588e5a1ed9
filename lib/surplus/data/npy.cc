#include "surplus/data/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/npy_format.h"

namespace surplus {
namespace {

using detail::ByteReader;

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  char kind = 'f';          // f, i, u or b
  std::size_t size = 8;     // bytes of an element
  bool swapped = false;     // of the other byte order than ours
  bool by_columns = false;  // the first index varies fastest
  std::vector<std::size_t> shape;
};

/// Reads the text of a header: a Python dictionary of the three keys descr, fortran_order, shape.
class HeaderReader {
 public:
  explicit HeaderReader(ByteReader& bytes) : bytes_(bytes) {}

  Header read() {
    Header header;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::size_t at = bytes_.offset();
      const std::string key = quoted();
      expect(':');
      const std::size_t which = key == "descr" ? 0 : key == "fortran_order" ? 1 : 2;
      bytes_.require_at(at, (which < 2 || key == "shape") && !seen[which],
                        "the keys must be descr, fortran_order and shape, each once", "key",
                        printable(key));
      seen[which] = true;
      if (which == 0) read_type(header);
      if (which == 1) header.by_columns = truth();
      if (which == 2) header.shape = shape();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    bytes_.require(seen[0] && seen[1] && seen[2],
                   "the header must have the keys descr, fortran_order and shape");
    skip_spaces();
    bytes_.require(bytes_.left() == 0, "nothing may follow the dictionary of the header");
    return header;
  }

 private:
  void skip_spaces() {
    constexpr std::string_view kSpaces = " \t\n";
    while (bytes_.left() > 0 && kSpaces.find(bytes_.peek()) != kSpaces.npos) bytes_.skip(1);
  }
  bool accept(char c) {
    skip_spaces();
    if (bytes_.left() == 0 || bytes_.peek() != c) return false;
    bytes_.skip(1);
    return true;
  }
  void expect(char c) {
    const bool found = accept(c);
    bytes_.require(found, "the header must be a Python dictionary", "missing",
                   std::string_view(&c, 1));
  }

  std::string quoted() {
    skip_spaces();
    bytes_.require(bytes_.left() > 0 && (bytes_.peek() == '\'' || bytes_.peek() == '"'),
                   "the header must have a string here");
    const char quote = bytes_.peek();
    bytes_.skip(1);
    std::string text;
    while (bytes_.left() > 0 && bytes_.peek() != quote) {
      text += bytes_.peek();
      bytes_.skip(1);
    }
    expect(quote);
    return text;
  }

  void read_type(Header& header) {
    skip_spaces();
    const std::size_t at = bytes_.offset();
    const std::string type = quoted();
    constexpr std::string_view kOrders = "<>=|", kTypes = "f4f8i1i2i4i8u1u2u4u8b1";
    const std::string element = type.empty() ? type : type.substr(1);
    const std::size_t found = element.size() == 2 ? kTypes.find(element) : kTypes.npos;
    const bool known =
        found != kTypes.npos && found % 2 == 0 && kOrders.find(type[0]) != kOrders.npos;
    bytes_.require_at(at, known,
                      "the elements must be numbers of one of the types f4 f8 i1 ... u8 b1", "type",
                      printable(type));
    header.kind = element[0];
    header.size = static_cast<std::size_t>(element[1] - '0');
    constexpr bool kLittle = std::endian::native == std::endian::little;
    header.swapped = header.size > 1 && type[0] == (kLittle ? '>' : '<');
  }

  bool truth() {
    skip_spaces();
    for (const std::string_view word : {"True", "False"}) {
      if (bytes_.rest().starts_with(word)) {
        bytes_.skip(word.size());
        return word == "True";
      }
    }
    bytes_.require(false, "fortran_order must be True or False");
    return false;
  }

  std::vector<std::size_t> shape() {
    std::vector<std::size_t> sizes;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      const std::size_t at = bytes_.offset();
      std::size_t digits = 0, size = 0;
      bool fits = true;
      for (; bytes_.left() > 0 && bytes_.peek() >= '0' && bytes_.peek() <= '9'; ++digits) {
        const auto digit = static_cast<std::size_t>(bytes_.peek() - '0');
        fits = fits && size <= (std::numeric_limits<std::size_t>::max() - digit) / 10;
        size = size * 10 + digit;
        bytes_.skip(1);
      }
      bytes_.require_at(at, digits > 0 && fits, "a dimension must be a number below 2^64");
      accept('L');  // as Python 2 wrote long integers
      sizes.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  ByteReader& bytes_;
};

Header read_header(ByteReader& bytes) {
  bytes.require(bytes.rest().starts_with(kMagic), "an NPY file must start with its magic number");
  bytes.skip(kMagic.size());
  bytes.require(bytes.left() >= 2, "the file must not end here");
  const int version = static_cast<unsigned char>(bytes.peek());
  bytes.require(version >= 1 && version <= 3, "the format version must be 1, 2 or 3", "version",
                version);
  bytes.skip(2);
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  bytes.require(bytes.left() >= length_bytes, "the file must not end here");
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length |= std::size_t{static_cast<unsigned char>(bytes.rest()[i])} << (8 * i);
  }
  bytes.skip(length_bytes);
  bytes.require(bytes.left() >= length, "the file must hold its whole header", "header", length,
                "left", bytes.left());
  ByteReader text = bytes.take(length);
  return HeaderReader(text).read();
}

template <typename Raw>
Raw load(const char* from, bool swapped) {
  std::array<char, sizeof(Raw)> raw;
  std::memcpy(raw.data(), from, sizeof(Raw));
  if (swapped) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<Raw>(raw);
}

/// The element as a T; none if it is not one.
template <typename T, typename Raw>
std::optional<T> convert(Raw raw) {
  const T value = static_cast<T>(raw);
  if constexpr (std::is_floating_point_v<Raw>) {
    if (std::isinf(value) && !std::isinf(raw)) return std::nullopt;
  } else {
    // The rounded value may be 2^63 or 2^64, which does not go back.
    constexpr T kEnd = static_cast<T>((std::numeric_limits<Raw>::max() >> 1) + 1) * 2;
    if (value >= kEnd || static_cast<Raw>(value) != raw) return std::nullopt;
  }
  return value;
}

template <typename T, typename Raw>
void read_elements(ByteReader& bytes, const Header& header, Matrix<T>& x) {
  // Where the next element goes, in the order of rows: the index counts up from its first
  // dimension if columns come first, and the strides are those of the order of rows.
  const std::vector<std::size_t>& shape = header.shape;
  std::vector<std::size_t> index(shape.size()), stride(shape.size(), 1);
  for (std::size_t l = shape.size(); l-- > 1;) stride[l - 1] = stride[l] * shape[l];
  std::size_t to = 0;
  for (std::size_t count = 0; count < x.size(); ++count) {
    const Raw raw = load<Raw>(bytes.rest().data(), header.swapped);
    const std::optional<T> value = convert<T>(raw);
    bytes.require(value.has_value(), "each element must fit into the type it is read as", "value",
                  raw, "bits", 8 * sizeof(T));
    x.data()[header.by_columns ? to : count] = *value;
    bytes.skip(sizeof(Raw));
    for (std::size_t l = 0; header.by_columns && l < shape.size(); ++l) {
      to += stride[l];
      if (++index[l] < shape[l]) break;
      to -= stride[l] * shape[l];
      index[l] = 0;
    }
  }
}

template <typename T>
void read_elements_of_type(ByteReader& bytes, const Header& header, Matrix<T>& x) {
  const std::string type = header.kind + std::to_string(header.size);
  if (type == "f4") return read_elements<T, float>(bytes, header, x);
  if (type == "f8") return read_elements<T, double>(bytes, header, x);
  if (type == "i1") return read_elements<T, std::int8_t>(bytes, header, x);
  if (type == "i2") return read_elements<T, std::int16_t>(bytes, header, x);
  if (type == "i4") return read_elements<T, std::int32_t>(bytes, header, x);
  if (type == "i8") return read_elements<T, std::int64_t>(bytes, header, x);
  if (type == "u2") return read_elements<T, std::uint16_t>(bytes, header, x);
  if (type == "u4") return read_elements<T, std::uint32_t>(bytes, header, x);
  if (type == "u8") return read_elements<T, std::uint64_t>(bytes, header, x);
  return read_elements<T, std::uint8_t>(bytes, header, x);  // u1, b1
}

/// The number of elements, none if their bytes cannot be counted.
std::optional<std::size_t> element_count(const Header& header) {
  // A matrix of doubles must be able to hold what was bytes in the file.
  constexpr std::size_t kMost = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(double);
  std::size_t count = 1;
  bool empty = false;
  for (const std::size_t size : header.shape) {
    empty = empty || size == 0;
    if (size > 0 && count > kMost / size) return std::nullopt;
    if (size > 0) count *= size;
  }
  return empty ? 0 : count;
}

template <typename T>
void write_matrix(const std::filesystem::path& path, MatrixView<const T> x) {
  write_file_atomically(path, [&](const Append& append) { detail::append_npy(x, append); });
}

template <typename T>
void append_array(MatrixView<const T> x, const Append& append) {
  constexpr char kOrder = std::endian::native == std::endian::little ? '<' : '>';
  std::string dictionary = "{'descr': '" + std::string(1, kOrder) + "f" +
                           std::to_string(sizeof(T)) + "', 'fortran_order': False, 'shape': (" +
                           to_text(x.rows()) + ", " + to_text(x.cols()) + "), }";
  // The data start at a multiple of 64 bytes, the line end before them is the header's last byte.
  constexpr std::size_t kBefore = 10, kAlignment = 64;
  dictionary.append(kAlignment - 1 - (kBefore + dictionary.size()) % kAlignment, ' ');
  dictionary += '\n';
  std::string head(kMagic);
  head.append("\x01\x00", 2);
  head += static_cast<char>(dictionary.size() % 256);
  head += static_cast<char>(dictionary.size() / 256);
  append(head + dictionary);
  const auto bytes = [](const T* from, std::size_t count) {
    return std::string_view(reinterpret_cast<const char*>(from), count * sizeof(T));
  };
  if (x.empty()) return;
  if (x.is_contiguous()) return append(bytes(x.data(), x.rows() * x.cols()));
  for (std::size_t i = 0; i < x.rows(); ++i) append(bytes(x.row(i).data(), x.cols()));
}

}  // namespace

template <typename T>
Matrix<T> parse_npy(std::string_view bytes, std::string_view name) {
  ByteReader reader(name, bytes);
  const Header header = read_header(reader);
  const std::optional<std::size_t> count = element_count(header);
  reader.require(count.has_value(), "the shape must fit into memory");
  reader.require(reader.left() / header.size >= *count, "the file must hold all elements",
                 "elements", *count, "bytes", reader.left());
  reader.require(reader.left() == *count * header.size, "nothing may follow the elements",
                 "elements", *count, "bytes", reader.left());
  const std::size_t rows = header.shape.empty() ? 1 : header.shape[0];
  std::size_t cols = 1;
  for (std::size_t l = 1; l < header.shape.size(); ++l) cols *= header.shape[l];
  Matrix<T> x(rows, cols);
  read_elements_of_type(reader, header, x);
  return x;
}
template Matrix<float> parse_npy<float>(std::string_view, std::string_view);
template Matrix<double> parse_npy<double>(std::string_view, std::string_view);

template <typename T>
Matrix<T> read_npy(const std::filesystem::path& path) {
  return parse_npy<T>(read_file(path), path.string());
}
template Matrix<float> read_npy<float>(const std::filesystem::path&);
template Matrix<double> read_npy<double>(const std::filesystem::path&);

void write_npy(const std::filesystem::path& path, MatrixView<const float> x) {
  write_matrix(path, x);
}
void write_npy(const std::filesystem::path& path, MatrixView<const double> x) {
  write_matrix(path, x);
}

void detail::append_npy(MatrixView<const float> x, const Append& append) {
  append_array(x, append);
}
void detail::append_npy(MatrixView<const double> x, const Append& append) {
  append_array(x, append);
}

}  // namespace surplus
