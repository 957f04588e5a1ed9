// The E-step's half of the Gaussian pass: rows into lanes, squared norms of whitened rows, and the
// exponentials and logarithms of the log-sum-exp.
// Included once per target, after hwy/highway.h.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#if defined(SURPLUS_KERNELS_GAUSSIAN_SCORES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GAUSSIAN_SCORES_INL_H_
#undef SURPLUS_KERNELS_GAUSSIAN_SCORES_INL_H_
#else
#define SURPLUS_KERNELS_GAUSSIAN_SCORES_INL_H_
#endif

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

using Lanes64 = hn::ScalableTag<double>;
using Vec64 = hn::Vec<Lanes64>;

// Rows travel in groups of kVectors vectors, one row per lane; a block of rows lies in memory as
//   [group][feature][row in group].
// A tile is kTile x kVectors accumulators. AVX-512 has 32 registers: 16 for the tile, 4 for the
// norms, 4 for the rows. With 16 (AVX2): 8 + 2 + 2.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kVectors = 4;
#else
constexpr std::size_t kVectors = 2;
#endif
constexpr std::size_t kTile = 4;

HWY_INLINE std::size_t GroupRows() { return kVectors * hn::Lanes(Lanes64()); }

// Calls body(std::integral_constant I, i) for tiles of kSize <= 4, the last one smaller.
template <std::size_t kSize, typename Body>
HWY_INLINE void ForTiles(std::size_t count, const Body& body) {
  std::size_t i = 0;
  for (; i + kSize <= count; i += kSize) body(std::integral_constant<std::size_t, kSize>(), i);
  const std::size_t rest = count - i;
  if constexpr (kSize > 1) {
    if (rest == 1) body(std::integral_constant<std::size_t, 1>(), i);
  }
  if constexpr (kSize > 2) {
    if (rest == 2) body(std::integral_constant<std::size_t, 2>(), i);
  }
  if constexpr (kSize > 3) {
    if (rest == 3) body(std::integral_constant<std::size_t, 3>(), i);
  }
}

template <class D, class V>
HWY_INLINE hn::Vec<D> ToDouble(D d, V x) {
  if constexpr (sizeof(hn::TFromV<V>) == sizeof(double)) {
    return x;
  } else {
    return hn::PromoteTo(d, x);
  }
}

// Four rows of four features at a time, transposed in registers: half a shuffle per element, where
// element by element each costs a load and a store. Rows and features may overlap the previous
// four, so that remainders need no code of their own. Needs vectors of four doubles.
#if HWY_TARGET <= HWY_AVX2
template <typename T>
HWY_INLINE void TransposeFour(const T* HWY_RESTRICT x, std::size_t x_stride,
                              const double* HWY_RESTRICT centre, double* HWY_RESTRICT to,
                              std::size_t to_stride) {
  const hn::FixedTag<double, 4> d4;
  const hn::Rebind<T, decltype(d4)> from;
  const auto row = [&](std::size_t i) HWY_ATTR {
    return hn::Sub(ToDouble(d4, hn::LoadU(from, x + i * x_stride)), hn::LoadU(d4, centre));
  };
  const auto r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
  const auto even01 = hn::InterleaveLower(d4, r0, r1), odd01 = hn::InterleaveUpper(d4, r0, r1);
  const auto even23 = hn::InterleaveLower(d4, r2, r3), odd23 = hn::InterleaveUpper(d4, r2, r3);
  hn::StoreU(hn::ConcatLowerLower(d4, even23, even01), d4, to);
  hn::StoreU(hn::ConcatLowerLower(d4, odd23, odd01), d4, to + to_stride);
  hn::StoreU(hn::ConcatUpperUpper(d4, even23, even01), d4, to + 2 * to_stride);
  hn::StoreU(hn::ConcatUpperUpper(d4, odd23, odd01), d4, to + 3 * to_stride);
}
#endif

// A whole group of rows of one or two features with nothing between them.
template <std::size_t kSize, typename T>
HWY_INLINE void LoadPacked(const T* HWY_RESTRICT x, const double* HWY_RESTRICT centre,
                           double* HWY_RESTRICT to) {
  const Lanes64 d;
  const hn::Rebind<T, Lanes64> from;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  for (std::size_t r = 0; r < group; r += lanes) {
    hn::Vec<decltype(from)> x0, x1;
    if constexpr (kSize == 1) {
      x0 = hn::LoadU(from, x + r);
    } else {
      hn::LoadInterleaved2(from, x + 2 * r, x0, x1);
      hn::StoreU(hn::Sub(ToDouble(d, x1), hn::Set(d, centre[1])), d, to + group + r);
    }
    hn::StoreU(hn::Sub(ToDouble(d, x0), hn::Set(d, centre[0])), d, to + r);
  }
}

// to[i, r] = x[r, i] - centre[i] for rows r < n <= group; the lanes after them become 0.
template <typename T>
HWY_INLINE void LoadGroup(std::size_t n, std::size_t d, const T* HWY_RESTRICT x,
                          std::size_t x_stride, const double* HWY_RESTRICT centre,
                          double* HWY_RESTRICT to) {
  const std::size_t group = GroupRows();
  if (n == group && d == x_stride && d <= 2) {
    return d == 1 ? LoadPacked<1>(x, centre, to) : LoadPacked<2>(x, centre, to);
  }
  std::size_t r = 0;
#if HWY_TARGET <= HWY_AVX2
  for (; d >= 4 && r + 4 <= n; r += 4) {
    for (std::size_t i = 0; i < d; i += 4) {
      const std::size_t at = std::min(i, d - 4);
      TransposeFour(x + r * x_stride + at, x_stride, centre + at, to + at * group + r, group);
    }
  }
#endif
  for (std::size_t i = 0; i < d && r < group; ++i) {
    const double c = centre[i];
    for (std::size_t s = r; s < n; ++s) {
      to[i * group + s] = static_cast<double>(x[s * x_stride + i]) - c;
    }
    std::fill(to + i * group + n, to + (i + 1) * group, 0.0);
  }
}

