#define BOOST_TEST_MODULE features
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/features/kernel_ridge.h"
#include "surplus/features/polynomial.h"
#include "surplus/features/random_features.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

using Basis = PolynomialBasis;
using Kind = RandomFeature;

BOOST_AUTO_TEST_CASE(polynomials_have_their_values_at_the_ends_and_in_the_middle) {
  const std::vector<double> x = {-1, 0, 0.5, 1};
  const Matrix<double> p = polynomial_features<double>(Basis::kLegendre, x, 0, 40);
  const Matrix<double> t = polynomial_features<double>(Basis::kChebyshev, x, 0, 40);
  for (std::size_t j = 0; j < 40; ++j) {
    const double sign = j % 2 == 0 ? 1 : -1;
    BOOST_TEST(std::abs(p(3, j) - 1) <= 40 * 8 * 0x1p-52);
    BOOST_TEST(std::abs(p(0, j) - sign) <= 40 * 8 * 0x1p-52);
    BOOST_TEST(std::abs(t(2, j) - std::cos(static_cast<double>(j) * std::numbers::pi / 3)) <=
               40 * 8 * 0x1p-52);
  }
  BOOST_TEST(p(1, 4) == 3.0 / 8, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(p(2, 3) == -7.0 / 16, boost::test_tools::tolerance(1e-15));
  const Matrix<double> m = polynomial_features<double>(Basis::kMonomial, x, 3, 2);
  BOOST_TEST(m(2, 0) == 0.125);
  BOOST_TEST(m(0, 1) == 1.0);
}

// Gauss-Chebyshev nodes for Chebyshev; for Legendre Simpson's rule on so many points that it is
// exact to the tolerance for products of these degrees.
BOOST_AUTO_TEST_CASE(orthonormal_polynomials_are_orthonormal) {
  const std::size_t nodes = 20001, degrees = 8;
  std::vector<double> even, angles, weights(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    even.push_back(-1 + 2 * static_cast<double>(i) / static_cast<double>(nodes - 1));
    angles.push_back(
        std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(nodes)));
    weights[i] = (i == 0 || i == nodes - 1 ? 1
                  : i % 2 == 1             ? 4
                                           : 2) /
                 3.0 / static_cast<double>(nodes - 1);
  }
  const auto legendre = polynomial_features<double>(Basis::kOrthonormalLegendre, even, 0, degrees);
  const auto chebyshev =
      polynomial_features<double>(Basis::kOrthonormalChebyshev, angles, 0, degrees);
  for (std::size_t j = 0; j < degrees; ++j) {
    for (std::size_t l = 0; l < degrees; ++l) {
      double of_legendre = 0, of_chebyshev = 0;
      for (std::size_t i = 0; i < nodes; ++i) {
        of_legendre += weights[i] * legendre(i, j) * legendre(i, l);
        of_chebyshev += chebyshev(i, j) * chebyshev(i, l) / static_cast<double>(nodes);
      }
      BOOST_TEST(std::abs(of_legendre - (j == l ? 1 : 0)) <= 1e-11);
      BOOST_TEST(std::abs(of_chebyshev - (j == l ? 1 : 0)) <= 1e-11);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_interval_is_mapped_to_the_one_that_polynomials_are_made_for) {
  BOOST_TEST(to_unit_interval(3, 3, 7) == -1.0);
  BOOST_TEST(to_unit_interval(7, 3, 7) == 1.0);
  BOOST_TEST(to_unit_interval(5, 3, 7) == 0.0);
  BOOST_CHECK_EXCEPTION(
      to_unit_interval(1, 2, 2), ArgumentError,
      says("to_unit_interval: low must be below high, and both finite; got low 2, high 2"));
}

BOOST_AUTO_TEST_CASE(polynomials_refuse_what_is_not_finite) {
  const std::vector<double> nan = {0, std::nan("")}, large = {1e200};
  BOOST_CHECK_EXCEPTION(polynomial_features<double>(Basis::kLegendre, nan, 0, 2), ArgumentError,
                        says("polynomial_features: x must be finite; got index 1, value nan"));
  BOOST_CHECK_EXCEPTION(
      polynomial_features<double>(Basis::kMonomial, large, 0, 3), ArgumentError,
      says("polynomial_features: features must not overflow; got x 1e+200, degree 2"));
}

double inner(const RandomFeatures<double>& features, const Matrix<double>& x, std::size_t i,
             std::size_t j) {
  const std::size_t count = features.offsets.size();
  Matrix<double> z(x.rows(), count);
  random_features(features, x.view(), 0, z.view());
  double sum = 0;
  for (std::size_t l = 0; l < count; ++l) sum += z(i, l) * z(j, l);
  return sum / static_cast<double>(count);
}

// A mean of `count` products bounded by 2, whose standard error is below 1.5 / sqrt(count).
BOOST_AUTO_TEST_CASE(fourier_features_of_both_kinds_tend_to_the_gaussian_kernel) {
  const Matrix<double> x = random_matrix<double>(4, 6, 3);
  const Matrix<double> k = gaussian_kernel(x, x, 1.5);
  for (const Kind kind : {Kind::kFourier, Kind::kFourierPairs}) {
    const auto features = draw_random_features<double>(kind, 40000, 6, 1.5, Rng(5));
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        BOOST_TEST(std::abs(inner(features, x, i, j) - k(i, j)) <= 4 * 1.5 / 200);
      }
    }
  }
  // Over the directions, not the phases, the pairs are exact on the diagonal.
  BOOST_TEST(
      inner(draw_random_features<double>(Kind::kFourierPairs, 10, 6, 1.5, Rng(5)), x, 0, 0) == 1.0,
      boost::test_tools::tolerance(1e-14));
}

