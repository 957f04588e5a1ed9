#define BOOST_TEST_MODULE csv
#include "surplus/data/csv.h"

#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;
using tests::Scratch;
using Names = std::vector<std::string>;

Samples parse(std::string_view text, const CsvConfig& config = {}) {
  return parse_csv(text, "a.csv", config);
}

BOOST_AUTO_TEST_CASE(numbers_alone_make_a_table_without_header_or_labels) {
  const Samples s = parse("1,2.5,-3e2\n+4,.5,6\n");
  BOOST_TEST((s.x == Matrix<double>{{1, 2.5, -300}, {4, 0.5, 6}}));
  BOOST_TEST(s.labels.empty());
  BOOST_TEST(s.label_names.empty());
  BOOST_TEST(s.feature_names.empty());
}

BOOST_AUTO_TEST_CASE(any_line_end_blank_lines_spaces_and_a_byte_order_mark_are_taken) {
  const Matrix<double> expected{{1, 2}, {3, 4}};
  for (const char* text :
       {"1,2\n3,4", "1,2\r\n3,4\r\n", "1,2\r3,4\r", "\n1,2\n\n \n3,4\n\n", " 1 ,\t2\n3, 4 \n",
        "\xEF\xBB\xBF"
        "1,2\n3,4\n",
        "\"1\",\"2\"\n\"3\" ,4\n", "\r\n1,2\r\n\r\n3,4"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST((parse(text).x == expected)); }
  }
  BOOST_TEST((parse("1;2\n3;4", {.delimiter = ';'}).x == expected));
  BOOST_TEST((parse("1\t2\n3\t4", {.delimiter = '\t'}).x == expected));
  BOOST_TEST((parse("7").x == Matrix<double>{{7}}));
}

BOOST_AUTO_TEST_CASE(a_header_is_found_or_as_it_is_said) {
  const Samples found = parse("width,\"height, cm\",kind\n1,2,a\n", {.label_column = -1});
  BOOST_TEST((found.feature_names == Names{"width", "height, cm"}));
  BOOST_TEST((found.x == Matrix<double>{{1, 2}}));
  // A label says nothing about a header.
  const Samples none = parse("1,2,a\n3,4,b\n", {.label_column = 2});
  BOOST_TEST(none.x.rows() == 2u);
  const Samples forced = parse("1,2\n3,4\n", {.header = CsvHeader::kYes});
  BOOST_TEST((forced.feature_names == Names{"1", "2"}));
  BOOST_TEST((forced.x == Matrix<double>{{3, 4}}));
  BOOST_CHECK_THROW(parse("a,b\n1,2\n", {.header = CsvHeader::kNo}), DataError);
  // A first row with a missing value is data.
  BOOST_TEST(parse("?,?\n1,2\n", {.missing = CsvMissing::kNan}).x.rows() == 2u);
}

BOOST_AUTO_TEST_CASE(labels_are_numbered_in_the_order_of_their_values_or_texts) {
  const Samples numbers = parse("1,10\n1,9\n1,10\n1,-2\n", {.label_column = 1});
  BOOST_TEST((numbers.label_names == Names{"-2", "9", "10"}));
  BOOST_TEST((numbers.labels == std::vector<std::size_t>{2, 1, 2, 0}));
  const Samples texts = parse("b,1\n\"a \"\"x\"\",\n\",2\nb,3\n", {.label_column = 0});
  BOOST_TEST((texts.label_names == Names{"a \"x\",\n", "b"}));
  BOOST_TEST((texts.labels == std::vector<std::size_t>{1, 0, 1}));
  BOOST_TEST((texts.x == Matrix<double>{{1}, {2}, {3}}));
}

BOOST_AUTO_TEST_CASE(missing_values_are_refused_kept_or_dropped) {
  const char* text = "1,2\n3,?\n,4\n5,6\n";
  BOOST_CHECK_EXCEPTION(parse(text), DataError,
                        says("a.csv:2: no field may be missing; got field 2"));
  const Samples kept = parse(text, {.missing = CsvMissing::kNan});
  BOOST_TEST(kept.x.rows() == 4u);
  BOOST_TEST(std::isnan(kept.x(1, 1)));
  BOOST_TEST(std::isnan(kept.x(2, 0)));
  const Samples dropped = parse(text, {.missing = CsvMissing::kDropRow});
  BOOST_TEST((dropped.x == Matrix<double>{{1, 2}, {5, 6}}));
  const Samples other = parse("1,NA\n3,4\n", {.missing_marker = "NA", .missing = CsvMissing::kNan});
  BOOST_TEST(std::isnan(other.x(0, 1)));
  BOOST_CHECK_EXCEPTION(parse("1,a\n2,?\n", {.label_column = 1, .missing = CsvMissing::kNan}),
                        DataError, says("a.csv:2: no label may be missing; got field 2"));
  // In quotes it is a label like any other.
  BOOST_TEST((parse("1,\"?\"\n", {.label_column = 1}).label_names == Names{"?"}));
}

