#define BOOST_TEST_MODULE critical_batch
#include "surplus/optim/critical_batch.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/optim/second_moment.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

// The bound in one eigen-direction, and over all from smallest to largest.
double bound(double rate, double lambda, double beta, double m) {
  return std::pow(1 - rate * lambda, 2) + rate * rate * lambda / m * (beta - lambda);
}
double worst(double rate, const GramSpectrum& s, std::size_t m) {
  double most = 0;
  for (int i = 0; i <= 100; ++i) {
    const double lambda = s.smallest + (s.largest - s.smallest) * i / 100;
    most = std::max(most, bound(rate, lambda, s.beta, static_cast<double>(m)));
  }
  return most;
}

const GramSpectrum kSpectrum = {.beta = 1, .largest = 0.15, .smallest = 1e-3};

BOOST_AUTO_TEST_CASE(no_step_has_a_better_bound_at_any_batch) {
  for (const std::size_t m : {1, 2, 5, 7, 8, 20, 100, 10000}) {
    const BatchStep step = batch_step(kSpectrum, m);
    BOOST_TEST_CONTEXT("m " << m) {
      BOOST_TEST(std::abs(worst(step.rate, kSpectrum, m) - step.contraction) < 1e-12);
      for (const double factor : {0.5, 0.9, 0.99, 1.01, 1.1, 1.5}) {
        BOOST_TEST(worst(step.rate * factor, kSpectrum, m) > step.contraction);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(both_pieces_meet_at_the_critical_batch_and_end_at_gradient_descent) {
  // beta / (largest - smallest) a whole number, so that the critical batch is one.
  const GramSpectrum s = {.beta = 3, .largest = 0.35, .smallest = 0.05};
  BOOST_TEST(critical_batch(s) == 11, boost::test_tools::tolerance(1e-14));
  const double sum = s.beta + 10 * (s.largest + s.smallest);
  BOOST_TEST(batch_step(s, 11).rate == 2 * 11 / sum, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(batch_step(s, 11).contraction == 1 - 440 * s.largest * s.smallest / (sum * sum),
             boost::test_tools::tolerance(1e-12));
  const double kappa = s.largest / s.smallest;
  BOOST_TEST(batch_step(s, 1'000'000'000).contraction == std::pow((kappa - 1) / (kappa + 1), 2),
             boost::test_tools::tolerance(1e-6));
  // Never worse for a larger batch.
  for (std::size_t m = 1; m < 100; ++m) {
    BOOST_TEST(batch_step(s, m + 1).contraction < batch_step(s, m).contraction);
  }
}

BOOST_AUTO_TEST_CASE(without_the_smallest_eigenvalue_the_step_is_that_of_eigenpro) {
  // Its code: m / beta below m*, 2 m / (beta + (m - 1) largest) from there on.
  const GramSpectrum s = {.beta = 1, .largest = 0.153, .smallest = 0};
  BOOST_TEST(critical_batch(s) == 1 / 0.153 + 1, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(batch_step(s, 5).rate == 5, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(batch_step(s, 50).rate == 100 / (1 + 49 * 0.153), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(the_spectrum_is_that_of_the_features) {
  // Rows 3 e_1, 3 e_1, 1 e_2 and 2 e_3: K / n has the eigenvalues 18/4, 4/4, 1/4 and 0.
  const Matrix<double> x = {{3, 0, 0}, {3, 0, 0}, {0, 1, 0}, {0, 0, 2}};
  const Matrix<double> gram = tests::product(x, tests::transpose(x));
  const GramSpectrum s = gram_spectrum(gram);
  BOOST_TEST(s.beta == 9);
  BOOST_TEST(s.largest == 4.5, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(s.smallest == 0.25, boost::test_tools::tolerance(1e-13));
  const GramSpectrum estimate = estimate_gram_spectrum(gram);
  BOOST_TEST(estimate.beta == 9);
  BOOST_TEST(estimate.largest == 4.5, boost::test_tools::tolerance(1e-10));
  BOOST_TEST(estimate.smallest == 9.0 / 4);
}

BOOST_AUTO_TEST_CASE(the_exact_contraction_keeps_to_the_bound) {
  const Matrix<double> x = random_matrix<double>(12, 4, 1);
  const GramSpectrum s = gram_spectrum(tests::product(x, tests::transpose(x)));
  for (const std::size_t m : {1, 2, 4, 50}) {
    const BatchStep step = batch_step(s, m);
    const double exact = second_moment_contraction(x, {.rate = step.rate, .batch = m});
    BOOST_TEST(exact <= step.contraction);
    BOOST_TEST(exact > 0);
  }
}

BOOST_AUTO_TEST_CASE(examples_that_are_all_alike_have_no_critical_batch) {
  const Matrix<double> gram(5, 5, 2.0);
  const GramSpectrum s = gram_spectrum(gram);
  BOOST_TEST(s.largest == 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(s.smallest == s.largest);
  BOOST_TEST(std::isinf(critical_batch(s)));
  BOOST_TEST(batch_step(s, 3).rate == 0.5, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(std::abs(batch_step(s, 3).contraction) < 1e-13);  // one step
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused_by_name) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const Matrix<double>& gram, const std::string& text) {
    BOOST_CHECK_EXCEPTION(gram_spectrum(gram), std::invalid_argument,
                          says("gram_spectrum: " + text));
    BOOST_CHECK_EXCEPTION(estimate_gram_spectrum(gram), std::invalid_argument,
                          says("estimate_gram_spectrum: " + text));
  };
  refused(Matrix<double>(2, 3), "gram must be square; got gram 2 x 3");
  refused({{1, 0}, {0, kNan}}, "the diagonal must be finite and at least 0; got row 1, value nan");
  refused({{-1, 0}, {0, 1}}, "the diagonal must be finite and at least 0; got row 0, value -1");
  refused(Matrix<double>(2, 2), "the diagonal must not be zero; got gram 2 x 2");
  refused({}, "the diagonal must not be zero; got gram 0 x 0");
  const auto out = [](const GramSpectrum& s, const std::string& got) {
    const std::string text =
        ": the spectrum must have 0 <= smallest <= largest <= beta, and largest above 0; got " +
        got;
    BOOST_CHECK_EXCEPTION(critical_batch(s), ArgumentError, says("critical_batch" + text));
    BOOST_CHECK_EXCEPTION(batch_step(s, 1), ArgumentError, says("batch_step" + text));
  };
  out({1, 2, 0}, "smallest 0, largest 2, beta 1");
  out({1, 0, 0}, "smallest 0, largest 0, beta 1");
  out({1, 0.5, 0.6}, "smallest 0.6, largest 0.5, beta 1");
  out({1, 0.5, kNan}, "smallest nan, largest 0.5, beta 1");
  BOOST_CHECK_EXCEPTION(batch_step(kSpectrum, 0), ArgumentError,
                        says("batch_step: m must be at least 1; got m 0"));
}

}  // namespace
}  // namespace surplus
