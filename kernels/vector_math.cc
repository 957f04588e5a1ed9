#include "kernels/vector_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_math.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

template <typename T, class Function>
HWY_INLINE void Map(std::size_t n, const T* x, T* y, const Function& function) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(function(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < n) StoreTail(function(d, LoadTail(d, x + i, n - i)), d, y + i, n - i);
}

struct ExpOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return Exp(d, x);
  }
};
struct LogOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return Log(d, x);
  }
};

void ExpF32(std::size_t n, const float* x, float* y) { Map(n, x, y, ExpOf()); }
void ExpF64(std::size_t n, const double* x, double* y) { Map(n, x, y, ExpOf()); }
void LogF32(std::size_t n, const float* x, float* y) { Map(n, x, y, LogOf()); }
void LogF64(std::size_t n, const double* x, double* y) { Map(n, x, y, LogOf()); }

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(ExpF32);
HWY_EXPORT(ExpF64);
HWY_EXPORT(LogF32);
HWY_EXPORT(LogF64);

void vector_exp(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(ExpF32)(n, x, y); }
void vector_exp(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ExpF64)(n, x, y);
}
void vector_log(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(LogF32)(n, x, y); }
void vector_log(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(LogF64)(n, x, y);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
