#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/cifar10.h"

namespace {

void check(const surplus::ByteImages& images) {
  if (images.size() == 0 || images.pixels.size() != images.size() * 3072) __builtin_trap();
  for (const std::uint8_t label : images.labels) {
    if (label >= 10) __builtin_trap();
  }
}

}  // namespace

/// Any bytes are an archive, a batch or a DataError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const ImageSet set = parse_cifar10_archive(bytes, "fuzz");
    check(set.train);
    check(set.test);
  } catch (const DataError&) {
  }
  try {
    check(parse_cifar10_batch(bytes, "fuzz"));
  } catch (const DataError&) {
  }
  return 0;
}
