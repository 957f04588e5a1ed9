// A row of a rank-one update, which ger and itml share. Included once per target.

#if defined(SURPLUS_KERNELS_RANK_ONE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_RANK_ONE_INL_H_
#undef SURPLUS_KERNELS_RANK_ONE_INL_H_
#else
#define SURPLUS_KERNELS_RANK_ONE_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// row[j] += factor y[j].
template <typename T>
HWY_INLINE void AddScaled(std::size_t n, T factor, const T* HWY_RESTRICT y, T* HWY_RESTRICT row) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    hn::StoreU(hn::MulAdd(factors, hn::LoadU(d, y + j), hn::LoadU(d, row + j)), d, row + j);
  }
  if (j < n) {
    const auto sum = hn::MulAdd(factors, LoadTail(d, y + j, n - j), LoadTail(d, row + j, n - j));
    StoreTail(sum, d, row + j, n - j);
  }
}

// row[j] += alpha (vi v[j]): the product first, so that [i, j] and [j, i] round alike.
template <typename T>
HWY_INLINE void AddScaledProducts(std::size_t n, T alpha, T vi, const T* HWY_RESTRICT v,
                                  T* HWY_RESTRICT row) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, alpha), left = hn::Set(d, vi);
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const auto product = hn::Mul(left, hn::LoadU(d, v + j));
    hn::StoreU(hn::MulAdd(factors, product, hn::LoadU(d, row + j)), d, row + j);
  }
  if (j < n) {
    const auto product = hn::Mul(left, LoadTail(d, v + j, n - j));
    StoreTail(hn::MulAdd(factors, product, LoadTail(d, row + j, n - j)), d, row + j, n - j);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_RANK_ONE_INL_H_
