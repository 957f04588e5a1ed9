// The register-blocked micro-kernel of gemm: a tile of C held in registers over a run of k.
// Included once per target.

#if defined(SURPLUS_KERNELS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GEMM_TILE_INL_H_
#undef SURPLUS_KERNELS_GEMM_TILE_INL_H_
#else
#define SURPLUS_KERNELS_GEMM_TILE_INL_H_
#endif

#include <cstddef>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// The tile: up to kTileRows rows of kTileVecs vectors. Each step of k loads kTileVecs vectors of B and
// broadcasts kTileRows elements of A, and every register left over is an accumulator:
//   AVX-512, 32 registers: 14 * 2 accumulators + 2 of B + 1 broadcast = 31
//   AVX2,    16 registers:  6 * 2 accumulators + 2 of B + 1 broadcast = 15
//   others,  16 or more:    4 * 2 accumulators + 2 of B + 1 broadcast = 11
// Two fused multiply-adds start per cycle and each takes 4, so 8 accumulators are the least that
// keeps them busy. 14 x 2 makes 28 products of 16 loads: the two load ports are busy 57 % of the time.
// A tile of one vector, for the last columns, is twice as high where kTileRows alone are fewer than 8:
//   AVX2: 12 accumulators + 1 of B + 1 broadcast = 14
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileRows = 14, kNarrowTileRows = 14;
#elif HWY_TARGET == HWY_AVX2
constexpr std::size_t kTileRows = 6, kNarrowTileRows = 12;
#else
constexpr std::size_t kTileRows = 4, kNarrowTileRows = 4;
#endif
constexpr std::size_t kTileVecs = 2;

// Lanes and columns of a tile.
template <typename T>
constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
template <typename T>
constexpr std::size_t kTileCols = kTileVecs* kLanes<T>;

// Rows of B that later tiles will read. A turn of a tile's loop over k now and then fetches one of them or, if `to` is
// not null, copies one to a panel.
template <typename T>
struct Upcoming {
  const T* from;
  std::size_t stride, rows;
  T* to;
  std::size_t ahead;  // elements from a row that is copied to the one that is fetched meanwhile
  std::size_t turns, waits;  // from row to row, and until the next; waits = 0 if there is none
};

// The operands of `count` tiles of one shape, each a_step, b_step and c_step elements after the one
// before. Rows of A are a_stride apart and read along k; rows of B are b_stride apart and read along n.
template <typename T>
struct TileArgs {
  std::size_t count;
  std::size_t k;
  const T* a;
  std::size_t a_stride, a_step;
  const T* b;
  std::size_t b_stride, b_step;
  T alpha, beta;
  T* c;
  std::size_t c_stride, c_step;
  std::size_t cols;  // columns of C, 1 .. kTileCols
  T* copy;           // where a copying tile leaves its rows of B, kTileCols apart
  Upcoming<T>* upcoming;
};

constexpr std::size_t kUnroll = 4;

// Whether a row of B that ends within a vector is loaded under a mask. Where masks take vector registers
// there is none left for one: such rows then lie in a panel, which has room for whole vectors.
constexpr bool kMasksLoads = HWY_TARGET <= HWY_AVX3;
template <typename T>
constexpr bool CanReadInPlace(std::size_t width) {
  return kMasksLoads || width % kLanes<T> == 0;
}

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

// sum += factor row. Of AVX2's 16 registers a tile needs 15, and g++, left to itself, moves sums from one to
// another and spills some: the way of a sum through memory takes longer than the step.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE void Accumulate(D d, V factor, V row, V& sum) {
  (void)d;
#if HWY_TARGET == HWY_AVX2 && HWY_COMPILER_GCC
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum.raw) : "x"(factor.raw), "x"(row.raw));
  } else {
    asm("vfmadd231pd %2, %1, %0" : "+x"(sum.raw) : "x"(factor.raw), "x"(row.raw));
  }
#else
  sum = hn::MulAdd(factor, row, sum);
#endif
}

// sum += A[:, p] b[:]; a copying tile also stores b.
template <bool kMasked, bool kCopies, std::size_t kRows, std::size_t kVecs, class D, class V>
HWY_INLINE void AddOuterProduct(D d, std::size_t tail, const RowsOfA<hn::TFromD<D>>& a,
                                std::size_t p, const hn::TFromD<D>* HWY_RESTRICT b,
                                hn::TFromD<D>* HWY_RESTRICT copy, V (&sum)[kRows][kVecs]) {
  V row[kVecs];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVecs; ++v) {
    const hn::TFromD<D>* HWY_RESTRICT from = b + v * hn::MaxLanes(d);
    row[v] = kMasked && kMasksLoads && v + 1 == kVecs ? hn::MaskedLoad(hn::FirstN(d, tail), d, from)
                                                      : hn::LoadU(d, from);
    if (kCopies) hn::StoreU(row[v], d, copy + v * hn::MaxLanes(d));
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRows; ++i) {
    const V factor = hn::Set(d, a.at(i, p));
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVecs; ++v) Accumulate(d, factor, row[v], sum[i][v]);
  }
}

