#include "kernels/distance.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/distance.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Samples of y are put side by side in a panel of kVectors vectors by kFeatures features, at most
// 16 KiB, so that one feature of all of them is one load and sums need no horizontal step. Rows of x
// times vectors make 8 sums, which hide the latency of the multiply-add.
constexpr std::size_t kFeatures = 64, kVectors = 4, kRows = 2;

// Adds features 0 .. features - 1 of kCount rows of x to `count` of their distances to the panel.
template <std::size_t kCount, typename T>
HWY_INLINE void AddFeatures(std::size_t features, const T* HWY_RESTRICT x, std::size_t x_stride,
                            const T* HWY_RESTRICT panel, bool is_first, std::size_t count,
                            T* HWY_RESTRICT out, std::size_t out_stride) {
  const hn::ScalableTag<T> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kCount][kVectors];
  for (auto& row : sums) {
    for (V& sum : row) sum = hn::Zero(d);
  }
  for (std::size_t l = 0; l < features; ++l) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const V feature = hn::Set(d, x[i * x_stride + l]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V difference = hn::Sub(feature, hn::Load(d, panel + (l * kVectors + v) * lanes));
        sums[i][v] = hn::MulAdd(difference, difference, sums[i][v]);
      }
    }
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    for (std::size_t v = 0; v < kVectors && v * lanes < count; ++v) {
      T* to = out + i * out_stride + v * lanes;
      const std::size_t rest = count - v * lanes;
      if (rest >= lanes) {
        hn::StoreU(is_first ? sums[i][v] : hn::Add(hn::LoadU(d, to), sums[i][v]), d, to);
      } else {
        StoreTail(is_first ? sums[i][v] : hn::Add(LoadTail(d, to, rest), sums[i][v]), d, to, rest);
      }
    }
  }
}

template <typename T>
HWY_INLINE void SquaredDistances(std::size_t m, std::size_t n, std::size_t features, const T* x,
                                 std::size_t x_stride, const T* y, std::size_t y_stride, T* out,
                                 std::size_t out_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t width = kVectors * hn::Lanes(d);
  HWY_ALIGN T panel[kFeatures * kVectors * hn::MaxLanes(d)];
  std::fill(panel, panel + kFeatures * width, T{0});
  for (std::size_t j = 0; j < n; j += width) {
    const std::size_t count = std::min(width, n - j);
    for (std::size_t l = 0; l == 0 || l < features; l += kFeatures) {
      const std::size_t piece = std::min(kFeatures, features - l);
      for (std::size_t c = 0; c < count; ++c) {
        const T* from = y + (j + c) * y_stride + l;
        for (std::size_t f = 0; f < piece; ++f) panel[f * width + c] = from[f];
      }
      std::size_t i = 0;
      for (; i + kRows <= m; i += kRows) {
        AddFeatures<kRows>(piece, x + i * x_stride + l, x_stride, panel, l == 0, count,
                           out + i * out_stride + j, out_stride);
      }
      for (; i < m; ++i) {
        AddFeatures<1>(piece, x + i * x_stride + l, x_stride, panel, l == 0, count,
                       out + i * out_stride + j, out_stride);
      }
    }
  }
}

void DistancesF32(std::size_t m, std::size_t n, std::size_t d, const float* x, std::size_t x_stride,
                  const float* y, std::size_t y_stride, float* out, std::size_t out_stride) {
  SquaredDistances(m, n, d, x, x_stride, y, y_stride, out, out_stride);
}
void DistancesF64(std::size_t m, std::size_t n, std::size_t d, const double* x,
                  std::size_t x_stride, const double* y, std::size_t y_stride, double* out,
                  std::size_t out_stride) {
  SquaredDistances(m, n, d, x, x_stride, y, y_stride, out, out_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(DistancesF32);
HWY_EXPORT(DistancesF64);

void squared_distances(std::size_t m, std::size_t n, std::size_t d, const float* x,
                       std::size_t x_stride, const float* y, std::size_t y_stride, float* out,
                       std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(DistancesF32)(m, n, d, x, x_stride, y, y_stride, out, out_stride);
}
void squared_distances(std::size_t m, std::size_t n, std::size_t d, const double* x,
                       std::size_t x_stride, const double* y, std::size_t y_stride, double* out,
                       std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(DistancesF64)(m, n, d, x, x_stride, y, y_stride, out, out_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
