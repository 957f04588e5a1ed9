/// The user's own tables: CSV and NPY files in, CSV and NPY files or standard output out.
#ifndef SURPLUS_APPS_COMMANDS_TABLES_H_
#define SURPLUS_APPS_COMMANDS_TABLES_H_

#include <CLI/App.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "surplus/data/samples.h"

namespace surplus::apps {

struct TableOptions {
  std::string path;
  std::string header = "auto";
  std::string delimiter = ",";
  std::optional<std::ptrdiff_t> label_column{};
  bool drop_missing = false;
};

/// Adds the positional FILE and how to read it; `options` must outlive the parsing.
void add_table_options(CLI::App& command, TableOptions& options);

/// The table: of an NPY file if its name ends in .npy, else of a CSV file.
/// Throws as read_npy() and read_csv(); ArgumentError for a delimiter of more than one character, or
/// for a label column that an NPY file does not have.
Samples read_table(const TableOptions& options);

/// Writes the columns of x under their names to `out`: NPY (without names) if it ends in .npy, else
/// CSV; CSV to standard output if it is empty. Numbers read back to the same bits.
void write_table(const std::vector<std::string>& names, MatrixView<const double> x,
                 const std::string& out);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_TABLES_H_
