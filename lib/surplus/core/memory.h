/// Memory for many numbers.
#ifndef SURPLUS_CORE_MEMORY_H_
#define SURPLUS_CORE_MEMORY_H_

#include <cstddef>
#include <new>

namespace surplus {

/// Of what allocate() returns, in bytes: a cache line, and the widest vector.
inline constexpr std::size_t kAlignment = 64;

/// `bytes` bytes of unspecified content, to be given to Deallocate. From 4 MiB on they lie in huge
/// pages if the system hands these out on request: a first pass then takes a fraction of the page
/// faults, and later ones miss fewer translations of addresses.
///
/// Throws  std::bad_alloc
void* allocate(std::size_t bytes);

/// Of smart pointers to what allocate() returned.
struct Deallocate {
  void operator()(void* data) const noexcept {
    ::operator delete (data, std::align_val_t{kAlignment});
  }
};

}  // namespace surplus

#endif  // SURPLUS_CORE_MEMORY_H_
