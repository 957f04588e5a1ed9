/// The fused Gaussian pass as one would write it on paper: one row, one component at a time.
#ifndef SURPLUS_KERNELS_REFERENCE_GAUSSIAN_H_
#define SURPLUS_KERNELS_REFERENCE_GAUSSIAN_H_

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace surplus::kernels::reference {

/// A[c] y, for the kinds of covariance the Model knows.
template <typename Model>
std::vector<double> gaussian_whiten(const Model& model, std::size_t c,
                                    const std::vector<double>& y) {
  using Covariance = typename Model::Covariance;
  const std::size_t d = model.d;
  std::vector<double> z(d);
  if (model.covariance == Covariance::kDiagonal || model.covariance == Covariance::kSpherical) {
    for (std::size_t i = 0; i < d; ++i) {
      z[i] = model.factors[model.covariance == Covariance::kDiagonal ? c * d + i : c] * y[i];
    }
    return z;
  }
  const double* a =
      model.factors + (model.covariance == Covariance::kFull ? c * d * (d + 1) / 2 : 0);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) z[i] += a[i * (i + 1) / 2 + j] * y[j];
  }
  return z;
}

template <typename Model, typename Sums>
void gaussian_add(const Model& model, std::size_t c, const std::vector<double>& y, double g,
                  const Sums& sums) {
  using Covariance = typename Model::Covariance;
  const std::size_t d = model.d, triangle = d * (d + 1) / 2;
  sums.mass[c] += g;
  for (std::size_t i = 0; i < d; ++i) {
    sums.first[c * d + i] += g * y[i];
    if (sums.second == nullptr) continue;
    switch (model.covariance) {
      case Covariance::kFull:
      case Covariance::kTied: {
        double* to = sums.second + (model.covariance == Covariance::kFull ? c * triangle : 0);
        for (std::size_t j = 0; j <= i; ++j) to[i * (i + 1) / 2 + j] += g * y[i] * y[j];
        break;
      }
      case Covariance::kDiagonal:
        sums.second[c * d + i] += g * y[i] * y[i];
        break;
      case Covariance::kSpherical:
        sums.second[c] += g * y[i] * y[i];
        break;
    }
  }
}

template <typename Model, typename T, typename Sums, typename Rows>
void gaussian_pass(const Model& model, std::size_t n, const T* x, std::size_t x_stride,
                   const double* sample_weights, const Sums& sums, const Rows& rows) {
  const std::size_t k = model.k, d = model.d;
  std::vector<std::vector<double>> y(k, std::vector<double>(d));
  std::vector<double> l(k);
  for (std::size_t row = 0; row < n; ++row) {
    std::size_t label = 0;
    for (std::size_t c = 0; c < k; ++c) {
      for (std::size_t i = 0; i < d; ++i) {
        y[c][i] =
            static_cast<double>(x[row * x_stride + i]) - model.centre[i] - model.means[c * d + i];
      }
      double square = 0;
      for (const double z : gaussian_whiten(model, c, y[c])) square += z * z;
      l[c] = model.log_scales[c] - square / 2;
      if (l[c] > l[label]) label = c;
    }
    // A density of 0 everywhere: the smallest finite offset keeps -inf - -inf out.
    const double offset = l[label] == -std::numeric_limits<double>::infinity()
                              ? std::numeric_limits<double>::lowest()
                              : l[label];
    double sum = 0;
    for (std::size_t c = 0; c < k; ++c) sum += std::exp(l[c] - offset);
    const double log_density = offset + std::log(sum);
    const double weight = sample_weights == nullptr ? 1 : sample_weights[row];
    if (rows.log_density != nullptr) rows.log_density[row] = log_density;
    if (rows.labels != nullptr) rows.labels[row] = label;
    if (sums.log_likelihood != nullptr) *sums.log_likelihood += weight * log_density;
    for (std::size_t c = 0; c < k; ++c) {
      const double responsibility = sum == 0 ? 0 : std::exp(l[c] - offset) / sum;
      if (rows.responsibilities != nullptr) {
        rows.responsibilities[row * rows.responsibilities_stride + c] = responsibility;
      }
      if (sums.mass != nullptr) gaussian_add(model, c, y[c], weight * responsibility, sums);
    }
  }
}

}  // namespace surplus::kernels::reference

#endif  // SURPLUS_KERNELS_REFERENCE_GAUSSIAN_H_
