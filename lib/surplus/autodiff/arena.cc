#include "surplus/autodiff/arena.h"

#include <algorithm>

namespace surplus::ad {
namespace {

constexpr std::size_t kBlock = kAlignment, kFirstChunk = std::size_t{1} << 16;

std::size_t whole_blocks(std::size_t bytes) {
  return std::max(kBlock, (bytes + kBlock - 1) / kBlock * kBlock);
}

}  // namespace

void* Arena::take(std::size_t bytes) {
  const std::size_t size = whole_blocks(bytes);
  // The smallest block that fits; what it has too much stays to be taken.
  auto best = given_.end();
  for (auto block = given_.begin(); block != given_.end(); ++block) {
    if (block->size >= size && (best == given_.end() || block->size < best->size)) best = block;
  }
  if (best != given_.end()) {
    std::byte* const data = best->data;
    best->data += size;
    best->size -= size;
    if (best->size == 0) given_.erase(best);
    return data;
  }
  while (end_.chunk < chunks_.size() && chunks_[end_.chunk].size - end_.used < size) {
    end_ = {end_.chunk + 1, 0};
  }
  if (end_.chunk == chunks_.size()) {
    const std::size_t grown = std::max({size, kFirstChunk, capacity()});
    chunks_.push_back({Memory(static_cast<std::byte*>(allocate(grown))), grown});
  }
  std::byte* const data = chunks_[end_.chunk].data.get() + end_.used;
  end_.used += size;
  return data;
}

void Arena::give(void* block, std::size_t bytes) {
  given_.push_back({static_cast<std::byte*>(block), whole_blocks(bytes)});
}

void Arena::rewind(Mark mark) {
  end_ = mark;
  given_.clear();
}

std::size_t Arena::capacity() const {
  std::size_t sum = 0;
  for (const Chunk& chunk : chunks_) sum += chunk.size;
  return sum;
}

}  // namespace surplus::ad
