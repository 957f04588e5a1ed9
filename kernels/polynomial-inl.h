// Polynomials of vectors, for use inside other kernels. Included once per target, after hwy/highway.h.

#if defined(SURPLUS_KERNELS_POLYNOMIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_POLYNOMIAL_INL_H_
#undef SURPLUS_KERNELS_POLYNOMIAL_INL_H_
#else
#define SURPLUS_KERNELS_POLYNOMIAL_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

namespace vector_math {

// c0 + x (c1 + x (c2 + ...)).
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Horner(D d, V, hn::TFromD<D> c0) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V Horner(D d, V x, hn::TFromD<D> c0, Rest... rest) {
  return hn::MulAdd(x, Horner(d, x, rest...), hn::Set(d, c0));
}

// c0 + x2 (c2 + x2 (c4 + ...)), of every other coefficient.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V EveryOther(D d, V, hn::TFromD<D> c0) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V EveryOther(D d, V, hn::TFromD<D> c0, hn::TFromD<D>) {
  return hn::Set(d, c0);
}
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V EveryOther(D d, V x2, hn::TFromD<D> c0, hn::TFromD<D>, Rest... rest) {
  return hn::MulAdd(x2, EveryOther(d, x2, rest...), hn::Set(d, c0));
}

// c0 + x c1 + x2 c2 + ..., x2 = x^2, as the sum of its even and its odd part: two chains of half the length.
template <class D, class V = hn::VFromD<D>, typename... Rest>
HWY_INLINE V EvenAndOdd(D d, V x, V x2, hn::TFromD<D> c0, Rest... rest) {
  return hn::MulAdd(x, EveryOther(d, x2, rest...), EveryOther(d, x2, c0, rest...));
}

}  // namespace vector_math
}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_POLYNOMIAL_INL_H_
