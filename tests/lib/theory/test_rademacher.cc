#define BOOST_TEST_MODULE rademacher
#include "surplus/theory/rademacher.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/theory/margins.h"
#include "surplus/theory/norms.h"
#include "tests/lib/theory/tiny_net.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

// What the golden numbers are given to.
constexpr double kTolerance = 1e-11;

void check(double found, double golden) {
  BOOST_TEST(close(found, golden, kTolerance), found << " is not " << golden);
}

// The mean of sum_j alpha_j |sum_i xi_i z_ij| / m over all signs, one after the other.
double by_hand(const std::vector<double>& alpha, const Matrix<double>& z) {
  const std::size_t m = z.rows();
  double total = 0;
  for (std::size_t signs = 0; signs < (std::size_t{1} << m); ++signs) {
    for (std::size_t j = 0; j < alpha.size(); ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < m; ++i) sum += ((signs >> i & 1) != 0 ? 1 : -1) * z(i, j);
      total += alpha[j] * std::abs(sum);
    }
  }
  return total / static_cast<double>(std::size_t{1} << m) / static_cast<double>(m);
}

BOOST_AUTO_TEST_CASE(the_tiny_network_has_the_bounds_of_theorem_1) {
  const TinyNet<double> net;
  const TwoLayerNorms norms = net.norms();
  const TwoLayerData data = net.data();
  const RademacherBoundInput input{.alpha = norms.unit_impact,
                                   .beta = norms.unit_capacity,
                                   .hidden_norms = data.hidden_norms,
                                   .mean_square = data.mean_square,
                                   .samples = 6,
                                   .classes = 2,
                                   .gamma = quantile(margins(net.scores(), net.y), 0.05)};
  check(unit_rademacher_bound(input), 62.129247509516);
  check(layer_rademacher_bound(input), 71.046181729191);
}

BOOST_AUTO_TEST_CASE(the_tiny_network_has_its_golden_complexity_at_the_start) {
  const TinyNet<double> net;
  const std::vector<double> alpha = net.norms().unit_impact;
  const Matrix<double> z = rectified(net.x, net.u0);
  check(exact_rademacher(alpha, z), .186243174162);
  const RademacherBracket bracket = khintchine_bracket(alpha, z);
  check(bracket.lower, .157090782317);
  check(bracket.upper, .222159914876);
  // The upper value of theorem 1 has the values before the rectification.
  check(khintchine_bracket(alpha, product(net.x, transpose(net.u0))).upper, .325986751228);
}

BOOST_AUTO_TEST_CASE(the_bound_by_units_is_never_above_that_by_layers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<double> parts[3];
    Rng rng(seed);
    for (std::vector<double>& part : parts) {
      part.resize(1 + seed);
      rng.fill_uniform(part);
    }
    const RademacherBoundInput input{parts[0], parts[1], parts[2], 2.5, 30, 10, 0.3};
    BOOST_TEST(unit_rademacher_bound(input) <= layer_rademacher_bound(input) * (1 + 1e-14));
  }
  // Equal if all units are alike.
  const std::vector<double> alike(5, 0.7);
  const RademacherBoundInput input{alike, alike, alike, 2.5, 30, 10, 0.3};
  check(unit_rademacher_bound(input), layer_rademacher_bound(input));
}

BOOST_AUTO_TEST_CASE(the_exact_value_is_the_mean_over_all_signs_and_lies_in_the_bracket) {
  for (const std::size_t m : {1u, 2u, 5u, 11u}) {
    const std::vector<double> alpha{0.5, 0, 2};
    const Matrix<double> z =
        rectified(random_matrix<double>(m, 4, m), random_matrix<double>(3, 4, 9));
    const double exact = exact_rademacher(alpha, z);
    check(exact, by_hand(alpha, z));
    const RademacherBracket bracket = khintchine_bracket(alpha, z);
    BOOST_TEST(exact >= bracket.lower * (1 - 1e-14));
    BOOST_TEST(exact <= bracket.upper * (1 + 1e-14));
  }
  // Khintchine's lower constant is reached by two equal numbers, the upper one by a single one.
  const std::vector<double> one{1};
  BOOST_TEST(exact_rademacher(one, Matrix<double>{{3}, {3}}) == 1.5);
  check(khintchine_bracket(one, Matrix<double>{{3}, {3}}).lower, 1.5);
  BOOST_TEST(exact_rademacher(one, Matrix<double>{{3}}) == 3);
  BOOST_TEST(khintchine_bracket(one, Matrix<double>{{3}}).upper == 3);
}

