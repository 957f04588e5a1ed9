#include "kernels/sparse.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/gemm_pack-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// What stands in y before the products are added: the bias, or y itself.
enum class Start { kBias, kY };

// Vectors of a row of a tile that are worked on at once.
constexpr std::size_t kMostVectors = 4;
// Rows of the matrix that are summed side by side: with four vectors each they hide most of the
// latency of multiply-adds, and one finds columns in L1 that another fetched. Three are as fast where
// columns come in parts that stay in L1 (Zen 3), and slower in short rows.
constexpr std::size_t kSideBySide = 2;

// The usual width of tiles, rows following each other: compiled for it, products take 2 to 8 % less
// time (Zen 3), fewer operations going to addresses.
template <typename T>
constexpr std::size_t kUsualWidth = 128 / sizeof(T);

// body.template operator()<vectors>(j, stride) for runs of vectors from column j on that cover a
// tile's width, the stride being a constant where it can be.
template <class D, class Body>
HWY_INLINE void ForColumns(D d, std::size_t width, std::size_t x_stride, std::size_t y_stride,
                           const Body& body) {
  constexpr std::size_t kWidth = kUsualWidth<hn::TFromD<D>>, kLanes = hn::MaxLanes(D());
  if constexpr (kWidth % kLanes == 0 && kWidth / kLanes <= kMostVectors) {
    if (width == kWidth && x_stride == kWidth && y_stride == kWidth) {
      const std::integral_constant<std::size_t, kWidth> stride;
      return body.template operator()<kWidth / kLanes>(0, stride, stride);
    }
  }
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + kMostVectors * lanes <= width; j += kMostVectors * lanes) {
    body.template operator()<kMostVectors>(j, x_stride, y_stride);
  }
  if (j + 2 * lanes <= width) {
    body.template operator()<2>(j, x_stride, y_stride);
    j += 2 * lanes;
  }
  if (j < width) body.template operator()<1>(j, x_stride, y_stride);
}

// sum += value x[col], a row of x.
template <std::size_t kVectors, class D>
HWY_INLINE void AddProduct(D d, hn::TFromD<D> value, const hn::TFromD<D>* HWY_RESTRICT feature,
                           hn::Vec<D>* HWY_RESTRICT sum) {
  const auto factor = hn::Set(d, value);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) {
    sum[v] = hn::MulAdd(factor, hn::LoadU(d, feature + v * hn::Lanes(d)), sum[v]);
  }
}

// kRows rows of y from r on, kVectors vectors of each.
template <Start kStart, std::size_t kRows, std::size_t kVectors, typename T, class XStride,
          class YStride>
HWY_INLINE void SpmmRows(const SparseRows& w, const T* HWY_RESTRICT values, std::size_t r,
                         const T* HWY_RESTRICT x, XStride x_stride, const T* HWY_RESTRICT bias,
                         bool relu, T* HWY_RESTRICT y, YStride y_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::uint32_t* const HWY_RESTRICT col = w.col;
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  std::size_t k[kRows], end[kRows], common = ~std::size_t{0};
#pragma GCC unroll 2
  for (std::size_t i = 0; i < kRows; ++i) {
    k[i] = w.start[r + i];
    end[i] = w.end[r + i];
    common = std::min(common, end[i] - k[i]);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      if constexpr (kStart == Start::kY) {
        sum[i][v] = hn::LoadU(d, y + i * y_stride + v * lanes);
      } else {
        sum[i][v] = bias == nullptr ? hn::Zero(d) : hn::Set(d, bias[r + i]);
      }
    }
  }
  for (; common > 0; --common) {
#pragma GCC unroll 2
    for (std::size_t i = 0; i < kRows; ++i) {
      AddProduct<kVectors>(d, values[k[i]], x + col[k[i]] * x_stride, sum[i]);
      ++k[i];
    }
  }
#pragma GCC unroll 2
  for (std::size_t i = 0; i < kRows; ++i) {
    for (; k[i] < end[i]; ++k[i]) {
      AddProduct<kVectors>(d, values[k[i]], x + col[k[i]] * x_stride, sum[i]);
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      // A comparison, which a NaN fails, lets it pass.
      const auto z = sum[i][v];
      hn::StoreU(relu ? hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z) : z, d,
                 y + i * y_stride + v * lanes);
    }
  }
}

