/// The elementary functions through the C library in long double, rounded once at the end.
#ifndef SURPLUS_KERNELS_REFERENCE_VECTOR_MATH_H_
#define SURPLUS_KERNELS_REFERENCE_VECTOR_MATH_H_

#include <cmath>
#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void vector_exp(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::exp(static_cast<long double>(x[i])));
}

template <typename T>
void vector_log(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::log(static_cast<long double>(x[i])));
}

template <typename T>
void vector_tanh(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::tanh(static_cast<long double>(x[i])));
}

inline long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

template <typename T>
void vector_sigmoid(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(sigmoid(static_cast<long double>(x[i])));
}

template <typename T>
void vector_sin(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::sin(static_cast<long double>(x[i])));
}

template <typename T>
void vector_cos(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::cos(static_cast<long double>(x[i])));
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_VECTOR_MATH_H_
