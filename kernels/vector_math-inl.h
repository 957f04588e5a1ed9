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
#include "kernels/polynomial-inl.h"

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

// The format of T: mantissa bits, the exponent's bias, the bit patterns of 1 and of sqrt(1/2); 3/2 ulp(1)^-1, which
// added to a small number leaves its nearest integer in the low bits; an x from which on e^x and e^-x are normal numbers.
template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr Bits kOne = 0x3F800000, kSqrtHalf = 0x3F3504F3;
  static constexpr float kRounder = 0x1.8p23f, kNormalExp = -87;
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr Bits kOne = 0x3FF0000000000000, kSqrtHalf = 0x3FE6A09E00000000;
  static constexpr double kRounder = 0x1.8p52, kNormalExp = -708;
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

// e^r - 1 on |r| <= log(2) / 2, from fits within 1e-9 (float) and 1e-18 (double) of its value; if not kExact, within 2e-8
// and 3e-17 with a coefficient less.
template <bool kExact = true, class D, class V = hn::VFromD<D>>
HWY_INLINE V ReducedExpMinus1(D d, V r) {
  using T = hn::TFromD<D>;
  const V r2 = hn::Mul(r, r);
  V tail;
  if constexpr (sizeof(T) == 4) {
    if constexpr (kExact) {
      tail = EvenAndOdd(d, r, r2, 0.166666657f, 4.16664816e-2f, 8.33341945e-3f, 1.39332528e-3f,
                        1.98241068e-4f);
    } else {
      tail = Horner(d, r, 0.166665494f, 4.16668542e-2f, 8.36604089e-3f, 1.38981931e-3f);
    }
  } else {
    if constexpr (kExact) {
      tail = EvenAndOdd(d, r, r2, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100DCp-7,
                        0x1.6C16C16C162D4p-10, 0x1.A01A01ABE7FE1p-13, 0x1.A01A01A6D889Cp-16,
                        0x1.71DE0231960EBp-19, 0x1.27E4DB646B17Ep-22, 0x1.AF4DE97CA4194p-26,
                        0x1.1F730349868CEp-29);
    } else {
      tail = EvenAndOdd(d, r, r2, 0x1.555555555553Ep-3, 0x1.5555555553B10p-5, 0x1.1111111118D05p-7,
                        0x1.6C16C179FDE7Ep-10, 0x1.A01A0171AF974p-13, 0x1.A019B39FE88A6p-16,
                        0x1.71DE9770F9E29p-19, 0x1.2897626A4EC7Fp-22, 0x1.AE4908348A389p-26);
    }
  }
  // A step of its own: the sum of the even and the odd part rounds twice, where it would show.
  return hn::MulAdd(r2, hn::MulAdd(r, tail, hn::Set(d, T(0.5))), r);
}

// x = k log 2 + r, |r| <= log(2) / 2 up to rounding; returns k, and k + kShift + kRounder in `rounded`, whose low bits
// are those of k + kShift.
template <int kShift = 0, class D, class V = hn::VFromD<D>>
HWY_INLINE V ReduceByLn2(D d, V x, V& r, V& rounded) {
  using T = hn::TFromD<D>;
  const V rounder = hn::Set(d, Format<T>::kRounder + T(kShift));
  rounded = hn::MulAdd(x, hn::Set(d, T(1.44269504088896340736)), rounder);
  const V k = hn::Sub(rounded, rounder);
  r = hn::NegMulAdd(k, hn::Set(d, Ln2<T>::kHigh), x);
  r = hn::NegMulAdd(k, hn::Set(d, Ln2<T>::kLow), r);
  return k;
}

// R in log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + s^2 R(s^2)), s = f / (2 + f), for 1 + f from sqrt(1/2)
// to sqrt(2). The coefficients of FreeBSD's msun.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V LogTail(D d, V s2) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return Horner(d, s2, 0xAAAAAA.0p-24f, 0xCCCE13.0p-25f, 0x91E9EE.0p-25f, 0xF89E26.0p-26f);
  } else {
    return EvenAndOdd(d, s2, hn::Mul(s2, s2), 6.666666666666735130e-01, 3.999999999940941908e-01,
                      2.857142874366239149e-01, 2.222219843214978396e-01, 1.818357216161805012e-01,
                      1.531383769920937332e-01, 1.479819860511658591e-01);
  }
}

