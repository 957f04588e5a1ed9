#include "kernels/update.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/update.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// A vector of elements i to i + count - 1 of an array.
template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Get(D d, const hn::TFromD<D>* from, std::size_t count) {
  return count >= hn::Lanes(d) ? hn::LoadU(d, from) : LoadTail(d, from, count);
}
template <class D>
HWY_INLINE void Put(hn::VFromD<D> v, D d, hn::TFromD<D>* to, std::size_t count) {
  count >= hn::Lanes(d) ? hn::StoreU(v, d, to) : StoreTail(v, d, to, count);
}

// Calls update(d, i, count) for whole vectors and for what is left.
template <typename T, class Update>
HWY_INLINE void ForEachVector(std::size_t n, const Update& update) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) update(d, i, hn::Lanes(d));
  if (i < n) update(d, i, n - i);
}

template <typename T>
HWY_INLINE void Sgd(std::size_t n, T rate, T decay, const T* HWY_RESTRICT d_w, T* HWY_RESTRICT w) {
  ForEachVector<T>(n, [&](auto d, std::size_t i, std::size_t count) HWY_ATTR {
    const auto wi = Get(d, w + i, count);
    const auto g = hn::MulAdd(hn::Set(d, decay), wi, Get(d, d_w + i, count));
    Put(hn::NegMulAdd(hn::Set(d, rate), g, wi), d, w + i, count);
  });
}

enum class Velocity { kPolyak, kNesterov, kMass };

// `share` of kMass alone.
template <Velocity kRule, typename T>
HWY_INLINE void WithVelocity(std::size_t n, T rate, T momentum, T share, T decay,
                             const T* HWY_RESTRICT d_w, T* HWY_RESTRICT velocity,
                             T* HWY_RESTRICT w) {
  ForEachVector<T>(n, [&](auto d, std::size_t i, std::size_t count) HWY_ATTR {
    const auto wi = Get(d, w + i, count), memory = hn::Set(d, momentum);
    const auto g = hn::MulAdd(hn::Set(d, decay), wi, Get(d, d_w + i, count));
    const auto entering = kRule == Velocity::kMass ? hn::Mul(hn::Set(d, share), g) : g;
    const auto v = hn::MulAdd(memory, Get(d, velocity + i, count), entering);
    const auto step = kRule == Velocity::kPolyak ? v : hn::MulAdd(memory, v, g);
    Put(v, d, velocity + i, count);
    Put(hn::NegMulAdd(hn::Set(d, rate), step, wi), d, w + i, count);
  });
}

template <typename T>
HWY_INLINE void Momentum(std::size_t n, T rate, T momentum, T decay, const T* d_w, T* velocity,
                         T* w) {
  WithVelocity<Velocity::kPolyak>(n, rate, momentum, T{1}, decay, d_w, velocity, w);
}
template <typename T>
HWY_INLINE void Nesterov(std::size_t n, T rate, T momentum, T decay, const T* d_w, T* velocity,
                         T* w) {
  WithVelocity<Velocity::kNesterov>(n, rate, momentum, T{1}, decay, d_w, velocity, w);
}
template <typename T>
HWY_INLINE void Mass(std::size_t n, T rate, T momentum, T share, T decay, const T* d_w, T* velocity,
                     T* w) {
  WithVelocity<Velocity::kMass>(n, rate, momentum, share, decay, d_w, velocity, w);
}

template <typename T>
HWY_INLINE void Adam(std::size_t n, const AdamStep<T>& step, const T* HWY_RESTRICT d_w,
                     T* HWY_RESTRICT mean, T* HWY_RESTRICT mean_square, T* HWY_RESTRICT w) {
  ForEachVector<T>(n, [&](auto d, std::size_t i, std::size_t count) HWY_ATTR {
    const auto wi = Get(d, w + i, count);
    const auto g = hn::MulAdd(hn::Set(d, step.decay), wi, Get(d, d_w + i, count));
    const auto m = hn::MulAdd(hn::Set(d, step.beta1), Get(d, mean + i, count),
                              hn::Mul(hn::Set(d, T{1} - step.beta1), g));
    const auto v = hn::MulAdd(hn::Set(d, step.beta2), Get(d, mean_square + i, count),
                              hn::Mul(hn::Set(d, T{1} - step.beta2), hn::Mul(g, g)));
    Put(m, d, mean + i, count);
    Put(v, d, mean_square + i, count);
    const auto scale =
        hn::MulAdd(hn::Set(d, step.root_correction), hn::Sqrt(v), hn::Set(d, step.epsilon));
    const auto kept = hn::Mul(hn::Set(d, step.shrink), wi);
    Put(hn::NegMulAdd(hn::Set(d, step.rate), hn::Div(m, scale), kept), d, w + i, count);
  });
}

