#define BOOST_TEST_MODULE eigh
#include "surplus/linalg/eigh.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

template <typename T>
Matrix<T> symmetric(std::size_t n) {
  Matrix<T> a = random_matrix<T>(n, n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) a(j, i) = a(i, j);
  }
  return a;
}

template <typename T>
void check_decomposition(const Matrix<T>& a) {
  const Eigh<T> e = eigh(a);
  const std::size_t n = a.rows();
  const double unit = 30 * static_cast<double>(n) * std::numeric_limits<T>::epsilon();
  BOOST_TEST(std::is_sorted(e.values.begin(), e.values.end()));
  BOOST_TEST(distance(product(e.vectors, scaled_rows(e.values, transpose(e.vectors))), a) <=
             unit * norm(a));
  BOOST_TEST(distance(product(transpose(e.vectors), e.vectors), identity<double>(n)) <= unit);
}

BOOST_AUTO_TEST_CASE(the_vectors_are_orthonormal_and_rebuild_the_matrix) {
  for (const std::size_t n : {1u, 2u, 3u, 17u, 60u}) {
    BOOST_TEST_CONTEXT("n " << n) {
      check_decomposition(symmetric<float>(n));
      check_decomposition(symmetric<double>(n));
    }
  }
}

BOOST_AUTO_TEST_CASE(equal_zero_and_extreme_eigenvalues_are_no_exception) {
  check_decomposition(identity<double>(9));
  check_decomposition(Matrix<double>(5, 5));
  check_decomposition(Matrix<double>(5, 5, 1.0));  // rank one
  const Eigh<double> huge = eigh(Matrix<double>{{1e300, 0}, {0, -1e300}});
  BOOST_TEST(std::abs(huge.values[0] / -1e300 - 1) <= 60 * 0x1p-52);
  BOOST_TEST(std::abs(huge.values[1] / 1e300 - 1) <= 60 * 0x1p-52);
}

BOOST_AUTO_TEST_CASE(a_matrix_solved_by_hand_has_these_values_and_vectors) {
  const Eigh<double> e = eigh(Matrix<double>{{2, 1}, {1, 2}});
  const double unit = 60 * 0x1p-52 * std::sqrt(10.0);
  BOOST_TEST(std::abs(e.values[0] - 1) <= unit);
  BOOST_TEST(std::abs(e.values[1] - 3) <= unit);
  // The vectors of 1 and 3 are (1, -1) and (1, 1) over the root of 2; the gap of 2 between the
  // values lets them err by no more than the values do.
  BOOST_TEST(std::abs(e.vectors(0, 0) + e.vectors(1, 0)) <= unit);
  BOOST_TEST(std::abs(e.vectors(0, 1) - e.vectors(1, 1)) <= unit);
}

BOOST_AUTO_TEST_CASE(only_the_lower_triangle_is_read) {
  Matrix<double> a = symmetric<double>(8);
  const Eigh<double> expected = eigh(a);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = i + 1; j < 8; ++j) a(i, j) = std::nan("");
  }
  const Eigh<double> e = eigh(a);
  BOOST_TEST((e.values == expected.values));
  BOOST_TEST((e.vectors == expected.vectors));
}

BOOST_AUTO_TEST_CASE(an_empty_matrix_has_no_values) {
  const Eigh<double> e = eigh(Matrix<double>());
  BOOST_TEST(e.values.empty());
  BOOST_TEST(e.vectors.empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_square_or_not_finite_is_refused) {
  BOOST_CHECK_EXCEPTION(eigh(Matrix<double>(2, 3)), ShapeError,
                        says("eigh: a must be square; got shape 2 x 3"));
  BOOST_CHECK_EXCEPTION(eigh(Matrix<float>{{1, 0}, {0, std::nanf("")}}), ArgumentError,
                        says("eigh: a must be finite; got row 1, column 1, value nan"));
}

}  // namespace
}  // namespace surplus
