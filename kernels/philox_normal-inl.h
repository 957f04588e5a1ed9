// Normal numbers from pairs of Philox's words. Every operation rounds on its own, so all targets agree with the reference
// bit for bit. Included once per target.

#if defined(SURPLUS_KERNELS_PHILOX_NORMAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_PHILOX_NORMAL_INL_H_
#undef SURPLUS_KERNELS_PHILOX_NORMAL_INL_H_
#else
#define SURPLUS_KERNELS_PHILOX_NORMAL_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/philox_words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// So many vectors take turns in what makes normal numbers: some 60 operations, of which most wait for another. Processors
// choose among the next 64.
constexpr std::size_t kTurns = HWY_TARGET > HWY_AVX2 ? 1 : 4;
template <class V>
struct Turns {
  V v[kTurns];
};

// f(x, ...) of each vector.
template <class F, class... X>
HWY_INLINE auto Each(const F& f, const Turns<X>&... x) {
  Turns<decltype(f(x.v[0]...))> y;
  for (std::size_t t = 0; t < kTurns; ++t) y.v[t] = f(x.v[t]...);
  return y;
}

// c0 + x (c1 + x (c2 + ...)), without fused operations.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE Turns<V> Horner(D d, const Turns<V>& x, hn::TFromD<D> c0) {
  return Each([&](V) { return hn::Set(d, c0); }, x);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE Turns<V> Horner(D d, const Turns<V>& x, hn::TFromD<D> c0, Rest... rest) {
  return Each([&](V xt, V y) { return hn::Add(hn::Set(d, c0), hn::Mul(xt, y)); }, x,
              Horner(d, x, rest...));
}

// z p + w q.
template <class V>
HWY_INLINE Turns<V> Combine(const Turns<V>& z, const Turns<V>& p, const Turns<V>& w,
                            const Turns<V>& q) {
  return Each([](V zt, V pt, V wt, V qt) { return hn::Add(hn::Mul(zt, pt), hn::Mul(wt, qt)); }, z,
              p, w, q);
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

  static HWY_INLINE V Exponent(hn::VFromD<hn::RebindToUnsigned<D>> biased) {
    const hn::RebindToSigned<D> di;
    return hn::ConvertTo(D(), hn::Sub(hn::BitCast(di, biased), hn::Set(di, 127)));
  }

  static constexpr std::uint32_t kOne = 0x3F800000, kSqrtHalf = 0x3F3504F3;
  static constexpr int kMantissaBits = 23;
  static constexpr float kLn2High = 6.9313812256e-01f, kLn2Low = 9.0580006145e-06f;
  static constexpr float kAngle = 0x1.921FB6p0f * 0x1p-32f;  // pi / 2 at 2^32

  static HWY_INLINE Turns<V> LogTail(const Turns<V>& z) {
    const D d;
    const auto w = Each([](V zt) { return hn::Mul(zt, zt); }, z);
    return Combine(z, Horner(d, w, 0xAAAAAA.0p-24f, 0x91E9EE.0p-25f), w,
                   Horner(d, w, 0xCCCE13.0p-25f, 0xF89E26.0p-26f));
  }
  static HWY_INLINE Turns<V> SinTail(const Turns<V>& z) {
    return Horner(D(), z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f);
  }
  static HWY_INLINE Turns<V> CosTail(const Turns<V>& z) {
    return Horner(D(), z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f);
  }
};

struct NormalF64 {
  using T = double;
  using D = hn::ScalableTag<double>;
  using V = hn::VFromD<D>;

  static HWY_INLINE V Uniform(hn::VFromD<hn::RebindToUnsigned<D>> v) {
    return UniformF64::Fractions(v, 1);
  }
  // An exponent as it stands in a number's bits, as a number.
  static HWY_INLINE V Exponent(hn::VFromD<hn::RebindToUnsigned<D>> biased) {
    const D d;
    return hn::Sub(hn::Or(hn::BitCast(d, biased), hn::Set(d, 0x1p52)), hn::Set(d, 0x1p52 + 1023));
  }

