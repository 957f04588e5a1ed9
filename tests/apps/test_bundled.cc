#define BOOST_TEST_MODULE bundled
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <string>

#include "apps/data/lookup.h"
#include "apps/data/sha256.h"
#include "surplus/core/file.h"
#include "surplus/data/csv.h"

namespace surplus {
namespace {

struct Table {
  const char* name;
  Shape shape;
  std::map<std::string, std::size_t> classes;
};

// As apps/data/README.md lists them.
const Table kTables[] = {
    {"breast-cancer-diagnostic", {569, 30}, {{"benign", 357}, {"malignant", 212}}},
    {"breast-cancer-original", {699, 9}, {{"benign", 458}, {"malignant", 241}}},
    {"digits",
     {1797, 64},
     {{"0", 178},
      {"1", 182},
      {"2", 177},
      {"3", 183},
      {"4", 181},
      {"5", 182},
      {"6", 181},
      {"7", 179},
      {"8", 174},
      {"9", 180}}},
    {"iris", {150, 4}, {{"setosa", 50}, {"versicolor", 50}, {"virginica", 50}}},
    {"wine", {178, 13}, {{"class_0", 59}, {"class_1", 71}, {"class_2", 48}}},
};

std::filesystem::path path_of(const std::string& name) {
  return apps::bundled_directory() / (name + ".csv");
}

BOOST_AUTO_TEST_CASE(each_bundled_table_has_the_rows_features_and_classes_of_its_description) {
  for (const Table& table : kTables) {
    BOOST_TEST_CONTEXT(table.name) {
      const Samples s =
          read_csv(path_of(table.name), {.label_column = -1, .missing = CsvMissing::kNan});
      BOOST_TEST((s.x.shape() == table.shape));
      BOOST_TEST(s.feature_names.size() == table.shape.cols);
      std::map<std::string, std::size_t> classes;
      for (const std::size_t label : s.labels) ++classes[s.label_names[label]];
      BOOST_TEST((classes == table.classes));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_original_breast_cancer_table_has_683_complete_rows) {
  const Samples s = read_csv(path_of("breast-cancer-original"),
                             {.label_column = -1, .missing = CsvMissing::kDropRow});
  BOOST_TEST((s.x.shape() == Shape{683, 9}));
}

BOOST_AUTO_TEST_CASE(the_description_names_the_hash_of_each_table) {
  const std::string description = read_file(apps::bundled_directory() / "README.md");
  for (const Table& table : kTables) {
    BOOST_TEST_CONTEXT(table.name) {
      apps::Sha256 hash;
      hash.update(read_file(path_of(table.name)));
      BOOST_TEST((description.find(hash.finish()) != std::string::npos));
    }
  }
}

}  // namespace
}  // namespace surplus
