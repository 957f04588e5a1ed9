#include "apps/data/lookup.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>
#include <type_traits>

#include "apps/data/sha256.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 16;

fs::path environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct Content {
  std::uint64_t bytes = 0;
  std::string sha256;
};

[[noreturn]] void unreadable(const fs::path& path, const char* reason) {
  throw DataError(
      error_message("require_original", path.string() + " must be readable", "error", reason));
}

Content read_plain(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  Sha256 sha256;
  Content content;
  std::array<char, kBuffer> buffer;
  errno = 0;
  while (in) {
    in.read(buffer.data(), buffer.size());
    const auto count = static_cast<std::size_t>(in.gcount());
    sha256.update({buffer.data(), count});
    content.bytes += count;
  }
  if (!in.eof()) unreadable(path, std::strerror(errno));
  content.sha256 = sha256.finish();
  return content;
}

/// Stops soon after `limit` bytes: a small file can unpack to any size.
Content read_packed(const fs::path& path, std::uint64_t limit) {
  errno = 0;
  const std::unique_ptr<std::remove_pointer_t<gzFile>, int (*)(gzFile)> in(
      gzopen(path.c_str(), "rb"), gzclose);
  if (in == nullptr) unreadable(path, std::strerror(errno));
  Sha256 sha256;
  Content content;
  std::array<char, kBuffer> buffer;
  while (content.bytes <= limit) {
    const int count = gzread(in.get(), buffer.data(), buffer.size());
    if (count < 0) unreadable(path, "damaged gzip file");
    if (count == 0) break;
    sha256.update({buffer.data(), static_cast<std::size_t>(count)});
    content.bytes += static_cast<std::uint64_t>(count);
  }
  int state = Z_OK;
  gzerror(in.get(), &state);  // a cut file delivers what it has and then ends
  if (state != Z_OK) unreadable(path, "damaged gzip file");
  content.sha256 = sha256.finish();
  return content;
}

[[noreturn]] void absent(const Dataset& dataset, const DatasetFile& file, const fs::path& given) {
  std::string places;
  for (const fs::path& directory : data_directories(given)) {
    places.append(places.empty() ? "" : " or ").append(directory.string());
  }
  if (places.empty()) places = "any directory, for none is named";
  const std::string looked_for =
      std::string(file.path) + " in " + (dataset.bundled() ? bundled_directory().string() : places);
  const std::string name(dataset.name);
  throw MissingDataset("find_dataset: " + name +
                       (dataset.bundled() ? " must be installed with surplus"
                                          : " must be fetched first: surplus data fetch " + name) +
                       "; got no " + looked_for);
}

}  // namespace

std::vector<fs::path> data_directories(const fs::path& given) {
  std::vector<fs::path> directories;
  if (!given.empty()) directories.push_back(given);
  if (fs::path named = environment("SURPLUS_DATA"); !named.empty()) directories.push_back(named);
  if (fs::path cache = environment("XDG_CACHE_HOME"); cache.is_absolute()) {
    directories.push_back(cache / "surplus");
  } else if (fs::path home = environment("HOME"); !home.empty()) {
    directories.push_back(home / ".cache/surplus");
  }
  return directories;
}

fs::path bundled_directory() {
  // Relative to the program, so that an installation may be moved as a whole.
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed =
      (program.parent_path() / fs::path(SURPLUS_DATADIR).lexically_relative(SURPLUS_BINDIR))
          .lexically_normal();
  return !error && fs::is_directory(installed, error) ? installed : fs::path(SURPLUS_SOURCE_DATA);
}

std::optional<Location> locate(const Dataset& dataset, const DatasetFile& file,
                               const fs::path& given) {
  const std::vector<fs::path> directories =
      dataset.bundled() ? std::vector{bundled_directory()} : data_directories(given);
  std::error_code unreachable;  // counts as not there
  for (const fs::path& directory : directories) {
    fs::path path = directory / file.path;
    if (fs::is_regular_file(path, unreachable)) return Location{path, false};
    path += ".gz";
    if (fs::is_regular_file(path, unreachable)) return Location{path, true};
  }
  return std::nullopt;
}

void require_original(const DatasetFile& file, const Location& location) {
  const Content content =
      location.packed ? read_packed(location.path, file.bytes) : read_plain(location.path);
  SURPLUS_REQUIRE(content.bytes == file.bytes, DataError, "require_original",
                  location.path.string() + " must have the original's size of " +
                      to_text(file.bytes) + " bytes",
                  "bytes", content.bytes);
  SURPLUS_REQUIRE(
      content.sha256 == file.sha256, DataError, "require_original",
      location.path.string() + " must have the original's SHA-256 " + std::string(file.sha256),
      "SHA-256", content.sha256);
}

std::vector<fs::path> find_dataset(std::string_view name, const fs::path& given) {
  const Dataset& dataset = dataset_named(name);
  std::vector<fs::path> paths;
  for (const DatasetFile& file : dataset.files) {
    const std::optional<Location> location = locate(dataset, file, given);
    if (!location) absent(dataset, file, given);
    require_original(file, *location);
    paths.push_back(location->path);
  }
  return paths;
}

}  // namespace surplus::apps
