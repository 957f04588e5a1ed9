#define BOOST_TEST_MODULE ntk
#include "surplus/theory/ntk.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/eigh.h"
#include "surplus/theory/ntk_limit.h"
#include "tests/support/allocations.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)
using ad::Activation;

std::vector<MlpConfig> networks() {
  return {
      {.inputs = 4, .hidden = {}, .outputs = 1},
      {.inputs = 4, .hidden = {7}, .outputs = 1, .activation = Activation::kRelu},
      {.inputs = 4, .hidden = {7, 5}, .outputs = 3, .activation = Activation::kGelu},
      {.inputs = 4,
       .hidden = {6, 3, 6},
       .outputs = 2,
       .activation = Activation::kTanh,
       .bias = false,
       .initializer = Initializer::kNtk},
      {.inputs = 4,
       .hidden = {9},
       .outputs = 1,
       .activation = Activation::kErf,
       .bias = true,
       .initializer = Initializer::kNtk},
  };
}

BOOST_AUTO_TEST_CASE(layers_jacobians_and_products_give_one_kernel) {
  const Matrix<double> x = random_matrix<double>(9, 4, 1);
  for (const MlpConfig& network : networks()) {
    const Parameters<double> at = mlp_parameters<double>(network, Rng(2));
    const Matrix<double> k = ntk(network, at, x);
    const Matrix<double> jacobians =
        ntk_from_jacobians<double>(mlp_network<double>(network), at, x);
    const Matrix<double> products = ntk_from_products<double>(mlp_network<double>(network), at, x);
    BOOST_TEST(distance(k, jacobians) <= 1e-13 * norm(k));
    BOOST_TEST(distance(jacobians, products) <= 1e-13 * norm(k));  // the assertion: 1e-10
    BOOST_TEST((k == transpose(k)));
    BOOST_TEST(eigh(k).values.front() >= -1e-13 * norm(k));
  }
}

BOOST_AUTO_TEST_CASE(an_output_function_is_seen_by_jacobians_and_products) {
  const MlpConfig network = networks()[3];
  const Parameters<double> at = mlp_parameters<double>(network, Rng(2));
  const Matrix<double> x = random_matrix<double>(5, 4, 1);
  const Network<double> f = mlp_network<double>(network, ad::tanh<double>);
  const Matrix<double> k = ntk_from_jacobians<double>(f, at, x);
  BOOST_TEST(distance(k, ntk_from_products<double>(f, at, x)) <= 1e-13 * norm(k));
  BOOST_TEST(distance(k, ntk(network, at, x)) > 1e-3 * norm(k));
}

BOOST_AUTO_TEST_CASE(other_rows_give_a_part_of_the_kernel_of_all) {
  const MlpConfig network = networks()[2];
  const Parameters<double> at = mlp_parameters<double>(network, Rng(2));
  const Matrix<double> x = random_matrix<double>(12, 4, 1);
  const Matrix<double> all = ntk(network, at, x);
  const Matrix<double> part =
      ntk<double>(network, at, x.view().block(0, 0, 5, 4), x.view().block(5, 0, 7, 4));
  BOOST_TEST(distance(part, Matrix<double>(all.view().block(0, 5, 5, 7))) <= 1e-14 * norm(all));
}

BOOST_AUTO_TEST_CASE(blocks_and_threads_leave_the_bits_alone) {
  const MlpConfig network{.inputs = 30, .hidden = {300}, .activation = Activation::kTanh};
  const Parameters<float> at = mlp_parameters<float>(network, Rng(2));
  const Matrix<float> x = random_matrix<float>(700, 30, 1);
  const Matrix<float> whole = ntk(network, at, x);
  std::size_t last = 1 << 30;
  for (const std::size_t bytes : {6000000u, 5500000u, 5100000u}) {
    const NtkPlan plan = plan_ntk(network, sizeof(float), 700, 0, {bytes});
    BOOST_TEST(plan.rows < 700u);
    BOOST_TEST(plan.bytes <= bytes);
    BOOST_TEST(plan.rows <= last);
    last = plan.rows;
    BOOST_TEST((ntk<float>(network, at, x, {}, {bytes}) == whole));
  }
  for (const std::size_t threads : {1u, 2u, 5u}) {
    set_thread_count(threads);
    BOOST_TEST((ntk(network, at, x) == whole));
  }
  set_thread_count(0);
}

