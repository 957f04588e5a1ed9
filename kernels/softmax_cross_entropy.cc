#include "kernels/softmax_cross_entropy.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax_cross_entropy.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
HWY_INLINE void CrossEntropy(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                             const std::size_t* y, T scale, T* losses, T* d_x,
                             std::size_t d_x_stride) {
  HWY_ALIGN T tops[kSoftmaxRows], sums[kSoftmaxRows], terms[kTermBytes / sizeof(T)];
  const bool streams = d_x != nullptr && n * sizeof(T) <= kTermBytes && Streams(m, n, x, d_x);
  for (std::size_t first = 0; first < m; first += kSoftmaxRows) {
    const std::size_t rows = std::min(kSoftmaxRows, m - first);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t row = first + i;
      const T* from = x + row * x_stride;
      // Read before the gradient may take its place.
      const T score = from[y[row]];
      T* to = d_x == nullptr ? nullptr : d_x + row * d_x_stride;
      SoftmaxRow(n, from, row + 1 < m ? from + x_stride : from, to, streams ? terms : to, tops[i],
                 sums[i], scale, y[row]);
      tops[i] -= score;
    }
    LogOfSums(rows, tops, sums, losses + first);
  }
  if (streams) hwy::FlushStream();
}

void CrossEntropyF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                     const std::size_t* y, float scale, float* losses, float* d_x,
                     std::size_t d_x_stride) {
  CrossEntropy(m, n, x, x_stride, y, scale, losses, d_x, d_x_stride);
}
void CrossEntropyF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                     const std::size_t* y, double scale, double* losses, double* d_x,
                     std::size_t d_x_stride) {
  CrossEntropy(m, n, x, x_stride, y, scale, losses, d_x, d_x_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(CrossEntropyF32);
HWY_EXPORT(CrossEntropyF64);

void softmax_cross_entropy(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                           const std::size_t* y, float scale, float* losses, float* d_x,
                           std::size_t d_x_stride) {
  HWY_DYNAMIC_DISPATCH(CrossEntropyF32)(m, n, x, x_stride, y, scale, losses, d_x, d_x_stride);
}
void softmax_cross_entropy(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                           const std::size_t* y, double scale, double* losses, double* d_x,
                           std::size_t d_x_stride) {
  HWY_DYNAMIC_DISPATCH(CrossEntropyF64)(m, n, x, x_stride, y, scale, losses, d_x, d_x_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
