#include "kernels/reduce.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/softmax-inl.h"

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

template <typename T>
HWY_INLINE void RowMax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* maxima) {
  for (std::size_t i = 0; i < m; ++i) {
    bool has_nan = false;
    const T max = MaxOfRow(n, x + i * x_stride, &has_nan);
    maxima[i] = has_nan ? std::numeric_limits<T>::quiet_NaN() : max;
  }
}

template <typename T>
HWY_INLINE std::size_t ArgmaxOfRow(std::size_t n, const T* HWY_RESTRICT x) {
  const hn::ScalableTag<T> d;
  bool has_nan = false;
  const auto max = hn::Set(d, MaxOfRow(n, x, &has_nan));
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

template <typename T>
HWY_INLINE void RowLogSumExp(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                             T* out) {
  HWY_ALIGN T tops[kSoftmaxRows], sums[kSoftmaxRows];
  for (std::size_t first = 0; first < m; first += kSoftmaxRows) {
    const std::size_t rows = std::min(kSoftmaxRows, m - first);
    for (std::size_t i = 0; i < rows; ++i) {
      const T* const row = x + (first + i) * x_stride;
      SoftmaxRow<T>(n, row, first + i + 1 < m ? row + x_stride : row, nullptr, nullptr, tops[i],
                    sums[i]);
    }
    LogOfSums(rows, tops, sums, out + first);
  }
}

template <typename T>
HWY_INLINE void RowSoftmax(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* y,
                           std::size_t y_stride) {
  HWY_ALIGN T terms[kTermBytes / sizeof(T)];
  const bool streams = n * sizeof(T) <= kTermBytes && Streams(m, n, x, y);
  for (std::size_t i = 0; i < m; ++i) {
    T top, sum;
    const T* const row = x + i * x_stride;
    T* const to = y + i * y_stride;
    SoftmaxRow(n, row, i + 1 < m ? row + x_stride : row, to, streams ? terms : to, top, sum);
  }
  if (streams) hwy::FlushStream();
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
