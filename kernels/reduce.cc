#include "kernels/reduce.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

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

void RowSumF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums) {
  RowSum(m, n, x, x_stride, sums);
}
void RowSumF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums) {
  RowSum(m, n, x, x_stride, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(RowSumF32);
HWY_EXPORT(RowSumF64);

void row_sum(std::size_t m, std::size_t n, const float* x, std::size_t x_stride, float* sums) {
  HWY_DYNAMIC_DISPATCH(RowSumF32)(m, n, x, x_stride, sums);
}
void row_sum(std::size_t m, std::size_t n, const double* x, std::size_t x_stride, double* sums) {
  HWY_DYNAMIC_DISPATCH(RowSumF64)(m, n, x, x_stride, sums);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
