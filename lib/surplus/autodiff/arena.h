/// Where a tape keeps its numbers: memory that is taken piece by piece and kept for the next step.
#ifndef SURPLUS_AUTODIFF_ARENA_H_
#define SURPLUS_AUTODIFF_ARENA_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "surplus/core/memory.h"

namespace surplus::ad {

/// Blocks of 64 bytes from a few large allocations. The same requests in the same order get the
/// same memory again, so that from the second step on nothing is allocated.
class Arena {
 public:
  /// At least `bytes` bytes, aligned to 64, of unspecified content; never null.
  void* take(std::size_t bytes);
  /// Lets take() hand out a block again; `bytes` as it was taken.
  void give(void* block, std::size_t bytes);

  /// A position; rewind() forgets all that was taken since, and blocks given back since.
  struct Mark {
    std::size_t chunk = 0;
    std::size_t used = 0;
  };
  Mark mark() const { return end_; }
  void rewind(Mark mark);

  /// Bytes allocated from the system, in use or not.
  std::size_t capacity() const;

 private:
  using Memory = std::unique_ptr<std::byte[], Deallocate>;
  struct Chunk {
    Memory data;
    std::size_t size = 0;
  };
  struct Block {
    std::byte* data = nullptr;
    std::size_t size = 0;
  };

  std::vector<Chunk> chunks_;
  std::vector<Block> given_;
  Mark end_;
};

}  // namespace surplus::ad

#endif  // SURPLUS_AUTODIFF_ARENA_H_
