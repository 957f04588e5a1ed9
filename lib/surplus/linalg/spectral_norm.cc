#include "surplus/linalg/spectral_norm.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/lanczos.h"

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

// A^T A v / scale^2, each row of A being read once for both products.
template <typename T>
void gram_product(MatrixView<const T> a, std::span<const double> v, double scale,
                  std::span<double> product) {
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
  std::ranges::copy(total, product.begin());
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
  if (scale == 0) return {};
  const SymmetricOperator gram = [&](std::span<const double> v, std::span<double> product) {
    gram_product(a, v, scale, product);
  };
  const ExtremeEigenvalues found = extreme_eigenvalues(
      gram, a.cols(),
      {.end = SpectrumEnd::kTop, .tolerance = config.tolerance, .iterations = config.iterations});
  // An eigenvalue of A^T A lies within the residual of this one: a difference of squares.
  const double root = std::sqrt(found.top.value);
  return {scale * root, scale * found.top.error / root, found.iterations, found.stop};
}

}  // namespace

SpectralNorm spectral_norm(MatrixView<const float> a, const SpectralNormConfig& config) {
  return norm_of(a, config);
}
SpectralNorm spectral_norm(MatrixView<const double> a, const SpectralNormConfig& config) {
  return norm_of(a, config);
}

}  // namespace surplus
