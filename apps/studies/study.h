/// What a study is, and the one table of all studies.
///
/// A study is a struct without state:
///
///   struct EmGmm {
///     static constexpr std::string_view kName = "em-gmm";
///     static constexpr std::string_view kPaper = "Xu, Hsu, Maleki (2018), Benefits of ...";
///     static constexpr std::string_view kClaim = "EM that ignores known weights ...";
///     struct Config {
///       std::uint64_t starts = 400;
///       std::vector<double> separations = {1, 2, 4};
///       // The one list from which defaults, help, parsing, echo and the rejection of unknown
///       // keys follow. The types a member may have: SettingValue.
///       template <typename Visitor>
///       void visit(Visitor&& visit) {
///         visit("starts", starts, "random starts per cell");
///         visit("separations", separations, "distances of the two means, in standard deviations");
///       }
///     };
///     struct Result { ... };
///     static Config preset(Preset preset);
///     static double seconds(const Config& config);
///     static Result run(const Config& config, Run& run);
///     static std::vector<Verdict> verdicts(const Config& config, const Result& result);
///     static Rendering render(const Config& config, const Result& result);
///   };
///
/// preset    the settings of a preset: quick takes seconds, default minutes, paper what the paper
/// did seconds   the expected time on one core: the sum over all cells of what run() says of each
/// run       pure: no clock, no printing, no files but through Run; throws ArgumentError for
///           settings outside their domain before the first cell
/// verdicts  each claim beside the measurement
/// render    tables and figures; the first figure is the one to look at first
#ifndef SURPLUS_APPS_STUDIES_STUDY_H_
#define SURPLUS_APPS_STUDIES_STUDY_H_

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/report/content.h"
#include "apps/runner/run.h"
#include "apps/runner/settings.h"

namespace surplus::apps {

enum class Preset { kQuick, kDefault, kPaper };

template <typename S>
concept Study = requires(typename S::Config& config, const typename S::Result& result, Run& run) {
  { S::kName } -> std::convertible_to<std::string_view>;
  { S::kPaper } -> std::convertible_to<std::string_view>;
  { S::kClaim } -> std::convertible_to<std::string_view>;
  { S::preset(Preset::kQuick) } -> std::same_as<typename S::Config>;
  { S::seconds(config) } -> std::same_as<double>;
  { S::run(config, run) } -> std::same_as<typename S::Result>;
  { S::verdicts(config, result) } -> std::same_as<std::vector<Verdict>>;
  { S::render(config, result) } -> std::same_as<Rendering>;
};

struct Outcome {
  std::vector<Verdict> verdicts;
  Rendering rendering;
};

/// A study as the command line sees it. `changes` are the "key=value" of --set.
struct StudyEntry {
  std::string_view name;
  std::string_view paper;
  std::string_view claim;
  std::vector<Setting> (*settings)(Preset preset, std::span<const std::string> changes);
  double (*seconds)(Preset preset, std::span<const std::string> changes);
  Outcome (*run)(Preset preset, std::span<const std::string> changes, Run& run);
};

/// The table's row for study S.
template <Study S>
constexpr StudyEntry study_entry() {
  return {S::kName,
          S::kPaper,
          S::kClaim,
          [](Preset preset, std::span<const std::string> changes) {
            return settings_of(with_assignments(S::preset(preset), changes));
          },
          [](Preset preset, std::span<const std::string> changes) {
            return S::seconds(with_assignments(S::preset(preset), changes));
          },
          [](Preset preset, std::span<const std::string> changes, Run& run) {
            const auto config = with_assignments(S::preset(preset), changes);
            const auto result = S::run(config, run);
            return Outcome{S::verdicts(config, result), S::render(config, result)};
          }};
}

/// All studies, in the order in which they are listed and reproduced (registry.cc).
std::span<const StudyEntry> studies();

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_STUDY_H_
