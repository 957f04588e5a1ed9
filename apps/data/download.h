/// Fetching one file of a data set.
#ifndef SURPLUS_APPS_DATA_DOWNLOAD_H_
#define SURPLUS_APPS_DATA_DOWNLOAD_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "apps/data/catalog.h"

namespace surplus::apps {

struct DownloadConfig {
  /// How long a mirror may take to connect, or send less than 100 bytes per second.
  std::chrono::seconds timeout{30};
  /// Called now and then with the bytes received so far from the mirror in use.
  std::function<void(std::uint64_t bytes)> progress;
};

/// Fetches `file` into `target` from the first of `urls` that delivers the original. The file
/// appears under its name only when its size and SHA-256 are right, and until then as NAME.part,
/// which is removed when this fails. Certificates are verified; redirects are followed.
///
/// Returns false if the original was at `target` already: nothing was fetched then.
/// Throws  DataError, with what each mirror said, if none delivers; DataError if `target` cannot be
///         written; Interrupted if `stop` is set meanwhile
bool download(const DatasetFile& file, std::span<const std::string> urls,
              const std::filesystem::path& target, const DownloadConfig& config,
              const std::atomic<bool>& stop);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_DOWNLOAD_H_
