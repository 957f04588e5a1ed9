/// Street View House Numbers, cropped digits.
#ifndef SURPLUS_DATA_SVHN_H_
#define SURPLUS_DATA_SVHN_H_

#include <filesystem>
#include <string_view>

#include "surplus/data/images.h"

namespace surplus {

/// Reads train_32x32.mat or test_32x32.mat: a Matlab file of version 5 with the arrays X, bytes of
/// 32 x 32 x 3 x n by columns, and y, the n digits, with 10 for the digit 0, which gets the label 0.
/// Elements may be compressed or not.
///
/// Throws  DataError with path and byte offset if the file is missing, cut off, damaged or followed
///         by other data, if it does not hold these two arrays alone, if they have other shapes or
///         types or do not fit together, or if a digit is not a whole number from 1 to 10
/// Cost    one pass; the file and the result in memory. A header that announces more than the file
///         can hold is refused before memory is asked for
/// Source  Netzer et al. (2011), Reading digits in natural images with unsupervised feature learning;
///         MathWorks, MAT-File Format, "level 5"
ByteImages read_svhn(const std::filesystem::path& path);

/// The same for bytes in memory, which messages call `name`.
ByteImages parse_svhn(std::string_view bytes, std::string_view name);

}  // namespace surplus

#endif  // SURPLUS_DATA_SVHN_H_
