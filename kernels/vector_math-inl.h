// Elementary functions on vectors, for use inside other kernels; vector_math.h has them for arrays
// and states their errors. Included once per target, after hwy/highway.h.

#if defined(SURPLUS_KERNELS_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_VECTOR_MATH_INL_H_
#undef SURPLUS_KERNELS_VECTOR_MATH_INL_H_
#else
#define SURPLUS_KERNELS_VECTOR_MATH_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The lesser of `limit` and v, or the greater one; v if it is a NaN, as x86 has its second operand.
template <class D>
HWY_INLINE hn::VFromD<D> MinOrNaN(D d, hn::VFromD<D> limit, hn::VFromD<D> v) {
  static_cast<void>(d);
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Min(limit, v);
#else
  return hn::IfThenElse(hn::Gt(v, limit), limit, v);
#endif
}
template <class D>
HWY_INLINE hn::VFromD<D> MaxOrNaN(D d, hn::VFromD<D> limit, hn::VFromD<D> v) {
  static_cast<void>(d);
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Max(limit, v);
#else
  return hn::IfThenElse(hn::Lt(v, limit), limit, v);
#endif
}

namespace vector_math {

// The format of T: mantissa bits, the bit patterns of 1 and of sqrt(1/2), and 3/2 ulp(1)^-1, which
// added to a small number leaves its nearest integer in the low bits.
template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23;
  static constexpr Bits kOne = 0x3F800000, kSqrtHalf = 0x3F3504F3;
  static constexpr float kRounder = 0x1.8p23f;
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr Bits kOne = 0x3FF0000000000000, kSqrtHalf = 0x3FE6A09E00000000;
  static constexpr double kRounder = 0x1.8p52;
};

// log(2) in two parts, of which the upper times any exponent is exact.
template <typename T>
struct Ln2;
template <>
struct Ln2<float> {
  static constexpr float kHigh = 0x1.62E4p-1f, kLow = 1.42860676533018704e-6f;
};
template <>
struct Ln2<double> {
  static constexpr double kHigh = 6.93147180369123816490e-01, kLow = 1.90821492927058770002e-10;
};

// c0 + x (c1 + x (c2 + ...)).
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Horner(D d, V, hn::TFromD<D> c0) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V Horner(D d, V x, hn::TFromD<D> c0, Rest... rest) {
  return hn::MulAdd(x, Horner(d, x, rest...), hn::Set(d, c0));
}

// (e^r - 1 - r) / r^2 on |r| <= log(2) / 2. Chebyshev fits with errors of 2e-9 and 2e-18.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ExpTail(D d, V r) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Horner(d, r, 5.0000000135e-1f, 1.6666666682e-1f, 4.1666464925e-2f, 8.3333109255e-3f,
                  1.3933649996e-3f, 1.9890990825e-4f);
  } else {
    return Horner(d, r, 0.5, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100DCp-7,
                  0x1.6C16C16C162D4p-10, 0x1.A01A01ABE7FE1p-13, 0x1.A01A01A6D889Cp-16,
                  0x1.71DE0231960EBp-19, 0x1.27E4DB646B17Ep-22, 0x1.AF4DE97CA4194p-26,
                  0x1.1F730349868CEp-29);
  }
}

// x = k log 2 + r, |r| <= log(2) / 2 up to rounding; returns k, and k + kRounder in `rounded`.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ReduceByLn2(D d, V x, V& r, V& rounded) {
  using T = hn::TFromD<D>;
  const V rounder = hn::Set(d, Format<T>::kRounder);
  rounded = hn::MulAdd(x, hn::Set(d, T(1.44269504088896340736)), rounder);
  const V k = hn::Sub(rounded, rounder);
  r = hn::NegMulAdd(k, hn::Set(d, Ln2<T>::kHigh), x);
  r = hn::NegMulAdd(k, hn::Set(d, Ln2<T>::kLow), r);
  return k;
}

// e^r - 1 on |r| <= log(2) / 2.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ReducedExpMinus1(D d, V r) {
  return hn::MulAdd(hn::Mul(r, r), ExpTail(d, r), r);
}

