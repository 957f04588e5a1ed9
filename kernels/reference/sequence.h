/// Gradient flow in diagonal sequence models, one coordinate and one stage at a time.
#ifndef SURPLUS_KERNELS_REFERENCE_SEQUENCE_H_
#define SURPLUS_KERNELS_REFERENCE_SEQUENCE_H_

#include <cmath>
#include <cstddef>

namespace surplus::kernels::reference {

/// theta(t) of D = 0 with T = tanh(R t / 2), in the precision of T.
template <typename T>
T two_layer_flow(T lambda, T z, T t) {
  if (z < 0) return -two_layer_flow(lambda, -z, t);
  const T r = std::sqrt(lambda * lambda + 4 * z * z);
  const T e = std::exp(-r * t);
  const T tanh = std::tanh(r * t / 2);
  const T rest = 4 * e / ((1 + e) * (1 + e));  // 1 - tanh^2
  return 2 * lambda * z * tanh * (r + lambda * tanh) /
         (lambda * lambda * (1 + tanh * tanh) + 4 * z * z * rest + 2 * r * lambda * tanh);
}

inline void two_layer_flow(std::size_t n, const double* lambda, const double* z, double t,
                           double* theta) {
  for (std::size_t j = 0; j < n; ++j) theta[j] = two_layer_flow(lambda[j], z[j], t);
}

inline void two_layer_errors(std::size_t n, const double* lambda, const double* z,
                             const double* target, double t, std::size_t count, double* errors) {
  for (std::size_t i = 0; i < count; ++i) {
    errors[i] = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double miss = two_layer_flow(lambda[j], z[j], std::ldexp(t, static_cast<int>(i)));
      errors[i] += (miss - target[j]) * (miss - target[j]);
    }
  }
}

/// The variables of one coordinate, or their derivatives.
struct Diagonal {
  double a, b, beta;
};

inline Diagonal operator+(Diagonal x, Diagonal y) {
  return {x.a + y.a, x.b + y.b, x.beta + y.beta};
}
inline Diagonal operator*(double h, Diagonal x) { return {h * x.a, h * x.b, h * x.beta}; }

inline Diagonal diagonal_derivative(std::size_t depth, double z, Diagonal x) {
  const double d = static_cast<double>(depth);
  const double power = std::pow(x.b, d);
  const double g = z - x.a * power * x.beta;
  return {power * x.beta * g, depth == 0 ? 0 : d * x.a * std::pow(x.b, d - 1) * x.beta * g,
          x.a * power * g};
}

inline void diagonal_runge_kutta(std::size_t n, std::size_t depth, const double* z, double h,
                                 std::size_t steps, double* a, double* b, double* beta) {
  for (std::size_t j = 0; j < n; ++j) {
    const auto slope = [&](Diagonal x) { return diagonal_derivative(depth, z[j], x); };
    Diagonal x{a[j], depth == 0 ? 1 : b[j], beta[j]};
    for (std::size_t s = 0; s < steps; ++s) {
      const Diagonal k1 = slope(x);
      const Diagonal k2 = slope(x + h / 2 * k1);
      const Diagonal k3 = slope(x + h / 2 * k2);
      const Diagonal k4 = slope(x + h * k3);
      x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    a[j] = x.a;
    if (depth > 0) b[j] = x.b;
    beta[j] = x.beta;
  }
}

inline void diagonal_gradient_descent(std::size_t n, std::size_t depth, const double* z, double h,
                                      std::size_t steps, double* a, double* b, double* beta) {
  for (std::size_t j = 0; j < n; ++j) {
    Diagonal x{a[j], depth == 0 ? 1 : b[j], beta[j]};
    for (std::size_t s = 0; s < steps; ++s) x = x + h * diagonal_derivative(depth, z[j], x);
    a[j] = x.a;
    if (depth > 0) b[j] = x.b;
    beta[j] = x.beta;
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_SEQUENCE_H_
