/// A file in the making: it takes its name only when it is whole.
#ifndef SURPLUS_APPS_DATA_PART_FILE_H_
#define SURPLUS_APPS_DATA_PART_FILE_H_

#include <atomic>
#include <filesystem>
#include <span>

namespace surplus::apps {

/// NAME.part beside NAME, locked: of several processes that make the same file, one at a time goes
/// on. Removed unless committed; what a killed process left behind is overwritten.
class PartFile {
 public:
  /// Makes the directories of `name`, and waits until no other process makes the file.
  ///
  /// Throws  DataError if the file cannot be made; Interrupted if `stop` is set while waiting
  PartFile(const std::filesystem::path& name, const std::atomic<bool>& stop);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Empties the file.
  void restart();
  /// Throws DataError if the disk is full or fails.
  void append(std::span<const char> bytes);
  /// Gives the file its name, replacing a file of that name, once it is safely on the disk.
  void commit();

 private:
  std::filesystem::path name_;
  std::filesystem::path part_;
  int file_ = -1;
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_PART_FILE_H_
