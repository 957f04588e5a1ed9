#include "surplus/theory/lower_bound.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace surplus {
namespace {

// The sums s_j, after the checks that all functions share.
std::vector<double> sums_of(const char* function, std::span<const int> signs,
                            std::span<const double> alpha, std::span<const double> beta) {
  const std::size_t h = alpha.size();
  SURPLUS_REQUIRE(beta.size() == h, ShapeError, function, "each unit must have an alpha and a beta",
                  "alpha", h, "beta", beta.size());
  SURPLUS_REQUIRE(h >= 1 && h <= signs.size(), ArgumentError, function,
                  "there must be a unit, and a sign for each", "units", h, "signs", signs.size());
  for (std::size_t j = 0; j < h; ++j) {
    SURPLUS_REQUIRE(alpha[j] >= 0 && beta[j] >= 0, ArgumentError, function,
                    "no alpha or beta may be negative", "unit", j, "alpha", alpha[j], "beta",
                    beta[j]);
  }
  std::vector<double> sums(h);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    SURPLUS_REQUIRE(signs[i] == 1 || signs[i] == -1, ArgumentError, function,
                    "a sign must be 1 or -1", "index", i, "sign", signs[i]);
    sums[i % h] += signs[i];
  }
  return sums;
}

}  // namespace

Matrix<double> lower_bound_samples(std::size_t m, std::size_t d) {
  SURPLUS_REQUIRE(d >= 1 && d <= m, ArgumentError, "lower_bound_samples",
                  "d must be at least 1 and at most m", "d", d, "m", m);
  Matrix<double> x(m, d);
  for (std::size_t i = 0; i < m; ++i) x(i, i % d) = 1;
  return x;
}

LowerBoundNetwork lower_bound_network(std::span<const int> signs, std::span<const double> alpha,
                                      std::span<const double> beta) {
  const std::vector<double> sums = sums_of("lower_bound_network", signs, alpha, beta);
  const std::size_t h = sums.size();
  LowerBoundNetwork net{Matrix<double>(h, h), std::vector<double>(h)};
  std::size_t unit = 0;
  for (const bool positive : {true, false}) {
    std::vector<std::size_t> inputs;
    for (std::size_t j = 0; j < h; ++j) {
      if ((sums[j] > 0) == positive) inputs.push_back(j);
    }
    const std::size_t p = inputs.size();
    const double scale = 1 / std::sqrt(static_cast<double>(p));
    for (std::size_t row = 0; row < p; ++row, ++unit) {
      // cos + sin of the multiples of a circle's p-th part: the Hartley transform, orthogonal for
      // every p and with no element far from the others.
      double gain = 0;  // of the row's positive part over its negative part
      for (std::size_t l = 0; l < p; ++l) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(row * l % p) / static_cast<double>(p);
        const double q = scale * (std::cos(angle) + std::sin(angle));
        net.u(unit, inputs[l]) = beta[unit] * q;
        gain += std::abs(sums[inputs[l]]) * q;
      }
      net.v[unit] = positive ? alpha[unit] : -alpha[unit];
      if (gain >= 0) continue;
      for (const std::size_t input : inputs) net.u(unit, input) = -net.u(unit, input);
    }
  }
  return net;
}

double lower_bound_value(std::span<const int> signs, std::span<const double> alpha,
                         std::span<const double> beta) {
  const LowerBoundNetwork net = lower_bound_network(signs, alpha, beta);
  const std::size_t h = alpha.size();
  double total = 0;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    for (std::size_t j = 0; j < h; ++j) {
      total += signs[i] * net.v[j] * std::max(net.u(j, i % h), 0.0);
    }
  }
  return total / static_cast<double>(signs.size());
}

double one_hot_supremum(std::span<const int> signs, std::span<const double> alpha,
                        std::span<const double> beta) {
  const std::vector<double> sums = sums_of("one_hot_supremum", signs, alpha, beta);
  double above = 0, below = 0, weight = 0;
  for (const double sum : sums) (sum > 0 ? above : below) += sum * sum;
  for (std::size_t j = 0; j < alpha.size(); ++j) weight += alpha[j] * beta[j];
  return weight * std::sqrt(std::max(above, below)) / static_cast<double>(signs.size());
}

}  // namespace surplus
