#define BOOST_TEST_MODULE lstsq
#include "surplus/linalg/lstsq.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/linalg/svd.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

// The residual is orthogonal to A's columns, and X lies in the span of A's rows: together they say
// that no other X does better, and that none as good is smaller.
template <typename T>
void check_solution(const Matrix<T>& a, const Matrix<T>& b, std::size_t rank) {
  const Lstsq<T> found = lstsq(a, b);
  BOOST_TEST(found.rank == rank);
  const double unit =
      30 * static_cast<double>(std::max(a.rows(), a.cols())) * std::numeric_limits<T>::epsilon();
  Matrix<double> residual = product(a, found.x);
  for (std::size_t i = 0; i < b.rows(); ++i) {
    for (std::size_t j = 0; j < b.cols(); ++j) residual(i, j) -= static_cast<double>(b(i, j));
  }
  Matrix<double> a_t(a.cols(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) a_t(j, i) = static_cast<double>(a(i, j));
  }
  BOOST_TEST(norm(product(a_t, residual)) <= unit * norm(a) * (norm(a) * norm(found.x) + norm(b)));
  // The part of X outside the row space: X - V V^T X over the first `rank` rows of VT. The rows
  // themselves are known to `unit` times the condition of the part that counts.
  const Svd<T> s = svd(a);
  Matrix<T> v(rank, a.cols());
  for (std::size_t i = 0; i < rank; ++i) std::copy_n(s.vt.row(i).data(), a.cols(), v.row(i).data());
  Matrix<double> x(found.x.rows(), found.x.cols()), v_double(v.rows(), v.cols());
  std::copy(found.x.values().begin(), found.x.values().end(), x.values().begin());
  std::copy(v.values().begin(), v.values().end(), v_double.values().begin());
  const Matrix<double> projected = product(transpose(v_double), product(v_double, x));
  const double condition = rank == 0 ? 1.0 : static_cast<double>(s.values[0] / s.values[rank - 1]);
  BOOST_TEST(distance(projected, x) <= unit * condition * norm(x));
}

template <typename T>
Matrix<T> of_rank(std::size_t m, std::size_t n, std::size_t rank) {
  const Matrix<double> a =
      product(random_matrix<double>(m, rank, 1), random_matrix<double>(rank, n, 2));
  Matrix<T> rounded(m, n);
  std::copy(a.values().begin(), a.values().end(), rounded.values().begin());
  return rounded;
}

BOOST_AUTO_TEST_CASE(the_solution_is_the_smallest_of_the_best_for_any_shape_and_rank) {
  for (const Shape shape : {Shape{1, 1}, Shape{5, 5}, Shape{20, 6}, Shape{6, 20}, Shape{50, 40}}) {
    for (const std::size_t k : {1u, 3u}) {
      const std::size_t full = std::min(shape.rows, shape.cols);
      BOOST_TEST_CONTEXT("shape " << to_text(shape) << ", k " << k) {
        const Matrix<double> b = random_matrix<double>(shape.rows, k, 7);
        check_solution(random_matrix<double>(shape.rows, shape.cols, 9), b, full);
        check_solution(of_rank<double>(shape.rows, shape.cols, (full + 1) / 2), b, (full + 1) / 2);
        check_solution(Matrix<double>(shape.rows, shape.cols), b, 0);
        check_solution(random_matrix<float>(shape.rows, shape.cols, 9),
                       random_matrix<float>(shape.rows, k, 7), full);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_through_points_known_by_hand_is_found) {
  // y = 1 + 2 t with the residuals 1, -2, 1 added, which are orthogonal to 1 and to t.
  const Lstsq<double> fit =
      lstsq(Matrix<double>{{1, 0}, {1, 1}, {1, 2}}, Matrix<double>{{2}, {1}, {6}});
  BOOST_TEST(std::abs(fit.x(0, 0) - 1) <= 1000 * 0x1p-52);
  BOOST_TEST(std::abs(fit.x(1, 0) - 2) <= 1000 * 0x1p-52);
}

BOOST_AUTO_TEST_CASE(the_cutoff_decides_which_singular_values_count) {
  const Matrix<double> a{{1, 0}, {0, 1e-3}}, b{{1}, {1}};
  const Lstsq<double> all = lstsq(a, b), first = lstsq(a, b, {.rank_cutoff = 1e-2});
  BOOST_TEST(all.rank == 2u);
  BOOST_TEST(std::abs(all.x(1, 0) - 1e3) <= 60 * 0x1p-52 * 1e6);
  BOOST_TEST(first.rank == 1u);
  BOOST_TEST(std::abs(first.x(1, 0)) <= 60 * 0x1p-52 * 1e3);
  BOOST_TEST(std::abs(first.singular_values[1] - 1e-3) <= 60 * 0x1p-52);
}

BOOST_AUTO_TEST_CASE(without_rows_columns_or_right_hand_sides_the_answer_is_empty_or_zero) {
  const Lstsq<double> no_rows = lstsq(Matrix<double>(0, 2), Matrix<double>(0, 3));
  BOOST_TEST((no_rows.x == Matrix<double>(2, 3)));
  BOOST_TEST(no_rows.rank == 0u);
  BOOST_TEST(lstsq(Matrix<double>(2, 0), Matrix<double>(2, 3)).x.empty());
  const Lstsq<double> no_sides = lstsq(Matrix<double>{{3, 0}, {0, 4}}, Matrix<double>(2, 0));
  BOOST_TEST(no_sides.x.empty());
  BOOST_TEST(no_sides.rank == 2u);
  BOOST_TEST(std::abs(no_sides.singular_values[0] - 4) <= 60 * 0x1p-52 * 5);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_or_is_not_finite_is_refused) {
  const double nan = std::nan("");
  const Matrix<double> one{{1}};
  BOOST_CHECK_EXCEPTION(lstsq(Matrix<double>(2, 3), one), ShapeError,
                        says("lstsq: b must have as many rows as a; got b 1 x 1, a 2 x 3"));
  BOOST_CHECK_EXCEPTION(lstsq(Matrix<double>{{nan}}, one), ArgumentError,
                        says("lstsq: a must be finite; got row 0, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(lstsq(one, Matrix<double>{{nan}}), ArgumentError,
                        says("lstsq: b must be finite; got row 0, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(lstsq(one, one, {.rank_cutoff = 1.0}), ArgumentError,
                        says("lstsq: rank_cutoff must be in [0, 1); got rank_cutoff 1"));
  BOOST_CHECK_EXCEPTION(lstsq(one, one, {.rank_cutoff = nan}), ArgumentError,
                        says("lstsq: rank_cutoff must be in [0, 1); got rank_cutoff nan"));
}

}  // namespace
}  // namespace surplus
