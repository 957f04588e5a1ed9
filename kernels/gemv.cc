#include "kernels/gemv.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Columns that are worked on at a time: 16 KiB of x or y in double, half of the first cache. The
// bits of a sum depend on it, so it is the same on all targets and for all strides.
constexpr std::size_t kColumns = 2048;

// sums[r] = row r of A times x. Two sums per row times four rows are the eight that hide a
// multiply-add's latency of four cycles at two per cycle, and read a whole line of each row (AVX2:
// 64 bytes) before the next. One row alone makes the same two sums, for the same bits.
template <std::size_t kRows, typename T>
HWY_INLINE void Dots(std::size_t n, const T* HWY_RESTRICT a, std::size_t a_stride,
                     const T* HWY_RESTRICT x, T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V even[kRows], odd[kRows];
  for (std::size_t r = 0; r < kRows; ++r) even[r] = odd[r] = hn::Zero(d);
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    const V x0 = hn::LoadU(d, x + j), x1 = hn::LoadU(d, x + j + lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const T* row = a + r * a_stride + j;
      even[r] = hn::MulAdd(hn::LoadU(d, row), x0, even[r]);
      odd[r] = hn::MulAdd(hn::LoadU(d, row + lanes), x1, odd[r]);
    }
  }
  if (j + lanes <= n) {
    const V x0 = hn::LoadU(d, x + j);
    for (std::size_t r = 0; r < kRows; ++r) {
      even[r] = hn::MulAdd(hn::LoadU(d, a + r * a_stride + j), x0, even[r]);
    }
    j += lanes;
  }
  if (j < n) {
    const V x1 = LoadTail(d, x + j, n - j);
    for (std::size_t r = 0; r < kRows; ++r) {
      odd[r] = hn::MulAdd(LoadTail(d, a + r * a_stride + j, n - j), x1, odd[r]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) sums[r] = ReduceSum(d, hn::Add(even[r], odd[r]));
}

// y += x[0] row 0 of A + x[1] row 1 + ..., in this order for each element. Eight rows share one
// reading and writing of y, so that the loads of A are what binds.
template <std::size_t kRows, typename T>
HWY_INLINE void AddRows(std::size_t n, const T* HWY_RESTRICT a, std::size_t a_stride,
                        const T* HWY_RESTRICT x, T* HWY_RESTRICT y) {
  const hn::ScalableTag<T> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V factors[kRows];
  for (std::size_t r = 0; r < kRows; ++r) factors[r] = hn::Set(d, x[r]);
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    V sum = hn::LoadU(d, y + j);
    for (std::size_t r = 0; r < kRows; ++r) {
      sum = hn::MulAdd(factors[r], hn::LoadU(d, a + r * a_stride + j), sum);
    }
    hn::StoreU(sum, d, y + j);
  }
  if (j < n) {
    V sum = LoadTail(d, y + j, n - j);
    for (std::size_t r = 0; r < kRows; ++r) {
      sum = hn::MulAdd(factors[r], LoadTail(d, a + r * a_stride + j, n - j), sum);
    }
    StoreTail(sum, d, y + j, n - j);
  }
}

template <typename T>
HWY_INLINE T Scaled(T beta, T y) {
  return beta == T{0} ? T{0} : beta * y;
}

template <typename T>
HWY_INLINE void Plain(std::size_t m, std::size_t n, T alpha, const T* HWY_RESTRICT a,
                      std::size_t a_stride, const T* HWY_RESTRICT x, std::size_t x_stride,
                      T* HWY_RESTRICT y, std::size_t y_stride) {
  HWY_ALIGN T together[kColumns];
  for (std::size_t j = 0; j < n; j += kColumns) {
    const std::size_t count = std::min(kColumns, n - j);
    const T* piece = x + j;
    if (x_stride != 1) {
      for (std::size_t l = 0; l < count; ++l) together[l] = x[(j + l) * x_stride];
      piece = together;
    }
    T sums[4];
    std::size_t i = 0;
    for (; i + 4 <= m; i += 4) {
      Dots<4>(count, a + i * a_stride + j, a_stride, piece, sums);
      for (std::size_t r = 0; r < 4; ++r) y[(i + r) * y_stride] += alpha * sums[r];
    }
    for (; i < m; ++i) {
      Dots<1>(count, a + i * a_stride + j, a_stride, piece, sums);
      y[i * y_stride] += alpha * sums[0];
    }
  }
}

