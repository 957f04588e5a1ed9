#include "apps/commands/reproduce.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/commands/study_options.h"
#include "apps/data/lookup.h"
#include "apps/report/html.h"
#include "apps/report/json.h"
#include "apps/report/text.h"
#include "apps/runner/execute.h"
#include "surplus/core/file.h"

namespace surplus::apps {
namespace {

struct Arguments {
  std::vector<std::string> only;
  StudyOptions options;
};

int reproduce(const Arguments& arguments, const std::atomic<bool>& stop) {
  std::vector<const StudyEntry*> chosen;
  for (const std::string& name : arguments.only) chosen.push_back(&study_named(name));
  if (chosen.empty()) {
    for (const StudyEntry& study : studies()) chosen.push_back(&study);
  }
  const std::filesystem::path out =
      arguments.options.out.empty() ? "surplus-out" : arguments.options.out;
  std::vector<Record> records;
  std::vector<NotRun> not_run;
  bool all_hold = true;
  for (const StudyEntry* const study : chosen) {
    RunOptions options = run_options(arguments.options);
    options.out = out / study->name;
    try {
      records.push_back(execute(*study, options, stop));
    } catch (const MissingDataset& missing) {
      not_run.push_back({std::string(study->name), missing.what()});
      fmt::print(stderr, "surplus: {}: not run: {}\n", study->name, missing.what());
      continue;
    } catch (const Interrupted&) {
      std::string again = "surplus reproduce" + typed(arguments.options);
      for (std::size_t i = 0; i < arguments.only.size(); ++i) {
        again += (i == 0 ? " --only " : ",") + arguments.only[i];
      }
      throw Interrupted{again + " --resume"};
    }
    const Record& record = records.back();
    write_report(record, options.out);
    fmt::print("{}: preset {}, {:.1f} s\n{}", record.study, record.preset, record.seconds,
               verdict_table(record, output_width()));
    all_hold = all_hold && count_holding(record) == record.verdicts.size();
  }
  write_file_atomically(out / "summary.json", summary_json(records, not_run));
  write_file_atomically(out / "index.html", index_html(records, not_run));
  fmt::print("Report: {}\n", (out / "index.html").string());
  if (!not_run.empty()) return 2;
  return arguments.options.strict && !all_hold ? 1 : 0;
}

}  // namespace

void add_reproduce_command(CLI::App& app, const std::atomic<bool>& stop, int& status) {
  CLI::App* const command =
      app.add_subcommand("reproduce", "run all studies and report all verdicts on one page");
  const auto arguments = std::make_shared<Arguments>();
  add_study_options(*command, arguments->options);
  command->add_option("--only", arguments->only, "a,b: these studies alone")->delimiter(',');
  command->footer(
      "Writes a directory per study, summary.json and index.html into the directory of --out (by "
      "default\nsurplus-out). Ctrl-C saves the work done; --resume goes on to the same bits. A "
      "study "
      "whose data set\nis absent is left out and named, and the exit status is 2.\n\n"
      "Examples:\n  surplus reproduce --preset quick\n"
      "  surplus reproduce --only em-gmm --strict --out all");
  command->callback([arguments, &stop, &status] { status = reproduce(*arguments, stop); });
}

}  // namespace surplus::apps
