#include "kernels/gaussian.h"

#include <cmath>
#include <limits>

namespace surplus::kernels {
namespace {

using Covariance = GaussianModel::Covariance;

void difference(const GaussianModel& model, std::size_t c, const auto* x, double* y) {
  for (std::size_t i = 0; i < model.d; ++i) {
    y[i] = static_cast<double>(x[i]) - model.centre[i] - model.means[c * model.d + i];
  }
}

double squared_norm(const GaussianModel& model, std::size_t c, const double* y) {
  const std::size_t d = model.d;
  double square = 0;
  if (model.covariance == Covariance::kDiagonal || model.covariance == Covariance::kSpherical) {
    for (std::size_t i = 0; i < d; ++i) {
      const double z =
          model.factors[model.covariance == Covariance::kDiagonal ? c * d + i : c] * y[i];
      square += z * z;
    }
    return square;
  }
  const double* a =
      model.factors + (model.covariance == Covariance::kFull ? c * d * (d + 1) / 2 : 0);
  for (std::size_t i = 0; i < d; a += ++i) {
    double z = 0;
    for (std::size_t j = 0; j <= i; ++j) z += a[j] * y[j];
    square += z * z;
  }
  return square;
}

void add(const GaussianModel& model, std::size_t c, const double* y, double g,
         const GaussianSums& sums) {
  const std::size_t d = model.d;
  sums.mass[c] += g;
  for (std::size_t i = 0; i < d; ++i) sums.first[c * d + i] += g * y[i];
  if (sums.second == nullptr) return;
  if (model.covariance == Covariance::kDiagonal) {
    for (std::size_t i = 0; i < d; ++i) sums.second[c * d + i] += g * y[i] * y[i];
  } else if (model.covariance == Covariance::kSpherical) {
    for (std::size_t i = 0; i < d; ++i) sums.second[c] += g * y[i] * y[i];
  } else {
    double* to = sums.second + (model.covariance == Covariance::kFull ? c * d * (d + 1) / 2 : 0);
    for (std::size_t i = 0; i < d; to += ++i) {
      for (std::size_t j = 0; j <= i; ++j) to[j] += g * y[i] * y[j];
    }
  }
}

template <typename T>
void pass(const GaussianModel& model, std::size_t n, const T* x, std::size_t x_stride,
          const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
          double* scratch) {
  const std::size_t k = model.k;
  double* l = scratch;
  double* y = scratch + k;
  for (std::size_t row = 0; row < n; ++row) {
    std::size_t label = 0;
    for (std::size_t c = 0; c < k; ++c) {
      difference(model, c, x + row * x_stride, y);
      l[c] = model.log_scales[c] - squared_norm(model, c, y) / 2;
      if (l[c] > l[label]) label = c;
    }
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
      if (sums.mass == nullptr) continue;
      difference(model, c, x + row * x_stride, y);
      add(model, c, y, weight * responsibility, sums);
    }
  }
}

}  // namespace

std::size_t gaussian_scratch_size(const GaussianModel& model) { return model.k + model.d; }

void gaussian_pass(const GaussianModel& model, std::size_t n, const float* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch) {
  pass(model, n, x, x_stride, sample_weights, sums, rows, scratch);
}
void gaussian_pass(const GaussianModel& model, std::size_t n, const double* x, std::size_t x_stride,
                   const double* sample_weights, const GaussianSums& sums, const GaussianRows& rows,
                   double* scratch) {
  pass(model, n, x, x_stride, sample_weights, sums, rows, scratch);
}

}  // namespace surplus::kernels
