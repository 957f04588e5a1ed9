#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/svhn.h"

/// Any bytes are labelled images or a DataError, and take no more memory than their file allows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  try {
    const ByteImages images =
        parse_svhn(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    if (images.size() == 0 || images.pixels.size() != images.size() * 3072) __builtin_trap();
    if (images.pixels.size() > 1032 * size) __builtin_trap();
    for (const std::uint8_t label : images.labels) {
      if (label >= 10) __builtin_trap();
    }
  } catch (const DataError&) {
  }
  return 0;
}
