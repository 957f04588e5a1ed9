/// What a study has to say: verdicts, tables and figures, free of any output format.
#ifndef SURPLUS_APPS_REPORT_CONTENT_H_
#define SURPLUS_APPS_REPORT_CONTENT_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/report/figure.h"

namespace surplus::apps {

/// One claim of a paper, set beside what was measured.
struct Verdict {
  std::string id;                          ///< the number of the claim, the same in every run: "6"
  std::string claim;                       ///< one sentence that the measurement can contradict
  std::optional<double> paper{};           ///< the paper's figure, if it prints one
  double measured = 0;                     ///< ours, in the same unit; NaN if there is none
  std::optional<double> standard_error{};  ///< of `measured`, if it is an estimate
  bool holds = false;
  std::string note{};  ///< how it was measured, or why it fails
};

/// Numbers with a name and a unit for each column; text where a row is named, not numbered.
struct Table {
  using Cell = std::variant<double, std::string>;

  std::string name;     ///< also the file's: lower case, digits and hyphens
  std::string title{};  ///< one line for people
  std::vector<std::string> columns;
  std::vector<std::string> units;  ///< one per column, empty where there is none
  std::vector<std::vector<Cell>> rows{};
};

struct Column {
  std::string name;
  std::string unit{};
};

/// A table without rows.
Table table_of(std::string name, std::string title, const std::vector<Column>& columns);

struct Rendering {
  std::vector<Table> tables{};
  std::vector<Figure> figures{};
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_CONTENT_H_
