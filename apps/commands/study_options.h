/// The options that `run` and `reproduce` share.
#ifndef SURPLUS_APPS_COMMANDS_STUDY_OPTIONS_H_
#define SURPLUS_APPS_COMMANDS_STUDY_OPTIONS_H_

#include <CLI/App.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "apps/runner/execute.h"

namespace surplus::apps {

struct StudyOptions {
  std::string preset = "default";
  std::uint64_t seed = 1;
  std::size_t threads = 0;
  std::string out;  ///< empty: surplus-out, or below it
  std::string data;
  bool resume = false;
  bool strict = false;
};

/// Adds the options to `command`; `options` must outlive the parsing.
void add_study_options(CLI::App& command, StudyOptions& options);

/// What they say, for one study; sets the number of threads.
RunOptions run_options(const StudyOptions& options);

/// The options again, as they would be typed: " --preset quick --seed 7".
std::string typed(const StudyOptions& options);

/// The columns of the terminal, or 100 if standard output is none.
std::size_t output_width();

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_STUDY_OPTIONS_H_
