#define BOOST_TEST_MODULE gmm_file
#include "surplus/mixture/gmm_file.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "surplus/core/file.h"
#include "surplus/core/rng.h"
#include "tests/lib/mixture/mixtures.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;

struct Folder {
  tests::Scratch scratch;
  std::string path = (scratch.path() / "mixture.json").string();

  void rejects(const std::string& content, const std::string& message) {
    write_file_atomically(path, content);
    BOOST_CHECK_EXCEPTION(load_gmm(path), DataError, says("load_gmm: " + message));
  }
};

BOOST_FIXTURE_TEST_CASE(what_is_saved_loads_to_the_same_bits, Folder) {
  for (const CovarianceKind kind : tests::kKinds) {
    for (const std::size_t d : {1, 3}) {
      GaussianMixture mixture = tests::random_mixture(kind, 4, d, 1e6, Rng(1));
      mixture.means(0, 0) = -0.0;
      mixture.means(1, 0) = 5e-324;
      save_gmm(mixture, path);
      BOOST_TEST((load_gmm(path) == mixture));
      BOOST_TEST(std::signbit(load_gmm(path).means(0, 0)));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_cut_anywhere_is_rejected, Folder) {
  save_gmm(tests::random_mixture(CovarianceKind::kFull, 2, 2, 1, Rng(2)), path);
  const std::string whole = read_file(path);
  // The last byte is a newline, which JSON does not need.
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    write_file_atomically(path, whole.substr(0, size));
    BOOST_CHECK_THROW(load_gmm(path), DataError);
  }
}

const std::string kSound = R"({"format": "surplus-gaussian-mixture", "version": 1,
"covariance": "spherical", "weights": [0.5, 0.5], "means": [[1], [2]], "covariances": [[1], [1]]})";

std::string with(std::string_view from, std::string_view to) {
  std::string text = kSound;
  return text.replace(text.find(from), from.size(), to);
}

BOOST_FIXTURE_TEST_CASE(whatever_is_no_mixture_is_rejected, Folder) {
  write_file_atomically(path, kSound);
  BOOST_TEST(load_gmm(path).means(1, 0) == 2);
  rejects("", "the file must be JSON; got path " + path + ", byte 1, size 0");
  rejects("{\"format\": \xff}", "the file must be JSON; got path " + path + ", byte 12, size 13");
  const std::string keys =
      "the file must hold format, version, covariance, weights, means, covariances; got path " +
      path;
  rejects("[1, 2]", keys);
  rejects(with("\"means\"", "\"Means\""), keys);
  rejects(with("[0.5, 0.5]", "\"equal\""), keys);
  rejects(with("[1], [2]", "1, 2"), keys);
  rejects(with("[0.5, 0.5]", "[1e999, 0.5]"), keys);
  rejects(with("\"version\": 1", "\"version\": 2"),
          "the file must hold a mixture of version 1; got format \"surplus-gaussian-mixture\", "
          "version 2, path " +
              path);
  rejects(with("surplus-", ""),
          "the file must hold a mixture of version 1; got format \"gaussian-mixture\", version 1, "
          "path " +
              path);
  rejects(
      with("spherical", "round"),
      "covariance must be full, tied, diagonal or spherical; got covariance round, path " + path);
  rejects(with("[1], [2]", "[1], [2, 3]"),
          "all rows must be equally long; got first 1, other 2, path " + path);
  rejects(with("[0.5, 0.5]", "[0.5]"),
          "a mixture must have k weights, k x d means and covariances of its kind; got weights 1, "
          "means 2 x 1, covariances 2 x 1, kind spherical, path " +
              path);
  rejects(with("[0.5, 0.5]", "[0.5, 0.4]"), "weights must sum to one; got sum 0.9, path " + path);
  rejects(with("[[1], [1]]", "[[1], [0]]"),
          "covariances must be positive definite; got component 1, path " + path);
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_and_a_missing_folder_are_errors, Folder) {
  BOOST_CHECK_THROW(load_gmm(path), DataError);
  BOOST_CHECK_THROW(save_gmm({CovarianceKind::kSpherical, {1}, {{0}}, {{1}}}, path + "/under/it"),
                    DataError);
}

BOOST_FIXTURE_TEST_CASE(no_mixture_is_not_saved_and_leaves_the_old_file, Folder) {
  write_file_atomically(path, "old");
  BOOST_CHECK_EXCEPTION(save_gmm({CovarianceKind::kSpherical, {0.5}, {{0}}, {{1}}}, path),
                        ArgumentError, says("save_gmm: weights must sum to one; got sum 0.5"));
  BOOST_TEST(read_file(path) == "old");
}

}  // namespace
}  // namespace surplus