  static constexpr std::uint64_t kOne = 0x3FF0000000000000, kSqrtHalf = 0x3FE6A09E00000000;
  static constexpr int kMantissaBits = 52;
  static constexpr double kLn2High = 6.93147180369123816490e-01,
                          kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kAngle = 0x1.921FB54442D18p0 * 0x1p-64;  // pi / 2 at 2^64

  static HWY_INLINE Turns<V> LogTail(const Turns<V>& z) {
    const D d;
    const auto w = Each([](V zt) { return hn::Mul(zt, zt); }, z);
    return Combine(
        z,
        Horner(d, w, 6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01,
               1.479819860511658591e-01),
        w,
        Horner(d, w, 3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01));
  }
  static HWY_INLINE Turns<V> SinTail(const Turns<V>& z) {
    return Horner(D(), z, -1.66666666666666324348e-01, 8.33333333332248946124e-03,
                  -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                  -2.50507602534068634195e-08, 1.58969099521155010221e-10);
  }
  static HWY_INLINE Turns<V> CosTail(const Turns<V>& z) {
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
  static HWY_INLINE Turns<V> Radius(const Turns<VU>& v) {
    const D d;
    const DU du;
    const auto bits = Each(
        [&](VU vt) {
          return hn::Add(hn::BitCast(du, Kind::Uniform(vt)),
                         hn::Set(du, Kind::kOne - Kind::kSqrtHalf));
        },
        v);
    const auto f = Each(
        [&](VU bt) {
          const VU mantissa =
              hn::And(bt, hn::Set(du, (decltype(Kind::kOne){1} << Kind::kMantissaBits) - 1));
          return hn::Sub(hn::BitCast(d, hn::Add(mantissa, hn::Set(du, Kind::kSqrtHalf))),
                         hn::Set(d, T{1}));
        },
        bits);
    const auto s = Each([&](V ft) { return hn::Div(ft, hn::Add(ft, hn::Set(d, T{2}))); }, f);
    const auto log_tail = Kind::LogTail(Each([](V st) { return hn::Mul(st, st); }, s));
    return Each(
        [&](VU bt, V ft, V st, V lt) {
          const V k = Kind::Exponent(hn::ShiftRight<Kind::kMantissaBits>(bt));
          const V half_square = hn::Mul(hn::Mul(hn::Set(d, T{0.5}), ft), ft);
          const V tail = hn::Mul(st, hn::Add(half_square, lt));
          V log = hn::Add(tail, hn::Mul(k, hn::Set(d, Kind::kLn2Low)));
          log = hn::Add(hn::Sub(log, half_square), ft);
          log = hn::Add(log, hn::Mul(k, hn::Set(d, Kind::kLn2High)));
          return hn::Sqrt(hn::Mul(log, hn::Set(d, T{-2})));
        },
        bits, f, s, log_tail);
  }

  // 2 pi w / 2^B = (pi / 2) (q + t): t in [-1/2, 1/2) from the lower B - 2 bits read as signed, q
  // the nearest of the four quarter turns. x = t pi / 2 enters the polynomials, q the signs.
  static HWY_INLINE void Pair(const Turns<V>& radius, const Turns<VU>& w, Turns<V>& first,
                              Turns<V>& second) {
    const D d;
    const DU du;
    const DI di;
    constexpr int kBits = 8 * sizeof(T);
    const auto x = Each(
        [&](VU wt) {
          return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftLeft<2>(wt))),
                         hn::Set(d, Kind::kAngle));
        },
        w);
    const auto z = Each([](V xt) { return hn::Mul(xt, xt); }, x);
    const auto sin =
        Each([](V xt, V zt, V tail) { return hn::Add(xt, hn::Mul(hn::Mul(zt, xt), tail)); }, x, z,
             Kind::SinTail(z));
    const auto cos = Each(
        [&](V zt, V tail) {
          // 1 - z / 2 loses bits that (1 - rounded) - z / 2 finds again.
          const V half = hn::Mul(zt, hn::Set(d, T{0.5}));
          const V rounded = hn::Sub(hn::Set(d, T{1}), half);
          const V lost = hn::Sub(hn::Sub(hn::Set(d, T{1}), rounded), half);
          return hn::Add(rounded, hn::Add(lost, hn::Mul(hn::Mul(zt, zt), tail)));
        },
        z, Kind::CosTail(z));
    for (std::size_t t = 0; t < kTurns; ++t) {
      // The bits of q, moved to the sign: `half_turn` the upper, `quarter` the lower.
      const VU half_turn = hn::Add(w.v[t], hn::Set(du, decltype(Kind::kOne){1} << (kBits - 3)));
      const VU quarter = hn::ShiftLeft<1>(half_turn);
      const VU sign = hn::Set(du, decltype(Kind::kOne){1} << (kBits - 1));
      const auto is_odd =
          hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, quarter))));
      const V cos_sign = hn::BitCast(d, hn::And(hn::Xor(half_turn, quarter), sign));
      const V sin_sign = hn::BitCast(d, hn::And(half_turn, sign));
      first.v[t] =
          hn::Mul(radius.v[t], hn::Xor(hn::IfThenElse(is_odd, sin.v[t], cos.v[t]), cos_sign));
      second.v[t] =
          hn::Mul(radius.v[t], hn::Xor(hn::IfThenElse(is_odd, cos.v[t], sin.v[t]), sin_sign));
    }
  }

  // The pairs' first and second words of two adjacent vectors, in an order which Join undoes.
  static HWY_INLINE void Split(VU a, VU b, VU& v, VU& w) {
#if HWY_TARGET > HWY_AVX2
    v = a, w = b;
#else
    if constexpr (sizeof(T) == 4) {
      v = Halves<false>(hn::BitCast(D64(), a), hn::BitCast(D64(), b));
      w = Halves<true>(hn::BitCast(D64(), a), hn::BitCast(D64(), b));
    } else {
      v = hn::InterleaveLower(a, b), w = hn::InterleaveUpper(DU(), a, b);
    }
#endif
  }
  static HWY_INLINE void Join([[maybe_unused]] V& first, [[maybe_unused]] V& second) {
#if HWY_TARGET <= HWY_AVX2
    const V lower = hn::InterleaveLower(first, second);
    second = hn::InterleaveUpper(D(), first, second);
    first = lower;
#endif
  }

  // Radii first: two loops whose chains are half as long.
  static void Transform(const std::uint64_t* HWY_RESTRICT words, std::size_t n, bool streams,
                        T* HWY_RESTRICT out) {
    const D d;
    const DU du;
    const std::size_t lanes = hn::Lanes(d), step = 2 * kTurns * lanes;
    HWY_ALIGN T radii[kBlocks * 8 / sizeof(T)];
    const auto* from = reinterpret_cast<const hn::TFromD<DU>*>(words);
    const auto split = [&](std::size_t i, Turns<VU>& v, Turns<VU>& w) {
      for (std::size_t t = 0; t < kTurns; ++t, i += 2 * lanes) {
        Split(hn::Load(du, from + i), hn::Load(du, from + i + lanes), v.v[t], w.v[t]);
      }
    };
    for (std::size_t i = 0; i < n; i += step) {
      Turns<VU> v, w;
      split(i, v, w);
      const auto radius = Radius(v);
      for (std::size_t t = 0; t < kTurns; ++t) {
        hn::Store(radius.v[t], d, radii + i / 2 + t * lanes);
      }
    }
    for (std::size_t i = 0; i < n; i += step) {
      Turns<VU> v, w;
      split(i, v, w);
      Turns<V> radius, first, second;
      for (std::size_t t = 0; t < kTurns; ++t) {
        radius.v[t] = hn::Load(d, radii + i / 2 + t * lanes);
      }
      Pair(radius, w, first, second);
      for (std::size_t t = 0; t < kTurns; ++t) {
        Join(first.v[t], second.v[t]);
        Put(streams, first.v[t], d, out + i + 2 * t * lanes);
        Put(streams, second.v[t], d, out + i + (2 * t + 1) * lanes);
      }
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_PHILOX_NORMAL_INL_H_
