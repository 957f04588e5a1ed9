#include "surplus/linalg/cholesky.h"

#include <algorithm>
#include <cmath>

#include "kernels/blas.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/checks.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

// Columns that LAPACK factorises on one thread, and rows of a task below them.
constexpr std::size_t kPanel = 256, kRows = 128;

// B <- B L^-T for the rows of b, some of them a task.
template <typename T>
void divide_rows(MatrixView<const T> l, MatrixView<T> b) {
  const Chunks chunks{b.rows(), kRows};
  parallel_for(chunks.count(), [&](std::size_t chunk) {
    const std::size_t i = chunks.begin(chunk);
    kernels::trsm_right(true, chunks.end(chunk) - i, b.cols(), l.data(), l.stride(),
                        b.data() + i * b.stride(), b.stride());
  });
}

// The leading `done` rows of l are the factor's; right-looking from there on.
template <typename T>
std::size_t factorise(MatrixView<T> l, std::size_t done) {
  const std::size_t n = l.rows();
  if (done > 0 && done < n) {
    const MatrixView<T> below = l.block(done, 0, n - done, done);
    divide_rows<T>(l.block(0, 0, done, done), below);
    gram(below, l.block(done, done, n - done, n - done), {.alpha = -1, .beta = 1});
  }
  for (std::size_t i = done; i < n; i += kPanel) {
    const std::size_t width = std::min(kPanel, n - i), rest = n - i - width;
    const MatrixView<T> corner = l.block(i, i, width, width);
    const std::size_t pivots = kernels::potrf(width, corner.data(), corner.stride());
    if (pivots < width) return i + pivots;
    if (rest == 0) break;
    const MatrixView<T> below = l.block(i + width, i, rest, width);
    divide_rows<T>(corner, below);
    gram(below, l.block(i + width, i + width, rest, rest), {.alpha = -1, .beta = 1});
  }
  return n;
}

template <typename T>
std::size_t extend_cholesky_of(MatrixView<T> l, std::size_t done) {
  const char* function = "extend_cholesky";
  detail::require_square(function, "l", l.shape());
  SURPLUS_REQUIRE(done <= l.rows(), ShapeError, function, "done must be at most n", "done", done,
                  "n", l.rows());
  detail::require_lapack_size(function, "l", l.shape(), l.stride());
  detail::require_finite_lower(function, "l", MatrixView<const T>(l));
  return factorise(l, done);
}

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
  return factorise(l, 0);
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

template <typename T>
double least_condition_of(MatrixView<const T> l) {
  detail::require_square("least_condition", "l", l.shape());
  if (l.rows() == 0) return 1;
  T largest = l(0, 0), smallest = l(0, 0);
  for (std::size_t i = 1; i < l.rows(); ++i) {
    largest = std::max(largest, l(i, i));
    smallest = std::min(smallest, l(i, i));
  }
  return static_cast<double>(largest) / static_cast<double>(smallest);
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

std::size_t extend_cholesky(MatrixView<float> l, std::size_t done) {
  return extend_cholesky_of(l, done);
}
std::size_t extend_cholesky(MatrixView<double> l, std::size_t done) {
  return extend_cholesky_of(l, done);
}

double least_condition(MatrixView<const float> l) { return least_condition_of(l); }
double least_condition(MatrixView<const double> l) { return least_condition_of(l); }

double log_determinant(MatrixView<const float> l) { return log_determinant_of(l); }
double log_determinant(MatrixView<const double> l) { return log_determinant_of(l); }

}  // namespace surplus
