/// Counts what a test program takes from the heap. It replaces the program's operators new and delete, so one source
/// of the program includes it, and no other.
#ifndef SURPLUS_TESTS_SUPPORT_ALLOCATIONS_H_
#define SURPLUS_TESTS_SUPPORT_ALLOCATIONS_H_

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace surplus::tests {

/// Calls of operator new since the program's start, of all threads.
inline std::atomic<std::size_t> allocations = 0;

/// Bytes that they have given and that are not given back; and the most there have been, since it was last set.
inline std::atomic<std::size_t> bytes_in_use = 0, peak_bytes = 0;

inline void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  if (void* memory = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment)) {
    const std::size_t now = bytes_in_use += malloc_usable_size(memory);
    for (std::size_t peak = peak_bytes;
         peak < now && !peak_bytes.compare_exchange_weak(peak, now);) {
    }
    return memory;
  }
  throw std::bad_alloc();
}

inline void give_back(void* memory) {
  if (memory != nullptr) bytes_in_use -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace surplus::tests

// Not inlined, because GCC 12 would see free of what came from an operator new that it did not inline, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return surplus::tests::counted(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return surplus::tests::counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { surplus::tests::give_back(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  surplus::tests::give_back(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  surplus::tests::give_back(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  surplus::tests::give_back(memory);
}

#endif
