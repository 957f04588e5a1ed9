#define BOOST_TEST_MODULE lower_bound
#include "surplus/theory/lower_bound.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/core/rng.h"
#include "surplus/linalg/svd.h"
#include "surplus/theory/norms.h"
#include "tests/lib/theory/tiny_net.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

std::vector<double> positive(std::size_t n, std::uint64_t seed) {
  std::vector<double> x(n);
  Rng rng(seed);
  rng.fill_uniform(x);
  for (double& value : x) value += 0.1;
  return x;
}

std::vector<int> random_signs(std::size_t m, Rng& rng) {
  std::vector<int> signs(m);
  for (int& sign : signs) sign = rng.below(2) == 0 ? -1 : 1;
  return signs;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

BOOST_AUTO_TEST_CASE(the_samples_are_unit_vectors_in_turn) {
  BOOST_TEST((lower_bound_samples(3, 2) == Matrix<double>{{1, 0}, {0, 1}, {1, 0}}));
  BOOST_TEST(close(norm(lower_bound_samples(48, 16)), std::sqrt(48.0), 1e-15));
}

BOOST_AUTO_TEST_CASE(the_network_stays_in_the_class_and_in_its_spectral_norm) {
  Rng rng(1);
  for (const std::size_t h : {1u, 2u, 3u, 7u, 16u, 31u}) {
    const std::vector<double> alpha = positive(h, 1), beta = positive(h, 2);
    const std::vector<int> signs = random_signs(3 * h, rng);
    const LowerBoundNetwork net = lower_bound_network(signs, alpha, beta);
    const double slack = 1 + 1e-12;
    const std::vector<double> rows = row_norms(net.u);
    for (std::size_t j = 0; j < h; ++j) {
      BOOST_TEST(close(rows[j], beta[j], 1e-13));
      BOOST_TEST(std::abs(net.v[j]) == alpha[j]);
    }
    BOOST_TEST(svd(net.u).values[0] <= slack * *std::max_element(beta.begin(), beta.end()));
  }
}

BOOST_AUTO_TEST_CASE(its_value_is_that_of_its_network_at_the_samples) {
  Rng rng(2);
  const std::size_t h = 5, m = 17;
  const std::vector<double> alpha = positive(h, 3), beta = positive(h, 4);
  const std::vector<int> signs = random_signs(m, rng);
  const LowerBoundNetwork net = lower_bound_network(signs, alpha, beta);
  const Matrix<double> hidden = product(lower_bound_samples(m, h), transpose(net.u));
  double total = 0;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < h; ++j) total += signs[i] * net.v[j] * std::max(hidden(i, j), 0.0);
  }
  BOOST_TEST(close(lower_bound_value(signs, alpha, beta), total / static_cast<double>(m), 1e-12));
}

// On the side of the p positive sums a unit reaches at least half of sum_j s_j |q_j|, whose mean is at
// least sqrt(m / h / 2) sqrt(p / 2): E |s_j| >= sqrt(m / h / 2) by Khintchine, and sum_j |q_j| >=
// sqrt(p / 2) because no |q_j| exceeds sqrt(2 / p). That is sqrt(m) / 4 sqrt(p / h), with half of the
// sums on each side 0.17 sqrt(m); sides are uneven in a small network, which takes some of it.
constexpr double kConstant = 0.1;

BOOST_AUTO_TEST_CASE(over_all_signs_it_is_within_a_constant_of_the_upper_value) {
  for (const std::size_t h : {1u, 2u, 3u, 4u, 6u}) {
    for (const std::size_t m : {h, 2 * h, std::size_t{12}}) {
      const std::vector<double> alpha = positive(h, h), beta = positive(h, m);
      double lower = 0, exact = 0;
      const std::size_t count = std::size_t{1} << m;
      for (std::size_t code = 0; code < count; ++code) {
        std::vector<int> signs(m);
        for (std::size_t i = 0; i < m; ++i) signs[i] = (code >> i & 1) != 0 ? 1 : -1;
        const double value = lower_bound_value(signs, alpha, beta);
        const double best = one_hot_supremum(signs, alpha, beta);
        // Sums that cancel leave their rounding.
        if (value > best + 1e-12) BOOST_ERROR("the network beats the best of its class");
        lower += value / static_cast<double>(count);
        exact += best / static_cast<double>(count);
      }
      // sum_j alpha_j beta_j ||X||_F / m, above which R_S cannot be.
      const double upper =
          dot(alpha, beta) * std::sqrt(static_cast<double>(m)) / static_cast<double>(m);
      BOOST_TEST_CONTEXT("h " << h << ", m " << m << ", shares " << lower / upper << " "
                              << exact / upper) {
        BOOST_TEST(lower >= kConstant * upper);
        BOOST_TEST(exact <= upper * (1 + 1e-12));
        BOOST_TEST(exact >=
                   upper / 2);  // E ||s|| is at least sqrt(m / 2), of which a side has half
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(it_grows_with_the_root_of_the_width_at_a_fixed_spectral_norm) {
  // Corollary 4: ||U||_2 <= 1 and ||V||_2 <= 1 by alpha = 1 / sqrt(h), beta = 1, at m = h.
  Rng rng(5);
  double before = 0;
  for (const std::size_t h : {16u, 64u, 256u}) {
    const std::vector<double> alpha(h, 1 / std::sqrt(static_cast<double>(h))), beta(h, 1);
    double mean = 0;
    for (int draw = 0; draw < 8; ++draw) {
      mean += lower_bound_value(random_signs(h, rng), alpha, beta) / 8;
    }
    // Of s1 s2 sqrt(h) ||X||_F / m with ||X||_F = sqrt(m): the same share at each width.
    const double share =
        mean / (std::sqrt(static_cast<double>(h)) / std::sqrt(static_cast<double>(h)));
    BOOST_TEST(share >= kConstant);
    if (before > 0) BOOST_TEST(std::abs(share / before - 1) < 0.25);
    before = share;
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_class_is_refused) {
  const std::vector<double> two{1, 1}, three{1, 1, 1}, bad{1, -2};
  const std::vector<int> signs{1, -1, 1}, zero{1, 0, 1};
  BOOST_CHECK_EXCEPTION(lower_bound_samples(2, 3), ArgumentError,
                        says("lower_bound_samples: d must be at least 1 and at most m; got d 3, m "
                             "2"));
  BOOST_CHECK_EXCEPTION(lower_bound_network(signs, two, three), ShapeError,
                        says("lower_bound_network: each unit must have an alpha and a beta; got "
                             "alpha 2, beta 3"));
  BOOST_CHECK_EXCEPTION(lower_bound_network(std::span(signs).first(1), two, two), ArgumentError,
                        says("lower_bound_network: there must be a unit, and a sign for each; got "
                             "units 2, signs 1"));
  BOOST_CHECK_EXCEPTION(one_hot_supremum(zero, two, two), ArgumentError,
                        says("one_hot_supremum: a sign must be 1 or -1; got index 1, sign 0"));
  BOOST_CHECK_EXCEPTION(lower_bound_value(signs, two, bad), ArgumentError,
                        says("lower_bound_network: no alpha or beta may be negative; got unit 1, "
                             "alpha 1, beta -2"));
}

}  // namespace
}  // namespace surplus
