// One row of the softmax at a time, for the kernels that need its parts. Included once per target,
// after hwy/highway.h.

#if defined(SURPLUS_KERNELS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SURPLUS_KERNELS_SOFTMAX_INL_H_
#undef SURPLUS_KERNELS_SOFTMAX_INL_H_
#else
#define SURPLUS_KERNELS_SOFTMAX_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <limits>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/elementwise-inl.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// A vector from the `count` elements that are left, filled up with `other` if they are fewer.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V LoadOr(D d, V other, const hn::TFromD<D>* HWY_RESTRICT from, std::size_t count) {
  if (count >= hn::Lanes(d)) return hn::LoadU(d, from);
  return hn::IfThenElse(hn::FirstN(d, count), LoadTail(d, from, count), other);
}

// The largest element, -inf if there is none; `has_nan`, if given, receives whether a NaN is among them.
template <typename T>
HWY_INLINE T MaxOfRow(std::size_t n, const T* HWY_RESTRICT x, bool* has_nan = nullptr) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto max0 = lowest, max1 = lowest;
  // A maximum may drop a NaN, so they are looked for apart.
  auto nan0 = hn::IsNaN(lowest), nan1 = nan0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    const auto x0 = hn::LoadU(d, x + j), x1 = hn::LoadU(d, x + j + lanes);
    max0 = hn::Max(x0, max0);
    max1 = hn::Max(x1, max1);
    nan0 = hn::Or(nan0, hn::IsNaN(x0));
    nan1 = hn::Or(nan1, hn::IsNaN(x1));
  }
  for (; j < n; j += lanes) {
    const auto x0 = LoadOr(d, lowest, x + j, n - j);
    max0 = hn::Max(x0, max0);
    nan0 = hn::Or(nan0, hn::IsNaN(x0));
  }
  if (has_nan != nullptr) *has_nan = !hn::AllFalse(d, hn::Or(nan0, nan1));
  return ReduceMax(d, hn::Max(max0, max1));
}

// sum_j e^(x[j] - top), where no x[j] is above top; the terms are stored in y if kStore. n elements from `next` on, the
// row that comes next, are fetched meanwhile: its maximum would wait for memory, of which the exponentials ask little.
template <typename T, bool kStore>
HWY_INLINE T SumOfExp(std::size_t n, const T* x, T top, T* y, const T* next) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto tops = hn::Set(d, top);
  auto sum0 = hn::Zero(d), sum1 = sum0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    hwy::Prefetch(next + j);
    const auto e0 = ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + j), tops));
    const auto e1 = ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + j + lanes), tops));
    if constexpr (kStore) {
      hn::StoreU(e0, d, y + j);
      hn::StoreU(e1, d, y + j + lanes);
    }
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
  }
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (; j < n; j += lanes) {
    const auto e0 = ExpOfNonPositive(d, hn::Sub(LoadOr(d, lowest, x + j, n - j), tops));
    if constexpr (kStore) {
      n - j >= lanes ? hn::StoreU(e0, d, y + j) : StoreTail(e0, d, y + j, n - j);
    }
    sum0 = hn::Add(sum0, e0);
  }
  return ReduceSum(d, hn::Add(sum0, sum1));
}

