// Rank-one updates. Included once per target.

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

// kRows rows of A += alpha x y^T: each element as A + (alpha x_i) y_j, or, so that [i, j] and [j, i]
// round alike, as A + alpha (x_i y_j).
template <bool kSymmetric, std::size_t kRows, typename T>
HWY_INLINE void AddOuterRows(std::size_t n, T alpha, const T* HWY_RESTRICT x, std::size_t x_stride,
                             const T* HWY_RESTRICT y, T* HWY_RESTRICT a, std::size_t a_stride) {
  const hn::ScalableTag<T> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, alpha);
  V left[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    left[r] = hn::Set(d, kSymmetric ? x[r * x_stride] : alpha * x[r * x_stride]);
  }
  const auto updated = [&](std::size_t r, V yj, V old) HWY_ATTR {
    return kSymmetric ? hn::MulAdd(factor, hn::Mul(left[r], yj), old)
                      : hn::MulAdd(left[r], yj, old);
  };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const V yj = hn::LoadU(d, y + j);
    for (std::size_t r = 0; r < kRows; ++r) {
      T* to = a + r * a_stride + j;
      hn::StoreU(updated(r, yj, hn::LoadU(d, to)), d, to);
    }
  }
  if (j < n) {
    const V yj = LoadTail(d, y + j, n - j);
    for (std::size_t r = 0; r < kRows; ++r) {
      T* to = a + r * a_stride + j;
      StoreTail(updated(r, yj, LoadTail(d, to, n - j)), d, to, n - j);
    }
  }
}

// All m rows, in fours that share the loads of y.
template <bool kSymmetric, typename T>
HWY_INLINE void AddOuter(std::size_t m, std::size_t n, T alpha, const T* HWY_RESTRICT x,
                         std::size_t x_stride, const T* HWY_RESTRICT y, T* HWY_RESTRICT a,
                         std::size_t a_stride) {
  std::size_t i = 0;
  for (; i + 4 <= m; i += 4) {
    AddOuterRows<kSymmetric, 4>(n, alpha, x + i * x_stride, x_stride, y, a + i * a_stride,
                                a_stride);
  }
  for (; i < m; ++i) {
    AddOuterRows<kSymmetric, 1>(n, alpha, x + i * x_stride, x_stride, y, a + i * a_stride,
                                a_stride);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_RANK_ONE_INL_H_
