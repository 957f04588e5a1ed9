// Philox 4x32-10, and the numbers that stem from one word each. Included once per target.

#if defined(SURPLUS_KERNELS_PHILOX_WORDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_PHILOX_WORDS_INL_H_
#undef SURPLUS_KERNELS_PHILOX_WORDS_INL_H_
#else
#define SURPLUS_KERNELS_PHILOX_WORDS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Numbers are made in pieces of this many blocks (4 KiB), so that the words of normal ones stay in L1.
constexpr std::size_t kBlocks = 256;

// The numbers of the header that stem from a word each, whose operations are exact.
struct Bits {
  using T = std::uint64_t;
  using D = hn::ScalableTag<T>;
  static HWY_INLINE hn::VFromD<D> Numbers(hn::VFromD<D> words) { return words; }
};

struct UniformF32 {
  using T = float;
  using D = hn::ScalableTag<T>;
  static HWY_INLINE hn::VFromD<D> Numbers(hn::VFromD<hn::RebindToUnsigned<D>> words) {
    const D d;
    const hn::RebindToSigned<D> di;
    return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(words))),
                   hn::Set(d, 0x1p-24f));
  }
};

struct UniformF64 {
  using T = double;
  using D = hn::ScalableTag<T>;
  // (floor(word / 2^11) + more) / 2^53, where `more` is 0 or 1. AVX2 converts no 64-bit integers: the upper 32 bits become
  // the last ones of a number in [2^20, 2^20 + 1), the next 21 are added to the last ones of 1/2.
  static HWY_INLINE hn::VFromD<D> Fractions(hn::VFromD<hn::RebindToUnsigned<D>> words,
                                            std::uint64_t more) {
    const D d;
    const hn::RebindToUnsigned<D> du;
    const auto next = hn::And(hn::ShiftRight<11>(words), hn::Set(du, std::uint64_t{0x1FFFFF}));
    const auto half = hn::Set(du, std::uint64_t{0x3FE0000000000000} + more);
    const auto high = hn::Or(hn::BitCast(d, hn::ShiftRight<32>(words)), hn::Set(d, 0x1p20));
    return hn::Add(hn::Sub(high, hn::Set(d, 0x1p20 + 0.5)), hn::BitCast(d, hn::Add(next, half)));
  }
  static HWY_INLINE hn::VFromD<D> Numbers(hn::VFromD<hn::RebindToUnsigned<D>> words) {
    return Fractions(words, 0);
  }
};

// Writes a vector, past the caches if `streams`: then `to` must be aligned.
template <class D>
HWY_INLINE void Put(bool streams, hn::VFromD<D> v, D d, hn::TFromD<D>* HWY_RESTRICT to) {
  if (streams) {
    hn::Stream(v, d, to);
  } else {
    hn::StoreU(v, d, to);
  }
}

constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;

// What the seed alone decides: the keys of the ten rounds.
struct Keys {
  explicit Keys(std::uint64_t seed) {
    auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
    for (std::size_t round = 0; round < 10; ++round) {
      first[round] = key0;
      second[round] = key1;
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
  }
  std::uint32_t first[10], second[10];
};

#if HWY_TARGET > HWY_AVX2

// The numbers of `blocks` blocks from `block` on.
template <class Kind>
HWY_NOINLINE void Generate(const Keys& keys, std::uint64_t stream, std::uint64_t block,
                           std::size_t blocks, bool streams, typename Kind::T* HWY_RESTRICT out) {
  const typename Kind::D d;
  const hn::RebindToUnsigned<decltype(d)> du;
  using Word = hn::TFromD<decltype(du)>;
  for (std::size_t b = 0; b < blocks; ++b, ++block) {
    auto w0 = static_cast<std::uint32_t>(block), w1 = static_cast<std::uint32_t>(block >> 32);
    auto w2 = static_cast<std::uint32_t>(stream), w3 = static_cast<std::uint32_t>(stream >> 32);
    for (std::size_t round = 0; round < 10; ++round) {
      const std::uint64_t product0 = std::uint64_t{kMultiplier0} * w0;
      const std::uint64_t product1 = std::uint64_t{kMultiplier1} * w2;
      w0 = static_cast<std::uint32_t>(product1 >> 32) ^ w1 ^ keys.first[round];
      w2 = static_cast<std::uint32_t>(product0 >> 32) ^ w3 ^ keys.second[round];
      w1 = static_cast<std::uint32_t>(product1);
      w3 = static_cast<std::uint32_t>(product0);
    }
    const std::uint64_t pairs[] = {w0 | std::uint64_t{w1} << 32, w2 | std::uint64_t{w3} << 32};
    Word words[16 / sizeof(Word)];
    std::memcpy(words, pairs, 16);
    for (const Word word : words) Put(streams, Kind::Numbers(hn::Set(du, word)), d, out++);
  }
}

#else

// Words of 32 bits, and pairs of them.
using D32 = hn::ScalableTag<std::uint32_t>;
using D64 = hn::ScalableTag<std::uint64_t>;
using V32 = hn::VFromD<D32>;
using V64 = hn::VFromD<D64>;

// Of each four words, words 0 and 2 of `a` (lower) or 1 and 3 (upper), and then those of `b`. As an intrinsic
// it would make floats of words, and what follows wait a cycle for each change between the two.
template <bool kUpper>
HWY_INLINE V32 Halves(V64 a, V64 b) {
  V32 halves;
  asm("vshufps %3, %2, %1, %0"
      : "=v"(halves.raw)
      : "v"(a.raw), "v"(b.raw), "i"(kUpper ? 0xDD : 0x88));
  return halves;
}

// The products of all words, halves apart: of each four words those of 0, 2, 1 and 3, in this order.
HWY_INLINE void Multiply(V32 w, V32 multiplier, V32& upper, V32& lower) {
  const V64 even = hn::MulEven(w, multiplier);
  const V64 odd =
      hn::MulEven(hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(D64(), w))), multiplier);
  upper = Halves<true>(even, odd);
  lower = Halves<false>(even, odd);
}