template <Start kStart, typename T>
HWY_INLINE void Spmm(const SparseRows& w, const T* HWY_RESTRICT values, std::size_t begin,
                     std::size_t end, std::size_t tiles, std::size_t width, const T* HWY_RESTRICT x,
                     std::size_t x_stride, const T* HWY_RESTRICT bias, bool relu, T* HWY_RESTRICT y,
                     std::size_t y_stride) {
  const hn::ScalableTag<T> d;
  for (std::size_t t = 0; t < tiles; ++t, x += w.cols * x_stride, y += w.rows * y_stride) {
    ForColumns(d, width, x_stride, y_stride,
               [&]<std::size_t kVectors>(std::size_t j, auto from_stride, auto to_stride) HWY_ATTR {
                 std::size_t r = begin;
                 for (; r + kSideBySide <= end; r += kSideBySide) {
                   SpmmRows<kStart, kSideBySide, kVectors>(w, values, r, x + j, from_stride, bias,
                                                           relu, y + r * to_stride + j, to_stride);
                 }
                 for (; r < end; ++r) {
                   SpmmRows<kStart, 1, kVectors>(w, values, r, x + j, from_stride, bias, relu,
                                                 y + r * to_stride + j, to_stride);
                 }
               });
  }
}

// The non-zeros whose lanes are summed together: two groups, or the last of a row.
constexpr std::size_t kGroup = 4;

#if HWY_TARGET == HWY_SCALAR

template <std::size_t kGroups, class D>
HWY_INLINE void StoreSums(D, const hn::Vec<D>* v, bool add, hn::TFromD<D>* HWY_RESTRICT to) {
  for (std::size_t g = 0; g < kGroups * kGroup; ++g) {
    to[g] = hn::GetLane(v[g]) + (add ? to[g] : 0);
  }
}

template <typename T>
HWY_INLINE void StoreLast(const T* HWY_RESTRICT sums, std::size_t count, bool add,
                          T* HWY_RESTRICT to) {
  for (std::size_t g = kGroup - count; g < kGroup; ++g) to[g] = sums[g] + (add ? to[g] : 0);
}

#else

// to = the sum of the 128-bit blocks of a and then that of b, halves first; or that is added.
template <class D>
HWY_INLINE void StoreBlocks(D d, hn::Vec<D> a, hn::Vec<D> b, bool add,
                            hn::TFromD<D>* HWY_RESTRICT to) {
  constexpr std::size_t kBytes = hn::MaxLanes(D()) * sizeof(hn::TFromD<D>);
  const auto store = [add](auto some, auto sums, hn::TFromD<D>* HWY_RESTRICT at) HWY_ATTR {
    hn::StoreU(add ? hn::Add(hn::LoadU(some, at), sums) : sums, some, at);
  };
  if constexpr (kBytes > 32) {
    const hn::Half<D> half;
    StoreBlocks(half, hn::Add(hn::LowerHalf(half, a), hn::UpperHalf(half, a)),
                hn::Add(hn::LowerHalf(half, b), hn::UpperHalf(half, b)), add, to);
  } else if constexpr (kBytes == 32) {
    store(d, hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a)), to);
  } else {
    store(d, a, to);
    store(d, b, to + hn::Lanes(d));
  }
}

// The sum of the 128-bit blocks of v alone.
template <class D>
HWY_INLINE void StoreBlocks(D d, hn::Vec<D> v, bool add, hn::TFromD<D>* HWY_RESTRICT to) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    StoreBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), add, to);
  } else {
    hn::StoreU(add ? hn::Add(hn::LoadU(d, to), v) : v, d, to);
  }
}

