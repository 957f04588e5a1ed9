#include "kernels/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Four accumulators hide the 4-cycle latency of an addition at one or two per cycle.
template <typename T>
HWY_INLINE T SumOfRow(std::size_t n, const T* HWY_RESTRICT x) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  std::size_t j = 0;
  for (; j + 4 * lanes <= n; j += 4 * lanes) {
    sum0 = hn::Add(sum0, hn::LoadU(d, x + j));
    sum1 = hn::Add(sum1, hn::LoadU(d, x + j + lanes));
    sum2 = hn::Add(sum2, hn::LoadU(d, x + j + 2 * lanes));
    sum3 = hn::Add(sum3, hn::LoadU(d, x + j + 3 * lanes));
  }
  for (; j + lanes <= n; j += lanes) sum0 = hn::Add(sum0, hn::LoadU(d, x + j));
  if (j < n) sum1 = hn::Add(sum1, LoadTail(d, x + j, n - j));
  return ReduceSum(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
}

template <typename T>
HWY_INLINE void RowSum(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* sums) {
  for (std::size_t i = 0; i < m; ++i) sums[i] = SumOfRow(n, x + i * x_stride);
}

// A vector from the `count` elements that are left, filled up with `other` if they are fewer.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V LoadOr(D d, V other, const hn::TFromD<D>* HWY_RESTRICT from, std::size_t count) {
  if (count >= hn::Lanes(d)) return hn::LoadU(d, from);
  return hn::IfThenElse(hn::FirstN(d, count), LoadTail(d, from, count), other);
}

// The largest element, -inf if there is none; `has_nan` tells whether a NaN is among them.
template <typename T>
HWY_INLINE T MaxOfRow(std::size_t n, const T* HWY_RESTRICT x, bool& has_nan) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto max0 = lowest, max1 = lowest;
  // A maximum may drop a NaN, so they are looked for apart.
  auto nan0 = hn::IsNaN(lowest), nan1 = nan0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    const auto x0 = hn::LoadU(d, x + j), x1 = hn::LoadU(d, x + j + lanes);
    max0 = hn::Max(x0, max0);
    max1 = hn::Max(x1, max1);
    nan0 = hn::Or(nan0, hn::IsNaN(x0));
    nan1 = hn::Or(nan1, hn::IsNaN(x1));
  }
  for (; j < n; j += lanes) {
    const auto x0 = LoadOr(d, lowest, x + j, n - j);
    max0 = hn::Max(x0, max0);
    nan0 = hn::Or(nan0, hn::IsNaN(x0));
  }
  has_nan = !hn::AllFalse(d, hn::Or(nan0, nan1));
  return ReduceMax(d, hn::Max(max0, max1));
}

template <typename T>
HWY_INLINE void RowMax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* maxima) {
  for (std::size_t i = 0; i < m; ++i) {
    bool has_nan = false;
    const T max = MaxOfRow(n, x + i * x_stride, has_nan);
    maxima[i] = has_nan ? std::numeric_limits<T>::quiet_NaN() : max;
  }
}

template <typename T>
HWY_INLINE std::size_t ArgmaxOfRow(std::size_t n, const T* HWY_RESTRICT x) {
  const hn::ScalableTag<T> d;
  bool has_nan = false;
  const auto max = hn::Set(d, MaxOfRow(n, x, has_nan));
  for (std::size_t j = 0; j < n; j += hn::Lanes(d)) {
    // What pads the last vector comes after all elements, of which one is found.
    const auto xj = n - j >= hn::Lanes(d) ? hn::LoadU(d, x + j) : LoadTail(d, x + j, n - j);
    const auto at = hn::FindFirstTrue(d, has_nan ? hn::IsNaN(xj) : hn::Eq(xj, max));
    if (at >= 0) return j + static_cast<std::size_t>(at);
  }
  return 0;
}

template <typename T>
HWY_INLINE void RowArgmax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                          std::size_t* indices) {
  for (std::size_t i = 0; i < m; ++i) indices[i] = ArgmaxOfRow(n, x + i * x_stride);
}

// The largest element as a finite number. With it in place of an infinite maximum a row of -inf
// sums to 0 and one with inf to inf, without inf - inf on the way.
template <typename T>
HWY_INLINE T FiniteMax(std::size_t n, const T* x) {
  bool has_nan = false;
  const T max = MaxOfRow(n, x, has_nan);
  return std::clamp(max, std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max());
}

