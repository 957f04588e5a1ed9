#include "kernels/probe.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/probe.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Two starts per cycle times four cycles of latency need 8 chains; 12 leave slack, and with the two
// constants still fit into 16 registers.
constexpr std::size_t kChains = 12;

template <typename T>
HWY_INLINE std::size_t MultiplyAddChains(std::size_t steps, T factor, T term, T* end) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const V factors = hn::Set(d, factor), terms = hn::Set(d, term);
  // Begun at 1, 1/2, 1/3 ...: of equal chains the compiler would compute one.
  V x[kChains];
#pragma GCC unroll 12
  for (std::size_t j = 0; j < kChains; ++j) x[j] = hn::Set(d, T{1} / static_cast<T>(j + 1));
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (V& chain : x) chain = hn::MulAdd(chain, factors, terms);
  }
  // With factor >= 0 the order of the chains stays, so the largest is the first.
  V all = x[0];
#pragma GCC unroll 12
  for (V& chain : x) all = hn::Max(all, chain);
  *end = ReduceMax(d, all);
  return 2 * kChains * hn::Lanes(d) * steps;
}

template <typename T>
HWY_INLINE void Triad(std::size_t n, const T* HWY_RESTRICT x, T factor, const T* HWY_RESTRICT y,
                      T* HWY_RESTRICT z) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::MulAdd(factors, hn::LoadU(d, y + i), hn::LoadU(d, x + i)), d, z + i);
  }
  if (i < n) {
    const auto sum = hn::MulAdd(factors, LoadTail(d, y + i, n - i), LoadTail(d, x + i, n - i));
    StoreTail(sum, d, z + i, n - i);
  }
}

template <typename T>
HWY_INLINE void ReadThrough(std::size_t n, const T* HWY_RESTRICT x, T* HWY_RESTRICT maximum) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  // Two loads per cycle times four cycles of Max need 8 independent maxima.
  constexpr std::size_t kMaxima = 8;
  hn::Vec<decltype(d)> maxima[kMaxima];
#pragma GCC unroll 8
  for (auto& m : maxima) m = hn::Zero(d);
  std::size_t i = 0;
  for (; i + kMaxima * lanes <= n; i += kMaxima * lanes) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kMaxima; ++j) {
      maxima[j] = hn::Max(maxima[j], hn::LoadU(d, x + i + j * lanes));
    }
  }
  for (; i + lanes <= n; i += lanes) maxima[0] = hn::Max(maxima[0], hn::LoadU(d, x + i));
  if (i < n) maxima[0] = hn::Max(maxima[0], LoadTail(d, x + i, n - i));
  auto all = maxima[0];
#pragma GCC unroll 8
  for (auto& m : maxima) all = hn::Max(all, m);
  *maximum = ReduceMax(d, all);
}

std::size_t MultiplyAddChainsF32(std::size_t steps, float factor, float term, float* end) {
  return MultiplyAddChains(steps, factor, term, end);
}
std::size_t MultiplyAddChainsF64(std::size_t steps, double factor, double term, double* end) {
  return MultiplyAddChains(steps, factor, term, end);
}
void TriadF32(std::size_t n, const float* x, float factor, const float* y, float* z) {
  Triad(n, x, factor, y, z);
}
void TriadF64(std::size_t n, const double* x, double factor, const double* y, double* z) {
  Triad(n, x, factor, y, z);
}
void ReadThroughF32(std::size_t n, const float* x, float* maximum) { ReadThrough(n, x, maximum); }
void ReadThroughF64(std::size_t n, const double* x, double* maximum) { ReadThrough(n, x, maximum); }

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(MultiplyAddChainsF32);
HWY_EXPORT(MultiplyAddChainsF64);
HWY_EXPORT(TriadF32);
HWY_EXPORT(TriadF64);
HWY_EXPORT(ReadThroughF32);
HWY_EXPORT(ReadThroughF64);

std::size_t multiply_add_chains(std::size_t steps, float factor, float term, float* end) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAddChainsF32)(steps, factor, term, end);
}
std::size_t multiply_add_chains(std::size_t steps, double factor, double term, double* end) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAddChainsF64)(steps, factor, term, end);
}
void triad(std::size_t n, const float* x, float factor, const float* y, float* z) {
  HWY_DYNAMIC_DISPATCH(TriadF32)(n, x, factor, y, z);
}
void triad(std::size_t n, const double* x, double factor, const double* y, double* z) {
  HWY_DYNAMIC_DISPATCH(TriadF64)(n, x, factor, y, z);
}
void read_through(std::size_t n, const float* x, float* maximum) {
  HWY_DYNAMIC_DISPATCH(ReadThroughF32)(n, x, maximum);
}
void read_through(std::size_t n, const double* x, double* maximum) {
  HWY_DYNAMIC_DISPATCH(ReadThroughF64)(n, x, maximum);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
