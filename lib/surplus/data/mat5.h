/// Arrays of numbers in Matlab's files of version 5.
#ifndef SURPLUS_DATA_MAT5_H_
#define SURPLUS_DATA_MAT5_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace surplus::detail {

/// An array as it is stored: by columns, the first index varying fastest. What Matlab holds as
/// doubles it stores as the smallest integers that they fit into.
struct MatArray {
  std::string name;
  std::vector<std::size_t> shape;
  std::uint32_t type = 0;                ///< of the stored elements, one of kMat...
  std::vector<std::uint8_t> bytes = {};  ///< of the elements, little endian

  std::size_t size() const;
  /// Element i as a double. The 64-bit integers are rounded.
  double operator[](std::size_t i) const;
};

constexpr std::uint32_t kMatInt8 = 1, kMatUint8 = 2, kMatInt16 = 3, kMatUint16 = 4, kMatInt32 = 5,
                        kMatUint32 = 6, kMatSingle = 7, kMatDouble = 9, kMatInt64 = 12,
                        kMatUint64 = 13;

/// All arrays of a little-endian file, which must be real, full and of numbers.
///
/// Throws  DataError with `name` and byte offset otherwise
std::vector<MatArray> parse_mat5(std::string_view bytes, std::string_view name);

}  // namespace surplus::detail

#endif  // SURPLUS_DATA_MAT5_H_