BOOST_AUTO_TEST_CASE(what_is_no_table_is_refused_with_its_line) {
  const auto refused = [](const std::string& text, const std::string& message,
                          const CsvConfig& config = {}) {
    BOOST_CHECK_EXCEPTION(parse(text, config), DataError, says("a.csv" + message));
  };
  const std::string empty = ": the table must hold a row without missing values; got rows ";
  refused("", empty + "0");
  refused("\n\r\n", empty + "0");
  refused("\xEF\xBB\xBF", empty + "0");
  refused("a,b\n", empty + "0");
  refused("1,?\n?,2\n", empty + "2", {.missing = CsvMissing::kDropRow});
  refused("1,2\n\n3\n", ":3: a row must have as many fields as the first; got fields 1, first 2");
  refused("1,2\n3,4,5\n", ":2: a row must have as many fields as the first; got fields 3, first 2");
  refused("1,2\n3,4,\n", ":2: a row must have as many fields as the first; got fields 3, first 2");
  refused("1,2\n3,x\n", ":2: a feature must be a finite number; got field 2, text x");
  refused("1,2\n3,4 5\n", ":2: a feature must be a finite number; got field 2, text 4 5");
  for (const std::string word : {"nan", "inf", "-Infinity", "1e999", "0x10", "--1", "++1", "+"}) {
    std::string text = "1\n";
    text += word;
    refused(text, ":2: a feature must be a finite number; got field 1, text " + word);
  }
  refused("1\n" + std::string("\0\xff", 2) + "\n",
          ":2: a feature must be a finite number; got field 1, text ??");
  refused("1,2\n\"3,4\n5,6\n", ":2: a quoted field must end with a quote");
  refused("1,2\n3,4\"5\"\n", ":2: a quote must stand at the start of a field; got text 4");
  refused("1,2\n3,\"4\"5\n", ":2: nothing may follow a closing quote; got text 5");
  refused("\"a\n\",b\n1,x\n", ":3: a feature must be a finite number; got field 2, text x");
  refused("1,2\n", ":1: the label must be one of the columns; got label_column 2, columns 2",
          {.label_column = 2});
  refused("1,2\n", ":1: the label must be one of the columns; got label_column -3, columns 2",
          {.label_column = -3});
  refused("1\n", ":1: a row must have a feature; got columns 1", {.label_column = 0});
  BOOST_CHECK_EXCEPTION(
      parse("1", {.delimiter = '"'}), ArgumentError,
      says("read_csv: delimiter must not be a quote or a line end; got delimiter 34"));
}

BOOST_AUTO_TEST_CASE(a_file_is_read_as_it_is_or_from_gzip) {
  const Scratch scratch;
  // Longer than the buffer, so that lines, quotes and line ends lie across its end.
  std::string text;
  for (int i = 0; i < 60000; ++i) text += std::to_string(i) + ",\"a\"\"b\"\r\n";
  write_file_atomically(scratch / "a.csv", text);
  const Samples s = read_csv(scratch / "a.csv", {.label_column = 1});
  BOOST_TEST(s.x.rows() == 60000u);
  BOOST_TEST(s.x(59999, 0) == 59999.0);
  BOOST_TEST((s.label_names == Names{"a\"b"}));
  const std::filesystem::path packed = scratch / "a.csv.gz";
  const gzFile file = gzopen(packed.c_str(), "wb");
  BOOST_TEST(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) ==
             static_cast<int>(text.size()));
  gzclose(file);
  BOOST_TEST((read_csv(packed, {.label_column = 1}).x == s.x));
  const std::string bytes = read_file(packed);
  write_file_atomically(packed, bytes.substr(0, bytes.size() / 2));
  BOOST_CHECK_EXCEPTION(read_csv(packed, {.label_column = 1}), DataError,
                        says(packed.string() + ": must be readable to its end; got error " +
                             packed.string() + ": unexpected end of file"));
  const std::string missing = (scratch / "no.csv").string(), folder = scratch.path().string();
  BOOST_CHECK_EXCEPTION(read_csv(missing), DataError,
                        says(missing + ": must be readable; got error No such file or directory"));
  BOOST_CHECK_EXCEPTION(read_csv(folder), DataError,
                        says(folder + ": must be readable to its end; got error Is a directory"));
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read_back_to_the_same_bits) {
  const Scratch scratch;
  Samples s;
  s.x = tests::random_matrix<double>(5, 2, 3);
  s.x(0, 0) = 1e-300;
  s.x(1, 1) = std::nan("");
  s.labels = {0, 1, 2, 3, 0};
  s.label_names = {"", "?", "a,\"b\"\n", "plain"};
  s.feature_names = {"first", " second"};
  write_csv(scratch / "a.csv", s);
  const Samples back =
      read_csv(scratch / "a.csv", {.label_column = -1, .missing = CsvMissing::kNan});
  BOOST_TEST(std::isnan(back.x(1, 1)));
  Matrix<double> expected = s.x, got = back.x;
  expected(1, 1) = got(1, 1) = 0;
  BOOST_TEST((got == expected));
  BOOST_TEST((back.labels == s.labels));
  BOOST_TEST((back.label_names == s.label_names));
  BOOST_TEST((back.feature_names == s.feature_names));
  write_csv(scratch / "b.csv", {.x = Matrix<double>{{1, 0.1}}}, ';');
  BOOST_TEST(read_file(scratch / "b.csv") == "1;0.1\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_to_be_written_is_refused_and_no_file_is_left) {
  const Scratch scratch;
  const auto refused = [&](const Samples& s, const std::string& message) {
    BOOST_CHECK_EXCEPTION(write_csv(scratch / "a.csv", s), std::invalid_argument,
                          says("write_csv: " + message));
  };
  const Matrix<double> x{{1, 2}};
  refused({}, "x must not be empty; got x 0 x 0");
  refused({.x = x, .labels = {0, 0}, .label_names = {"a"}},
          "there must be a label for each row or none; got labels 2, rows 1");
  refused({.x = x, .feature_names = {"a"}},
          "there must be a name for each feature or none; got names 1, features 2");
  refused({.x = x, .labels = {1}, .label_names = {"a"}},
          "each label must have a name; got label 1, names 1");
  refused({.x = Matrix<double>{{1, -std::numeric_limits<double>::infinity()}}},
          "x must not be infinite; got row 0, column 1, value -inf");
  BOOST_TEST(scratch.entries() == 0u);
}

}  // namespace
}  // namespace surplus
