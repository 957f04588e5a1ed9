#define BOOST_TEST_MODULE sparse_noise
#include "surplus/noise/sparse_noise.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/noise/sparse_noise_instance.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;
using Method = SparseNoiseMethod;
using Vector = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double difference(const Vector& a, const Vector& b) {
  double sum = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(sum / size);
}

double largest(const Vector& a) {
  double most = 0;
  for (const double value : a) most = std::max(most, std::abs(value));
  return most;
}

Vector times(const Matrix<double>& j, const Vector& theta) {
  Vector out(j.rows());
  for (std::size_t i = 0; i < j.rows(); ++i) {
    for (std::size_t l = 0; l < theta.size(); ++l) out[i] += j(i, l) * theta[l];
  }
  return out;
}

Vector transposed_times(const Matrix<double>& j, const Vector& mu) {
  Vector out(j.cols());
  for (std::size_t i = 0; i < j.rows(); ++i) {
    for (std::size_t l = 0; l < out.size(); ++l) out[l] += j(i, l) * mu[i];
  }
  return out;
}

SparseNoiseInstance small(std::uint64_t seed) {
  return sparse_noise_instance(20, 40, 3, 3, Rng(seed));
}

// The descent as it is written down: p variables, h times `scale`.
struct PlainDescent {
  Vector theta, u, v;
};
PlainDescent plain_descent(const SparseNoiseInstance& in, const SparseNoisePrice& price, double tau,
                           double scale, std::size_t steps) {
  PlainDescent x{Vector(in.j.cols()), Vector(in.y.size(), price.gamma), {}};
  x.v = x.u;
  for (std::size_t step = 0; step < steps; ++step) {
    Vector rho = times(in.j, x.theta);
    for (std::size_t i = 0; i < rho.size(); ++i) {
      rho[i] = scale * (rho[i] + x.u[i] * x.u[i] - x.v[i] * x.v[i] - in.y[i]);
    }
    const Vector d_theta = transposed_times(in.j, rho);
    for (std::size_t l = 0; l < d_theta.size(); ++l) x.theta[l] -= tau * d_theta[l];
    for (std::size_t i = 0; i < rho.size(); ++i) {
      x.u[i] -= 2 * price.alpha * tau * rho[i] * x.u[i];
      x.v[i] += 2 * price.alpha * tau * rho[i] * x.v[i];
    }
  }
  return x;
}

BOOST_AUTO_TEST_CASE(two_of_lambda_gamma_and_alpha_give_the_third) {
  const SparseNoisePrice from_gamma = sparse_noise_price(0.3, 1e-4, {});
  BOOST_TEST(std::abs(from_gamma.alpha - 15.350567286626973) < 1e-13);  // 4 ln 10 / 0.6
  const SparseNoisePrice from_alpha = sparse_noise_price(0.3, {}, from_gamma.alpha);
  BOOST_TEST(std::abs(from_alpha.gamma / 1e-4 - 1) < 1e-13);
  const SparseNoisePrice back = sparse_noise_price({}, 1e-4, from_gamma.alpha);
  BOOST_TEST(std::abs(back.lambda - 0.3) < 1e-15);
  BOOST_TEST(sparse_noise_price({}, {}, {}).lambda == 1.0);
  BOOST_TEST(sparse_noise_price({}, {}, {}).gamma == 1e-6);
  BOOST_TEST(sparse_noise_price({}, {}, 0.0).lambda == kInfinity);
}

