// Sine or cosine of vectors, for use inside other kernels. Included once per target, after
// hwy/highway.h.

#if defined(SURPLUS_KERNELS_SINCOS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_SINCOS_INL_H_
#undef SURPLUS_KERNELS_SINCOS_INL_H_
#else
#define SURPLUS_KERNELS_SINCOS_INL_H_
#endif

#include <cmath>
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/polynomial-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {
namespace vector_math {

// pi in three parts. With fused operations x - q kHigh is exact for |x| <= kLimit, and what the third part
// leaves is below an ulp of the smallest remainder.
template <typename T>
struct Pi;
template <>
struct Pi<float> {
  static constexpr float kHigh = 0x1.921FB6p1f, kMiddle = -0x1.777A5Cp-24f, kLow = -0x1.EE59DAp-49f,
                         kLimit = 0x1p14f;
};
template <>
struct Pi<double> {
  static constexpr double kHigh = 0x1.921FB54442D18p1, kMiddle = 0x1.1A62633145C07p-53,
                          kLow = -0x1.F1976B7ED8FBCp-109, kLimit = 0x1p28;
};

// a b + c, rounded once on every target.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V FusedMulAdd(D d, V a, V b, V c) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(d, std::fma(hn::GetLane(a), hn::GetLane(b), hn::GetLane(c)));
#else
  static_cast<void>(d);
  return hn::MulAdd(a, b, c);
#endif
}

// sin r on |r| <= pi / 2, a little more where q was rounded, as r / 2 + r w P(w). w = r^2 - z0 with the z0 where
// sin r = r / 2: so what is added to r / 2, which is exact, is small where sin r is 1. There, the error is so small that
// the result does not exceed 1, and is 1 for r = +-pi / 2. The best fit of the error relative to sin r, 5e-10 (float)
// and 2e-18.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ReducedSin(D d, V r) {
  using T = hn::TFromD<D>;
  constexpr bool kIsFloat = sizeof(T) == 4;
  const V w =
      FusedMulAdd(d, r, r, hn::Set(d, kIsFloat ? T(-0x1.CBE41Ap1f) : T(-0x1.CBE4193CCDC23p1)));
  V tail;
  if constexpr (kIsFloat) {
    tail = Horner(d, w, -0.113977946f, 0.00639692228f, -0.000161904696f, 2.32988418e-06f,
                  -2.33345947e-08f);
  } else {
    tail = EvenAndOdd(d, w, hn::Mul(w, w), -0x1.D2DA8F101AD71p-4, 0x1.A33A75AC1B5FAp-8,
                      -0x1.538637BDAFA80p-13, 0x1.397993ACD2580p-19, -0x1.765AFDA13C48Ep-26,
                      0x1.3906D6C6A51A5p-33, -0x1.8268809F91A20p-41, 0x1.85C20BCFC5459p-49);
  }
  return FusedMulAdd(d, hn::Mul(r, w), tail, hn::Mul(r, hn::Set(d, T(0.5))));
}

}  // namespace vector_math

// sin x or cos x, for all x.
template <bool kSin, class D, class V = hn::VFromD<D>>
HWY_INLINE V SinOrCos(D d, V x) {
  using T = hn::TFromD<D>;
  using Pi = vector_math::Pi<T>;
  using vector_math::FusedMulAdd;
  const hn::RebindToUnsigned<D> du;
  // x = q pi + r with a whole q, and the sine is +-sin r; for the cosine it is x + pi / 2.
  const V rounder = hn::Set(d, vector_math::Format<T>::kRounder);
  const V half_turns = hn::Set(d, T(0.31830988618379067154));
  V rounded, q;
  if constexpr (kSin) {
    rounded = hn::MulAdd(x, half_turns, rounder);
    q = hn::Sub(rounded, rounder);
  } else {
    const V half = hn::Set(d, T(0.5));
    rounded = hn::Add(hn::MulAdd(x, half_turns, half), rounder);
    q = hn::Sub(hn::Sub(rounded, rounder), half);
  }
  V r = FusedMulAdd(d, q, hn::Set(d, -Pi::kHigh), x);
  r = FusedMulAdd(d, q, hn::Set(d, -Pi::kMiddle), r);
  r = FusedMulAdd(d, q, hn::Set(d, -Pi::kLow), r);
  const auto is_odd = hn::ShiftLeft<8 * sizeof(T) - 1>(hn::BitCast(du, rounded));
  const V result = hn::Xor(vector_math::ReducedSin(d, r), hn::BitCast(d, is_odd));
  const auto is_far = hn::Gt(hn::Abs(x), hn::Set(d, Pi::kLimit));
  if (HWY_LIKELY(hn::AllFalse(d, is_far))) return result;
  HWY_ALIGN T from[hn::MaxLanes(d)], to[hn::MaxLanes(d)];
  hn::Store(x, d, from);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    to[i] = kSin ? std::sin(from[i]) : std::cos(from[i]);
  }
  return hn::IfThenElse(is_far, hn::Load(d, to), result);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_SINCOS_INL_H_
