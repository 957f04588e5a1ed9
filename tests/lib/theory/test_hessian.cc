#define BOOST_TEST_MODULE hessian
#include "surplus/theory/hessian.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/eigh.h"
#include "surplus/linalg/line_fit.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)
using ad::Activation;

const MlpConfig kDeep{.inputs = 3, .hidden = {5, 4}, .outputs = 2, .activation = Activation::kTanh};

Matrix<double> dense(const SymmetricOperator& a, std::size_t n) {
  Matrix<double> all(n, n);
  std::vector<double> e(n);
  for (std::size_t i = 0; i < n; ++i) {
    e[i] = 1;
    a(e, all.row(i));
    e[i] = 0;
  }
  return all;
}

// f(x) = sum_i v_i s(w_i x) / sqrt(m), whose first layer has one input and hence the scale 1.
MlpConfig two_layer(std::size_t m, Activation f) {
  return {
      .inputs = 1, .hidden = {m}, .activation = f, .bias = false, .initializer = Initializer::kNtk};
}

BOOST_AUTO_TEST_CASE(the_hessian_of_a_loss_is_symmetric_and_that_of_differences_of_gradients) {
  const Parameters<double> at = mlp_parameters<double>(kDeep, Rng(3));
  const Matrix<double> x = random_matrix<double>(7, 3, 1), y = random_matrix<double>(7, 2, 2);
  const Examples<double> examples{.x = x, .targets = y};
  const Objective<double> loss = regression<double>(kDeep);
  const Matrix<double> h = dense(loss_hessian<double>(loss, at, examples), at.size());
  BOOST_TEST(distance(h, transpose(h)) <= 1e-13 * norm(h));
  const auto gradient_at = [&](const Parameters<double>& theta) {
    ad::Tape<double> tape;
    Parameters<double> gradient(theta.layout());
    const auto leaves = leaves_of(theta, tape);
    const Batch<double> batch{.examples = examples, .rng = Rng(0), .training = false};
    ad::gradient(loss(tape, leaves, batch), sinks_of(leaves, gradient));
    return gradient;
  };
  const double step = 1e-5;
  for (std::size_t j = 0; j < at.size(); j += 3) {
    Parameters<double> up = at, down = at;
    up.flat()[j] += step;
    down.flat()[j] -= step;
    const Parameters<double> above = gradient_at(up), below = gradient_at(down);
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double slope = (above.flat()[i] - below.flat()[i]) / (2 * step);
      BOOST_REQUIRE(std::abs(slope - h(i, j)) <= 1e-8);
    }
  }
  // Its ends, by Lanczos.
  const std::vector<double> exact = eigh(h).values;
  const ExtremeEigenvalues ends =
      extreme_eigenvalues(loss_hessian<double>(loss, at, examples), at.size());
  BOOST_TEST(std::abs(ends.top.value - exact.back()) <= ends.top.error + 1e-12);
  BOOST_TEST(std::abs(ends.bottom.value - exact.front()) <= ends.bottom.error + 1e-12);
}

BOOST_AUTO_TEST_CASE(examples_in_pieces_give_the_hessian_of_the_whole) {
  const Parameters<double> at = mlp_parameters<double>(kDeep, Rng(3));
  const Matrix<double> x = random_matrix<double>(11, 3, 1), y = random_matrix<double>(11, 2, 2);
  const std::vector<std::size_t> labels = {0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0};
  for (const bool classes : {false, true}) {
    const Examples<double> examples = classes ? Examples<double>{.x = x, .labels = labels}
                                              : Examples<double>{.x = x, .targets = y};
    const auto objective = classes ? classification<double>(kDeep) : regression<double>(kDeep);
    const Matrix<double> whole = dense(loss_hessian<double>(objective, at, examples), at.size());
    const Matrix<double> pieces =
        dense(loss_hessian<double>(objective, at, examples, 4), at.size());
    BOOST_TEST(distance(whole, pieces) <= 1e-14 * norm(whole));
  }
}

