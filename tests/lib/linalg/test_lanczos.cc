#define BOOST_TEST_MODULE lanczos
#include "surplus/linalg/lanczos.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/matmul.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

constexpr double kEps = std::numeric_limits<double>::epsilon();

Matrix<double> symmetric(std::size_t n, std::uint64_t seed) {
  const Matrix<double> g = random_matrix<double>(n, n, seed);
  Matrix<double> a(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a(i, j) = g(i, j) + g(j, i);
  }
  return a;
}

SymmetricOperator times(const Matrix<double>& a) {
  return [&a](std::span<const double> x, std::span<double> y) {
    matmul(a, MatrixView<const double>(x.data(), x.size(), 1),
           MatrixView<double>(y.data(), y.size(), 1));
  };
}

SymmetricOperator diagonal(const std::vector<double>& d) {
  return [&d](std::span<const double> x, std::span<double> y) {
    for (std::size_t i = 0; i < d.size(); ++i) y[i] = d[i] * x[i];
  };
}

// Of the products and of LAPACK together.
double rounding(const Matrix<double>& a) {
  return 60 * static_cast<double>(a.rows()) * kEps * norm(a);
}

BOOST_AUTO_TEST_CASE(both_ends_are_those_of_the_dense_matrix_within_their_errors) {
  for (const std::size_t n : {1u, 2u, 3u, 17u, 100u, 400u}) {
    const Matrix<double> a = symmetric(n, n);
    const std::vector<double> exact = eigh(a).values;
    const ExtremeEigenvalues found = extreme_eigenvalues(times(a), n, {.tolerance = 1e-9});
    BOOST_TEST((found.stop == Stop::kConverged));
    BOOST_TEST(std::abs(found.top.value - exact.back()) <= found.top.error + rounding(a));
    BOOST_TEST(std::abs(found.bottom.value - exact.front()) <= found.bottom.error + rounding(a));
    BOOST_TEST(found.top.error <= 1e-9 * found.norm() + rounding(a));
    BOOST_TEST(found.norm() == std::max(std::abs(found.top.value), std::abs(found.bottom.value)));
  }
}

BOOST_AUTO_TEST_CASE(every_ritz_value_is_within_its_error_of_an_eigenvalue_at_every_step) {
  const Matrix<double> a = symmetric(60, 3);
  const std::vector<double> exact = eigh(a).values;
  Lanczos lanczos(std::vector<double>(60, 0.5));
  for (std::size_t k = 1; k <= 60; ++k) {
    BOOST_TEST(lanczos.step(times(a)));
    const Lanczos::Ritz ritz = lanczos.ritz();
    double weight = 0;
    for (std::size_t i = 0; i < k; ++i) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const double value : exact) {
        nearest = std::min(nearest, std::abs(value - ritz.values[i]));
      }
      BOOST_REQUIRE(nearest <= ritz.errors[i] + rounding(a));
      weight += ritz.weights[i];
    }
    BOOST_TEST(std::abs(weight - 1) <= 100 * kEps);
  }
  BOOST_TEST(lanczos.exhausted());
  BOOST_TEST(!lanczos.step(times(a)));
  // No eigenvalue twice, none left out.
  const std::vector<double> all = lanczos.ritz().values;
  for (std::size_t i = 0; i < 60; ++i) BOOST_TEST(std::abs(all[i] - exact[i]) <= rounding(a));
}

BOOST_AUTO_TEST_CASE(vectors_belong_to_their_values) {
  const Matrix<double> a = symmetric(200, 5);
  const ExtremeEigenvalues found =
      extreme_eigenvalues(times(a), 200, {.tolerance = 1e-8, .vectors = true});
  for (const Eigenvalue* end : {&found.top, &found.bottom}) {
    std::vector<double> product(200);
    times(a)(end->vector, product);
    double residual = 0, length = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      residual += std::pow(product[i] - end->value * end->vector[i], 2);
      length += end->vector[i] * end->vector[i];
    }
    BOOST_TEST(std::abs(length - 1) <= 1e-12);
    // The residual is the error that is stated.
    BOOST_TEST(std::sqrt(residual) <= end->error + rounding(a));
  }
}

BOOST_AUTO_TEST_CASE(the_larger_end_alone_is_found_sooner_than_both) {
  // The bottom lies close to others, the top far from them.
  std::vector<double> d(2000);
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = static_cast<double>(i) / 2000;
  d.back() = 5;
  const ExtremeEigenvalues largest =
      extreme_eigenvalues(diagonal(d), d.size(), {.end = SpectrumEnd::kLargest});
  const ExtremeEigenvalues top =
      extreme_eigenvalues(diagonal(d), d.size(), {.end = SpectrumEnd::kTop});
  const ExtremeEigenvalues bottom =
      extreme_eigenvalues(diagonal(d), d.size(), {.end = SpectrumEnd::kBottom});
  BOOST_TEST(largest.iterations == top.iterations);
  BOOST_TEST(largest.iterations < bottom.iterations);
  BOOST_TEST(std::abs(largest.norm() - 5) <= largest.top.error);
  BOOST_TEST(std::abs(bottom.bottom.value) <= bottom.bottom.error);
  const ExtremeEigenvalues both = extreme_eigenvalues(diagonal(d), d.size());
  BOOST_TEST(both.iterations == bottom.iterations);
}

