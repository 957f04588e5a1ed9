#define BOOST_TEST_MODULE npy
#include "surplus/data/npy.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
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
  return std::filesystem::path(SURPLUS_GOLDEN) / "npy" / name;
}

// What make_npy.py calls quarters, and its cube with the last two dimensions as one.
template <typename T>
Matrix<T> quarters() {
  Matrix<T> x(3, 4);
  for (std::size_t i = 0; i < 12; ++i) x.data()[i] = static_cast<T>(i) / 4 - 1;
  return x;
}
Matrix<double> cube() {
  Matrix<double> x(2, 12);
  for (std::size_t i = 0; i < 24; ++i) x.data()[i] = static_cast<double>(i) - 5;
  return x;
}

// A version 1 file around this dictionary and these data.
std::string npy(std::string dictionary, const std::string& data = "") {
  dictionary += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dictionary.size()) + '\0' +
         dictionary + data;
}
std::string with_shape(const std::string& shape) {
  return "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
}

BOOST_AUTO_TEST_CASE(arrays_that_numpy_wrote_are_read) {
  for (const char* name : {"f8.npy", "f4.npy", "f8_columns.npy", "f8_big_endian.npy",
                           "version2.npy", "version3.npy"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST((read_npy<double>(golden(name)) == quarters<double>()));
      BOOST_TEST((read_npy<float>(golden(name)) == quarters<float>()));
    }
  }
  for (const char* name : {"i1.npy", "i2_big_endian_columns.npy", "i8.npy"}) {
    BOOST_TEST_CONTEXT(name) { BOOST_TEST((read_npy<double>(golden(name)) == cube())); }
  }
  BOOST_TEST((read_npy<double>(golden("u8.npy")) == Matrix<double>{{0}, {0x1p53}, {0x1p63}}));
  BOOST_TEST((read_npy<double>(golden("b1.npy")) == Matrix<double>{{1}, {0}}));
  BOOST_TEST((read_npy<double>(golden("scalar.npy")) == Matrix<double>{{2.5}}));
  BOOST_TEST((read_npy<double>(golden("no_rows.npy")) == Matrix<double>(0, 3)));
}

