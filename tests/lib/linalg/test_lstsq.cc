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

// Full rank, tall, square and wide: three roads to one X.
template <typename T>
void check_methods_agree(const Shape& shape) {
  const Matrix<T> a = random_matrix<T>(shape.rows, shape.cols, 3);
  const Matrix<T> b = random_matrix<T>(shape.rows, 2, 4);
  const Lstsq<T> surest = lstsq(a, b);
  const double unit = 30 * static_cast<double>(std::max(shape.rows, shape.cols)) *
                      std::numeric_limits<T>::epsilon() * surest.condition * surest.condition;
  for (const LstsqMethod method : {LstsqMethod::kPivotedQr, LstsqMethod::kGram}) {
    const Lstsq<T> other = lstsq(a, b, {.method = method, .corrections = 4});
    BOOST_TEST(other.rank == surest.rank);
    BOOST_TEST(distance(other.x, surest.x) <= unit * norm(surest.x));
    BOOST_TEST(other.condition <= surest.condition * (1 + unit));
    BOOST_TEST(other.condition >= 1);
    BOOST_TEST(std::abs(other.norm - norm(surest.x)) <= unit * norm(surest.x));
    BOOST_TEST(std::abs(other.residual - surest.residual) <= unit * norm(b));
  }
}

BOOST_AUTO_TEST_CASE(all_methods_find_the_same_solution_of_full_rank) {
  for (const Shape shape :
       {Shape{1, 1}, Shape{9, 9}, Shape{30, 6}, Shape{6, 30}, Shape{300, 290}}) {
    BOOST_TEST_CONTEXT("shape " << to_text(shape)) {
      check_methods_agree<double>(shape);
      if (shape.rows < 100) check_methods_agree<float>(shape);
    }
  }
}

BOOST_AUTO_TEST_CASE(pivoted_qr_finds_the_smallest_solution_of_any_rank) {
  for (const Shape shape : {Shape{20, 8}, Shape{8, 20}}) {
    const Matrix<double> a = of_rank<double>(shape.rows, shape.cols, 4);
    const Matrix<double> b = random_matrix<double>(shape.rows, 3, 6);
    const Lstsq<double> svd = lstsq(a, b), qr = lstsq(a, b, {.method = LstsqMethod::kPivotedQr});
    BOOST_TEST(qr.rank == 4u);
    BOOST_TEST(distance(qr.x, svd.x) <= 1000 * 0x1p-52 * svd.condition * svd.condition * svd.norm);
  }
}

BOOST_AUTO_TEST_CASE(corrections_win_back_digits_that_the_gram_matrix_loses) {
  // Singular values from 1 to 1e-6: the product is known to 1e-4 of the smallest one.
  const Svd<double> u = svd(random_matrix<double>(40, 12, 1));
  Matrix<double> a(40, 12);
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 12; ++j) {
      for (std::size_t l = 0; l < 12; ++l) {
        a(i, j) += u.u(i, l) * std::pow(10.0, -6 * static_cast<double>(l) / 11) * u.vt(l, j);
      }
    }
  }
  const Matrix<double> truth = random_matrix<double>(12, 1, 5), b = product(a, truth);
  double before = 1;
  for (const std::size_t corrections : {0u, 1u, 2u}) {
    const Lstsq<double> fit =
        lstsq(a, b, {.method = LstsqMethod::kGram, .corrections = corrections});
    const double error = distance(fit.x, truth) / norm(truth);
    BOOST_TEST(error < before);
    before = error;
  }
  BOOST_TEST(before <= 100 * 0x1p-52 * 1e6);
}

BOOST_AUTO_TEST_CASE(the_gram_path_refuses_a_matrix_without_full_rank) {
  BOOST_CHECK_EXCEPTION(
      lstsq(Matrix<double>{{1, 0}, {0, 0}}, Matrix<double>{{1}, {1}},
            {.method = LstsqMethod::kGram}),
      NumericalError,
      says("lstsq: the Gram matrix must be positive definite; got pivot 1, order 2"));
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
