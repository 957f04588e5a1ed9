/// On-line back-propagation, step by step and unit by unit.
#ifndef SURPLUS_KERNELS_REFERENCE_BACKPROP_H_
#define SURPLUS_KERNELS_REFERENCE_BACKPROP_H_

#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::kernels::reference {

/// `w` without gaps. P is the type of parameters and arithmetic, T that of the examples.
template <typename P, typename T>
P online_backprop(std::size_t h, std::size_t d, std::size_t steps, const std::size_t* order,
                  const T* rates, T decay, const T* x, std::size_t x_stride, const T* y, P* w, P* b,
                  P* v, P* c) {
  P squares = 0;
  std::vector<P> z(h);
  for (std::size_t s = 0; s < steps; ++s) {
    const T* row = x + order[s] * x_stride;
    P e = *c - P{y[order[s]]};
    for (std::size_t j = 0; j < h; ++j) {
      P sum = b[j];
      for (std::size_t l = 0; l < d; ++l) sum += w[j * d + l] * P{row[l]};
      z[j] = std::tanh(sum);
      e += v[j] * z[j];
    }
    squares += e * e;
    const auto step = [&](P& parameter, P gradient) {
      parameter -= P{rates[s]} * (gradient + P{decay} * parameter);
    };
    for (std::size_t j = 0; j < h; ++j) {
      const P g = e * v[j] * (1 - z[j] * z[j]);
      for (std::size_t l = 0; l < d; ++l) step(w[j * d + l], g * P{row[l]});
      step(b[j], g);
      step(v[j], e * z[j]);
    }
    step(*c, e);
  }
  return squares;
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_BACKPROP_H_
