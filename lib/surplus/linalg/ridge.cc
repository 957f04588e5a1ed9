#include "surplus/linalg/ridge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

template <typename T>
RidgeFactors<T> factor(MatrixView<const T> a, MatrixView<const T> b) {
  SURPLUS_REQUIRE(b.rows() == a.rows(), ShapeError, "factor_ridge", "b must have as many rows as a",
                  "b", b.shape(), "a", a.shape());
  RidgeFactors<T> factors{svd(a), Matrix<T>(b), {}};
  factors.u_t_b = matmul(factors.svd.u.view(), b, {.transpose_a = true});
  return factors;
}

// I - H in the basis of U: `along` each of its columns and `outside` their span, up to a factor,
// which cancels where it is used.
struct Residual {
  std::vector<double> along;
  double outside;
  double noise;  // what is not above it in 1 - H[i, i] is rounding
};

template <typename T>
Residual residual_of(const RidgeFactors<T>& factors, double lambda, std::size_t rank) {
  const std::vector<T>& s = factors.svd.values;
  const std::size_t m = factors.b.rows();
  Residual residual{std::vector<double>(s.size()), s.size() < m ? 1.0 : 0.0, 0};
  if (s.size() < m || (lambda == 0 && rank < m)) {
    residual.noise = 4 * static_cast<double>(s.size() + 1) * std::numeric_limits<T>::epsilon();
  }
  for (std::size_t l = 0; l < s.size(); ++l) {
    const double square = static_cast<double>(s[l]) * static_cast<double>(s[l]);
    if (lambda > 0) {
      residual.along[l] = lambda / (square + lambda);
    } else if (rank == m) {
      const double least = static_cast<double>(s.back());
      residual.along[l] = least * least / square;
    } else {
      residual.along[l] = l < rank ? 0 : 1;
    }
  }
  return residual;
}

template <typename T>
Matrix<T> leave_one_out(const RidgeFactors<T>& factors, const Residual& residual) {
  const std::size_t m = factors.b.rows(), k = factors.b.cols(), r = residual.along.size();
  Matrix<T> result(m, k);
  for (std::size_t i = 0; i < m; ++i) {
    const std::span<const T> u = factors.svd.u.row(i);
    double share = residual.outside;
    for (std::size_t l = 0; l < r; ++l) {
      const double square = static_cast<double>(u[l]) * static_cast<double>(u[l]);
      share += square * (residual.along[l] - residual.outside);
    }
    for (std::size_t j = 0; j < k; ++j) {
      double error = residual.outside * static_cast<double>(factors.b(i, j));
      for (std::size_t l = 0; l < r; ++l) {
        error += static_cast<double>(u[l]) * (residual.along[l] - residual.outside) *
                 static_cast<double>(factors.u_t_b(l, j));
      }
      result(i, j) = share > residual.noise ? static_cast<T>(error / share)
                                            : std::numeric_limits<T>::quiet_NaN();
    }
  }
  return result;
}

template <typename T>
Ridge<T> ridge_of(const RidgeFactors<T>& factors, double lambda,
                  std::optional<double> rank_cutoff) {
  const std::vector<T>& s = factors.svd.values;
  const std::size_t m = factors.b.rows(), n = factors.svd.vt.cols(), k = factors.b.cols();
  const double cutoff =
      rank_cutoff.value_or(static_cast<double>(std::max(m, n)) * std::numeric_limits<T>::epsilon());
  SURPLUS_REQUIRE(lambda >= 0 && std::isfinite(lambda), ArgumentError, "ridge",
                  "lambda must be finite and not negative", "lambda", lambda);
  SURPLUS_REQUIRE(!rank_cutoff || (cutoff >= 0 && cutoff < 1), ArgumentError, "ridge",
                  "rank_cutoff must be in [0, 1)", "rank_cutoff", cutoff);
  Ridge<T> result{Matrix<T>(n, k), s.size(), 0, {}};
  if (lambda == 0) {
    const double least = s.empty() ? 0 : cutoff * static_cast<double>(s.front());
    result.rank = static_cast<std::size_t>(std::count_if(
        s.begin(), s.end(), [&](T value) { return static_cast<double>(value) > least; }));
  }
  Matrix<T> scaled(s.size(), k);
  for (std::size_t l = 0; l < result.rank; ++l) {
    const auto value = static_cast<double>(s[l]);
    if (value == 0) continue;  // a direction that A does not see, for a positive lambda
    const double factor = value / (value * value + lambda);
    result.degrees_of_freedom += value * factor;
    for (std::size_t j = 0; j < k; ++j) {
      scaled(l, j) = static_cast<T>(factor * static_cast<double>(factors.u_t_b(l, j)));
    }
  }
  matmul(factors.svd.vt.view(), scaled.view(), result.x.view(), {.transpose_a = true});
  result.leave_one_out = leave_one_out(factors, residual_of(factors, lambda, result.rank));
  return result;
}

}  // namespace

RidgeFactors<float> factor_ridge(MatrixView<const float> a, MatrixView<const float> b) {
  return factor(a, b);
}
RidgeFactors<double> factor_ridge(MatrixView<const double> a, MatrixView<const double> b) {
  return factor(a, b);
}
Ridge<float> ridge(const RidgeFactors<float>& factors, double lambda,
                   std::optional<double> rank_cutoff) {
  return ridge_of(factors, lambda, rank_cutoff);
}
Ridge<double> ridge(const RidgeFactors<double>& factors, double lambda,
                    std::optional<double> rank_cutoff) {
  return ridge_of(factors, lambda, rank_cutoff);
}

}  // namespace surplus
