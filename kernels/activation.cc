#include "kernels/activation.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/elementwise-inl.h"
#include "kernels/simd-inl.h"
#include "kernels/sincos-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Each activation: its value at z, and its slope from what the header says is stashed.
struct Identity {
  static constexpr bool kStashesInput = false;
  template <class D, class V>
  static HWY_INLINE V Value(D, V z) {
    return z;
  }
  template <class D, class V>
  static HWY_INLINE V Backward(D, V, V d_y) {
    return d_y;
  }
};

// Comparisons, which a NaN fails, let it pass.
struct Relu {
  static constexpr bool kStashesInput = false;
  template <class D, class V>
  static HWY_INLINE V Value(D d, V z) {
    return hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z);
  }
  template <class D, class V>
  static HWY_INLINE V Backward(D d, V y, V d_y) {
    return hn::IfThenZeroElse(hn::Le(y, hn::Zero(d)), d_y);
  }
};

struct TanhUnit {
  static constexpr bool kStashesInput = false;
  template <class D, class V>
  static HWY_INLINE V Value(D d, V z) {
    return Tanh(d, z);
  }
  template <class D, class V>
  static HWY_INLINE V Backward(D d, V y, V d_y) {
    return hn::Mul(d_y, hn::NegMulAdd(y, y, hn::Set(d, hn::TFromD<D>(1))));
  }
};

struct SigmoidUnit {
  static constexpr bool kStashesInput = false;
  template <class D, class V>
  static HWY_INLINE V Value(D d, V z) {
    return Sigmoid(d, z);
  }
  template <class D, class V>
  static HWY_INLINE V Backward(D, V y, V d_y) {
    return hn::Mul(d_y, hn::NegMulAdd(y, y, y));
  }
};

struct Gelu {
  static constexpr bool kStashesInput = true;
  static constexpr double kSlope = 1.59576912160573071;  // 2 sqrt(2 / pi)
  static constexpr double kCubic = 0.044715;

  // 1 + e^-2u, inf where z is below -11 (float) or -21, from where on no sum could tell gelu from 0.
  template <class D, class V>
  static HWY_INLINE V Denominator(D d, V z) {
    using T = hn::TFromD<D>;
    constexpr bool kIsFloat = sizeof(T) == 4;
    const V one = hn::Set(d, T(1));
    const V inner =
        hn::NegMulAdd(hn::Mul(z, z), hn::Set(d, T(kSlope * kCubic)), hn::Set(d, T(-kSlope)));
    // Exponents of the smallest normal number and of the first power of two that is inf.
    const V bounded = hn::Max(hn::Min(hn::Mul(z, inner), hn::Set(d, T(kIsFloat ? 89 : 710))),
                              hn::Set(d, T(kIsFloat ? -87 : -708)));
    V r, rounded;
    vector_math::ReduceByLn2<vector_math::Format<T>::kBias>(d, bounded, r, rounded);
    const V one_up = hn::Add(one, vector_math::ReducedExpMinus1<false>(d, r));
    return hn::MulAdd(one_up, vector_math::PowerOfTwo(d, rounded), one);
  }
  // Beyond these z the sigmoid is 0 or 1 and its slope 0, and their powers stay finite.
  template <class D, class V>
  static HWY_INLINE V Clamped(D d, V z) {
    const V limit = hn::Set(d, hn::TFromD<D>(30));
    return MaxOrNaN(d, hn::Neg(limit), MinOrNaN(d, limit, z));
  }
  template <class D, class V>
  static HWY_INLINE V Value(D d, V z) {
    // -inf / inf would be NaN.
    return hn::Div(MaxOrNaN(d, hn::Set(d, hn::TFromD<D>(-30)), z), Denominator(d, z));
  }
  template <class D, class V>
  static HWY_INLINE V Backward(D d, V z, V d_y) {
    using T = hn::TFromD<D>;
    const V bounded = Clamped(d, z);
    const V share = hn::Div(hn::Set(d, T(1)), Denominator(d, bounded));
    // share + z share (1 - share) 2u'.
    const V slope = hn::MulAdd(hn::Mul(bounded, bounded), hn::Set(d, T(3 * kSlope * kCubic)),
                               hn::Set(d, T(kSlope)));
    const V bend = hn::Mul(hn::Mul(bounded, slope), hn::NegMulAdd(share, share, share));
    return hn::Mul(d_y, hn::Add(share, bend));
  }
};