// R in log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + R(s^2)), s = f / (2 + f), for 1 + f from sqrt(1/2)
// to sqrt(2). The coefficients of FreeBSD's msun.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V LogTail(D d, V s2) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::Mul(
        s2, Horner(d, s2, 0xAAAAAA.0p-24f, 0xCCCE13.0p-25f, 0x91E9EE.0p-25f, 0xF89E26.0p-26f));
  } else {
    return hn::Mul(
        s2, Horner(d, s2, 6.666666666666735130e-01, 3.999999999940941908e-01,
                   2.857142874366239149e-01, 2.222219843214978396e-01, 1.818357216161805012e-01,
                   1.531383769920937332e-01, 1.479819860511658591e-01));
  }
}

// ExpTail() where an error of 3e-9 r^2 will do: one coefficient less in float.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ShortExpTail(D d, V r) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Horner(d, r, 0.499999934f, 0.166665204f, 4.16683908e-2f, 8.36874503e-3f, 1.38145362e-3f);
  } else {
    return ExpTail(d, r);
  }
}

// e^r on |r| <= log(2) / 2, within 1.1 ulp.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ShortExp(D d, V r) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  return hn::MulAdd(r, hn::MulAdd(r, ShortExpTail(d, r), one), one);
}

// 2^(k + kShift) of a k that kRounder was added to to give `rounded`, if that is a normal number; inf for the
// exponent after the largest.
template <int kShift = 0, class D, class V = hn::VFromD<D>>
HWY_INLINE V PowerOfTwo(D d, V rounded) {
  using F = Format<hn::TFromD<D>>;
  using Bits = typename F::Bits;
  const hn::RebindToUnsigned<D> du;
  // The low bits of kRounder, which are those that the exponent receives, are zero.
  const auto exponent = hn::ShiftLeft<F::kMantissa>(hn::BitCast(du, rounded));
  return hn::BitCast(d, hn::Add(exponent, hn::Set(du, F::kOne + (Bits{kShift} << F::kMantissa))));
}

// 2^k in two factors whose product may leave the range of normal numbers: k is what kRounder was
// added to to give `rounded`.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE void PowersOfTwo(D d, V rounded, V& first, V& second) {
  using F = Format<hn::TFromD<D>>;
  using Bits = typename F::Bits;
  const hn::RebindToUnsigned<D> du;
  constexpr Bits kBias = F::kOne >> F::kMantissa;
  // k + 2 bias > 0, halved once up and once down.
  const auto offset = hn::BitCast(du, hn::Set(d, F::kRounder));
  const auto biased =
      hn::Add(hn::Sub(hn::BitCast(du, rounded), offset), hn::Set(du, Bits{2} * kBias));
  const auto half = hn::ShiftRight<1>(biased);
  first = hn::BitCast(d, hn::ShiftLeft<F::kMantissa>(half));
  second = hn::BitCast(d, hn::ShiftLeft<F::kMantissa>(hn::Sub(biased, half)));
}

}  // namespace vector_math

// e^x.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Exp(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool kIsFloat = sizeof(T) == 4;
  // Above `highest` e^x is inf, below `lowest` 0. There 0 takes the place of x: a multiplication that
  // underflows costs the processor a hundred times as much as one that does not, and -inf is frequent.
  const V highest = hn::Set(d, kIsFloat ? T(89) : T(710));
  const auto is_zero = hn::Lt(x, hn::Set(d, kIsFloat ? T(-104) : T(-745.2)));
  V r, rounded, power0, power1;
  vector_math::ReduceByLn2(d, hn::IfThenZeroElse(is_zero, MinOrNaN(d, highest, x)), r, rounded);
  vector_math::PowersOfTwo(d, rounded, power0, power1);
  const V one_up = hn::Add(hn::Set(d, T(1)), vector_math::ReducedExpMinus1(d, r));
  return hn::IfThenZeroElse(is_zero, hn::Mul(hn::Mul(one_up, power0), power1));
}