// The expectation over (v, b) normal is the arc-cosine kernel of degree 1 of (x, 1), halved twice.
BOOST_AUTO_TEST_CASE(rectified_features_tend_to_the_arc_cosine_kernel) {
  const Matrix<double> x = {{0.3, -0.4}, {1, 0.5}};
  const auto features = draw_random_features<double>(Kind::kRelu, 200000, 2, 1, Rng(6));
  const double a = std::sqrt(1.25), b = std::sqrt(2.25), dot = 0.3 - 0.2 + 1;
  const double angle = std::acos(dot / (a * b));
  const double expected = a * b * (std::sin(angle) + (std::numbers::pi - angle) * std::cos(angle)) /
                          (2 * std::numbers::pi);
  // The products' standard deviation is below 3.
  BOOST_TEST(std::abs(inner(features, x, 0, 1) - expected) <= 4 * 3 / std::sqrt(200000.0));
}

BOOST_AUTO_TEST_CASE(complex_features_are_the_parts_of_an_exponential_times_a_coefficient) {
  const Matrix<double> x = random_matrix<double>(3, 5, 4);
  const auto real = draw_random_features<double>(Kind::kFourierComplex, 6, 5, 2, Rng(7));
  const auto imaginary = imaginary_part(real);
  Matrix<double> re(3, 6), im(3, 6);
  random_features(real, x.view(), 0, re.view());
  random_features(imaginary, x.view(), 0, im.view());
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 6; j += 2) {
      double t = 0;
      for (std::size_t l = 0; l < 5; ++l) t += x(i, l) * real.directions(j, l);
      const std::array expected = {std::cos(t), -std::sin(t), std::sin(t), std::cos(t)};
      const std::array got = {re(i, j), re(i, j + 1), im(i, j), im(i, j + 1)};
      for (std::size_t l = 0; l < 4; ++l) BOOST_TEST(std::abs(got[l] - expected[l]) <= 1e-14);
    }
  }
}

