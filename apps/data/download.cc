#include "apps/data/download.h"

#include <curl/curl.h>

#include <array>
#include <exception>
#include <memory>
#include <new>

#include "apps/data/lookup.h"
#include "apps/data/part_file.h"
#include "apps/data/sha256.h"
#include "apps/runner/run.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

/// What libcurl's callbacks work on. No exception may pass through libcurl, so it waits here.
struct Transfer {
  const DatasetFile& file;
  PartFile& part;
  const DownloadConfig& config;
  const std::atomic<bool>& stop;
  Sha256 sha256{};
  std::uint64_t bytes = 0;
  bool too_long = false;
  std::exception_ptr failure{};
};

std::size_t on_bytes(char* data, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.too_long = count > transfer.file.bytes - transfer.bytes;
  if (transfer.too_long) return CURL_WRITEFUNC_ERROR;
  transfer.bytes += count;
  try {
    transfer.sha256.update({data, count});
    transfer.part.append({data, count});
  } catch (...) {
    transfer.failure = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
  return count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.stop) return 1;
  try {
    if (transfer.config.progress) transfer.config.progress(transfer.bytes);
  } catch (...) {
    transfer.failure = std::current_exception();
    return 1;
  }
  return 0;
}

/// Fetches `url` into transfer.part. Empty if it delivered the original, else what went wrong.
std::string try_mirror(const std::string& url, Transfer& transfer) {
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(), curl_easy_cleanup);
  if (handle == nullptr) throw std::bad_alloc();
  CURL* curl = handle.get();
  std::array<char, CURL_ERROR_SIZE> message{};
  const auto seconds = static_cast<long>(transfer.config.timeout.count());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message.data());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, seconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, seconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "surplus");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);

  const CURLcode code = curl_easy_perform(curl);
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (transfer.stop) throw Interrupted{};
  if (transfer.too_long) return "more bytes than the original";
  if (code != CURLE_OK) return message[0] != '\0' ? message.data() : curl_easy_strerror(code);
  if (transfer.bytes < transfer.file.bytes) {
    return to_text(transfer.bytes) + " bytes instead of " + to_text(transfer.file.bytes);
  }
  const std::string sha256 = transfer.sha256.finish();
  return sha256 == transfer.file.sha256 ? "" : "other content with the SHA-256 " + sha256;
}

bool is_original(const DatasetFile& file, const std::filesystem::path& path) {
  try {
    require_original(file, {path});
    return true;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

bool download(const DatasetFile& file, std::span<const std::string> urls,
              const std::filesystem::path& target, const DownloadConfig& config,
              const std::atomic<bool>& stop) {
  PartFile part(target, stop);
  if (is_original(file, target)) return false;  // another process was faster
  std::string answers;
  for (const std::string& url : urls) {
    part.restart();
    Transfer transfer{file, part, config, stop};
    const std::string wrong = try_mirror(url, transfer);
    if (wrong.empty()) {
      part.commit();
      return true;
    }
    answers.append(answers.empty() ? "; got from " : ", from ");
    answers.append(url).append(": ").append(wrong);
  }
  throw DataError("download: a mirror must deliver " + std::string(file.path) + answers);
}

}  // namespace surplus::apps
