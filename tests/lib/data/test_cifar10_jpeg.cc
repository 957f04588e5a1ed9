#define BOOST_TEST_MODULE cifar10_jpeg
#include "surplus/data/cifar10_jpeg.h"

#include <archive.h>
#include <archive_entry.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;
using tests::Scratch;
using Files = std::vector<std::pair<std::string, std::string>>;

const std::filesystem::path kImages = std::filesystem::path(SURPLUS_GOLDEN) / "images";
const std::string kLabels = {1, 0, 1};

// The names and contents in an archive.
Files unpack(const std::string& bytes) {
  Files files;
  archive* const tar = archive_read_new();
  archive_read_support_filter_xz(tar);
  archive_read_support_format_tar(tar);
  archive_read_open_memory(tar, bytes.data(), bytes.size());
  for (archive_entry* entry = nullptr; archive_read_next_header(tar, &entry) == ARCHIVE_OK;) {
    std::string data(static_cast<std::size_t>(archive_entry_size(entry)), 0);
    archive_read_data(tar, data.data(), data.size());
    files.emplace_back(archive_entry_pathname(entry), data);
  }
  archive_read_free(tar);
  return files;
}

std::string pack(const Files& files) {
  std::string bytes(1 << 17, 0);
  std::size_t used = 0;
  archive* const tar = archive_write_new();
  archive_write_set_format_ustar(tar);
  archive_write_open_memory(tar, bytes.data(), bytes.size(), &used);
  for (const auto& [name, data] : files) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(data.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(tar, entry);
    archive_write_data(tar, data.data(), data.size());
    archive_entry_free(entry);
  }
  archive_write_close(tar);
  archive_write_free(tar);
  bytes.resize(used);
  return bytes;
}

BOOST_AUTO_TEST_CASE(pictures_have_the_pixels_of_another_reader_in_the_order_of_the_labels) {
  const Scratch scratch;
  write_file_atomically(scratch / "images.tar.xz", read_file(kImages / "cifar10_jpeg.tar.xz"));
  write_file_atomically(scratch / "train-labels.u8", kLabels);
  const ImageSet set = read_cifar10_jpeg(scratch.path());
  BOOST_TEST(set.title == "CIFAR-10 (JPEG copy)");
  BOOST_TEST((set.train.shape == ImageShape{3, 32, 32}));
  BOOST_TEST((set.train.labels == std::vector<std::uint8_t>{1, 0, 1}));
  BOOST_TEST((set.test.labels == std::vector<std::uint8_t>{0, 1}));
  std::string pixels(set.train.pixels.begin(), set.train.pixels.end());
  pixels.append(set.test.pixels.begin(), set.test.pixels.end());
  BOOST_TEST((pixels == read_file(kImages / "cifar10_jpeg.bin")));
}

BOOST_AUTO_TEST_CASE(what_is_damaged_missing_or_too_much_is_refused) {
  const std::string whole = read_file(kImages / "cifar10_jpeg.tar.xz");
  const auto refuses = [](const std::string& bytes, const std::string& labels,
                          const std::string& text) {
    BOOST_CHECK_EXCEPTION(parse_cifar10_jpeg(bytes, labels, "copy.tar"), DataError, says(text));
  };
  const Files good = unpack(whole);
  BOOST_TEST_REQUIRE(good.size() == 6u);
  BOOST_TEST(parse_cifar10_jpeg(pack(good), kLabels, "copy.tar").test.size() == 2u);
  const auto with = [&](auto change) {
    Files files = good;
    change(files);
    return pack(files);
  };
  // The second file is the second test picture, the last one the first of training.
  refuses(with([](Files& f) { f.push_back(f[1]); }), kLabels,
          "copy.tar: copy/test/automobile/0000.jpg: a picture must come once");
  refuses(with([](Files& f) { f.pop_back(); }), kLabels,
          "copy.tar: the archive must hold each picture of a part; got part train, missing 0");
  refuses(with([](Files& f) { f.erase(f.begin() + 1, f.begin() + 3); }), kLabels,
          "copy.tar: the archive must hold each picture of a part; got part test, missing 0");
  refuses(pack(good), {1, 0},
          "copy.tar: copy/train/automobile/0001.jpg: there must be a label for each training "
          "picture; got labels of the class 1");
  refuses(pack(good), {1, 0, 1, 0},
          "copy.tar: the archive must hold a picture for each label; got pictures 3, labels 4");
  refuses(pack(good), {1, 10, 1},
          "copy.tar: label 1: a label must be below the number of classes; got label 10, classes "
          "10");
  refuses(with([](Files& f) { f[1].first = "test/cat/10000.jpg"; }), kLabels,
          "copy.tar: test/cat/10000.jpg: the number of a test picture must be below 10000");
  refuses(with([](Files& f) { f[1].second = "<html>"; }), kLabels,
          "copy.tar: copy/test/automobile/0000.jpg: the picture must be a JPEG of 32 x 32; got "
          "error Not a JPEG file: starts with 0x3c 0x68");
  refuses(with([](Files& f) { f[1].second.resize(f[1].second.size() / 2); }), kLabels,
          "copy.tar: copy/test/automobile/0000.jpg: the picture must be a JPEG of 32 x 32; got "
          "error Premature end of JPEG file");
  refuses(with([](Files& f) { f[1].second.clear(); }), kLabels,
          "copy.tar: copy/test/automobile/0000.jpg: the picture must be a JPEG of 32 x 32; got "
          "error Empty input file");
  // Its height, in the frame's header.
  refuses(with([](Files& f) {
            std::string& jpeg = f[1].second;
            jpeg[jpeg.find("\xff\xc0") + 6] = 31;
          }),
          kLabels,
          "copy.tar: copy/test/automobile/0000.jpg: the picture must be a JPEG of 32 x 32; got "
          "error another size");
  BOOST_CHECK_THROW(parse_cifar10_jpeg(whole.substr(0, whole.size() / 2), kLabels, "x"), DataError);
  BOOST_CHECK_THROW(parse_cifar10_jpeg("", kLabels, "x"), DataError);
  BOOST_CHECK_THROW(read_cifar10_jpeg("/no/where"), DataError);
}

}  // namespace
}  // namespace surplus
