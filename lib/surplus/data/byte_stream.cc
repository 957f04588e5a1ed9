#include "surplus/data/byte_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace surplus::detail {
namespace {

// Deflate spends at least a bit on a length and one on a distance, for at most 258 bytes.
constexpr std::uint64_t kMostPerPackedByte = 1032;
constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts with 32 bits

}  // namespace

struct ByteStream::Inflater {
  z_stream zlib{};
  bool ended = false;

  explicit Inflater(Packing packing) {
    constexpr int kLargestWindow = 15, kGzipHeader = 16;
    const int window = kLargestWindow + (packing == Packing::kGzip ? kGzipHeader : 0);
    if (inflateInit2(&zlib, window) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&zlib); }
};

Packing packing_of(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b") ? Packing::kGzip : Packing::kNone;
}

ByteStream::ByteStream(std::string name, std::string_view bytes, Packing packing)
    : name_(std::move(name)),
      bytes_(bytes),
      inflater_(packing == Packing::kNone ? nullptr : std::make_unique<Inflater>(packing)) {}

ByteStream::~ByteStream() = default;

std::uint64_t ByteStream::most_left() const {
  if (inflater_ == nullptr) return bytes_.size();
  // What zlib has read and not given out yet is at most a window and a match of the past input.
  constexpr std::uint64_t kHeld = (std::uint64_t{1} << 15) + 258;
  return (bytes_.size() + inflater_->zlib.avail_in) * kMostPerPackedByte + kHeld;
}

// As many bytes as there are, up to to.size().
std::size_t ByteStream::take(std::span<std::uint8_t> to) {
  if (inflater_ == nullptr) {
    const std::size_t count = std::min(to.size(), bytes_.size());
    std::copy_n(bytes_.begin(), count, to.begin());
    bytes_.remove_prefix(count);
    offset_ += count;
    return count;
  }
  z_stream& zlib = inflater_->zlib;
  std::size_t done = 0;
  while (done < to.size() && !inflater_->ended) {
    if (zlib.avail_in == 0 && !bytes_.empty()) {
      const std::size_t piece = std::min(kPiece, bytes_.size());
      // zlib asks for a pointer to what it does not change.
      zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes_.data()));
      zlib.avail_in = static_cast<uInt>(piece);
      bytes_.remove_prefix(piece);
    }
    const std::size_t wanted = std::min(kPiece, to.size() - done);
    zlib.next_out = to.data() + done;
    zlib.avail_out = static_cast<uInt>(wanted);
    const int status = inflate(&zlib, Z_NO_FLUSH);
    const std::size_t got = wanted - zlib.avail_out;
    done += got;
    offset_ += got;
    require(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR,
            "the compressed data must be undamaged", "error",
            zlib.msg == nullptr ? "a missing dictionary" : zlib.msg);
    inflater_->ended = status == Z_STREAM_END;
    require(got > 0 || inflater_->ended || zlib.avail_in > 0 || !bytes_.empty(),
            "the compressed data must be complete");
  }
  return done;
}

void ByteStream::read(std::span<std::uint8_t> to) {
  const std::size_t got = take(to);
  require(got == to.size(), "the data must not end here", "missing", to.size() - got);
}

void ByteStream::skip(std::uint64_t count) {
  std::array<std::uint8_t, 4096> buffer;
  while (count > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()));
    read(std::span(buffer).first(piece));
    count -= piece;
  }
}

void ByteStream::finish(std::string_view last) {
  const std::uint64_t end = offset_;
  std::array<std::uint8_t, 1> more;
  require_at(end, take(more) == 0, "nothing may follow " + std::string(last));
  require(inflater_ == nullptr || (bytes_.empty() && inflater_->zlib.avail_in == 0),
          "nothing may follow the compressed data");
}

std::uint32_t ByteStream::read_big_endian() {
  std::array<std::uint8_t, 4> b;
  read(b);
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

std::uint32_t ByteStream::read_little_endian() {
  std::array<std::uint8_t, 4> b;
  read(b);
  return std::uint32_t{b[3]} << 24 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[1]} << 8 | b[0];
}

}  // namespace surplus::detail
