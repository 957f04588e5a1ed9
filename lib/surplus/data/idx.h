/// Images and labels in the idx files of MNIST and Fashion-MNIST, plain or packed with gzip.
#ifndef SURPLUS_DATA_IDX_H_
#define SURPLUS_DATA_IDX_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "surplus/data/images.h"

namespace surplus {

/// Reads a file of grey images (idx3, bytes) and the file of their labels (idx1, bytes).
///
/// Throws  DataError with path and byte offset, of the unpacked bytes, if a file is missing, cut
///         off, damaged or followed by other data, of another magic number, without an image or a
///         pixel, if a label is not below `classes`, or if there are not as many labels as images
/// Cost    one pass; the file and the result in memory. A header that announces more than its file
///         can hold is refused before memory is asked for
/// Source  LeCun, Cortes, Burges, The MNIST database of handwritten digits, "file formats"
ByteImages read_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
                    std::size_t classes = 10);

/// The same for the bytes of one file in memory, which messages call `name`; the images come
/// without labels.
ByteImages parse_idx_images(std::string_view bytes, std::string_view name);
std::vector<std::uint8_t> parse_idx_labels(std::string_view bytes, std::string_view name,
                                           std::size_t classes = 10);

}  // namespace surplus

#endif  // SURPLUS_DATA_IDX_H_
