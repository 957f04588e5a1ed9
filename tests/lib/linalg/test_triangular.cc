#define BOOST_TEST_MODULE triangular
#include "surplus/linalg/triangular.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

// Lower triangular with NaN above, which must not be read.
template <typename T>
Matrix<T> lower(std::size_t n) {
  Matrix<T> l = random_matrix<T>(n, n, n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    l(i, i) += static_cast<T>(l(i, i) < 0 ? -2 : 2);
    for (std::size_t j = i + 1; j < n; ++j) l(i, j) = std::numeric_limits<T>::quiet_NaN();
  }
  return l;
}

// |op(L) x - b| <= (n + 1) eps |op(L)| |x|, the header's bound, for one unknown x.
template <typename T, typename L, typename X, typename B>
void check_residual(std::size_t n, const L& l, const X& x, const B& b) {
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0, magnitude = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double term = l(i, j) * static_cast<double>(x(j));
      sum += term;
      magnitude += std::abs(term);
    }
    const double eps = std::numeric_limits<T>::epsilon();
    const double bound = static_cast<double>(n + 1) * (eps + 0x1p-52) * magnitude;
    BOOST_TEST(std::abs(sum - static_cast<double>(b(i))) <= bound);
  }
}

template <typename T>
void check_systems(std::size_t n, std::size_t others) {
  const Matrix<T> l = lower<T>(n);
  const auto entry = [&](std::size_t i, std::size_t j) {
    return j <= i ? static_cast<double>(l(i, j)) : 0.0;
  };
  const auto flipped = [&](std::size_t i, std::size_t j) { return entry(j, i); };
  for (const Triangular system : {Triangular::kLeft, Triangular::kLeftTransposed}) {
    const Matrix<T> b = random_matrix<T>(n, others, 3);
    Matrix<T> x = b;
    triangular_solve(l, x, system);
    for (std::size_t c = 0; c < others; ++c) {
      const auto xc = [&](std::size_t i) { return x(i, c); };
      const auto bc = [&](std::size_t i) { return b(i, c); };
      if (system == Triangular::kLeft) {
        check_residual<T>(n, entry, xc, bc);
      } else {
        check_residual<T>(n, flipped, xc, bc);
      }
    }
  }
  for (const Triangular system : {Triangular::kRight, Triangular::kRightTransposed}) {
    const Matrix<T> b = random_matrix<T>(others, n, 3);
    Matrix<T> x = b;
    triangular_solve(l, x, system);
    for (std::size_t r = 0; r < others; ++r) {
      const auto xr = [&](std::size_t j) { return x(r, j); };
      const auto br = [&](std::size_t j) { return b(r, j); };
      if (system == Triangular::kRightTransposed) {
        check_residual<T>(n, entry, xr, br);
      } else {
        check_residual<T>(n, flipped, xr, br);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_solution_of_each_of_the_four_systems_satisfies_it) {
  for (const std::size_t n : {1u, 2u, 5u, 33u, 100u}) {
    for (const std::size_t others : {1u, 3u, 40u}) {
      BOOST_TEST_CONTEXT("n " << n << ", others " << others) {
        check_systems<float>(n, others);
        check_systems<double>(n, others);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_written_beside_a_window) {
  Matrix<double> frame(4, 5, 7.0);
  triangular_solve(Matrix<double>{{2, 0}, {1, 1}}, frame.view().block(1, 1, 2, 3));
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      const bool inside = i >= 1 && i < 3 && j >= 1 && j < 4;
      BOOST_TEST(frame(i, j) == (inside ? 3.5 : 7.0));
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_to_solve_is_solved) {
  Matrix<double> nothing, no_columns(2, 0);
  triangular_solve(Matrix<double>(), nothing);
  triangular_solve(Matrix<double>{{1, 0}, {0, 1}}, no_columns);
  BOOST_TEST(no_columns.empty());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_or_cannot_be_solved_is_refused) {
  const double inf = std::numeric_limits<double>::infinity();
  const Matrix<double> l{{1, 0}, {5, 1}};
  Matrix<double> b(2, 3), bad{{1, inf}};
  BOOST_CHECK_EXCEPTION(triangular_solve(Matrix<double>(2, 3), b), ShapeError,
                        says("triangular_solve: l must be square; got shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(
      triangular_solve(Matrix<double>{{1}}, b), ShapeError,
      says("triangular_solve: b must have as many rows as l; got b 2 x 3, l 1 x 1"));
  BOOST_CHECK_EXCEPTION(
      triangular_solve(l, b, Triangular::kRight), ShapeError,
      says("triangular_solve: b must have as many columns as l; got b 2 x 3, l 2 x 2"));
  BOOST_CHECK_EXCEPTION(triangular_solve(Matrix<double>{{1, 0}, {5, 0}}, b), NumericalError,
                        says("triangular_solve: the diagonal of l must not be zero; got row 1, n "
                             "2"));
  BOOST_CHECK_EXCEPTION(triangular_solve(Matrix<double>{{inf}}, bad), ArgumentError,
                        says("triangular_solve: l must be finite; got row 0, column 0, value inf"));
  BOOST_CHECK_EXCEPTION(triangular_solve(Matrix<double>{{1}}, bad), ArgumentError,
                        says("triangular_solve: b must be finite; got row 0, column 1, value inf"));
}

}  // namespace
}  // namespace surplus
