#include "surplus/data/cifar10.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"

namespace surplus {
namespace {

constexpr ImageShape kShape{3, 32, 32};
constexpr std::size_t kClasses = 10, kRecord = 1 + 3 * 32 * 32, kMostImages = 10000;
// The test batch comes last.
constexpr std::array<std::string_view, 6> kBatches = {"data_batch_1.bin", "data_batch_2.bin",
                                                      "data_batch_3.bin", "data_batch_4.bin",
                                                      "data_batch_5.bin", "test_batch.bin"};

void append(ByteImages& to, const ByteImages& from) {
  to.pixels.insert(to.pixels.end(), from.pixels.begin(), from.pixels.end());
  to.labels.insert(to.labels.end(), from.labels.begin(), from.labels.end());
}

ImageSet joined(const std::array<std::optional<ByteImages>, kBatches.size()>& batches,
                std::string_view name) {
  ImageSet set{"CIFAR-10", {kShape}, {kShape}};
  for (std::size_t i = 0; i < kBatches.size(); ++i) {
    SURPLUS_REQUIRE(batches[i].has_value(), DataError, name, "the archive must hold all batches",
                    "missing", kBatches[i]);
    append(i + 1 < kBatches.size() ? set.train : set.test, *batches[i]);
  }
  return set;
}

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

void require_whole(bool condition, archive* tar, std::string_view name) {
  if (condition) return;
  const char* text = archive_error_string(tar);
  throw DataError(error_message(name, "the archive must be a complete tar file", "error",
                                text == nullptr ? "unknown" : printable(text)));
}

std::string contents(archive* tar, std::string_view name) {
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const la_ssize_t got = archive_read_data(tar, buffer.data(), buffer.size());
    require_whole(got >= 0, tar, name);
    // A sparse file of any length fits into a few bytes of an archive.
    if (got == 0 || bytes.size() > kMostImages * kRecord) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

ByteImages parse_cifar10_batch(std::string_view bytes, std::string_view name) {
  const std::size_t n = bytes.size() / kRecord;
  SURPLUS_REQUIRE(n >= 1 && n <= kMostImages && bytes.size() % kRecord == 0, DataError, name,
                  "a batch must hold from 1 to 10000 whole records of 3073 bytes", "bytes",
                  bytes.size());
  ByteImages images{kShape};
  images.labels.resize(n);
  images.pixels.resize(n * kShape.size());
  for (std::size_t i = 0; i < n; ++i) {
    const char* record = bytes.data() + i * kRecord;
    images.labels[i] = static_cast<std::uint8_t>(*record);
    SURPLUS_REQUIRE(images.labels[i] < kClasses, DataError,
                    std::string(name) + ": byte " + to_text(i * kRecord),
                    "a label must be below the number of classes", "label", images.labels[i],
                    "classes", kClasses);
    std::copy_n(record + 1, kShape.size(), images.pixels.data() + i * kShape.size());
  }
  return images;
}

ImageSet parse_cifar10_archive(std::string_view bytes, std::string_view name) {
  const Archive tar(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(tar.get());
  archive_read_support_format_tar(tar.get());
  require_whole(archive_read_open_memory(tar.get(), bytes.data(), bytes.size()) == ARCHIVE_OK,
                tar.get(), name);
  std::array<std::optional<ByteImages>, kBatches.size()> batches;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(tar.get(), &entry)) == ARCHIVE_OK) {
    const char* path = archive_entry_pathname(entry);
    const std::string_view whole = path == nullptr ? "" : path;
    const std::string_view file = whole.substr(whole.rfind('/') + 1);
    const auto* const found = std::find(kBatches.begin(), kBatches.end(), file);
    if (found == kBatches.end()) continue;
    auto& batch = batches[static_cast<std::size_t>(found - kBatches.begin())];
    SURPLUS_REQUIRE(!batch.has_value(), DataError, name, "the archive must hold a batch once",
                    "batch", *found);
    batch = parse_cifar10_batch(contents(tar.get(), name),
                                std::string(name) + ": " + std::string(*found));
  }
  require_whole(status == ARCHIVE_EOF, tar.get(), name);
  return joined(batches, name);
}

ImageSet read_cifar10(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    return parse_cifar10_archive(read_file(path), path.string());
  }
  std::array<std::optional<ByteImages>, kBatches.size()> batches;
  for (std::size_t i = 0; i < kBatches.size(); ++i) {
    const std::filesystem::path batch = path / kBatches[i];
    batches[i] = parse_cifar10_batch(read_file(batch), batch.string());
  }
  return joined(batches, path.string());
}

}  // namespace surplus
