#include <archive.h>
#include <archive_entry.h>

#include <exception>
#include <memory>
#include <string>

#include "surplus/data/npy.h"
#include "surplus/data/npy_format.h"
#include "surplus/data/zip_members.h"

namespace surplus {
namespace {

constexpr std::string_view kSuffix = ".npy";

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

std::string error_of(archive* zip) {
  const char* text = archive_error_string(zip);
  return text == nullptr ? "unknown" : printable(text);
}

// What libarchive's callback needs, and the exception that must not fly through it.
struct Sink {
  const Append& append;
  std::exception_ptr exception;
};

la_ssize_t write_to_sink(archive*, void* data, const void* bytes, std::size_t count) {
  Sink& sink = *static_cast<Sink*>(data);
  try {
    sink.append({static_cast<const char*>(bytes), count});
    return static_cast<la_ssize_t>(count);
  } catch (...) {
    sink.exception = std::current_exception();
    return -1;
  }
}

template <typename T>
void append_array(const MatrixView<T>& x, const Append& append) {
  detail::append_npy(x, append);
}
void append_array(const NpzArray& x, const Append& append) {
  std::visit([&](const auto& view) { detail::append_npy(view, append); }, x);
}

template <typename Array>
void write_archive(const std::map<std::string, Array>& arrays, NpzCompression compression,
                   const Append& append) {
  Sink sink{append, nullptr};
  const Archive zip(archive_write_new(), archive_write_free);
  const auto require_done = [&](int status) {
    if (sink.exception) std::rethrow_exception(sink.exception);
    SURPLUS_REQUIRE(status >= ARCHIVE_WARN, DataError, "write_npz", "the archive must be writable",
                    "error", error_of(zip.get()));
  };
  require_done(archive_write_set_format_zip(zip.get()));
  require_done(archive_write_set_options(zip.get(), compression == NpzCompression::kStore
                                                        ? "zip:compression=store"
                                                        : "zip:compression=deflate"));
  require_done(archive_write_set_bytes_in_last_block(zip.get(), 1));
  require_done(archive_write_open(zip.get(), &sink, nullptr, write_to_sink, nullptr));
  for (const auto& [name, x] : arrays) {
    std::size_t size = 0;
    append_array(x, [&](std::string_view bytes) { size += bytes.size(); });
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), (name + std::string(kSuffix)).c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    require_done(archive_write_header(zip.get(), entry.get()));
    append_array(x, [&](std::string_view bytes) {
      while (!bytes.empty()) {
        const la_ssize_t done = archive_write_data(zip.get(), bytes.data(), bytes.size());
        require_done(done > 0 ? ARCHIVE_OK : ARCHIVE_FATAL);
        bytes.remove_prefix(static_cast<std::size_t>(done));
      }
    });
  }
  require_done(archive_write_close(zip.get()));
}

template <typename Array>
void write_arrays(const std::filesystem::path& path, const std::map<std::string, Array>& arrays,
                  NpzCompression compression) {
  SURPLUS_REQUIRE(!arrays.empty(), ArgumentError, "write_npz", "there must be an array");
  SURPLUS_REQUIRE(!arrays.contains(""), ArgumentError, "write_npz", "each array must have a name");
  write_file_atomically(path,
                        [&](const Append& append) { write_archive(arrays, compression, append); });
}

}  // namespace

template <typename T>
std::map<std::string, Matrix<T>> parse_npz(std::string_view bytes, std::string_view name) {
  std::map<std::string, Matrix<T>> arrays;
  detail::for_each_zip_member(
      bytes, name, "an NPZ file", [](const std::string& path) { return path.ends_with(kSuffix); },
      [&](const std::string& path, const std::string& contents) {
        const std::string key = path.substr(0, path.size() - kSuffix.size());
        const std::string member = std::string(name) + ": " + printable(key);
        const bool is_new = arrays.emplace(key, parse_npy<T>(contents, member)).second;
        SURPLUS_REQUIRE(is_new, DataError, name, "the names of the arrays must differ", "name",
                        printable(key));
      });
  return arrays;
}
template std::map<std::string, Matrix<float>> parse_npz<float>(std::string_view, std::string_view);
template std::map<std::string, Matrix<double>> parse_npz<double>(std::string_view,
                                                                 std::string_view);

template <typename T>
std::map<std::string, Matrix<T>> read_npz(const std::filesystem::path& path) {
  return parse_npz<T>(read_file(path), path.string());
}
template std::map<std::string, Matrix<float>> read_npz<float>(const std::filesystem::path&);
template std::map<std::string, Matrix<double>> read_npz<double>(const std::filesystem::path&);

void write_npz(const std::filesystem::path& path,
               const std::map<std::string, MatrixView<const float>>& arrays,
               NpzCompression compression) {
  write_arrays(path, arrays, compression);
}
void write_npz(const std::filesystem::path& path,
               const std::map<std::string, MatrixView<const double>>& arrays,
               NpzCompression compression) {
  write_arrays(path, arrays, compression);
}
void write_mixed_npz(const std::filesystem::path& path,
                     const std::map<std::string, NpzArray>& arrays, NpzCompression compression) {
  write_arrays(path, arrays, compression);
}

}  // namespace surplus
