#define BOOST_TEST_MODULE mass
#include "surplus/optim/mass.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/rng.h"
#include "surplus/optim/second_moment.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

// Gradients that depend on where one is and on the step, as those of batches do.
double gradient(double u, std::size_t step, std::size_t j) {
  Rng rng = Rng(3).split(step).split(j);
  return (1 + rng.uniform()) * (u - static_cast<double>(j)) + 0.1 * rng.normal();
}

template <typename T>
std::vector<std::vector<T>> path_of(const OptimizerConfig& config, double rate) {
  std::vector<T> u = {4, -2, 0.5}, d_u(3);
  auto state = start_optimizer<T>(config, 3);
  std::vector<std::vector<T>> path;
  for (std::size_t step = 0; step < 60; ++step) {
    for (std::size_t j = 0; j < 3; ++j) d_u[j] = static_cast<T>(gradient(u[j], step, j));
    update<T>(config, rate, d_u, state, u);
    path.push_back(u);
  }
  return path;
}

BOOST_AUTO_TEST_CASE(it_goes_where_both_forms_of_its_paper_go) {
  const double eta = 0.1, alpha = 0.2, kappa = 3;
  const MassSettings settings = mass_settings(eta, alpha, kappa);
  const double delta = eta / (alpha * kappa);
  const double eta2 = eta * settings.compensation, gamma = settings.momentum;
  const auto path = path_of<double>(settings.optimizer(), eta);
  for (std::size_t j = 0; j < 3; ++j) {
    double u = path[0][j];  // of two variables, from the same start
    const double start[] = {4, -2, 0.5};
    double w = start[j];
    u = w;
    double u3 = w, w3 = w, v3 = w;
    for (std::size_t step = 0; step < path.size(); ++step) {
      const double g = gradient(u, step, j);
      const double next = u - eta * g;
      u = (1 + gamma) * next - gamma * w + eta2 * g;
      w = next;
      const double g3 = gradient(u3, step, j);
      w3 = u3 - eta * g3;
      v3 = (1 - alpha) * v3 + alpha * u3 - delta * g3;
      u3 = (alpha * v3 + w3) / (1 + alpha);
      BOOST_TEST(std::abs(path[step][j] - u) < 1e-12);
      BOOST_TEST(std::abs(path[step][j] - u3) < 1e-12);
    }
  }
}

template <typename T>
void is_what_it_generalizes() {
  const OptimizerConfig mass = {.rule = UpdateRule::kMass, .momentum = 0.8};
  BOOST_TEST(
      (path_of<T>(mass, 0.1) == path_of<T>({.rule = UpdateRule::kNesterov, .momentum = 0.8}, 0.1)));
  BOOST_TEST((path_of<T>({.rule = UpdateRule::kMass, .momentum = 0}, 0.1) ==
              path_of<T>({.rule = UpdateRule::kSgd}, 0.1)));
  OptimizerConfig other = mass;
  other.compensation = 0.4;
  BOOST_TEST((path_of<T>(mass, 0.1) != path_of<T>(other, 0.1)));
}
BOOST_AUTO_TEST_CASE(without_compensation_it_is_nesterov_and_without_momentum_sgd_to_the_bit) {
  is_what_it_generalizes<float>();
  is_what_it_generalizes<double>();
  BOOST_TEST(mass_settings(0.1, 0.2, 1).compensation == 0);
}

// x = sigma_1 z e_1 or sigma_2 z e_2 with probability 1/2 each, z^2 of mean 2 and z^4 of mean 12, as
// six equally likely examples of the same moments.
Matrix<double> decoupled(double second) {
  Matrix<double> x(6, 2);
  x(0, 0) = std::sqrt(6.0);
  x(1, 1) = std::sqrt(6.0 * second);
  return x;
}
MassMoments moments_of(double second) { return {6, 1, second, 6}; }

double radius(double second, const MassSettings& mass, std::size_t batch = 1) {
  return second_moment_contraction(decoupled(second), {.rate = mass.rate,
                                                       .momentum = mass.momentum,
                                                       .compensation = mass.compensation,
                                                       .batch = batch});
}

