/// The update rules as one would write them on paper, in long double, rounded once at the end.
#ifndef SURPLUS_KERNELS_REFERENCE_UPDATE_H_
#define SURPLUS_KERNELS_REFERENCE_UPDATE_H_

#include <cmath>
#include <cstddef>

namespace surplus::kernels::reference {

using Real = long double;

template <typename T>
void sgd_update(std::size_t n, T rate, T decay, const T* d_w, T* w) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real g = d_w[i] + Real{decay} * w[i];
    w[i] = static_cast<T>(w[i] - rate * g);
  }
}

template <typename T>
void momentum_update(std::size_t n, T rate, T momentum, T decay, const T* d_w, T* velocity, T* w) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real g = d_w[i] + Real{decay} * w[i];
    const Real v = Real{momentum} * velocity[i] + g;
    velocity[i] = static_cast<T>(v);
    w[i] = static_cast<T>(w[i] - rate * v);
  }
}

template <typename T>
void nesterov_update(std::size_t n, T rate, T momentum, T decay, const T* d_w, T* velocity, T* w) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real g = d_w[i] + Real{decay} * w[i];
    const Real v = Real{momentum} * velocity[i] + g;
    velocity[i] = static_cast<T>(v);
    w[i] = static_cast<T>(w[i] - rate * (g + momentum * v));
  }
}

template <typename T>
void mass_update(std::size_t n, T rate, T momentum, T share, T decay, const T* d_w, T* velocity,
                 T* w) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real g = d_w[i] + Real{decay} * w[i];
    const Real v = Real{momentum} * velocity[i] + share * g;
    velocity[i] = static_cast<T>(v);
    w[i] = static_cast<T>(w[i] - rate * (g + momentum * v));
  }
}

/// `Step` has the members of the kernel's AdamStep<T>.
template <typename T, typename Step>
void adam_update(std::size_t n, const Step& step, const T* d_w, T* mean, T* mean_square, T* w) {
  for (std::size_t i = 0; i < n; ++i) {
    const Real g = d_w[i] + Real{step.decay} * w[i];
    const Real m = Real{step.beta1} * mean[i] + (1 - Real{step.beta1}) * g;
    const Real v = Real{step.beta2} * mean_square[i] + (1 - Real{step.beta2}) * g * g;
    mean[i] = static_cast<T>(m);
    mean_square[i] = static_cast<T>(v);
    const Real scale = step.root_correction * std::sqrt(v) + step.epsilon;
    w[i] = static_cast<T>(Real{step.shrink} * w[i] - step.rate * m / scale);
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_UPDATE_H_