// y = scale e^x / sum e^x, unless y is null; also returns the two parts of the logarithm of the sum,
// log sum + top. With `one_hot` the row loses `scale` at that index: the gradient of the
// cross-entropy. `next` is the row that comes next, or x. Exponentials are kept in `terms`: if that is not y, y is
// streamed.
template <typename T>
HWY_INLINE void SoftmaxRow(std::size_t n, const T* x, const T* next, T* y, T* terms, T& top, T& sum,
                           T scale = T{1}, std::size_t one_hot = ~std::size_t{0}) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  using Limits = std::numeric_limits<T>;
  // The difference is NaN for an infinite sum; 1 / 0 times 0 is NaN without help.
  const auto quotient = [&] { return hn::Set(d, scale / sum + (sum - sum)); };
  if (n <= lanes) {
    // In registers alone: what a masked store wrote cannot be read back at once.
    const auto v = LoadOr(d, hn::Set(d, -Limits::infinity()), x, n);
    const auto tops = hn::Max(hn::Min(hn::MaxOfLanes(d, v), hn::Set(d, Limits::max())),
                              hn::Set(d, Limits::lowest()));
    // The largest may yet be inf, whose exponential is itself.
    const auto is_infinite = hn::Eq(v, hn::Set(d, Limits::infinity()));
    const auto e = hn::IfThenElse(is_infinite, v, ExpOfNonPositive(d, hn::Sub(v, tops)));
    top = hn::GetLane(tops);
    sum = ReduceSum(d, e);
    if (y == nullptr) return;
    const auto is_hot = hn::Eq(hn::Iota(d, 0), hn::Set(d, static_cast<T>(one_hot)));
    const auto row = hn::Sub(hn::Mul(e, quotient()), hn::IfThenElseZero(is_hot, hn::Set(d, scale)));
    n == lanes ? hn::StoreU(row, d, y) : StoreTail(row, d, y, n);
    return;
  }
  // A longer row would not stay in the first cache, and by itself keeps memory busy.
  constexpr std::size_t kFetched = (8 << 10) / sizeof(T);
  if (n > kFetched) next = x;
  bool has_nan = false;
  const T max = MaxOfRow(n, x);
  // A row with inf sums to inf, unless it has a NaN, which is looked for only then.
  const bool is_infinite = max == Limits::infinity();
  if (HWY_UNLIKELY(is_infinite)) MaxOfRow(n, x, &has_nan);
  // A finite number in place of an infinite maximum: without inf - inf a row of -inf sums to 0.
  top = std::clamp(max, Limits::lowest(), Limits::max());
  sum = y == nullptr ? SumOfExp<T, false>(n, x, top, terms, next)
                     : SumOfExp<T, true>(n, x, top, terms, next);
  if (is_infinite && !has_nan) sum = max;
  if (y == nullptr) return;
  const auto factor = quotient();
  if (terms == y) {
    std::size_t j = 0;
    for (; j + lanes <= n; j += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, y + j), factor), d, y + j);
    if (j < n) StoreTail(hn::Mul(LoadTail(d, y + j, n - j), factor), d, y + j, n - j);
    if (one_hot < n) y[one_hot] -= scale;
    return;
  }
  // What has been streamed is not at hand any more.
  ForEachOfRow(
      n, terms, y, true, [=](auto tag, auto term, std::size_t j, std::size_t count) HWY_ATTR {
        const auto share = hn::Mul(term, factor);
        if (HWY_LIKELY(one_hot - j >= count)) return share;
        const auto is_hot = hn::Eq(hn::Iota(tag, 0), hn::Set(tag, static_cast<T>(one_hot - j)));
        return hn::Sub(share, hn::IfThenElseZero(is_hot, hn::Set(tag, scale)));
      });
}

// Room for the exponentials of a row of at most this many bytes, which stay in L1 while the result is streamed.
constexpr std::size_t kTermBytes = 8 << 10;

// Rows whose logarithms are taken together, in vectors.
constexpr std::size_t kSoftmaxRows = 64;

// out[i] = tops[i] + log sums[i]; tops and sums are aligned and may be read up to kSoftmaxRows.
template <typename T>
HWY_INLINE void LogOfSums(std::size_t rows, const T* HWY_RESTRICT tops, T* HWY_RESTRICT sums,
                          T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::fill(sums + rows, sums + kSoftmaxRows, T{1});
  for (std::size_t i = 0; i < rows; i += lanes) {
    hn::Store(Log(d, hn::Load(d, sums + i)), d, sums + i);
  }
  for (std::size_t i = 0; i < rows; ++i) out[i] = tops[i] + sums[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#endif  // SURPLUS_KERNELS_SOFTMAX_INL_H_