BOOST_AUTO_TEST_CASE(archives_that_numpy_wrote_are_read) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto arrays = read_npz<double>(golden(name));
      BOOST_TEST(arrays.size() == 2u);
      BOOST_TEST((arrays.at("x") == quarters<double>()));
      BOOST_TEST((arrays.at("y") == Matrix<double>{{0}, {1}, {2}}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_matrix_is_written_as_the_bytes_that_numpy_was_seen_to_read) {
  const Scratch scratch;
  write_npy(scratch / "x.npy", quarters<double>());
  BOOST_TEST((read_file(scratch / "x.npy") == read_file(golden("surplus.npy"))));
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read_back_to_the_same_bits) {
  const Scratch scratch;
  Matrix<double> x = tests::random_matrix<double>(7, 5, 1);
  x(0, 0) = std::numeric_limits<double>::infinity();
  x(1, 1) = std::numeric_limits<double>::denorm_min();
  write_npy(scratch / "x.npy", x);
  BOOST_TEST((read_npy<double>(scratch / "x.npy") == x));
  x(2, 2) = std::nan("");
  write_npy(scratch / "x.npy", x);
  BOOST_TEST(std::isnan(read_npy<double>(scratch / "x.npy")(2, 2)));
  const Matrix<float> y = tests::random_matrix<float>(4, 6, 1);
  write_npy(scratch / "y.npy", y.view().block(1, 2, 3, 2));
  BOOST_TEST((read_npy<float>(scratch / "y.npy") == Matrix<float>(y.view().block(1, 2, 3, 2))));
  write_npy(scratch / "z.npy", Matrix<float>(0, 3));
  BOOST_TEST((read_npy<float>(scratch / "z.npy") == Matrix<float>(0, 3)));
  BOOST_TEST(scratch.entries() == 3u);
}

BOOST_AUTO_TEST_CASE(archives_are_read_back_and_written_alike_twice) {
  const Scratch scratch;
  const Matrix<double> x = tests::random_matrix<double>(300, 5, 1), y(300, 90, 1.5);
  for (const NpzCompression compression : {NpzCompression::kStore, NpzCompression::kDeflate}) {
    write_npz(scratch / "a.npz", {{"x", x.view()}, {"group/y", y.view()}}, compression);
    const auto arrays = read_npz<double>(scratch / "a.npz");
    BOOST_TEST(arrays.size() == 2u);
    BOOST_TEST((arrays.at("x") == x));
    BOOST_TEST((arrays.at("group/y") == y));
    const std::string bytes = read_file(scratch / "a.npz");
    BOOST_TEST((bytes.size() < 30000) == (compression == NpzCompression::kDeflate));
    write_npz(scratch / "a.npz", {{"x", x.view()}, {"group/y", y.view()}}, compression);
    BOOST_TEST((read_file(scratch / "a.npz") == bytes));
  }
}

BOOST_AUTO_TEST_CASE(arrays_of_both_types_in_one_archive_keep_their_types) {
  const Scratch scratch;
  const Matrix<float> x = tests::random_matrix<float>(3, 5, 1);
  const Matrix<double> y = tests::random_matrix<double>(2, 2, 2);
  write_mixed_npz(scratch / "a.npz", {{"x", x.view()}, {"y", y.view()}});
  const auto arrays = read_npz<double>(scratch / "a.npz");
  BOOST_TEST((arrays.at("y") == y));
  BOOST_TEST(std::ranges::equal(arrays.at("x").values(), x.values()));
  write_npz(scratch / "y.npz", {{"y", y.view()}});
  write_mixed_npz(scratch / "only_y.npz", {{"y", y.view()}});
  BOOST_TEST((read_file(scratch / "only_y.npz") == read_file(scratch / "y.npz")));
}

BOOST_AUTO_TEST_CASE(a_file_cut_off_anywhere_is_refused) {
  for (const char* name : {"f8.npy", "version2.npy"}) {
    const std::string bytes = read_file(golden(name));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_CHECK_THROW(parse_npy<double>(bytes.substr(0, length), name), DataError);
    }
  }
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::string bytes = read_file(golden(name));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_CHECK_THROW(parse_npz<double>(bytes.substr(0, length), name), DataError);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_is_noticed_by_its_checksum) {
  std::string bytes = read_file(golden("stored.npz"));
  const std::size_t at = bytes.find(std::string("\0\0\0\0\0\0\xf0\xbf", 8));  // the -1.0 of x
  BOOST_TEST_REQUIRE(at != std::string::npos);
  bytes[at] = 1;
  BOOST_CHECK_THROW(parse_npz<double>(bytes, "a"), DataError);
}

BOOST_AUTO_TEST_CASE(what_is_no_array_is_refused_with_the_offset) {
  const auto refused = [](const std::string& bytes, const std::string& message) {
    BOOST_CHECK_EXCEPTION(parse_npy<double>(bytes, "a.npy"), DataError, says("a.npy: " + message));
  };
  refused("", "byte 0: an NPY file must start with its magic number");
  refused("PK\x03\x04", "byte 0: an NPY file must start with its magic number");
  refused("\x93NUMPY\x01", "byte 6: the file must not end here");
  refused(std::string("\x93NUMPY\x07\x00\x00\x00", 10),
          "byte 6: the format version must be 1, 2 or 3; got version 7");
  refused(std::string("\x93NUMPY\x01\x00\xff\x00", 10),
          "byte 10: the file must hold its whole header; got header 255, left 0");
  refused(npy("[]"), "byte 10: the header must be a Python dictionary; got missing {");
  refused(npy("{descr}"), "byte 11: the header must have a string here");
  refused(npy("{'shape': (1,)"), "byte 25: the header must be a Python dictionary; got missing }");
  refused(npy("{'shape': (1,), 'shape': (2,)}"),
          "byte 26: the keys must be descr, fortran_order and shape, each once; got key shape");
  refused(npy("{'color': 1}"),
          "byte 11: the keys must be descr, fortran_order and shape, each once; got key color");
  refused(npy("{'shape': (1,)}"),
          "byte 25: the header must have the keys descr, fortran_order and shape");
  refused(npy("{'fortran_order': Maybe}"), "byte 28: fortran_order must be True or False");
  refused(npy(with_shape("(-1,)")), "byte 61: a dimension must be a number below 2^64");
  refused(npy(with_shape("(18446744073709551616,)")),
          "byte 61: a dimension must be a number below 2^64");
  refused(npy(with_shape("(4294967296, 4294967296)")), "byte 88: the shape must fit into memory");
  refused(npy(with_shape("(9223372036854775807, 0, 9)")),
          "byte 91: the shape must fit into memory");
  refused(npy(with_shape("(2,)"), "12345678"),
          "byte 68: the file must hold all elements; got elements 2, bytes 8");
  refused(npy(with_shape("(1,)"), "123456789"),
          "byte 68: nothing may follow the elements; got elements 1, bytes 9");
  refused(npy(with_shape("(1,)") + "x"),
          "byte 67: nothing may follow the dictionary of the header");
}