// The numbers of `blocks` blocks from `block` on, rounded up to whole turns. Word 1 of the counter must be the
// same in all of them.
//
// A vector holds one of the four words of as many blocks as it has lanes, and each round puts those of
// w0 and w1 in the place of w2 and w3: of each four blocks w0 and w1 keep the order 0, 1, 2, 3, and
// w2 and w3 the order 0, 2, 1, 3, so that what is combined always lies alike. A round takes 14 operations, a
// chain of 6 cycles; kStreams sets of blocks take turns.
template <class Kind>
HWY_NOINLINE void Generate(const Keys& keys, std::uint64_t stream, std::uint64_t block,
                           std::size_t blocks, bool streams, typename Kind::T* HWY_RESTRICT out) {
  // So many that a processor which sees the next 256 operations always finds some to start. Bits took 23 cycles for
  // each 64 bytes with two, 20 with four and 21 with five, where 16 registers hold few words; four operations a cycle
  // would be 17.
  constexpr std::size_t kStreams = 4;
  const D32 d;
  const D64 d64;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  static_assert(kBlocks % (kStreams * lanes) == 0);
  const V32 multiplier0 = hn::Set(d, kMultiplier0), multiplier1 = hn::Set(d, kMultiplier1);

  // All blocks share words 1 to 3 at first, and word 0 after a round: what stems from these alone is a key.
  const std::uint64_t product1 = std::uint64_t{kMultiplier1} * static_cast<std::uint32_t>(stream);
  const std::uint64_t product0 =
      std::uint64_t{kMultiplier0} * (static_cast<std::uint32_t>(product1 >> 32) ^
                                     static_cast<std::uint32_t>(block >> 32) ^ keys.first[0]);
  const V32 key1 = hn::Set(d, static_cast<std::uint32_t>(stream >> 32) ^ keys.second[0]);
  const V32 key2 = hn::Set(d, static_cast<std::uint32_t>(product1) ^ keys.first[1]);
  const V32 key3 = hn::Set(d, static_cast<std::uint32_t>(product0 >> 32) ^ keys.second[1]);
  const V32 key4 = hn::Set(d, static_cast<std::uint32_t>(product0) ^ keys.second[2]);

  // Four adjacent blocks lie a quarter of the blocks apart, which the last step undoes.
  HWY_ALIGN std::uint32_t order[lanes];
  for (std::size_t i = 0; i < lanes; ++i) order[i] = i / 4 + i % 4 * (lanes / 4);
  V32 counter = hn::Add(hn::Set(d, static_cast<std::uint32_t>(block)), hn::Load(d, order));

  for (std::size_t b = 0; b < blocks; b += kStreams * lanes) {
    V32 w0[kStreams], w1[kStreams], w2[kStreams], w3[kStreams];
    for (std::size_t s = 0; s < kStreams; ++s) {
      Multiply(counter, multiplier0, w2[s], w3[s]);
      w2[s] = hn::Xor(w2[s], key1);
      counter = hn::Add(counter, hn::Set(d, std::uint32_t{lanes}));
    }
    for (std::size_t s = 0; s < kStreams; ++s) {
      Multiply(w2[s], multiplier1, w0[s], w1[s]);
      w0[s] = hn::Xor(w0[s], key2);
      w2[s] = hn::Xor(w3[s], key3);
    }
    for (std::size_t s = 0; s < kStreams; ++s) {
      V32 upper0, upper1, lower1;
      Multiply(w0[s], multiplier0, upper0, w3[s]);
      Multiply(w2[s], multiplier1, upper1, lower1);
      w0[s] = hn::Xor(upper1, hn::Xor(w1[s], hn::Set(d, keys.first[2])));
      w2[s] = hn::Xor(upper0, key4);
      w1[s] = lower1;
    }
#pragma GCC unroll 10
    for (std::size_t round = 3; round < 10; ++round) {
      for (std::size_t s = 0; s < kStreams; ++s) {
        V32 upper0, upper1, lower0, lower1;
        Multiply(w0[s], multiplier0, upper0, lower0);
        Multiply(w2[s], multiplier1, upper1, lower1);
        w0[s] = hn::Xor(upper1, hn::Xor(w1[s], hn::Set(d, keys.first[round])));
        w2[s] = hn::Xor(upper0, hn::Xor(w3[s], hn::Set(d, keys.second[round])));
        w1[s] = lower1;
        w3[s] = lower0;
      }
    }
    for (std::size_t s = 0; s < kStreams; ++s) {
      const V64 lower01 = hn::BitCast(d64, hn::InterleaveLower(d, w0[s], w1[s]));
      const V64 upper01 = hn::BitCast(d64, hn::InterleaveUpper(d, w0[s], w1[s]));
      const V64 lower23 = hn::BitCast(d64, hn::InterleaveLower(d, w2[s], w3[s]));
      const V64 upper23 = hn::BitCast(d64, hn::InterleaveUpper(d, w2[s], w3[s]));
      const auto put = [&](V64 words) {
        const typename Kind::D to;
        Put(streams, Kind::Numbers(hn::BitCast(hn::RebindToUnsigned<typename Kind::D>(), words)),
            to, out);
        out += hn::Lanes(to);
      };
      put(hn::InterleaveLower(d64, lower01, lower23));
      put(hn::CombineShiftRightBytes<8>(d64, upper23, lower01));
      put(hn::OddEven(lower23, upper01));
      put(hn::InterleaveUpper(d64, upper01, upper23));
    }
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_PHILOX_WORDS_INL_H_
