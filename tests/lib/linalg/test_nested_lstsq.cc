#define BOOST_TEST_MODULE nested_lstsq
#include "surplus/linalg/nested_lstsq.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/linalg/ridge.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

Matrix<double> first_columns(const Matrix<double>& a, std::size_t n) {
  return Matrix<double>(a.view().block(0, 0, a.rows(), n));
}

BOOST_AUTO_TEST_CASE(each_count_gets_what_least_squares_on_its_columns_gives) {
  const Matrix<double> a = random_matrix<double>(40, 130, 1), b = random_matrix<double>(40, 3, 2);
  const std::vector<std::size_t> counts = {1, 2, 17, 39, 40, 41, 43, 80, 130};
  const auto results = nested_lstsq<double>(a, b, counts);
  BOOST_REQUIRE(results.size() == counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Lstsq<double> alone = lstsq(first_columns(a, counts[i]), b);
    const Lstsq<double>& nested = results[i];
    const double unit = 40 * 0x1p-52 * alone.condition * alone.condition;
    BOOST_TEST_CONTEXT("count " << counts[i] << ", condition " << alone.condition) {
      BOOST_TEST(nested.rank == alone.rank);
      BOOST_TEST(distance(nested.x, alone.x) <= unit * alone.norm);
      BOOST_TEST(std::abs(nested.norm - alone.norm) <= unit * alone.norm);
      BOOST_TEST(std::abs(nested.residual - alone.residual) <= 10 * unit * norm(b));
      BOOST_TEST(nested.condition <= alone.condition * (1 + unit));
    }
  }
}

BOOST_AUTO_TEST_CASE(columns_are_asked_for_in_blocks_and_the_threads_do_not_matter) {
  const Matrix<double> a = random_matrix<double>(30, 1200, 3), b = random_matrix<double>(30, 2, 4);
  const std::vector<std::size_t> counts = {10, 30, 600, 1200};
  const ColumnBlock<double> columns = [&](std::size_t first, MatrixView<double> out) {
    for (std::size_t i = 0; i < out.rows(); ++i) {
      for (std::size_t j = 0; j < out.cols(); ++j) out(i, j) = a(i, first + j);
    }
  };
  const auto whole = nested_lstsq<double>(a, b, counts);
  for (const std::size_t threads : {1u, 2u}) {
    set_thread_count(threads);
    const auto blocks = nested_lstsq<double>(columns, b, counts);
    for (std::size_t i = 0; i < counts.size(); ++i) BOOST_TEST((blocks[i].x == whole[i].x));
  }
  set_thread_count(0);
}

// Twice the same column, below and above as many as there are rows: rank and norm tell.
BOOST_AUTO_TEST_CASE(a_rank_that_is_not_full_is_reported_with_the_smallest_solution) {
  Matrix<double> a = random_matrix<double>(12, 20, 5);
  for (std::size_t i = 0; i < 12; ++i) {
    a(i, 3) = a(i, 2);
    a(i, 11) = 0;
  }
  for (std::size_t j = 0; j < 20; ++j) a(11, j) = a(10, j);
  const Matrix<double> b = random_matrix<double>(12, 1, 6);
  const std::vector<std::size_t> counts = {6, 12, 20};
  const auto results = nested_lstsq<double>(a, b, counts);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Lstsq<double> alone = lstsq(first_columns(a, counts[i]), b);
    BOOST_TEST(results[i].rank == alone.rank);
    BOOST_TEST(alone.rank < std::min<std::size_t>(counts[i], 12));
    BOOST_TEST(distance(results[i].x, alone.x) <=
               1000 * 0x1p-52 * alone.condition * alone.condition * alone.norm);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Matrix<double> a(2, 3, 1), b(2, 1);
  const auto run = [&](const std::vector<std::size_t>& counts) {
    return nested_lstsq<double>(a, b, counts);
  };
  BOOST_TEST(run({}).empty());
  BOOST_CHECK_EXCEPTION(
      run({0}), ArgumentError,
      says("nested_lstsq: counts must be at least 1 and increase; got count 0, before it 0"));
  BOOST_CHECK_EXCEPTION(
      run({2, 2}), ArgumentError,
      says("nested_lstsq: counts must be at least 1 and increase; got count 2, before it 2"));
  BOOST_CHECK_EXCEPTION(
      run({4}), ArgumentError,
      says("nested_lstsq: counts must be at most the number of columns; got count 4, a 2 x 3"));
  BOOST_CHECK_EXCEPTION(nested_lstsq<double>(a, Matrix<double>(1, 1), std::vector<std::size_t>{1}),
                        ShapeError,
                        says("nested_lstsq: b must have as many rows as a; got b 1 x 1, a 2 x 3"));
  const Matrix<double> infinite{{1, 2}, {3, INFINITY}};
  BOOST_CHECK_EXCEPTION(nested_lstsq<double>(infinite, b, std::vector<std::size_t>{2}),
                        ArgumentError,
                        says("nested_lstsq: a must be finite; got row 1, column 1, value inf"));
  BOOST_CHECK_EXCEPTION(
      nested_lstsq<double>(a, Matrix<double>{{1}, {NAN}}, std::vector<std::size_t>{2}),
      ArgumentError, says("nested_lstsq: b must be finite; got row 1, column 0, value nan"));
}