// to[g] = the sum of the lanes of v[g], or that is added: those of a 128-bit block as
// (0 + 2) + (1 + 3), then blocks.
template <std::size_t kGroups, class D>
HWY_INLINE void StoreSums(D d, const hn::Vec<D>* v, bool add, hn::TFromD<D>* HWY_RESTRICT to) {
  const auto fold = [d](auto a, auto b) HWY_ATTR {
    return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  };
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
#pragma GCC unroll 2
    for (std::size_t g = 0; g < kGroups * kGroup; g += kGroup) {
      StoreBlocks(d, fold(v[g], v[g + 1]), fold(v[g + 2], v[g + 3]), add, to + g);
    }
  } else if constexpr (kGroups == 2) {
    StoreBlocks(d, fold(fold(v[0], v[2]), fold(v[1], v[3])),
                fold(fold(v[4], v[6]), fold(v[5], v[7])), add, to);
  } else {
    StoreBlocks(d, fold(fold(v[0], v[2]), fold(v[1], v[3])), add, to);
  }
}

// to[g] = sums[g] for the last `count` of a group, or that is added; the others stay as they are.
template <typename T>
HWY_INLINE void StoreLast(const T* HWY_RESTRICT sums, std::size_t count, bool add,
                          T* HWY_RESTRICT to) {
  constexpr std::size_t kLanes = 16 / sizeof(T);
  const hn::FixedTag<T, kLanes> d;
  const std::size_t others = kGroup - count;
#pragma GCC unroll 2
  for (std::size_t g = 0; g < kGroup; g += kLanes) {
    const auto before = hn::LoadU(d, to + g);
    const auto sum = hn::LoadU(d, sums + g);
    const auto stays = hn::FirstN(d, others > g ? others - g : 0);
    hn::StoreU(hn::IfThenElse(stays, before, add ? hn::Add(before, sum) : sum), d, to + g);
  }
}

#endif  // HWY_TARGET

// to[g] = the product of a row of d_y, which is in registers, and row cols[g] of x; or that is added.
template <std::size_t kGroups, std::size_t kVectors, class D, class Stride>
HWY_INLINE void Products(D d, const hn::Vec<D>* HWY_RESTRICT d_y,
                         const std::uint32_t* HWY_RESTRICT cols,
                         const hn::TFromD<D>* HWY_RESTRICT x, Stride x_stride, bool add,
                         hn::TFromD<D>* HWY_RESTRICT to) {
  hn::Vec<D> sum[kGroups * kGroup];
#pragma GCC unroll 8
  for (std::size_t g = 0; g < kGroups * kGroup; ++g) {
    const auto* HWY_RESTRICT feature = x + cols[g] * x_stride;
    sum[g] = hn::Mul(d_y[0], hn::LoadU(d, feature));
#pragma GCC unroll 4
    for (std::size_t v = 1; v < kVectors; ++v) {
      sum[g] = hn::MulAdd(d_y[v], hn::LoadU(d, feature + v * hn::Lanes(d)), sum[g]);
    }
  }
  StoreSums<kGroups>(d, sum, add, to);
}

// A row's products, kVectors vectors of its examples; to[k] is that of non-zero k.
template <bool kAdd, std::size_t kVectors, typename T, class Stride>
HWY_INLINE void SddmmRow(const std::uint32_t* HWY_RESTRICT col, std::size_t begin, std::size_t end,
                         const T* HWY_RESTRICT d_y, const T* HWY_RESTRICT x, Stride x_stride,
                         T* HWY_RESTRICT to) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> row[kVectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, d_y + v * hn::Lanes(d));
  std::size_t k = begin;
  for (; k + 2 * kGroup < end; k += 2 * kGroup) {
    Products<2, kVectors>(d, row, col + k, x, x_stride, kAdd, to + k);
  }
  if (k + kGroup < end) {
    Products<1, kVectors>(d, row, col + k, x, x_stride, kAdd, to + k);
    k += kGroup;
  }
  // The last group, by the same tree, begins among those done if the row has so many.
  alignas(16) T sums[kGroup];
  if (end - begin >= kGroup) {
    Products<1, kVectors>(d, row, col + end - kGroup, x, x_stride, false, sums);
    StoreLast(sums, end - k, kAdd, to + end - kGroup);
  } else if (end > begin) {
    std::uint32_t cols[kGroup];
    for (std::size_t g = 0; g < kGroup; ++g) cols[g] = col[std::min(begin + g, end - 1)];
    Products<1, kVectors>(d, row, cols, x, x_stride, false, sums);
    for (std::size_t g = 0; begin + g < end; ++g) {
      to[begin + g] = sums[g] + (kAdd ? to[begin + g] : T{0});
    }
  }
}

