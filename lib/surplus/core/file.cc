#include "surplus/core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "surplus/core/errors.h"

namespace surplus {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const char* requirement, int error) {
  throw DataError(
      error_message(path.string(), requirement, "error", std::generic_category().message(error)));
}

// Closes on the way out; every call is repeated when a signal interrupts it.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) {
    do {
      fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    } while (fd_ < 0 && errno == EINTR);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

  /// False, with errno set, if not all bytes could be written.
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }

 private:
  int fd_ = -1;
};

// A new file beside the one it shall replace, which is removed unless it did.
class Replacement {
 public:
  explicit Replacement(fs::path path) : path_(std::move(path)), file_(create()) {}
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (!renamed_) ::unlink(temporary_.c_str());
  }

  void append(std::string_view bytes) const {
    if (!file_.write(bytes)) fail(path_, "must be writable", errno);
  }

  void put_in_place() {
    struct stat old {};
    if (::stat(path_.c_str(), &old) == 0) ::fchmod(file_.get(), old.st_mode & 07777);
    if (::fsync(file_.get()) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
      fail(path_, "must be writable", errno);
    }
    renamed_ = true;
    // The new name lasts once the directory is synchronised; some file systems cannot, and the
    // content is safe either way.
    const Descriptor directory(path_.has_parent_path() ? path_.parent_path() : fs::path("."),
                               O_RDONLY | O_DIRECTORY);
    if (directory.is_open()) ::fsync(directory.get());
  }

 private:
  Descriptor create() {
    for (unsigned attempt = 0;; ++attempt) {
      temporary_ = path_;
      temporary_ += ".part-" + to_text(::getpid()) + "-" + to_text(attempt);
      Descriptor file(temporary_, O_WRONLY | O_CREAT | O_EXCL);
      if (file.is_open()) return file;
      if (errno != EEXIST) fail(path_, "must be writable", errno);
    }
  }

  fs::path path_, temporary_;
  Descriptor file_;
  bool renamed_ = false;
};

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.is_open()) fail(path, "must be readable", errno);
  std::string bytes;
  struct stat info {};
  if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)) {
    bytes.reserve(static_cast<std::size_t>(info.st_size));
  }
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got == 0) return bytes;
    if (got > 0) {
      bytes.append(buffer, static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      fail(path, "must be readable", errno);
    }
  }
}

void write_file_atomically(const fs::path& path,
                           const std::function<void(const Append&)>& produce) {
  std::error_code none;
  const fs::file_status status = fs::status(path, none);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    const Descriptor file(path, O_WRONLY);
    if (!file.is_open()) fail(path, "must be writable", errno);
    produce([&](std::string_view bytes) {
      if (!file.write(bytes)) fail(path, "must be writable", errno);
    });
    return;
  }
  Replacement replacement(fs::exists(status) ? fs::canonical(path, none) : path);
  produce([&](std::string_view bytes) { replacement.append(bytes); });
  replacement.put_in_place();
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  write_file_atomically(path, [&](const Append& append) { append(bytes); });
}

}  // namespace surplus