// Asks for rows that will be loaded after the next group: the hardware's prefetchers lose the thread
// between groups, while a group is scored.
template <typename T>
HWY_INLINE void Prefetch(const T* rows, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 64 / sizeof(T)) hwy::Prefetch(rows + i);
}

// Rows i0 .. i0 + I of z = A x - offsets for one group, A's packed lower triangle: kStore writes z
// to `out` ([feature][row in group]), otherwise its squares are added to norms.
template <std::size_t I, bool kStore>
HWY_INLINE void TriangleRows(std::size_t i0, const double* HWY_RESTRICT triangle,
                             const double* HWY_RESTRICT offsets, const double* HWY_RESTRICT x,
                             Vec64* norms, double* HWY_RESTRICT out) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  const double* a[I];
  Vec64 z[I][kVectors];
  for (std::size_t i = 0; i < I; ++i) {
    a[i] = triangle + (i0 + i) * (i0 + i + 1) / 2;
    for (std::size_t v = 0; v < kVectors; ++v) {
      z[i][v] = kStore ? hn::Zero(d) : hn::Neg(hn::Set(d, offsets[i0 + i]));
    }
  }
  for (std::size_t j = 0; j < i0; ++j) {
    Vec64 row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, x + j * group + v * lanes);
    for (std::size_t i = 0; i < I; ++i) {
      const Vec64 factor = hn::Set(d, a[i][j]);
      for (std::size_t v = 0; v < kVectors; ++v) z[i][v] = hn::MulAdd(factor, row[v], z[i][v]);
    }
  }
  for (std::size_t j = 0; j < I; ++j) {
    Vec64 row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) {
      row[v] = hn::LoadU(d, x + (i0 + j) * group + v * lanes);
    }
    for (std::size_t i = 0; i < I; ++i) {
      if (i < j) continue;
      const Vec64 factor = hn::Set(d, a[i][i0 + j]);
      for (std::size_t v = 0; v < kVectors; ++v) z[i][v] = hn::MulAdd(factor, row[v], z[i][v]);
    }
  }
  for (std::size_t i = 0; i < I; ++i) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      if constexpr (kStore) {
        hn::StoreU(z[i][v], d, out + (i0 + i) * group + v * lanes);
      } else {
        norms[v] = hn::MulAdd(z[i][v], z[i][v], norms[v]);
      }
    }
  }
}

template <bool kStore>
HWY_NOINLINE void Triangle(std::size_t size, const double* HWY_RESTRICT triangle,
                           const double* HWY_RESTRICT offsets, const double* HWY_RESTRICT x,
                           Vec64* norms, double* HWY_RESTRICT out) {
  std::size_t i = 0;
  for (; i + kTile <= size; i += kTile) {
    TriangleRows<kTile, kStore>(i, triangle, offsets, x, norms, out);
  }
  static_assert(kTile == 4);
  switch (size - i) {
    case 1:
      return TriangleRows<1, kStore>(i, triangle, offsets, x, norms, out);
    case 2:
      return TriangleRows<2, kStore>(i, triangle, offsets, x, norms, out);
    case 3:
      return TriangleRows<3, kStore>(i, triangle, offsets, x, norms, out);
  }
}

// norms[c][r] += sum_i (factors[c, i] x[i, r] - offsets[c, i])^2 for C components whose factors and
// offsets lie `size` apart; kScaled: x comes multiplied by the factors. C * kVectors = 8 sums hide the
// four cycles of a multiply-add at two per cycle, and share the loads of x.
template <std::size_t C, bool kScaled>
HWY_INLINE void Diagonal(std::size_t size, const double* HWY_RESTRICT factors,
                         const double* HWY_RESTRICT offsets, const double* HWY_RESTRICT x,
                         Vec64 (&norms)[C][kVectors]) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  for (std::size_t i = 0; i < size; ++i) {
    Vec64 row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, x + i * group + v * lanes);
    for (std::size_t c = 0; c < C; ++c) {
      const Vec64 offset = hn::Set(d, offsets[c * size + i]);
      const Vec64 factor = hn::Set(d, kScaled ? 1.0 : factors[c * size + i]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const Vec64 z = kScaled ? hn::Sub(row[v], offset) : hn::MulSub(factor, row[v], offset);
        norms[c][v] = hn::MulAdd(z, z, norms[c][v]);
      }
    }
  }
}

// The log-likelihood of a block. Without weights, log(a) + log(b) = log(a b) spares logarithms: the
// sums of exponentials lie in [1, k], so that 16 of them multiply without overflow.
struct LogLikelihood {
  LogLikelihood() : tops(hn::Zero(Lanes64())), total(tops), product(hn::Set(Lanes64(), 1.0)) {}
  void Add(Vec64 top, Vec64 sum) {
    tops = hn::Add(tops, top);
    product = hn::Mul(product, sum);
    if (++pending == 16) Flush();
  }
  void Flush() {
    total = hn::Add(total, Log(Lanes64(), product));
    product = hn::Set(Lanes64(), 1.0);
    pending = 0;
  }
  double Sum() {
    Flush();
    return ReduceSum(Lanes64(), hn::Add(tops, total));
  }

  Vec64 tops, total, product;
  std::size_t pending = 0;
};

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GAUSSIAN_SCORES_INL_H_
