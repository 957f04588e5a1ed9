/// What every kernel test needs: each target in turn, the lengths and offsets where bugs live,
/// operands with poisoned gaps, and canaries around what a kernel writes.
#ifndef SURPLUS_TESTS_SUPPORT_KERNEL_CASES_H_
#define SURPLUS_TESTS_SUPPORT_KERNEL_CASES_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "kernels/targets.h"

namespace surplus::tests {

/// Calls body(name) with each compiled target that runs here in force, then restores the default.
template <typename Body>
void for_each_target(const Body& body) {
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    const std::string name = kernels::target_name(i);
    kernels::force_target(name.c_str());
    body(name);
  }
  kernels::force_target(nullptr);
}

/// {0, 1, L-1, L, L+1, 2L+3, 1000} for the widest target, L lanes of T in 64 bytes.
template <typename T>
std::vector<std::size_t> edge_lengths() {
  constexpr std::size_t lanes = 64 / sizeof(T);
  return {0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 3, 1000};
}

inline const std::size_t kEdgeOffsets[] = {0, 1, 3};

/// Scratch of exactly as many bytes as asked for, so that the address sanitizer sees one too many.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t count)
      : bytes_(static_cast<std::byte*>(::operator new (count, std::align_val_t{64}))) {}
  ~AlignedBytes() { ::operator delete (bytes_, std::align_val_t{64}); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  void* get() const { return bytes_; }

 private:
  std::byte* bytes_;
};

/// A rows x cols operand `offset` elements into its buffer, rows `gap` elements apart from each
/// other. Everything outside the operand holds a quiet NaN: reading it poisons the result, and
/// intact() tells whether anything there was written.
template <typename T>
class Operand {
 public:
  Operand(std::size_t rows, std::size_t cols, std::size_t offset = 0, std::size_t gap = 0)
      : rows_(rows),
        cols_(cols),
        stride_(cols + gap),
        offset_(kMargin + offset),
        buffer_(offset_ + rows * stride_ + kMargin, canary()) {}

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t stride() const { return stride_; }
  T* data() { return buffer_.data() + offset_; }
  const T* data() const { return buffer_.data() + offset_; }
  T& operator()(std::size_t i, std::size_t j) { return data()[i * stride_ + j]; }
  const T& operator()(std::size_t i, std::size_t j) const { return data()[i * stride_ + j]; }

  /// Fills with value(i, j).
  template <typename Value>
  Operand& fill(const Value& value) {
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t j = 0; j < cols_; ++j) (*this)(i, j) = value(i, j);
    }
    return *this;
  }

  /// Fills with reproducible numbers in [low, high).
  Operand& fill_random(std::uint64_t seed, double low = -1, double high = 1) {
    std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    return fill([&](std::size_t, std::size_t) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return static_cast<T>(low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53);
    });
  }

  /// No element outside the operand was written.
  bool intact() const {
    for (std::size_t at = 0; at < buffer_.size(); ++at) {
      const bool inside =
          at >= offset_ && at < offset_ + rows_ * stride_ && (at - offset_) % stride_ < cols_;
      if (!inside && buffer_[at] == buffer_[at]) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kMargin = 32;
  static T canary() { return std::numeric_limits<T>::quiet_NaN(); }

  std::size_t rows_, cols_, stride_, offset_;
  std::vector<T> buffer_;
};

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_SUPPORT_KERNEL_CASES_H_
