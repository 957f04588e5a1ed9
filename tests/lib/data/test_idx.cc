#define BOOST_TEST_MODULE idx
#include "surplus/data/idx.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;
using tests::Scratch;

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(SURPLUS_GOLDEN) / "images" / name;
}

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}
std::string images(std::uint32_t n, std::uint32_t height, std::uint32_t width,
                   const std::string& pixels) {
  return number(0x803) + number(n) + number(height) + number(width) + pixels;
}
std::string labels(std::uint32_t n, const std::string& values) {
  return number(0x801) + number(n) + values;
}

void refuse_images(const std::string& bytes, const std::string& message) {
  BOOST_CHECK_EXCEPTION(parse_idx_images(bytes, "t"), DataError, says(message));
}
void refuse_labels(const std::string& bytes, const std::string& message) {
  BOOST_CHECK_EXCEPTION(parse_idx_labels(bytes, "t"), DataError, says(message));
}

BOOST_AUTO_TEST_CASE(packed_files_are_read_to_the_byte) {
  const ByteImages read = read_idx(golden("idx3.gz"), golden("idx1.gz"));
  BOOST_TEST((read.shape == ImageShape{1, 4, 5}));
  BOOST_TEST(read.size() == 3);
  BOOST_TEST((read.labels == std::vector<std::uint8_t>{7, 0, 9}));
  BOOST_TEST(read.pixels.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) BOOST_TEST(read.pixels[i] == i);
}

BOOST_AUTO_TEST_CASE(plain_files_are_read_alike) {
  const ByteImages read = parse_idx_images(images(2, 1, 2, "abcd"), "t");
  BOOST_TEST((read.shape == ImageShape{1, 1, 2}));
  BOOST_TEST((read.pixels == std::vector<std::uint8_t>{'a', 'b', 'c', 'd'}));
  BOOST_TEST((parse_idx_labels(labels(2, {"\1\0", 2}), "t") == std::vector<std::uint8_t>{1, 0}));
}

BOOST_AUTO_TEST_CASE(a_file_of_another_kind_is_refused_by_its_magic_number) {
  refuse_images(labels(1, "\1"),
                "t: byte 0: a file of images must start with the magic number 2051; got magic "
                "number 2049");
  refuse_labels(images(1, 1, 1, "x"),
                "t: byte 0: a file of labels must start with the magic number 2049; got magic "
                "number 2051");
  refuse_images("<html>",
                "t: byte 0: a file of images must start with the magic number 2051; got "
                "magic number 1013478509");
  refuse_images("", "t: byte 0: the data must not end here; got missing 4");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_off_or_goes_on_is_refused) {
  refuse_images(images(2, 1, 2, "abc"),
                "t: byte 16: the file must be able to hold what it announces; got bytes 4, at "
                "most 3");
  refuse_images(images(2, 1, 2, "abcde"), "t: byte 20: nothing may follow the pixels");
  refuse_labels(labels(2, "\1"),
                "t: byte 8: the file must be able to hold what it announces; got "
                "bytes 2, at most 1");
  refuse_labels(labels(1, "\1\1"), "t: byte 9: nothing may follow the labels");
  refuse_labels(number(0x801) + "ab", "t: byte 6: the data must not end here; got missing 2");
}

BOOST_AUTO_TEST_CASE(a_damaged_gzip_file_is_refused_wherever_it_is_damaged) {
  const std::string whole = read_file(golden("idx3.gz"));
  for (std::size_t cut = 10; cut < whole.size(); ++cut) {
    BOOST_CHECK_EXCEPTION(
        parse_idx_images(whole.substr(0, cut), "t"), DataError, [](const DataError& e) {
          return std::string(e.what()).ends_with(": the compressed data must be complete");
        });
  }
  std::string flipped = whole;
  flipped[whole.size() - 6] ^= 1;  // of the checksum
  refuse_images(flipped,
                "t: byte 76: the compressed data must be undamaged; got error incorrect "
                "data check");
  refuse_images(whole + "x", "t: byte 76: nothing may follow the compressed data");
  refuse_images("\x1f\x8b\x07\x01",
                "t: byte 0: the compressed data must be undamaged; got error "
                "unknown compression method");
}

BOOST_AUTO_TEST_CASE(a_header_that_announces_too_much_is_refused_before_memory_is_asked_for) {
  refuse_images(images(0xffffffff, 0x8000, 0x8000, "abcd"),
                "t: byte 16: the file must be able to hold what it announces; got bytes "
                "4611686017353646080, at most 4");
  refuse_images(images(1, 0x8001, 1, ""),
                "t: byte 8: height and width must be at least 1 and at most 2^15; got height "
                "32769, width 1");
  refuse_images(images(1, 0, 5, ""),
                "t: byte 8: height and width must be at least 1 and at most 2^15; got height 0, "
                "width 5");
  refuse_labels(labels(0xffffffff, "\1"),
                "t: byte 8: the file must be able to hold what it announces; got bytes "
                "4294967295, at most 1");
  refuse_labels(labels(0, ""), "t: byte 4: the file must hold an item; got items 0");
}

BOOST_AUTO_TEST_CASE(a_label_out_of_range_is_named_with_its_place) {
  refuse_labels(labels(3, "\1\11\12"),
                "t: byte 10: a label must be below the number of classes; "
                "got label 10, classes 10");
  BOOST_TEST((parse_idx_labels(labels(1, "\12"), "t", 11) == std::vector<std::uint8_t>{10}));
}

BOOST_AUTO_TEST_CASE(images_and_labels_must_be_equally_many) {
  const Scratch scratch;
  const std::filesystem::path short_labels = scratch / "labels";
  write_file_atomically(short_labels, labels(2, "\1\2"));
  BOOST_CHECK_EXCEPTION(read_idx(golden("idx3.gz"), short_labels), DataError,
                        says(short_labels.string() + ": there must be a label for each image of " +
                             golden("idx3.gz").string() + "; got labels 2, images 3"));
  BOOST_CHECK_EXCEPTION(read_idx(scratch / "none", short_labels), DataError,
                        says((scratch / "none").string() +
                             ": must be readable; got error No such file or directory"));
}

}  // namespace
}  // namespace surplus
