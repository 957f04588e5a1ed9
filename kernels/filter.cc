#include "kernels/filter.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/filter.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

static_assert(hn::MaxLanes(hn::ScalableTag<std::uint32_t>()) <= kFilterRoom);

template <typename T>
HWY_INLINE std::size_t FindLarge(std::size_t n, const T* HWY_RESTRICT x, T bound,
                                 std::uint32_t* HWY_RESTRICT numbers) {
  const hn::ScalableTag<T> d;
  [[maybe_unused]] const std::size_t lanes = hn::Lanes(d);
  [[maybe_unused]] const auto least = hn::Set(d, bound);
  std::size_t found = 0;
  // No branch on what an element is, which would often be mispredicted.
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
    const hn::RebindToUnsigned<decltype(d)> of_numbers;
    auto all = hn::Iota(of_numbers, 0);
    const auto step = hn::Set(of_numbers, static_cast<std::uint32_t>(lanes));
    for (; i + lanes <= n; i += lanes, all = hn::Add(all, step)) {
      const auto large = hn::Not(hn::Lt(hn::Abs(hn::LoadU(d, x + i)), least));
      found +=
          hn::CompressStore(all, hn::RebindMask(of_numbers, large), of_numbers, numbers + found);
    }
  }
#endif
  for (; i < n; ++i) {
    numbers[found] = static_cast<std::uint32_t>(i);
    found += !(std::abs(x[i]) < bound);
  }
  return found;
}

std::size_t FindLargeF32(std::size_t n, const float* x, float bound, std::uint32_t* numbers) {
  return FindLarge(n, x, bound, numbers);
}
std::size_t FindLargeF64(std::size_t n, const double* x, double bound, std::uint32_t* numbers) {
  return FindLarge(n, x, bound, numbers);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(FindLargeF32);
HWY_EXPORT(FindLargeF64);

std::size_t find_large(std::size_t n, const float* x, float bound, std::uint32_t* numbers) {
  return HWY_DYNAMIC_DISPATCH(FindLargeF32)(n, x, bound, numbers);
}
std::size_t find_large(std::size_t n, const double* x, double bound, std::uint32_t* numbers) {
  return HWY_DYNAMIC_DISPATCH(FindLargeF64)(n, x, bound, numbers);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
