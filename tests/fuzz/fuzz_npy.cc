#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/npy.h"

/// Any bytes are an array or a DataError; an array takes no more memory than its file allows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    if (parse_npy<double>(bytes, "fuzz").size() > size) __builtin_trap();
  } catch (const DataError&) {
  }
  try {
    if (parse_npy<float>(bytes, "fuzz").size() > size) __builtin_trap();
  } catch (const DataError&) {
  }
  return 0;
}
