#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/idx.h"

/// Any bytes are images, labels or a DataError, and take no more memory than their file allows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t most = 1032 * size;  // as gzip unpacks at best
  try {
    const ByteImages images = parse_idx_images(bytes, "fuzz");
    const std::size_t count = images.pixels.size();
    if (count == 0 || count > most || count % images.shape.size() != 0) __builtin_trap();
  } catch (const DataError&) {
  }
  try {
    const auto labels = parse_idx_labels(bytes, "fuzz");
    if (labels.empty() || labels.size() > most) __builtin_trap();
    for (const std::uint8_t label : labels) {
      if (label >= 10) __builtin_trap();
    }
  } catch (const DataError&) {
  }
  return 0;
}
