// Shims over the packaged Highway (1.0.3 lacks ReduceSum and partial loads; 1.2 has them).
// Included once per target by every kernel, after hwy/highway.h.

#if defined(SURPLUS_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_SIMD_INL_H_
#undef SURPLUS_KERNELS_SIMD_INL_H_
#else
#define SURPLUS_KERNELS_SIMD_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The sum of all lanes.
template <class D>
HWY_INLINE hn::TFromD<D> ReduceSum(D d, hn::VFromD<D> v) {
  return hn::GetLane(hn::SumOfLanes(d, v));
}

#if HWY_TARGET <= HWY_AVX2
// Lane j is the sum of the lanes of the j-th of four vectors of doubles: 11 instructions (AVX2: 6)
// where one by one takes 28.
using FourDoubles = hn::FixedTag<double, 4>;
HWY_INLINE hn::VFromD<FourDoubles> FourSums(hn::Vec<hn::ScalableTag<double>> a,
                                            hn::Vec<hn::ScalableTag<double>> b,
                                            hn::Vec<hn::ScalableTag<double>> c,
                                            hn::Vec<hn::ScalableTag<double>> e) {
  const hn::ScalableTag<double> d;
  const FourDoubles four;
  const auto ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const auto ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
#if HWY_TARGET <= HWY_AVX3
  const auto ab4 = hn::Add(hn::LowerHalf(four, ab), hn::UpperHalf(four, ab));
  const auto ce4 = hn::Add(hn::LowerHalf(four, ce), hn::UpperHalf(four, ce));
#else
  const auto ab4 = ab, ce4 = ce;
#endif
  return hn::Add(hn::ConcatLowerLower(four, ce4, ab4), hn::ConcatUpperUpper(four, ce4, ab4));
}
#endif

// The largest lane.
template <class D>
HWY_INLINE hn::TFromD<D> ReduceMax(D d, hn::VFromD<D> v) {
  return hn::GetLane(hn::MaxOfLanes(d, v));
}

// Loads the first `count` < Lanes(d) elements, zeros after them, and reads nothing beyond.
template <class D>
HWY_INLINE hn::VFromD<D> LoadTail(D d, const hn::TFromD<D>* HWY_RESTRICT from, std::size_t count) {
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
}

// Stores the first `count` < Lanes(d) elements and writes nothing beyond.
template <class D>
HWY_INLINE void StoreTail(hn::VFromD<D> v, D d, hn::TFromD<D>* HWY_RESTRICT to, std::size_t count) {
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_SIMD_INL_H_
