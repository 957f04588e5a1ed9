#define BOOST_TEST_MODULE margins
#include "surplus/theory/margins.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/lib/theory/tiny_net.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

constexpr double kInf = std::numeric_limits<double>::infinity();

BOOST_AUTO_TEST_CASE(the_tiny_network_has_its_golden_margins) {
  const TinyNet<double> net;
  const std::vector<double> found = margins(net.scores(), net.y);
  const double golden[] = {.735, .9685, .362, 2.3375, 1.1, .0225};
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(close(found[i], golden[i], 1e-12));
  BOOST_TEST(close(quantile(found, 0.05), .107375, 1e-12));
}

BOOST_AUTO_TEST_CASE(the_margin_is_taken_over_the_best_other_class) {
  const std::size_t labels[] = {0, 2, 1};
  BOOST_TEST((margins(Matrix<float>{{3, 1, 2}, {3, 1, 2}, {-5, -4, -7}}, labels) ==
              std::vector<double>{1, -1, 1}));
  const std::size_t last[] = {1};
  BOOST_TEST((margins(Matrix<double>{{-kInf, 1}}, last) == std::vector<double>{kInf}));
}

BOOST_AUTO_TEST_CASE(quantiles_lie_between_order_statistics) {
  const double values[] = {4, 1, 3, 2};
  BOOST_TEST(quantile(values, 0) == 1);
  BOOST_TEST(quantile(values, 1) == 4);
  BOOST_TEST(quantile(values, 0.5) == 2.5);
  BOOST_TEST(close(quantile(values, 0.05), 1.15, 1e-15));
  const double one[] = {7};
  for (const double share : {0.0, 0.3, 1.0}) BOOST_TEST(quantile(one, share) == 7);
}

BOOST_AUTO_TEST_CASE(the_ramp_falls_from_one_to_zero_without_a_jump) {
  BOOST_TEST(ramp_loss(-0.1, 2) == 1);
  BOOST_TEST(ramp_loss(0, 2) == 1);
  BOOST_TEST(ramp_loss(0.5, 2) == 0.75);
  BOOST_TEST(ramp_loss(2, 2) == 0);
  BOOST_TEST(ramp_loss(3, 2) == 0);
  BOOST_TEST(ramp_loss(kInf, 2) == 0);
}

BOOST_AUTO_TEST_CASE(what_has_no_margin_is_refused) {
  const std::size_t labels[] = {0, 3};
  const Matrix<double> scores(2, 3);
  BOOST_CHECK_EXCEPTION(
      margins(scores, std::span(labels).first(1)), ShapeError,
      says("margins: there must be a label for each row of scores and at least 2 classes; got "
           "labels 1, scores 2 x 3"));
  BOOST_CHECK_EXCEPTION(
      margins(Matrix<float>(2, 1), labels), ShapeError,
      says("margins: there must be a label for each row of scores and at least 2 classes; got "
           "labels 2, scores 2 x 1"));
  BOOST_CHECK_EXCEPTION(margins(scores, labels), ArgumentError,
                        says("margins: a label must be below the number of classes; got row 1, "
                             "label 3, classes 3"));
  BOOST_CHECK_EXCEPTION(margins(Matrix<double>{{0, std::nan("")}}, std::span(labels).first(1)),
                        ArgumentError, says("margins: no score may be NaN; got row 0, class 1"));
  BOOST_CHECK_EXCEPTION(quantile({}, 0.5), ArgumentError, says("quantile: there must be a value"));
  const double values[] = {1, std::nan("")};
  BOOST_CHECK_EXCEPTION(quantile(values, 0.5), ArgumentError,
                        says("quantile: no value may be NaN; got index 1"));
  BOOST_CHECK_EXCEPTION(quantile(std::span(values).first(1), 5), ArgumentError,
                        says("quantile: share must be from 0 to 1; got share 5"));
  BOOST_CHECK_EXCEPTION(ramp_loss(1, 0), ArgumentError,
                        says("ramp_loss: gamma must be positive; got gamma 0"));
}

}  // namespace
}  // namespace surplus
