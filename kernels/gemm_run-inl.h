// Which tiles of gemm_tile-inl.h cover a part of C, and in which order they run. Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_RUN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_RUN_INL_H_
#undef SURPLUS_KERNELS_GEMM_RUN_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_RUN_INL_H_
#endif

#include <algorithm>
#include <array>
#include <utility>

#include "hwy/highway.h"
#include "kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return a / b + (a % b != 0 ? 1 : 0); }

template <typename T>
using TilesFunction = void (*)(const TileArgs<T>&);

// Of heights kLeast and up.
template <typename T, std::size_t kLeast, std::size_t kVecs, bool kMasked, Errand kErrand,
          std::size_t... kMore>
constexpr std::array<TilesFunction<T>, sizeof...(kMore)> TilesOfEachHeight(
    std::index_sequence<kMore...>) {
  return {&Tiles<kLeast + kMore, kVecs, kMasked, kErrand, T>...};
}
// kTiles[rows - 1]: with full rows, with two vectors of which the last is partial, with one that may be.
template <typename T>
constexpr auto kFullTiles =
    TilesOfEachHeight<T, 1, 2, false, Errand::kNone>(std::make_index_sequence<kTileRows>());
template <typename T>
constexpr auto kMaskedTiles =
    TilesOfEachHeight<T, 1, 2, true, Errand::kNone>(std::make_index_sequence<kTileRows>());
template <typename T>
constexpr auto kNarrowTiles =
    TilesOfEachHeight<T, 1, 1, true, Errand::kNone>(std::make_index_sequence<kNarrowTileRows>());
// Tiles with an errand have full rows. A copying tile is the highest of three or more that share the rows of a block as
// evenly as they can, a carrying one any of four or more.
constexpr std::size_t kLeastSharers = 3, kLeastCarriers = 4;
constexpr std::size_t kLeastCopyingRows = (kLeastSharers - 1) * kTileRows / kLeastSharers + 1;
constexpr std::size_t kLeastCarryingRows = ((kLeastCarriers - 1) * kTileRows + 1) / kLeastCarriers;
template <typename T>
constexpr auto kCopyingTiles = TilesOfEachHeight<T, kLeastCopyingRows, 2, false, Errand::kCopy>(
    std::make_index_sequence<kTileRows - kLeastCopyingRows + 1>());
template <typename T>
constexpr auto kCarryingTiles = TilesOfEachHeight<T, kLeastCarryingRows, 2, false, Errand::kCarry>(
    std::make_index_sequence<kTileRows - kLeastCarryingRows + 1>());

// Computes args.count tiles of `rows` rows and args.cols columns.
template <typename T>
HWY_INLINE void RunTiles(std::size_t rows, const TileArgs<T>& args) {
  if (args.copy != nullptr) {
    kCopyingTiles<T>[rows - kLeastCopyingRows](args);
  } else if (args.upcoming->to != nullptr) {
    kCarryingTiles<T>[rows - kLeastCarryingRows](args);
  } else if (args.cols == kTileCols<T>) {
    kFullTiles<T>[rows - 1](args);
  } else if (args.cols > kLanes<T>) {
    kMaskedTiles<T>[rows - 1](args);
  } else {
    kNarrowTiles<T>[rows - 1](args);
  }
}

// How many tiles of at most `most` rows cover `rows` rows: `longer` of least + 1, the others of `least`.
struct Heights {
  Heights(std::size_t rows, std::size_t most)
      : tiles(CeilDiv(rows, most)), least(rows / tiles), longer(rows - least * tiles) {}
  std::size_t tiles, least, longer;
};

// Runs tiles from top to bottom, where `tile` says what the first of them is. If it copies, the others read the copy.
template <typename T>
HWY_INLINE void RunDown(const Heights& heights, TileArgs<T> tile) {
  const auto run = [&](std::size_t rows, std::size_t count) {
    if (count == 0) return;
    tile.count = count;
    tile.a_step = rows * tile.a_stride;
    tile.c_step = rows * tile.c_stride;
    RunTiles(rows, tile);
    tile.a += count * tile.a_step;
    tile.c += count * tile.c_step;
  };
  std::size_t longer = heights.longer, others = heights.tiles - longer;
  if (tile.copy != nullptr) {
    std::size_t& first = longer > 0 ? longer : others;
    run(heights.least + (longer > 0 ? 1 : 0), 1);
    tile.b = tile.copy;
    tile.b_stride = kTileCols<T>;
    tile.copy = nullptr;
    --first;
  }
  run(heights.least + 1, longer);
  run(heights.least, others);
}

// Runs rows of tiles from left to right, b_step from panel to panel of B. If `panel` is not null, the
// last columns, fewer than a panel's, are there.
template <typename T>
HWY_INLINE void RunAcross(std::size_t rows, std::size_t n, TileArgs<T> tile, const T* panel) {
  tile.count = n / kTileCols<T>;
  tile.cols = kTileCols<T>;
  tile.c_step = kTileCols<T>;
  RunTiles(rows, tile);
  tile.b += tile.count * tile.b_step;
  tile.c += tile.count * tile.c_step;
  tile.cols = n % kTileCols<T>;
  tile.count = 1;
  if (panel != nullptr) {
    tile.b = panel;
    tile.b_stride = kTileCols<T>;
  }
  if (tile.cols != 0) RunTiles(rows, tile);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_RUN_INL_H_