// The same address, but unknown to the compiler: it would compute the starts of all rows at once and keep them in
// memory.
template <typename T>
HWY_INLINE T* Opaque(T* address) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  asm("" : "+r"(address));
#endif
  return address;
}

// Takes care of one of the upcoming rows; returns how long to wait until the next.
template <bool kCarries, typename T>
HWY_INLINE std::size_t Prepare(Upcoming<T>& upcoming) {
  const hn::ScalableTag<T> d;
  const T* const from = upcoming.from;
  if (kCarries) {
    hwy::Prefetch(from + upcoming.ahead);
    hwy::Prefetch(from + upcoming.ahead + kTileCols<T> - 1);
    for (std::size_t j = 0; j < kTileCols<T>; j += kLanes<T>) {
      hn::StoreU(hn::LoadU(d, from + j), d, upcoming.to + j);
    }
    upcoming.to += kTileCols<T>;
  } else {
    FetchToL2(from);
    FetchToL2(from + kTileCols<T> - 1);
  }
  upcoming.from += upcoming.stride;
  return --upcoming.rows > 0 ? upcoming.turns : 0;
}

// What a tile packs on the way, which costs little beside the arithmetic: its own rows of B, or the upcoming ones, which
// any other tile fetches.
enum class Errand { kNone, kCopy, kCarry };

// C = alpha A B + beta C for args.count tiles. In a masked tile the last vector of each row is partial.
template <std::size_t kRows, std::size_t kVecs, bool kMasked, Errand kErrand, typename T>
HWY_NOINLINE void Tiles(const TileArgs<T>& args) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = kLanes<T>;
  const std::size_t tail = args.cols - (kVecs - 1) * lanes;
  constexpr bool kCopies = kErrand == Errand::kCopy;
  std::size_t waits = args.upcoming->waits;

  const T* first_of_a = args.a;
  const T* first_of_b = args.b;
  T* first_of_c = args.c;
  for (std::size_t count = args.count; count > 0; --count) {
    V sum[kRows][kVecs];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVecs; ++v) sum[i][v] = hn::Zero(d);
    }
    const std::size_t c_stride = args.c_stride;
    if (args.k >= kFetchDepth) {
      const T* c = first_of_c;
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kRows; ++i, c = Opaque(c + c_stride)) {
        hwy::Prefetch(c);
        hwy::Prefetch(c + (kVecs - 1) * lanes);
      }
    }

    RowsOfA<T> a(first_of_a, args.a_stride);
    const T* HWY_RESTRICT b = first_of_b;
    T* HWY_RESTRICT copy = args.copy;
    const std::size_t b_stride = args.b_stride;
    std::size_t rest = args.k;
    for (; rest >= kUnroll; rest -= kUnroll) {
      // From 0 it goes on to the largest number.
      if (--waits == 0) waits = Prepare<kErrand == Errand::kCarry>(*args.upcoming);
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
    if (args.beta != T{0}) {
      const V beta = hn::Set(d, args.beta);
      const T* HWY_RESTRICT c = first_of_c;
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kRows; ++i, c = Opaque(c + c_stride)) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVecs; ++v) {
          const T* HWY_RESTRICT from = c + v * lanes;
          const V old = kMasked && v + 1 == kVecs ? hn::MaskedLoad(hn::FirstN(d, tail), d, from)
                                                  : hn::LoadU(d, from);
          sum[i][v] = hn::MulAdd(beta, old, sum[i][v]);
        }
      }
    }
    T* HWY_RESTRICT c = first_of_c;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRows; ++i, c = Opaque(c + c_stride)) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVecs; ++v) {
        T* HWY_RESTRICT to = c + v * lanes;
        if (kMasked && v + 1 == kVecs) {
          StoreFirst(sum[i][v], d, to, tail);
        } else {
          hn::StoreU(sum[i][v], d, to);
        }
      }
    }
    first_of_a += args.a_step;
    first_of_b += args.b_step;
    first_of_c += args.c_step;
  }
  args.upcoming->waits = waits;
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GEMM_TILE_INL_H_
