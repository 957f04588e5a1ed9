#include "surplus/linalg/triangular.h"

#include "kernels/blas.h"
#include "surplus/linalg/checks.h"

namespace surplus {
namespace {

template <typename T>
void solve(MatrixView<const T> l, MatrixView<T> b, Triangular system) {
  const char* function = "triangular_solve";
  const bool left = system == Triangular::kLeft || system == Triangular::kLeftTransposed;
  const bool transposed =
      system == Triangular::kLeftTransposed || system == Triangular::kRightTransposed;
  detail::require_square(function, "l", l.shape());
  SURPLUS_REQUIRE(l.rows() == (left ? b.rows() : b.cols()), ShapeError, function,
                  left ? "b must have as many rows as l" : "b must have as many columns as l", "b",
                  b.shape(), "l", l.shape());
  detail::require_lapack_size(function, "l", l.shape(), l.stride());
  detail::require_lapack_size(function, "b", b.shape(), b.stride());
  detail::require_finite_lower(function, "l", l);
  detail::require_finite(function, "b", b);
  for (std::size_t i = 0; i < l.rows(); ++i) {
    SURPLUS_REQUIRE(l(i, i) != 0, NumericalError, function, "the diagonal of l must not be zero",
                    "row", i, "n", l.rows());
  }
  if (left) {
    kernels::trsm_left(transposed, b.rows(), b.cols(), l.data(), l.stride(), b.data(), b.stride());
  } else {
    kernels::trsm_right(transposed, b.rows(), b.cols(), l.data(), l.stride(), b.data(), b.stride());
  }
}

}  // namespace

void triangular_solve(MatrixView<const float> l, MatrixView<float> b, Triangular system) {
  solve(l, b, system);
}
void triangular_solve(MatrixView<const double> l, MatrixView<double> b, Triangular system) {
  solve(l, b, system);
}

}  // namespace surplus
