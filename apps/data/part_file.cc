#include "apps/data/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

#include "apps/runner/run.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPoll{100};

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw DataError(
      error_message("PartFile", path.string() + " must be writable", "error", error.message()));
}

[[noreturn]] void fail(const fs::path& path) {
  fail(path, std::error_code(errno, std::generic_category()));
}

/// Whether `path` still names the open file, which another process may have renamed or removed.
bool names(const fs::path& path, int file) {
  struct stat on_disk {};
  struct stat open_file {};
  return ::lstat(path.c_str(), &on_disk) == 0 && ::fstat(file, &open_file) == 0 &&
         on_disk.st_dev == open_file.st_dev && on_disk.st_ino == open_file.st_ino;
}

}  // namespace

PartFile::PartFile(const fs::path& name, const std::atomic<bool>& stop) : name_(name), part_(name) {
  part_ += ".part";
  std::error_code error;
  fs::create_directories(name_.parent_path(), error);
  if (error) fail(name_.parent_path(), error);
  while (true) {
    file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file_ < 0) fail(part_);
    int locked = ::flock(file_, LOCK_EX | LOCK_NB);
    while (locked != 0 && (errno == EWOULDBLOCK || errno == EINTR) && !stop) {
      std::this_thread::sleep_for(kPoll);
      locked = ::flock(file_, LOCK_EX | LOCK_NB);
    }
    if (locked == 0 && names(part_, file_)) return;
    const int reason = errno;
    ::close(file_);
    if (locked == 0) continue;
    if (stop) throw Interrupted{};
    fail(part_, std::error_code(reason, std::generic_category()));
  }
}

PartFile::~PartFile() {
  if (!part_.empty()) ::unlink(part_.c_str());  // before the lock goes: the name is still ours
  ::close(file_);
}

void PartFile::restart() {
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0) fail(part_);
}

void PartFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(part_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void PartFile::commit() {
  if (::fsync(file_) != 0 || ::rename(part_.c_str(), name_.c_str()) != 0) fail(name_);
  part_.clear();
}

}  // namespace surplus::apps
