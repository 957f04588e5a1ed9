/// The probes of a machine's limits, one element at a time, in double.
#ifndef SURPLUS_KERNELS_REFERENCE_PROBE_H_
#define SURPLUS_KERNELS_REFERENCE_PROBE_H_

#include <cstddef>

namespace surplus::kernels::reference {

template <typename T>
void multiply_add_chains(std::size_t steps, T factor, T term, T* end) {
  double x = 1;
  for (std::size_t i = 0; i < steps; ++i) {
    x = x * static_cast<double>(factor) + static_cast<double>(term);
  }
  *end = static_cast<T>(x);
}

template <typename T>
void triad(std::size_t n, const T* x, T factor, const T* y, T* z) {
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = static_cast<T>(static_cast<double>(x[i]) +
                          static_cast<double>(factor) * static_cast<double>(y[i]));
  }
}

template <typename T>
void read_through(std::size_t n, const T* x, T* maximum) {
  *maximum = 0;
  for (std::size_t i = 0; i < n; ++i) *maximum = x[i] > *maximum ? x[i] : *maximum;
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_PROBE_H_
