// The M-step's half of the Gaussian pass: weighted sums and sums of outer products over a block.
// Included once per target, after hwy/highway.h.

#include <cstddef>

#if defined(SURPLUS_KERNELS_GAUSSIAN_MOMENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_GAUSSIAN_MOMENTS_INL_H_
#undef SURPLUS_KERNELS_GAUSSIAN_MOMENTS_INL_H_
#else
#define SURPLUS_KERNELS_GAUSSIAN_MOMENTS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/gaussian_scores-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Outer products have their own tile: its square in accumulators beside two sets of operands. That
// of the moments is so many components times two features, two sums each.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kOuterTile = 4, kMomentsTile = 4;
#else
constexpr std::size_t kOuterTile = 3, kMomentsTile = 2;
#endif

#if HWY_TARGET <= HWY_AVX3
// Lane j is the sum of the lanes of the j-th of four vectors: 11 instructions where one by one takes 28.
using FourDoubles = hn::FixedTag<double, 4>;
HWY_INLINE hn::VFromD<FourDoubles> FourSums(Vec64 a, Vec64 b, Vec64 c, Vec64 e) {
  const Lanes64 d;
  const FourDoubles four;
  const auto ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const auto ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
  const auto ab4 = hn::Add(hn::LowerHalf(four, ab), hn::UpperHalf(four, ab));
  const auto ce4 = hn::Add(hn::LowerHalf(four, ce), hn::UpperHalf(four, ce));
  return hn::Add(hn::ConcatLowerLower(four, ce4, ab4), hn::ConcatUpperUpper(four, ce4, ab4));
}
#endif

// to[j] += the sum of the lanes of sum[j], for `count` <= kOuterTile.
HWY_INLINE void AddLanes(std::size_t count, const Vec64* sum, double* to) {
  const Lanes64 d;
#if HWY_TARGET <= HWY_AVX3
  static_assert(kOuterTile == 4);
  if (count == 4) {
    const FourDoubles four;
    const auto sums = FourSums(sum[0], sum[1], sum[2], sum[3]);
    hn::StoreU(hn::Add(hn::LoadU(four, to), sums), four, to);
    return;
  }
#endif
  for (std::size_t j = 0; j < count; ++j) to[j] += ReduceSum(d, sum[j]);
}

// The I x J tile of sum_r v[i, r] v[j, r] at (i0, j0), added to a packed lower triangle; of a tile
// on the diagonal only the lower half is formed, which saves 6 of 16 products.
template <std::size_t I, std::size_t J, bool kOnDiagonal>
HWY_INLINE void OuterTile(std::size_t rows, const double* HWY_RESTRICT v, std::size_t v_stride,
                          std::size_t i0, std::size_t j0, double* HWY_RESTRICT triangle) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d);
  Vec64 sum[I][J];
  for (std::size_t i = 0; i < I; ++i) {
    for (std::size_t j = 0; j < J; ++j) sum[i][j] = hn::Zero(d);
  }
  const double* HWY_RESTRICT left = v + i0 * v_stride;
  const double* HWY_RESTRICT right = v + j0 * v_stride;
  for (std::size_t r = 0; r < rows; r += lanes) {
    Vec64 b[J];
    for (std::size_t j = 0; j < J; ++j) b[j] = hn::LoadU(d, right + j * v_stride + r);
    for (std::size_t i = 0; i < I; ++i) {
      const Vec64 a = kOnDiagonal ? b[i] : hn::LoadU(d, left + i * v_stride + r);
      for (std::size_t j = 0; j < J; ++j) {
        if (kOnDiagonal && j > i) continue;
        sum[i][j] = hn::MulAdd(a, b[j], sum[i][j]);
      }
    }
  }
  for (std::size_t i = 0; i < I; ++i) {
    double* to = triangle + (i0 + i) * (i0 + i + 1) / 2 + j0;
    AddLanes(kOnDiagonal ? i + 1 : J, sum[i], to);
  }
}

