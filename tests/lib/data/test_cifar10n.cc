#define BOOST_TEST_MODULE cifar10n
#include "surplus/data/cifar10n.h"

#include <archive.h>
#include <archive_entry.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
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
using Labels = std::vector<std::size_t>;

const std::filesystem::path kFile = std::filesystem::path(SURPLUS_GOLDEN) / "images/cifar10n.pt";

// The pickle in it, which is stored as it is.
std::string pickle() {
  const std::string bytes = read_file(kFile);
  const std::size_t begin = bytes.find("\x80\x02}q"), end = bytes.find("u.", begin);
  return bytes.substr(begin, end + 2 - begin);
}

std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.find(from);
  BOOST_TEST_REQUIRE(at != std::string::npos, from);
  return bytes.replace(at, from.size(), to);
}

// A ZIP archive with members of these contents.
std::string zipped(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes(1 << 16, '\0');
  std::size_t used = 0;
  archive* const zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_set_bytes_in_last_block(zip, 1);
  archive_write_open_memory(zip, bytes.data(), bytes.size(), &used);
  for (const auto& [path, contents] : members) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(contents.size()));
    archive_write_header(zip, entry);
    archive_write_data(zip, contents.data(), contents.size());
    archive_entry_free(entry);
  }
  archive_write_close(zip);
  archive_write_free(zip);
  return bytes.substr(0, used);
}

