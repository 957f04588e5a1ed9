#define BOOST_TEST_MODULE scale
#include "surplus/data/scale.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::random_matrix;
using tests::says;

BOOST_AUTO_TEST_CASE(means_and_scales_are_those_computed_by_hand) {
  const Scaling s = fit_scaling(Matrix<double>{{1, 10}, {3, 10}, {5, 40}, {7, 40}});
  BOOST_TEST((s.means == std::vector<double>{4, 25}));
  BOOST_TEST((s.scales == std::vector<double>{std::sqrt(5.0), 15}));
}

BOOST_AUTO_TEST_CASE(standardised_data_have_mean_zero_and_deviation_one) {
  const std::size_t n = 1000;
  Matrix<double> x = random_matrix<double>(n, 3, 1);
  // An offset that squares in double would drown the spread in.
  for (std::size_t i = 0; i < n; ++i) x(i, 1) = x(i, 1) * 1e-3 + 1e6;
  const Matrix<double> z = standardize(x, fit_scaling(x));
  for (std::size_t j = 0; j < 3; ++j) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) mean += z(i, j) / n;
    for (std::size_t i = 0; i < n; ++i) square += (z(i, j) - mean) * (z(i, j) - mean) / n;
    // The header's bound over the scale, with range below 4 scales, and a mean of 1e6 at a scale of
    // over 1e-3 / 2; the two sums above err by no more than the fit.
    const double offset = j == 1 ? 1e6 / 0.5e-3 : 1;
    const double bound = 2 * ((static_cast<double>(n) + 4) * 4 + offset) * 0x1p-52;
    BOOST_TEST(std::abs(mean) <= bound);
    BOOST_TEST(std::abs(std::sqrt(square) - 1) <= bound);
  }
}

BOOST_AUTO_TEST_CASE(a_constant_column_becomes_zeros) {
  // 0.1 summed seven times is not 0.7.
  const Matrix<double> x(7, 2, 0.1);
  const Scaling s = fit_scaling(x);
  BOOST_TEST((s.scales == std::vector<double>{1, 1}));
  BOOST_TEST((standardize(x, s) == Matrix<double>(7, 2)));
  BOOST_TEST((standardize(Matrix<float>{{3, 4}}, fit_scaling(Matrix<float>{{3, 4}})) ==
              Matrix<float>(1, 2)));
}

BOOST_AUTO_TEST_CASE(later_data_are_scaled_as_the_data_fitted) {
  const Scaling s = fit_scaling(Matrix<float>{{0}, {4}});
  BOOST_TEST((standardize(Matrix<float>{{6}}, s) == Matrix<float>{{2}}));
}

BOOST_AUTO_TEST_CASE(a_channel_is_scaled_by_the_moments_of_all_its_pixels) {
  const Scaling s = fit_channel_scaling(Matrix<double>{{1, 3, 9, 9}, {5, 7, 9, 9}}, 2);
  BOOST_TEST((s.means == std::vector<double>{4, 4, 9, 9}));
  BOOST_TEST((s.scales == std::vector<double>{std::sqrt(5.0), std::sqrt(5.0), 1, 1}));
  // One channel is one long column, and as many channels as features are the features.
  const Matrix<double> x = random_matrix<double>(50, 4, 3);
  Matrix<double> column(200, 1);
  std::copy_n(x.data(), 200, column.data());
  const Scaling all = fit_channel_scaling(x, 1), long_one = fit_scaling(column);
  for (std::size_t j = 0; j < 4; ++j) {
    const double bound = 2 * (200 + 4) * 2 * 0x1p-52;  // of both, with a range below 2
    BOOST_TEST(std::abs(all.means[j] - long_one.means[0]) <= bound);
    BOOST_TEST(std::abs(all.scales[j] - long_one.scales[0]) <= bound);
  }
  BOOST_TEST((fit_channel_scaling(x, 4).scales == fit_scaling(x).scales));
}

BOOST_AUTO_TEST_CASE(known_moments_are_spread_over_the_pixels) {
  const double means[] = {1, 2}, scales[] = {4, 0.5};
  const Scaling s = channel_scaling(means, scales, 3);
  BOOST_TEST((s.means == std::vector<double>{1, 1, 1, 2, 2, 2}));
  BOOST_TEST((s.scales == std::vector<double>{4, 4, 4, 0.5, 0.5, 0.5}));
}

BOOST_AUTO_TEST_CASE(data_can_be_standardised_where_they_lie) {
  Matrix<float> x = random_matrix<float>(20, 3, 7);
  const Scaling s = fit_scaling(x);
  const Matrix<float> z = standardize(x, s);
  standardize(x, s, x);
  BOOST_TEST((x == z));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_scaled_is_refused) {
  BOOST_CHECK_EXCEPTION(fit_channel_scaling(Matrix<float>(2, 4), 3), ArgumentError,
                        says("fit_channel_scaling: channels must divide the number of features; "
                             "got channels 3, x 2 x 4"));
  BOOST_CHECK_EXCEPTION(fit_channel_scaling(Matrix<float>(2, 4), 0), ArgumentError,
                        says("fit_channel_scaling: channels must divide the number of features; "
                             "got channels 0, x 2 x 4"));
  BOOST_CHECK_EXCEPTION(fit_channel_scaling(Matrix<double>(0, 3), 3), ArgumentError,
                        says("fit_channel_scaling: x must have a row; got x 0 x 3"));
  const double two[] = {1, 2}, bad[] = {1, 0};
  BOOST_CHECK_EXCEPTION(channel_scaling(two, std::span(two).first(1), 3), ShapeError,
                        says("channel_scaling: each channel must have a mean and a scale; got "
                             "means 2, scales 1"));
  BOOST_CHECK_EXCEPTION(channel_scaling(two, bad, 3), ArgumentError,
                        says("channel_scaling: a mean must be finite, a scale positive and finite; "
                             "got channel 1, mean 2, scale 0"));
  Matrix<double> narrow(2, 1);
  BOOST_CHECK_EXCEPTION(
      standardize(Matrix<double>(2, 2), fit_scaling(Matrix<double>(1, 2)), narrow), ShapeError,
      says("standardize: out must have the shape of x; got out 2 x 1, x 2 x 2"));
  BOOST_CHECK_EXCEPTION(fit_scaling(Matrix<double>(0, 3)), ArgumentError,
                        says("fit_scaling: x must have a row; got x 0 x 3"));
  BOOST_CHECK_EXCEPTION(fit_scaling(Matrix<double>{{1, std::nan("")}}), ArgumentError,
                        says("fit_scaling: x must be finite; got row 0, column 1, value nan"));
  BOOST_CHECK_EXCEPTION(standardize(Matrix<double>(2, 3), fit_scaling(Matrix<double>(1, 2))),
                        ShapeError,
                        says("standardize: x must have the features of the scaling; got x 2 x 3, "
                             "means 2, scales 2"));
}

}  // namespace
}  // namespace surplus