// sum_j e^(x[j] - top); the terms are stored in y unless it is null.
template <typename T, bool kStore>
HWY_INLINE T SumOfExp(std::size_t n, const T* x, T top, T* y) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto tops = hn::Set(d, top);
  auto sum0 = hn::Zero(d), sum1 = sum0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    const auto e0 = Exp(d, hn::Sub(hn::LoadU(d, x + j), tops));
    const auto e1 = Exp(d, hn::Sub(hn::LoadU(d, x + j + lanes), tops));
    if constexpr (kStore) {
      hn::StoreU(e0, d, y + j);
      hn::StoreU(e1, d, y + j + lanes);
    }
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
  }
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (; j < n; j += lanes) {
    const auto e0 = Exp(d, hn::Sub(LoadOr(d, lowest, x + j, n - j), tops));
    if constexpr (kStore) {
      n - j >= lanes ? hn::StoreU(e0, d, y + j) : StoreTail(e0, d, y + j, n - j);
    }
    sum0 = hn::Add(sum0, e0);
  }
  return ReduceSum(d, hn::Add(sum0, sum1));
}

template <typename T>
HWY_INLINE void RowLogSumExp(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                             T* out) {
  for (std::size_t i = 0; i < m; ++i) {
    const T* row = x + i * x_stride;
    const T top = FiniteMax(n, row);
    out[i] = top + std::log(SumOfExp<T, false>(n, row, top, nullptr));
  }
}

template <typename T>
HWY_INLINE void RowSoftmax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* y,
                           std::size_t y_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < m; ++i) {
    const T* from = x + i * x_stride;
    T* to = y + i * y_stride;
    const T sum = SumOfExp<T, true>(n, from, FiniteMax(n, from), to);
    // The difference is NaN for an infinite sum; 1 / 0 times 0 is NaN without help.
    const auto scale = hn::Set(d, T{1} / sum + (sum - sum));
    std::size_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, to + j), scale), d, to + j);
    }
    if (j < n) StoreTail(hn::Mul(LoadTail(d, to + j, n - j), scale), d, to + j, n - j);
  }
}

void RowSumF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums) {
  RowSum(m, n, x, x_stride, sums);
}
void RowSumF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums) {
  RowSum(m, n, x, x_stride, sums);
}
void RowMaxF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* maxima) {
  RowMax(m, n, x, x_stride, maxima);
}
void RowMaxF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
               double* maxima) {
  RowMax(m, n, x, x_stride, maxima);
}
void RowArgmaxF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                  std::size_t* indices) {
  RowArgmax(m, n, x, x_stride, indices);
}
void RowArgmaxF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                  std::size_t* indices) {
  RowArgmax(m, n, x, x_stride, indices);
}
void RowLogSumExpF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                     float* out) {
  RowLogSumExp(m, n, x, x_stride, out);
}
void RowLogSumExpF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                     double* out) {
  RowLogSumExp(m, n, x, x_stride, out);
}
void RowSoftmaxF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* y,
                   std::size_t y_stride) {
  RowSoftmax(m, n, x, x_stride, y, y_stride);
}
void RowSoftmaxF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* y,
                   std::size_t y_stride) {
  RowSoftmax(m, n, x, x_stride, y, y_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(RowSumF32);
HWY_EXPORT(RowSumF64);
HWY_EXPORT(RowMaxF32);
HWY_EXPORT(RowMaxF64);
HWY_EXPORT(RowArgmaxF32);
HWY_EXPORT(RowArgmaxF64);
HWY_EXPORT(RowLogSumExpF32);
HWY_EXPORT(RowLogSumExpF64);
HWY_EXPORT(RowSoftmaxF32);
HWY_EXPORT(RowSoftmaxF64);

void row_sum(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums) {
  HWY_DYNAMIC_DISPATCH(RowSumF32)(m, n, x, x_stride, sums);
}
void row_sum(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums) {
  HWY_DYNAMIC_DISPATCH(RowSumF64)(m, n, x, x_stride, sums);
}
void row_max(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* maxima) {
  HWY_DYNAMIC_DISPATCH(RowMaxF32)(m, n, x, x_stride, maxima);
}
void row_max(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* maxima) {
  HWY_DYNAMIC_DISPATCH(RowMaxF64)(m, n, x, x_stride, maxima);
}
void row_argmax(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                std::size_t* indices) {
  HWY_DYNAMIC_DISPATCH(RowArgmaxF32)(m, n, x, x_stride, indices);
}
void row_argmax(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                std::size_t* indices) {
  HWY_DYNAMIC_DISPATCH(RowArgmaxF64)(m, n, x, x_stride, indices);
}
void row_log_sum_exp(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                     float* out) {
  HWY_DYNAMIC_DISPATCH(RowLogSumExpF32)(m, n, x, x_stride, out);
}
void row_log_sum_exp(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                     double* out) {
  HWY_DYNAMIC_DISPATCH(RowLogSumExpF64)(m, n, x, x_stride, out);
}
void row_softmax(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* y,
                 std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(RowSoftmaxF32)(m, n, x, x_stride, y, y_stride);
}
void row_softmax(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* y,
                 std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(RowSoftmaxF64)(m, n, x, x_stride, y, y_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
