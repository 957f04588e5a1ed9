#include "kernels/ger.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ger.cc"
#include "hwy/foreach_target.h"
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

// Columns that are worked on at a time if the right vector has gaps: 16 KiB of it in double.
constexpr std::size_t kColumns = 2048;

// Calls add(j, count, piece) for pieces of y that together are all of it, without gaps.
template <typename T, typename Add>
HWY_INLINE void ForEachPiece(std::size_t n, const T* HWY_RESTRICT y, std::size_t y_stride,
                             const Add& add) {
  if (y_stride == 1) return add(std::size_t{0}, n, y);
  HWY_ALIGN T together[kColumns];
  for (std::size_t j = 0; j < n; j += kColumns) {
    const std::size_t count = std::min(kColumns, n - j);
    for (std::size_t l = 0; l < count; ++l) together[l] = y[(j + l) * y_stride];
    add(j, count, static_cast<const T*>(together));
  }
}

template <typename T>
HWY_INLINE void Ger(std::size_t m, std::size_t n, T alpha, const T* HWY_RESTRICT x,
                    std::size_t x_stride, const T* HWY_RESTRICT y, std::size_t y_stride,
                    T* HWY_RESTRICT a, std::size_t a_stride) {
  if (alpha == T{0}) return;
  ForEachPiece(n, y, y_stride, [&](std::size_t j, std::size_t count, const T* piece) HWY_ATTR {
    AddOuter<false>(m, count, alpha, x, x_stride, piece, a + j, a_stride);
  });
}

template <typename T>
HWY_INLINE void SymmetricRankOne(std::size_t n, T alpha, const T* HWY_RESTRICT v,
                                 std::size_t v_stride, T* HWY_RESTRICT a, std::size_t a_stride) {
  if (alpha == T{0}) return;
  ForEachPiece(n, v, v_stride, [&](std::size_t j, std::size_t count, const T* piece) HWY_ATTR {
    AddOuter<true>(n, count, alpha, v, v_stride, piece, a + j, a_stride);
  });
}

void GerF32(std::size_t m, std::size_t n, float alpha, const float* x, std::size_t x_stride,
            const float* y, std::size_t y_stride, float* a, std::size_t a_stride) {
  Ger(m, n, alpha, x, x_stride, y, y_stride, a, a_stride);
}
void GerF64(std::size_t m, std::size_t n, double alpha, const double* x, std::size_t x_stride,
            const double* y, std::size_t y_stride, double* a, std::size_t a_stride) {
  Ger(m, n, alpha, x, x_stride, y, y_stride, a, a_stride);
}
void SymmetricRankOneF32(std::size_t n, float alpha, const float* v, std::size_t v_stride, float* a,
                         std::size_t a_stride) {
  SymmetricRankOne(n, alpha, v, v_stride, a, a_stride);
}
void SymmetricRankOneF64(std::size_t n, double alpha, const double* v, std::size_t v_stride,
                         double* a, std::size_t a_stride) {
  SymmetricRankOne(n, alpha, v, v_stride, a, a_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(GerF32);
HWY_EXPORT(GerF64);
HWY_EXPORT(SymmetricRankOneF32);
HWY_EXPORT(SymmetricRankOneF64);

void ger(std::size_t m, std::size_t n, float alpha, const float* x, std::size_t x_stride,
         const float* y, std::size_t y_stride, float* a, std::size_t a_stride) {
  HWY_DYNAMIC_DISPATCH(GerF32)(m, n, alpha, x, x_stride, y, y_stride, a, a_stride);
}
void ger(std::size_t m, std::size_t n, double alpha, const double* x, std::size_t x_stride,
         const double* y, std::size_t y_stride, double* a, std::size_t a_stride) {
  HWY_DYNAMIC_DISPATCH(GerF64)(m, n, alpha, x, x_stride, y, y_stride, a, a_stride);
}
void symmetric_rank_one(std::size_t n, float alpha, const float* v, std::size_t v_stride, float* a,
                        std::size_t a_stride) {
  HWY_DYNAMIC_DISPATCH(SymmetricRankOneF32)(n, alpha, v, v_stride, a, a_stride);
}
void symmetric_rank_one(std::size_t n, double alpha, const double* v, std::size_t v_stride,
                        double* a, std::size_t a_stride) {
  HWY_DYNAMIC_DISPATCH(SymmetricRankOneF64)(n, alpha, v, v_stride, a, a_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
