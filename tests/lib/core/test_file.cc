#define BOOST_TEST_MODULE file
#include "surplus/core/file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <stdexcept>
#include <string>

#include "surplus/core/errors.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

namespace fs = std::filesystem;
using tests::says;
using tests::Scratch;

// While it lives, no file can grow beyond `bytes`: to a program that looks like a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

BOOST_AUTO_TEST_CASE(what_was_written_is_read_back_byte_for_byte) {
  const Scratch scratch;
  std::string bytes(300000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  write_file_atomically(scratch / "a", bytes);
  BOOST_TEST((read_file(scratch / "a") == bytes));
  write_file_atomically(scratch / "a", "");
  BOOST_TEST(read_file(scratch / "a").empty());
  write_file_atomically(scratch / "a", [](const Append& append) {
    append("one ");
    append("two");
  });
  BOOST_TEST(read_file(scratch / "a") == "one two");
  BOOST_TEST(scratch.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_file_and_nothing_else) {
  const Scratch scratch;
  const fs::path path = scratch / "a";
  write_file_atomically(path, "old");
  {
    const FileSizeLimit limit(1000);
    BOOST_CHECK_EXCEPTION(write_file_atomically(path, std::string(2000, 'x')), DataError,
                          says(path.string() + ": must be writable; got error File too large"));
    BOOST_CHECK_THROW(write_file_atomically(scratch / "b", std::string(2000, 'x')), DataError);
  }
  BOOST_TEST(read_file(path) == "old");
  BOOST_TEST(scratch.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(an_exception_half_way_leaves_the_old_file_and_nothing_else) {
  const Scratch scratch;
  write_file_atomically(scratch / "a", "old");
  BOOST_CHECK_THROW(write_file_atomically(scratch / "a",
                                          [](const Append& append) {
                                            append("new");
                                            throw std::runtime_error("half way");
                                          }),
                    std::runtime_error);
  BOOST_TEST(read_file(scratch / "a") == "old");
  BOOST_TEST(scratch.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(the_permissions_of_a_file_outlive_its_replacement) {
  const Scratch scratch;
  write_file_atomically(scratch / "a", "old");
  fs::permissions(scratch / "a", fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomically(scratch / "a", "new");
  BOOST_TEST((fs::status(scratch / "a").permissions() ==
              (fs::perms::owner_read | fs::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_stays_one_and_its_target_is_replaced) {
  const Scratch scratch;
  fs::create_directory(scratch / "sub");
  write_file_atomically(scratch / "sub" / "target", "old");
  fs::create_symlink(fs::path("sub") / "target", scratch / "link");
  write_file_atomically(scratch / "link", "new");
  BOOST_TEST(fs::is_symlink(scratch / "link"));
  BOOST_TEST(read_file(scratch / "sub" / "target") == "new");
}

BOOST_AUTO_TEST_CASE(a_device_is_written_to_and_not_replaced) {
  write_file_atomically("/dev/null", "gone");
  BOOST_TEST(fs::is_character_file("/dev/null"));
  BOOST_CHECK_EXCEPTION(write_file_atomically("/dev/full", "x"), DataError,
                        says("/dev/full: must be writable; got error No space left on device"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_or_written_is_named) {
  const Scratch scratch;
  const std::string missing = (scratch / "no").string(), beneath = (scratch / "no/a").string(),
                    directory = scratch.path().string();
  BOOST_CHECK_EXCEPTION(read_file(missing), DataError,
                        says(missing + ": must be readable; got error No such file or directory"));
  BOOST_CHECK_EXCEPTION(read_file(directory), DataError,
                        says(directory + ": must be readable; got error Is a directory"));
  BOOST_CHECK_EXCEPTION(write_file_atomically(beneath, "x"), DataError,
                        says(beneath + ": must be writable; got error No such file or directory"));
  BOOST_CHECK_EXCEPTION(write_file_atomically(directory, "x"), DataError,
                        says(directory + ": must be writable; got error Is a directory"));
}

}  // namespace
}  // namespace surplus