// 2^k if that is a normal number; k is what kBias + kRounder was added to to give `rounded`.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V PowerOfTwo(D d, V rounded) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::ShiftLeft<Format<hn::TFromD<D>>::kMantissa>(hn::BitCast(du, rounded)));
}

// 2^k in two factors whose product may leave the range of normal numbers: k is what kRounder was
// added to to give `rounded`.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE void PowersOfTwo(D d, V rounded, V& first, V& second) {
  using F = Format<hn::TFromD<D>>;
  using Bits = typename F::Bits;
  const hn::RebindToUnsigned<D> du;
  // k + 2 bias > 0, halved once up and once down.
  const auto offset = hn::BitCast(du, hn::Set(d, F::kRounder));
  const auto biased =
      hn::Add(hn::Sub(hn::BitCast(du, rounded), offset), hn::Set(du, Bits{2} * F::kBias));
  const auto half = hn::ShiftRight<1>(biased);
  first = hn::BitCast(d, hn::ShiftLeft<F::kMantissa>(half));
  second = hn::BitCast(d, hn::ShiftLeft<F::kMantissa>(hn::Sub(biased, half)));
}

}  // namespace vector_math

// e^x 2^kShift where both powers of two are normal numbers.
template <bool kExact = true, int kShift = 0, class D, class V = hn::VFromD<D>>
HWY_INLINE V ExpIfNormal(D d, V x) {
  V r, rounded;
  vector_math::ReduceByLn2<vector_math::Format<hn::TFromD<D>>::kBias + kShift>(d, x, r, rounded);
  const V power = vector_math::PowerOfTwo(d, rounded);
  return hn::MulAdd(power, vector_math::ReducedExpMinus1<kExact>(d, r), power);
}

// e^x for x <= 0 or NaN within 1.1 ulp, with 0 in place of subnormal numbers; NaN for inf. The coefficient less makes sums of
// it a tenth faster in float, in double no faster.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V ExpOfNonPositive(D d, V x) {
  using T = hn::TFromD<D>;
  const auto is_zero = hn::Lt(x, hn::Set(d, T(vector_math::Format<T>::kNormalExp)));
  return hn::IfThenZeroElse(is_zero, ExpIfNormal<sizeof(T) == 8>(d, x));
}

// e^x.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Exp(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool kIsFloat = sizeof(T) == 4;
  const auto is_usual = hn::Lt(hn::Abs(x), hn::Set(d, T(-vector_math::Format<T>::kNormalExp)));
  if (HWY_LIKELY(hn::AllTrue(d, is_usual))) return ExpIfNormal(d, x);
  // Above `highest` e^x is inf, below `lowest` 0. There 0 takes the place of x: a multiplication that
  // underflows costs the processor a hundred times as much as one that does not.
  const V highest = hn::Set(d, kIsFloat ? T(89) : T(710));
  const auto is_zero = hn::Lt(x, hn::Set(d, kIsFloat ? T(-104) : T(-745.2)));
  V r, rounded, power0, power1;
  vector_math::ReduceByLn2(d, hn::IfThenZeroElse(is_zero, MinOrNaN(d, highest, x)), r, rounded);
  vector_math::PowersOfTwo(d, rounded, power0, power1);
  const V one_up = hn::Add(hn::Set(d, T(1)), vector_math::ReducedExpMinus1(d, r));
  return hn::IfThenZeroElse(is_zero, hn::Mul(hn::Mul(one_up, power0), power1));
}

