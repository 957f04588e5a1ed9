#include "apps/commands/list.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "apps/commands/study_options.h"
#include "apps/report/text.h"
#include "apps/runner/execute.h"
#include "apps/runner/progress_line.h"
#include "apps/studies/study.h"

namespace surplus::apps {
namespace {

void print_wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  for (const std::string& line : wrapped(text, width - indent)) {
    fmt::print("{:{}}{}\n", "", indent, line);
  }
}

void print_studies(std::size_t width) {
  for (const StudyEntry& study : studies()) {
    fmt::print("{}\n", study.name);
    print_wrapped(study.claim, 4, width);
    print_wrapped(study.paper, 4, width);
  }
}

void print_study(const StudyEntry& study, std::size_t width) {
  fmt::print("{}\n", study.name);
  print_wrapped(study.claim, 4, width);
  print_wrapped(study.paper, 4, width);
  fmt::print("\nSettings (--set key=value)\n");
  const auto defaults = study.settings(Preset::kDefault, {});
  const auto quick = study.settings(Preset::kQuick, {});
  const auto paper = study.settings(Preset::kPaper, {});
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    fmt::print("  {}: {}\n", defaults[i].name, defaults[i].meaning);
    fmt::print("      default {}", to_text(defaults[i].value));
    for (const auto& [name, setting] : {std::pair{"quick", quick[i]}, {"paper", paper[i]}}) {
      if (setting.value != defaults[i].value) fmt::print("; {} {}", name, to_text(setting.value));
    }
    fmt::print("\n");
  }
  fmt::print("\nExpected time on one core: ");
  for (const Preset preset : {Preset::kQuick, Preset::kDefault, Preset::kPaper}) {
    fmt::print("{} {}{}", to_text(preset), duration_text(study.seconds(preset, {})),
               preset == Preset::kPaper ? "\n" : ", ");
  }
}

}  // namespace

void add_list_command(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("list", "studies, their papers and what each claims");
  const auto name = std::make_shared<std::string>();
  command->add_option("STUDY", *name, "show this study's settings and times");
  command->footer("Examples:\n  surplus list\n  surplus list em-gmm");
  command->callback([name] {
    const std::size_t width = output_width();
    if (name->empty())
      print_studies(width);
    else
      print_study(study_named(*name), width);
  });
}

}  // namespace surplus::apps
