#define BOOST_TEST_MODULE svhn
#include "surplus/data/svhn.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/mat5.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(SURPLUS_GOLDEN) / "images" / name;
}
std::string plain() { return read_file(golden("svhn_plain.mat")); }

// svhn_plain.mat with other bytes at `at`: X's length stands at 132, its flags at 144, its shape at
// 160, its name's tag at 176, its elements' tag at 184; y begins at 9408, its shape at 9440, its
// elements' tag and elements at 9456.
std::string changed(std::size_t at, const std::string& bytes) {
  std::string file = plain();
  file.replace(at, bytes.size(), bytes);
  return file;
}
std::string number(std::uint32_t value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return bytes;
}

void refuse(const std::string& bytes, const std::string& message) {
  BOOST_CHECK_EXCEPTION(parse_svhn(bytes, "t"), DataError, says(message));
}

BOOST_AUTO_TEST_CASE(images_leave_by_rows_and_the_digit_ten_is_zero) {
  for (const char* name : {"svhn.mat", "svhn_plain.mat", "svhn_doubles.mat"}) {
    BOOST_TEST_CONTEXT(name) {
      const ByteImages images = read_svhn(golden(name));
      BOOST_TEST((images.shape == ImageShape{3, 32, 32}));
      BOOST_TEST((images.labels == std::vector<std::uint8_t>{0, 1, 9}));
      // make_images.py counts up in the order in which images are to leave.
      BOOST_TEST(images.pixels.size() == 3 * 3072);
      bool same = true;
      for (std::size_t i = 0; i < images.pixels.size(); ++i) same &= images.pixels[i] == i % 251;
      BOOST_TEST(same);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_image_has_no_fourth_dimension) {
  // As Matlab writes it: a shape of three, which is padded to 16 bytes, and fewer elements.
  std::string file = changed(156, number(12)).erase(192 + 3072, 2 * 3072);
  file.replace(188, 4, number(3072)).replace(132, 4, number(56 + 3072));
  const std::size_t y = 192 + 3072;
  file.replace(y + 32, 4, number(1)).replace(y + 48, 4, number(0x10002));
  const ByteImages images = parse_svhn(file, "t");
  BOOST_TEST((images.labels == std::vector<std::uint8_t>{0}));
  BOOST_TEST(images.pixels.size() == 3072);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_kind_is_refused) {
  refuse("<html>", "t: byte 6: the data must not end here; got missing 118");
  refuse(changed(126, "MI"),
         "t: byte 124: a Matlab file must be of version 5 and little endian; "
         "got version and order 1229783296");
  refuse(changed(128, number(9)),
         "t: byte 128: an element must be an array, compressed or not; got type 9");
  refuse(plain().substr(0, 128), "t: the file must hold the arrays X and y alone; got arrays 0");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_off_is_refused_wherever_it_ends) {
  for (const char* name : {"svhn.mat", "svhn_plain.mat"}) {
    const std::string whole = read_file(golden(name));
    for (std::size_t cut = 0; cut < whole.size(); cut += 1 + cut / 50) {
      BOOST_CHECK_THROW(parse_svhn(whole.substr(0, cut), "t"), DataError);
    }
    BOOST_CHECK_THROW(parse_svhn(whole + "x", "t"), DataError);
  }
  refuse(plain().substr(0, 9000),
         "t: byte 128: the file must hold the whole element; got bytes 9272, left 8864");
  refuse(plain() + "x", "t: byte 9465: the data must not end here; got missing 3");
}

BOOST_AUTO_TEST_CASE(a_damaged_compressed_element_is_refused) {
  std::string file = read_file(golden("svhn.mat"));
  std::uint32_t length = 0;
  std::memcpy(&length, &file[132], 4);
  std::string flipped = file;
  flipped[136 + length - 1] ^= 1;  // of the checksum
  refuse(flipped,
         "t: element at byte 128: byte 9280: the compressed data must be undamaged; got "
         "error incorrect data check");
  std::string shorter = file.erase(136 + length - 2, 2);
  shorter.replace(132, 4, number(length - 2));
  refuse(shorter, "t: element at byte 128: byte 9280: the compressed data must be complete");
}

BOOST_AUTO_TEST_CASE(an_element_that_announces_too_much_is_refused_before_memory_is_asked_for) {
  refuse(changed(188, number(0xfffffff0)),
         "t: byte 192: an element must fit into its array; got bytes 4294967280");
  refuse(changed(132, number(0xffffffff)),
         "t: byte 128: the file must hold the whole element; got bytes 4294967295, left 9328");
  refuse(changed(160, number(0x7fffffff) + number(0x7fffffff)),
         "t: byte 152: the dimensions must not be negative and their product below 2^32; got "
         "dimension 2147483647");
  refuse(changed(160, number(0xffffffff)),
         "t: byte 152: the dimensions must not be negative and their product below 2^32; got "
         "dimension -1");
}

BOOST_AUTO_TEST_CASE(an_array_of_another_structure_is_refused) {
  refuse(changed(136, number(5)), "t: byte 136: an array must start with its flags; got type 5");
  refuse(changed(144, number(4)),
         "t: byte 136: an array must be real, full and of numbers; got flags 4");
  refuse(changed(144, number(0x809)),
         "t: byte 136: an array must be real, full and of numbers; got flags 2057");
  refuse(changed(156, number(4)),
         "t: byte 152: an array must have from 2 to 32 dimensions; got type 5, bytes 4");
  refuse(changed(176, number(2)),
         "t: byte 176: an array must have a name of 1 to 63 characters; "
         "got type 2, bytes 88");
  refuse(changed(176, number(0x50001)),
         "t: byte 180: a small element must have at most 4 bytes; got bytes 5");
  refuse(changed(184, number(14)), "t: byte 184: the elements must be numbers; got type 14");
  refuse(changed(188, number(9208)),
         "t: byte 184: the array must hold as many elements as its "
         "shape says; got elements 9208, shape 9216");
  refuse(changed(132, number(9264)),
         "t: byte 192: an element must fit into its array; got bytes 9216");
}

BOOST_AUTO_TEST_CASE(an_array_of_another_name_shape_or_type_is_refused) {
  refuse(changed(180, "Z"), "t: the file must hold the arrays X and y alone; got arrays 2");
  const std::string images = plain().substr(128, 9280);
  refuse(plain() + images, "t: the file must hold the arrays X and y alone; got arrays 3");
  refuse(changed(160, number(16) + number(64)),
         "t: X must be bytes of 32 x 32 x 3 x n, n at least 1; got shape 16 x 64 x 3 x 3, type 2");
  refuse(changed(184, number(1)),
         "t: X must be bytes of 32 x 32 x 3 x n, n at least 1; got shape 32 x 32 x 3 x 3, type 1");
  std::string fewer = changed(9440, number(2));
  fewer.replace(9456, 4, number(0x20002));
  refuse(fewer, "t: there must be a digit for each image; got digits 2, images 3");
  std::string square = changed(9440, number(2) + number(2));
  square.replace(9456, 8, number(0x40002) + "\1\1\1\1");
  refuse(square, "t: y must be a vector; got shape 2 x 2");
}

BOOST_AUTO_TEST_CASE(a_digit_out_of_range_is_named) {
  refuse(changed(9461, {"\0", 1}),
         "t: a digit of y must be a whole number from 1 to 10; got index 1, digit 0");
  refuse(changed(9462, "\13"),
         "t: a digit of y must be a whole number from 1 to 10; got index 2, digit 11");
  // One real number instead of three bytes.
  for (const float digit : {1.5F, -1.0F, std::nanf("")}) {
    std::string file = changed(9456, number(0x40007));
    std::memcpy(&file[9460], &digit, 4);
    file.replace(9440, 4, number(1));
    refuse(file, "t: a digit of y must be a whole number from 1 to 10; got index 0, digit " +
                     to_text(static_cast<double>(digit)));
  }
}

BOOST_AUTO_TEST_CASE(elements_of_every_type_are_read_as_numbers) {
  using detail::MatArray;
  const auto read = [](std::uint32_t type, const auto& value) {
    MatArray array{"a", {1, 1}, type, std::vector<std::uint8_t>(sizeof(value))};
    std::memcpy(array.bytes.data(), &value, sizeof(value));
    return array[0];
  };
  BOOST_TEST(read(detail::kMatInt8, std::int8_t{-3}) == -3);
  BOOST_TEST(read(detail::kMatUint8, std::uint8_t{200}) == 200);
  BOOST_TEST(read(detail::kMatInt16, std::int16_t{-300}) == -300);
  BOOST_TEST(read(detail::kMatUint16, std::uint16_t{65535}) == 65535);
  BOOST_TEST(read(detail::kMatInt32, std::int32_t{-70000}) == -70000);
  BOOST_TEST(read(detail::kMatUint32, std::uint32_t{4000000000}) == 4e9);
  BOOST_TEST(read(detail::kMatSingle, 0.5F) == 0.5);
  BOOST_TEST(read(detail::kMatDouble, -0.1) == -0.1);
  BOOST_TEST(read(detail::kMatInt64, std::int64_t{-5}) == -5);
  BOOST_TEST(read(detail::kMatUint64, std::uint64_t{1} << 60) == 0x1p60);
}

}  // namespace
}  // namespace surplus
