#define BOOST_TEST_MODULE augment
#include "surplus/data/augment.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

// Images whose numbers say where they stood, from 1 on: n of 2 x 3 x 4.
constexpr ImageShape kShape{2, 3, 4};
Matrix<float> numbered(std::size_t n) {
  Matrix<float> x(n, kShape.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.values()[i] = static_cast<float>(i % kShape.size() + 1);
  }
  return x;
}

Matrix<float> augmented(const Matrix<float>& x, const AugmentConfig& config, const Rng& rng) {
  Matrix<float> to(x.rows(), x.cols(), -1.0F);
  augment_images<float>(kShape, config, rng, x, to);
  return to;
}

// Row i of the result if the image is moved and mirrored like this.
float moved(int channel, int row, int col, int down, int right, bool mirrored) {
  const int from_row = row + down, from_col = (mirrored ? 3 - col : col) + right;
  if (from_row < 0 || from_row > 2 || from_col < 0 || from_col > 3) return 0;
  return static_cast<float>(channel * 12 + from_row * 4 + from_col + 1);
}

BOOST_AUTO_TEST_CASE(each_image_is_one_of_all_windows_and_mirrors_equally_often) {
  const std::size_t n = 9000;
  const Matrix<float> to = augmented(numbered(n), {.padding = 1, .flip = true}, Rng(1));
  std::map<std::tuple<int, int, bool>, std::size_t> seen;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t fits = 0;
    for (const int down : {-1, 0, 1}) {
      for (const int right : {-1, 0, 1}) {
        for (const bool mirrored : {false, true}) {
          bool same = true;
          for (std::size_t at = 0; at < kShape.size() && same; ++at) {
            const int place = static_cast<int>(at);
            same = to(i, at) == moved(place / 12, place / 4 % 3, place % 4, down, right, mirrored);
          }
          if (same) ++seen[{down, right, mirrored}], ++fits;
        }
      }
    }
    BOOST_TEST_REQUIRE(fits == 1u);
  }
  BOOST_TEST_REQUIRE(seen.size() == 18u);
  // Binomial counts of 500, within 5 standard deviations of 22.
  for (const auto& [how, count] : seen) {
    BOOST_TEST(std::abs(static_cast<double>(count) - 500) < 110);
  }
}

BOOST_AUTO_TEST_CASE(an_images_numbers_are_its_own_and_the_same_on_any_threads) {
  const Matrix<float> x = numbered(50);
  set_thread_count(1);
  const Matrix<float> once = augmented(x, {}, Rng(7));
  set_thread_count(3);
  BOOST_TEST((augmented(x, {}, Rng(7)) == once));
  set_thread_count(0);
  BOOST_TEST((augmented(x, {}, Rng(8)) != once));
  const Matrix<float> few = augmented(numbered(3), {}, Rng(7));
  for (std::size_t i = 0; i < few.size(); ++i) BOOST_TEST(few.values()[i] == once.values()[i]);
  BOOST_TEST((augmented(x, {.padding = 0, .flip = false}, Rng(7)) == x));
  BOOST_TEST((augmented(numbered(0), {}, Rng(7)) == numbered(0)));
}

BOOST_AUTO_TEST_CASE(a_distorted_image_is_a_line_of_itself_but_for_a_square_of_zeros) {
  const std::size_t n = 2000;
  const ImageShape shape{2, 5, 6};
  Matrix<float> x(n, shape.size());
  Rng(1).fill_normal(x.values());
  const auto distorted = [&](const DistortConfig& config, std::size_t threads) {
    set_thread_count(threads);
    Matrix<float> to(n, shape.size());
    distort_images<float>(shape, config, Rng(2), x, to);
    set_thread_count(0);
    return to;
  };
  const DistortConfig config{.contrast = 0.5, .brightness = 0.3, .cutout = 3};
  const Matrix<float> to = distorted(config, 1);
  BOOST_TEST((distorted(config, 3) == to));
  double zeros = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // The line through the two images' pixels that are not cut.
    std::vector<std::size_t> left;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      if (to(i, j) != 0) left.push_back(j);
    }
    // A square is cut from both channels, 4 to 9 of 30 pixels.
    const std::size_t cut = shape.size() - left.size();
    BOOST_TEST_REQUIRE((cut >= 8u && cut <= 18u && cut % 2 == 0));
    zeros += static_cast<double>(cut) / n;
    const double factor = (to(i, left[1]) - to(i, left[0])) / (x(i, left[1]) - x(i, left[0]));
    const double shift = to(i, left[0]) - factor * x(i, left[0]);
    BOOST_TEST_REQUIRE((factor > 0.49 && factor < 1.51 && std::abs(shift) < 0.31));
    for (const std::size_t j : left) {
      BOOST_TEST_REQUIRE(std::abs(to(i, j) - (factor * x(i, j) + shift)) < 1e-3);
    }
  }
  // Means of min(3, ...) over centres: (2 * 2 + 3 * 3) / 5 lines times (2 * 2 + 4 * 3) / 6 columns.
  BOOST_TEST(std::abs(zeros / 2 - 13.0 / 5 * 16 / 6) < 0.15);
  BOOST_TEST((distorted({.contrast = 0, .brightness = 0, .cutout = 0}, 1) == x));
}

BOOST_AUTO_TEST_CASE(rows_that_are_not_images_get_one_clear_error) {
  Matrix<float> one(2, 24);
  BOOST_CHECK_EXCEPTION(distort_images<float>(kShape, {.contrast = -1}, Rng(1), one, one),
                        ArgumentError,
                        says("distort_images: contrast and brightness must be 0 or more; got "
                             "contrast -1, brightness 0.5"));

  const Matrix<float> x(2, 24), narrow(2, 23);
  Matrix<float> to(2, 23);
  BOOST_CHECK_EXCEPTION(augment_images<float>(kShape, {}, Rng(1), x, to), ShapeError,
                        says("augment_images: from and to must have a column per number of an "
                             "image; got from 2 x 24, to 2 x 23, image 2 x 3 x 4"));
  BOOST_CHECK_EXCEPTION(augment_images<float>(kShape, {}, Rng(1), narrow, to), ShapeError,
                        says("augment_images: from and to must have a column per number of an "
                             "image; got from 2 x 23, to 2 x 23, image 2 x 3 x 4"));
}

}  // namespace
}  // namespace surplus
