#define BOOST_TEST_MODULE linearized
#include "surplus/theory/linearized.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/theory/hessian.h"
#include "surplus/theory/ntk.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

const MlpConfig kNetwork{
    .inputs = 3, .hidden = {6, 5}, .outputs = 1, .activation = ad::Activation::kTanh};

Parameters<double> moved(const Parameters<double>& start, const std::vector<double>& direction,
                         double by) {
  Parameters<double> theta = start;
  for (std::size_t i = 0; i < theta.size(); ++i) theta.flat()[i] += by * direction[i];
  return theta;
}

BOOST_AUTO_TEST_CASE(the_remainder_is_half_the_hessian_and_of_third_order_beyond) {
  const Parameters<double> start = mlp_parameters<double>(kNetwork, Rng(1));
  const Matrix<double> x = random_matrix<double>(1, 3, 1);
  std::vector<double> direction(start.size()), product(start.size());
  Rng rng(2);
  rng.fill_normal(direction);
  output_hessian<double>(mlp_network<double>(kNetwork), start, x)(direction, product);
  double half = 0;
  for (std::size_t i = 0; i < product.size(); ++i) half += direction[i] * product[i] / 2;
  double before = 0;
  for (const double s : {1e-2, 1e-3, 1e-4}) {
    const auto at =
        linearize<double>(mlp_network<double>(kNetwork), start, moved(start, direction, s), x);
    const double rest = std::abs(at.remainder(0, 0) / (s * s) - half);
    if (before > 0) BOOST_TEST(rest <= before / 9);  // ten times less
    BOOST_TEST(at.remainder(0, 0) == at.value(0, 0) - at.linear(0, 0));
    before = rest;
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_is_linear_has_no_remainder) {
  const MlpConfig linear{.inputs = 3, .hidden = {}, .outputs = 2};
  const Parameters<double> start = mlp_parameters<double>(linear, Rng(1));
  const std::vector<double> direction(start.size(), 0.7);
  const Matrix<double> x = random_matrix<double>(4, 3, 1);
  const auto at =
      linearize<double>(mlp_network<double>(linear), start, moved(start, direction, 1), x);
  for (const double value : at.remainder.values()) BOOST_TEST(std::abs(value) <= 1e-14);
  const auto still = linearize<double>(mlp_network<double>(linear), start, start, x);
  BOOST_TEST((still.start == still.value));
}

BOOST_AUTO_TEST_CASE(the_kernel_predicts_what_descent_does_step_by_step) {
  const Matrix<double> g = random_matrix<double>(6, 4, 1);  // rank 4: two eigenvalues are 0
  const Matrix<double> all = product(g, transpose(g));
  const MatrixView<const double> kernel = all.view().block(0, 0, 5, 5);
  const MatrixView<const double> cross = all.view().block(5, 0, 1, 5);
  const Matrix<double> residual = random_matrix<double>(5, 2, 3);
  for (const double rate : {0.05, 0.5}) {  // the second one is beyond 1 / the largest eigenvalue
    Matrix<double> f(6, 2);
    for (std::size_t step = 0; step <= 40; ++step) {
      if (step % 8 == 0) {
        const Matrix<double> train = kernel_descent(kernel, kernel, residual, rate, step);
        const Matrix<double> other = kernel_descent(kernel, cross, residual, rate, step);
        for (std::size_t c = 0; c < 2; ++c) {
          for (std::size_t i = 0; i < 5; ++i) {
            BOOST_TEST(std::abs(train(i, c) - f(i, c)) <= 1e-12 * (1 + norm(f)));
          }
          BOOST_TEST(std::abs(other(0, c) - f(5, c)) <= 1e-12 * (1 + norm(f)));
        }
      }
      Matrix<double> next = f;
      for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t c = 0; c < 2; ++c) {
          for (std::size_t j = 0; j < 5; ++j) {
            next(i, c) += rate * all(i, j) * (residual(j, c) - f(j, c));
          }
        }
      }
      f = next;
    }
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Parameters<double> start = mlp_parameters<double>(kNetwork, Rng(1));
  const Parameters<double> other = mlp_parameters<double>({.inputs = 3}, Rng(1));
  const Matrix<double> x(2, 3), k(3, 3), y(2, 1), r(3, 1);
  BOOST_CHECK_EXCEPTION(
      linearize<double>(mlp_network<double>(kNetwork), start, other, x), ShapeError,
      says("linearize: both parameters must have the same layout; got start 65, theta 4"));
  BOOST_CHECK_EXCEPTION(
      kernel_descent(k, k, y, 1, 1), ShapeError,
      says("kernel_descent: the kernels and the residual must fit; got kernel 3 x "
           "3, cross 3 x 3, residual 2 x 1"));
  BOOST_CHECK_EXCEPTION(kernel_descent(k, k, r, 0, 1), ArgumentError,
                        says("kernel_descent: rate must be positive and finite; got rate 0"));
}

}  // namespace
}  // namespace surplus
