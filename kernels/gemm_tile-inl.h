// The register-blocked micro-kernel of gemm: a tile of C held in registers over a run of k.
// Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_TILE_INL_H_
#undef SURPLUS_KERNELS_GEMM_TILE_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_TILE_INL_H_
#endif

#include <array>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// The tile: kTileRows rows of kTileVecs vectors. Each step of k loads kTileVecs vectors of B and
// broadcasts kTileRows elements of A, and every register left over is an accumulator:
//   AVX-512, 32 registers: 14 * 2 accumulators + 2 of B + 1 broadcast = 31
//   AVX2,    16 registers:  6 * 2 accumulators + 2 of B + 1 broadcast = 15
//   others,  16 or more:    4 * 2 accumulators + 2 of B + 1 broadcast = 11
// Two fused multiply-adds start per cycle and each takes 4, so 8 accumulators are the least that
// keeps them busy. 14 x 2 makes 28 products of 16 loads: the two load ports are busy 57 % of the time.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileRows = 14;
#elif HWY_TARGET == HWY_AVX2
constexpr std::size_t kTileRows = 6;
#else
constexpr std::size_t kTileRows = 4;
#endif
constexpr std::size_t kTileVecs = 2;

// Lanes and columns of a tile.
template <typename T>
constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
template <typename T>
constexpr std::size_t kTileCols = kTileVecs* kLanes<T>;

// One tile's operands. Rows of A are a_stride apart and read along k; rows of B are b_stride apart
// and read along n.
template <typename T>
struct TileArgs {
  std::size_t k;
  const T* a;
  std::size_t a_stride;
  const T* b;
  std::size_t b_stride;
  T alpha, beta;
  T* c;
  std::size_t c_stride;
  std::size_t cols;         // columns of C, 1 .. kTileCols
  T* copy;                  // where a copying tile leaves its rows of B, kTileCols apart
  const T* next;            // memory to be touched by a later tile ...
  std::size_t next_stride;  // ... one row of it fetched every kUnroll steps of k
};

constexpr std::size_t kUnroll = 4;

// From this depth on a tile lasts longer than its rows of C take to arrive from L3.
constexpr std::size_t kFetchDepth = 64;

// Like hwy::Prefetch, but without pushing anything out of L1.
HWY_INLINE void FetchToL2(const void* address) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(address, 0, 2);
#else
  hwy::Prefetch(static_cast<const char*>(address));
#endif
}

// The row starts of a tile of A. Fourteen pointers would not fit into registers; three pointers and
// two distances do, since an x86 address may hold a distance times 1, 2 or 4.
template <typename T>
struct RowsOfA {
  RowsOfA(const T* a, std::size_t a_stride)
      : group0(reinterpret_cast<const char*>(a)),
        stride(a_stride * sizeof(T)),
        stride3(3 * stride) {
    group1 = group0 + 5 * stride;
    group2 = group1 + 5 * stride;
  }
  // Element (i, p).
  HWY_INLINE T at(std::size_t i, std::size_t p) const {
    const char* group = i < 5 ? group0 : i < 10 ? group1 : group2;
    const std::size_t distance = i % 5 == 3 ? stride3 : i % 5 * stride;
    return *reinterpret_cast<const T*>(group + distance + p * sizeof(T));
  }
  HWY_INLINE void advance(std::size_t steps) {
    group0 += steps * sizeof(T);
    group1 += steps * sizeof(T);
    group2 += steps * sizeof(T);
  }
  const char* group0;
  const char* group1;
  const char* group2;
  std::size_t stride, stride3;
};

// sum += A[:, p] b[:]; a copying tile also stores b.
template <bool kMasked, bool kCopies, std::size_t kRows, std::size_t kVecs, class D, class V,
          class M>
HWY_INLINE void AddOuterProduct(D d, M tail, const RowsOfA<hn::TFromD<D>>& a, std::size_t p,
                                const hn::TFromD<D>* HWY_RESTRICT b,
                                hn::TFromD<D>* HWY_RESTRICT copy, V (&sum)[kRows][kVecs]) {
  V row[kVecs];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVecs; ++v) {
    const hn::TFromD<D>* HWY_RESTRICT from = b + v * hn::MaxLanes(d);
    row[v] = kMasked && v + 1 == kVecs ? hn::MaskedLoad(tail, d, from) : hn::LoadU(d, from);
    if (kCopies) hn::StoreU(row[v], d, copy + v * hn::MaxLanes(d));
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
    const V factor = hn::Set(d, a.at(i, p));
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = hn::MulAdd(factor, row[v], sum[i][v]);
  }
}

