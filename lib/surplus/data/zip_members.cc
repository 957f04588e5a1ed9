#include "surplus/data/zip_members.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "surplus/core/errors.h"

namespace surplus::detail {

void for_each_zip_member(
    std::string_view bytes, std::string_view name, std::string_view what,
    const std::function<bool(const std::string& path)>& wanted,
    const std::function<void(const std::string& path, const std::string& contents)>& use) {
  const std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(), archive_read_free);
  const auto require_whole = [&](bool condition) {
    const char* error = condition ? nullptr : archive_error_string(zip.get());
    SURPLUS_REQUIRE(condition, DataError, name,
                    std::string(what) + " must be a complete ZIP archive", "error",
                    error == nullptr ? "unknown" : printable(error));
  };
  // The seekable reader insists on the directory at the end, without which the file is cut off.
  archive_read_support_format_zip_seekable(zip.get());
  require_whole(archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(zip.get(), &entry)) == ARCHIVE_OK) {
    const char* raw = archive_entry_pathname(entry);
    const std::string path = raw == nullptr ? "" : raw;
    if (!wanted(path)) continue;
    std::string contents;
    char buffer[1 << 16];
    while (true) {
      const la_ssize_t got = archive_read_data(zip.get(), buffer, sizeof(buffer));
      require_whole(got >= 0);
      if (got == 0) break;
      contents.append(buffer, static_cast<std::size_t>(got));
    }
    use(path, contents);
  }
  require_whole(status == ARCHIVE_EOF);
}

}  // namespace surplus::detail
