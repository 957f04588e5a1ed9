#define BOOST_TEST_MODULE svd
#include "surplus/linalg/svd.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

template <typename T>
void check_decomposition(const Matrix<T>& a) {
  const Svd<T> s = svd(a);
  const std::size_t r = std::min(a.rows(), a.cols());
  const double unit =
      30 * static_cast<double>(std::max(a.rows(), a.cols())) * std::numeric_limits<T>::epsilon();
  BOOST_TEST((s.u.shape() == Shape{a.rows(), r}));
  BOOST_TEST((s.vt.shape() == Shape{r, a.cols()}));
  BOOST_TEST(std::is_sorted(s.values.begin(), s.values.end(), std::greater<>()));
  for (const T value : s.values) BOOST_TEST(value >= 0);
  BOOST_TEST(distance(product(s.u, scaled_rows(s.values, s.vt)), a) <= unit * norm(a));
  BOOST_TEST(distance(product(transpose(s.u), s.u), identity<double>(r)) <= unit);
  BOOST_TEST(distance(product(s.vt, transpose(s.vt)), identity<double>(r)) <= unit);
}

BOOST_AUTO_TEST_CASE(the_vectors_are_orthonormal_and_rebuild_the_matrix) {
  for (const std::size_t m : {1u, 2u, 5u, 40u}) {
    for (const std::size_t n : {1u, 2u, 7u, 60u}) {
      BOOST_TEST_CONTEXT("m " << m << ", n " << n) {
        check_decomposition(random_matrix<float>(m, n, m + n));
        check_decomposition(random_matrix<double>(m, n, m + n));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_rank_shows_as_values_of_zero) {
  check_decomposition(Matrix<double>(4, 6));
  const Matrix<double> a = product(random_matrix<double>(9, 2, 1), random_matrix<double>(2, 7, 2));
  check_decomposition(a);
  const Svd<double> s = svd(a);
  BOOST_TEST(s.values[1] > 0.01);
  for (std::size_t i = 2; i < 7; ++i) BOOST_TEST(s.values[i] <= 30 * 9 * 0x1p-52 * norm(a));
}

BOOST_AUTO_TEST_CASE(a_window_of_a_larger_matrix_is_taken_by_its_stride) {
  const Matrix<double> frame = random_matrix<double>(8, 9, 5);
  const MatrixView<const double> window = frame.view().block(1, 2, 5, 4);
  BOOST_TEST((svd(window).values == svd(Matrix<double>(window)).values));
}

BOOST_AUTO_TEST_CASE(a_matrix_without_elements_has_no_values) {
  for (const Shape shape : {Shape{0, 0}, Shape{3, 0}, Shape{0, 3}}) {
    const Svd<double> s = svd(Matrix<double>(shape.rows, shape.cols));
    BOOST_TEST(s.values.empty());
    BOOST_TEST(s.u.rows() == shape.rows);
    BOOST_TEST(s.vt.cols() == shape.cols);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_or_too_large_is_refused) {
  const double inf = std::numeric_limits<double>::infinity();
  BOOST_CHECK_EXCEPTION(svd(Matrix<double>{{1, 2, inf}}), ArgumentError,
                        says("svd: a must be finite; got row 0, column 2, value inf"));
  const MatrixView<const double> tall(nullptr, std::size_t{1} << 31, 0);
  BOOST_CHECK_EXCEPTION(svd(tall), ShapeError,
                        says("svd: a must have sizes and a stride below 2^31; got shape 2147483648 "
                             "x 0, stride 0"));
}

}  // namespace
}  // namespace surplus