BOOST_AUTO_TEST_CASE(an_exhausted_space_ends_the_iteration) {
  for (const double value : {0.0, 1.0, -3.0, 1e-100, 1e100}) {
    const std::vector<double> equal(50, value);
    const ExtremeEigenvalues found = extreme_eigenvalues(diagonal(equal), 50);
    BOOST_TEST((found.stop == Stop::kConverged));
    BOOST_TEST(found.iterations == 1u);
    BOOST_TEST(std::abs(found.top.value - value) <= 20 * kEps * std::abs(value));
  }
  std::vector<double> two(50, -1);
  two[7] = 4;
  const ExtremeEigenvalues found = extreme_eigenvalues(diagonal(two), 50);
  BOOST_TEST(found.iterations == 2u);
  BOOST_TEST(std::abs(found.top.value - 4) <= 1e-13);
  BOOST_TEST(std::abs(found.bottom.value + 1) <= 1e-13);
}

BOOST_AUTO_TEST_CASE(too_few_iterations_and_a_cancelled_run_say_so) {
  const Matrix<double> a = symmetric(100, 8);
  const ExtremeEigenvalues few = extreme_eigenvalues(times(a), 100, {.iterations = 7});
  BOOST_TEST((few.stop == Stop::kIterationLimit));
  BOOST_TEST(few.iterations == 7u);
  BOOST_TEST(few.top.value <= eigh(a).values.back() + rounding(a));
  const ExtremeEigenvalues cancelled = extreme_eigenvalues(
      times(a), 100, {.observer = [](const Progress& p) { return p.iteration < 4; }});
  BOOST_TEST((cancelled.stop == Stop::kCancelled));
  BOOST_TEST(cancelled.iterations == 4u);
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  std::vector<double> d(20000);
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = std::sin(static_cast<double>(i));
  std::vector<ExtremeEigenvalues> results;
  for (const std::size_t threads : {1u, 2u, 5u}) {
    set_thread_count(threads);
    results.push_back(extreme_eigenvalues(diagonal(d), d.size(), {.iterations = 20}));
  }
  set_thread_count(0);
  for (const ExtremeEigenvalues& other : results) {
    BOOST_TEST(other.top.value == results[0].top.value);
    BOOST_TEST(other.bottom.error == results[0].bottom.error);
  }
}

BOOST_AUTO_TEST_CASE(what_has_no_ends_is_refused) {
  const Matrix<double> a = symmetric(3, 1);
  BOOST_CHECK_EXCEPTION(extreme_eigenvalues(times(a), 0), ArgumentError,
                        says("extreme_eigenvalues: the size must be at least 1; got n 0"));
  BOOST_CHECK_EXCEPTION(extreme_eigenvalues(times(a), 3, {.tolerance = 0}), ArgumentError,
                        says("extreme_eigenvalues: tolerance must be positive and iterations at "
                             "least 1; got tolerance 0, iterations 300"));
  BOOST_CHECK_EXCEPTION(extreme_eigenvalues(times(a), 3, {.tolerance = std::nan("")}),
                        ArgumentError,
                        says("extreme_eigenvalues: tolerance must be positive and iterations at "
                             "least 1; got tolerance "
                             "nan, iterations 300"));
  BOOST_CHECK_EXCEPTION(extreme_eigenvalues(times(a), 3, {.iterations = 0}), ArgumentError,
                        says("extreme_eigenvalues: tolerance must be positive and iterations at "
                             "least 1; got tolerance 1e-06, iterations 0"));
  const std::vector<double> broken = {1, std::nan(""), 2};
  BOOST_CHECK_EXCEPTION(extreme_eigenvalues(diagonal(broken), 3), NumericalError,
                        says("Lanczos: products with the matrix must be finite; got step 1"));
  BOOST_CHECK_EXCEPTION(
      Lanczos(std::vector<double>{}), ArgumentError,
      says("Lanczos: the start must have a finite length above 0; got elements 0, length 0"));
  BOOST_CHECK_EXCEPTION(
      Lanczos(std::vector<double>(3)), ArgumentError,
      says("Lanczos: the start must have a finite length above 0; got elements 3, length 0"));
}

}  // namespace
}  // namespace surplus
