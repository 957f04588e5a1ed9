#include "kernels/philox.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/philox.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Words are made and transformed in pieces of this many blocks (1 KiB), which stay in L1.
constexpr std::size_t kBlocks = 64;

// The lower 32 bits of v times `multiplier`, in 64 bits.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V MulLower(D d, V v, std::uint32_t multiplier) {
#if HWY_TARGET == HWY_SCALAR
  // One lane cannot be seen as two halves.
  const auto lower = hn::Set(d, std::uint64_t{0xFFFFFFFF});
  return hn::Mul(hn::And(v, lower), hn::Set(d, std::uint64_t{multiplier}));
#else
  const hn::Repartition<std::uint32_t, D> d32;
  return hn::MulEven(hn::BitCast(d32, v), hn::Set(d32, multiplier));
#endif
}

// The keys of the ten rounds, which depend on the seed alone, in whole vectors: as numbers they would take
// the way through memory to all lanes at every use.
struct Keys {
  static constexpr std::size_t kKeyLanes = hn::MaxLanes(hn::ScalableTag<std::uint64_t>());
  HWY_ALIGN std::uint64_t first[10 * kKeyLanes];
  HWY_ALIGN std::uint64_t second[10 * kKeyLanes];
};

HWY_INLINE void SetKeys(std::uint64_t seed, Keys& keys) {
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (std::size_t at = 0; at < 10 * Keys::kKeyLanes; ++at) {
    keys.first[at] = key0;
    keys.second[at] = key1;
    if ((at + 1) % Keys::kKeyLanes != 0) continue;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

// The four words of one block per 64-bit lane, each in the lower half of its lane: the multiplier
// reads only that half, so the upper halves may hold anything until the end. A round waits for the
// multiplication of the one before, so kStreams vectors of blocks take turns.
template <std::size_t kStreams, class D, class V = hn::VFromD<D>>
HWY_INLINE void Rounds(D d, const Keys& keys, V (&w0)[kStreams], V (&w1)[kStreams],
                       V (&w2)[kStreams], V (&w3)[kStreams]) {
  for (std::size_t round = 0; round < 10; ++round) {
    const V key0 = hn::Load(d, keys.first + round * Keys::kKeyLanes),
            key1 = hn::Load(d, keys.second + round * Keys::kKeyLanes);
    for (std::size_t s = 0; s < kStreams; ++s) {
      const V product0 = MulLower(d, w0[s], 0xD2511F53u);
      const V product1 = MulLower(d, w2[s], 0xCD9E8D57u);
      w0[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), w1[s]), key0);
      w2[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), w3[s]), key1);
      w1[s] = product1;
      w3[s] = product0;
    }
  }
}

// The words of `blocks` blocks from `block` on, rounded up to kStreams whole vectors, as 64-bit
// pairs.
HWY_NOINLINE void Words(const Keys& keys, std::uint64_t stream, std::uint64_t block,
                        std::size_t blocks, std::uint64_t* HWY_RESTRICT words) {
  // Of 4 words, with 2 constants and 2 products: 12 registers. Three streams were measured no faster.
  constexpr std::size_t kStreams = 2;
  const hn::ScalableTag<std::uint64_t> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const V low = hn::Set(d, std::uint64_t{0xFFFFFFFF});
  const V iota = hn::Iota(d, 0);
  for (std::size_t b = 0; b < blocks; b += kStreams * lanes) {
    V w0[kStreams], w1[kStreams], w2[kStreams], w3[kStreams];
    for (std::size_t s = 0; s < kStreams; ++s) {
      w0[s] = hn::Add(hn::Set(d, block + b + s * lanes), iota);
      w1[s] = hn::ShiftRight<32>(w0[s]);
      w2[s] = hn::Set(d, stream);
      w3[s] = hn::ShiftRight<32>(w2[s]);
    }
    Rounds(d, keys, w0, w1, w2, w3);
    for (std::size_t s = 0; s < kStreams; ++s) {
      hn::StoreInterleaved2(hn::Or(hn::And(w0[s], low), hn::ShiftLeft<32>(w1[s])),
                            hn::Or(hn::And(w2[s], low), hn::ShiftLeft<32>(w3[s])), d,
                            words + 2 * (b + s * lanes));
    }
  }
}