template <class D, class V = hn::VFromD<D>>
HWY_INLINE V Get(D d, const hn::TFromD<D>* from, std::size_t count) {
  return count >= hn::Lanes(d) ? hn::LoadU(d, from) : LoadTail(d, from, count);
}

template <class F, typename T>
HWY_INLINE void Forward(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                        const T* bias, T* y, std::size_t y_stride) {
  ForEachElement(m, n, x, x_stride, y, y_stride,
                 [bias](auto d, auto z, std::size_t j, std::size_t count) HWY_ATTR {
                   if (bias != nullptr) z = hn::Add(z, Get(d, bias + j, count));
                   return F::Value(d, z);
                 });
}

template <class F, typename T>
HWY_INLINE void Backward(std::size_t m, std::size_t n, const T* stash, std::size_t stash_stride,
                         const T* bias, const T* d_y, std::size_t d_y_stride, T* d_x,
                         std::size_t d_x_stride, T* d_bias) {
  for (std::size_t i = 0; i < m; ++i) {
    const T* stash_row = stash == nullptr ? d_y + i * d_y_stride : stash + i * stash_stride;
    ForEachElement(1, n, d_y + i * d_y_stride, 0, d_x + i * d_x_stride, 0,
                   [=](auto d, auto v, std::size_t j, std::size_t count) HWY_ATTR {
                     auto kept = Get(d, stash_row + j, count);
                     if (F::kStashesInput && bias != nullptr)
                       kept = hn::Add(kept, Get(d, bias + j, count));
                     const auto result = F::Backward(d, kept, v);
                     if (d_bias != nullptr) {
                       const auto sum = hn::Add(Get(d, d_bias + j, count), result);
                       count >= hn::Lanes(d) ? hn::StoreU(sum, d, d_bias + j)
                                             : StoreTail(sum, d, d_bias + j, count);
                     }
                     return result;
                   });
  }
}

template <typename T>
HWY_INLINE void Forward(Activation f, std::size_t m, std::size_t n, const T* x,
                        std::size_t x_stride, const T* bias, T* y, std::size_t y_stride) {
  switch (f) {
    case Activation::kIdentity:
      return Forward<Identity>(m, n, x, x_stride, bias, y, y_stride);
    case Activation::kRelu:
      return Forward<Relu>(m, n, x, x_stride, bias, y, y_stride);
    case Activation::kTanh:
      return Forward<TanhUnit>(m, n, x, x_stride, bias, y, y_stride);
    case Activation::kSigmoid:
      return Forward<SigmoidUnit>(m, n, x, x_stride, bias, y, y_stride);
    case Activation::kGelu:
      return Forward<Gelu>(m, n, x, x_stride, bias, y, y_stride);
  }
}

template <typename T>
HWY_INLINE void Backward(Activation f, std::size_t m, std::size_t n, const T* stash,
                         std::size_t stash_stride, const T* bias, const T* d_y,
                         std::size_t d_y_stride, T* d_x, std::size_t d_x_stride, T* d_bias) {
  const auto run = [&](auto unit) HWY_ATTR {
    Backward<decltype(unit)>(m, n, stash, stash_stride, bias, d_y, d_y_stride, d_x, d_x_stride,
                             d_bias);
  };
  switch (f) {
    case Activation::kIdentity:
      return run(Identity());
    case Activation::kRelu:
      return run(Relu());
    case Activation::kTanh:
      return run(TanhUnit());
    case Activation::kSigmoid:
      return run(SigmoidUnit());
    case Activation::kGelu:
      return run(Gelu());
  }
}

