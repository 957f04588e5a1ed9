#include "surplus/linalg/spectral_norm.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/eigh.h"

namespace surplus {
namespace {

using Vector = std::vector<double>;

constexpr std::size_t kChunk = 256;  // rows

// Eight sums at a time, which the compiler keeps in vector registers.
template <typename T>
double dot(const T* x, std::span<const double> y) {
  double sums[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= y.size(); j += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      sums[lane] += static_cast<double>(x[j + lane]) * y[j + lane];
    }
  }
  for (; j < y.size(); ++j) sums[0] += static_cast<double>(x[j]) * y[j];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

template <typename T>
void add_scaled(double factor, const T* x, std::span<double> to) {
  for (std::size_t j = 0; j < to.size(); ++j) to[j] += factor * static_cast<double>(x[j]);
}

double norm(std::span<const double> x) { return std::sqrt(dot(x.data(), x)); }

// A^T A v / scale^2, each row of A being read once for both products.
template <typename T>
Vector gram_product(MatrixView<const T> a, const Vector& v, double scale) {
  Vector total(a.cols());
  parallel_fold(
      Chunks{a.rows(), kChunk}, total,
      [&](std::size_t begin, std::size_t end) {
        Vector part(a.cols());
        for (std::size_t i = begin; i < end; ++i) {
          const T* row = a.row(i).data();
          add_scaled(dot(row, v) / scale / scale, row, part);
        }
        return part;
      },
      [](Vector& sum, const Vector& part) { add_scaled(1.0, part.data(), sum); });
  return total;
}

// Twice is enough (Parlett, The symmetric eigenvalue problem, section 6.9).
void make_orthogonal(const std::vector<Vector>& basis, Vector& v) {
  for (int pass = 0; pass < 2; ++pass) {
    for (const Vector& q : basis) add_scaled(-dot(q.data(), v), q.data(), v);
  }
}

// The largest eigenvalue of the tridiagonal matrix and the last element of its vector.
std::pair<double, double> largest(const Vector& diagonal, const Vector& beside) {
  const std::size_t k = diagonal.size();
  Matrix<double> t(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    t(i, i) = diagonal[i];
    if (i > 0) t(i, i - 1) = beside[i - 1];
  }
  const Eigh<double> e = eigh(t);
  return {e.values.back(), e.vectors(k - 1, k - 1)};
}

template <typename T>
double largest_magnitude(MatrixView<const T> a) {
  double largest = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (const T x : a.row(i)) largest = std::max(largest, std::abs(static_cast<double>(x)));
  }
  return largest;
}

template <typename T>
SpectralNorm norm_of(MatrixView<const T> a, const SpectralNormConfig& config) {
  SURPLUS_REQUIRE(config.tolerance > 0 && config.iterations >= 1, ArgumentError, "spectral_norm",
                  "tolerance must be positive and iterations at least 1", "tolerance",
                  config.tolerance, "iterations", config.iterations);
  detail::require_finite("spectral_norm", "a", a);
  // Taken out, so that no square is too large or too small for double.
  const double scale = largest_magnitude(a);
  SpectralNorm result;
  if (scale == 0) return result;
  const std::size_t n = a.cols(), most = std::min(config.iterations, n);
  Vector v(n), diagonal, beside;
  Rng rng = Rng(1).split("spectral_norm");
  rng.fill_normal(v);
  double length = norm(v);
  std::vector<Vector> basis;
  for (std::size_t k = 1, next_check = 1; k <= most; ++k) {
    for (double& x : v) x /= length;
    basis.push_back(v);
    v = gram_product(a, basis.back(), scale);
    diagonal.push_back(dot(v.data(), basis.back()));
    make_orthogonal(basis, v);
    length = norm(v);
    if (k == next_check || k == most || length == 0) {
      next_check = k + 1 + k / 8;
      const auto [value, last] = largest(diagonal, beside);
      // An eigenvalue of A^T A lies within the residual length |last| of this one.
      result.value = scale * std::sqrt(value);
      result.error = scale * length * std::abs(last) / std::sqrt(value);
      result.iterations = k;
      if (result.error <= config.tolerance * result.value) return result;
    }
    beside.push_back(length);
  }
  result.stop = Stop::kIterationLimit;
  return result;
}

}  // namespace

SpectralNorm spectral_norm(MatrixView<const float> a, const SpectralNormConfig& config) {
  return norm_of(a, config);
}
SpectralNorm spectral_norm(MatrixView<const double> a, const SpectralNormConfig& config) {
  return norm_of(a, config);
}

}  // namespace surplus