// triangle[i (i + 1) / 2 + j] += sum_r v[i, r] v[j, r] for j <= i < size; rows a multiple of the
// lanes.
HWY_NOINLINE void OuterProducts(std::size_t size, std::size_t rows, const double* HWY_RESTRICT v,
                                std::size_t v_stride, double* HWY_RESTRICT triangle) {
  ForTiles<kOuterTile>(size, [&](auto tile, std::size_t i0) HWY_ATTR {
    constexpr std::size_t I = decltype(tile)::value;
    for (std::size_t j0 = 0; j0 < i0; j0 += kOuterTile) {
      OuterTile<I, kOuterTile, false>(rows, v, v_stride, i0, j0, triangle);
    }
    OuterTile<I, I, true>(rows, v, v_stride, i0, i0, triangle);
  });
}

// first[i] += sum_r g[r] y, and second[i] += sum_r g[r] y^2, with y = x[i, r] - mean[i].
HWY_NOINLINE void MomentsAbout(std::size_t size, std::size_t rows, const double* HWY_RESTRICT x,
                               const double* HWY_RESTRICT g, const double* HWY_RESTRICT mean,
                               double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  ForTiles<4>(size, [&](auto tile, std::size_t i0) HWY_ATTR {
    constexpr std::size_t I = decltype(tile)::value;
    Vec64 centre[I], sum[I], square[I];
    for (std::size_t i = 0; i < I; ++i) {
      centre[i] = hn::Set(d, mean[i0 + i]);
      sum[i] = square[i] = hn::Zero(d);
    }
    for (std::size_t r = 0; r < rows; r += group) {
      const double* HWY_RESTRICT from = x + r * size + i0 * group;
      for (std::size_t v = 0; v < group; v += lanes) {
        const Vec64 weight = hn::LoadU(d, g + r + v);
        for (std::size_t i = 0; i < I; ++i) {
          const Vec64 y = hn::Sub(hn::LoadU(d, from + i * group + v), centre[i]);
          const Vec64 product = hn::Mul(weight, y);
          sum[i] = hn::Add(sum[i], product);
          square[i] = hn::MulAdd(product, y, square[i]);
        }
      }
    }
    for (std::size_t i = 0; i < I; ++i) {
      first[i0 + i] += ReduceSum(d, sum[i]);
      second[i0 + i] += ReduceSum(d, square[i]);
    }
  });
}

// For C components and I features: first[c, i] += sum_r g[c, r] x[i, r], and with kSecond
// second[c, i] += sum_r g[c, r] x[i, r]^2. Few sums at once are each taken in kVectors parts, to
// hide the latency of an addition.
template <std::size_t C, std::size_t I, bool kSecond>
HWY_INLINE void MomentsTile(std::size_t size, std::size_t rows, const double* HWY_RESTRICT x,
                            const double* HWY_RESTRICT g, std::size_t g_stride,
                            double* HWY_RESTRICT first, double* HWY_RESTRICT second) {
  const Lanes64 d;
  constexpr std::size_t kParts = C * I * (kSecond ? 2 : 1) <= 4 ? kVectors : 1;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  Vec64 sum[C][I][kParts], square[C][I][kParts];
  for (std::size_t c = 0; c < C; ++c) {
    for (std::size_t i = 0; i < I; ++i) {
      for (std::size_t p = 0; p < kParts; ++p) sum[c][i][p] = square[c][i][p] = hn::Zero(d);
    }
  }
  for (std::size_t r = 0; r < rows; r += group) {
    const double* HWY_RESTRICT from = x + r * size;
    for (std::size_t v = 0; v < group; v += kParts * lanes) {
      for (std::size_t p = 0; p < kParts; ++p) {
        Vec64 weight[C];
        for (std::size_t c = 0; c < C; ++c) {
          weight[c] = hn::LoadU(d, g + c * g_stride + r + v + p * lanes);
        }
        for (std::size_t i = 0; i < I; ++i) {
          const Vec64 value = hn::LoadU(d, from + i * group + v + p * lanes);
          const Vec64 value2 = hn::Mul(value, value);
          for (std::size_t c = 0; c < C; ++c) {
            sum[c][i][p] = hn::MulAdd(weight[c], value, sum[c][i][p]);
            if (kSecond) square[c][i][p] = hn::MulAdd(weight[c], value2, square[c][i][p]);
          }
        }
      }
    }
  }
  for (std::size_t c = 0; c < C; ++c) {
    for (std::size_t i = 0; i < I; ++i) {
      for (std::size_t p = 0; p < kParts; ++p) {
        first[c * size + i] += ReduceSum(d, sum[c][i][p]);
        if (kSecond) second[c * size + i] += ReduceSum(d, square[c][i][p]);
      }
    }
  }
}

