#define BOOST_TEST_MODULE metric_file
#include "surplus/metric/metric_file.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "surplus/core/file.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;

struct Folder {
  tests::Scratch scratch;
  std::string path = (scratch.path() / "metric.json").string();

  void rejects(const std::string& content, const std::string& message) {
    write_file_atomically(path, content);
    BOOST_CHECK_EXCEPTION(load_metric(path), DataError,
                          says("load_metric: " + message + ", path " + path));
  }
};

BOOST_FIXTURE_TEST_CASE(what_is_saved_loads_to_the_same_bits, Folder) {
  for (const std::size_t d : {1, 5}) {
    for (const std::optional<double> threshold :
         {std::optional<double>(), std::optional<double>(1.0 / 3)}) {
      MetricModel model{tests::spd_matrix<double>(d, d), threshold};
      model.metric(0, 0) += 1e-13;
      save_metric(model, path);
      BOOST_TEST((load_metric(path) == model));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_cut_anywhere_is_rejected, Folder) {
  save_metric({tests::spd_matrix<double>(2, 1), 2.5}, path);
  const std::string whole = read_file(path);
  // The last byte is a newline, which JSON does not need.
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    write_file_atomically(path, whole.substr(0, size));
    BOOST_CHECK_THROW(load_metric(path), DataError);
  }
}

BOOST_FIXTURE_TEST_CASE(whatever_is_no_metric_is_rejected, Folder) {
  const auto file = [](const std::string& metric, const std::string& version = "1",
                       const std::string& threshold = "null") {
    return R"({"format": "surplus-metric", "version": )" + version + R"(, "metric": )" + metric +
           R"(, "threshold": )" + threshold + "}";
  };
  write_file_atomically(path, file("[[2, 1], [1, 2]]"));
  BOOST_TEST((load_metric(path).metric == Matrix<double>{{2, 1}, {1, 2}}));
  rejects(file("[[1]]", "2"),
          R"(the file must hold a metric of version 1; got format "surplus-metric", version 2)");
  rejects(file("[]"), "the metric must have a feature; got metric 0 x 0");
  rejects(file("[[1, 2]]"), "rows must be as long as they are many; got row 0, elements 2, rows 1");
  rejects(file("[[2, 1], [0, 2]]"),
          "metric must be symmetric; got row 1, column 0, value 0, mirrored 1");
  rejects(file("[[1, 2], [2, 1]]"),
          "metric must be positive definite; got pivot that is not positive 1");
  const std::string keys = "the file must hold format, version, metric and threshold; got path ";
  for (const std::string& text :
       {file("[[1]]", "1", "\"near\""), file("[[null]]"), file("3"), std::string("{}")}) {
    write_file_atomically(path, text);
    BOOST_CHECK_EXCEPTION(load_metric(path), DataError, says("load_metric: " + keys + path));
  }
  write_file_atomically(path, "metric");
  BOOST_CHECK_EXCEPTION(
      load_metric(path), DataError,
      says("load_metric: the file must be JSON; got path " + path + ", byte 1, size 6"));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_metric_is_not_saved, Folder) {
  BOOST_CHECK_EXCEPTION(
      save_metric({Matrix<double>{{1, 2}, {2, 1}}, {}}, path), NumericalError,
      says("save_metric: metric must be positive definite; got pivot that is not positive 1"));
  BOOST_CHECK_EXCEPTION(
      save_metric({Matrix<double>(2, 1), {}}, path), ShapeError,
      says("save_metric: metric must have one row and column per feature; got metric 2 x 1, "
           "features 1"));
  BOOST_CHECK_EXCEPTION(save_metric({Matrix<double>{{std::nan("")}}, {}}, path), ArgumentError,
                        says("save_metric: metric must be finite; got row 0, column 0, value nan"));
  BOOST_CHECK_EXCEPTION(
      save_metric({Matrix<double>{{1}}, std::numeric_limits<double>::infinity()}, path),
      ArgumentError, says("save_metric: threshold must be finite; got threshold inf"));
  BOOST_TEST(scratch.entries() == 0u);
}

}  // namespace
}  // namespace surplus
