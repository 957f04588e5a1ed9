// A pass over elements of which each has its own result. Included once per target, after hwy/highway.h.

#if defined(SURPLUS_KERNELS_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_ELEMENTWISE_INL_H_
#undef SURPLUS_KERNELS_ELEMENTWISE_INL_H_
#else
#define SURPLUS_KERNELS_ELEMENTWISE_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// A result of this size or more is not in a core's share of L3 when it is read again: it is written past the
// caches, which saves fetching its lines first. Not where rows are so short that most lines are written in parts, nor in
// place, where they have been fetched.
constexpr std::size_t kStreamedBytes = 32 << 20, kStreamedRow = 1024;

// How many bytes ahead a long row is fetched: a processor that is busy with arithmetic sees no further than a few vectors.
constexpr std::size_t kAhead = 2 << 10;

// How much is written between two fetches of a line that follows: they find the address of the page of which it is the first
// (4 KiB: the smallest that there is), for which the write would wait.
constexpr std::size_t kPage = 4 << 10;

template <typename T>
HWY_INLINE bool Streams(std::size_t m, std::size_t n, const T* x, const T* y) {
  return m * n * sizeof(T) >= kStreamedBytes && n * sizeof(T) >= kStreamedRow && x != y;
}

// y = function(d, x, j, count) in whole vectors and masked rests, `count` elements from column j on at a time. The
// function must not depend on how the row is cut. One that streams is followed by FlushStream().
template <typename T, class Function>
HWY_INLINE void ForEachOfRow(std::size_t n, const T* x, T* y, bool streams,
                             const Function& function) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  if (streams) {
    // Up to a whole vector's boundary first.
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(y) / sizeof(T) % lanes;
    const std::size_t head = (lanes - offset) % lanes;
    if (head > 0) StoreTail(function(d, LoadTail(d, x, head), 0, head), d, y, head);
    for (j = head; j + lanes <= n;) {
      const std::size_t end = std::min(n, j + kPage / sizeof(T));
      hwy::Prefetch(y + end);
      for (; j + lanes <= end; j += lanes) {
        hwy::Prefetch(x + j + kAhead / sizeof(T));
        hn::Stream(function(d, hn::LoadU(d, x + j), j, lanes), d, y + j);
      }
    }
  }
  for (; j + lanes <= n; j += lanes) {
    hn::StoreU(function(d, hn::LoadU(d, x + j), j, lanes), d, y + j);
  }
  if (j < n) StoreTail(function(d, LoadTail(d, x + j, n - j), j, n - j), d, y + j, n - j);
}

// The same row by row.
template <typename T, class Function>
HWY_INLINE void ForEachElement(std::size_t m, std::size_t n, const T* x, std::size_t x_stride, T* y,
                               std::size_t y_stride, const Function& function) {
  const bool streams = Streams(m, n, x, y);
  for (std::size_t i = 0; i < m; ++i) {
    ForEachOfRow(n, x + i * x_stride, y + i * y_stride, streams, function);
  }
  if (streams) hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_ELEMENTWISE_INL_H_
