#include "kernels/backprop.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/backprop.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// The network with units along the lanes: rows of `stride` elements, zeros after the h-th, which
// stay zeros.
template <typename T>
struct Packed {
  std::size_t stride;
  T* w;  // d rows: W transposed
  T* b;
  T* v;
  T* z;  // of the example of the step that is to be taken
};

// The step that is to be taken, and the example after it.
template <typename T>
struct Between {
  T error_rate;  // r e
  T shrink;      // 1 - r decay
  const T* HWY_RESTRICT x;
  const T* HWY_RESTRICT next_x;
};

// Units j .. j + kVectors L - 1 take their step and see the next example. Returns their part of its
// output. Sums over inputs are in kChains parts, so that their latency is hidden.
template <int kVectors, int kChains, bool kDecay, typename T>
HWY_INLINE hn::Vec<hn::ScalableTag<T>> StepAndSee(const Packed<T>& net, std::size_t d,
                                                  std::size_t j, const Between<T>& step) {
  const hn::ScalableTag<T> tag;
  using V = hn::Vec<hn::ScalableTag<T>>;
  const std::size_t lanes = hn::Lanes(tag);
  const V shrink = hn::Set(tag, step.shrink), one = hn::Set(tag, T(1));
  const auto less = [&](V parameter, V by) HWY_ATTR {
    return hn::Sub(kDecay ? hn::Mul(parameter, shrink) : parameter, by);
  };
  V move[kVectors], sum[kVectors][kChains];
  for (int u = 0; u < kVectors; ++u) {
    const std::size_t at = j + u * lanes;
    const V z = hn::Load(tag, net.z + at), v = hn::Load(tag, net.v + at);
    const V error = hn::Set(tag, step.error_rate);
    move[u] = hn::Mul(hn::Mul(error, v), hn::NegMulAdd(z, z, one));
    hn::Store(less(v, hn::Mul(error, z)), tag, net.v + at);
    sum[u][0] = less(hn::Load(tag, net.b + at), move[u]);
    hn::Store(sum[u][0], tag, net.b + at);
    for (int chain = 1; chain < kChains; ++chain) sum[u][chain] = hn::Zero(tag);
  }
  const auto input = [&](std::size_t l, int chain) HWY_ATTR {
    const V x = hn::Set(tag, step.x[l]), next = hn::Set(tag, step.next_x[l]);
    T* const row = net.w + l * net.stride + j;
    for (int u = 0; u < kVectors; ++u) {
      V w = hn::Load(tag, row + u * lanes);
      if (kDecay) w = hn::Mul(w, shrink);
      w = hn::NegMulAdd(move[u], x, w);
      hn::Store(w, tag, row + u * lanes);
      sum[u][chain] = hn::MulAdd(w, next, sum[u][chain]);
    }
  };
  std::size_t l = 0;
  for (; l + kChains <= d; l += kChains) {
    for (int chain = 0; chain < kChains; ++chain) input(l + chain, chain);
  }
  for (; l < d; ++l) input(l, 0);
  V output = hn::Zero(tag);
  for (int u = 0; u < kVectors; ++u) {
    const std::size_t at = j + u * lanes;
    for (int chain = 1; chain < kChains; ++chain) sum[u][0] = hn::Add(sum[u][0], sum[u][chain]);
    const V z = Tanh(tag, sum[u][0]);
    hn::Store(z, tag, net.z + at);
    output = hn::MulAdd(hn::Load(tag, net.v + at), z, output);
  }
  return output;
}

template <bool kDecay, typename T>
HWY_INLINE T StepAndSeeAll(const Packed<T>& net, std::size_t h, std::size_t d,
                           const Between<T>& step) {
  const hn::ScalableTag<T> tag;
  const std::size_t lanes = hn::Lanes(tag);
  auto output = hn::Zero(tag);
  std::size_t j = 0;
  // Four vectors are chains enough; of fewer the sums are cut in two or four.
  for (; j + 3 * lanes < h; j += 4 * lanes) {
    output = hn::Add(output, StepAndSee<4, 1, kDecay>(net, d, j, step));
  }
  if (j + 2 * lanes < h) {
    output = hn::Add(output, StepAndSee<3, 1, kDecay>(net, d, j, step));
  } else if (j + lanes < h) {
    output = hn::Add(output, StepAndSee<2, 2, kDecay>(net, d, j, step));
  } else if (j < h) {
    output = hn::Add(output, StepAndSee<1, 4, kDecay>(net, d, j, step));
  }
  return ReduceSum(tag, output);
}