void SgdF32(std::size_t n, float rate, float decay, const float* d_w, float* w) {
  Sgd(n, rate, decay, d_w, w);
}
void SgdF64(std::size_t n, double rate, double decay, const double* d_w, double* w) {
  Sgd(n, rate, decay, d_w, w);
}
void MomentumF32(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                 float* velocity, float* w) {
  Momentum(n, rate, momentum, decay, d_w, velocity, w);
}
void MomentumF64(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                 double* velocity, double* w) {
  Momentum(n, rate, momentum, decay, d_w, velocity, w);
}
void NesterovF32(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                 float* velocity, float* w) {
  Nesterov(n, rate, momentum, decay, d_w, velocity, w);
}
void NesterovF64(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                 double* velocity, double* w) {
  Nesterov(n, rate, momentum, decay, d_w, velocity, w);
}
void MassF32(std::size_t n, float rate, float momentum, float share, float decay, const float* d_w,
             float* velocity, float* w) {
  Mass(n, rate, momentum, share, decay, d_w, velocity, w);
}
void MassF64(std::size_t n, double rate, double momentum, double share, double decay,
             const double* d_w, double* velocity, double* w) {
  Mass(n, rate, momentum, share, decay, d_w, velocity, w);
}
void AdamF32(std::size_t n, const AdamStep<float>& step, const float* d_w, float* mean,
             float* mean_square, float* w) {
  Adam(n, step, d_w, mean, mean_square, w);
}
void AdamF64(std::size_t n, const AdamStep<double>& step, const double* d_w, double* mean,
             double* mean_square, double* w) {
  Adam(n, step, d_w, mean, mean_square, w);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(SgdF32);
HWY_EXPORT(SgdF64);
HWY_EXPORT(MomentumF32);
HWY_EXPORT(MomentumF64);
HWY_EXPORT(NesterovF32);
HWY_EXPORT(NesterovF64);
HWY_EXPORT(MassF32);
HWY_EXPORT(MassF64);
HWY_EXPORT(AdamF32);
HWY_EXPORT(AdamF64);

void sgd_update(std::size_t n, float rate, float decay, const float* d_w, float* w) {
  HWY_DYNAMIC_DISPATCH(SgdF32)(n, rate, decay, d_w, w);
}
void sgd_update(std::size_t n, double rate, double decay, const double* d_w, double* w) {
  HWY_DYNAMIC_DISPATCH(SgdF64)(n, rate, decay, d_w, w);
}
void momentum_update(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                     float* velocity, float* w) {
  HWY_DYNAMIC_DISPATCH(MomentumF32)(n, rate, momentum, decay, d_w, velocity, w);
}
void momentum_update(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                     double* velocity, double* w) {
  HWY_DYNAMIC_DISPATCH(MomentumF64)(n, rate, momentum, decay, d_w, velocity, w);
}
void nesterov_update(std::size_t n, float rate, float momentum, float decay, const float* d_w,
                     float* velocity, float* w) {
  HWY_DYNAMIC_DISPATCH(NesterovF32)(n, rate, momentum, decay, d_w, velocity, w);
}
void nesterov_update(std::size_t n, double rate, double momentum, double decay, const double* d_w,
                     double* velocity, double* w) {
  HWY_DYNAMIC_DISPATCH(NesterovF64)(n, rate, momentum, decay, d_w, velocity, w);
}
void mass_update(std::size_t n, float rate, float momentum, float share, float decay,
                 const float* d_w, float* velocity, float* w) {
  HWY_DYNAMIC_DISPATCH(MassF32)(n, rate, momentum, share, decay, d_w, velocity, w);
}
void mass_update(std::size_t n, double rate, double momentum, double share, double decay,
                 const double* d_w, double* velocity, double* w) {
  HWY_DYNAMIC_DISPATCH(MassF64)(n, rate, momentum, share, decay, d_w, velocity, w);
}
void adam_update(std::size_t n, const AdamStep<float>& step, const float* d_w, float* mean,
                 float* mean_square, float* w) {
  HWY_DYNAMIC_DISPATCH(AdamF32)(n, step, d_w, mean, mean_square, w);
}
void adam_update(std::size_t n, const AdamStep<double>& step, const double* d_w, double* mean,
                 double* mean_square, double* w) {
  HWY_DYNAMIC_DISPATCH(AdamF64)(n, step, d_w, mean, mean_square, w);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
