// Many small products of one shape, as tiles of gemm_tile-inl.h where they lie. What comes next is fetched between two
// tiles: a product is over before the processor notices what is read. Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_BATCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_BATCH_INL_H_
#undef SURPLUS_KERNELS_GEMM_BATCH_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_BATCH_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/gemm_run-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Up to this m, n and k, operands and result of a product share L1 (float) or L2, and nothing is gained by copies.
constexpr std::size_t kSmall = 64;

// Products that take turns at each tile take together at most this much, so that they stay in L1 until the last.
constexpr std::size_t kTurnBytes = 16 << 10;

// `size` elements that a later product will use, or none if they do not lie without gaps.
template <typename T>
struct Ahead {
  static constexpr std::size_t kLine = 64 / sizeof(T);

  Ahead(const T* from, std::size_t size, bool is_dense)
      : at(from), end(is_dense ? from + size : from) {}

  // Fetches `lines` cache lines of them, and at the end perhaps some that follow. Into L2: most products fill L1 alone.
  HWY_INLINE void fetch(std::size_t lines) {
    if (at >= end) return;
    for (std::size_t line = 0; line < lines; ++line) FetchToL2(at + line * kLine);
    at += lines * kLine;
  }
  const T* at;
  const T* end;
};

// Rows of B this far apart fill eight sets of L1 with a tile's 64, and what passes beside them evicts them: the
// first tile then packs them for the others.
constexpr std::size_t kCollidingBytes = 512;

// C = A B alpha + beta C, nothing transposed, for `count` products whose operands lie a_step, b_step and c_step
// elements apart. m, n and k are from 1 to kSmall; a rest of n must be a whole vector unless kMasksLoads. `panel`
// has room for k x kTileCols.
template <typename T>
HWY_INLINE void SmallBatch(std::size_t count, std::size_t m, std::size_t n, std::size_t k,
                           const TileArgs<T>& product, T* panel) {
  constexpr std::size_t cols = kTileCols<T>;
  const std::size_t size = m * k + k * n + m * n;
  const std::size_t turn = std::max<std::size_t>(1, kTurnBytes / (size * sizeof(T)));
  const Heights heights(m, kTileRows), narrow(m, kNarrowTileRows);
  const std::size_t rest = n % cols;
  const bool ends_narrow = rest > 0 && rest <= kLanes<T>;
  const std::size_t wide = n / cols + (rest > kLanes<T> ? 1 : 0);
  const std::size_t calls = wide * heights.tiles + (ends_narrow ? narrow.tiles : 0);
  const bool packs =
      turn == 1 && heights.tiles > 2 && product.b_stride * sizeof(T) % kCollidingBytes == 0;
  TileArgs<T> first = product;
  Upcoming<T> none{};
  first.upcoming = &none;
  first.k = k;
  for (std::size_t done = 0; done < count; done += turn) {
    first.count = std::min(turn, count - done);
    const std::size_t left = count - done - first.count, next = std::min(turn, left);
    Ahead<T> ahead[] = {
        {first.a + first.count * first.a_step, next * m * k, first.a_step == m * k},
        {first.b + first.count * first.b_step, next * k * n, first.b_step == k * n},
        {first.c + first.count * first.c_step, next * m * n, first.c_step == m * n},
    };
    const std::size_t lines =
        CeilDiv(next * std::max({m * k, k * n, m * n}), calls * Ahead<T>::kLine);
    for (std::size_t j = 0; j < n; j += cols) {
      TileArgs<T> tile = first;
      tile.cols = std::min(cols, n - j);
      tile.b += j;
      tile.c += j;
      const Heights& of = tile.cols > kLanes<T> ? heights : narrow;
      for (std::size_t t = 0; t < of.tiles; ++t) {
        const std::size_t rows = of.least + (t < of.longer ? 1 : 0);
        for (Ahead<T>& operand : ahead) operand.fetch(lines);
        tile.copy = packs && t == 0 && tile.cols == cols ? panel : nullptr;
        RunTiles(rows, tile);
        if (tile.copy != nullptr) {
          tile.b = panel;
          tile.b_stride = cols;
        }
        tile.a += rows * tile.a_stride;
        tile.c += rows * tile.c_stride;
      }
    }
    first.a += first.count * first.a_step;
    first.b += first.count * first.b_step;
    first.c += first.count * first.c_step;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_BATCH_INL_H_