BOOST_AUTO_TEST_CASE(the_estimate_agrees_with_the_exact_value) {
  const std::vector<double> alpha{0.5, 1, 2};
  const Matrix<double> z =
      rectified(random_matrix<double>(14, 4, 1), random_matrix<double>(3, 4, 2));
  Rng rng(3);
  const RademacherEstimate found = estimate_rademacher(alpha, z, 20000, rng);
  BOOST_TEST(found.standard_error > 0);
  BOOST_TEST(std::abs(found.mean - exact_rademacher(alpha, z)) < 5 * found.standard_error);
  Rng again(3);
  BOOST_TEST(estimate_rademacher(alpha, z, 20000, again).mean == found.mean);
}

BOOST_AUTO_TEST_CASE(the_error_bound_adds_its_three_terms) {
  check(rademacher_error_bound(0.1, 0.2, 50, 0.05), 0.5 + 3 * std::sqrt(std::log(40.0) / 100));
}

BOOST_AUTO_TEST_CASE(what_has_no_complexity_is_refused) {
  const std::vector<double> two{1, 1}, three{1, 1, 1}, bad{1, -1, 1};
  const RademacherBoundInput uneven{two, three, three, 1, 1, 1, 1};
  BOOST_CHECK_EXCEPTION(unit_rademacher_bound(uneven), ShapeError,
                        says("unit_rademacher_bound: each unit must have an alpha, a beta and a "
                             "norm; got alpha 2, beta 3, hidden_norms 3"));
  const RademacherBoundInput flat{two, two, two, 1, 1, 1, 0};
  BOOST_CHECK_EXCEPTION(
      layer_rademacher_bound(flat), ArgumentError,
      says("layer_rademacher_bound: samples and classes must be at least 1, gamma positive and "
           "mean_square not negative; got samples 1, classes 1, gamma 0, mean_square 1"));
  BOOST_CHECK_EXCEPTION(rademacher_error_bound(0, 0, 0), ArgumentError,
                        says("rademacher_error_bound: delta must be between 0 and 1 and samples at "
                             "least 1; got delta 0.01, samples 0"));
  BOOST_CHECK_EXCEPTION(exact_rademacher(two, Matrix<double>(2, 3)), ShapeError,
                        says("exact_rademacher: alpha must have an element for each column of z; "
                             "got alpha 2, z 2 x 3"));
  BOOST_CHECK_EXCEPTION(exact_rademacher(three, Matrix<double>(25, 3)), ArgumentError,
                        says("exact_rademacher: there must be at most 24 samples; got samples 25"));
  BOOST_CHECK_EXCEPTION(khintchine_bracket(three, Matrix<double>(0, 3)), ArgumentError,
                        says("khintchine_bracket: there must be a sample; got z 0 x 3"));
  BOOST_CHECK_EXCEPTION(khintchine_bracket(bad, Matrix<double>(2, 3)), ArgumentError,
                        says("khintchine_bracket: no alpha may be negative; got unit 1, alpha -1"));
  Rng rng(1);
  BOOST_CHECK_EXCEPTION(estimate_rademacher(three, Matrix<double>(2, 3), 1, rng), ArgumentError,
                        says("estimate_rademacher: draws must be at least 2; got draws 1"));
}

}  // namespace
}  // namespace surplus
