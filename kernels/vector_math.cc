#include "kernels/vector_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_math.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/elementwise-inl.h"
#include "kernels/sincos-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

template <typename T, class Function>
HWY_INLINE void Map(std::size_t n, const T* x, T* y, const Function& function) {
  ForEachElement(1, n, x, 0, y, 0,
                 [&](auto d, auto v, std::size_t, std::size_t) HWY_ATTR { return function(d, v); });
}

// Each function for one vector.
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
struct TanhOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return Tanh(d, x);
  }
};
struct SigmoidOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return Sigmoid(d, x);
  }
};

struct SinOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return SinOrCos<true>(d, x);
  }
};
struct CosOf {
  template <class D>
  HWY_INLINE hn::VFromD<D> operator()(D d, hn::VFromD<D> x) const {
    return SinOrCos<false>(d, x);
  }
};

void ExpF32(std::size_t n, const float* x, float* y) { Map(n, x, y, ExpOf()); }
void ExpF64(std::size_t n, const double* x, double* y) { Map(n, x, y, ExpOf()); }
void LogF32(std::size_t n, const float* x, float* y) { Map(n, x, y, LogOf()); }
void LogF64(std::size_t n, const double* x, double* y) { Map(n, x, y, LogOf()); }
void TanhF32(std::size_t n, const float* x, float* y) { Map(n, x, y, TanhOf()); }
void TanhF64(std::size_t n, const double* x, double* y) { Map(n, x, y, TanhOf()); }
void SigmoidF32(std::size_t n, const float* x, float* y) { Map(n, x, y, SigmoidOf()); }
void SigmoidF64(std::size_t n, const double* x, double* y) { Map(n, x, y, SigmoidOf()); }
void SinF32(std::size_t n, const float* x, float* y) { Map(n, x, y, SinOf()); }
void SinF64(std::size_t n, const double* x, double* y) { Map(n, x, y, SinOf()); }
void CosF32(std::size_t n, const float* x, float* y) { Map(n, x, y, CosOf()); }
void CosF64(std::size_t n, const double* x, double* y) { Map(n, x, y, CosOf()); }

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(ExpF32);
HWY_EXPORT(ExpF64);
HWY_EXPORT(LogF32);
HWY_EXPORT(LogF64);
HWY_EXPORT(TanhF32);
HWY_EXPORT(TanhF64);
HWY_EXPORT(SigmoidF32);
HWY_EXPORT(SigmoidF64);
HWY_EXPORT(SinF32);
HWY_EXPORT(SinF64);
HWY_EXPORT(CosF32);
HWY_EXPORT(CosF64);

void vector_exp(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(ExpF32)(n, x, y); }
void vector_exp(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ExpF64)(n, x, y);
}
void vector_log(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(LogF32)(n, x, y); }
void vector_log(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(LogF64)(n, x, y);
}
void vector_tanh(std::size_t n, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(TanhF32)(n, x, y);
}
void vector_tanh(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(TanhF64)(n, x, y);
}
void vector_sigmoid(std::size_t n, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(SigmoidF32)(n, x, y);
}
void vector_sigmoid(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(SigmoidF64)(n, x, y);
}
void vector_sin(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(SinF32)(n, x, y); }
void vector_sin(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(SinF64)(n, x, y);
}
void vector_cos(std::size_t n, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(CosF32)(n, x, y); }
void vector_cos(std::size_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(CosF64)(n, x, y);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
