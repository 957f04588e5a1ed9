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

// Stores the first `count` lanes of v, fewer than all of them or all, in halves: some processors with
// AVX2 take tens of operations for a store under a mask.
template <class D>
HWY_INLINE void StoreFirst(hn::VFromD<D> v, D d, hn::TFromD<D>* HWY_RESTRICT to,
                           std::size_t count) {
#if HWY_TARGET == HWY_AVX2
  constexpr std::size_t lanes = hn::MaxLanes(D());
  if (count == lanes) {
    hn::StoreU(v, d, to);
  } else if constexpr (lanes > 1) {
    const hn::Half<D> half;
    if (count >= lanes / 2) {
      hn::StoreU(hn::LowerHalf(half, v), half, to);
      if (count > lanes / 2) {
        StoreFirst(hn::UpperHalf(half, v), half, to + lanes / 2, count - lanes / 2);
      }
    } else {
      StoreFirst(hn::LowerHalf(half, v), half, to, count);
    }
  }
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_SIMD_INL_H_