template <typename T>
HWY_INLINE double OnlineBackprop(std::size_t h, std::size_t d, std::size_t steps,
                                 const std::size_t* order, const T* rates, T decay, const T* x,
                                 std::size_t x_stride, const T* y, T* w, std::size_t w_stride, T* b,
                                 T* v, T* c, T* scratch) {
  if (steps == 0) return 0;
  const std::size_t stride = (h + 15) / 16 * 16;
  const Packed<T> net{stride, scratch + 3 * stride, scratch, scratch + stride,
                      scratch + 2 * stride};
  std::fill_n(scratch, (d + 3) * stride, T(0));
  std::copy_n(b, h, net.b);
  std::copy_n(v, h, net.v);
  for (std::size_t j = 0; j < h; ++j) {
    for (std::size_t l = 0; l < d; ++l) net.w[l * stride + j] = w[j * w_stride + l];
  }

  T bias = *c;
  double squares = 0;
  // A step of length 0 sees the first example; after the last, which one is seen does not matter.
  Between<T> step{T(0), T(1), x + order[0] * x_stride, x + order[0] * x_stride};
  for (std::size_t s = 0; s <= steps; ++s) {
    const T output = decay != T(0) ? StepAndSeeAll<true>(net, h, d, step)
                                   : StepAndSeeAll<false>(net, h, d, step);
    if (s == steps) break;
    const T error = bias + output - y[order[s]];
    squares += static_cast<double>(error) * static_cast<double>(error);
    step.error_rate = rates[s] * error;
    step.shrink = T(1) - rates[s] * decay;
    step.x = step.next_x;
    if (s + 1 < steps) step.next_x = x + order[s + 1] * x_stride;
    bias = bias * step.shrink - step.error_rate;
  }

  *c = bias;
  std::copy_n(net.b, h, b);
  std::copy_n(net.v, h, v);
  for (std::size_t j = 0; j < h; ++j) {
    for (std::size_t l = 0; l < d; ++l) w[j * w_stride + l] = net.w[l * stride + j];
  }
  return squares;
}

double OnlineBackpropF32(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                         const float* rates, float decay, const float* x, std::size_t x_stride,
                         const float* y, float* w, std::size_t w_stride, float* b, float* v,
                         float* c, float* scratch) {
  return OnlineBackprop(h, d, steps, order, rates, decay, x, x_stride, y, w, w_stride, b, v, c,
                        scratch);
}
double OnlineBackpropF64(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                         const double* rates, double decay, const double* x, std::size_t x_stride,
                         const double* y, double* w, std::size_t w_stride, double* b, double* v,
                         double* c, double* scratch) {
  return OnlineBackprop(h, d, steps, order, rates, decay, x, x_stride, y, w, w_stride, b, v, c,
                        scratch);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(OnlineBackpropF32);
HWY_EXPORT(OnlineBackpropF64);

double online_backprop(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                       const float* rates, float decay, const float* x, std::size_t x_stride,
                       const float* y, float* w, std::size_t w_stride, float* b, float* v, float* c,
                       float* scratch) {
  return HWY_DYNAMIC_DISPATCH(OnlineBackpropF32)(h, d, steps, order, rates, decay, x, x_stride, y,
                                                 w, w_stride, b, v, c, scratch);
}
double online_backprop(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                       const double* rates, double decay, const double* x, std::size_t x_stride,
                       const double* y, double* w, std::size_t w_stride, double* b, double* v,
                       double* c, double* scratch) {
  return HWY_DYNAMIC_DISPATCH(OnlineBackpropF64)(h, d, steps, order, rates, decay, x, x_stride, y,
                                                 w, w_stride, b, v, c, scratch);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
