#include "apps/commands/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/csv.h"
#include "surplus/data/npy.h"

namespace surplus::apps {
namespace {

bool is_npy(const std::string& path) { return path.ends_with(".npy"); }

// Takes a column of numbers out of x as labels, numbered in ascending order as read_csv() does.
Samples split_labels(const Matrix<double>& x, std::ptrdiff_t label_column) {
  const auto columns = static_cast<std::ptrdiff_t>(x.cols());
  const std::ptrdiff_t at = label_column < 0 ? label_column + columns : label_column;
  SURPLUS_REQUIRE(at >= 0 && at < columns && columns > 1, ArgumentError, "--label-column",
                  "the column must be one of the table, beside another", "column", label_column,
                  "columns", columns);
  const auto column = static_cast<std::size_t>(at);
  std::vector<double> values;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    SURPLUS_REQUIRE(std::isfinite(x(i, column)), ArgumentError, "--label-column",
                    "labels must be finite", "row", i, "value", x(i, column));
    values.push_back(x(i, column));
  }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  Samples samples{.x = Matrix<double>(x.rows(), x.cols() - 1)};
  for (const double value : values) samples.label_names.push_back(to_text(value));
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const auto label = std::ranges::lower_bound(values, x(i, column)) - values.begin();
    samples.labels.push_back(static_cast<std::size_t>(label));
    for (std::size_t j = 0; j + 1 < x.cols(); ++j) {
      samples.x(i, j) = x(i, j < column ? j : j + 1);
    }
  }
  return samples;
}

}  // namespace

void add_table_options(CLI::App& command, TableOptions& options) {
  command.add_option("FILE", options.path, "CSV (also gzipped) or NPY: a row per sample")
      ->required();
  command.add_option("--header", options.header, "whether the first line of a CSV file has names")
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->capture_default_str();
  command.add_option("--delimiter", options.delimiter, "of a CSV file; tab for a tabulator")
      ->capture_default_str();
  command.add_option(
      "--label-column", options.label_column,
      "the column of the labels, which are no feature, from 0, or from the end: -1 is the last");
  command.add_flag("--drop-missing", options.drop_missing,
                   "leave out the rows of a CSV file with an empty field or a ?");
}

Samples read_table(const TableOptions& options) {
  if (is_npy(options.path)) {
    Matrix<double> x = read_npy<double>(options.path);
    if (options.label_column) return split_labels(x, *options.label_column);
    return {.x = std::move(x)};
  }
  const std::string delimiter = options.delimiter == "tab" ? "\t" : options.delimiter;
  SURPLUS_REQUIRE(delimiter.size() == 1, ArgumentError, "--delimiter",
                  "the delimiter must be one character", "delimiter", delimiter);
  return read_csv(options.path,
                  {.header = options.header == "yes"  ? CsvHeader::kYes
                             : options.header == "no" ? CsvHeader::kNo
                                                      : CsvHeader::kAuto,
                   .delimiter = delimiter[0],
                   .label_column = options.label_column,
                   .missing = options.drop_missing ? CsvMissing::kDropRow : CsvMissing::kRefuse});
}

void write_table(const std::vector<std::string>& names, MatrixView<const double> x,
                 const std::string& out) {
  if (is_npy(out)) {
    write_npy(out, x);
    return;
  }
  std::string text;
  for (std::size_t j = 0; j < names.size(); ++j) text.append(j == 0 ? "" : ",").append(names[j]);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      text.append(j == 0 ? "\n" : ",").append(to_text(x(i, j)));
    }
  }
  text += '\n';
  if (out.empty())
    std::fwrite(text.data(), 1, text.size(), stdout);
  else
    write_file_atomically(out, text);
}

}  // namespace surplus::apps
