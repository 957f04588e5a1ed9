// Copies of parts of gemm's operands into scratch, transposed where they are stored transposed.
// Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_PACK_INL_H_
#undef SURPLUS_KERNELS_GEMM_PACK_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_PACK_INL_H_
#endif

#include <algorithm>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Rows of `to` have room for whole vectors; what is written after their last element is not to be used.
// Stores under a mask would take some processors with AVX2 tens of operations each.

// to[i, j] = from[i, j].
template <typename T>
HWY_INLINE void CopyBlock(std::size_t rows, std::size_t cols, const T* HWY_RESTRICT from,
                          std::size_t from_stride, T* HWY_RESTRICT to, std::size_t to_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < rows; ++i, from += from_stride, to += to_stride) {
    std::size_t j = 0;
    for (; j + lanes <= cols; j += lanes) hn::StoreU(hn::LoadU(d, from + j), d, to + j);
    if (j < cols) hn::StoreU(LoadTail(d, from + j, cols - j), d, to + j);
  }
}

// `count` panels of `cols` columns, depth rows each, to_step apart: to[panel][i, j] = from[i, panel * cols + j]. Rows
// that collide in L1 are read in the order in which they lie, and fetched as far ahead as L1 has
// lines for.
template <typename T>
HWY_INLINE void CopyPanels(std::size_t depth, std::size_t count, std::size_t cols,
                           const T* HWY_RESTRICT from, std::size_t from_stride, T* HWY_RESTRICT to,
                           std::size_t to_step) {
  constexpr std::size_t kAhead = 6;
  for (std::size_t i = 0; i < depth; ++i, from += from_stride, to += cols) {
    for (std::size_t panel = 0; panel < count; ++panel) {
      if (i + kAhead < depth) hwy::Prefetch(from + kAhead * from_stride + panel * cols);
      CopyBlock(1, cols, from + panel * cols, from_stride, to + panel * to_step, cols);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

template <typename T>
HWY_INLINE void TransposeBlock(std::size_t rows, std::size_t cols, const T* HWY_RESTRICT from,
                               std::size_t from_stride, T* HWY_RESTRICT to, std::size_t to_stride) {
  for (std::size_t j = 0; j < cols; ++j) {
    for (std::size_t i = 0; i < rows; ++i) to[j * to_stride + i] = from[i * from_stride + j];
  }
}

#else

// Transposes the 128-bit blocks of two or four vectors: lane i of block b of out[j] is lane j of
// block b of in[i].
template <class D>
HWY_INLINE void TransposeLanes(D d, hn::Vec<D>* v) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    const auto lower = hn::InterleaveLower(d, v[0], v[1]);
    v[1] = hn::InterleaveUpper(d, v[0], v[1]);
    v[0] = lower;
  } else {
    const auto even_lower = hn::InterleaveLower(d, v[0], v[2]);
    const auto odd_lower = hn::InterleaveLower(d, v[1], v[3]);
    const auto even_upper = hn::InterleaveUpper(d, v[0], v[2]);
    const auto odd_upper = hn::InterleaveUpper(d, v[1], v[3]);
    v[0] = hn::InterleaveLower(d, even_lower, odd_lower);
    v[1] = hn::InterleaveUpper(d, even_lower, odd_lower);
    v[2] = hn::InterleaveLower(d, even_upper, odd_upper);
    v[3] = hn::InterleaveUpper(d, even_upper, odd_upper);
  }
}

// to[j, i] = from[i, j]. A strip of as many rows as a vector has lanes is read a 128-bit block at a
// time: block b of vector i comes from row (lanes per block) * b + i, so that transposing within
// blocks gives whole vectors of the result, and no lane ever crosses a block.
template <typename T>
HWY_INLINE void TransposeBlock(std::size_t rows, std::size_t cols, const T* HWY_RESTRICT from,
                               std::size_t from_stride, T* HWY_RESTRICT to, std::size_t to_stride) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = hn::MaxLanes(hn::ScalableTag<T>());
  constexpr std::size_t per_block = 16 / sizeof(T);
  constexpr std::size_t blocks = lanes / per_block;
  for (std::size_t i = 0; i < rows; i += lanes) {
    const std::size_t count = std::min(lanes, rows - i);
    // Rows past the last repeat it.
    const T* HWY_RESTRICT row[lanes];
    for (std::size_t r = 0; r < lanes; ++r)
      row[r] = from + (i + std::min(r, count - 1)) * from_stride;
    std::size_t j = 0;
    for (; j + per_block <= cols; j += per_block) {
      V v[per_block];
#pragma GCC unroll 4
      for (std::size_t r = 0; r < per_block; ++r) {
        v[r] = hn::LoadDup128(d, row[(blocks - 1) * per_block + r] + j);
#pragma GCC unroll 4
        for (std::size_t block = blocks - 1; block > 0; --block) {
          v[r] = hn::IfThenElse(hn::FirstN(d, block * per_block),
                                hn::LoadDup128(d, row[(block - 1) * per_block + r] + j), v[r]);
        }
      }
      TransposeLanes(d, v);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < per_block; ++r) {
        hn::StoreU(v[r], d, to + (j + r) * to_stride + i);
      }
    }
    for (; j < cols; ++j) {
      for (std::size_t r = 0; r < count; ++r) to[j * to_stride + i + r] = row[r][j];
    }
  }
}

#endif  // HWY_TARGET

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_PACK_INL_H_
