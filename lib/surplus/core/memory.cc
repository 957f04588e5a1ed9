#include "surplus/core/memory.h"

#include <sys/mman.h>

#include <memory>

namespace surplus {

void* allocate(std::size_t bytes) {
  void* const data = ::operator new (bytes, std::align_val_t{kAlignment});
#ifdef MADV_HUGEPAGE
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  if (bytes >= 2 * kHugePage) {
    // Only whole huge pages inside count. It is advice: nothing but speed depends on the answer.
    void* first = data;
    std::size_t rest = bytes;
    std::align(kHugePage, kHugePage, first, rest);
    madvise(first, rest / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
#endif
  return data;
}

}  // namespace surplus
