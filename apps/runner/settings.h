/// The settings of a run: named values that the command line shows, changes and echoes.
#ifndef SURPLUS_APPS_RUNNER_SETTINGS_H_
#define SURPLUS_APPS_RUNNER_SETTINGS_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {

/// The types a setting may have. A list is written with commas: 1,2.5,4.
using SettingValue = std::variant<bool, std::uint64_t, double, std::string,
                                  std::vector<std::uint64_t>, std::vector<double>>;

struct Setting {
  std::string name;
  SettingValue value;
  std::string meaning;  ///< with its unit
};

/// As the command line takes it: "true", "400", "0.1", "1,2,4".
std::string to_text(const SettingValue& value);

/// Reads "key=value" into the setting of that name, keeping its type.
/// Throws ArgumentError if there is no such key (listing those there are), or if the value is not
/// of the setting's type.
void assign(std::vector<Setting>& settings, std::string_view assignment);

/// The names in a setting that is a list of them, "mnist,svhn".
std::vector<std::string> names_in(std::string_view list);

/// Throws ArgumentError, in the name of the study, unless the setting `name` is from low to high.
void require_count(std::string_view study, std::string_view name, std::uint64_t count,
                   std::uint64_t low, std::uint64_t high);

/// Throws ArgumentError, in the name of the study, if two values of the setting `name` are equal.
template <typename Value>
void require_distinct(std::string_view study, std::string_view name, std::vector<Value> values) {
  std::ranges::sort(values);
  const auto twice = std::ranges::adjacent_find(values);
  SURPLUS_REQUIRE(twice == values.end(), ArgumentError, study, "values must differ", name, *twice);
}

/// The settings of `config`, whose visit(visitor) calls visitor(name, member, meaning) per member.
template <typename Config>
std::vector<Setting> settings_of(Config config) {
  std::vector<Setting> settings;
  config.visit([&](std::string_view name, const auto& member, std::string_view meaning) {
    settings.push_back({std::string(name), SettingValue(member), std::string(meaning)});
  });
  return settings;
}

/// `config` with each "key=value" applied, the last one of a key winning.
template <typename Config>
Config with_assignments(Config config, std::span<const std::string> assignments) {
  std::vector<Setting> settings = settings_of(config);
  for (const std::string& assignment : assignments) assign(settings, assignment);
  std::size_t next = 0;
  config.visit([&]<typename T>(std::string_view, T& member, std::string_view) {
    member = std::get<T>(settings[next++].value);
  });
  return config;
}

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_SETTINGS_H_
