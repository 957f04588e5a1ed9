/// A copy of CIFAR-10 as JPEG files.
#ifndef SURPLUS_DATA_CIFAR10_JPEG_H_
#define SURPLUS_DATA_CIFAR10_JPEG_H_

#include <filesystem>
#include <string_view>

#include "surplus/data/images.h"

namespace surplus {

/// Reads images.tar.xz, whose files are train/CLASS/NUMBER.jpg and test/CLASS/NUMBER.jpg with the names
/// of the ten classes and numbers from 0 on, and train-labels.u8, a byte for each training image in
/// the order of the binary version: image i is the next of its class. The test images are those of
/// the ten classes in turn. The copy is lossy, and the title says that it is one.
///
/// Throws  DataError if a file is missing, cut off or damaged, if a picture is no JPEG of 32 x 32, comes
///         twice or is missing, or if a label is not below 10
/// Cost    one pass; the archive, unpacked picture by picture, and the result in memory
ImageSet read_cifar10_jpeg(const std::filesystem::path& folder);

/// The same of files in memory; messages call the archive `name`.
ImageSet parse_cifar10_jpeg(std::string_view archive, std::string_view labels,
                            std::string_view name);

}  // namespace surplus

#endif  // SURPLUS_DATA_CIFAR10_JPEG_H_