template <typename T>
HWY_INLINE void Sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
                      std::size_t width, const T* HWY_RESTRICT d_y, std::size_t d_y_stride,
                      const T* HWY_RESTRICT x, std::size_t x_stride, bool add, std::size_t first,
                      T* HWY_RESTRICT d_values) {
  const hn::ScalableTag<T> d;
  if (tiles == 0 && !add) {
    for (std::size_t r = begin; r < end; ++r) {
      std::fill_n(d_values + (w.start[r] - first), w.end[r] - w.start[r], T{0});
    }
  }
  for (std::size_t t = 0; t < tiles; ++t, x += w.cols * x_stride, d_y += w.rows * d_y_stride) {
    ForColumns(d, width, x_stride, d_y_stride,
               [&]<std::size_t kVectors>(std::size_t j, auto stride, auto row_stride) HWY_ATTR {
                 for (std::size_t r = begin; r < end; ++r) {
                   const std::size_t from = w.start[r], count = w.end[r] - from;
                   const T* const row = d_y + r * row_stride + j;
                   T* const to = d_values + (from - first);
                   if (add) {
                     SddmmRow<true, kVectors>(w.col + from, 0, count, row, x + j, stride, to);
                   } else {
                     SddmmRow<false, kVectors>(w.col + from, 0, count, row, x + j, stride, to);
                   }
                 }
                 add = true;
               });
  }
}

// Features that are transposed at once: their rows of a tile stay in L1.
constexpr std::size_t kFeatures = 64;

template <typename T>
HWY_INLINE void ToTile(std::size_t n, std::size_t d, std::size_t width, const T* x,
                       std::size_t x_stride, T* y, std::size_t y_stride) {
  for (std::size_t j = 0; j < d; j += kFeatures) {
    const std::size_t count = std::min(kFeatures, d - j);
    TransposeBlock(n, count, x + j, x_stride, y + j * y_stride, y_stride);
    if (n == width) continue;
    for (std::size_t f = j; f < j + count; ++f) {
      std::fill_n(y + f * y_stride + n, width - n, T{0});
    }
  }
}

template <typename T>
HWY_INLINE void FromTile(std::size_t n, std::size_t d, const T* x, std::size_t x_stride, bool add,
                         T* y, std::size_t y_stride) {
  alignas(64) T block[kTileUnit * kFeatures];
  const hn::ScalableTag<T> tag;
  for (std::size_t i = 0; i < n; i += kTileUnit) {
    const std::size_t rows = std::min(kTileUnit, n - i);
    for (std::size_t j = 0; j < d; j += kFeatures) {
      const std::size_t count = std::min(kFeatures, d - j);
      TransposeBlock(count, rows, x + j * x_stride + i, x_stride, block, kFeatures);
      for (std::size_t r = 0; r < rows; ++r) {
        const T* HWY_RESTRICT from = block + r * kFeatures;
        T* HWY_RESTRICT to = y + (i + r) * y_stride + j;
        std::size_t f = 0;
        for (; f + hn::Lanes(tag) <= count; f += hn::Lanes(tag)) {
          const auto v = hn::LoadU(tag, from + f);
          hn::StoreU(add ? hn::Add(hn::LoadU(tag, to + f), v) : v, tag, to + f);
        }
        for (; f < count; ++f) to[f] = add ? to[f] + from[f] : from[f];
      }
    }
  }
}

