#include "apps/commands/run.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/commands/study_options.h"
#include "apps/report/text.h"
#include "apps/runner/execute.h"

namespace surplus::apps {
namespace {

struct Arguments {
  std::string study;
  std::vector<std::string> changes;
  StudyOptions options;
};

int run(const Arguments& arguments, const std::atomic<bool>& stop) {
  const StudyEntry& study = study_named(arguments.study);
  RunOptions options = run_options(arguments.options);
  options.changes = arguments.changes;
  if (options.out.empty()) options.out = "surplus-out/" + arguments.study;
  Record record;
  try {
    record = execute(study, options, stop);
  } catch (const Interrupted&) {
    std::string again = "surplus run " + arguments.study + typed(arguments.options);
    for (const std::string& change : arguments.changes) again += " --set " + change;
    throw Interrupted{again + " --resume"};
  }
  write_report(record, options.out);
  fmt::print("{}: preset {}, seed {}, {}, {} thread{}, {:.1f} s\n", record.study, record.preset,
             record.seed, record.target, record.threads, record.threads == 1 ? "" : "s",
             record.seconds);
  fmt::print("{}Report: {}\n", verdict_table(record, output_width()),
             (options.out / "report.html").string());
  return arguments.options.strict && count_holding(record) < record.verdicts.size() ? 1 : 0;
}

}  // namespace

void add_run_command(CLI::App& app, const std::atomic<bool>& stop, int& status) {
  CLI::App* const command =
      app.add_subcommand("run", "run one study and report its verdicts, tables and figures");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("STUDY", arguments->study, "one of those that `surplus list` shows")
      ->required();
  add_study_options(*command, arguments->options);
  command
      ->add_option("--set", arguments->changes,
                   "key=value: change a setting; `surplus list STUDY` shows them")
      ->take_all()
      ->expected(1);
  command->footer(
      "Writes result.json, a CSV per table, an SVG per figure and report.html into the directory "
      "of "
      "--out\n(by default surplus-out/STUDY). Ctrl-C saves the work done; --resume goes on to the "
      "same bits.\n\nExamples:\n  surplus run em-gmm --preset quick\n"
      "  surplus run em-gmm --set b_starts=500 --seed 7 --out my-run\n"
      "  surplus run em-gmm --preset paper --resume");
  command->callback([arguments, &stop, &status] { status = run(*arguments, stop); });
}

}  // namespace surplus::apps
