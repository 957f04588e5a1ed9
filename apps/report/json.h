/// result.json and summary.json: what tests and scripts read.
#ifndef SURPLUS_APPS_REPORT_JSON_H_
#define SURPLUS_APPS_REPORT_JSON_H_

#include <span>
#include <string>

#include "apps/report/record.h"

namespace surplus::apps {

/// The text of result.json, schema 1:
///
///   {"schema": 1, "study", "preset", "version", "target", "threads", "seed", "seconds",
///    "config": {every key}, "verdicts": [{"id", "claim", "paper", "measured", "standard_error",
///    "holds", "note"}], "tables": [{"name", "columns", "units", "rows"}], "figures": [file names]}
///
/// Doubles read back to the same bits; whole ones have no fraction; what JSON cannot say (NaN,
/// infinities) is null. Nothing but "seconds" depends on the clock.
std::string result_json(const Record& record);

/// The text of summary.json: {"schema": 1, "studies": [{"study", "preset", "seed", "seconds",
/// "holding", "verdicts": [as above]}], "not_run": [{"study", "reason"}]}.
std::string summary_json(std::span<const Record> records, std::span<const NotRun> not_run);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_JSON_H_
