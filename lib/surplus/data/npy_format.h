/// What the readers and writers of NPY and NPZ share.
#ifndef SURPLUS_DATA_NPY_FORMAT_H_
#define SURPLUS_DATA_NPY_FORMAT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/matrix.h"

namespace surplus::detail {

/// Bytes of a file, read from front to back; errors say at which offset.
class ByteReader {
 public:
  ByteReader(std::string_view name, std::string_view bytes) : name_(name), bytes_(bytes) {}

  std::size_t offset() const { return start_ + at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::string_view rest() const { return bytes_.substr(at_); }
  char peek() const { return bytes_[at_]; }
  void skip(std::size_t count) { at_ += count; }

  /// The next `count` bytes, as a reader of their own.
  ByteReader take(std::size_t count) {
    ByteReader piece(name_, rest().substr(0, count));
    piece.start_ = offset();
    skip(count);
    return piece;
  }

  /// Throws DataError `name: byte offset: requirement; got ...` unless `condition` holds.
  template <typename... Pairs>
  void require(bool condition, std::string_view requirement, const Pairs&... pairs) const {
    require_at(offset(), condition, requirement, pairs...);
  }
  template <typename... Pairs>
  void require_at(std::size_t offset, bool condition, std::string_view requirement,
                  const Pairs&... pairs) const {
    if (condition) return;
    throw DataError(
        error_message(std::string(name_) + ": byte " + to_text(offset), requirement, pairs...));
  }

 private:
  std::string_view name_, bytes_;
  std::size_t start_ = 0, at_ = 0;
};

/// Appends an NPY file.
void append_npy(MatrixView<const float> x, const Append& append);
void append_npy(MatrixView<const double> x, const Append& append);

}  // namespace surplus::detail

#endif  // SURPLUS_DATA_NPY_FORMAT_H_