// c0 + x (c1 + x (c2 + ...)), without fused operations.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Horner(D d, V, hn::TFromD<D> c0) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V Horner(D d, V x, hn::TFromD<D> c0, Rest... rest) {
  return hn::Add(hn::Set(d, c0), hn::Mul(x, Horner(d, x, rest...)));
}

// The numbers of the header from their words. Each returns or takes whole vectors; every operation
// rounds on its own, so all targets agree with the reference bit for bit.
struct UniformF32 {
  using T = float;
  static HWY_INLINE void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n,
                                   float* HWY_RESTRICT out) {
    const hn::ScalableTag<float> d;
    const hn::RebindToUnsigned<decltype(d)> du;
    const hn::RebindToSigned<decltype(d)> di;
    const auto scale = hn::Set(d, 0x1p-24f);
    const auto* from = reinterpret_cast<const std::uint32_t*>(words);
    for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
      const auto bits = hn::ShiftRight<8>(hn::Load(du, from + i));
      hn::StoreU(hn::Mul(hn::ConvertTo(d, hn::BitCast(di, bits)), scale), d, out + i);
    }
  }
};

struct UniformF64 {
  using T = double;
  static HWY_INLINE void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n,
                                   double* HWY_RESTRICT out) {
    const hn::ScalableTag<double> d;
    const hn::RebindToUnsigned<decltype(d)> du;
    const hn::RebindToSigned<decltype(d)> di;
    const auto scale = hn::Set(d, 0x1p-53);
    for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
      const auto bits = hn::ShiftRight<11>(hn::Load(du, words + i));
      hn::StoreU(hn::Mul(hn::ConvertTo(d, hn::BitCast(di, bits)), scale), d, out + i);
    }
  }
};

struct Bits {
  using T = std::uint64_t;
  static HWY_INLINE void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n,
                                   std::uint64_t* HWY_RESTRICT out) {
    const hn::ScalableTag<std::uint64_t> d;
    for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
      hn::StoreU(hn::Load(d, words + i), d, out + i);
    }
  }
};

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

  static HWY_INLINE void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n,
                                   T* HWY_RESTRICT out) {
    const D d;
    const DU du;
    const auto* from = reinterpret_cast<const hn::TFromD<DU>*>(words);
    for (std::size_t i = 0; i < n; i += 2 * hn::Lanes(d)) {
      VU v, w;
      hn::LoadInterleaved2(du, from + i, v, w);
      V first, second;
      Pair(Radius(Kind::Uniform(v)), w, first, second);
      hn::StoreInterleaved2(first, second, d, out + i);
    }
  }
};

template <class Kind>
HWY_INLINE void Fill(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                     typename Kind::T* HWY_RESTRICT out) {
  using T = typename Kind::T;
  constexpr std::size_t kPerBlock = 16 / sizeof(T);
  Keys keys;
  SetKeys(seed, keys);
  HWY_ALIGN std::uint64_t words[2 * kBlocks] = {};
  HWY_ALIGN T numbers[kPerBlock * kBlocks];
  while (n > 0) {
    const std::size_t skip = first % kPerBlock;
    const std::size_t count = std::min(n, kPerBlock * kBlocks - skip);
    const std::size_t blocks = (skip + count + kPerBlock - 1) / kPerBlock;
    Words(keys, stream, first / kPerBlock, blocks, words);
    if (count == kPerBlock * kBlocks) {
      Kind::Transform(words, count, out);
    } else {
      Kind::Transform(words, blocks * kPerBlock, numbers);
      std::copy_n(numbers + skip, count, out);
    }
    first += count;
    n -= count;
    out += count;
  }
}

void FillBits(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
              std::uint64_t* out) {
  Fill<Bits>(seed, stream, first, n, out);
}
void FillUniformF32(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    float* out) {
  Fill<UniformF32>(seed, stream, first, n, out);
}
void FillUniformF64(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                    double* out) {
  Fill<UniformF64>(seed, stream, first, n, out);
}
void FillNormalF32(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   float* out) {
  Fill<Normal<NormalF32>>(seed, stream, first, n, out);
}
void FillNormalF64(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n,
                   double* out) {
  Fill<Normal<NormalF64>>(seed, stream, first, n, out);
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
