// The register-blocked tiles of convolutions straight from the images: gemm's, with rows of A that overlap.
// Included once per target.

#if defined(SURPLUS_KERNELS_CONV2D_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_CONV2D_TILE_INL_H_
#undef SURPLUS_KERNELS_CONV2D_TILE_INL_H_
#else
#define SURPLUS_KERNELS_CONV2D_TILE_INL_H_
#endif

#include <array>
#include <cstddef>
#include <utility>

#include "hwy/highway.h"
#include "kernels/gemm_run-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// `count` tiles in a line of the result: pixels side by side, or the same ones with the next channels.
template <typename T>
struct LineArgs {
  std::size_t count;
  const T* a;  // the window of the first pixel: `lines` of them, a_line apart, `run` numbers each
  std::size_t a_stride, a_line, lines, run, a_step;
  const T* b;  // a panel of weights
  std::size_t b_step;
  T beta;
  T* c;
  std::size_t c_stride, c_step;
};

template <std::size_t kRows, std::size_t kVecs, typename T>
HWY_NOINLINE void LineTiles(const LineArgs<T>& args) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = kLanes<T>;
  for (std::size_t t = 0; t < args.count; ++t) {
    V sum[kRows][kVecs];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = hn::Zero(d);
    }
    T* const start = args.c + t * args.c_step;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
      hwy::Prefetch(start + i * args.c_stride);
      hwy::Prefetch(start + i * args.c_stride + (kVecs - 1) * lanes);
    }
    const T* HWY_RESTRICT b = args.b + t * args.b_step;
    for (std::size_t k = 0; k < args.lines; ++k) {
      RowsOfA<T> a(args.a + t * args.a_step + k * args.a_line, args.a_stride);
      std::size_t rest = args.run;
      for (; rest >= kUnroll; rest -= kUnroll) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < kUnroll; ++p, b += kTileCols<T>) {
          AddOuterProduct<false, false>(d, 0, a, p, b, static_cast<T*>(nullptr), sum);
        }
        a.advance(kUnroll);
      }
      for (; rest > 0; --rest, b += kTileCols<T>) {
        AddOuterProduct<false, false>(d, 0, a, 0, b, static_cast<T*>(nullptr), sum);
        a.advance(1);
      }
    }
    T* const HWY_RESTRICT c = Opaque(start);
    const std::size_t c_stride = args.c_stride;
    if (args.beta != T{0}) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVecs; ++v) {
          sum[i][v] = hn::Add(hn::LoadU(d, c + i * c_stride + v * lanes), sum[i][v]);
        }
      }
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVecs; ++v) {
        hn::StoreU(sum[i][v], d, c + i * c_stride + v * lanes);
      }
    }
  }
}

// Sums over `lines` lines of `cols` pixels: of a tile of numbers of the windows, adjacent ones, and of
// channels of the result.
template <typename T>
struct SumArgs {
  std::size_t lines, cols;
  const T* a;
  std::size_t a_stride, a_line;
  const T* b;
  std::size_t b_stride, b_line;
  T* c;
  std::size_t c_stride;
};

template <std::size_t kRows, std::size_t kVecs, class D, class V, typename T>
HWY_INLINE void AddPixel(D d, const T* HWY_RESTRICT a, const T* HWY_RESTRICT b,
                         V (&sum)[kRows][kVecs]) {
  V row[kVecs];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVecs; ++v) row[v] = hn::LoadU(d, b + v * hn::MaxLanes(d));
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
    const V factor = hn::Set(d, a[i]);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) Accumulate(d, factor, row[v], sum[i][v]);
  }
}

template <std::size_t kRows, std::size_t kVecs, typename T>
HWY_NOINLINE void SumTile(const SumArgs<T>& args) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = kLanes<T>;
  V sum[kRows][kVecs];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) {
      sum[i][v] = hn::LoadU(d, args.c + i * args.c_stride + v * lanes);
    }
  }
  for (std::size_t line = 0; line < args.lines; ++line) {
    const T* HWY_RESTRICT a = args.a + line * args.a_line;
    const T* HWY_RESTRICT b = args.b + line * args.b_line;
    std::size_t rest = args.cols;
    for (; rest >= kUnroll; rest -= kUnroll) {
#pragma GCC unroll 4
      for (std::size_t p = 0; p < kUnroll; ++p, a += args.a_stride, b += args.b_stride) {
        AddPixel(d, a, b, sum);
      }
    }
    for (; rest > 0; --rest, a += args.a_stride, b += args.b_stride) AddPixel(d, a, b, sum);
  }
  T* const HWY_RESTRICT c = Opaque(args.c);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) {
      hn::StoreU(sum[i][v], d, c + i * args.c_stride + v * lanes);
    }
  }
}

template <typename Args>
using DirectFunction = void (*)(const Args&);
template <typename T, std::size_t kVecs, std::size_t... kRows>
constexpr std::array<DirectFunction<LineArgs<T>>, sizeof...(kRows)> LinesOfEachHeight(
    std::index_sequence<kRows...>) {
  return {&LineTiles<kRows + 1, kVecs, T>...};
}
template <typename T, std::size_t kVecs, std::size_t... kRows>
constexpr std::array<DirectFunction<SumArgs<T>>, sizeof...(kRows)> SumsOfEachHeight(
    std::index_sequence<kRows...>) {
  return {&SumTile<kRows + 1, kVecs, T>...};
}
// Of one vector and of two.
template <std::size_t kVecs>
constexpr std::size_t kHeight = kVecs == 1 ? kNarrowTileRows : kTileRows;
template <typename T, std::size_t kVecs>
constexpr auto kLineTiles = LinesOfEachHeight<T, kVecs>(std::make_index_sequence<kHeight<kVecs>>());
template <typename T, std::size_t kVecs>
constexpr auto kSumTiles = SumsOfEachHeight<T, kVecs>(std::make_index_sequence<kHeight<kVecs>>());

// A line of the result with the channels of a panel.
template <std::size_t kVecs, typename T>
HWY_INLINE void RunAlong(const Heights& heights, LineArgs<T> args) {
  const auto run = [&](std::size_t rows, std::size_t count) HWY_ATTR {
    if (count == 0) return;
    args.count = count;
    args.a_step = rows * args.a_stride;
    args.c_step = rows * args.c_stride;
    kLineTiles<T, kVecs>[rows - 1](args);
    args.a += count * args.a_step;
    args.c += count * args.c_step;
  };
  run(heights.least + 1, heights.longer);
  run(heights.least, heights.tiles - heights.longer);
}

// A line of the result with n channels, whole panels of them, pixels after pixels.
template <typename T>
HWY_INLINE void RunAcross(const Heights& heights, std::size_t n, LineArgs<T> args) {
  args.count = n / kTileCols<T>;
  args.c_step = kTileCols<T>;
  for (std::size_t t = 0; t < heights.tiles; ++t) {
    const std::size_t rows = heights.least + (t < heights.longer ? 1 : 0);
    kLineTiles<T, 2>[rows - 1](args);
    args.a += rows * args.a_stride;
    args.c += rows * args.c_stride;
  }
}

// The sums of a line of the windows, `run` numbers of it.
template <std::size_t kVecs, typename T>
HWY_INLINE void RunSums(std::size_t run, SumArgs<T> args) {
  const Heights heights(run, kHeight<kVecs>);
  for (std::size_t t = 0; t < heights.tiles; ++t) {
    const std::size_t rows = heights.least + (t < heights.longer ? 1 : 0);
    kSumTiles<T, kVecs>[rows - 1](args);
    args.a += rows;
    args.c += rows * args.c_stride;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_CONV2D_TILE_INL_H_
