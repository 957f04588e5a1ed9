#define BOOST_TEST_MODULE catalog
#include "apps/data/catalog.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "apps/data/lookup.h"
#include "apps/data/sha256.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// A file keeps the name that it is published under.
constexpr std::string_view kFileName =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

BOOST_AUTO_TEST_CASE(every_data_set_has_a_name_of_its_own_files_and_a_description) {
  std::set<std::string_view> names;
  for (const Dataset& dataset : catalog()) {
    BOOST_TEST(only(dataset.name, "abcdefghijklmnopqrstuvwxyz0123456789-"));
    BOOST_TEST(names.insert(dataset.name).second, dataset.name << " stands twice");
    BOOST_TEST(!dataset.contents.empty());
    BOOST_TEST(!dataset.files.empty());
    BOOST_TEST(&dataset_named(dataset.name) == &dataset);
  }
}

BOOST_AUTO_TEST_CASE(every_file_has_a_place_of_its_own_inside_the_data_directory_and_a_hash) {
  std::set<std::string_view> paths;
  std::set<std::string_view> hashes;
  for (const Dataset& dataset : catalog()) {
    for (const DatasetFile& file : dataset.files) {
      BOOST_TEST_CONTEXT(file.path) {
        for (const std::filesystem::path& part : std::filesystem::path(file.path)) {
          BOOST_TEST(only(part.string(), kFileName));
          BOOST_TEST(part.string().front() != '.');
        }
        BOOST_TEST(file.remote.empty() == dataset.bundled());
        BOOST_TEST(file.bytes > 0U);
        BOOST_TEST(file.sha256.size() == 64U);
        BOOST_TEST(only(file.sha256, "0123456789abcdef"));
        BOOST_TEST(paths.insert(file.path).second);
        BOOST_TEST(hashes.insert(file.sha256).second);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_mirror_is_a_url_without_a_trailing_slash) {
  for (const Dataset& dataset : catalog()) {
    for (std::string_view mirror : dataset.mirrors) {
      BOOST_TEST((mirror.starts_with("https://") || mirror.starts_with("http://")));
      BOOST_TEST(!mirror.ends_with('/'));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_public_mirror_has_the_files_under_its_own_names) {
  const Dataset& dataset = dataset_named("uci-soybean-small");
  const std::vector<std::string> expected = {
      "https://archive.ics.uci.edu/ml/machine-learning-databases/soybean/soybean-small.data",
      "https://web.archive.org/web/2020id_/https://archive.ics.uci.edu/ml/"
      "machine-learning-databases/soybean/soybean-small.data"};
  BOOST_TEST(urls_of(dataset, dataset.files.front(), {}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mirror_of_the_users_stands_in_for_them_with_the_layout_of_a_data_directory) {
  const Dataset& dataset = dataset_named("mnist");
  const std::vector<std::string> mirrors = {"http://localhost:8000//", "https://example.org/a"};
  const std::vector<std::string> expected = {
      "http://localhost:8000/mnist/train-images-idx3-ubyte.gz",
      "https://example.org/a/mnist/train-images-idx3-ubyte.gz"};
  BOOST_TEST(urls_of(dataset, dataset.files.front(), mirrors) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_unknown_data_set_is_an_argument_error_and_an_absent_one_a_data_error) {
  BOOST_CHECK_THROW(find_dataset("nist", {}), ArgumentError);
  BOOST_CHECK_THROW(find_dataset("../mnist", {}), ArgumentError);
  BOOST_CHECK_THROW(find_dataset("", {}), ArgumentError);
  BOOST_CHECK_THROW(find_dataset("svhn", "/no/where"), DataError);
}

std::string sha256_of(std::string_view text, std::size_t piece) {
  Sha256 sha256;
  for (std::size_t i = 0; i < text.size(); i += piece) sha256.update(text.substr(i, piece));
  return sha256.finish();
}

// Source  FIPS 180-4, the examples of its appendix
BOOST_AUTO_TEST_CASE(sha256_gives_the_standards_examples_in_pieces_of_any_size) {
  BOOST_TEST(sha256_of("", 1) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t piece : {1, 2, 3, 64, 1000}) {
    BOOST_TEST(sha256_of("abc", piece) ==
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(sha256_of(std::string(1'000'000, 'a'), piece) ==
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

}  // namespace
}  // namespace surplus::apps