// log(2^-s y) of a normal number y; `bias` is 2^kMantissa + kBias + s.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V LogOfNormal(D d, V y, V bias) {
  using T = hn::TFromD<D>;
  using F = vector_math::Format<T>;
  using Bits = typename F::Bits;
  using vector_math::Ln2;
  const hn::RebindToUnsigned<D> du;
  // y = 2^k m, m = 1 + f. The exponent becomes a number as the low bits of 2^kMantissa.
  const auto bits = hn::Add(hn::BitCast(du, y), hn::Set(du, F::kOne - F::kSqrtHalf));
  constexpr T kUnit = T(Bits{1} << F::kMantissa);
  const V exponent = hn::BitCast(
      d, hn::Or(hn::ShiftRight<F::kMantissa>(bits), hn::BitCast(du, hn::Set(d, kUnit))));
  const V k = hn::Sub(exponent, bias);
  const auto mantissa = hn::And(bits, hn::Set(du, (Bits{1} << F::kMantissa) - 1));
  const V one = hn::Set(d, T(1));
  const V m = hn::BitCast(d, hn::Add(mantissa, hn::Set(du, F::kSqrtHalf)));
  const V f = hn::Sub(m, one);
  const V s = hn::Div(f, hn::Add(m, one));
  const V half_square = hn::Mul(hn::Mul(hn::Set(d, T(0.5)), f), f);
  const V s2 = hn::Mul(s, s);
  const V small = hn::MulSub(k, hn::Set(d, Ln2<T>::kLow), half_square);
  const V tail = hn::MulAdd(s, hn::MulAdd(s2, vector_math::LogTail(d, s2), half_square), small);
  return hn::MulAdd(k, hn::Set(d, Ln2<T>::kHigh), hn::Add(tail, f));
}

// log x.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Log(D d, V x) {
  using T = hn::TFromD<D>;
  using F = vector_math::Format<T>;
  using Bits = typename F::Bits;
  using Limits = std::numeric_limits<T>;
  constexpr T kBias = T((Bits{1} << F::kMantissa) + F::kBias);
  const V infinity = hn::Set(d, Limits::infinity()), bias = hn::Set(d, kBias);
  if (HWY_LIKELY(
          hn::AllTrue(d, hn::And(hn::Ge(x, hn::Set(d, Limits::min())), hn::Lt(x, infinity))))) {
    return LogOfNormal(d, x, bias);
  }
  // Subnormal numbers gain the exponent that they lack.
  constexpr int kShift = F::kMantissa + 2;
  const auto is_small = hn::Lt(x, hn::Set(d, Limits::min()));
  const V log =
      LogOfNormal(d, hn::IfThenElse(is_small, hn::Mul(x, hn::Set(d, T(Bits{1} << kShift))), x),
                  hn::IfThenElse(is_small, hn::Set(d, kBias + T(kShift)), bias));
  // inf is its own logarithm and NaN passes; 0 has -inf, and what is below has none.
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
  vector_math::ReduceByLn2<vector_math::Format<T>::kBias>(
      d, MinOrNaN(d, highest, hn::Add(magnitude, magnitude)), r, rounded);
  const V power = vector_math::PowerOfTwo(d, rounded);
  const V t = hn::MulAdd(power, vector_math::ReducedExpMinus1<false>(d, r),
                         hn::Sub(power, hn::Set(d, T(1))));
  return hn::CopySignToAbs(hn::Div(t, hn::Add(t, hn::Set(d, T(2)))), x);
}

// 1 / (1 + e^-x), by e = e^-|x| alone, which cannot overflow: 1 / (1 + e), or e / (1 + e) for x < 0. The numerator is
// 2^kShift times as large, so that it is a normal number.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool kIsFloat = sizeof(T) == 4;
  constexpr int kShift = kIsFloat ? 64 : 512;
  const V up = hn::Set(d, T(kIsFloat ? 0x1p64 : 0x1p512));
  const V down = hn::Set(d, T(kIsFloat ? 0x1p-64 : 0x1p-512));
  // Below this the result is 0.
  const V lowest = hn::Set(d, kIsFloat ? T(-104) : T(-745.2));
  const V e = ExpIfNormal<false, kShift>(d, MaxOrNaN(d, lowest, hn::Or(hn::SignBit(d), x)));
  const V denominator = hn::MulAdd(e, down, hn::Set(d, T(1)));
  return hn::Mul(hn::Div(hn::IfNegativeThenElse(x, e, up), denominator), down);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_VECTOR_MATH_INL_H_