template <typename T>
void check_division(Kind kind) {
  const Matrix<T> x = random_matrix<T>(70, 9, 2);
  const auto few = draw_random_features<T>(kind, 30, 9, 3, Rng(1));
  const auto many = draw_random_features<T>(kind, 700, 9, 3, Rng(1));
  Matrix<T> whole(70, 700), part(70, 30), middle(70, 113);
  random_features(many, x.view(), 0, whole.view());
  for (const std::size_t threads : {1u, 2u}) {
    set_thread_count(threads);
    random_features(few, x.view(), 0, part.view());
    random_features(many, x.view(), 511, middle.view());
    for (std::size_t i = 0; i < 70; ++i) {
      for (std::size_t j = 0; j < 30; ++j) BOOST_REQUIRE(part(i, j) == whole(i, j));
      for (std::size_t j = 0; j < 113; ++j) BOOST_REQUIRE(middle(i, j) == whole(i, 511 + j));
    }
  }
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(fewer_features_are_the_beginning_of_more_to_the_bit_on_any_threads) {
  for (const Kind kind :
       {Kind::kFourier, Kind::kFourierPairs, Kind::kFourierComplex, Kind::kRelu}) {
    check_division<float>(kind);
    check_division<double>(kind);
  }
}

BOOST_AUTO_TEST_CASE(random_features_refuse_what_does_not_fit) {
  const auto draw = [](Kind kind, std::size_t count, std::size_t d, double sigma) {
    return draw_random_features<double>(kind, count, d, sigma, Rng(1));
  };
  BOOST_CHECK_EXCEPTION(
      draw(Kind::kFourier, 2, 2, 0), ArgumentError,
      says("draw_random_features: sigma must be positive and finite; got sigma 0"));
  BOOST_CHECK_EXCEPTION(draw(Kind::kFourier, 2, 0, 1), ArgumentError,
                        says("draw_random_features: d must be at least 1; got d 0"));
  BOOST_CHECK_EXCEPTION(
      draw(Kind::kFourierPairs, 3, 2, 1), ArgumentError,
      says("draw_random_features: count must be even for features in pairs; got count 3"));
  const auto features = draw(Kind::kFourier, 2, 2, 1);
  BOOST_CHECK_EXCEPTION(imaginary_part(features), ArgumentError,
                        says("imaginary_part: features must be fourier complex; got kind fourier"));
  const Matrix<double> x(3, 2);
  Matrix<double> out(3, 2);
  BOOST_CHECK_EXCEPTION(
      random_features(features, Matrix<double>(3, 1).view(), 0, out.view()), ShapeError,
      says("random_features: x must have a column per input; got x 3 x 1, inputs 2"));
  BOOST_CHECK_EXCEPTION(
      random_features(features, Matrix<double>(2, 2).view(), 0, out.view()), ShapeError,
      says("random_features: out must have a row per row of x; got out 3 x 2, x 2 x 2"));
  BOOST_CHECK_EXCEPTION(random_features(features, x.view(), 1, out.view()), ShapeError,
                        says("random_features: the features asked for must exist; got first 1, "
                             "asked for 2, features 2"));
}

BOOST_AUTO_TEST_CASE(kernel_interpolation_passes_through_the_data_and_its_norm_is_that_of_alpha) {
  const Matrix<double> x = random_matrix<double>(20, 3, 1), y = random_matrix<double>(20, 2, 2);
  const Matrix<double> k = gaussian_kernel(x, x, 0.5);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 20; ++j) {
      double square = 0;
      for (std::size_t l = 0; l < 3; ++l) square += std::pow(x(i, l) - x(j, l), 2);
      BOOST_TEST(std::abs(k(i, j) - std::exp(-square / 0.5)) <= 11 * 0x1p-52 * 6 / 0.25 + 2e-16);
    }
  }
  const KernelRidge<double> exact = kernel_ridge(k, y, 0), ridge = kernel_ridge(k, y, 0.1);
  const double unit = 1000 * 0x1p-52 * 1e4;
  BOOST_TEST(distance(product(k, exact.alpha), y) <= unit * norm(exact.alpha));
  for (const KernelRidge<double>& fit : {exact, ridge}) {
    double square = 0;
    const Matrix<double> of_alpha = product(k, fit.alpha);
    for (std::size_t i = 0; i < of_alpha.size(); ++i) {
      square += of_alpha.values()[i] * fit.alpha.values()[i];
    }
    BOOST_TEST(std::abs(fit.norm - std::sqrt(square)) <= unit * fit.norm);
  }
  BOOST_TEST(ridge.norm < exact.norm);
}

BOOST_AUTO_TEST_CASE(kernel_ridge_refuses_what_it_cannot_solve) {
  const Matrix<double> one{{1}}, equal{{1, 1}, {1, 1}}, y(2, 1);
  BOOST_CHECK_EXCEPTION(gaussian_kernel(one, y, -1), ArgumentError,
                        says("gaussian_kernel: sigma must be positive and finite; got sigma -1"));
  BOOST_CHECK_EXCEPTION(
      gaussian_kernel(one, equal, 1), ShapeError,
      says("gaussian_kernel: x and z must have as many columns; got x 1 x 1, z 2 x 2"));
  BOOST_CHECK_EXCEPTION(
      kernel_ridge(one, y, 0), ShapeError,
      says("kernel_ridge: k must be square with a row per row of y; got k 1 x 1, y 2 x 1"));
  BOOST_CHECK_EXCEPTION(
      kernel_ridge(equal, y, -1), ArgumentError,
      says("kernel_ridge: lambda must be finite and not negative; got lambda -1"));
  BOOST_CHECK_EXCEPTION(kernel_ridge(equal, y, 0), NumericalError,
                        says("kernel_ridge: k + lambda I must be positive definite; got pivot 1, n "
                             "2, lambda 0"));
}

}  // namespace
}  // namespace surplus
