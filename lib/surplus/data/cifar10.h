/// CIFAR-10 in its binary version.
#ifndef SURPLUS_DATA_CIFAR10_H_
#define SURPLUS_DATA_CIFAR10_H_

#include <filesystem>
#include <string_view>

#include "surplus/data/images.h"

namespace surplus {

/// Reads data_batch_1.bin to data_batch_5.bin (train) and test_batch.bin (test): out of a directory,
/// or out of the archive cifar-10-binary.tar.gz as it is published.
///
/// Throws  DataError if a batch or the archive is missing, cut off or damaged, if the archive holds
///         a batch twice, if a batch holds no image, a part of one or more than 10000, or, with the
///         byte's offset, if a label is not below 10
/// Cost    one pass; the file and the result in memory
/// Source  Krizhevsky (2009), Learning multiple layers of features from tiny images; "binary
///         version" of www.cs.toronto.edu/~kriz/cifar.html
ImageSet read_cifar10(const std::filesystem::path& path);

/// The images of one batch in memory, which messages call `name`: records of a label and 3 x 32 x 32
/// pixels.
ByteImages parse_cifar10_batch(std::string_view bytes, std::string_view name);

/// The set out of a tar archive in memory, packed or not.
ImageSet parse_cifar10_archive(std::string_view bytes, std::string_view name);

}  // namespace surplus

#endif  // SURPLUS_DATA_CIFAR10_H_
