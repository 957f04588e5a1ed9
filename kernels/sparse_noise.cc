#include "kernels/sparse_noise.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sparse_noise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Up to whole cache lines.
constexpr std::size_t Padded(std::size_t n) { return (n + 7) / 8 * 8; }

// At most so many rows are multiplied with x, and then added up while they are in the first cache: so many
// that x and the result are read once for all, and their sums hide most of a multiply-add's latency.
constexpr std::size_t kMostRows = 10;

// sums[l] = row l of B' times x. Few rows have two sums each: four cycles of latency at two multiply-adds
// per cycle ask for eight.
template <std::size_t kRows>
HWY_NOINLINE void RowSums(std::size_t n, const double* HWY_RESTRICT b, std::size_t stride,
                          const double* HWY_RESTRICT x, double* HWY_RESTRICT sums) {
  constexpr std::size_t kSums = kRows <= 5 ? 2 : 1;
  const hn::ScalableTag<double> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V sum[kSums][kRows];
#pragma GCC unroll 2
  for (std::size_t k = 0; k < kSums; ++k) {
#pragma GCC unroll 16
    for (std::size_t l = 0; l < kRows; ++l) sum[k][l] = hn::Zero(d);
  }
  std::size_t i = 0;
  for (; i + kSums * lanes <= n; i += kSums * lanes) {
#pragma GCC unroll 2
    for (std::size_t k = 0; k < kSums; ++k) {
      const V part = hn::LoadU(d, x + i + k * lanes);
#pragma GCC unroll 16
      for (std::size_t l = 0; l < kRows; ++l) {
        sum[k][l] = hn::MulAdd(hn::LoadU(d, b + l * stride + i + k * lanes), part, sum[k][l]);
      }
    }
  }
  for (; i < n; i += lanes) {
    const bool whole = i + lanes <= n;
    const V part = whole ? hn::LoadU(d, x + i) : LoadTail(d, x + i, n - i);
#pragma GCC unroll 16
    for (std::size_t l = 0; l < kRows; ++l) {
      const double* const row = b + l * stride + i;
      sum[0][l] = hn::MulAdd(whole ? hn::LoadU(d, row) : LoadTail(d, row, n - i), part, sum[0][l]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t l = 0; l < kRows; ++l) {
    sums[l] = ReduceSum(d, kSums == 1 ? sum[0][l] : hn::Add(sum[0][l], sum[kSums - 1][l]));
  }
}

// sum + factors[0] load(0) + factors[1] load(1) + ..., in two chains: the multipliers do not look far enough
// ahead to fill the latency of one chain of ten with the next ones. Measured 1.2 times as fast.
template <std::size_t kRows, class D, typename Load>
HWY_INLINE hn::VFromD<D> WeightedRows(D d, const hn::VFromD<D> (&factors)[kRows], hn::VFromD<D> sum,
                                      const Load& load) {
  (void)d;
  if constexpr (kRows == 1) {
    return hn::MulAdd(factors[0], load(0), sum);
  } else {
    auto other = hn::Mul(factors[1], load(1));
    sum = hn::MulAdd(factors[0], load(0), sum);
#pragma GCC unroll 16
    for (std::size_t l = 2; l < kRows; ++l) {
      auto& chain = l % 2 == 0 ? sum : other;
      chain = hn::MulAdd(factors[l], load(l), chain);
    }
    return hn::Add(sum, other);
  }
}

// out += weights[0] row 0 of B' + weights[1] row 1 + ...
template <std::size_t kRows>
HWY_NOINLINE void AddRows(std::size_t n, const double* HWY_RESTRICT b, std::size_t stride,
                          const double* HWY_RESTRICT weights, double* HWY_RESTRICT out) {
  const hn::ScalableTag<double> d;
  using V = hn::VFromD<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V factors[kRows];
#pragma GCC unroll 16
  for (std::size_t l = 0; l < kRows; ++l) factors[l] = hn::Set(d, weights[l]);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto load = [&](std::size_t l) HWY_ATTR { return hn::LoadU(d, b + l * stride + i); };
    hn::StoreU(WeightedRows(d, factors, hn::LoadU(d, out + i), load), d, out + i);
  }
  if (i < n) {
    const auto load = [&](std::size_t l)
                          HWY_ATTR { return LoadTail(d, b + l * stride + i, n - i); };
    StoreTail(WeightedRows(d, factors, LoadTail(d, out + i, n - i), load), d, out + i, n - i);
  }
}

using RowsFunction = void (*)(std::size_t, const double*, std::size_t, const double*, double*);
template <std::size_t... kRows>
constexpr std::array<RowsFunction, sizeof...(kRows)> SumsOfEachCount(
    std::index_sequence<kRows...>) {
  return {&RowSums<kRows + 1>...};
}
template <std::size_t... kRows>
constexpr std::array<RowsFunction, sizeof...(kRows)> AddsOfEachCount(
    std::index_sequence<kRows...>) {
  return {&AddRows<kRows + 1>...};
}
constexpr auto kRowSums = SumsOfEachCount(std::make_index_sequence<kMostRows>());
constexpr auto kAddRows = AddsOfEachCount(std::make_index_sequence<kMostRows>());

// From the last row to the first if `backward`.
HWY_INLINE void Product(bool backward, std::size_t r, std::size_t n, const double* b,
                        std::size_t stride, const double* x, const double* scale, double* z,
                        double* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = 0;
  // The fewest groups of rows, as equal as they can be.
  double factors[kMostRows];
  for (std::size_t groups = (r + kMostRows - 1) / kMostRows, done = 0; groups > 0; --groups) {
    const std::size_t rows = (r - done + groups - 1) / groups;
    const std::size_t first = backward ? r - done - rows : done;
    kRowSums[rows - 1](n, b + first * stride, stride, x, z + first);
    for (std::size_t l = 0; l < rows; ++l) {
      factors[l] = (scale == nullptr ? 1 : scale[first + l]) * z[first + l];
    }
    done += rows;
    kAddRows[rows - 1](n, b + first * stride, stride, factors, out);
  }
}

void RowSpaceProduct(std::size_t r, std::size_t n, const double* b_t, std::size_t b_stride,
                     const double* x, const double* scale, double* z, double* out) {
  Product(false, r, n, b_t, b_stride, x, scale, z, out);
}

// A vector of the variables, or the `count` elements that are left.
template <bool kWhole, class D>
HWY_INLINE void StepVector(D d, const SparseNoiseDescent& p, std::size_t i, std::size_t count,
                           const double* HWY_RESTRICT product, const double* HWY_RESTRICT y,
                           double* HWY_RESTRICT mu, double* HWY_RESTRICT u, double* HWY_RESTRICT v,
                           double* HWY_RESTRICT s) {
  using V = hn::VFromD<D>;
  const auto load = [&](const double* from) HWY_ATTR -> V {
    return kWhole ? hn::LoadU(d, from + i) : LoadTail(d, from + i, count);
  };
  const auto store = [&](V value, double* to) HWY_ATTR {
    kWhole ? hn::StoreU(value, d, to + i) : StoreTail(value, d, to + i, count);
  };
  const V rho = hn::Sub(hn::Add(load(product), load(s)), load(y));
  store(hn::NegMulAdd(hn::Set(d, p.tau), rho, load(mu)), mu);
  const V old_u = load(u), old_v = load(v);
  const V new_u = hn::NegMulAdd(hn::Mul(hn::Set(d, p.up), rho), old_u, old_u);
  const V new_v = hn::MulAdd(hn::Mul(hn::Set(d, p.down), rho), old_v, old_v);
  store(new_u, u);
  store(new_v, v);
  // u u - v v, exactly 0 and exactly of the other sign where it should be.
  store(hn::Mul(hn::Sub(new_u, new_v), hn::Add(new_u, new_v)), s);
}

void Descent(const SparseNoiseDescent& p, std::size_t first, std::size_t steps, double* mu,
             double* u, double* v, double* s, double* scratch) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d), n = p.n, padded = Padded(n);
  // At the caller's, vectors may lie across cache lines, which would cost as much as all of their steps.
  double* const own[] = {scratch, scratch + padded, scratch + 2 * padded, scratch + 3 * padded};
  double* const y = scratch + 4 * padded;
  double* const product = scratch + 5 * padded;
  double* const z = scratch + 6 * padded;
  double* const given[] = {mu, u, v, s};
  for (std::size_t k = 0; k < 4; ++k) std::copy_n(given[k], n, own[k]);
  std::copy_n(p.y, n, y);
  for (std::size_t step = first; step < first + steps; ++step) {
    // There and back: the caches still hold the rows that come first.
    Product(step % 2 != 0, p.r, n, p.b_t, p.b_stride, own[0], nullptr, z, product);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      StepVector<true>(d, p, i, lanes, product, y, own[0], own[1], own[2], own[3]);
    }
    if (i < n) StepVector<false>(d, p, i, n - i, product, y, own[0], own[1], own[2], own[3]);
  }
  for (std::size_t k = 0; k < 4; ++k) std::copy_n(own[k], n, given[k]);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(RowSpaceProduct);
HWY_EXPORT(Descent);

void row_space_product(std::size_t r, std::size_t n, const double* b_t, std::size_t b_stride,
                       const double* x, const double* scale, double* z, double* out) {
  HWY_DYNAMIC_DISPATCH(RowSpaceProduct)(r, n, b_t, b_stride, x, scale, z, out);
}

void sparse_noise_descent(const SparseNoiseDescent& problem, std::size_t first, std::size_t steps,
                          double* mu, double* u, double* v, double* s, double* scratch) {
  HWY_DYNAMIC_DISPATCH(Descent)(problem, first, steps, mu, u, v, s, scratch);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