BOOST_AUTO_TEST_CASE(the_solutions_of_both_convex_methods_fulfil_the_optimality_conditions) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const SparseNoiseInstance in = small(seed);
    const SparseNoiseFactors factors = factor_sparse_noise(in.j);
    BOOST_TEST(factors.values.size() == 3u);
    for (const double lambda : {0.003, 0.05, 0.1, 1.0, 10.0}) {
      for (const Method method : {Method::kConvex, Method::kAdmm}) {
        const auto x = solve_sparse_noise(factors, in.y, {.method = method, .lambda = lambda});
        BOOST_TEST(largest(x.mu) <= lambda * (1 + 1e-12));
        BOOST_TEST(x.gap >= 0);
        BOOST_TEST(x.gap <= 1e-10 * x.primal);
        BOOST_TEST(std::abs(x.primal - x.dual - x.gap) <= 1e-12 * x.primal);
        const Vector image = times(in.j, x.theta);
        const Vector theta = transposed_times(in.j, x.mu);
        double apart = 0;
        for (std::size_t i = 0; i < in.y.size(); ++i) {
          apart = std::max(apart, std::abs(image[i] + x.s[i] - in.y[i]));
          if (std::abs(x.s[i]) > 1e-9) {
            apart = std::max(apart, std::abs(x.mu[i] - std::copysign(lambda, x.s[i])) * 1e-3);
          }
        }
        BOOST_TEST(apart <= 1e-12);
        BOOST_TEST(difference(theta, x.theta) <= 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(newton_solves_its_equation_and_the_mirror_agrees) {
  for (const double gamma : {1e-1, 1e-2, 1e-4, 1e-8, 1e-12, 1e-16}) {
    for (const double lambda : {0.05, 0.3, 1.0}) {
      const SparseNoiseInstance in = small(5);
      const SparseNoiseFactors factors = factor_sparse_noise(in.j);
      const auto x = solve_sparse_noise(
          factors, in.y, {.method = Method::kNewton, .lambda = lambda, .gamma = gamma});
      BOOST_TEST(x.residual <= 1e-12);
      BOOST_TEST((x.stop == Stop::kConverged));
      BOOST_TEST(difference(transposed_times(in.j, x.mu), x.theta) <= 1e-12);
      if (gamma < 1e-2) continue;
      const double alpha = x.price.alpha;
      double curvature = 0;
      for (std::size_t i = 0; i < in.y.size(); ++i) {
        curvature = std::max(curvature, 4 * alpha * std::hypot(x.s[i], 2 * gamma * gamma));
      }
      const double square = factors.values[0] * factors.values[0];
      const auto mirror = solve_sparse_noise(factors, in.y,
                                             {.method = Method::kMirror,
                                              .lambda = lambda,
                                              .gamma = gamma,
                                              .tau = 1 / (square + curvature),
                                              .iterations = gamma == 1e-1 ? 20000u : 150000u,
                                              .gap_tolerance = 0,
                                              .check_every = 1000});
      BOOST_TEST(difference(mirror.theta, x.theta) <= 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_flow_nears_the_convex_program_as_gamma_vanishes) {
  // Biased: in proportion to 1 / |ln gamma|. Exact with a margin: by powers of gamma.
  const SparseNoiseInstance in = small(1);
  const SparseNoiseFactors factors = factor_sparse_noise(in.j);
  const auto apart = [&](double lambda, double gamma) {
    const auto end = solve_sparse_noise(
        factors, in.y, {.method = Method::kNewton, .lambda = lambda, .gamma = gamma});
    const auto limit = solve_sparse_noise(factors, in.y, {.lambda = lambda});
    // The gap bounds the distance: 1/2 ||theta - limit||^2 <= gap.
    double square = 0;
    for (std::size_t l = 0; l < 40; ++l) square += std::pow(end.theta[l] - limit.theta[l], 2);
    BOOST_TEST(square / 2 <= end.gap * (1 + 1e-9) + 1e-25);
    return difference(end.theta, limit.theta);
  };
  BOOST_TEST(std::abs(apart(0.03, 1e-4) * 4 / (apart(0.03, 1e-12) * 12) - 1) < 0.3);
  double m = 0;
  const auto end =
      solve_sparse_noise(factors, in.y, {.method = Method::kNewton, .lambda = 1, .gamma = 1e-8});
  for (std::size_t i = 0; i < in.y.size(); ++i) {
    if (in.s[i] == 0) m = std::max(m, std::abs(end.mu[i]));
  }
  const double factor = apart(1, 1e-5) / apart(1, 1e-6), law = std::pow(10, 2 * (1 - m));
  BOOST_TEST(factor >= 0.9 * law);
  BOOST_TEST(factor <= 1.3 * law);
}

BOOST_AUTO_TEST_CASE(the_descent_in_the_row_space_is_the_descent_as_written_whatever_scales_it) {
  const SparseNoiseInstance in = small(2);
  const SparseNoiseConfig config{.method = Method::kGradientDescent,
                                 .lambda = 0.3,
                                 .gamma = 1e-2,
                                 .iterations = 3000,
                                 .gap_tolerance = 0};
  const SparseNoiseResult x = solve_sparse_noise(in.j, in.y, config);
  for (const double scale : {1.0, 1 / 20.0, 7.0}) {
    const PlainDescent plain = plain_descent(in, x.price, x.tau / scale, scale, 3000);
    BOOST_TEST(difference(x.theta, plain.theta) <= 1e-10);
    BOOST_TEST(difference(x.u, plain.u) <= 1e-10);
    BOOST_TEST(difference(x.v, plain.v) <= 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(the_product_of_u_and_v_shrinks_by_what_the_steps_say) {
  const SparseNoiseInstance in = small(3);
  const auto x = solve_sparse_noise(in.j, in.y,
                                    {.method = Method::kGradientDescent,
                                     .lambda = 0.1,
                                     .gamma = 0.1,
                                     .iterations = 500,
                                     .check_every = 1,
                                     .keep_trace = true});
  Vector product(20, 0.01), mu(20);
  for (const SparseNoiseLook& look : x.trace) {
    for (std::size_t i = 0; i < 20; ++i) {
      const double rho = (mu[i] - look.mu[i]) / x.tau;
      product[i] *= 1 - std::pow(2 * x.price.alpha * x.tau * rho, 2);
      mu[i] = look.mu[i];
      BOOST_TEST_REQUIRE(std::abs(look.u[i] * look.v[i] / product[i] - 1) < 1e-9);
    }
  }
  BOOST_TEST(largest(product) < 0.01);
}

BOOST_AUTO_TEST_CASE(the_descent_is_of_first_order_in_its_step) {
  const SparseNoiseInstance in = small(4);
  const SparseNoiseFactors factors = factor_sparse_noise(in.j);
  const auto end =
      solve_sparse_noise(factors, in.y, {.method = Method::kNewton, .lambda = 0.1, .gamma = 0.1});
  double before = 0;
  for (int halving = 0; halving < 4; ++halving) {
    const auto x = solve_sparse_noise(factors, in.y,
                                      {.method = Method::kGradientDescent,
                                       .lambda = 0.1,
                                       .gamma = 0.1,
                                       .tau = std::ldexp(1.6e-3, -halving),
                                       .iterations = std::size_t{20000} << halving,
                                       .gap_tolerance = 0,
                                       .check_every = 1000});
    const double error = difference(x.theta, end.theta);
    if (halving > 0) {
      BOOST_TEST(before / error > 1.8);
      BOOST_TEST(before / error < 2.2);
    }
    before = error;
  }
}

BOOST_AUTO_TEST_CASE(negated_data_swap_u_and_v_and_permuted_rows_permute_the_result) {
  const SparseNoiseInstance in = small(6);
  SparseNoiseInstance negated = in, reversed = in;
  for (double& y : negated.y) y = -y;
  for (std::size_t i = 0; i < 20; ++i) {
    reversed.y[i] = in.y[19 - i];
    for (std::size_t l = 0; l < 40; ++l) reversed.j(i, l) = in.j(19 - i, l);
  }
  for (const Method method : {Method::kGradientDescent, Method::kMirror, Method::kConvex}) {
    const SparseNoiseConfig config{
        .method = method, .lambda = 0.3, .gamma = 1e-3, .iterations = 2000, .gap_tolerance = 0};
    const auto x = solve_sparse_noise(in.j, in.y, config);
    const auto minus = solve_sparse_noise(negated.j, negated.y, config);
    const auto back = solve_sparse_noise(reversed.j, reversed.y, config);
    BOOST_TEST(minus.u == x.v);
    BOOST_TEST(minus.v == x.u);
    Vector s = x.s;
    for (double& value : s) value = -value;
    BOOST_TEST(difference(minus.s, s) <= 1e-15);
    std::reverse(s.begin(), s.end());
    for (double& value : s) value = -value;
    BOOST_TEST(difference(back.s, s) <= 1e-11);
    BOOST_TEST(difference(back.theta, x.theta) <= 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(without_alpha_the_descent_is_least_squares_from_zero_and_misses_the_noise) {
  const SparseNoiseInstance in = small(7);
  const Lstsq<double> least = lstsq(in.j, MatrixView<const double>(in.y.data(), 20, 1));
  const Vector expected(least.x.values().begin(), least.x.values().end());
  for (const Method method : {Method::kGradientDescent, Method::kMirror}) {
    const auto x =
        solve_sparse_noise(in.j, in.y, {.method = method, .alpha = 0.0, .iterations = 2000});
    BOOST_TEST(difference(x.theta, expected) <= 1e-11);
    BOOST_TEST(largest(x.s) == 0);
    BOOST_TEST(x.gap == kInfinity);
    BOOST_TEST(difference(x.theta, in.theta) > 0.1);
  }
}

BOOST_AUTO_TEST_CASE(starts_of_their_own_and_signs_of_their_own_are_prices_of_their_own) {
  const SparseNoiseInstance in = small(8);
  const SparseNoiseFactors factors = factor_sparse_noise(in.j);
  Vector weights(20);
  for (std::size_t i = 0; i < 20; ++i) weights[i] = 0.5 + 0.1 * static_cast<double>(i);
  SparseNoiseConfig config{.lambda = 0.05, .lambda_minus = 0.1, .weights = weights};
  const auto limit = solve_sparse_noise(factors, in.y, config);
  bool up = false, down = false;
  for (std::size_t i = 0; i < 20; ++i) {
    BOOST_TEST(limit.mu[i] <= 0.05 * weights[i] * (1 + 1e-12));
    BOOST_TEST(limit.mu[i] >= -0.1 * weights[i] * (1 + 1e-12));
    if (limit.s[i] > 1e-9) BOOST_TEST(std::abs(limit.mu[i] - 0.05 * weights[i]) < 1e-9);
    if (limit.s[i] < -1e-9) BOOST_TEST(std::abs(limit.mu[i] + 0.1 * weights[i]) < 1e-9);
    up = up || limit.s[i] > 1e-9;
    down = down || limit.s[i] < -1e-9;
  }
  BOOST_TEST((up && down));
  // The flow from gamma_i = gamma^w_i ends where Newton does, and that nears the program's solution.
  config.method = Method::kNewton;
  double before = kInfinity;
  for (const double gamma : {1e-2, 1e-4, 1e-8, 1e-16}) {
    config.gamma = gamma;
    const double error = difference(solve_sparse_noise(factors, in.y, config).theta, limit.theta);
    BOOST_TEST(error < 0.75 * before);
    before = error;
  }
  BOOST_TEST(before < 0.03);
  config.gamma = 0.1;
  const auto end = solve_sparse_noise(factors, in.y, config);
  config.method = Method::kGradientDescent;
  config.tau = 1e-4;
  config.iterations = 200000;
  const auto descent = solve_sparse_noise(factors, in.y, config);
  BOOST_TEST(difference(descent.theta, end.theta) < 2e-3);
  config.method = Method::kMirror;
  BOOST_TEST(difference(solve_sparse_noise(factors, in.y, config).theta, end.theta) < 1e-9);
}

BOOST_AUTO_TEST_CASE(dense_noise_gives_the_huber_estimate) {
  SparseNoiseInstance in = small(9);
  Rng rng(10);
  for (double& y : in.y) y += 0.05 * rng.normal();
  for (const Method method : {Method::kConvex, Method::kAdmm}) {
    const auto x =
        solve_sparse_noise(in.j, in.y, {.method = method, .lambda = 2, .dense_noise = 0.05});
    // Stationarity of 1/2 ||theta||^2 + sum huber(y - J theta): theta = J' clip((y - J theta) / nu).
    Vector psi = times(in.j, x.theta);
    for (std::size_t i = 0; i < 20; ++i) {
      const double left = in.y[i] - psi[i];
      psi[i] = std::clamp(left / 0.05, -2.0, 2.0);
      BOOST_TEST(std::abs(left - x.s[i]) <= 0.1 + 1e-12);
    }
    BOOST_TEST(difference(transposed_times(in.j, psi), x.theta) < 1e-7);
    BOOST_TEST(x.gap <= 1e-13 * x.primal);
    BOOST_TEST(x.support.size() < 8u);
  }
  const auto equality = solve_sparse_noise(in.j, in.y, {.lambda = 2});
  BOOST_TEST(equality.support.size() >= 17u);
  const auto nearly = solve_sparse_noise(in.j, in.y, {.lambda = 2, .dense_noise = 1e-12});
  BOOST_TEST(difference(nearly.theta, equality.theta) < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_start_theta0_is_the_centre_of_the_ridge) {
  const SparseNoiseInstance in = small(11);
  Vector theta0(40), y = in.y;
  Rng(12).fill_normal(theta0);
  const Vector image = times(in.j, theta0);
  for (std::size_t i = 0; i < 20; ++i) y[i] -= image[i];
  for (const Method method : {Method::kConvex, Method::kGradientDescent}) {
    auto shifted = solve_sparse_noise(in.j, y, {.method = method, .iterations = 5000});
    const auto x =
        solve_sparse_noise(in.j, in.y, {.method = method, .theta0 = theta0, .iterations = 5000});
    for (std::size_t l = 0; l < 40; ++l) shifted.theta[l] += theta0[l];
    BOOST_TEST(difference(x.theta, shifted.theta) < 1e-10);
    BOOST_TEST(difference(x.s, shifted.s) < 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(sparse_errors_in_low_rank_data_are_found_without_knowing_rank_or_sparsity) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const SparseNoiseInstance in = sparse_noise_instance(100, 150, 10, 10, Rng(seed));
    const SparseNoiseFactors factors = factor_sparse_noise(in.j);
    const auto limit = solve_sparse_noise(factors, in.y);
    BOOST_TEST(difference(limit.theta, in.theta) < 1e-12);
    SparseNoiseConfig config{
        .method = Method::kGradientDescent, .iterations = 40000, .gap_tolerance = 0};
    const auto descent = solve_sparse_noise(factors, in.y, config);
    BOOST_TEST(difference(descent.theta, in.theta) < 1e-3);
    for (std::size_t i = 0; i < 100; ++i) {
      BOOST_TEST((std::binary_search(limit.support.begin(), limit.support.end(), i) ==
                  (std::abs(in.s[i]) > 1e-9)));
    }
  }
}

BOOST_AUTO_TEST_CASE(columns_are_solved_as_if_alone_with_any_number_of_threads) {
  const SparseNoiseInstance in = sparse_noise_instance(60, 80, 5, 6, Rng(13));
  const SparseNoiseFactors factors = factor_sparse_noise(in.j);
  Matrix<double> y(60, 5);
  Rng(14).fill_normal(y.values());
  for (const Method method : {Method::kConvex, Method::kAdmm, Method::kNewton, Method::kMirror,
                              Method::kGradientDescent}) {
    const SparseNoiseConfig config{.method = method, .lambda = 0.5, .iterations = 500};
    std::vector<std::vector<SparseNoiseResult>> runs;
    for (const std::size_t threads : {1, 2, 5}) {
      set_thread_count(threads);
      runs.push_back(solve_sparse_noise_columns(factors, y, config));
    }
    set_thread_count(0);
    for (std::size_t column = 0; column < 5; ++column) {
      Vector alone(60);
      for (std::size_t i = 0; i < 60; ++i) alone[i] = y(i, column);
      const SparseNoiseResult expected = solve_sparse_noise(factors, alone, config);
      for (const auto& run : runs) {
        BOOST_TEST((run[column].theta == expected.theta));
        BOOST_TEST((run[column].s == expected.s));
        BOOST_TEST(run[column].gap == expected.gap);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_observer_stops_any_method_and_no_iterations_keep_the_start) {
  const SparseNoiseInstance in = small(15);
  for (const Method method : {Method::kConvex, Method::kAdmm, Method::kNewton, Method::kMirror,
                              Method::kGradientDescent}) {
    const auto x =
        solve_sparse_noise(in.j, in.y,
                           {.method = method,
                            .lambda = 0.1,
                            .gap_tolerance = 0,
                            .check_every = 5,
                            .observer = [](const Progress& p) { return p.iteration < 10; }});
    BOOST_TEST((x.stop == Stop::kCancelled));
    BOOST_TEST(x.iterations == 10u);
    const auto none = solve_sparse_noise(in.j, in.y, {.method = method, .iterations = 0});
    BOOST_TEST((none.stop == Stop::kIterationLimit));
    BOOST_TEST(largest(none.mu) == 0);
    BOOST_TEST(none.gap > 0);
  }
}

BOOST_AUTO_TEST_CASE(degenerate_data_are_solved) {
  for (const Method method : {Method::kConvex, Method::kAdmm, Method::kNewton, Method::kMirror,
                              Method::kGradientDescent}) {
    const SparseNoiseConfig config{.method = method, .lambda = 0.5, .iterations = 20000};
    // J = 0: all of y is noise. The flow's mu is the logarithm of s.
    const auto zero = solve_sparse_noise(Matrix<double>(3, 2), Vector{1, -2, 0}, config);
    BOOST_TEST(largest(zero.theta) == 0);
    BOOST_TEST(std::abs(zero.s[1] + 2) < 1e-6);
    const auto none = solve_sparse_noise(Matrix<double>(0, 2), Vector{}, config);
    BOOST_TEST(none.theta.size() == 2u);
    const auto nothing = solve_sparse_noise(Matrix<double>{{1}, {2}}, Vector{0, 0}, config);
    BOOST_TEST(largest(nothing.theta) == 0);
    // One column, a repeated row: y = 2 j but for one entry.
    const auto line = solve_sparse_noise(Matrix<double>{{1}, {1}, {2}, {3}, {3}},
                                         Vector{2, 2, 4, 6, -7}, {.method = method, .lambda = 5});
    if (method != Method::kGradientDescent && method != Method::kMirror) {
      BOOST_TEST(std::abs(line.theta[0] - 2) < 1e-4);
      BOOST_TEST(std::abs(line.s[4] + 13) < 1e-3);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_step_that_is_far_too_long_ends_as_not_finite) {
  const SparseNoiseInstance in = small(16);
  const auto x = solve_sparse_noise(
      in.j, in.y, {.method = Method::kGradientDescent, .tau = 100.0, .iterations = 5000});
  BOOST_TEST((x.stop == Stop::kNotFinite));
  BOOST_TEST(x.iterations < 5000u);
}

BOOST_AUTO_TEST_CASE(input_outside_its_domain_is_refused_with_what_was_asked) {
  const Matrix<double> j{{1, 2}, {3, 4}, {5, 6}};
  const Vector y{1, 2, 3}, zero{1, 0, 1}, two{1, 2};
  const auto refused = [&](const SparseNoiseConfig& config, const std::string& text) {
    BOOST_CHECK_EXCEPTION(solve_sparse_noise(j, y, config), ArgumentError, says(text));
  };
  const auto misfit = [&](const Vector& data, const SparseNoiseConfig& config,
                          const std::string& text) {
    BOOST_CHECK_EXCEPTION(solve_sparse_noise(j, data, config), ShapeError, says(text));
  };
  misfit(two, {}, "solve_sparse_noise: y must fit the shape of j; got y 2, expected 3");
  misfit(y, {.weights = two},
         "solve_sparse_noise: weights must fit the shape of j; got weights 2, expected 3");
  misfit(y, {.theta0 = y},
         "solve_sparse_noise: theta0 must fit the shape of j; got theta0 3, expected 2");
  BOOST_CHECK_EXCEPTION(
      solve_sparse_noise(j, Vector{1, std::nan(""), 3}), ArgumentError,
      says("solve_sparse_noise: y must be finite; got row 0, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(solve_sparse_noise(Matrix<double>{{1, kInfinity}}, Vector{1}),
                        ArgumentError,
                        says("svd: a must be finite; got row 0, column 1, value inf"));
  refused({.weights = zero}, "solve_sparse_noise: weights must be positive; got weight 0, entry 1");
  refused({.lambda_minus = 0.0},
          "solve_sparse_noise: lambda_minus must be positive and finite; got lambda_minus 0");
  refused({.dense_noise = -1},
          "solve_sparse_noise: dense_noise must be finite and not negative; got dense_noise -1");
  refused({.method = Method::kNewton, .dense_noise = 1},
          "solve_sparse_noise: dense noise needs the method convex or admm; got dense_noise 1, "
          "method newton");
  refused({.tau = 0.0}, "solve_sparse_noise: tau must be positive and finite; got tau 0");
  refused({.gap_tolerance = -1},
          "solve_sparse_noise: gap_tolerance must not be negative; got gap_tolerance -1");
  refused({.support_tolerance = -1},
          "solve_sparse_noise: support_tolerance must not be negative; got support_tolerance -1");
  refused({.check_every = 0},
          "solve_sparse_noise: check_every must be at least 1; got check_every 0");
  refused({.alpha = 0.0},
          "solve_sparse_noise: alpha = 0 needs the method mirror or gradient descent; got method "
          "convex");
  refused({.lambda = 1, .gamma = 0.1, .alpha = 1},
          "sparse_noise_price: at most two of lambda, gamma and alpha may be given; got lambda 1, "
          "gamma 0.1, alpha 1");
  refused({.lambda = -1.0},
          "sparse_noise_price: lambda must be positive and finite; got lambda -1");
  refused({.gamma = 1.0}, "sparse_noise_price: gamma must be between 0 and 1; got gamma 1");
  refused({.alpha = -1.0},
          "sparse_noise_price: alpha must be finite and not negative; got alpha -1");
  refused({.lambda = 1000, .alpha = 10},
          "sparse_noise_price: gamma = exp(-2 alpha lambda) must be between 0 and 1; got lambda "
          "1000, alpha 10");
  BOOST_CHECK_EXCEPTION(
      solve_sparse_noise_columns(factor_sparse_noise(j), Matrix<double>(2, 2)), ShapeError,
      says("solve_sparse_noise_columns: y must have as many rows as j; got y 2 x 2, rows of j 3"));
  BOOST_CHECK_EXCEPTION(
      sparse_noise_instance(3, 4, 5, 1, Rng(1)), ArgumentError,
      says("sparse_noise_instance: r must be at least 1 and at most min(n, p); got r 5, n 3, p 4"));
  BOOST_CHECK_EXCEPTION(sparse_noise_instance(3, 4, 2, 4, Rng(1)), ArgumentError,
                        says("sparse_noise_instance: k must be at most n; got k 4, n 3"));
}

BOOST_AUTO_TEST_CASE(instances_are_what_they_say) {
  const SparseNoiseInstance in = sparse_noise_instance(30, 20, 4, 5, Rng(17));
  BOOST_TEST(factor_sparse_noise(in.j).values.size() == 4u);
  double norm = 0;
  for (const double value : in.theta) norm += value * value;
  BOOST_TEST(std::abs(norm - 1) < 1e-14);
  BOOST_TEST(std::count_if(in.s.begin(), in.s.end(), [](double s) { return s != 0; }) == 5);
  // In the row space: the minimum-norm solution of J x = J theta is theta.
  const Vector image = times(in.j, in.theta);
  const Lstsq<double> back = lstsq(in.j, MatrixView<const double>(image.data(), 30, 1));
  BOOST_TEST(difference({back.x.values().begin(), back.x.values().end()}, in.theta) < 1e-12);
}

}  // namespace
}  // namespace surplus
