/// The product B B' x and a step of descent on sparse noise, written out.
#ifndef SURPLUS_KERNELS_REFERENCE_SPARSE_NOISE_H_
#define SURPLUS_KERNELS_REFERENCE_SPARSE_NOISE_H_

#include <cstddef>

namespace surplus::kernels::reference {

inline void row_space_product(std::size_t r, std::size_t n, const double* b_t, std::size_t b_stride,
                              const double* x, const double* scale, double* z, double* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = 0;
  for (std::size_t l = 0; l < r; ++l) {
    z[l] = 0;
    for (std::size_t i = 0; i < n; ++i) z[l] += b_t[l * b_stride + i] * x[i];
    const double factor = scale == nullptr ? z[l] : scale[l] * z[l];
    for (std::size_t i = 0; i < n; ++i) out[i] += b_t[l * b_stride + i] * factor;
  }
}

/// product is B B' mu.
inline void sparse_noise_step(std::size_t n, const double* product, const double* y, double tau,
                              double up, double down, double* mu, double* u, double* v, double* s) {
  for (std::size_t i = 0; i < n; ++i) {
    const double rho = product[i] + s[i] - y[i];
    mu[i] -= tau * rho;
    u[i] -= up * rho * u[i];
    v[i] += down * rho * v[i];
    s[i] = u[i] * u[i] - v[i] * v[i];
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_SPARSE_NOISE_H_
