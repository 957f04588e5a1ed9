#include "kernels/philox.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/philox.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/elementwise-inl.h"
#include "kernels/philox_normal-inl.h"
#include "kernels/philox_words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Numbers `first` to first + n - 1, whole pieces of them by make(block, blocks, streams, out) where they belong,
// others aside.
template <typename T, class Make>
HWY_INLINE void Fill(std::uint64_t first, std::size_t n, T* HWY_RESTRICT out, const Make& make) {
  constexpr std::size_t kPerBlock = 16 / sizeof(T), kPiece = kPerBlock * kBlocks;
  constexpr std::size_t kVector = hn::MaxLanes(hn::ScalableTag<T>());
  HWY_ALIGN T numbers[kPiece];
  const bool is_large = n * sizeof(T) >= kStreamedBytes;
  while (n > 0) {
    const std::uint64_t block = first / kPerBlock;
    const std::size_t skip = first % kPerBlock;
    const std::uint64_t to_carry = (std::uint64_t{1} << 32) - (block & 0xFFFFFFFF);
    std::size_t count = std::min(n, kPerBlock * std::min<std::uint64_t>(kBlocks, to_carry) - skip);
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(out) / sizeof(T) % kVector;
    const std::size_t to_vector = (kVector - offset) % kVector;
    if (is_large && to_vector > 0 && (first + to_vector) % kPerBlock == 0) {
      count = std::min(count, to_vector);
    }
    if (count == kPiece) {
      const bool streams = is_large && to_vector == 0;
      // The next page but one, so that its address is known when it is written.
      if (streams) hwy::Prefetch(out + 2 * kPiece);
      make(block, kBlocks, streams, out);
    } else {
      make(block, (skip + count + kPerBlock - 1) / kPerBlock, false, numbers);
      std::copy_n(numbers + skip, count, out);
    }
    first += count;
    n -= count;
    out += count;
  }
  if (is_large) hwy::FlushStream();
}

template <class Kind>
HWY_INLINE void FillFromWords(std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                              std::size_t n, typename Kind::T* HWY_RESTRICT out) {
  const Keys keys(seed);
  Fill(first, n, out,
       [&](std::uint64_t block, std::size_t blocks, bool streams, typename Kind::T* to) {
         Generate<Kind>(keys, stream, block, blocks, streams, to);
       });
}
template <class Kind>
HWY_INLINE void FillFromPairs(std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                              std::size_t n, typename Kind::T* HWY_RESTRICT out) {
  const Keys keys(seed);
  HWY_ALIGN std::uint64_t words[2 * kBlocks];
  Fill(first, n, out,
       [&](std::uint64_t block, std::size_t blocks, bool streams, typename Kind::T* to) {
         Generate<Bits>(keys, stream, block, blocks, false, words);
         Normal<Kind>::Transform(words, blocks * (16 / sizeof(typename Kind::T)), streams, to);
       });
}

void FillBits(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
              std::uint64_t* out) {
  FillFromWords<Bits>(seed, stream, first, n, out);
}
void FillUniformF32(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    float* out) {
  FillFromWords<UniformF32>(seed, stream, first, n, out);
}
void FillUniformF64(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    double* out) {
  FillFromWords<UniformF64>(seed, stream, first, n, out);
}
void FillNormalF32(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   float* out) {
  FillFromPairs<NormalF32>(seed, stream, first, n, out);
}
void FillNormalF64(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   double* out) {
  FillFromPairs<NormalF64>(seed, stream, first, n, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(FillBits);
HWY_EXPORT(FillUniformF32);
HWY_EXPORT(FillUniformF64);
HWY_EXPORT(FillNormalF32);
HWY_EXPORT(FillNormalF64);

void philox_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                 std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(FillBits)(seed, stream, first, n, out);
}
void philox_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    float* out) {
  HWY_DYNAMIC_DISPATCH(FillUniformF32)(seed, stream, first, n, out);
}
void philox_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    double* out) {
  HWY_DYNAMIC_DISPATCH(FillUniformF64)(seed, stream, first, n, out);
}
void philox_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   float* out) {
  HWY_DYNAMIC_DISPATCH(FillNormalF32)(seed, stream, first, n, out);
}
void philox_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(FillNormalF64)(seed, stream, first, n, out);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
