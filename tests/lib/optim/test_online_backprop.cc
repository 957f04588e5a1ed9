#define BOOST_TEST_MODULE online_backprop
#include "surplus/optim/online_backprop.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/autodiff/ops/mean_squared_error.h"
#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/nn/mlp.h"
#include "surplus/optim/optimizer.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

struct Problem {
  Matrix<double> x{40, 6};
  std::vector<double> y = std::vector<double>(40);
  std::vector<std::size_t> order;
  std::vector<double> rates;
  explicit Problem(std::size_t steps) {
    Rng rng(3);
    rng.fill_normal(x.values());
    rng.fill_normal(y);
    for (std::size_t s = 0; s < steps; ++s) {
      order.push_back(rng.below(40));
      rates.push_back(0.05 / static_cast<double>(1 + s));
    }
  }
};

TanhNetwork<double> views_of(Parameters<double>& w) {
  return {w[0], w[1].row(0), w[2].row(0), w[3].data()};
}

BOOST_AUTO_TEST_CASE(steps_are_those_of_the_tape_and_sgd_with_weight_decay) {
  Problem problem(60);
  const MlpConfig network{.inputs = 6, .hidden = {11}, .activation = ad::Activation::kTanh};
  Parameters<double> w = mlp_parameters<double>(network, Rng(1)), expected = w, d_w(w.layout());
  Matrix<double> memory;
  const double squares = online_backprop<double>(problem.x, problem.y, problem.order, problem.rates,
                                                 0.02, views_of(w), memory);

  const OptimizerConfig sgd{.weight_decay = 0.02};
  OptimizerState<double> state = start_optimizer<double>(sgd, w.size());
  ad::Tape<double> tape;
  double sum = 0;
  for (std::size_t s = 0; s < problem.order.size(); ++s) {
    tape.clear();
    const std::size_t i = problem.order[s];
    const Matrix<double> row(problem.x.view().block(i, 0, 1, 6)), target = {{problem.y[i]}};
    const auto leaves = leaves_of(expected, tape);
    const auto loss =
        ad::mean_squared_error(mlp(network, leaves, tape.leaf(row)), tape.leaf(target));
    sum += loss.item();
    ad::gradient(loss, sinks_of(leaves, d_w));
    for (double& value : d_w.flat()) value /= 2;
    update<double>(sgd, problem.rates[s], d_w.flat(), state, expected.flat());
  }
  double worst = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    worst = std::max(worst, std::abs(w.flat()[i] - expected.flat()[i]));
  }
  // 60 steps that each round as a hundred operations on numbers of size one.
  BOOST_TEST(worst < 60 * 100 * 2.3e-16);
  BOOST_TEST(std::abs(squares - sum) < 60 * 100 * 2.3e-16 * sum);
}

BOOST_AUTO_TEST_CASE(no_step_changes_nothing_and_the_memory_is_reused) {
  Problem problem(0);
  const MlpConfig network{.inputs = 6, .hidden = {3}, .activation = ad::Activation::kTanh};
  Parameters<double> w = mlp_parameters<double>(network, Rng(1));
  const Parameters<double> start = w;
  Matrix<double> memory;
  BOOST_TEST(online_backprop<double>(problem.x, problem.y, problem.order, problem.rates, 0,
                                     views_of(w), memory) == 0);
  BOOST_TEST((w == start));
  const Problem some(5);
  online_backprop<double>(some.x, some.y, some.order, some.rates, 0, views_of(w), memory);
  const double* const where = memory.data();
  online_backprop<double>(some.x, some.y, some.order, some.rates, 0, views_of(w), memory);
  BOOST_TEST(memory.data() == where);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_by_name) {
  Problem problem(2);
  Matrix<double> w(3, 6), memory;
  std::vector<double> b(3), v(3), few(2);
  double c = 0;
  const auto refused = [&]<typename Error>(Error*, const TanhNetwork<double>& network,
                                           const std::string& text) {
    BOOST_CHECK_EXCEPTION(online_backprop<double>(problem.x, problem.y, problem.order,
                                                  problem.rates, 0, network, memory),
                          Error, says("online_backprop: " + text));
  };
  ShapeError* const shape = nullptr;
  Matrix<double> narrow(3, 5);
  refused(shape, {narrow, b, v, &c},
          "the weights must have a column per input; got w 3 x 5, x 40 x 6");
  refused(shape, {w, few, v, &c},
          "there must be a bias and an output weight per row of w; got w 3 x 6, b 2, v 3");
  problem.rates.pop_back();
  refused(shape, {w, b, v, &c}, "there must be a rate per step; got rates 1, steps 2");
  problem.rates.push_back(0.1);
  problem.order[1] = 40;
  refused(static_cast<ArgumentError*>(nullptr), {w, b, v, &c},
          "order must hold numbers of rows of x; got order 40, x 40 x 6");
  problem.y.pop_back();
  refused(shape, {w, b, v, &c}, "there must be a target per row of x; got y 39, x 40 x 6");
}

}  // namespace
}  // namespace surplus
