#define BOOST_TEST_MODULE cifar10
#include "surplus/data/cifar10.h"

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

const std::filesystem::path kArchive =
    std::filesystem::path(SURPLUS_GOLDEN) / "images/cifar10.tar.gz";

// Image i of make_images.py: bytes that count up to 250, rolled by i.
std::string batch(std::size_t i) {
  std::string bytes(3073, static_cast<char>(i));
  for (std::size_t j = 0; j < 3072; ++j) {
    bytes[1 + j] = static_cast<char>((j + 3072 - i) % 3072 % 251);
  }
  return bytes;
}

void check_set(const ImageSet& set) {
  BOOST_TEST(set.title == "CIFAR-10");
  BOOST_TEST((set.train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 4}));
  BOOST_TEST((set.test.labels == std::vector<std::uint8_t>{5}));
  BOOST_TEST((set.train.shape == ImageShape{3, 32, 32}));
  std::string pixels;
  for (std::size_t i = 0; i < 5; ++i) pixels += batch(i).substr(1);
  BOOST_TEST((std::string(set.train.pixels.begin(), set.train.pixels.end()) == pixels));
  BOOST_TEST((std::string(set.test.pixels.begin(), set.test.pixels.end()) == batch(5).substr(1)));
}

// A directory with the six batches.
void write_batches(const Scratch& scratch) {
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string name =
        i < 5 ? "data_batch_" + to_text(i + 1) + ".bin" : std::string("test_batch.bin");
    write_file_atomically(scratch / name, batch(i));
  }
}

// A tar archive of one entry, whose header announces `size` bytes.
std::string tar_of(const std::string& name, const std::string& size, const std::string& data) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(100, 8, {"0000644\0", 8});
  header.replace(124, 11, std::string(11 - size.size(), '0') + size);
  header.replace(136, 11, "00000000000");
  header.replace(148, 8, "        ");
  header[156] = '0';
  header.replace(257, 8, {"ustar\00000", 8});
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::string digits;
  for (int shift = 15; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + (sum >> shift & 7));
  header.replace(148, 7, digits + '\0');
  return header + data + std::string((512 - data.size() % 512) % 512, '\0');
}

void refuse(const std::string& bytes, const std::string& message) {
  BOOST_CHECK_EXCEPTION(parse_cifar10_archive(bytes, "t"), DataError, says(message));
}

BOOST_AUTO_TEST_CASE(the_archive_is_read_as_it_is_published) { check_set(read_cifar10(kArchive)); }

BOOST_AUTO_TEST_CASE(a_directory_of_batches_is_read_alike) {
  const Scratch scratch;
  write_batches(scratch);
  check_set(read_cifar10(scratch.path()));
  write_file_atomically(scratch / "data_batch_3.bin", batch(7) + batch(8));
  BOOST_TEST(
      (read_cifar10(scratch.path()).train.labels == std::vector<std::uint8_t>{0, 1, 7, 8, 3, 4}));
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_cut_off_or_goes_on_is_refused) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3072}, std::size_t{3074}, std::size_t{10001} * 3073}) {
    BOOST_CHECK_EXCEPTION(
        parse_cifar10_batch(std::string(size, '\0'), "t"), DataError,
        says("t: a batch must hold from 1 to 10000 whole records of 3073 bytes; got bytes " +
             to_text(size)));
  }
}

BOOST_AUTO_TEST_CASE(a_label_out_of_range_is_named_with_its_place) {
  BOOST_CHECK_EXCEPTION(parse_cifar10_batch(batch(9) + batch(10), "t"), DataError,
                        says("t: byte 3073: a label must be below the number of classes; got "
                             "label 10, classes 10"));
}

BOOST_AUTO_TEST_CASE(a_missing_batch_is_named) {
  const Scratch scratch;
  write_batches(scratch);
  std::filesystem::remove(scratch / "data_batch_2.bin");
  BOOST_CHECK_EXCEPTION(read_cifar10(scratch.path()), DataError,
                        says((scratch / "data_batch_2.bin").string() +
                             ": must be readable; got error No such file or directory"));
  refuse(tar_of("a/data_batch_1.bin", "6001", batch(1)),
         "t: the archive must hold all batches; got missing data_batch_2.bin");
}

BOOST_AUTO_TEST_CASE(an_archive_with_a_batch_twice_is_refused) {
  const std::string one = tar_of("a/data_batch_1.bin", "6001", batch(1));
  refuse(one + one, "t: the archive must hold a batch once; got batch data_batch_1.bin");
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_is_refused_wherever_it_is_damaged) {
  const std::string whole = read_file(kArchive);
  for (std::size_t cut = 1; cut + 8 < whole.size(); cut += 7) {
    BOOST_CHECK_THROW(parse_cifar10_archive(whole.substr(0, cut), "t"), DataError);
  }
  refuse("<html>error</html>",
         "t: the archive must be a complete tar file; got error Unrecognized archive format");
  refuse(tar_of("a/data_batch_1.bin", "77777777777", batch(1)),
         "t: the archive must be a complete tar file; got error Truncated tar archive");
}

}  // namespace
}  // namespace surplus
