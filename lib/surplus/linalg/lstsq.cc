#include "surplus/linalg/lstsq.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/triangular.h"

namespace surplus {
namespace {

// LAPACK wants columns, and room for X where B was.
template <typename T>
void copy_columns(MatrixView<const T> a, Matrix<T>& rows) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) rows(j, i) = a(i, j);
  }
}

// kSvd and kPivotedQr.
template <typename T>
void factorise(MatrixView<const T> a, MatrixView<const T> b, const LstsqConfig& config,
               double cutoff, Lstsq<T>& result) {
  const std::size_t m = a.rows(), n = a.cols(), k = b.cols(), longest = std::max(m, n);
  // Without a right-hand side LAPACK does nothing at all; a column of zeros keeps the rank and the
  // singular values defined.
  const std::size_t sides = std::max<std::size_t>(k, 1);
  Matrix<T> a_t(n, m), b_t(sides, longest);
  copy_columns(a, a_t);
  copy_columns(b, b_t);
  if (config.method == LstsqMethod::kSvd) {
    result.singular_values.resize(std::min(m, n));
    const kernels::BlasScratch size = kernels::gelsd_scratch(m, n, sides, T{});
    const auto reals = std::make_unique_for_overwrite<T[]>(size.reals);
    std::vector<std::int32_t> ints(size.ints);
    const bool converged = kernels::gelsd(m, n, sides, a_t.data(), m, b_t.data(), longest,
                                          result.singular_values.data(), static_cast<T>(cutoff),
                                          &result.rank, size, reals.get(), ints.data());
    SURPLUS_REQUIRE(converged, NumericalError, "lstsq", "the iteration must converge", "shape",
                    a.shape());
    if (result.rank > 0) {
      result.condition = static_cast<double>(result.singular_values.front()) /
                         static_cast<double>(result.singular_values[result.rank - 1]);
    }
  } else {
    const kernels::BlasScratch size = kernels::gelsy_scratch(m, n, sides, T{});
    const auto reals = std::make_unique_for_overwrite<T[]>(size.reals);
    std::vector<std::int32_t> ints(size.ints);
    kernels::gelsy(m, n, sides, a_t.data(), m, b_t.data(), longest, static_cast<T>(cutoff),
                   &result.rank, size, reals.get(), ints.data());
    double largest = 0, smallest = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < result.rank; ++j) {
      largest = std::max(largest, std::abs(static_cast<double>(a_t(j, j))));
      smallest = std::min(smallest, std::abs(static_cast<double>(a_t(j, j))));
    }
    if (result.rank > 0) result.condition = largest / smallest;
  }
  // With no rows nothing was computed, and the X of least norm is the zero it already is.
  for (std::size_t i = 0; m > 0 && i < n; ++i) {
    for (std::size_t j = 0; j < k; ++j) result.x(i, j) = b_t(j, i);
  }
}

// X = G^-1 A^T B, G = A^T A, of a tall A; X = A^T G^-1 B, G = A A^T, of a wide one. Then the same for
// the residual in the place of B, as often as asked for.
template <typename T>
void solve_by_gram(MatrixView<const T> a, MatrixView<const T> b, const LstsqConfig& config,
                   Lstsq<T>& result) {
  const bool tall = a.rows() >= a.cols();
  const std::size_t r = std::min(a.rows(), a.cols());
  Matrix<T> l(r, r);
  gram(a, l.view(), {.transpose = tall});
  const std::size_t pivots = extend_cholesky(l.view(), 0);
  SURPLUS_REQUIRE(pivots == r, NumericalError, "lstsq", "the Gram matrix must be positive definite",
                  "pivot", pivots, "order", r);
  result.rank = r;
  result.condition = least_condition(std::as_const(l).view());
  const auto add_solution = [&](Matrix<T> side) {
    if (tall) side = matmul(a, side.view(), {.transpose_a = true});
    triangular_solve(l.view(), side.view(), Triangular::kLeft);
    triangular_solve(l.view(), side.view(), Triangular::kLeftTransposed);
    if (!tall) side = matmul(a, side.view(), {.transpose_a = true});
    for (std::size_t i = 0; i < side.size(); ++i) result.x.values()[i] += side.values()[i];
    return detail::frobenius_norm(side.view());
  };
  add_solution(Matrix<T>(b));
  for (std::size_t step = 0; step < config.corrections; ++step) {
    Matrix<T> residual(b);
    matmul(a, result.x.view(), residual.view(), {.alpha = -1, .beta = 1});
    const double change = add_solution(std::move(residual)),
                 size = detail::frobenius_norm(result.x.view());
    result.correction = size > 0 ? change / size : 0;
  }
}

template <typename T>
Lstsq<T> lstsq_of(MatrixView<const T> a, MatrixView<const T> b, const LstsqConfig& config) {
  const std::size_t m = a.rows(), n = a.cols(), k = b.cols();
  const double cutoff = config.rank_cutoff.value_or(static_cast<double>(std::max(m, n)) *
                                                    std::numeric_limits<T>::epsilon());
  SURPLUS_REQUIRE(b.rows() == m, ShapeError, "lstsq", "b must have as many rows as a", "b",
                  b.shape(), "a", a.shape());
  SURPLUS_REQUIRE(!config.rank_cutoff || (cutoff >= 0 && cutoff < 1), ArgumentError, "lstsq",
                  "rank_cutoff must be in [0, 1)", "rank_cutoff", cutoff);
  detail::require_lapack_size("lstsq", "a", a.shape(), n);
  detail::require_lapack_size("lstsq", "b", b.shape(), k);
  detail::require_finite("lstsq", "a", a);
  detail::require_finite("lstsq", "b", b);
  Lstsq<T> result{Matrix<T>(n, k), 0, {}};
  if (config.method == LstsqMethod::kGram) {
    solve_by_gram(a, b, config, result);
  } else {
    factorise(a, b, config, cutoff, result);
  }
  result.norm = detail::frobenius_norm(result.x.view());
  Matrix<T> residual(b);
  matmul(a, result.x.view(), residual.view(), {.alpha = -1, .beta = 1});
  result.residual = detail::frobenius_norm(residual.view());
  return result;
}

}  // namespace

Lstsq<float> lstsq(MatrixView<const float> a, MatrixView<const float> b,
                   const LstsqConfig& config) {
  return lstsq_of(a, b, config);
}
Lstsq<double> lstsq(MatrixView<const double> a, MatrixView<const double> b,
                    const LstsqConfig& config) {
  return lstsq_of(a, b, config);
}

}  // namespace surplus