BOOST_AUTO_TEST_CASE(elements_that_do_not_fit_are_refused_with_the_offset) {
  const auto refused = [](const char* name, const char* message) {
    BOOST_CHECK_EXCEPTION(read_npy<double>(golden(name)), DataError,
                          says(golden(name).string() + ": " + message));
  };
  const std::string types = "the elements must be numbers of one of the types f4 f8 i1 ... u8 b1";
  refused("complex.npy", ("byte 20: " + types + "; got type <c16").c_str());
  refused("text.npy", ("byte 20: " + types + "; got type <U1").c_str());
  refused("records.npy", "byte 20: the header must have a string here");
  refused("i8_inexact.npy",
          "byte 136: each element must fit into the type it is read as; got value "
          "9007199254740993, bits 64");
  for (const char* type : {"", "f8", "<f2", "<4f", "<f8f", "?f8"}) {
    BOOST_CHECK_EXCEPTION(parse_npy<double>(npy(std::string("{'descr': '") + type + "'}"), "a.npy"),
                          DataError, says("a.npy: byte 20: " + types + "; got type " + type));
  }
  const Scratch scratch;
  write_npy(scratch / "x.npy", Matrix<double>{{1e30, 1e39}});
  BOOST_CHECK_EXCEPTION(read_npy<float>(scratch / "x.npy"), DataError,
                        says((scratch / "x.npy").string() +
                             ": byte 136: each element must fit into the type it is read as; got "
                             "value 1e+39, bits 32"));
  // 2^24 + 1 is an integer that float does not have.
  std::string bytes = npy("{'descr': '<i4', 'fortran_order': False, 'shape': ()}",
                          std::string("\x01\x00\x00\x01", 4));
  BOOST_TEST((parse_npy<double>(bytes, "a") == Matrix<double>{{16777217}}));
  BOOST_CHECK_THROW(parse_npy<float>(bytes, "a"), DataError);
}

BOOST_AUTO_TEST_CASE(what_is_no_archive_is_refused) {
  BOOST_CHECK_EXCEPTION(
      parse_npz<double>("hello", "a.npz"), DataError,
      says("a.npz: an NPZ file must be a complete ZIP archive; got error Unrecognized archive "
           "format"));
  const Scratch scratch;
  const std::string missing = (scratch / "no.npz").string();
  BOOST_CHECK_EXCEPTION(read_npz<double>(missing), DataError,
                        says(missing + ": must be readable; got error No such file or directory"));
  BOOST_CHECK_EXCEPTION(write_npz(scratch / "a.npz", {{"", MatrixView<const double>()}}),
                        ArgumentError, says("write_npz: each array must have a name"));
  BOOST_CHECK_EXCEPTION(
      write_npz(scratch / "a.npz", std::map<std::string, MatrixView<const float>>()), ArgumentError,
      says("write_npz: there must be an array"));
  BOOST_CHECK_EXCEPTION(write_npz("/dev/full", {{"x", MatrixView<const double>()}}), DataError,
                        says("/dev/full: must be writable; got error No space left on device"));
  BOOST_TEST(scratch.entries() == 0u);
}

}  // namespace
}  // namespace surplus