// C = alpha A B + beta C for one tile. In a masked tile the last vector of each row is partial; a
// copying tile packs its columns of B on the way, at no cost beside the arithmetic.
template <std::size_t kRows, std::size_t kVecs, bool kMasked, bool kCopies, typename T>
HWY_NOINLINE void Tile(const TileArgs<T>& args) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = kLanes<T>;
  const auto tail = hn::FirstN(d, args.cols - (kVecs - 1) * lanes);

  V sum[kRows][kVecs];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = hn::Zero(d);
  }
  T* HWY_RESTRICT c = args.c;
  const std::size_t c_stride = args.c_stride;
  if (args.k >= kFetchDepth) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
      hwy::Prefetch(c + i * c_stride);
      hwy::Prefetch(c + i * c_stride + (kVecs - 1) * lanes);
    }
  }

  RowsOfA<T> a(args.a, args.a_stride);
  const T* HWY_RESTRICT b = args.b;
  T* HWY_RESTRICT copy = args.copy;
  const T* next = args.next;
  const std::size_t b_stride = args.b_stride, next_stride = args.next_stride;
  std::size_t rest = args.k;
  for (; rest >= kUnroll; rest -= kUnroll) {
    FetchToL2(next);
    FetchToL2(next + (kTileVecs - 1) * lanes);
    next += next_stride;
#pragma GCC unroll 4
    for (std::size_t p = 0; p < kUnroll; ++p, b += b_stride, copy += kTileCols<T>) {
      AddOuterProduct<kMasked, kCopies>(d, tail, a, p, b, copy, sum);
    }
    a.advance(kUnroll);
  }
  for (; rest > 0; --rest, b += b_stride, copy += kTileCols<T>) {
    AddOuterProduct<kMasked, kCopies>(d, tail, a, 0, b, copy, sum);
    a.advance(1);
  }

  if (args.alpha != T{1}) {
    const V alpha = hn::Set(d, args.alpha);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = hn::Mul(alpha, sum[i][v]);
    }
  }
  const V beta = hn::Set(d, args.beta);
  const bool reads_c = args.beta != T{0};
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) {
      T* HWY_RESTRICT to = c + i * c_stride + v * lanes;
      V value = sum[i][v];
      if (kMasked && v + 1 == kVecs) {
        if (reads_c) value = hn::MulAdd(beta, hn::MaskedLoad(tail, d, to), value);
        hn::BlendedStore(value, tail, d, to);
      } else {
        if (reads_c) value = hn::MulAdd(beta, hn::LoadU(d, to), value);
        hn::StoreU(value, d, to);
      }
    }
  }
}

template <typename T>
using TileFunction = void (*)(const TileArgs<T>&);

template <typename T, std::size_t kVecs, bool kMasked, bool kCopies, std::size_t... kRowsLess1>
constexpr std::array<TileFunction<T>, kTileRows> TilesOfEachHeight(
    std::index_sequence<kRowsLess1...>) {
  return {&Tile<kRowsLess1 + 1, kVecs, kMasked, kCopies, T>...};
}
// kTiles<T, kCopies>[variant][rows - 1]: variant 0 has full rows, 1 .. kTileVecs have that many
// vectors of which the last is partial.
template <typename T, bool kCopies>
constexpr std::array<std::array<TileFunction<T>, kTileRows>, kTileVecs + 1> kTiles = {
    TilesOfEachHeight<T, 2, false, kCopies>(std::make_index_sequence<kTileRows>()),
    TilesOfEachHeight<T, 1, true, kCopies>(std::make_index_sequence<kTileRows>()),
    TilesOfEachHeight<T, 2, true, kCopies>(std::make_index_sequence<kTileRows>()),
};

// Computes the tile of `rows` rows and args.cols columns.
template <typename T>
HWY_INLINE void RunTile(std::size_t rows, const TileArgs<T>& args) {
  const std::size_t variant =
      args.cols == kTileCols<T> ? 0 : (args.cols + kLanes<T> - 1) / kLanes<T>;
  const auto& tiles = args.copy != nullptr ? kTiles<T, true> : kTiles<T, false>;
  tiles[variant][rows - 1](args);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_TILE_INL_H_