// The moments of all k components about the centre of the rows.
template <bool kSecond>
HWY_NOINLINE void Moments(std::size_t size, std::size_t k, std::size_t rows,
                          const double* HWY_RESTRICT x, const double* HWY_RESTRICT g,
                          std::size_t g_stride, double* HWY_RESTRICT first,
                          double* HWY_RESTRICT second) {
  ForTiles<kMomentsTile>(k, [&](auto components, std::size_t c0) HWY_ATTR {
    ForTiles<2>(size, [&](auto features, std::size_t i0) HWY_ATTR {
      MomentsTile<decltype(components)::value, decltype(features)::value, kSecond>(
          size, rows, x + i0 * GroupRows(), g + c0 * g_stride, g_stride, first + c0 * size + i0,
          second + c0 * size + i0);
    });
  });
}

// sum_r g[r].
HWY_INLINE double Total(std::size_t rows, const double* HWY_RESTRICT g) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  Vec64 sum[kVectors];
  for (Vec64& part : sum) part = hn::Zero(d);
  for (std::size_t r = 0; r < rows; r += group) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      sum[v] = hn::Add(sum[v], hn::LoadU(d, g + r + v * lanes));
    }
  }
  for (std::size_t v = 1; v < kVectors; ++v) sum[0] = hn::Add(sum[0], sum[v]);
  return ReduceSum(d, sum[0]);
}

// to[i, r] = s[r] (x[i, r] - mean[i]) for i < size, and to[size, r] = s[r].
HWY_NOINLINE void ScaleDifferences(std::size_t size, std::size_t rows, const double* HWY_RESTRICT x,
                                   const double* HWY_RESTRICT s, const double* HWY_RESTRICT mean,
                                   double* HWY_RESTRICT to, std::size_t to_stride) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  for (std::size_t r = 0; r < rows; r += group) {
    Vec64 scale[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) {
      scale[v] = hn::LoadU(d, s + r + v * lanes);
      hn::StoreU(scale[v], d, to + size * to_stride + r + v * lanes);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const Vec64 centre = hn::Set(d, mean[i]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const Vec64 y = hn::Sub(hn::LoadU(d, x + r * size + i * group + v * lanes), centre);
        hn::StoreU(hn::Mul(scale[v], y), d, to + i * to_stride + r + v * lanes);
      }
    }
  }
}

// to[i, r] = root[r] x[i, r] - sum_c t[c, r] means[c, i].
HWY_NOINLINE void SubtractMixedMeans(std::size_t size, std::size_t k, std::size_t rows,
                                     const double* HWY_RESTRICT x, const double* HWY_RESTRICT root,
                                     const double* HWY_RESTRICT t, std::size_t t_stride,
                                     const double* HWY_RESTRICT means, double* HWY_RESTRICT to,
                                     std::size_t to_stride) {
  const Lanes64 d;
  const std::size_t lanes = hn::Lanes(d), group = GroupRows();
  for (std::size_t r = 0; r < rows; r += group) {
    ForTiles<4>(size, [&](auto tile, std::size_t i0) HWY_ATTR {
      constexpr std::size_t I = decltype(tile)::value;
      Vec64 y[I][kVectors];
      for (std::size_t i = 0; i < I; ++i) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          y[i][v] = hn::Mul(hn::LoadU(d, root + r + v * lanes),
                            hn::LoadU(d, x + r * size + (i0 + i) * group + v * lanes));
        }
      }
      for (std::size_t c = 0; c < k; ++c) {
        Vec64 share[kVectors];
        for (std::size_t v = 0; v < kVectors; ++v) {
          share[v] = hn::LoadU(d, t + c * t_stride + r + v * lanes);
        }
        for (std::size_t i = 0; i < I; ++i) {
          const Vec64 mean = hn::Set(d, means[c * size + i0 + i]);
          for (std::size_t v = 0; v < kVectors; ++v) {
            y[i][v] = hn::NegMulAdd(share[v], mean, y[i][v]);
          }
        }
      }
      for (std::size_t i = 0; i < I; ++i) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          hn::StoreU(y[i][v], d, to + (i0 + i) * to_stride + r + v * lanes);
        }
      }
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_GAUSSIAN_MOMENTS_INL_H_