void SpmmF32(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
             std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride,
             const float* bias, bool relu, float* y, std::size_t y_stride) {
  Spmm<Start::kBias>(w, values, begin, end, tiles, width, x, x_stride, bias, relu, y, y_stride);
}
void SpmmF64(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
             std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
             const double* bias, bool relu, double* y, std::size_t y_stride) {
  Spmm<Start::kBias>(w, values, begin, end, tiles, width, x, x_stride, bias, relu, y, y_stride);
}
void SpmmAddF32(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
                std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride,
                bool relu, float* y, std::size_t y_stride) {
  Spmm<Start::kY, float>(w, values, begin, end, tiles, width, x, x_stride, nullptr, relu, y,
                         y_stride);
}
void SpmmAddF64(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
                std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
                bool relu, double* y, std::size_t y_stride) {
  Spmm<Start::kY, double>(w, values, begin, end, tiles, width, x, x_stride, nullptr, relu, y,
                          y_stride);
}
void SddmmF32(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
              std::size_t width, const float* d_y, std::size_t d_y_stride, const float* x,
              std::size_t x_stride, bool add, std::size_t first, float* d_values) {
  Sddmm(w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, first, d_values);
}
void SddmmF64(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
              std::size_t width, const double* d_y, std::size_t d_y_stride, const double* x,
              std::size_t x_stride, bool add, std::size_t first, double* d_values) {
  Sddmm(w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, first, d_values);
}
void ToTileF32(std::size_t n, std::size_t d, std::size_t width, const float* x,
               std::size_t x_stride, float* y, std::size_t y_stride) {
  ToTile(n, d, width, x, x_stride, y, y_stride);
}
void ToTileF64(std::size_t n, std::size_t d, std::size_t width, const double* x,
               std::size_t x_stride, double* y, std::size_t y_stride) {
  ToTile(n, d, width, x, x_stride, y, y_stride);
}
void FromTileF32(std::size_t n, std::size_t d, const float* x, std::size_t x_stride, bool add,
                 float* y, std::size_t y_stride) {
  FromTile(n, d, x, x_stride, add, y, y_stride);
}
void FromTileF64(std::size_t n, std::size_t d, const double* x, std::size_t x_stride, bool add,
                 double* y, std::size_t y_stride) {
  FromTile(n, d, x, x_stride, add, y, y_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(SpmmF32);
HWY_EXPORT(SpmmF64);
HWY_EXPORT(SpmmAddF32);
HWY_EXPORT(SpmmAddF64);
HWY_EXPORT(SddmmF32);
HWY_EXPORT(SddmmF64);
HWY_EXPORT(ToTileF32);
HWY_EXPORT(ToTileF64);
HWY_EXPORT(FromTileF32);
HWY_EXPORT(FromTileF64);

void spmm(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
          std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride,
          const float* bias, bool relu, float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmF32)
  (w, values, begin, end, tiles, width, x, x_stride, bias, relu, y, y_stride);
}
void spmm(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
          std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
          const double* bias, bool relu, double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmF64)
  (w, values, begin, end, tiles, width, x, x_stride, bias, relu, y, y_stride);
}
void spmm_add(const SparseRows& w, const float* values, std::size_t begin, std::size_t end,
              std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride, bool relu,
              float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmAddF32)
  (w, values, begin, end, tiles, width, x, x_stride, relu, y, y_stride);
}
void spmm_add(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
              std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
              bool relu, double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmAddF64)
  (w, values, begin, end, tiles, width, x, x_stride, relu, y, y_stride);
}
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const float* d_y, std::size_t d_y_stride, const float* x,
           std::size_t x_stride, bool add, std::size_t first, float* d_values) {
  HWY_DYNAMIC_DISPATCH(SddmmF32)
  (w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, first, d_values);
}
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const double* d_y, std::size_t d_y_stride, const double* x,
           std::size_t x_stride, bool add, std::size_t first, double* d_values) {
  HWY_DYNAMIC_DISPATCH(SddmmF64)
  (w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, first, d_values);
}
void to_tile(std::size_t n, std::size_t d, std::size_t width, const float* x, std::size_t x_stride,
             float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(ToTileF32)(n, d, width, x, x_stride, y, y_stride);
}
void to_tile(std::size_t n, std::size_t d, std::size_t width, const double* x, std::size_t x_stride,
             double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(ToTileF64)(n, d, width, x, x_stride, y, y_stride);
}
void from_tile(std::size_t n, std::size_t d, const float* x, std::size_t x_stride, bool add,
               float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(FromTileF32)(n, d, x, x_stride, add, y, y_stride);
}
void from_tile(std::size_t n, std::size_t d, const double* x, std::size_t x_stride, bool add,
               double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(FromTileF64)(n, d, x, x_stride, add, y, y_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
