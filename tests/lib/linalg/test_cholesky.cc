#define BOOST_TEST_MODULE cholesky
#include "surplus/linalg/cholesky.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;
using tests::spd_matrix;

// The last ones LAPACK works on by blocks.
const std::size_t kSizes[] = {1, 2, 3, 4, 7, 16, 31, 32, 33, 64, 150};

template <typename T>
void check_factor(const Matrix<T>& a, const Matrix<T>& l) {
  const std::size_t n = a.rows();
  for (std::size_t i = 0; i < n; ++i) {
    BOOST_TEST(l(i, i) > 0);
    for (std::size_t j = i + 1; j < n; ++j) BOOST_TEST(l(i, j) == 0);
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0, magnitude = 0;
      for (std::size_t p = 0; p <= j; ++p) {
        const double term = static_cast<double>(l(i, p)) * static_cast<double>(l(j, p));
        sum += term;
        magnitude += std::abs(term);
      }
      // The header's bound, and that of the sum above.
      const double eps = std::numeric_limits<T>::epsilon();
      const double bound = (static_cast<double>(n) + 2) * (eps + 0x1p-52) * magnitude;
      BOOST_TEST(std::abs(sum - static_cast<double>(a(i, j))) <= bound);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_factor_times_its_transpose_is_the_matrix) {
  for (const std::size_t n : kSizes) {
    BOOST_TEST_CONTEXT("n " << n) {
      const Matrix<float> a = spd_matrix<float>(n, n);
      check_factor(a, cholesky(a));
      const Matrix<double> b = spd_matrix<double>(n, n);
      check_factor(b, cholesky(b));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_the_lower_triangle_is_read) {
  for (const std::size_t n : kSizes) {
    Matrix<double> a = spd_matrix<double>(n, n);
    const Matrix<double> expected = cholesky(a);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) a(i, j) = std::nan("");
    }
    BOOST_TEST((cholesky(a) == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_matrix_may_be_factored_in_its_own_place_and_in_a_window) {
  for (const std::size_t n : kSizes) {
    const Matrix<double> a = spd_matrix<double>(n, n);
    Matrix<double> frame(n + 2, n + 3, 7.0);
    const MatrixView<double> window = frame.view().block(1, 1, n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) window(i, j) = a(i, j);
    }
    BOOST_TEST(try_cholesky(window, window) == n);
    check_factor(a, Matrix<double>(window));
    for (std::size_t i = 0; i < frame.rows(); ++i) {
      BOOST_TEST(frame(i, 0) == 7.0);
      BOOST_TEST(frame(i, n + 1) == 7.0);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_first_pivot_that_is_not_positive_is_named) {
  for (const std::size_t n : kSizes) {
    for (const std::size_t bad : {std::size_t{0}, n / 2, n - 1}) {
      Matrix<double> a(n, n);
      for (std::size_t i = 0; i < n; ++i) a(i, i) = 1;
      Matrix<double> l(n, n);
      for (const double pivot : {0.0, -1.0}) {
        a(bad, bad) = pivot;
        BOOST_TEST(try_cholesky(a, l) == bad);
      }
    }
  }
  BOOST_CHECK_EXCEPTION(cholesky(Matrix<double>{{1, 2}, {2, 1}}), NumericalError,
                        says("cholesky: a must be positive definite; got pivot 1, n 2"));
  BOOST_CHECK_EXCEPTION(cholesky(Matrix<float>{{0}}), NumericalError,
                        says("cholesky: a must be positive definite; got pivot 0, n 1"));
}

BOOST_AUTO_TEST_CASE(overflow_on_the_way_is_a_pivot_that_is_not_positive) {
  for (const std::size_t n : {std::size_t{3}, std::size_t{40}}) {
    Matrix<double> a(n, n);
    for (std::size_t i = 0; i < n; ++i) a(i, i) = 1e-300;
    for (std::size_t i = 1; i < n; ++i) a(i, 0) = 1e300;
    Matrix<double> l(n, n);
    BOOST_TEST(try_cholesky(a, l) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_rank_deficient_matrix_does_not_pass_for_a_definite_one) {
  // Exact in binary: the third pivot is exactly zero.
  const Matrix<double> a{{4, 2, 2}, {2, 2, 0}, {2, 0, 2}};
  BOOST_CHECK_EXCEPTION(cholesky(a), NumericalError,
                        says("cholesky: a must be positive definite; got pivot 2, n 3"));
}

BOOST_AUTO_TEST_CASE(the_log_determinant_is_that_of_a_product_known_by_hand) {
  const Matrix<double> a{{4, 2}, {2, 3}};  // det 8
  BOOST_TEST(std::abs(log_determinant(cholesky(a)) - std::log(8.0)) <= 16 * 0x1p-52);
  BOOST_TEST(log_determinant(Matrix<double>()) == 0.0);
  // Its determinant, 1e-4000, is far below the smallest double.
  Matrix<double> tiny(40, 40);
  for (std::size_t i = 0; i < 40; ++i) tiny(i, i) = 1e-100;
  const double expected = -4000 * std::log(10.0);
  BOOST_TEST(std::abs(log_determinant(cholesky(tiny)) - expected) <= 82 * 0x1p-52 * -expected);
}

BOOST_AUTO_TEST_CASE(an_empty_matrix_has_an_empty_factor) {
  BOOST_TEST(cholesky(Matrix<double>()).empty());
  Matrix<float> l;
  BOOST_TEST(try_cholesky(Matrix<float>(), l) == 0u);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_or_is_not_finite_is_refused) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  Matrix<double> l(2, 3);
  BOOST_CHECK_EXCEPTION(cholesky(Matrix<double>(2, 3)), ShapeError,
                        says("cholesky: a must be square; got shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(try_cholesky(Matrix<double>(2, 2), l), ShapeError,
                        says("try_cholesky: l must have the shape of a; got l 2 x 3, a 2 x 2"));
  BOOST_CHECK_EXCEPTION(cholesky(Matrix<double>{{1, 0}, {nan, 1}}), ArgumentError,
                        says("cholesky: a must be finite; got row 1, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(cholesky(Matrix<double>{{1, 0}, {0, -inf}}), ArgumentError,
                        says("cholesky: a must be finite; got row 1, column 1, value -inf"));
  Matrix<double> one{{1}};
  const MatrixView<double> wide(one.data(), 1, 1, std::size_t{1} << 31);
  BOOST_CHECK_EXCEPTION(try_cholesky(one, wide), ShapeError,
                        says("try_cholesky: l must have sizes and a stride below 2^31; got shape "
                             "1 x 1, stride 2147483648"));
  BOOST_CHECK_EXCEPTION(log_determinant(Matrix<double>(2, 1)), ShapeError,
                        says("log_determinant: l must be square; got shape 2 x 1"));
  BOOST_CHECK_EXCEPTION(log_determinant(Matrix<double>{{1, 0}, {0, 0}}), ArgumentError,
                        says("log_determinant: the diagonal of l must be positive and finite; got "
                             "row 1, value 0"));
}

// More than one panel, and rows added within one: the factor is that of the whole matrix.
BOOST_AUTO_TEST_CASE(a_factor_that_grew_is_the_factor_of_the_grown_matrix) {
  const std::size_t n = 600;
  const Matrix<double> a = spd_matrix<double>(n, 3);
  for (const std::size_t done : {0u, 1u, 100u, 257u, 599u, 600u}) {
    Matrix<double> l(a);
    BOOST_TEST(try_cholesky(a.view().block(0, 0, done, done), l.view().block(0, 0, done, done)) ==
               done);
    BOOST_TEST(extend_cholesky(l.view(), done) == n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = 0, size = 0;
        for (std::size_t p = 0; p <= j; ++p) {
          sum += l(i, p) * l(j, p);
          size += std::abs(l(i, p) * l(j, p));
        }
        worst = std::max(worst, std::abs(sum - a(i, j)) / size);
      }
    }
    // Once for the factor, once for this check.
    BOOST_TEST(worst <= 2 * static_cast<double>(n + 2) * 0x1p-52);
    if (done < n) BOOST_TEST(l(0, n - 1) == a(0, n - 1));
  }
}

BOOST_AUTO_TEST_CASE(a_factor_that_cannot_grow_says_where_it_ends) {
  Matrix<double> l = tests::identity<double>(400);
  l(300, 300) = -1;
  BOOST_TEST(extend_cholesky(l.view(), 200) == 300u);
  BOOST_CHECK_EXCEPTION(extend_cholesky(l.view(), 401), ShapeError,
                        says("extend_cholesky: done must be at most n; got done 401, n 400"));
}

BOOST_AUTO_TEST_CASE(the_diagonal_bounds_the_condition_from_below) {
  BOOST_TEST(least_condition(Matrix<double>{{2, 0}, {5, 8}}) == 4.0);
  BOOST_TEST(least_condition(Matrix<float>(0, 0)) == 1.0);
  BOOST_CHECK_EXCEPTION(least_condition(Matrix<double>(1, 2)), ShapeError,
                        says("least_condition: l must be square; got shape 1 x 2"));
}

}  // namespace
}  // namespace surplus
