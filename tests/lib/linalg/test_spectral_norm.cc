#define BOOST_TEST_MODULE spectral_norm
#include "surplus/linalg/spectral_norm.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/parallel.h"
#include "surplus/linalg/svd.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

constexpr double kEps = std::numeric_limits<double>::epsilon();

// Bound of the two computations together: the header's and that of svd(), p the larger size.
template <typename T>
double rounding(const Matrix<T>& a) {
  const auto p = static_cast<double>(std::max(a.rows(), a.cols()));
  return (static_cast<double>(a.rows() + a.cols()) + 30 * p) * kEps * norm(a);
}

BOOST_AUTO_TEST_CASE(it_is_the_largest_singular_value_of_any_shape) {
  for (const std::size_t m : {1u, 2u, 5u, 40u, 300u}) {
    for (const std::size_t n : {1u, 3u, 30u, 200u}) {
      BOOST_TEST_CONTEXT("m " << m << ", n " << n) {
        const Matrix<double> a = random_matrix<double>(m, n, m + n);
        const Svd<double> s = svd(a);
        const SpectralNorm found = spectral_norm(a);
        BOOST_TEST((found.stop == Stop::kConverged));
        BOOST_TEST(found.error <= 1e-10 * found.value);
        BOOST_TEST(std::abs(found.value - s.values[0]) <= found.error + rounding(a));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(floats_are_taken_in_double) {
  const Matrix<float> a = random_matrix<float>(50, 20, 3);
  Matrix<double> wide(50, 20);
  std::copy_n(a.data(), a.size(), wide.data());
  BOOST_TEST(spectral_norm(a).value == spectral_norm(wide).value);
}

BOOST_AUTO_TEST_CASE(a_value_from_too_few_iterations_is_below_the_norm_and_says_so) {
  const Matrix<double> a = random_matrix<double>(200, 200, 9);
  const double exact = svd(a).values[0];
  double before = 0;
  for (const std::size_t k : {1u, 2u, 4u, 8u, 16u}) {
    const SpectralNorm found = spectral_norm(a, {.iterations = k});
    BOOST_TEST((found.stop == Stop::kIterationLimit));
    BOOST_TEST(found.iterations == k);
    BOOST_TEST(found.value > before);
    BOOST_TEST(found.value <= exact + rounding(a));
    // The theorem with a share of 1e-6 of the starts.
    const double root = std::log(1.648 * std::sqrt(200.0) / 1e-6) / (2.0 * k - 1);
    BOOST_TEST(found.value * found.value >= (1 - root * root) * exact * exact);
    before = found.value;
  }
}

BOOST_AUTO_TEST_CASE(its_error_holds_a_singular_value_at_every_iteration) {
  const Matrix<double> a = random_matrix<double>(30, 25, 4);
  const Svd<double> s = svd(a);
  for (std::size_t k = 1; k <= 25; ++k) {
    const SpectralNorm found = spectral_norm(a, {.iterations = k});
    double nearest = std::numeric_limits<double>::infinity();
    for (const double value : s.values) nearest = std::min(nearest, std::abs(value - found.value));
    BOOST_TEST(nearest <= found.error + rounding(a));
  }
}

BOOST_AUTO_TEST_CASE(matrices_of_low_rank_or_equal_values_end_early) {
  const Matrix<double> one =
      product(random_matrix<double>(60, 1, 1), random_matrix<double>(1, 40, 2));
  const SpectralNorm found = spectral_norm(one);
  BOOST_TEST(found.iterations <= 2);
  BOOST_TEST(std::abs(found.value - norm(one)) <= found.error + rounding(one));
  const SpectralNorm unit = spectral_norm(identity<double>(100));
  BOOST_TEST(unit.iterations <= 2);
  BOOST_TEST(std::abs(unit.value - 1) <= unit.error + rounding(identity<double>(100)));
}

BOOST_AUTO_TEST_CASE(no_size_of_the_elements_overflows) {
  const Matrix<double> a = random_matrix<double>(7, 5, 6);
  const double exact = spectral_norm(a).value;
  for (const double factor : {0x1p-1000, 0x1p900}) {
    Matrix<double> scaled = a;
    for (double& x : scaled.values()) x *= factor;
    BOOST_TEST(std::abs(spectral_norm(scaled).value / factor - exact) <= 10 * rounding(a));
  }
}

BOOST_AUTO_TEST_CASE(a_zero_or_empty_matrix_has_the_norm_zero) {
  for (const Shape shape : {Shape{0, 0}, Shape{3, 0}, Shape{0, 3}, Shape{4, 6}}) {
    const SpectralNorm found = spectral_norm(Matrix<double>(shape.rows, shape.cols));
    BOOST_TEST(found.value == 0);
    BOOST_TEST(found.error == 0);
    BOOST_TEST((found.stop == Stop::kConverged));
  }
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const Matrix<float> a = random_matrix<float>(1000, 37, 8);
  set_thread_count(1);
  const SpectralNorm one = spectral_norm(a);
  for (const std::size_t threads : {2u, 5u}) {
    set_thread_count(threads);
    BOOST_TEST(spectral_norm(a).value == one.value);
    BOOST_TEST(spectral_norm(a).error == one.error);
  }
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(a_window_of_a_larger_matrix_is_taken_by_its_stride) {
  const Matrix<double> frame = random_matrix<double>(8, 9, 5);
  const MatrixView<const double> window = frame.view().block(1, 2, 5, 4);
  BOOST_TEST(spectral_norm(window).value == spectral_norm(Matrix<double>(window)).value);
}

BOOST_AUTO_TEST_CASE(what_has_no_norm_is_refused) {
  BOOST_CHECK_EXCEPTION(spectral_norm(Matrix<double>{{1, std::nan("")}}), ArgumentError,
                        says("spectral_norm: a must be finite; got row 0, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(spectral_norm(Matrix<float>(1, 1), {.tolerance = 0}), ArgumentError,
                        says("spectral_norm: tolerance must be positive and iterations at least 1; "
                             "got tolerance 0, iterations 500"));
  BOOST_CHECK_EXCEPTION(spectral_norm(Matrix<float>(1, 1), {.iterations = 0}), ArgumentError,
                        says("spectral_norm: tolerance must be positive and iterations at least 1; "
                             "got tolerance 1e-10, iterations 0"));
}

}  // namespace
}  // namespace surplus
