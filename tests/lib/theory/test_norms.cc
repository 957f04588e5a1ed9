#define BOOST_TEST_MODULE norms
#include "surplus/theory/norms.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "tests/lib/theory/tiny_net.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

constexpr double kInf = std::numeric_limits<double>::infinity();

BOOST_AUTO_TEST_CASE(rows_and_columns_are_reduced_as_their_names_say) {
  const Matrix<double> w{{3, -4}, {0, 12}};
  BOOST_TEST((row_norms(w) == std::vector<double>{5, 12}));
  BOOST_TEST((row_norms(w, 1) == std::vector<double>{7, 12}));
  BOOST_TEST((row_norms(w, kInf) == std::vector<double>{4, 12}));
  BOOST_TEST((column_norms(w, 1) == std::vector<double>{3, 16}));
  BOOST_TEST(close(column_norms(w, 3)[1], std::cbrt(64.0 + 1728), 1e-14));
  const Matrix<float> f{{3, -4}, {0, 12}}, f0{{0, -4}, {5, 0}};
  BOOST_TEST((row_distances(f, f0) == std::vector<double>{3, 13}));
  BOOST_TEST((column_distances(f, f0, 1) == std::vector<double>{8, 12}));
  BOOST_TEST((row_norms(f, 1) == std::vector<double>{7, 12}));
  BOOST_TEST((column_norms(f, kInf) == std::vector<double>{3, 12}));
  BOOST_TEST((column_distances(w, w) == std::vector<double>{0, 0}));
  BOOST_TEST(
      (row_distances(w, Matrix<double>{{3, -4}, {0, 0}}, kInf) == std::vector<double>{0, 12}));
}

BOOST_AUTO_TEST_CASE(vectors_have_norms_that_fall_with_the_exponent) {
  const double x[] = {3, -4, 0};
  BOOST_TEST(vector_norm(x, 1) == 7);
  BOOST_TEST(vector_norm(x, 2) == 5);
  BOOST_TEST(vector_norm(x, kInf) == 4);
  double before = 7;
  for (const double p : {1.5, 2.5, 4.0, 16.0}) {
    BOOST_TEST(vector_norm(x, p) < before);
    before = vector_norm(x, p);
  }
  BOOST_TEST(before > 4);
  BOOST_TEST(vector_norm({}, 2) == 0);
  BOOST_TEST(row_norms(Matrix<double>(0, 3)).empty());
  BOOST_TEST((row_norms(Matrix<double>(2, 0)) == std::vector<double>{0, 0}));
}

BOOST_AUTO_TEST_CASE(a_small_move_of_floats_is_not_lost) {
  const Matrix<float> w0(1, 1000, 1.0F);
  const Matrix<float> w(1, 1000, 1.0F + 0x1p-23F);
  BOOST_TEST(close(row_distances(w, w0)[0], 0x1p-23 * std::sqrt(1000.0), 1e-13));
}

BOOST_AUTO_TEST_CASE(nan_reaches_every_norm) {
  const Matrix<double> w{{1, std::nan(""), 2}};
  for (const double p : {1.0, 2.0, 3.0, kInf}) BOOST_TEST(std::isnan(row_norms(w, p)[0]));
}

BOOST_AUTO_TEST_CASE(angles_are_exact_from_tiny_to_straight) {
  const Matrix<double> w{{1, 0}, {0, 3}, {1, 1e-9}, {-2, 0}, {0, 0}, {1, 1}};
  const Matrix<double> w0{{2, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}};
  const std::vector<double> found = row_angles(w, w0);
  BOOST_TEST(found[0] == 0);
  BOOST_TEST(close(found[1], std::numbers::pi / 2, 1e-15));
  BOOST_TEST(close(found[2], 1e-9, 1e-6));
  BOOST_TEST(close(found[3], std::numbers::pi, 1e-15));
  BOOST_TEST(std::isnan(found[4]));
  BOOST_TEST(close(found[5], std::numbers::pi / 4, 1e-15));
  BOOST_TEST(close(row_angles(Matrix<float>{{1, 1}}, Matrix<float>{{0, 2}})[0],
                   std::numbers::pi / 4, 1e-15));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Matrix<double> w(2, 3), w0(3, 2);
  BOOST_CHECK_EXCEPTION(row_norms(w, 0.5), ArgumentError,
                        says("row_norms: p must be at least 1; got p 0.5"));
  BOOST_CHECK_EXCEPTION(column_norms(w, std::nan("")), ArgumentError,
                        says("column_norms: p must be at least 1; got p nan"));
  BOOST_CHECK_EXCEPTION(vector_norm({}, 0), ArgumentError,
                        says("vector_norm: p must be at least 1; got p 0"));
  BOOST_CHECK_EXCEPTION(row_distances(w, w0), ShapeError,
                        says("row_distances: w0 must have the shape of w; got w0 3 x 2, w 2 x 3"));
  BOOST_CHECK_EXCEPTION(
      column_distances(w, w0), ShapeError,
      says("column_distances: w0 must have the shape of w; got w0 3 x 2, w 2 x 3"));
  BOOST_CHECK_EXCEPTION(row_distances(w, w, 0), ArgumentError,
                        says("row_distances: p must be at least 1; got p 0"));
  BOOST_CHECK_EXCEPTION(row_angles(w, w0), ShapeError,
                        says("row_angles: w0 must have the shape of w; got w0 3 x 2, w 2 x 3"));
}

}  // namespace
}  // namespace surplus
