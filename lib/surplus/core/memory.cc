#include "surplus/core/memory.h"

#include <sys/mman.h>

#include <cstdint>

namespace surplus {

void* allocate(std::size_t bytes) {
  void* const data = ::operator new (bytes, std::align_val_t{kAlignment});
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  if (bytes >= 2 * kHugePage) {
    // Only whole huge pages inside count. It is advice: nothing but speed depends on the answer.
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    const std::uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
    const std::uintptr_t last = (begin + bytes) / kHugePage * kHugePage;
    madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  }
#endif
  return data;
}

}  // namespace surplus
