#include "surplus/noise/sparse_noise_recovery.h"

#include <algorithm>
#include <cmath>

#include "kernels/gemv.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"

namespace surplus {

RecoveryCondition recovery_condition(const SparseNoiseFactors& factors,
                                     std::span<const double> theta, std::size_t k) {
  constexpr std::string_view kName = "recovery_condition";
  const std::size_t n = factors.b_t.cols(), p = factors.w_t.cols(), r = factors.values.size();
  SURPLUS_REQUIRE(theta.size() == p, ShapeError, kName,
                  "theta must have as many entries as j has columns", "theta", theta.size(),
                  "columns of j", p);
  SURPLUS_REQUIRE(k <= n, ArgumentError, kName, "k must be at most the number of rows of j", "k", k,
                  "rows of j", n);
  detail::require_finite(kName, "theta", MatrixView<const double>(theta.data(), 1, p));
  RecoveryCondition condition;
  if (r > 0) {
    std::vector<double> along(r);
    kernels::gemv(false, r, p, 1.0, factors.w_t.data(), p, theta.data(), 1, 0.0, along.data(), 1);
    double leverage = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double square = 0, multiplier = 0;
      for (std::size_t l = 0; l < r; ++l) {
        const double u = factors.b_t(l, i) / factors.values[l];
        square += u * u;
        multiplier += u * along[l] / factors.values[l];
      }
      leverage = std::max(leverage, square);
      condition.multiplier = std::max(condition.multiplier, std::abs(multiplier));
    }
    condition.coherence = static_cast<double>(n) / static_cast<double>(r) * leverage;
    condition.q = 2 * static_cast<double>(k) * std::sqrt(leverage);
  }
  if (condition.q < 1) condition.lambda = condition.multiplier / (1 - condition.q);
  return condition;
}

std::vector<SparseNoiseResult> sparse_noise_path(const SparseNoiseFactors& factors,
                                                 std::span<const double> y,
                                                 std::span<const double> lambdas,
                                                 const SparseNoiseConfig& config) {
  constexpr std::string_view kName = "sparse_noise_path";
  SURPLUS_REQUIRE(!config.lambda, ArgumentError, kName, "config.lambda must be empty", "lambda",
                  config.lambda.value_or(0));
  for (std::size_t i = 1; i < lambdas.size(); ++i) {
    SURPLUS_REQUIRE(lambdas[i] > lambdas[i - 1], ArgumentError, kName, "lambdas must ascend",
                    "lambda", lambdas[i - 1], "next", lambdas[i]);
  }
  std::vector<SparseNoiseResult> path(lambdas.size());
  parallel_for(lambdas.size(), [&](std::size_t i) {
    SparseNoiseConfig at = config;
    at.lambda = lambdas[i];
    path[i] = solve_sparse_noise(factors, y, at);
  });
  return path;
}

std::size_t largest_support_drop(std::span<const SparseNoiseResult> path) {
  SURPLUS_REQUIRE(!path.empty(), ArgumentError, "largest_support_drop",
                  "the path must have at least one result", "results", path.size());
  std::size_t at = 0, drop = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const std::size_t before = path[i - 1].support.size(), after = path[i].support.size();
    if (before > after && before - after > drop) {
      drop = before - after;
      at = i;
    }
  }
  return at;
}

CorrectedLabels correct_labels(MatrixView<const double> y,
                               std::span<const SparseNoiseResult> columns) {
  constexpr std::string_view kName = "correct_labels";
  SURPLUS_REQUIRE(columns.size() == y.cols() && y.cols() > 0, ShapeError, kName,
                  "there must be a result for each column of y", "results", columns.size(), "y",
                  y.shape());
  for (const SparseNoiseResult& column : columns) {
    SURPLUS_REQUIRE(column.s.size() == y.rows(), ShapeError, kName,
                    "each result must have an entry for each row of y", "entries", column.s.size(),
                    "y", y.shape());
  }
  CorrectedLabels corrected{std::vector<std::size_t>(y.rows()), std::vector<double>(y.rows())};
  for (std::size_t i = 0; i < y.rows(); ++i) {
    double best = y(i, 0) - columns[0].s[i];
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const double clean = y(i, j) - columns[j].s[i];
      if (clean > best) {
        best = clean;
        corrected.labels[i] = j;
      }
      corrected.scores[i] += std::abs(columns[j].s[i]);
    }
  }
  return corrected;
}

}  // namespace surplus