// log x.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Log(D d, V x) {
  using T = hn::TFromD<D>;
  using F = vector_math::Format<T>;
  using Bits = typename F::Bits;
  using vector_math::Ln2;
  using Limits = std::numeric_limits<T>;
  const hn::RebindToUnsigned<D> du;
  // Subnormal numbers gain the exponent that they lack.
  constexpr int kShift = F::kMantissa + 2;
  const auto is_small = hn::Lt(x, hn::Set(d, Limits::min()));
  const V normal = hn::IfThenElse(is_small, hn::Mul(x, hn::Set(d, T(Bits{1} << kShift))), x);
  // x = 2^k (1 + f). The exponent becomes a number as the low bits of 2^kMantissa.
  const auto bits = hn::Add(hn::BitCast(du, normal), hn::Set(du, F::kOne - F::kSqrtHalf));
  constexpr T kUnit = T(Bits{1} << F::kMantissa), kBias = T(F::kOne >> F::kMantissa);
  const V exponent = hn::BitCast(
      d, hn::Or(hn::ShiftRight<F::kMantissa>(bits), hn::BitCast(du, hn::Set(d, kUnit))));
  V k = hn::Sub(exponent, hn::Set(d, kUnit + kBias));
  k = hn::IfThenElse(is_small, hn::Sub(k, hn::Set(d, T(kShift))), k);
  const auto mantissa = hn::And(bits, hn::Set(du, (Bits{1} << F::kMantissa) - 1));
  const V f =
      hn::Sub(hn::BitCast(d, hn::Add(mantissa, hn::Set(du, F::kSqrtHalf))), hn::Set(d, T(1)));
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, T(2))));
  const V half_square = hn::Mul(hn::Mul(hn::Set(d, T(0.5)), f), f);
  V tail = hn::MulAdd(k, hn::Set(d, Ln2<T>::kLow),
                      hn::Mul(s, hn::Add(half_square, vector_math::LogTail(d, hn::Mul(s, s)))));
  tail = hn::Add(hn::Sub(tail, half_square), f);
  const V log = hn::MulAdd(k, hn::Set(d, Ln2<T>::kHigh), tail);
  // inf is its own logarithm and NaN passes; 0 has -inf, and what is below has none.
  const V infinity = hn::Set(d, Limits::infinity());
  const V positive = hn::IfThenElse(hn::Lt(x, infinity), log, x);
  const V other =
      hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, Limits::quiet_NaN()), hn::Neg(infinity));
  return hn::IfThenElse(hn::Le(x, hn::Zero(d)), other, positive);
}

// tanh x = t / (t + 2), t = e^(2 |x|) - 1 = 2^k (e^r - 1) + (2^k - 1), with the sign of x.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Tanh(D d, V x) {
  using T = hn::TFromD<D>;
  // From here on tanh rounds to 1.
  const V highest = hn::Set(d, sizeof(T) == 4 ? T(20) : T(44));
  const V magnitude = hn::Abs(x);
  V r, rounded;
  vector_math::ReduceByLn2(d, MinOrNaN(d, highest, hn::Add(magnitude, magnitude)), r, rounded);
  const V power = vector_math::PowerOfTwo(d, rounded);
  const V up = hn::MulAdd(hn::Mul(r, r), vector_math::ShortExpTail(d, r), r);
  const V t = hn::MulAdd(power, up, hn::Sub(power, hn::Set(d, T(1))));
  return hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, T(2)))), x);
}

// 1 / (1 + e^-x), by e = e^-|x| alone, which cannot overflow: 1 / (1 + e), or e / (1 + e) for x < 0. The numerator is
// 2^kShift times as large, so that the power of two in e is a normal number.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool kIsFloat = sizeof(T) == 4;
  constexpr int kShift = kIsFloat ? 64 : 512;
  const V up = hn::Set(d, T(kIsFloat ? 0x1p64 : 0x1p512));
  const V down = hn::Set(d, T(kIsFloat ? 0x1p-64 : 0x1p-512));
  // Below this the result is 0.
  const V lowest = hn::Set(d, kIsFloat ? T(-104) : T(-745.2));
  V r, rounded;
  vector_math::ReduceByLn2(d, MaxOrNaN(d, lowest, hn::Neg(hn::Abs(x))), r, rounded);
  const V e = hn::Mul(vector_math::ShortExp(d, r), vector_math::PowerOfTwo<kShift>(d, rounded));
  const V denominator = hn::MulAdd(e, down, hn::Set(d, T(1)));
  return hn::Mul(hn::Div(hn::IfNegativeThenElse(x, e, up), denominator), down);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_VECTOR_MATH_INL_H_
