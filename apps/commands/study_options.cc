#include "apps/commands/study_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "apps/commands/whole_number.h"
#include "apps/runner/progress_line.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {

void add_study_options(CLI::App& command, StudyOptions& options) {
  command
      .add_option("--preset", options.preset,
                  "quick: seconds; default: minutes; paper: the paper's own setting")
      ->check(CLI::IsMember({"quick", "default", "paper"}))
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of all random numbers")
      ->check(whole_number())
      ->capture_default_str();
  command.add_option("--threads", options.threads, "0: one per core; the figures do not change")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command.add_option("--out", options.out, "directory for the report and the saved work");
  command.add_flag("--resume", options.resume, "take up the work that is saved there");
  command.add_option("--data", options.data, "directory in which data sets are looked up first")
      ->check(CLI::ExistingDirectory);
  command.add_flag("--strict", options.strict, "exit status 1 if a verdict fails");
}

RunOptions run_options(const StudyOptions& options) {
  set_thread_count(options.threads);
  return {.preset = preset_named(options.preset).value_or(Preset::kDefault),
          .changes = {},
          .seed = options.seed,
          .out = options.out,
          .resume = options.resume,
          .data = options.data};
}

std::string typed(const StudyOptions& options) {
  std::string text = fmt::format(" --preset {} --seed {}", options.preset, options.seed);
  if (options.threads != 0) text += fmt::format(" --threads {}", options.threads);
  if (!options.out.empty()) text += fmt::format(" --out '{}'", options.out);
  if (!options.data.empty()) text += fmt::format(" --data '{}'", options.data);
  return text;
}

std::size_t output_width() {
  const std::size_t width = terminal_width(STDOUT_FILENO);
  return width == 0 ? 100 : std::clamp<std::size_t>(width, 80, 140);
}

}  // namespace surplus::apps
