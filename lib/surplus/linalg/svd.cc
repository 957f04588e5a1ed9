#include "surplus/linalg/svd.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"

namespace surplus {
namespace {

template <typename T>
Svd<T> svd_of(MatrixView<const T> a) {
  const std::size_t m = a.rows(), n = a.cols(), r = std::min(m, n);
  detail::require_lapack_size("svd", "a", a.shape(), n);
  detail::require_finite("svd", "a", a);
  Svd<T> result{Matrix<T>(m, r), std::vector<T>(r), Matrix<T>(r, n)};
  Matrix<T> copy(a);
  const kernels::BlasScratch size = kernels::gesdd_scratch(m, n, T{});
  const auto reals = std::make_unique_for_overwrite<T[]>(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  const bool converged = kernels::gesdd(m, n, copy.data(), n, result.values.data(), result.u.data(),
                                        r, result.vt.data(), n, size, reals.get(), ints.data());
  SURPLUS_REQUIRE(converged, NumericalError, "svd", "the iteration must converge", "shape",
                  a.shape());
  return result;
}

}  // namespace

Svd<float> svd(MatrixView<const float> a) { return svd_of(a); }
Svd<double> svd(MatrixView<const double> a) { return svd_of(a); }

}  // namespace surplus
