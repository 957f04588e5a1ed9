/// Tables in text: comma-separated values and their relatives.
#ifndef SURPLUS_DATA_CSV_H_
#define SURPLUS_DATA_CSV_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "surplus/data/samples.h"

namespace surplus {

enum class CsvHeader {
  kAuto,  ///< the first line is a header if none of its features is a number or missing
  kYes,
  kNo,
};

/// What to do about a field that is missing.
enum class CsvMissing {
  kRefuse,   ///< DataError
  kNan,      ///< a NaN in x; a missing label is refused all the same
  kDropRow,  ///< the row is left out
};

struct CsvConfig {
  CsvHeader header = CsvHeader::kAuto;
  char delimiter = ',';
  /// The column of the label, counted from 0, or from the end if negative (-1 is the last); the
  /// table has no labels if absent.
  std::optional<std::ptrdiff_t> label_column = std::nullopt;
  /// A field with this text is missing, and so is an empty one, unless it stands in quotes.
  std::string missing_marker = "?";
  CsvMissing missing = CsvMissing::kRefuse;
};

/// Reads a table of numbers, with at most one column of labels, which may be any text.
///
/// RFC 4180 with what occurs besides: any line end, blank lines, a byte order mark, spaces around a
/// field, gzip. Fields in double quotes may hold delimiters, line ends and doubled quotes. A feature
/// is a decimal number within the range of double; the words inf and nan are refused. Labels are
/// numbered in ascending order, of their values if all are numbers, else of their bytes.
///
/// Throws  DataError with `path:line` if the file is missing, cut off or empty, has no row of data
///         or no feature, if a row has more or fewer fields than the first, or if a field is not
///         what its column asks for; ArgumentError if delimiter is a quote or a line end
/// Cost    one pass, a buffer of constant size besides the numbers
Samples read_csv(const std::filesystem::path& path, const CsvConfig& config = {});

/// The same for text in memory, which messages call `name`; gzip is not unpacked.
Samples parse_csv(std::string_view text, std::string_view name, const CsvConfig& config = {});

/// Writes a table for read_csv() to read back to the same bits: a header if the features have
/// names (read it with CsvHeader::kYes if these look like numbers), a row per sample, the label
/// last, a missing value (NaN) as `?`; written to a temporary name and renamed.
///
/// Throws  ShapeError if labels or names do not fit to x; ArgumentError if a label has no name, a
///         value is infinite, or there is nothing to write; DataError if the file cannot be written
void write_csv(const std::filesystem::path& path, const Samples& samples, char delimiter = ',');

}  // namespace surplus

#endif  // SURPLUS_DATA_CSV_H_
