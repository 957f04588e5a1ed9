#define BOOST_TEST_MODULE images
#include "surplus/data/images.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "surplus/core/file.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

// n images of 3 x 2 x 2 that count up.
ByteImages counting(std::size_t n) {
  ByteImages images{{3, 2, 2}, 4};
  for (std::size_t i = 0; i < 12 * n; ++i) images.pixels.push_back(static_cast<std::uint8_t>(i));
  for (std::size_t i = 0; i < n; ++i) images.labels.push_back(static_cast<std::uint8_t>(i % 4));
  return images;
}

std::vector<std::uint8_t> golden(const std::string& name) {
  const std::string bytes = read_file(std::filesystem::path(SURPLUS_GOLDEN) / "images" / name);
  return {bytes.begin(), bytes.end()};
}

// The picture of make_images.py.
ByteImages picture() {
  ByteImages images{{1, 28, 28}, 10, 255, {}, {0}};
  for (std::size_t i = 0; i < 784; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>(i * 97 + (i / 28) * (i / 28)));
  }
  return images;
}

BOOST_AUTO_TEST_CASE(chosen_images_become_numbers_between_zero_and_one) {
  const std::size_t rows[] = {2, 0, 2};
  const Images images = unit_images(counting(3), rows);
  BOOST_TEST((images.x.shape() == Shape{3, 12}));
  BOOST_TEST(images.x(0, 5) == 29.0F / 255.0F);
  BOOST_TEST(images.x(1, 0) == 0);
  BOOST_TEST(images.x(2, 11) == 35.0F / 255.0F);
  BOOST_TEST((images.labels == std::vector<std::size_t>{2, 0, 2}));
  BOOST_TEST(images.classes == 4);
  BOOST_TEST((images.shape == ImageShape{3, 2, 2}));
}

BOOST_AUTO_TEST_CASE(all_images_come_in_their_order_and_white_is_one) {
  ByteImages bytes = counting(2);
  bytes.white = 23;
  const Images images = unit_images(bytes);
  BOOST_TEST((images.x.shape() == Shape{2, 12}));
  BOOST_TEST(images.x(1, 11) == 1);
  BOOST_TEST((images.labels == std::vector<std::size_t>{0, 1}));
  BOOST_TEST(unit_images(ByteImages{{1, 28, 28}}).x.rows() == 0);
}

BOOST_AUTO_TEST_CASE(resizing_gives_the_bytes_of_pillow) {
  BOOST_TEST((resize_images(picture(), 32, 32).pixels == golden("resize_up.bin")));
  BOOST_TEST((resize_images(picture(), 11, 20).pixels == golden("resize_mixed.bin")));
}

BOOST_AUTO_TEST_CASE(resizing_keeps_the_labels_and_each_channel_by_itself) {
  const ByteImages images = counting(2);
  BOOST_TEST((resize_images(images, 2, 2).pixels == images.pixels));
  const ByteImages large = resize_images(images, 5, 3);
  BOOST_TEST((large.shape == ImageShape{3, 5, 3}));
  BOOST_TEST((large.labels == images.labels));
  BOOST_TEST(large.classes == 4);
  // The corners stay, and so does a channel of one value.
  BOOST_TEST(large.pixels[15] == images.pixels[4]);
  BOOST_TEST(large.pixels.back() == images.pixels.back());
  const ByteImages flat{{2, 3, 3}, 2, 255, std::vector<std::uint8_t>(18, 201), {1}};
  BOOST_TEST((resize_images(flat, 7, 1).pixels == std::vector<std::uint8_t>(14, 201)));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_refused) {
  const std::size_t rows[] = {2};
  BOOST_CHECK_EXCEPTION(
      unit_images(counting(2), rows), ArgumentError,
      says("unit_images: each row must be below the number of images; got row 2, images 2"));
  for (const std::size_t size : {std::size_t{0}, (std::size_t{1} << 15) + 1}) {
    BOOST_CHECK_EXCEPTION(resize_images(counting(1), size, 2), ArgumentError,
                          says("resize_images: height and width must be at least 1 and at most "
                               "2^15; got height " +
                               to_text(size) + ", width 2"));
  }
  BOOST_TEST(to_text(ImageShape{3, 32, 16}) == "3 x 32 x 16");
}

}  // namespace
}  // namespace surplus
