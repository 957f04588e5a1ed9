#include "apps/runner/execute.h"

#include <fmt/format.h>

#include <cstdio>
#include <system_error>
#include <utility>

#include "apps/report/figure.h"
#include "apps/report/html.h"
#include "apps/report/json.h"
#include "apps/report/text.h"
#include "apps/runner/journal.h"
#include "apps/runner/progress_line.h"
#include "apps/runner/version.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/parallel.h"
#include "surplus/core/simd.h"

namespace surplus::apps {
namespace {

Identity identity_of(const Record& record) {
  Identity identity = {{"study", record.study},
                       {"preset", record.preset},
                       {"seed", surplus::to_text(record.seed)},
                       {"version", record.version},
                       {"target", record.target}};
  for (const Setting& setting : record.settings) {
    identity.emplace_back(setting.name, to_text(setting.value));
  }
  return identity;
}

// Where cells keep the state of their work in `out`: emptied before a run that is not resumed; else
// rid of files that were being written when the process was killed.
std::filesystem::path state_directory(const std::filesystem::path& out, bool resume) {
  namespace fs = std::filesystem;
  fs::path directory = out / "states";
  std::error_code error;
  if (!resume) fs::remove_all(directory, error);
  if (!error) fs::create_directories(directory, error);
  SURPLUS_REQUIRE(!error, DataError, directory.string(), "the directory must be writable", "error",
                  error.message());
  std::vector<fs::path> parts;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != ".state") parts.push_back(entry.path());
  }
  for (const fs::path& part : parts) fs::remove(part, error);
  return directory;
}

}  // namespace

std::string_view to_text(Preset preset) {
  switch (preset) {
    case Preset::kQuick:
      return "quick";
    case Preset::kDefault:
      return "default";
    case Preset::kPaper:
      return "paper";
  }
  return "unknown";
}

std::optional<Preset> preset_named(std::string_view name) {
  for (const Preset preset : {Preset::kQuick, Preset::kDefault, Preset::kPaper}) {
    if (name == to_text(preset)) return preset;
  }
  return std::nullopt;
}

const StudyEntry& study_named(std::string_view name) {
  std::string known;
  for (const StudyEntry& study : studies()) {
    if (study.name == name) return study;
    known.append(known.empty() ? "" : ", ").append(study.name);
  }
  throw ArgumentError(error_message("run", "the study must be one of " + known, "study", name));
}

Record execute(const StudyEntry& study, const RunOptions& options, const std::atomic<bool>& stop) {
  Record record{.study = std::string(study.name),
                .paper = std::string(study.paper),
                .claim = std::string(study.claim),
                .preset = std::string(to_text(options.preset)),
                .version = std::string(kVersion),
                .target = simd_target(),
                .threads = thread_count(),
                .seed = options.seed,
                .settings = study.settings(options.preset, options.changes),
                .changes = options.changes};
  // Before the work, not after hours of it.
  require_gnuplot();
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  SURPLUS_REQUIRE(!error, DataError, options.out.string(), "the directory must be writable",
                  "error", error.message());
  Journal journal(options.out, identity_of(record), options.resume);

  const double expected = study.seconds(options.preset, options.changes);
  if (options.preset == Preset::kPaper) {
    fmt::print(stderr, "surplus: {}: preset paper takes about {} on {} thread{}\n", study.name,
               duration_text(expected / static_cast<double>(record.threads)), record.threads,
               record.threads == 1 ? "" : "s");
  }
  if (options.resume) {
    fmt::print(stderr, "surplus: {}: {} cells were saved in {}\n", study.name,
               journal.cells().size(), options.out.string());
  }
  ProgressLine progress(record.study, expected);
  Run run(options.seed, journal.cells(), stop, [&](const Run::Cell& cell) {
    if (!cell.saved) journal.append(cell.name, cell.values, journal.seconds() + progress.elapsed());
    progress.add(cell);
  });
  run.data_directory = options.data;
  run.state_directory = state_directory(options.out, options.resume);
  Outcome outcome = study.run(options.preset, options.changes, run);
  std::filesystem::remove_all(run.state_directory, error);
  record.verdicts = std::move(outcome.verdicts);
  record.rendering = std::move(outcome.rendering);
  record.seconds = journal.seconds() + progress.elapsed();
  return record;
}

void write_report(const Record& record, const std::filesystem::path& directory) {
  // All is made before the first byte is written: what cannot be drawn leaves nothing behind.
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::string> drawings;
  for (const Table& table : record.rendering.tables) {
    files.emplace_back(table.name + ".csv", to_csv(table));
  }
  for (const Figure& figure : record.rendering.figures) {
    drawings.push_back(to_svg(figure));
    files.emplace_back(figure.name + ".svg", drawings.back());
  }
  files.emplace_back("report.html", report_html(record, drawings));
  files.emplace_back("result.json", result_json(record));
  for (const auto& [name, text] : files) write_file_atomically(directory / name, text);
}

}  // namespace surplus::apps