BOOST_AUTO_TEST_CASE(lanczos_over_exact_products_gives_the_closed_form_of_two_layers) {
  for (const Activation f : {Activation::kTanh, Activation::kSigmoid}) {
    for (const std::size_t m : {1u, 2u, 16u, 128u, 512u}) {
      for (const double x : {1.0, -0.7}) {
        const MlpConfig network = two_layer(m, f);
        const Parameters<double> at = mlp_parameters<double>(network, Rng(m));
        const Matrix<double> one = {{x}};
        const SymmetricOperator h = output_hessian<double>(mlp_network<double>(network), at, one);
        const TwoLayerHessian exact = two_layer_hessian(f, at[1].row(0), at.flat().first(m), x);
        const ExtremeEigenvalues found = extreme_eigenvalues(
            h, 2 * m, {.end = SpectrumEnd::kLargest, .tolerance = 1e-7, .iterations = 1500});
        BOOST_TEST(std::abs(found.norm() / exact.norm - 1) <= 1e-6);
        // The stated vector belongs to the stated eigenvalue.
        std::vector<double> v(2 * m), product(2 * m);
        v[exact.unit] = exact.w;
        v[m + exact.unit] = exact.v;
        h(v, product);
        double length = 0;
        for (const double element : product) length += element * element;
        BOOST_TEST(std::abs(std::sqrt(length) / exact.norm - 1) <= 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(with_signs_for_v_its_norm_is_the_supremum_over_the_root_of_the_width) {
  // sup of (|s''| + sqrt(s''^2 + 4 s'^2)) / 2, and of |tanh''| = 4 / (3 sqrt(3)) with fixed v.
  constexpr std::size_t kM = 1 << 14;
  std::vector<double> v(kM), w(kM);
  Rng rng(5);
  rng.fill_normal(w);
  for (std::size_t i = 0; i < kM; ++i) v[i] = i % 2 == 0 ? 1 : -1;
  const double root = std::sqrt(static_cast<double>(kM));
  BOOST_TEST(std::abs(root * two_layer_hessian(Activation::kTanh, v, w, 1).norm - 1.2408) <= 5e-5);
  BOOST_TEST(std::abs(root * two_layer_hessian(Activation::kSigmoid, v, w, 1).norm - 0.266) <=
             5e-4);
  BOOST_TEST(std::abs(root * two_layer_hessian(Activation::kTanh, v, w, 1, true).norm -
                      4 / (3 * std::sqrt(3.0))) <= 1e-6);
}

BOOST_AUTO_TEST_CASE(the_norm_of_two_layers_falls_with_the_golden_slopes) {
  // The specification's table: mean over few starts of log ||H|| against log m, m = 2^4 .. 2^14.
  const struct {
    Activation f;
    bool normal, fixed;
    double slope;
  } golden[] = {
      {Activation::kTanh, true, false, -0.408},     {Activation::kSigmoid, true, false, -0.445},
      {Activation::kTanh, true, true, -0.384},      {Activation::kTanh, false, false, -0.500},
      {Activation::kSigmoid, false, false, -0.500}, {Activation::kTanh, false, true, -0.499}};
  for (const auto& row : golden) {
    std::vector<double> x, y;
    for (std::size_t log_m = 4; log_m <= 14; ++log_m) {
      for (std::size_t r = 0; r < 24; ++r) {
        Rng rng = Rng(11).split(log_m).split(r);
        std::vector<double> v(std::size_t{1} << log_m), w(v.size());
        rng.fill_normal(w);
        rng.fill_normal(v);
        if (!row.normal) {
          for (double& value : v) value = value < 0 ? -1 : 1;
        }
        x.push_back(static_cast<double>(log_m));
        y.push_back(std::log2(two_layer_hessian(row.f, v, w, 1, row.fixed).norm));
      }
    }
    const LineFit fit = fit_line(x, y);
    // The last digit of the table is noise of few repetitions.
    BOOST_TEST(std::abs(fit.slope - row.slope) <= 0.01 + 3 * fit.slope_error);
  }
}

BOOST_AUTO_TEST_CASE(an_output_function_adds_its_curvature_times_the_squared_gradient) {
  // H of phi(f) = phi'(f) H_f + phi''(f) grad grad^T.
  const MlpConfig network = two_layer(6, Activation::kTanh);
  const Parameters<double> at = mlp_parameters<double>(network, Rng(2));
  const Matrix<double> x = {{0.8}};
  const std::size_t n = at.size();
  const Matrix<double> inner =
      dense(output_hessian<double>(mlp_network<double>(network), at, x), n);
  const Matrix<double> outer =
      dense(output_hessian<double>(mlp_network<double>(network, ad::tanh<double>), at, x), n);
  ad::Tape<double> tape;
  Parameters<double> gradient(at.layout());
  const auto leaves = leaves_of(at, tape);
  const auto f = mlp(network, leaves, tape.leaf(x));
  ad::gradient(f, sinks_of(leaves, gradient));
  const double t = std::tanh(f.item()), first = 1 - t * t, second = -2 * t * first;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double expected =
          first * inner(i, j) + second * gradient.flat()[i] * gradient.flat()[j];
      BOOST_TEST(std::abs(outer(i, j) - expected) <= 1e-14);
    }
  }
}

BOOST_AUTO_TEST_CASE(products_are_the_same_bits_with_any_number_of_threads) {
  const MlpConfig network{.inputs = 20, .hidden = {300, 200}, .activation = Activation::kTanh};
  const Parameters<float> at = mlp_parameters<float>(network, Rng(1));
  const Matrix<float> x = random_matrix<float>(300, 20, 1), y = random_matrix<float>(300, 1, 2);
  std::vector<double> direction(at.size());
  Rng rng(3);
  rng.fill_normal(direction);
  std::vector<std::vector<double>> products;
  for (const std::size_t threads : {1u, 2u, 5u}) {
    set_thread_count(threads);
    products.emplace_back(at.size());
    loss_hessian<float>(regression<float>(network), at, {.x = x, .targets = y}, 128)(
        direction, products.back());
  }
  set_thread_count(0);
  BOOST_TEST((products[0] == products[1]));
  BOOST_TEST((products[0] == products[2]));
}

BOOST_AUTO_TEST_CASE(what_has_no_hessian_is_refused) {
  const Parameters<double> at = mlp_parameters<double>(kDeep, Rng(3));
  const Matrix<double> x = random_matrix<double>(2, 3, 1);
  BOOST_CHECK_EXCEPTION(loss_hessian<double>(regression<double>(kDeep), at, {.x = x}, 0),
                        ArgumentError, says("loss_hessian: rows must be at least 1; got rows 0"));
  BOOST_CHECK_EXCEPTION(loss_hessian<double>(regression<double>(kDeep), at, {}), ShapeError,
                        says("loss_hessian: there must be an example; got x 0 x 0"));
  BOOST_CHECK_EXCEPTION(output_hessian<double>(mlp_network<double>(kDeep), at, x), ShapeError,
                        says("output_hessian: x must be one row; got x 2 x 3"));
  const MatrixView<const double> one = x.view().block(0, 0, 1, 3);
  BOOST_CHECK_EXCEPTION(
      output_hessian<double>(mlp_network<double>(kDeep), at, one, 2), ArgumentError,
      says("output_hessian: output must be below the number of outputs; got output 2, outputs 2"));
  const SymmetricOperator h = output_hessian<double>(mlp_network<double>(kDeep), at, one, 1);
  std::vector<double> v(3), p(at.size());
  BOOST_CHECK_EXCEPTION(h(v, p), ShapeError,
                        says("loss_hessian: x and y must have an element per parameter; got x 3, y "
                             "54, parameters 54"));
  BOOST_CHECK_EXCEPTION(
      two_layer_hessian(Activation::kRelu, v, v, 1), ArgumentError,
      says("two_layer_hessian: the activation must be tanh or sigmoid; got activation 1"));
  BOOST_CHECK_EXCEPTION(
      two_layer_hessian(Activation::kTanh, v, p, 1), ShapeError,
      says("two_layer_hessian: v and w must be equally long and not empty; got v 3, w 54"));
}

}  // namespace
}  // namespace surplus
