#include "kernels/philox.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/philox.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Numbers are made in pieces of this many blocks (4 KiB), so that words from which pairs of numbers are made stay in L1.
constexpr std::size_t kBlocks = 256;

// The numbers of the header that stem from a word each: vectors of them, whose operations are exact.
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
  // AVX2 converts no 64-bit integers. The upper 32 bits become the last ones of a number in [2^20, 2^20 + 1), the
  // next 21 those of one in [1/2, 1).
  static HWY_INLINE hn::VFromD<D> Numbers(hn::VFromD<hn::RebindToUnsigned<D>> words) {
    const D d;
    const hn::RebindToUnsigned<D> du;
    const auto next = hn::And(hn::ShiftRight<11>(words), hn::Set(du, std::uint64_t{0x1FFFFF}));
    const auto high = hn::Or(hn::BitCast(d, hn::ShiftRight<32>(words)), hn::Set(d, 0x1p20));
    const auto low = hn::Or(hn::BitCast(d, next), hn::Set(d, 0.5));
    return hn::Add(hn::Sub(high, hn::Set(d, 0x1p20 + 0.5)), low);
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

// c0 + x (c1 + x (c2 + ...)), without fused operations.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Horner(D d, V, hn::TFromD<D> c0) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V Horner(D d, V x, hn::TFromD<D> c0, Rest... rest) {
  return hn::Add(hn::Set(d, c0), hn::Mul(x, Horner(d, x, rest...)));
}

// log, sin and cos as in FreeBSD's msun (double, float log) and Cephes (float sin, cos), under one
// unit in the last place each where they are used.
struct NormalF32 {
  using T = float;
  using D = hn::ScalableTag<float>;
  using V = hn::VFromD<D>;

  // u, from all 32 bits with one rounding: the two halves are exact.
  static HWY_INLINE V Uniform(hn::VFromD<hn::RebindToUnsigned<D>> v) {
    const D d;
    const hn::RebindToUnsigned<D> du;
    const hn::RebindToSigned<D> di;
    const V upper = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<16>(v)));
    const V lower = hn::ConvertTo(d, hn::BitCast(di, hn::And(v, hn::Set(du, 0xFFFFu))));
    const V sum = hn::Add(hn::Mul(upper, hn::Set(d, 0x1p16f)), hn::Add(lower, hn::Set(d, 0.5f)));
    return hn::Mul(sum, hn::Set(d, 0x1p-32f));
  }

  static constexpr std::uint32_t kOne = 0x3F800000, kSqrtHalf = 0x3F3504F3;
  static constexpr int kMantissaBits = 23;
  static constexpr float kLn2High = 6.9313812256e-01f, kLn2Low = 9.0580006145e-06f;
  static constexpr float kAngle = 0x1.921FB6p0f * 0x1p-32f;  // pi / 2 at 2^32

  static HWY_INLINE V LogTail(V z) {
    const D d;
    const V w = hn::Mul(z, z);
    return hn::Add(hn::Mul(z, Horner(d, w, 0xAAAAAA.0p-24f, 0x91E9EE.0p-25f)),
                   hn::Mul(w, Horner(d, w, 0xCCCE13.0p-25f, 0xF89E26.0p-26f)));
  }
  static HWY_INLINE V Sin(V x, V z) {
    const V r = Horner(D(), z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f);
    return hn::Add(x, hn::Mul(hn::Mul(z, x), r));
  }
  static HWY_INLINE V CosTail(V z) {
    return Horner(D(), z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f);
  }
};

struct NormalF64 {
  using T = double;
  using D = hn::ScalableTag<double>;
  using V = hn::VFromD<D>;

  static HWY_INLINE V Uniform(hn::VFromD<hn::RebindToUnsigned<D>> v) {
    const D d;
    const hn::RebindToUnsigned<D> du;
    const hn::RebindToSigned<D> di;
    const auto bits = hn::Add(hn::ShiftRight<11>(v), hn::Set(du, std::uint64_t{1}));
    return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, bits)), hn::Set(d, 0x1p-53));
  }

  static constexpr std::uint64_t kOne = 0x3FF0000000000000, kSqrtHalf = 0x3FE6A09E00000000;
  static constexpr int kMantissaBits = 52;
  static constexpr double kLn2High = 6.93147180369123816490e-01,
                          kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kAngle = 0x1.921FB54442D18p0 * 0x1p-64;  // pi / 2 at 2^64

  static HWY_INLINE V LogTail(V z) {
    const D d;
    const V w = hn::Mul(z, z);
    return hn::Add(hn::Mul(z, Horner(d, w, 6.666666666666735130e-01, 2.857142874366239149e-01,
                                     1.818357216161805012e-01, 1.479819860511658591e-01)),
                   hn::Mul(w, Horner(d, w, 3.999999999940941908e-01, 2.222219843214978396e-01,
                                     1.531383769920937332e-01)));
  }
  static HWY_INLINE V Sin(V x, V z) {
    const V r = Horner(D(), z, -1.66666666666666324348e-01, 8.33333333332248946124e-03,
                       -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                       -2.50507602534068634195e-08, 1.58969099521155010221e-10);
    return hn::Add(x, hn::Mul(hn::Mul(z, x), r));
  }
  static HWY_INLINE V CosTail(V z) {
    return Horner(D(), z, 4.16666666666666019037e-02, -1.38888888888741095749e-03,
                  2.48015872894767294178e-05, -2.75573143513906633035e-07,
                  2.08757232129817482790e-09, -1.13596475577881948265e-11);
  }
};