BOOST_AUTO_TEST_CASE(it_takes_no_more_memory_than_it_says_before) {
  for (const MlpConfig& network :
       {MlpConfig{.inputs = 30, .hidden = {300}, .activation = Activation::kTanh},
        MlpConfig{.inputs = 10,
        .hidden = {64, 128, 32},
        .outputs = 4,
        .activation = Activation::kGelu,
        .bias = false,
        .initializer = Initializer::kNtk}}) {
    const Parameters<float> at = mlp_parameters<float>(network, Rng(2));
    const Matrix<float> x = random_matrix<float>(600, network.inputs, 1);
    set_thread_count(1);
    ntk<float>(network, at,
               x.view().block(0, 0, 300, network.inputs));  // the products' own scratch
    for (const std::size_t bytes : {std::size_t{1} << 30, std::size_t{7000000}}) {
      const NtkPlan plan = plan_ntk(network, sizeof(float), 600, 0, {bytes});
      const std::size_t before = bytes_in_use;
      peak_bytes = before;
      ntk<float>(network, at, x, {}, {bytes});
      BOOST_TEST(peak_bytes - before <= plan.bytes);
      BOOST_TEST(peak_bytes - before >= plan.bytes / 4);  // nor does it say far too much
    }
    set_thread_count(0);
  }
}

BOOST_AUTO_TEST_CASE(several_outputs_are_averaged) {
  // Two outputs that are the same: the kernel of one.
  const MlpConfig one{.inputs = 3, .hidden = {5}, .outputs = 1, .activation = Activation::kTanh};
  MlpConfig two = one;
  two.outputs = 2;
  const Parameters<double> from = mlp_parameters<double>(one, Rng(4));
  Parameters<double> to = mlp_parameters<double>(two, Rng(4));
  std::ranges::copy(from[0].row(0), to[0].row(0).begin());
  for (std::size_t i = 0; i < 5; ++i) {
    std::ranges::copy(from[0].row(i), to[0].row(i).begin());
    for (std::size_t c = 0; c < 2; ++c) to[2](c, i) = from[2](0, i);
  }
  const Matrix<double> x = random_matrix<double>(6, 3, 1);
  BOOST_TEST(distance(ntk(one, from, x), ntk(two, to, x)) <= 1e-14);
}

BOOST_AUTO_TEST_CASE(wide_networks_have_the_kernel_of_infinite_width) {
  const Matrix<double> x = random_matrix<double>(5, 3, 8);
  for (const Activation f : {Activation::kRelu, Activation::kErf}) {
    for (const std::size_t hidden : {1u, 2u, 3u}) {
      const LimitKernels limit = ntk_limit(f, hidden, x, x);
      double sum = 0;
      constexpr std::size_t kStarts = 4, kWidth = 1024;
      for (std::size_t r = 0; r < kStarts; ++r) {
        const MlpConfig network{.inputs = 3,
                                .hidden = std::vector<std::size_t>(hidden, kWidth),
                                .activation = f,
                                .bias = false,
                                .initializer = Initializer::kNtk};
        const Parameters<double> at = mlp_parameters<double>(network, Rng(r));
        sum += ntk_change(ntk(network, at, x), limit.ntk) / kStarts;
      }
      // A few layers' independent deviations of 1 / sqrt(width) each.
      BOOST_TEST(sum <= 3 * std::sqrt(static_cast<double>(hidden) / kWidth));
      BOOST_TEST(sum >= 0.05 / std::sqrt(1.0 * kWidth));
    }
  }
}

// E g(u) h(v) by the trapezoidal rule in two independent normals.
template <typename G>
double expectation(double a, double b, double c, const G& g) {
  const double l21 = c / std::sqrt(a), l22 = std::sqrt(b - l21 * l21);
  constexpr int kPoints = 300;
  const double step = 0.06;
  double sum = 0;
  for (int i = -kPoints / 2; i <= kPoints / 2; ++i) {
    for (int j = -kPoints / 2; j <= kPoints / 2; ++j) {
      const double s = step * i, t = step * j;
      sum += g(std::sqrt(a) * s, l21 * s + l22 * t) * std::exp(-(s * s + t * t) / 2);
    }
  }
  return sum * step * step / (2 * std::numbers::pi);
}

