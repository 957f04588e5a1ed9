/// Bias and activation as one would write them on paper, in long double. `F` is the kernel's
/// Activation: identity, relu, tanh, sigmoid, gelu, in this order.
#ifndef SURPLUS_KERNELS_REFERENCE_ACTIVATION_H_
#define SURPLUS_KERNELS_REFERENCE_ACTIVATION_H_

#include <cmath>
#include <cstddef>
#include <numbers>

namespace surplus::kernels::reference {

inline long double gelu_argument(long double z) {
  return std::sqrt(2 / std::numbers::pi_v<long double>) * (z + 0.044715L * z * z * z);
}

template <typename F>
long double activation(F f, long double z) {
  switch (static_cast<int>(f)) {
    case 0:
      return z;
    case 1:
      return z > 0 ? z : 0;
    case 2:
      return std::tanh(z);
    case 3:
      return 1 / (1 + std::exp(-z));
    default:
      return z / (1 + std::exp(-2 * gelu_argument(z)));
  }
}

/// f' from y for the first four, from z for gelu.
template <typename F>
long double activation_slope(F f, long double kept) {
  switch (static_cast<int>(f)) {
    case 0:
      return 1;
    case 1:
      return kept > 0 ? 1 : 0;
    case 2:
      return 1 - kept * kept;
    case 3:
      return kept * (1 - kept);
    default: {
      const long double share = 1 / (1 + std::exp(-2 * gelu_argument(kept)));
      const long double slope =
          2 * std::sqrt(2 / std::numbers::pi_v<long double>) * (1 + 3 * 0.044715L * kept * kept);
      return share + kept * share * (1 - share) * slope;
    }
  }
}

template <typename F, typename T>
void bias_activation(F f, std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                     const T* bias, T* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const T z = bias == nullptr ? x[i * x_stride + j] : x[i * x_stride + j] + bias[j];
      y[i * y_stride + j] = static_cast<T>(activation(f, z));
    }
  }
}

template <typename F, typename T>
void activation_backward(F f, std::size_t m, std::size_t n, const T* stash,
                         std::size_t stash_stride, const T* bias, const T* d_y,
                         std::size_t d_y_stride, T* d_x, std::size_t d_x_stride, T* d_bias) {
  for (std::size_t j = 0; j < n; ++j) {
    long double sum = d_bias == nullptr ? 0 : d_bias[j];
    for (std::size_t i = 0; i < m; ++i) {
      T kept = stash == nullptr ? T{0} : stash[i * stash_stride + j];
      if (static_cast<int>(f) == 4 && bias != nullptr) kept += bias[j];
      const long double d = d_y[i * d_y_stride + j] * activation_slope(f, kept);
      d_x[i * d_x_stride + j] = static_cast<T>(d);
      sum += d;
    }
    if (d_bias != nullptr) d_bias[j] = static_cast<T>(sum);
  }
}

template <typename T>
void fourier_features(std::size_t m, std::size_t n, const T* x, std::size_t x_stride,
                      const T* phase, T scale, T* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const T z = x[i * x_stride + j] + phase[j];
      y[i * y_stride + j] = static_cast<T>(scale * std::cos(static_cast<long double>(z)));
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_ACTIVATION_H_
