#define BOOST_TEST_MODULE mlp
#include "surplus/nn/mlp.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

// The definition, sample by sample.
Matrix<double> by_hand(const MlpConfig& config, const Parameters<double>& parameters,
                       const Matrix<double>& x) {
  Matrix<double> y = x;
  const std::size_t layers = config.hidden.size() + 1, step = config.bias ? 2 : 1;
  for (std::size_t l = 0; l < layers; ++l) {
    const auto w = parameters[l * step];
    const double scale =
        config.initializer == Initializer::kNtk ? 1 / std::sqrt(static_cast<double>(w.cols())) : 1;
    Matrix<double> next(x.rows(), w.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < w.rows(); ++j) {
        double z = config.bias ? parameters[l * step + 1](0, j) : 0;
        for (std::size_t m = 0; m < w.cols(); ++m) z += scale * y(i, m) * w(j, m);
        next(i, j) = l + 1 < layers ? std::max(z, 0.0) : z;
      }
    }
    y = next;
  }
  return y;
}

BOOST_AUTO_TEST_CASE(a_network_is_its_definition_at_any_depth) {
  for (const auto& hidden : {std::vector<std::size_t>{}, {7}, {3, 9}, {1, 2, 3, 4}}) {
    for (const bool bias : {false, true}) {
      for (const auto initializer : {Initializer::kUniformFanIn, Initializer::kNtk}) {
        const MlpConfig config{
            .inputs = 5, .hidden = hidden, .outputs = 3, .bias = bias, .initializer = initializer};
        const auto parameters = mlp_parameters<double>(config, Rng(2));
        const auto x = random_matrix<double>(11, 5, 3);
        const auto y = predict(config, parameters, x);
        BOOST_TEST_REQUIRE((y.shape() == Shape{11, 3}));
        BOOST_TEST(tests::distance(y, by_hand(config, parameters, x)) < 1e-13);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(parameters_are_named_and_shaped_as_in_pytorch_and_drawn_layer_by_layer) {
  const MlpConfig config{.inputs = 5, .hidden = {7, 4}, .outputs = 3};
  const auto parameters = mlp_parameters<float>(config, Rng(1));
  const std::vector<NamedShape> layout = {{"0.weight", {7, 5}}, {"0.bias", {1, 7}},
                                          {"1.weight", {4, 7}}, {"1.bias", {1, 4}},
                                          {"2.weight", {3, 4}}, {"2.bias", {1, 3}}};
  BOOST_TEST((parameters.layout() == layout));
  const auto wider = mlp_parameters<float>({.inputs = 5, .hidden = {7}, .outputs = 3}, Rng(1));
  BOOST_TEST((Matrix<float>(wider["0.weight"]) == Matrix<float>(parameters["0.weight"])));
  BOOST_TEST((mlp_parameters<float>(config, Rng(1)) == parameters));
  BOOST_TEST((mlp_parameters<float>(config, Rng(2)) != parameters));
}

BOOST_AUTO_TEST_CASE(predictions_do_not_depend_on_the_rows_around_or_the_threads) {
  const MlpConfig config{.inputs = 30, .hidden = {80}, .outputs = 4};
  const auto parameters = mlp_parameters<float>(config, Rng(1));
  const auto x = random_matrix<float>(2100, 30, 1);
  const auto y = predict(config, parameters, x);
  set_thread_count(8);
  BOOST_TEST((predict(config, parameters, x) == y));
  set_thread_count(0);
  for (const std::size_t row : {std::size_t{0}, std::size_t{1500}, std::size_t{2099}}) {
    const auto alone = predict(config, parameters, x.view().block(row, 0, 1, 30));
    BOOST_TEST(std::ranges::equal(alone.row(0), y.row(row)));
  }
  BOOST_TEST((predict(config, parameters, x.view().block(0, 0, 0, 30)).shape() == Shape{0, 4}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  BOOST_CHECK_EXCEPTION(
      mlp_parameters<float>({.inputs = 5, .hidden = {3, 0}, .outputs = 2}, Rng(1)), ArgumentError,
      says("mlp_parameters: each layer must have inputs and outputs; got layer 1, inputs 3, "
           "outputs 0"));
  const MlpConfig config{.inputs = 5, .hidden = {3}, .outputs = 2};
  const auto parameters = mlp_parameters<float>(config, Rng(1));
  BOOST_CHECK_EXCEPTION(predict(config, parameters, Matrix<float>(4, 6)), ShapeError,
                        says("mlp: x must have a column per input; got x 4 x 6, inputs 5"));
  BOOST_CHECK_EXCEPTION(
      predict({.inputs = 5, .hidden = {3, 3}, .outputs = 2}, parameters, Matrix<float>(4, 5)),
      ShapeError,
      says("mlp: there must be the parameters of each layer; got layers 3, parameters 4"));
  BOOST_CHECK_EXCEPTION(
      predict({.inputs = 5, .hidden = {4}, .outputs = 2}, parameters, Matrix<float>(4, 5)),
      ShapeError,
      says("mlp: weights must be outputs x inputs of their layer; got layer 0, weights 3 x 5, "
           "outputs 4, inputs 5"));
}

}  // namespace
}  // namespace surplus