template <typename T>
HWY_INLINE void Transposed(std::size_t m, std::size_t n, T alpha, const T* HWY_RESTRICT a,
                           std::size_t a_stride, const T* HWY_RESTRICT x, std::size_t x_stride,
                           T* HWY_RESTRICT y, std::size_t y_stride) {
  HWY_ALIGN T together[kColumns];
  for (std::size_t j = 0; j < n; j += kColumns) {
    const std::size_t count = std::min(kColumns, n - j);
    T* piece = y + j;
    if (y_stride != 1) {
      for (std::size_t l = 0; l < count; ++l) together[l] = y[(j + l) * y_stride];
      piece = together;
    }
    T factors[8];
    std::size_t i = 0;
    for (; i + 8 <= m; i += 8) {
      for (std::size_t r = 0; r < 8; ++r) factors[r] = alpha * x[(i + r) * x_stride];
      AddRows<8>(count, a + i * a_stride + j, a_stride, factors, piece);
    }
    for (; i < m; ++i) {
      factors[0] = alpha * x[i * x_stride];
      AddRows<1>(count, a + i * a_stride + j, a_stride, factors, piece);
    }
    if (y_stride != 1) {
      for (std::size_t l = 0; l < count; ++l) y[(j + l) * y_stride] = together[l];
    }
  }
}

template <typename T>
HWY_INLINE void Gemv(bool transposed, std::size_t m, std::size_t n, T alpha, const T* a,
                     std::size_t a_stride, const T* x, std::size_t x_stride, T beta, T* y,
                     std::size_t y_stride) {
  const std::size_t length = transposed ? n : m;
  if (beta != T{1}) {
    for (std::size_t i = 0; i < length; ++i) y[i * y_stride] = Scaled(beta, y[i * y_stride]);
  }
  if (alpha == T{0}) return;
  if (transposed) {
    Transposed(m, n, alpha, a, a_stride, x, x_stride, y, y_stride);
  } else {
    Plain(m, n, alpha, a, a_stride, x, x_stride, y, y_stride);
  }
}

void GemvF32(bool transposed, std::size_t m, std::size_t n, float alpha, const float* a,
             std::size_t a_stride, const float* x, std::size_t x_stride, float beta, float* y,
             std::size_t y_stride) {
  Gemv(transposed, m, n, alpha, a, a_stride, x, x_stride, beta, y, y_stride);
}
void GemvF64(bool transposed, std::size_t m, std::size_t n, double alpha, const double* a,
             std::size_t a_stride, const double* x, std::size_t x_stride, double beta, double* y,
             std::size_t y_stride) {
  Gemv(transposed, m, n, alpha, a, a_stride, x, x_stride, beta, y, y_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(GemvF32);
HWY_EXPORT(GemvF64);

void gemv(bool transposed, std::size_t m, std::size_t n, float alpha, const float* a,
          std::size_t a_stride, const float* x, std::size_t x_stride, float beta, float* y,
          std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(GemvF32)
  (transposed, m, n, alpha, a, a_stride, x, x_stride, beta, y, y_stride);
}
void gemv(bool transposed, std::size_t m, std::size_t n, double alpha, const double* a,
          std::size_t a_stride, const double* x, std::size_t x_stride, double beta, double* y,
          std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(GemvF64)
  (transposed, m, n, alpha, a, a_stride, x, x_stride, beta, y, y_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