BOOST_AUTO_TEST_CASE(contractions_are_the_published_ones_and_below_the_bound) {
  const struct {
    double second, mass, bound, sgd;
  } golden[] = {{1.0 / 512, 0.98807, 0.99263, 0.999350},
                {0.01, 0.97472, 0.98333, 0.99668},
                {0.125, 0.92016, 0.94107, 0.96094}};
  for (const auto& row : golden) {
    const MassTheory theory = mass_theory(moments_of(row.second), 1);
    const double measured = radius(row.second, theory.settings);
    BOOST_TEST_CONTEXT("sigma_2^2 " << row.second) {
      BOOST_TEST(std::abs(measured - row.mass) < 1e-4);
      BOOST_TEST(std::abs(theory.bound - row.bound) < 1e-5);
      BOOST_TEST(measured <= theory.bound);
      BOOST_TEST(std::abs(radius(row.second, {.rate = 1.0 / 6}) - row.sgd) < 1e-5);
    }
  }
  const MassSettings settings = mass_theory(moments_of(1.0 / 512), 1).settings;
  BOOST_TEST(std::abs(settings.rate - 0.1667) < 1e-4);
  BOOST_TEST(std::abs(settings.rate * settings.compensation - 0.1379) < 1e-4);
  BOOST_TEST(std::abs(settings.momentum - 0.9854) < 1e-4);
}

BOOST_AUTO_TEST_CASE(contractions_of_batches_are_the_published_ones) {
  const struct {
    std::size_t batch;
    double mass, bound;
  } golden[] = {{1, 0.98807, 0.99263},  {2, 0.97946, 0.98737},  {4, 0.96762, 0.98036},
                {6, 0.95985, 0.97589},  {16, 0.94222, 0.96633}, {64, 0.92663, 0.95901},
                {512, 0.91824, 0.95623}};
  for (const auto& row : golden) {
    const MassTheory theory = mass_theory(moments_of(1.0 / 512), row.batch);
    BOOST_TEST_CONTEXT("batch " << row.batch) {
      BOOST_TEST(std::abs(radius(1.0 / 512, theory.settings, row.batch) - row.mass) < 1e-4);
      BOOST_TEST(std::abs(theory.bound - row.bound) < 1e-5);
    }
  }
}

BOOST_AUTO_TEST_CASE(with_all_data_it_is_nesterovs_method) {
  const MassTheory theory = mass_theory({6, 1, 0.01, 6}, std::size_t{1} << 50);
  BOOST_TEST(theory.settings.compensation < 1e-12);
  BOOST_TEST(theory.settings.rate == 1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(theory.settings.momentum == 9.0 / 11, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(nesterovs_method_diverges_from_a_momentum_of_0_5639_on) {
  const struct {
    double momentum, contraction;
  } golden[] = {{0.6, 1.0307}, {0.7, 1.129}, {0.8, 1.246}, {0.9, 1.377}, {0.99, 1.507}};
  for (const double second : {1.0 / 512, 0.125}) {
    for (const auto& row : golden) {
      const double measured = radius(second, {.rate = 1.0 / 6, .momentum = row.momentum});
      BOOST_TEST(std::abs(measured - row.contraction) < 6e-4);
    }
    BOOST_TEST(radius(second, {.rate = 1.0 / 6, .momentum = 0.5629}) < 1);
    BOOST_TEST(radius(second, {.rate = 1.0 / 6, .momentum = 0.5649}) > 1);
  }
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused_by_name) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](double rate, double alpha, double kappa, const std::string& text) {
    BOOST_CHECK_EXCEPTION(mass_settings(rate, alpha, kappa), ArgumentError,
                          says("mass_settings: " + text));
  };
  refused(-1, 0.1, 2, "rate must be finite and at least 0; got rate -1");
  refused(0.1, 0, 2, "alpha must be above 0 and at most 1; got alpha 0");
  refused(0.1, kNan, 2, "alpha must be above 0 and at most 1; got alpha nan");
  refused(0.1, 0.1, 0.5, "kappa must be finite and at least 1; got kappa 0.5");
  const auto refused_theory = [](const MassMoments& moments, std::size_t m,
                                 const std::string& text) {
    BOOST_CHECK_EXCEPTION(mass_theory(moments, m), ArgumentError, says("mass_theory: " + text));
  };
  refused_theory({1, 2, 0.1, 2}, 1,
                 "eigenvalues must be positive and finite, and smallest <= largest <= single; got "
                 "smallest 0.1, largest 2, single 1");
  refused_theory({2, 1, 0.1, kNan}, 1, "kappa must be finite and at least 1; got kappa nan");
  refused_theory({2, 1, 0.1, 2}, 0, "m must be at least 1; got m 0");
}

}  // namespace
}  // namespace surplus
