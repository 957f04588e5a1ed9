/// Image sets by name, wherever their files lie.
#ifndef SURPLUS_APPS_DATA_IMAGE_SETS_H_
#define SURPLUS_APPS_DATA_IMAGE_SETS_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "surplus/data/images.h"

namespace surplus::apps {

/// The names that open_images() knows.
std::span<const std::string_view> image_set_names();

/// How large a set is, known without its files.
struct ImageSetSize {
  ImageShape shape;
  std::size_t train = 0, test = 0;  ///< images of each part
};
/// Throws  as open_images() if there is no such set
ImageSetSize image_set_size(std::string_view name);

/// Reads a set, its files found and verified as find_dataset() does:
///
/// - mnist, fashion-mnist, cifar-10, svhn: the originals, in their own two parts;
/// - cifar-10-jpeg: a lossy copy of CIFAR-10 in the folder cifar-10-jpeg (or cifar10-jpeg) of a data
///   directory, as read_cifar10_jpeg() reads it or unpacked into the binary batches; there are no
///   hashes to hold it against, and its title says what it is;
/// - digits: the bundled 8 x 8 digits, of which a quarter of each class, drawn with a seed of its
///   own, is the test part.
///
/// given   the directory of --data; empty if none was given
/// Throws  ArgumentError, listing the names, if there is no such set; DataError, naming the command
///         that fetches it, if a file is absent, or if one is not the original or malformed
ImageSet open_images(std::string_view name, const std::filesystem::path& given);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_IMAGE_SETS_H_
