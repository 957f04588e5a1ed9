#include "surplus/theory/rademacher.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "surplus/linalg/matmul.h"
#include "surplus/theory/norms.h"

namespace surplus {
namespace {

// The factor that both bounds share.
double contraction(const char* function, const RademacherBoundInput& input) {
  SURPLUS_REQUIRE(
      input.alpha.size() == input.beta.size() && input.alpha.size() == input.hidden_norms.size(),
      ShapeError, function, "each unit must have an alpha, a beta and a norm", "alpha",
      input.alpha.size(), "beta", input.beta.size(), "hidden_norms", input.hidden_norms.size());
  SURPLUS_REQUIRE(
      input.samples >= 1 && input.classes >= 1 && input.gamma > 0 && input.mean_square >= 0,
      ArgumentError, function,
      "samples and classes must be at least 1, gamma positive and mean_square not "
      "negative",
      "samples", input.samples, "classes", input.classes, "gamma", input.gamma, "mean_square",
      input.mean_square);
  return (2 * std::sqrt(2 * static_cast<double>(input.classes)) + 2) / input.gamma;
}

void require_class(const char* function, std::span<const double> alpha,
                   MatrixView<const double> z) {
  SURPLUS_REQUIRE(alpha.size() == z.cols(), ShapeError, function,
                  "alpha must have an element for each column of z", "alpha", alpha.size(), "z",
                  z.shape());
  SURPLUS_REQUIRE(z.rows() >= 1, ArgumentError, function, "there must be a sample", "z", z.shape());
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    SURPLUS_REQUIRE(alpha[j] >= 0, ArgumentError, function, "no alpha may be negative", "unit", j,
                    "alpha", alpha[j]);
  }
}

// sum_j alpha_j |sums_j|
double supremum(std::span<const double> alpha, const std::vector<double>& sums) {
  double total = 0;
  for (std::size_t j = 0; j < sums.size(); ++j) total += alpha[j] * std::abs(sums[j]);
  return total;
}

}  // namespace

double unit_rademacher_bound(const RademacherBoundInput& input) {
  const double factor = contraction("unit_rademacher_bound", input);
  const auto m = static_cast<double>(input.samples);
  const double x_norm = std::sqrt(m * input.mean_square);
  double sum = 0;
  for (std::size_t j = 0; j < input.alpha.size(); ++j) {
    sum += input.alpha[j] * (input.beta[j] * x_norm + input.hidden_norms[j]);
  }
  return factor / m * sum;
}

double layer_rademacher_bound(const RademacherBoundInput& input) {
  const double factor = contraction("layer_rademacher_bound", input);
  const auto m = static_cast<double>(input.samples);
  const double hidden = vector_norm(input.hidden_norms, 2) / std::sqrt(m);
  return factor / std::sqrt(m) * vector_norm(input.alpha, 2) *
         (vector_norm(input.beta, 2) * std::sqrt(input.mean_square) + hidden);
}

double rademacher_error_bound(double ramp_loss, double rademacher, std::size_t samples,
                              double delta) {
  SURPLUS_REQUIRE(delta > 0 && delta < 1 && samples >= 1, ArgumentError, "rademacher_error_bound",
                  "delta must be between 0 and 1 and samples at least 1", "delta", delta, "samples",
                  samples);
  return ramp_loss + 2 * rademacher +
         3 * std::sqrt(std::log(2 / delta) / (2 * static_cast<double>(samples)));
}

Matrix<double> rectified(MatrixView<const double> x, MatrixView<const double> u) {
  Matrix<double> z = matmul(x, u, {.transpose_b = true});
  for (double& value : z.values()) value = value < 0 ? 0 : value;
  return z;
}

double exact_rademacher(std::span<const double> alpha, MatrixView<const double> z) {
  require_class("exact_rademacher", alpha, z);
  constexpr std::size_t kMost = 24;
  const std::size_t m = z.rows();
  SURPLUS_REQUIRE(m <= kMost, ArgumentError, "exact_rademacher", "there must be at most 24 samples",
                  "samples", m);
  // A sign of all is a sign of none, so the last one stays; the others follow a Gray code, in which
  // each vector differs from the one before by one sign. Each sum is made anew where its rounding
  // could otherwise build up.
  std::vector<double> signs(m, 1), sums(z.cols());
  const auto sum_up = [&] {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += signs[i] * z(i, j);
    }
  };
  constexpr std::uint32_t kRefresh = 256;
  const std::uint32_t count = std::uint32_t{1} << (m - 1);
  double total = 0;
  for (std::uint32_t code = 0; code < count; ++code) {
    if (code > 0) {
      const auto i = static_cast<std::size_t>(std::countr_zero(code));
      signs[i] = -signs[i];
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += 2 * signs[i] * z(i, j);
    }
    if (code % kRefresh == 0) sum_up();
    total += supremum(alpha, sums);
  }
  return total / count / static_cast<double>(m);
}

RademacherEstimate estimate_rademacher(std::span<const double> alpha, MatrixView<const double> z,
                                       std::size_t draws, Rng& rng) {
  require_class("estimate_rademacher", alpha, z);
  SURPLUS_REQUIRE(draws >= 2, ArgumentError, "estimate_rademacher", "draws must be at least 2",
                  "draws", draws);
  const std::size_t m = z.rows();
  std::vector<double> sums(z.cols());
  double mean = 0, squares = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    std::fill(sums.begin(), sums.end(), 0.0);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < m; ++i) {
      bits = i % 64 == 0 ? rng.bits() : bits >> 1;
      const double sign = (bits & 1) != 0 ? 1 : -1;
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += sign * z(i, j);
    }
    const double value = supremum(alpha, sums) / static_cast<double>(m);
    const double step = value - mean;  // Welford's update
    mean += step / static_cast<double>(draw + 1);
    squares += step * (value - mean);
  }
  const auto n = static_cast<double>(draws);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

RademacherBracket khintchine_bracket(std::span<const double> alpha, MatrixView<const double> z) {
  require_class("khintchine_bracket", alpha, z);
  const double upper = supremum(alpha, column_norms(z)) / static_cast<double>(z.rows());
  return {upper / std::sqrt(2.0), upper};
}

}  // namespace surplus
