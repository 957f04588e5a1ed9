#include "kernels/sparse.h"

#include <algorithm>

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
// Rows of the matrix that are summed side by side: with four vectors each they take 12 of 16
// registers and hide the latency of multiply-adds. Their columns lie near each other, so that one
// finds in L1 what another fetched; three of them are 1.2 times as fast as two at a density of 0.5
// and equal below 0.1 (Zen 3, 784 columns).
constexpr std::size_t kSideBySide = 3;

// body.template operator()<vectors>(j) for runs of vectors from column j on that cover a tile's
// width.
template <class D, class Body>
HWY_INLINE void ForColumns(D d, std::size_t width, const Body& body) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + kMostVectors * lanes <= width; j += kMostVectors * lanes) {
    body.template operator()<kMostVectors>(j);
  }
  if (j + 2 * lanes <= width) {
    body.template operator()<2>(j);
    j += 2 * lanes;
  }
  if (j < width) body.template operator()<1>(j);
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
template <Start kStart, std::size_t kRows, std::size_t kVectors, typename T>
HWY_INLINE void SpmmRows(const SparseRows& w, const T* HWY_RESTRICT values, std::size_t r,
                         const T* HWY_RESTRICT x, std::size_t x_stride, const T* HWY_RESTRICT bias,
                         bool relu, T* HWY_RESTRICT y, std::size_t y_stride) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  std::uint32_t k[kRows], common = ~std::uint32_t{0};
  for (std::size_t i = 0; i < kRows; ++i) {
    k[i] = w.start[r + i];
    common = std::min(common, w.start[r + i + 1] - k[i]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      if constexpr (kStart == Start::kY) {
        sum[i][v] = hn::LoadU(d, y + i * y_stride + v * lanes);
      } else {
        sum[i][v] = bias == nullptr ? hn::Zero(d) : hn::Set(d, bias[r + i]);
      }
    }
  }
  for (; common > 0; --common) {
#pragma GCC unroll 3
    for (std::size_t i = 0; i < kRows; ++i, ++k[i - 1]) {
      AddProduct<kVectors>(d, values[k[i]], x + w.col[k[i]] * x_stride, sum[i]);
    }
  }
#pragma GCC unroll 3
  for (std::size_t i = 0; i < kRows; ++i) {
    for (; k[i] < w.start[r + i + 1]; ++k[i]) {
      AddProduct<kVectors>(d, values[k[i]], x + w.col[k[i]] * x_stride, sum[i]);
    }
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
    ForColumns(d, width, [&]<std::size_t kVectors>(std::size_t j) HWY_ATTR {
      std::size_t r = begin;
      for (; r + kSideBySide <= end; r += kSideBySide) {
        SpmmRows<kStart, kSideBySide, kVectors>(w, values, r, x + j, x_stride, bias, relu,
                                                y + r * y_stride + j, y_stride);
      }
      for (; r < end; ++r) {
        SpmmRows<kStart, 1, kVectors>(w, values, r, x + j, x_stride, bias, relu,
                                      y + r * y_stride + j, y_stride);
      }
    });
  }
}

// The non-zeros whose lanes are summed together.
constexpr std::size_t kGroup = 4;

#if HWY_TARGET == HWY_SCALAR

template <class D>
HWY_INLINE void AddLanes(D, const hn::Vec<D>* v, hn::TFromD<D>* HWY_RESTRICT to) {
  for (std::size_t g = 0; g < kGroup; ++g) to[g] += hn::GetLane(v[g]);
}

#else

// to += the sum of the 128-bit blocks of v, halves first.
template <class D>
HWY_INLINE void AddBlocks(D d, hn::Vec<D> v, hn::TFromD<D>* HWY_RESTRICT to) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    AddBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), to);
  } else {
    hn::StoreU(hn::Add(hn::LoadU(d, to), v), d, to);
  }
}

// to[g] += the sum of the lanes of v[g]: those of a 128-bit block as (0 + 2) + (1 + 3), then
// blocks.
template <class D>
HWY_INLINE void AddLanes(D d, const hn::Vec<D>* v, hn::TFromD<D>* HWY_RESTRICT to) {
  const auto fold = [d](auto a, auto b) HWY_ATTR {
    return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  };
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    AddBlocks(d, fold(v[0], v[1]), to);
    AddBlocks(d, fold(v[2], v[3]), to + 2);
  } else {
    AddBlocks(d, fold(fold(v[0], v[2]), fold(v[1], v[3])), to);
  }
}

#endif  // HWY_TARGET

