/// Files read whole, and written whole or not at all.
#ifndef SURPLUS_CORE_FILE_H_
#define SURPLUS_CORE_FILE_H_

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace surplus {

/// The bytes of a file. Throws DataError if it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Puts `bytes` into the file `path`, which holds either all of them or what it held before, even
/// if the disk is full, the program is killed or the machine stops: they are written to a new file
/// beside it, synchronised, and renamed. A symbolic link is followed; what is not a regular file
/// (a pipe, a terminal) is written to directly.
///
/// Throws  DataError if that is not possible; nothing is left behind
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The same for content that is made piece by piece: calls produce(append), which calls
/// append(bytes) as often as it likes. What produce throws is passed on, and `path` is unchanged.
using Append = std::function<void(std::string_view bytes)>;
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(const Append&)>& produce);

}  // namespace surplus

#endif  // SURPLUS_CORE_FILE_H_