template <typename T>
HWY_INLINE void Fourier(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                        const T* phase, T scale, T* y, std::size_t y_stride) {
  ForEachElement(m, n, x, x_stride, y, y_stride,
                 [=](auto d, auto v, std::size_t j, std::size_t count) HWY_ATTR {
                   const auto z = hn::Add(v, Get(d, phase + j, count));
                   return hn::Mul(hn::Set(d, scale), SinOrCos<false>(d, z));
                 });
}

void ForwardF32(Activation f, std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                const float* bias, float* y, std::size_t y_stride) {
  Forward(f, m, n, x, x_stride, bias, y, y_stride);
}
void ForwardF64(Activation f, std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                const double* bias, double* y, std::size_t y_stride) {
  Forward(f, m, n, x, x_stride, bias, y, y_stride);
}
void BackwardF32(Activation f, std::size_t m, std::size_t n, const float* stash,
                 std::size_t stash_stride, const float* bias, const float* d_y,
                 std::size_t d_y_stride, float* d_x, std::size_t d_x_stride, float* d_bias) {
  Backward(f, m, n, stash, stash_stride, bias, d_y, d_y_stride, d_x, d_x_stride, d_bias);
}
void BackwardF64(Activation f, std::size_t m, std::size_t n, const double* stash,
                 std::size_t stash_stride, const double* bias, const double* d_y,
                 std::size_t d_y_stride, double* d_x, std::size_t d_x_stride, double* d_bias) {
  Backward(f, m, n, stash, stash_stride, bias, d_y, d_y_stride, d_x, d_x_stride, d_bias);
}
void FourierF32(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                const float* phase, float scale, float* y, std::size_t y_stride) {
  Fourier(m, n, x, x_stride, phase, scale, y, y_stride);
}
void FourierF64(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                const double* phase, double scale, double* y, std::size_t y_stride) {
  Fourier(m, n, x, x_stride, phase, scale, y, y_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {

HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);
HWY_EXPORT(FourierF32);
HWY_EXPORT(FourierF64);

void bias_activation(Activation f, std::size_t m, std::size_t n, const float* x,
                     std::size_t x_stride, const float* bias, float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(ForwardF32)(f, m, n, x, x_stride, bias, y, y_stride);
}
void bias_activation(Activation f, std::size_t m, std::size_t n, const double* x,
                     std::size_t x_stride, const double* bias, double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(ForwardF64)(f, m, n, x, x_stride, bias, y, y_stride);
}
void activation_backward(Activation f, std::size_t m, std::size_t n, const float* stash,
                         std::size_t stash_stride, const float* bias, const float* d_y,
                         std::size_t d_y_stride, float* d_x, std::size_t d_x_stride,
                         float* d_bias) {
  HWY_DYNAMIC_DISPATCH(BackwardF32)
  (f, m, n, stash, stash_stride, bias, d_y, d_y_stride, d_x, d_x_stride, d_bias);
}
void activation_backward(Activation f, std::size_t m, std::size_t n, const double* stash,
                         std::size_t stash_stride, const double* bias, const double* d_y,
                         std::size_t d_y_stride, double* d_x, std::size_t d_x_stride,
                         double* d_bias) {
  HWY_DYNAMIC_DISPATCH(BackwardF64)
  (f, m, n, stash, stash_stride, bias, d_y, d_y_stride, d_x, d_x_stride, d_bias);
}
void fourier_features(std::size_t m, std::size_t n, const float* x, std::size_t x_stride,
                      const float* phase, float scale, float* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(FourierF32)(m, n, x, x_stride, phase, scale, y, y_stride);
}
void fourier_features(std::size_t m, std::size_t n, const double* x, std::size_t x_stride,
                      const double* phase, double scale, double* y, std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(FourierF64)(m, n, x, x_stride, phase, scale, y, y_stride);
}

}  // namespace surplus::kernels

#endif  // HWY_ONCE
