#include "apps/runner/settings.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

// What a value of type T is called in an error message.
template <typename T>
constexpr std::string_view kKind{};
template <>
constexpr std::string_view kKind<bool> = "true or false";
template <>
constexpr std::string_view kKind<std::uint64_t> = "a whole number, not negative";
template <>
constexpr std::string_view kKind<double> = "a finite number";
template <>
constexpr std::string_view kKind<std::vector<std::uint64_t>> =
    "a list of whole numbers, not negative, with commas between them";
template <>
constexpr std::string_view kKind<std::vector<double>> =
    "a list of finite numbers with commas between them";

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(static_cast<double>(number))) return std::nullopt;
  return number;
}

template <typename T>
std::optional<T> parse(std::string_view text) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(text);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return parse_number<T>(text);
  } else {
    T list;
    for (std::size_t begin = 0;;) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const auto number = parse_number<typename T::value_type>(text.substr(begin, end - begin));
      if (!number) return std::nullopt;
      list.push_back(*number);
      if (end == text.size()) return list;
      begin = end + 1;
    }
  }
}

template <typename T>
std::string joined(const std::vector<T>& list) {
  std::string text;
  for (const T& value : list) {
    if (!text.empty()) text += ',';
    text += surplus::to_text(value);
  }
  return text;
}

}  // namespace

std::string to_text(const SettingValue& value) {
  return std::visit(
      []<typename T>(const T& held) {
        if constexpr (std::is_same_v<T, std::vector<double>> ||
                      std::is_same_v<T, std::vector<std::uint64_t>>)
          return joined(held);
        else
          return surplus::to_text(held);
      },
      value);
}

void require_count(std::string_view study, std::string_view name, std::uint64_t count,
                   std::uint64_t low, std::uint64_t high) {
  SURPLUS_REQUIRE(count >= low && count <= high, ArgumentError, study,
                  "the number must be at least " + to_text(low) + " and at most " + to_text(high),
                  name, count);
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    names.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

void assign(std::vector<Setting>& settings, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  SURPLUS_REQUIRE(equals != std::string_view::npos && equals > 0, ArgumentError, "--set",
                  "a setting must be written key=value", "setting", assignment);
  const std::string_view key = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  std::string known;
  for (Setting& setting : settings) {
    if (setting.name != key) {
      known.append(known.empty() ? "" : ", ").append(setting.name);
      continue;
    }
    std::visit(
        [&]<typename T>(T& held) {
          std::optional<T> parsed = parse<T>(text);
          SURPLUS_REQUIRE(parsed.has_value(), ArgumentError, "--set",
                          setting.name + " must be " + std::string(kKind<T>), setting.name, text);
          held = *std::move(parsed);
        },
        setting.value);
    return;
  }
  throw ArgumentError(error_message(
      "--set", known.empty() ? "there are no keys" : "the key must be one of " + known, "key",
      key));
}

}  // namespace surplus::apps
