#define BOOST_TEST_MODULE spectral_density
#include "surplus/linalg/spectral_density.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

SymmetricOperator diagonal(const std::vector<double>& d) {
  return [&d](std::span<const double> x, std::span<double> y) {
    for (std::size_t i = 0; i < d.size(); ++i) y[i] = d[i] * x[i];
  };
}

// A + c 1 1^T, of which every probe sees something else.
SymmetricOperator with_constant(const std::vector<double>& d, double c) {
  return [&d, c](std::span<const double> x, std::span<double> y) {
    double sum = 0;
    for (const double value : x) sum += value;
    for (std::size_t i = 0; i < d.size(); ++i) y[i] = d[i] * x[i] + c * sum;
  };
}

std::vector<double> ramp(std::size_t n) {
  std::vector<double> d(n);
  for (std::size_t i = 0; i < n; ++i) d[i] = static_cast<double>(i) / static_cast<double>(n);
  return d;
}

BOOST_AUTO_TEST_CASE(random_signs_give_the_trace_of_a_diagonal_matrix_exactly) {
  const std::vector<double> d = ramp(300);
  const TraceEstimate trace = estimate_trace(diagonal(d), 300, {.probes = 3});
  BOOST_TEST(std::abs(trace.value - 149.5) <= 1e-11);
  BOOST_TEST(trace.standard_error <= 1e-12);
  BOOST_TEST(trace.probes == 3u);
}

BOOST_AUTO_TEST_CASE(the_scatter_of_the_trace_is_that_of_its_variance) {
  // 2 c^2 n (n - 1) for one probe.
  constexpr std::size_t kN = 200, kProbes = 4000;
  const std::vector<double> d = ramp(kN);
  const double c = 0.1;
  const TraceEstimate trace = estimate_trace(with_constant(d, c), kN, {.probes = kProbes});
  const double deviation = c * std::sqrt(2.0 * kN * (kN - 1) / kProbes);
  BOOST_TEST(std::abs(trace.value - (99.5 + c * kN)) <= 4.5 * deviation);
  // The fourth moment of a chi square with one degree of freedom gives the estimate 6 % of scatter.
  BOOST_TEST(std::abs(trace.standard_error / deviation - 1) <= 0.25);
}

BOOST_AUTO_TEST_CASE(quadrature_is_exact_for_polynomials_of_its_degree) {
  const std::vector<double> d = ramp(300);
  const SpectralDensity density = spectral_density(diagonal(d), 300, {.probes = 2, .steps = 5});
  BOOST_TEST(density.rules.size() == 2u);
  for (int power = 0; power <= 9; ++power) {
    double exact = 0;
    for (const double value : d) exact += std::pow(value, power) / 300;
    const Estimate found = density.mean([power](double x) { return std::pow(x, power); });
    // Signs have z_i^2 = 1: for a diagonal matrix there is no scatter either.
    BOOST_TEST(std::abs(found.value - exact) <= 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(its_mean_is_the_trace_of_the_same_probes) {
  const std::vector<double> d = ramp(100);
  const TraceEstimate trace = estimate_trace(with_constant(d, 0.3), 100, {.probes = 6, .seed = 9});
  const Estimate mean =
      spectral_density(with_constant(d, 0.3), 100, {.probes = 6, .seed = 9}).mean([](double x) {
        return x;
      });
  BOOST_TEST(std::abs(100 * mean.value - trace.value) <= 1e-10);
  BOOST_TEST(std::abs(100 * mean.standard_error - trace.standard_error) <= 1e-10);
}

BOOST_AUTO_TEST_CASE(the_density_of_a_ramp_with_one_eigenvalue_apart_is_flat_with_a_peak) {
  std::vector<double> d = ramp(1000);
  for (std::size_t i = 900; i < 1000; ++i) d[i] = 2;
  const SpectralDensity density = spectral_density(diagonal(d), 1000, {.probes = 2, .steps = 100});
  std::vector<double> points;
  for (int i = -50; i < 300; ++i) points.push_back(0.01 * i);
  const std::vector<double> at = density.at(points, 0.03);
  double area = 0;
  for (const double value : at) area += 0.01 * value;
  BOOST_TEST(std::abs(area - 1) <= 1e-6);
  for (int i = 10; i < 80; ++i) BOOST_TEST(std::abs(at[50 + i] - 1) <= 0.02);
  BOOST_TEST(std::abs(at[250] - 0.1 / 0.03 / std::sqrt(2 * std::acos(-1.0))) <= 0.01);
}

BOOST_AUTO_TEST_CASE(cancelled_estimates_keep_the_whole_probes) {
  const std::vector<double> d = ramp(50);
  const TraceEstimate trace =
      estimate_trace(diagonal(d), 50,
                     {.probes = 9, .observer = [](const Progress& p) { return p.iteration < 4; }});
  BOOST_TEST((trace.stop == Stop::kCancelled));
  BOOST_TEST(trace.probes == 4u);
  const SpectralDensity density = spectral_density(
      diagonal(d), 50,
      {.probes = 9, .steps = 10, .observer = [](const Progress& p) { return p.iteration < 25; }});
  BOOST_TEST((density.stop == Stop::kCancelled));
  BOOST_TEST(density.rules.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_bits_do_not_depend_on_the_number_of_threads) {
  const std::vector<double> d = ramp(10000);
  std::vector<SpectralDensity> results;
  for (const std::size_t threads : {1u, 3u}) {
    set_thread_count(threads);
    results.push_back(spectral_density(with_constant(d, 0.01), 10000, {.probes = 2, .steps = 9}));
  }
  set_thread_count(0);
  BOOST_TEST(results[0].rules[1].nodes == results[1].rules[1].nodes,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_estimated_is_refused) {
  const std::vector<double> d = ramp(5);
  BOOST_CHECK_EXCEPTION(
      estimate_trace(diagonal(d), 0), ArgumentError,
      says("estimate_trace: the size and the number of probes must be at least 1; got n 0, probes "
           "32"));
  BOOST_CHECK_EXCEPTION(
      estimate_trace(diagonal(d), 5, {.probes = 0}), ArgumentError,
      says("estimate_trace: the size and the number of probes must be at least 1; got n 5, probes "
           "0"));
  const std::vector<double> broken = {1, std::nan("")};
  BOOST_CHECK_EXCEPTION(estimate_trace(diagonal(broken), 2), NumericalError,
                        says("estimate_trace: products with the matrix must be finite; got probe "
                             "1"));
  BOOST_CHECK_EXCEPTION(spectral_density(diagonal(d), 5, {.steps = 0}), ArgumentError,
                        says("spectral_density: the size, the probes and the steps must be at "
                             "least 1; got n 5, probes "
                             "8, steps 0"));
  const SpectralDensity density = spectral_density(diagonal(d), 5);
  const std::vector<double> points = {0};
  BOOST_CHECK_EXCEPTION(density.at(points, 0), ArgumentError,
                        says("SpectralDensity::at: the width must be positive; got width 0"));
}

}  // namespace
}  // namespace surplus