BOOST_AUTO_TEST_CASE(a_layer_of_the_limit_is_the_expectation_over_its_normal_variables) {
  const Matrix<double> x = {{1.2, -0.4, 0.3}}, y = {{0.5, 0.9, -1}};
  const double a = (1.44 + 0.16 + 0.09) / 3, b = (0.25 + 0.81 + 1) / 3, c = (0.6 - 0.36 - 0.3) / 3;
  const LimitKernels erf = ntk_limit(Activation::kErf, 1, x, y);
  const auto both = [](auto f) { return [f](double u, double v) { return f(u) * f(v); }; };
  const double values = expectation(a, b, c, both([](double u) { return std::erf(u); }));
  const double slopes = expectation(
      a, b, c, both([](double u) { return 2 / std::sqrt(std::numbers::pi) * std::exp(-u * u); }));
  BOOST_TEST(std::abs(erf.nngp(0, 0) - values) <= 1e-10);
  BOOST_TEST(std::abs(erf.ntk(0, 0) - (values + c * slopes)) <= 1e-10);
  const LimitKernels relu = ntk_limit(Activation::kRelu, 1, x, y);
  // The rule is of second order at the kink, of first at the jump.
  const double rectified = expectation(a, b, c, both([](double u) { return std::max(u, 0.0); }));
  const double jumps = expectation(a, b, c, both([](double u) {
                                     return u > 0 ? 1.0 : u < 0 ? 0 : 0.5;
                                   }));
  BOOST_TEST(std::abs(relu.nngp(0, 0) - rectified) <= 1e-3);
  BOOST_TEST(std::abs(relu.ntk(0, 0) - (rectified + c * jumps)) <= 2e-3);
  // At x = x': half of the square, and half of the kernel before on top.
  const LimitKernels self = ntk_limit(Activation::kRelu, 2, x, x);
  BOOST_TEST(std::abs(self.nngp(0, 0) - a / 4) <= 1e-15);
  BOOST_TEST(std::abs(self.ntk(0, 0) - 3 * a / 4) <= 1e-15);
  const LimitKernels linear = ntk_limit(Activation::kIdentity, 3, x, y);
  BOOST_TEST(std::abs(linear.ntk(0, 0) - 4 * c) <= 1e-15);
}

BOOST_AUTO_TEST_CASE(zeros_and_opposites_have_a_limit_too) {
  const Matrix<double> x = {{0, 0}, {1, 2}, {-1, -2}};
  for (const Activation f : {Activation::kRelu, Activation::kErf}) {
    const LimitKernels k = ntk_limit(f, 3, x, x);
    for (const double value : k.ntk.values()) BOOST_TEST(std::isfinite(value));
    BOOST_TEST(k.ntk(0, 1) == 0);
  }
}

BOOST_AUTO_TEST_CASE(the_change_of_a_kernel_is_relative) {
  const Matrix<double> k = {{3, 0}, {0, 4}}, other = {{3, 5}, {0, 4}};
  BOOST_TEST(ntk_change(k, k) == 0);
  BOOST_TEST(ntk_change(other, k) == 1);
}

BOOST_AUTO_TEST_CASE(what_has_no_kernel_or_no_room_is_refused) {
  const MlpConfig network{.inputs = 4, .hidden = {7}};
  const Parameters<double> at = mlp_parameters<double>(network, Rng(2));
  const Matrix<double> x = random_matrix<double>(9, 4, 1), narrow(9, 3);
  const std::string needed = to_text(plan_ntk(network, sizeof(double), 9).bytes);
  BOOST_CHECK_EXCEPTION(
      ntk<double>(network, at, x, {}, {1000}), ArgumentError,
      says("ntk: bytes must allow the kernel and two blocks of rows; got bytes 1000, needed " +
           needed));
  BOOST_CHECK_EXCEPTION(
      ntk(network, at, narrow), ShapeError,
      says("ntk: x and x2 must have a column per input; got x 9 x 3, x2 9 x 3, inputs 4"));
  BOOST_CHECK_EXCEPTION(
      ntk(MlpConfig{.inputs = 4}, at, x), ShapeError,
      says("ntk: there must be the parameters of each layer; got layers 1, parameters 4"));
  BOOST_CHECK_EXCEPTION(
      ntk_from_jacobians<double>(mlp_network<double>(network), at, x, {1000}), ArgumentError,
      says("ntk_from_jacobians: bytes must allow the kernel and two gradients; got bytes 1000, "
           "needed 1336"));
  BOOST_CHECK_EXCEPTION(ntk_change(Matrix<double>(2, 2), Matrix<double>(3, 3)), ShapeError,
                        says("ntk_change: the kernels must have one shape; got k 2 x 2, start 3 x "
                             "3"));
  BOOST_CHECK_EXCEPTION(
      ntk_change(Matrix<double>(2, 2), Matrix<double>(2, 2)), NumericalError,
      says("ntk_change: the kernel at the start must not be zero; got start 2 x 2"));
  BOOST_TEST((ntk(network, at, Matrix<double>(0, 4)).shape() == Shape{0, 0}));
  BOOST_CHECK_EXCEPTION(
      ntk_limit(Activation::kTanh, 1, x, x), ArgumentError,
      says("ntk_limit: the activation must be identity, relu or erf; got activation 2"));
  BOOST_CHECK_EXCEPTION(
      ntk_limit(Activation::kRelu, 1, x, narrow), ShapeError,
      says("ntk_limit: x and x2 must have equally many columns, at least one; got "
           "x 9 x 4, x2 9 x 3"));
  Matrix<double> broken = x;
  broken(2, 1) = std::nan("");
  BOOST_CHECK_EXCEPTION(ntk_limit(Activation::kRelu, 1, x, broken), ArgumentError,
                        says("ntk_limit: rows must be finite; got x2 nan, row 2"));
}

}  // namespace
}  // namespace surplus
