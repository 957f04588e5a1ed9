#define BOOST_TEST_MODULE line_fit
#include "surplus/linalg/line_fit.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus {
namespace {

using Values = std::vector<double>;

auto says(const std::string& text) {
  return [text](const std::exception& error) { return error.what() == text; };
}

BOOST_AUTO_TEST_CASE(points_on_a_line_give_the_line_and_no_error) {
  const LineFit fit = fit_line(Values{-1, 0, 2, 5}, Values{-1, 1, 5, 11});
  BOOST_TEST(fit.slope == 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(fit.intercept == 1, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(fit.slope_error < 1e-14);
  BOOST_TEST(fit.intercept_error < 1e-14);
}

BOOST_AUTO_TEST_CASE(standard_errors_are_those_of_a_worked_example) {
  // x = 1 .. 5, y = 2 4 5 4 5: slope .6, intercept 2.2, residual squares 2.4, so that the errors are
  // sqrt(.8 / 10) and sqrt(.8 (1 / 5 + 9 / 10)).
  const LineFit fit = fit_line(Values{1, 2, 3, 4, 5}, Values{2, 4, 5, 4, 5});
  BOOST_TEST(fit.slope == 0.6, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(fit.intercept == 2.2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(fit.slope_error == std::sqrt(0.08), boost::test_tools::tolerance(1e-13));
  BOOST_TEST(fit.intercept_error == std::sqrt(0.88), boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(points_far_from_the_origin_lose_nothing) {
  const LineFit fit = fit_line(Values{1e8, 1e8 + 1, 1e8 + 2}, Values{0, 3, 6});
  BOOST_TEST(fit.slope == 3, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(two_points_have_a_line_without_an_error) {
  const LineFit fit = fit_line(Values{0, 1}, Values{1, 3});
  BOOST_TEST(fit.slope == 2);
  BOOST_TEST(std::isnan(fit.slope_error));
}

BOOST_AUTO_TEST_CASE(input_that_has_no_line_is_refused) {
  BOOST_CHECK_EXCEPTION(
      fit_line(Values{1, 2}, Values{1, 2, 3}), ShapeError,
      says("fit_line: x and y must be equally long, and at least 2; got x 2, y 3"));
  BOOST_CHECK_EXCEPTION(
      fit_line(Values{1}, Values{1}), ShapeError,
      says("fit_line: x and y must be equally long, and at least 2; got x 1, y 1"));
  BOOST_CHECK_EXCEPTION(fit_line(Values{0.1, 0.1, 0.1}, Values{1, 2, 3}), ArgumentError,
                        says("fit_line: x must not be constant; got x 0.1"));
  BOOST_CHECK_EXCEPTION(fit_line(Values{1, std::numeric_limits<double>::quiet_NaN()}, Values{1, 2}),
                        ArgumentError,
                        says("fit_line: x must be finite; got row 0, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(fit_line(Values{1, 2}, Values{std::numeric_limits<double>::infinity(), 2}),
                        ArgumentError,
                        says("fit_line: y must be finite; got row 0, column 0, value inf"));
}

}  // namespace
}  // namespace surplus
