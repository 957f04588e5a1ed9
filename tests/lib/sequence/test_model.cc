#define BOOST_TEST_MODULE sequence_model
#include "surplus/sequence/model.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

BOOST_AUTO_TEST_CASE(the_signal_stands_at_the_powers_and_nowhere_else) {
  const SequenceModel model = power_model({.p = 1, .q = 2, .gamma = 1.5}, 30);
  for (std::size_t j = 1; j <= 30; ++j) {
    const double root = std::round(std::sqrt(static_cast<double>(j)));
    const bool square = root * root == static_cast<double>(j);
    BOOST_TEST(model.signal[j - 1] == (square ? 1 / root : 0));
    BOOST_TEST(model.eigenvalues[j - 1] == std::pow(static_cast<double>(j), -1.5));
  }
  const SequenceModel between = power_model({.p = 3, .q = 1.5}, 12);
  // floor(k^1.5) = 1, 2, 5, 8, 11.
  const std::vector<double> expected = {1, 1.0 / 4,  0, 0, 1.0 / 9,  0,
                                        0, 1.0 / 16, 0, 0, 1.0 / 25, 0};
  for (std::size_t j = 0; j < 12; ++j) {
    BOOST_TEST(between.signal[j] == expected[j], boost::test_tools::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(seen_and_unseen_signal_add_up_to_the_whole) {
  // zeta(2), zeta(4) and zeta(1.6).
  const double zeta2 = std::numbers::pi * std::numbers::pi / 6;
  const double zeta4 = std::pow(std::numbers::pi, 4) / 90;
  for (const std::size_t coordinates : {1, 2, 99, 100, 101, 10000, 1000000}) {
    for (const double q : {1.0, 1.5, 2.0}) {
      for (const auto& [p, zeta] :
           {std::pair(1.0, zeta2), std::pair(3.0, zeta4), std::pair(0.6, 2.285765666)}) {
        double seen = 0;
        const PowerLaw law{p, q, 1.5};
        for (const double value : power_model(law, coordinates).signal) seen += value * value;
        const double tolerance = p == 0.6 ? 1e-8 : 1e-12;
        BOOST_TEST(seen + unseen_signal(law, coordinates) == zeta,
                   boost::test_tools::tolerance(tolerance));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_mass_that_twenty_thousand_coordinates_miss_is_that_of_the_specification) {
  BOOST_TEST(std::abs(unseen_signal({.p = 1, .q = 2}, 20000) - 0.0071) < 0.00005);
}

BOOST_AUTO_TEST_CASE(noise_has_the_variance_that_was_asked_for) {
  Rng rng(3);
  const std::vector<double> signal(100000, 2.0);
  double mean = 0;
  double squares = 0;
  for (const double z : observe(signal, 0.1, rng)) {
    mean += (z - 2) / 1e5;
    squares += (z - 2) * (z - 2) / 1e5;
  }
  BOOST_TEST(std::abs(mean) < 5 * 0.1 / std::sqrt(1e5));
  BOOST_TEST(std::abs(squares - 0.01) < 5 * 0.01 * std::sqrt(2e-5));
}

BOOST_AUTO_TEST_CASE(values_outside_their_range_are_refused) {
  BOOST_CHECK_EXCEPTION(power_model({.p = 0}, 10), ArgumentError,
                        says("power_model: p must be positive; got p 0"));
  BOOST_CHECK_EXCEPTION(power_model({.q = 0.5}, 10), ArgumentError,
                        says("power_model: q must be at least 1; got q 0.5"));
  BOOST_CHECK_EXCEPTION(power_model({.gamma = 1}, 10), ArgumentError,
                        says("power_model: gamma must be above 1 and at most 20; got gamma 1"));
  BOOST_CHECK_EXCEPTION(
      unseen_signal({}, 0), ArgumentError,
      says("unseen_signal: coordinates must be at least 1 and at most 100000000; got coordinates "
           "0"));
  Rng rng(1);
  BOOST_CHECK_EXCEPTION(observe({}, -1, rng), ArgumentError,
                        says("observe: noise must be at least 0; got noise -1"));
  BOOST_CHECK_EXCEPTION(observe({}, std::numeric_limits<double>::quiet_NaN(), rng), ArgumentError,
                        says("observe: noise must be at least 0; got noise nan"));
}

}  // namespace
}  // namespace surplus
