#define BOOST_TEST_MODULE itml_golden
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/data/csv.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/metric/itml.h"

namespace surplus {
namespace {

using Json = nlohmann::json;
using boost::unit_test::precondition;

const Json& golden() {
  static const Json json = [] {
    std::ifstream file(SURPLUS_GOLDEN "itml_numpy.json");
    return Json::parse(file);
  }();
  return json;
}

std::string uci(const std::string& file) {
  const char* const directory = std::getenv("SURPLUS_DATA");
  return std::string(directory == nullptr ? "" : directory) + "/uci/" + file;
}

// Skips a test, visibly, without the table.
auto needs(const std::string& file) {
  return precondition([file](boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result there(std::filesystem::exists(uci(file)));
    there.message() << "SURPLUS_DATA names no directory with uci/" << file;
    return there;
  });
}

std::vector<Pair> pairs_of(const Json& json) {
  std::vector<Pair> pairs;
  for (const Json& pair : json) {
    pairs.push_back({pair[0].get<std::uint32_t>(), pair[1].get<std::uint32_t>(), pair[2] == 1});
  }
  return pairs;
}

// The largest deviation, relative to the largest element.
double deviation(std::span<const double> a, const std::vector<double>& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  double largest = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return largest / scale;
}

// The same pairs in the same order give the metric and the dual variables of the published
// recursion.
void compare(const std::string& name, const std::string& path) {
  const Json& expected = golden()["tables"][name];
  const Samples samples =
      read_csv(path, {.label_column = expected["label_column"].get<std::ptrdiff_t>()});
  BOOST_TEST_REQUIRE(samples.x.rows() == expected["rows"].get<std::size_t>());
  const ItmlResult result =
      fit_itml(samples.x, listed_pairs(pairs_of(expected["pairs"])),
               {.slack = expected["gamma"], .sweeps = expected["sweeps"], .tolerance = 0});
  std::vector<double> metric;
  for (const Json& row : expected["metric"]) metric.insert(metric.end(), row.begin(), row.end());
  BOOST_TEST(result.sweeps == expected["sweeps"].get<std::size_t>());
  BOOST_TEST(std::abs(result.bounds.similar / expected["bounds"][0].get<double>() - 1) < 1e-12);
  BOOST_TEST(std::abs(result.bounds.different / expected["bounds"][1].get<double>() - 1) < 1e-12);
  BOOST_TEST(deviation(result.metric.values(), metric) < 1e-8);
  BOOST_TEST(deviation(result.dual, expected["dual"].get<std::vector<double>>()) < 1e-8);
}

BOOST_AUTO_TEST_CASE(iris_has_the_metric_of_the_published_recursion) {
  compare("iris", SURPLUS_GOLDEN "../../apps/data/iris.csv");
}

BOOST_AUTO_TEST_CASE(wine_has_the_metric_of_the_published_recursion) {
  compare("wine", SURPLUS_GOLDEN "../../apps/data/wine.csv");
}

BOOST_AUTO_TEST_CASE(ionosphere_has_the_metric_of_the_published_recursion,
                     *needs("ionosphere.data")) {
  compare("ionosphere", uci("ionosphere.data"));
}

BOOST_AUTO_TEST_CASE(balance_scale_has_the_metric_of_the_published_recursion,
                     *needs("balance-scale.data")) {
  compare("balance-scale", uci("balance-scale.data"));
}

BOOST_AUTO_TEST_CASE(a_feasible_hard_problem_has_the_least_objective_of_a_generic_solver) {
  const Json& problem = golden()["feasible"];
  Matrix<double> x(problem["x"].size(), problem["x"][0].size());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) x(i, j) = problem["x"][i][j];
  }
  const ItmlResult result =
      fit_itml(x, listed_pairs(pairs_of(problem["pairs"])),
               {.slack = std::numeric_limits<double>::infinity(),
                .bounds = ItmlBounds{problem["bounds"][0], problem["bounds"][1]},
                .sweeps = 100000,
                .tolerance = 1e-12});
  BOOST_TEST((result.stop == Stop::kConverged));
  BOOST_TEST(result.residual < 1e-6);
  double objective = -log_determinant(cholesky(result.metric));
  for (std::size_t i = 0; i < x.cols(); ++i) objective += result.metric(i, i) - 1;
  BOOST_TEST(std::abs(objective - problem["objective"].get<double>()) < 1e-6);
}

}  // namespace
}  // namespace surplus