BOOST_AUTO_TEST_CASE(the_six_arrays_are_read_by_their_names) {
  const HumanLabels labels = parse_cifar10n(read_file(kFile), "file");
  BOOST_TEST(labels.clean == (Labels{3, 3, 3, 3, 3}), boost::test_tools::per_element());
  BOOST_TEST(labels.aggregate == (Labels{3, 4, 5, 6, 7}), boost::test_tools::per_element());
  BOOST_TEST(labels.worst == (Labels{3, 5, 7, 9, 1}), boost::test_tools::per_element());
  BOOST_TEST(labels.random1 == (Labels{3, 6, 9, 2, 5}), boost::test_tools::per_element());
  BOOST_TEST(labels.random2 == (Labels{3, 7, 1, 5, 9}), boost::test_tools::per_element());
  BOOST_TEST(labels.random3 == (Labels{3, 8, 3, 8, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(other_files_are_refused) {
  const auto message_of = [](const std::string& file) -> std::string {
    try {
      parse_cifar10n(file, "file");
    } catch (const DataError& e) {
      return e.what();
    }
    return "";
  };
  const auto refuses = [&](const std::string& file, const std::string& text) {
    BOOST_TEST(message_of(file) == text);
  };
  const Scratch scratch;
  BOOST_CHECK_EXCEPTION(
      read_cifar10n(kFile), DataError,
      says(kFile.string() + ": there must be 50000 labels in each array; got labels 5"));
  BOOST_CHECK_THROW(read_cifar10n(scratch / "absent"), DataError);
  const std::string bytes = read_file(kFile);
  for (std::size_t size = 0; size < bytes.size(); size += 37) {
    BOOST_CHECK_THROW(parse_cifar10n(bytes.substr(0, size), "file"), DataError);
  }
  const auto refuses_ending = [&](const std::string& file, const std::string& end) {
    const std::string text = message_of(file);
    BOOST_TEST(text.ends_with(end), text);
  };
  BOOST_TEST(message_of("nothing").starts_with(
      "file: a file of CIFAR-10N must be a complete ZIP archive; got error "));
  const std::string good = pickle(), protocol = "\x80\x02", zeros(7, '\0');
  refuses(zipped({{"archive/version", "3"}}), "file: there must be one data.pkl");
  refuses(zipped({{"a/data.pkl", good}, {"b/data.pkl", good}}), "file: there must be one data.pkl");
  const auto of = [](const std::string& changed) {
    return zipped({{"archive/data.pkl", changed}});
  };
  const std::string byte = "file: archive/data.pkl: byte ";
  refuses(of(replaced(good, protocol, "\x80\x05")), byte + "2: a pickle must be of protocol 2");
  refuses(of(good.substr(0, 50)), byte + "47: a name must end");
  refuses(of(good.substr(0, 10)), byte + "7: the pickle must not be cut off; got bytes 10");
  refuses(of(good + "x"),
          byte + to_text(good.size()) + ": a pickle must be one dictionary, and nothing after it");
  refuses(of(protocol + "."), byte + "3: a pickle must be one dictionary, and nothing after it");
  refuses(of(protocol + "}h\x07."),
          byte + "5: the pickle's memory must hold what is asked for; got index 7");
  refuses(of(protocol + "q\x07."), byte + "3: the pickle's stack must not run out");
  refuses(of(protocol + "}u."), byte + "4: the pickle's stack must have a mark");
  refuses(of(protocol + "}(Nu."), byte + "6: a dictionary must be filled with pairs");
  refuses(of(protocol + "NNR."), byte + "5: a function must be called with a tuple");
  refuses(of(protocol + "NNb."), byte + "5: a state must be a tuple");
  refuses(of(protocol + "I5\n."),
          byte + "3: the pickle must hold label arrays alone; got opcode 73");
  // Nothing is run.
  refuses(of(protocol + "cos\nsystem\n(tR."),
          byte +
              "16: the pickle must call no other functions than arrays need; got function "
              "os.system");
  refuses(of(replaced(good, "worse_label", "worst_label")),
          "file: there must be an array worse_label");
  refuses(of(replaced(good, "random_label2", "random_label1")),
          "file: archive/data.pkl: the names of the arrays must differ; got name random_label1");
  refuses_ending(of(replaced(good, "i8", "f8")), ": labels must be of type int64");
  refuses_ending(of(replaced(good, "<", ">")), ": labels must be little-endian");
  refuses_ending(of(replaced(good, "latin1", "utf-32")), ": bytes must be written as latin1");
  refuses_ending(of(replaced(good, "\x03" + zeros, "\x0a" + zeros)),
                 ": labels must be below 10; got index 0, label 10");
  refuses_ending(of(replaced(good, "K\x05\x85", "K\x06\x85")),
                 ": an array must have as many bytes as its shape says; got labels 6, bytes 40");
  refuses_ending(of(protocol + "}(X" + "\x01" + std::string(3, '\0') + "aNu."),
                 "data.pkl: the dictionary must be of arrays by their names");
}

// What changes a byte of a stored member fails its checksum, or is refused before that; no byte can
// be changed so that other labels come out.
BOOST_AUTO_TEST_CASE(a_changed_byte_never_gives_other_labels) {
  const std::string bytes = read_file(kFile);
  const HumanLabels labels = parse_cifar10n(bytes, "file");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      try {
        const HumanLabels found = parse_cifar10n(changed, "file");
        BOOST_TEST_REQUIRE((found.clean == labels.clean && found.worst == labels.worst &&
                            found.aggregate == labels.aggregate &&
                            found.random1 == labels.random1 && found.random2 == labels.random2 &&
                            found.random3 == labels.random3));
      } catch (const DataError&) {
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_published_file_has_its_noise_rates) {
  const char* data = std::getenv("SURPLUS_DATA");
  const std::filesystem::path path =
      std::filesystem::path(data == nullptr ? "" : data) / "cifar10n" / "CIFAR-10_human.pt";
  if (data == nullptr || !std::filesystem::exists(path)) {
    BOOST_TEST_MESSAGE("SURPLUS_DATA names no directory with cifar10n: skipped");
    return;
  }
  const HumanLabels labels = read_cifar10n(path);
  const auto rate = [&](const Labels& noisy) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < noisy.size(); ++i) wrong += noisy[i] != labels.clean[i];
    return static_cast<double>(wrong) / static_cast<double>(noisy.size());
  };
  BOOST_TEST(std::abs(rate(labels.aggregate) - .0901) < 5e-5);
  BOOST_TEST(std::abs(rate(labels.random1) - .1723) < 5e-5);
  BOOST_TEST(std::abs(rate(labels.random2) - .1812) < 5e-5);
  BOOST_TEST(std::abs(rate(labels.random3) - .1764) < 5e-5);
  BOOST_TEST(std::abs(rate(labels.worst) - .4021) < 5e-5);
}

}  // namespace
}  // namespace surplus
