/// Bytes of a file, read from front to back and unpacked on the way.
#ifndef SURPLUS_DATA_BYTE_STREAM_H_
#define SURPLUS_DATA_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "surplus/core/errors.h"

namespace surplus::detail {

enum class Packing { kNone, kGzip, kZlib };

/// kGzip if these are the bytes of a gzip file, else kNone.
Packing packing_of(std::string_view bytes);

/// Errors say at which offset of the unpacked bytes.
class ByteStream {
 public:
  ByteStream(std::string name, std::string_view bytes, Packing packing);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  std::uint64_t offset() const { return offset_; }

  /// No more bytes than this can follow: what a header announces is held against it before memory
  /// is asked for.
  std::uint64_t most_left() const;

  /// The next to.size() bytes. Throws DataError if there are fewer.
  void read(std::span<std::uint8_t> to);
  void skip(std::uint64_t count);

  /// Throws DataError unless `last`, "the pixels" say, was the last that there is.
  void finish(std::string_view last);

  /// The next four bytes as a number.
  std::uint32_t read_big_endian();
  std::uint32_t read_little_endian();

  /// Throws DataError `name: byte offset: requirement; got ...` unless `condition` holds.
  template <typename... Pairs>
  void require(bool condition, std::string_view requirement, const Pairs&... pairs) const {
    require_at(offset_, condition, requirement, pairs...);
  }
  template <typename... Pairs>
  void require_at(std::uint64_t offset, bool condition, std::string_view requirement,
                  const Pairs&... pairs) const {
    if (condition) return;
    throw DataError(error_message(name_ + ": byte " + to_text(offset), requirement, pairs...));
  }

 private:
  struct Inflater;

  std::size_t take(std::span<std::uint8_t> to);

  std::string name_;
  std::string_view bytes_;  // those not taken yet; of a packed stream, those not given to zlib
  std::uint64_t offset_ = 0;
  std::unique_ptr<Inflater> inflater_;  // none if the bytes are not packed
};

}  // namespace surplus::detail

#endif  // SURPLUS_DATA_BYTE_STREAM_H_
