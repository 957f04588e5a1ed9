/// From a study and its settings to a finished record and its files.
#ifndef SURPLUS_APPS_RUNNER_EXECUTE_H_
#define SURPLUS_APPS_RUNNER_EXECUTE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/report/record.h"
#include "apps/studies/study.h"

namespace surplus::apps {

/// "quick", "default", "paper".
std::string_view to_text(Preset preset);
std::optional<Preset> preset_named(std::string_view name);

/// The study of that name. Throws ArgumentError, listing the names there are, if there is none.
const StudyEntry& study_named(std::string_view name);

struct RunOptions {
  Preset preset = Preset::kDefault;
  std::vector<std::string> changes{};  ///< "key=value"
  std::uint64_t seed = 1;
  std::filesystem::path out{};  ///< the run's own directory, made if it is missing
  bool resume = false;          ///< take up the work saved there
  std::filesystem::path data{};
};

/// Runs the study, keeping its finished cells in `options.out`, and tells standard error about it.
/// Throws what the study throws; Interrupted if `stop` was set; DataError if the directory cannot be
/// written.
Record execute(const StudyEntry& study, const RunOptions& options, const std::atomic<bool>& stop);

/// Writes result.json, a CSV per table, an SVG per figure and report.html into `directory`. Each
/// file is whole or absent; result.json comes last. Throws DataError if one cannot be written.
void write_report(const Record& record, const std::filesystem::path& directory);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_EXECUTE_H_
