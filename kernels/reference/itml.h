/// The projections of ITML on the matrix A itself, term by term as published.
#ifndef SURPLUS_KERNELS_REFERENCE_ITML_H_
#define SURPLUS_KERNELS_REFERENCE_ITML_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::kernels::reference {

/// One projection onto |v|_A^2 <= xi (delta = 1) or >= xi (delta = -1): updates the d x d matrix
/// `a`, the dual variable and the slack variable, and returns alpha.
inline double itml_project(std::size_t d, const double* v, double delta, double gamma,
                           double& lambda, double& xi, std::vector<double>& a) {
  std::vector<double> av(d, 0.0);
  double p = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) av[i] += a[i * d + j] * v[j];
    p += v[i] * av[i];
  }
  const double gain = std::isinf(gamma) ? 1.0 : gamma / (gamma + 1);
  const double alpha = std::min(lambda, delta * gain * (1 / p - 1 / xi));
  const double beta = delta * alpha / (1 - delta * alpha * p);
  if (!std::isinf(gamma)) xi = gamma * xi / (gamma + delta * alpha * xi);
  lambda -= alpha;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) a[i * d + j] += beta * av[i] * av[j];
  }
  return alpha;
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_ITML_H_
