#include "surplus/linalg/cholesky.h"

#include <algorithm>
#include <cmath>

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"

namespace surplus {
namespace {

template <typename T>
std::size_t try_cholesky_of(const char* function, MatrixView<const T> a, MatrixView<T> l) {
  const std::size_t n = a.rows();
  detail::require_square(function, "a", a.shape());
  SURPLUS_REQUIRE(l.shape() == a.shape(), ShapeError, function, "l must have the shape of a", "l",
                  l.shape(), "a", a.shape());
  detail::require_lapack_size(function, "l", l.shape(), l.stride());
  detail::require_finite_lower(function, "a", a);
  for (std::size_t i = 0; i < n; ++i) {
    if (l.data() != a.data()) std::copy_n(a.row(i).data(), i + 1, l.row(i).data());
    std::fill(l.row(i).begin() + static_cast<std::ptrdiff_t>(i) + 1, l.row(i).end(), T{});
  }
  return kernels::potrf(n, l.data(), l.stride());
}

template <typename T>
Matrix<T> cholesky_of(MatrixView<const T> a) {
  Matrix<T> l(a.rows(), a.cols());
  const std::size_t pivot = try_cholesky_of("cholesky", a, l.view());
  SURPLUS_REQUIRE(pivot == a.rows(), NumericalError, "cholesky", "a must be positive definite",
                  "pivot", pivot, "n", a.rows());
  return l;
}

template <typename T>
double log_determinant_of(MatrixView<const T> l) {
  detail::require_square("log_determinant", "l", l.shape());
  double sum = 0;
  for (std::size_t i = 0; i < l.rows(); ++i) {
    SURPLUS_REQUIRE(l(i, i) > 0 && std::isfinite(l(i, i)), ArgumentError, "log_determinant",
                    "the diagonal of l must be positive and finite", "row", i, "value", l(i, i));
    sum += std::log(static_cast<double>(l(i, i)));
  }
  return 2 * sum;
}

}  // namespace

Matrix<float> cholesky(MatrixView<const float> a) { return cholesky_of(a); }
Matrix<double> cholesky(MatrixView<const double> a) { return cholesky_of(a); }

std::size_t try_cholesky(MatrixView<const float> a, MatrixView<float> l) {
  return try_cholesky_of("try_cholesky", a, l);
}
std::size_t try_cholesky(MatrixView<const double> a, MatrixView<double> l) {
  return try_cholesky_of("try_cholesky", a, l);
}

double log_determinant(MatrixView<const float> l) { return log_determinant_of(l); }
double log_determinant(MatrixView<const double> l) { return log_determinant_of(l); }

}  // namespace surplus
