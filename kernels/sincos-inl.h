// Sine and cosine of vectors, for use inside other kernels. Included once per target, after
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
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {
namespace vector_math {

// pi / 2 in three parts. With fused operations x - k kHigh is exact for |x| <= kLimit, and what
// the third part leaves is below an ulp of the smallest remainder.
template <typename T>
struct HalfPi;
template <>
struct HalfPi<float> {
  static constexpr float kHigh = 0x1.921FB6p0f, kMiddle = -0x1.777A5Cp-25f, kLow = -0x1.EE59DAp-50f,
                         kLimit = 0x1p14f;
};
template <>
struct HalfPi<double> {
  static constexpr double kHigh = 0x1.921FB54442D18p0, kMiddle = 0x1.1A62633145C07p-54,
                          kLow = -0x1.F1976B7ED8FBCp-110, kLimit = 0x1p28;
};

// c - a b, rounded once on every target.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V FusedNegMulAdd(D d, V a, V b, V c) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(d, std::fma(-hn::GetLane(a), hn::GetLane(b), hn::GetLane(c)));
#else
  static_cast<void>(d);
  return hn::NegMulAdd(a, b, c);
#endif
}

// (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in z = r^2, |r| <= pi / 4. The coefficients of
// Cephes (float) and FreeBSD's msun (double).
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V SinTail(D d, V z) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Horner(d, z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f);
  } else {
    return Horner(d, z, -1.66666666666666324348e-01, 8.33333333332248946124e-03,
                  -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                  -2.50507602534068634195e-08, 1.58969099521155010221e-10);
  }
}
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V CosTail(D d, V z) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Horner(d, z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f);
  } else {
    return Horner(d, z, 4.16666666666666019037e-02, -1.38888888888741095749e-03,
                  2.48015872894767294178e-05, -2.75573143513906633035e-07,
                  2.08757232129817482790e-09, -1.13596475577881948265e-11);
  }
}

}  // namespace vector_math

// sin x and cos x for |x| <= kLimit; beyond it the error grows.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE void SinCos(D d, V x, V& sin, V& cos) {
  using T = hn::TFromD<D>;
  using HalfPi = vector_math::HalfPi<T>;
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  constexpr int kBits = 8 * sizeof(T);
  // x = q pi / 2 + r.
  const V rounder = hn::Set(d, vector_math::Format<T>::kRounder);
  const V rounded = hn::MulAdd(x, hn::Set(d, T(0.63661977236758134308)), rounder);
  const V q = hn::Sub(rounded, rounder);
  V r = vector_math::FusedNegMulAdd(d, q, hn::Set(d, HalfPi::kHigh), x);
  r = vector_math::FusedNegMulAdd(d, q, hn::Set(d, HalfPi::kMiddle), r);
  r = vector_math::FusedNegMulAdd(d, q, hn::Set(d, HalfPi::kLow), r);
  const V z = hn::Mul(r, r);
  const V sin_r = hn::MulAdd(hn::Mul(z, r), vector_math::SinTail(d, z), r);
  // 1 - z / 2 loses bits that (1 - upper) - z / 2 finds again.
  const V half = hn::Mul(z, hn::Set(d, T(0.5)));
  const V upper = hn::Sub(hn::Set(d, T(1)), half);
  const V lost = hn::Sub(hn::Sub(hn::Set(d, T(1)), upper), half);
  const V cos_r = hn::Add(upper, hn::MulAdd(hn::Mul(z, z), vector_math::CosTail(d, z), lost));
  // The two low bits of q, moved to the sign: the lower one swaps, both decide the signs.
  const auto odd = hn::ShiftLeft<kBits - 1>(hn::BitCast(du, rounded));
  const auto half_turn = hn::ShiftLeft<kBits - 2>(hn::BitCast(du, rounded));
  const auto sign = hn::BitCast(du, hn::SignBit(d));
  const auto is_odd = hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, odd))));
  sin = hn::Xor(hn::IfThenElse(is_odd, cos_r, sin_r), hn::BitCast(d, hn::And(half_turn, sign)));
  cos = hn::Xor(hn::IfThenElse(is_odd, sin_r, cos_r),
                hn::BitCast(d, hn::And(hn::Xor(half_turn, odd), sign)));
}

// sin x or cos x, for all x.
template <bool kSin, class D, class V = hn::VFromD<D>>
HWY_INLINE V SinOrCos(D d, V x) {
  using T = hn::TFromD<D>;
  V sin, cos;
  SinCos(d, x, sin, cos);
  const V result = kSin ? sin : cos;
  const auto is_far = hn::Gt(hn::Abs(x), hn::Set(d, vector_math::HalfPi<T>::kLimit));
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
