#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/cifar10n.h"

/// Any bytes are a file of labels or a DataError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  try {
    parse_cifar10n(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  } catch (const DataError&) {
  }
  return 0;
}
