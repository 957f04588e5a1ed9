/// Counts what a test program takes from the heap. It replaces the program's operators new and delete, so one source
/// of the program includes it, and no other.
#ifndef SURPLUS_TESTS_SUPPORT_ALLOCATIONS_H_
#define SURPLUS_TESTS_SUPPORT_ALLOCATIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace surplus::tests {

/// Calls of operator new since the program's start, of all threads.
inline std::atomic<std::size_t> allocations = 0;

inline void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  if (void* memory = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment)) {
    return memory;
  }
  throw std::bad_alloc();
}

}  // namespace surplus::tests

// Not inlined, because GCC 12 would see free of what came from an operator new that it did not inline, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return surplus::tests::counted(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return surplus::tests::counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#endif
