/// Plain text: names of files, numbers for people, CSV and the table of verdicts.
#ifndef SURPLUS_APPS_REPORT_TEXT_H_
#define SURPLUS_APPS_REPORT_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/report/record.h"

namespace surplus::apps {

/// Throws ArgumentError unless `name` is of lower-case letters, digits and hyphens, as every name
/// is that becomes a file's.
void require_file_name(std::string_view function, std::string_view name);

/// The number of letters of UTF-8 text.
std::size_t letters(std::string_view text);

/// Text broken at spaces into lines of at most `width` letters, a longer word alone; one line at
/// least.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Text for XML and HTML, inside an element or an attribute.
std::string escaped(std::string_view text);

/// A number for people: four significant digits, a dash for NaN.
std::string readable(double value);

/// "0.925 +- 0.01"; the error alone to two digits.
std::string readable_measurement(const Verdict& verdict);

/// The line that repeats the run: "surplus run em-gmm --preset quick --seed 7 --set starts=10".
std::string command_line(const Record& record);

/// RFC 4180 with a line of names, "name [unit]" where there is a unit; numbers read back the same.
/// Throws ArgumentError if a row is not as long as the line of names.
std::string to_csv(const Table& table);

/// The verdicts as a table for a terminal of `width` columns, notes of failing ones below.
std::string verdict_table(const Record& record, std::size_t width);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_TEXT_H_
