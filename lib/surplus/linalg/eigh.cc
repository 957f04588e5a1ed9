#include "surplus/linalg/eigh.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"

namespace surplus {
namespace {

template <typename T>
Eigh<T> eigh_of(MatrixView<const T> a) {
  const std::size_t n = a.rows();
  detail::require_square("eigh", "a", a.shape());
  detail::require_finite_lower("eigh", "a", a);
  Eigh<T> result{std::vector<T>(n), Matrix<T>(n, n)};
  Matrix<T>& v = result.vectors;
  for (std::size_t i = 0; i < n; ++i) std::copy_n(a.row(i).data(), i + 1, v.row(i).data());
  const kernels::BlasScratch size = kernels::syevd_scratch(n, T{});
  const auto reals = std::make_unique_for_overwrite<T[]>(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  const bool converged =
      kernels::syevd(n, v.data(), n, result.values.data(), size, reals.get(), ints.data());
  SURPLUS_REQUIRE(converged, NumericalError, "eigh", "the iteration must converge", "n", n);
  // The kernel returns the vectors as rows.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) std::swap(v(i, j), v(j, i));
  }
  return result;
}

}  // namespace

Eigh<float> eigh(MatrixView<const float> a) { return eigh_of(a); }
Eigh<double> eigh(MatrixView<const double> a) { return eigh_of(a); }

}  // namespace surplus