// A with sqrt(lambda) I below it.
Lstsq<double> ridge_as_lstsq(const Matrix<double>& a, const Matrix<double>& b, double lambda) {
  Matrix<double> taller(a.rows() + a.cols(), a.cols()), side(a.rows() + a.cols(), b.cols());
  std::copy_n(a.data(), a.size(), taller.data());
  std::copy_n(b.data(), b.size(), side.data());
  for (std::size_t j = 0; j < a.cols(); ++j) taller(a.rows() + j, j) = std::sqrt(lambda);
  return lstsq(taller, side);
}

Matrix<double> without_row(const Matrix<double>& a, std::size_t row) {
  Matrix<double> rest(a.rows() - 1, a.cols());
  for (std::size_t i = 0, to = 0; i < a.rows(); ++i) {
    if (i != row) std::copy_n(a.row(i).data(), a.cols(), rest.row(to++).data());
  }
  return rest;
}

BOOST_AUTO_TEST_CASE(ridge_and_its_left_out_rows_are_those_of_fits_one_by_one) {
  for (const Shape shape : {Shape{20, 6}, Shape{8, 8}, Shape{6, 20}}) {
    const Matrix<double> a = random_matrix<double>(shape.rows, shape.cols, 7);
    const Matrix<double> b = random_matrix<double>(shape.rows, 2, 8);
    const RidgeFactors<double> factors = factor_ridge(a, b);
    for (const double lambda : {0.0, 1e-3, 1.0, 100.0}) {
      if (lambda == 0 && shape.rows == shape.cols) continue;  // a limit that is not continuous
      BOOST_TEST_CONTEXT("shape " << to_text(shape) << ", lambda " << lambda) {
        const Ridge<double> fit = ridge(factors, lambda);
        const auto solve = [&](const Matrix<double>& rows, const Matrix<double>& sides) {
          return lambda == 0 ? lstsq(rows, sides) : ridge_as_lstsq(rows, sides, lambda);
        };
        const Lstsq<double> expected = solve(a, b);
        const double unit = 1000 * 0x1p-52 * expected.condition * expected.condition;
        BOOST_TEST(distance(fit.x, expected.x) <= unit * expected.norm);
        double trace = 0;
        for (const double s : factors.svd.values) trace += s * s / (s * s + lambda);
        BOOST_TEST(std::abs(fit.degrees_of_freedom - trace) <= 1e-13 * trace);
        for (std::size_t i = 0; i < shape.rows; ++i) {
          const Lstsq<double> others = solve(without_row(a, i), without_row(b, i));
          for (std::size_t j = 0; j < 2; ++j) {
            double error = b(i, j);
            for (std::size_t l = 0; l < shape.cols; ++l) error -= a(i, l) * others.x(l, j);
            BOOST_TEST(std::abs(fit.leave_one_out(i, j) - error) <= unit * (1 + std::abs(error)));
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_row_that_alone_spans_a_direction_cannot_be_left_out) {
  const Matrix<double> a{{1, 0}, {1, 0}, {0, 1}}, b{{1}, {3}, {5}};
  const Ridge<double> fit = ridge(factor_ridge(a, b), 0);
  BOOST_TEST(std::abs(fit.leave_one_out(0, 0) + 2) <= 1e-14);
  BOOST_TEST(std::isnan(fit.leave_one_out(2, 0)));
  BOOST_TEST(std::isfinite(ridge(factor_ridge(a, b), 1e-6).leave_one_out(2, 0)));
}

BOOST_AUTO_TEST_CASE(ridge_refuses_what_it_cannot_use) {
  const Matrix<double> one{{1}};
  BOOST_CHECK_EXCEPTION(factor_ridge(one, Matrix<double>(2, 1)), ShapeError,
                        says("factor_ridge: b must have as many rows as a; got b 2 x 1, a 1 x 1"));
  const RidgeFactors<double> factors = factor_ridge(one, one);
  BOOST_CHECK_EXCEPTION(ridge(factors, -1), ArgumentError,
                        says("ridge: lambda must be finite and not negative; got lambda -1"));
  BOOST_CHECK_EXCEPTION(ridge(factors, 0, 1.0), ArgumentError,
                        says("ridge: rank_cutoff must be in [0, 1); got rank_cutoff 1"));
}

}  // namespace
}  // namespace surplus
