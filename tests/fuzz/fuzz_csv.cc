#include <cstddef>
#include <cstdint>
#include <string_view>

#include "surplus/core/errors.h"
#include "surplus/data/csv.h"

/// Any bytes are a table or a DataError, and a table has the parts it says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace surplus;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const CsvConfig configs[] = {
      {},
      {.header = CsvHeader::kYes, .delimiter = ';', .missing = CsvMissing::kNan},
      {.label_column = -1, .missing = CsvMissing::kDropRow}};
  for (const CsvConfig& config : configs) {
    try {
      const Samples s = parse_csv(text, "fuzz", config);
      const bool labelled = config.label_column.has_value();
      if (s.x.empty() || s.labels.size() != (labelled ? s.x.rows() : 0)) __builtin_trap();
      for (const std::size_t label : s.labels) {
        if (label >= s.label_names.size()) __builtin_trap();
      }
    } catch (const DataError&) {
    }
  }
  return 0;
}
