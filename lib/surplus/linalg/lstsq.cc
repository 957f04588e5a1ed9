#include "surplus/linalg/lstsq.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"

namespace surplus {
namespace {

// LAPACK wants columns, and room for X where B was.
template <typename T>
void copy_columns(MatrixView<const T> a, Matrix<T>& rows) {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) rows(j, i) = a(i, j);
  }
}

template <typename T>
Lstsq<T> lstsq_of(MatrixView<const T> a, MatrixView<const T> b, const LstsqConfig& config) {
  const std::size_t m = a.rows(), n = a.cols(), k = b.cols(), longest = std::max(m, n);
  const double cutoff =
      config.rank_cutoff.value_or(static_cast<double>(longest) * std::numeric_limits<T>::epsilon());
  SURPLUS_REQUIRE(b.rows() == m, ShapeError, "lstsq", "b must have as many rows as a", "b",
                  b.shape(), "a", a.shape());
  SURPLUS_REQUIRE(!config.rank_cutoff || (cutoff >= 0 && cutoff < 1), ArgumentError, "lstsq",
                  "rank_cutoff must be in [0, 1)", "rank_cutoff", cutoff);
  detail::require_lapack_size("lstsq", "a", a.shape(), n);
  detail::require_lapack_size("lstsq", "b", b.shape(), k);
  detail::require_finite("lstsq", "a", a);
  detail::require_finite("lstsq", "b", b);
  Lstsq<T> result{Matrix<T>(n, k), 0, std::vector<T>(std::min(m, n))};
  // Without a right-hand side LAPACK does nothing at all; a column of zeros keeps the rank and the
  // singular values defined.
  const std::size_t sides = std::max<std::size_t>(k, 1);
  Matrix<T> a_t(n, m), b_t(sides, longest);
  copy_columns(a, a_t);
  copy_columns(b, b_t);
  const kernels::BlasScratch size = kernels::gelsd_scratch(m, n, sides, T{});
  std::vector<T> reals(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  const bool converged =
      kernels::gelsd(m, n, sides, a_t.data(), m, b_t.data(), longest, result.singular_values.data(),
                     static_cast<T>(cutoff), &result.rank, size, reals.data(), ints.data());
  SURPLUS_REQUIRE(converged, NumericalError, "lstsq", "the iteration must converge", "shape",
                  a.shape());
  // With no rows nothing was computed, and the X of least norm is the zero it already is.
  for (std::size_t i = 0; m > 0 && i < n; ++i) {
    for (std::size_t j = 0; j < k; ++j) result.x(i, j) = b_t(j, i);
  }
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