// to[g] += the product of a row of d_y, which is in registers, and row cols[g] of x.
template <std::size_t kVectors, class D>
HWY_INLINE void AddGroup(D d, const hn::Vec<D>* HWY_RESTRICT d_y,
                         const std::uint32_t* HWY_RESTRICT cols,
                         const hn::TFromD<D>* HWY_RESTRICT x, std::size_t x_stride,
                         hn::TFromD<D>* HWY_RESTRICT to) {
  hn::Vec<D> sum[kGroup];
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroup; ++g) {
    const auto* HWY_RESTRICT feature = x + cols[g] * x_stride;
    sum[g] = hn::Mul(d_y[0], hn::LoadU(d, feature));
#pragma GCC unroll 8
    for (std::size_t v = 1; v < kVectors; ++v) {
      sum[g] = hn::MulAdd(d_y[v], hn::LoadU(d, feature + v * hn::Lanes(d)), sum[g]);
    }
  }
  AddLanes(d, sum, to);
}

template <typename T>
HWY_INLINE void Sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
                      std::size_t width, const T* HWY_RESTRICT d_y, std::size_t d_y_stride,
                      const T* HWY_RESTRICT x, std::size_t x_stride, bool add,
                      T* HWY_RESTRICT d_values) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::uint32_t first = w.start[begin];
  T rest[kGroup] = {};
  if (!add) std::fill_n(d_values, w.start[end] - first, T{0});
  for (std::size_t t = 0; t < tiles; ++t, x += w.cols * x_stride, d_y += w.rows * d_y_stride) {
    ForColumns(d, width, [&]<std::size_t kVectors>(std::size_t j) HWY_ATTR {
      for (std::size_t r = begin; r < end; ++r) {
        hn::Vec<decltype(d)> row[kVectors];
        for (std::size_t v = 0; v < kVectors; ++v) {
          row[v] = hn::LoadU(d, d_y + r * d_y_stride + j + v * lanes);
        }
        std::uint32_t k = w.start[r];
        const std::uint32_t last = w.start[r + 1];
        if (k == last) continue;
        for (; k + kGroup < last; k += kGroup) {
          AddGroup<kVectors>(d, row, w.col + k, x + j, x_stride, d_values + (k - first));
        }
        // The same tree for the last ones, with the last column again in the places left over. No
        // branch here, which would often be mispredicted.
        std::uint32_t cols[kGroup];
        T sums[kGroup] = {};
        for (std::uint32_t g = 0; g < kGroup; ++g) cols[g] = w.col[std::min(k + g, last - 1)];
        AddGroup<kVectors>(d, row, cols, x + j, x_stride, sums);
        for (std::uint32_t g = 0; g < kGroup; ++g) {
          *(k + g < last ? d_values + (k + g - first) : rest + g) += sums[g];
        }
      }
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
                float* y, std::size_t y_stride) {
  Spmm<Start::kY, float>(w, values, begin, end, tiles, width, x, x_stride, nullptr, false, y,
                         y_stride);
}
void SpmmAddF64(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
                std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
                double* y, std::size_t y_stride) {
  Spmm<Start::kY, double>(w, values, begin, end, tiles, width, x, x_stride, nullptr, false, y,
                          y_stride);
}
void SddmmF32(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
              std::size_t width, const float* d_y, std::size_t d_y_stride, const float* x,
              std::size_t x_stride, bool add, float* d_values) {
  Sddmm(w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, d_values);
}
void SddmmF64(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
              std::size_t width, const double* d_y, std::size_t d_y_stride, const double* x,
              std::size_t x_stride, bool add, double* d_values) {
  Sddmm(w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, d_values);
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
              std::size_t tiles, std::size_t width, const float* x, std::size_t x_stride, float* y,
              std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmAddF32)
  (w, values, begin, end, tiles, width, x, x_stride, y, y_stride);
}
void spmm_add(const SparseRows& w, const double* values, std::size_t begin, std::size_t end,
              std::size_t tiles, std::size_t width, const double* x, std::size_t x_stride,
              double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(SpmmAddF64)
  (w, values, begin, end, tiles, width, x, x_stride, y, y_stride);
}
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const float* d_y, std::size_t d_y_stride, const float* x,
           std::size_t x_stride, bool add, float* d_values) {
  HWY_DYNAMIC_DISPATCH(SddmmF32)
  (w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, d_values);
}
void sddmm(const SparseRows& w, std::size_t begin, std::size_t end, std::size_t tiles,
           std::size_t width, const double* d_y, std::size_t d_y_stride, const double* x,
           std::size_t x_stride, bool add, double* d_values) {
  HWY_DYNAMIC_DISPATCH(SddmmF64)
  (w, begin, end, tiles, width, d_y, d_y_stride, x, x_stride, add, d_values);
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