template <class Kind>
struct Normal {
  using T = typename Kind::T;
  using D = typename Kind::D;
  using V = hn::VFromD<D>;
  using DU = hn::RebindToUnsigned<D>;
  using DI = hn::RebindToSigned<D>;
  using VU = hn::VFromD<DU>;

  // sqrt(-2 log u): u = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f).
  static HWY_INLINE V Radius(V u) {
    const D d;
    const DU du;
    const DI di;
    const VU bits = hn::Add(hn::BitCast(du, u), hn::Set(du, Kind::kOne - Kind::kSqrtHalf));
    const V k =
        hn::ConvertTo(d, hn::Sub(hn::BitCast(di, hn::ShiftRight<Kind::kMantissaBits>(bits)),
                                 hn::BitCast(di, hn::Set(du, Kind::kOne >> Kind::kMantissaBits))));
    const VU mantissa =
        hn::And(bits, hn::Set(du, (decltype(Kind::kOne){1} << Kind::kMantissaBits) - 1));
    const V f =
        hn::Sub(hn::BitCast(d, hn::Add(mantissa, hn::Set(du, Kind::kSqrtHalf))), hn::Set(d, T{1}));
    const V s = hn::Div(f, hn::Add(f, hn::Set(d, T{2})));
    const V half_square = hn::Mul(hn::Mul(hn::Set(d, T{0.5}), f), f);
    const V tail = hn::Mul(s, hn::Add(half_square, Kind::LogTail(hn::Mul(s, s))));
    V log = hn::Add(tail, hn::Mul(k, hn::Set(d, Kind::kLn2Low)));
    log = hn::Add(hn::Sub(log, half_square), f);
    log = hn::Add(log, hn::Mul(k, hn::Set(d, Kind::kLn2High)));
    return hn::Sqrt(hn::Mul(log, hn::Set(d, T{-2})));
  }

  // 2 pi w / 2^B = (pi / 2) (q + t): t in [-1/2, 1/2) from the lower B - 2 bits read as signed, q
  // the nearest of the four quarter turns. x = t pi / 2 enters the polynomials, q the signs.
  static HWY_INLINE void Pair(V radius, VU w, V& first, V& second) {
    const D d;
    const DU du;
    const DI di;
    constexpr int kBits = 8 * sizeof(T);
    const V x =
        hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftLeft<2>(w))), hn::Set(d, Kind::kAngle));
    const V z = hn::Mul(x, x);
    const V sin = Kind::Sin(x, z);
    // 1 - z / 2 loses bits that (1 - rounded) - z / 2 finds again.
    const V half = hn::Mul(z, hn::Set(d, T{0.5}));
    const V rounded = hn::Sub(hn::Set(d, T{1}), half);
    const V lost = hn::Sub(hn::Sub(hn::Set(d, T{1}), rounded), half);
    const V cos = hn::Add(rounded, hn::Add(lost, hn::Mul(hn::Mul(z, z), Kind::CosTail(z))));
    // The bits of q, moved to the sign: `half_turn` the upper, `quarter` the lower.
    const VU half_turn = hn::Add(w, hn::Set(du, decltype(Kind::kOne){1} << (kBits - 3)));
    const VU quarter = hn::ShiftLeft<1>(half_turn);
    const VU sign = hn::Set(du, decltype(Kind::kOne){1} << (kBits - 1));
    const auto is_odd =
        hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, quarter))));
    const V cos_sign = hn::BitCast(d, hn::And(hn::Xor(half_turn, quarter), sign));
    const V sin_sign = hn::BitCast(d, hn::And(half_turn, sign));
    first = hn::Mul(radius, hn::Xor(hn::IfThenElse(is_odd, sin, cos), cos_sign));
    second = hn::Mul(radius, hn::Xor(hn::IfThenElse(is_odd, cos, sin), sin_sign));
  }

  static void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n, bool streams,
                        T* HWY_RESTRICT out) {
    const D d;
    const DU du;
    const auto* from = reinterpret_cast<const hn::TFromD<DU>*>(words);
    for (std::size_t i = 0; i < n; i += 2 * hn::Lanes(d)) {
      VU v, w;
      hn::LoadInterleaved2(du, from + i, v, w);
      V first, second;
      Pair(Radius(Kind::Uniform(v)), w, first, second);
      if (streams) {
        HWY_ALIGN T pairs[2 * hn::MaxLanes(d)];
        hn::StoreInterleaved2(first, second, d, pairs);
        hn::Stream(hn::Load(d, pairs), d, out + i);
        hn::Stream(hn::Load(d, pairs + hn::Lanes(d)), d, out + i + hn::Lanes(d));
      } else {
        hn::StoreInterleaved2(first, second, d, out + i);
      }
    }
  }
};

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
