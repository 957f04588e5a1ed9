/// Mixtures and data to test with.
#ifndef SURPLUS_TESTS_LIB_MIXTURE_MIXTURES_H_
#define SURPLUS_TESTS_LIB_MIXTURE_MIXTURES_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_queries.h"
#include "surplus/mixture/gmm_steps.h"

namespace surplus::tests {

inline constexpr std::array kKinds = {CovarianceKind::kFull, CovarianceKind::kTied,
                                      CovarianceKind::kDiagonal, CovarianceKind::kSpherical};

/// Random weights, means `spread` apart, and covariances of condition below 20 or so.
inline GaussianMixture random_mixture(CovarianceKind kind, std::size_t k, std::size_t d,
                                      double spread, Rng rng) {
  const Shape shape = covariance_shape(kind, k, d);
  GaussianMixture mixture = {kind, std::vector<double>(k), Matrix<double>(k, d),
                             Matrix<double>(shape.rows, shape.cols)};
  double sum = 0;
  for (double& weight : mixture.weights) sum += weight = 0.5 + rng.uniform();
  for (double& weight : mixture.weights) weight /= sum;
  for (double& mean : mixture.means.values()) mean = spread * rng.normal();
  if (kind == CovarianceKind::kDiagonal || kind == CovarianceKind::kSpherical) {
    for (double& variance : mixture.covariances.values()) variance = 0.5 + rng.uniform();
    return mixture;
  }
  Matrix<double> g(d, d);
  for (std::size_t i = 0; i < shape.rows / d; ++i) {
    for (double& value : g.values()) value = rng.normal() / std::sqrt(static_cast<double>(d));
    for (std::size_t p = 0; p < d; ++p) {
      for (std::size_t q = 0; q < d; ++q) {
        double& value = mixture.covariances(i * d + p, q);
        for (std::size_t j = 0; j < d; ++j) value += g(p, j) * g(q, j);
        if (p == q) value += 0.5;
      }
    }
  }
  return mixture;
}

inline Matrix<double> rows_of(const GaussianMixture& mixture, std::size_t n, Rng rng) {
  return sample(mixture, n, rng).x;
}

/// The largest |a - b|, relative to the largest |b|.
inline double deviation(std::span<const double> a, std::span<const double> b) {
  double largest = 0, scale = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return a.size() == b.size() ? largest / scale : INFINITY;
}

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_LIB_MIXTURE_MIXTURES_H_
