#include "apps/report/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace surplus::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  // Up to 2^53 every whole double is an integer that JSON readers keep.
  if (value == std::trunc(value) && std::abs(value) <= 9007199254740992.0 && !std::signbit(value))
    return static_cast<std::uint64_t>(value);
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

template <typename T>
Json to_json(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return number(value);
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    Json list = Json::array();
    for (const double element : value) list.push_back(number(element));
    return list;
  } else {
    return value;
  }
}

template <typename... Types>
Json to_json(const std::variant<Types...>& value) {
  return std::visit([](const auto& held) { return to_json(held); }, value);
}

Json verdicts_json(const Record& record) {
  Json list = Json::array();
  for (const Verdict& verdict : record.verdicts) {
    list.push_back({{"id", verdict.id},
                    {"claim", verdict.claim},
                    {"paper", optional_number(verdict.paper)},
                    {"measured", number(verdict.measured)},
                    {"standard_error", optional_number(verdict.standard_error)},
                    {"holds", verdict.holds},
                    {"note", verdict.note}});
  }
  return list;
}

Json tables_json(const Record& record) {
  Json list = Json::array();
  for (const Table& table : record.rendering.tables) {
    Json rows = Json::array();
    for (const auto& row : table.rows) {
      Json cells = Json::array();
      for (const Table::Cell& cell : row) cells.push_back(to_json(cell));
      rows.push_back(std::move(cells));
    }
    list.push_back({{"name", table.name},
                    {"columns", table.columns},
                    {"units", table.units},
                    {"rows", std::move(rows)}});
  }
  return list;
}

// One line for whatever holds no list of lists, so that a table's row is a line of the file.
void write(const Json& json, std::size_t indent, std::string& text) {
  if (!json.is_structured()) {
    text += json.dump();
    return;
  }
  const bool nested = std::any_of(json.begin(), json.end(),
                                  [](const Json& child) { return child.is_structured(); });
  const std::string margin(nested ? indent + 2 : 0, ' ');
  text += json.is_object() ? '{' : '[';
  const char* separator = nested ? "\n" : "";
  for (const auto& [key, child] : json.items()) {
    text.append(separator).append(margin);
    separator = nested ? ",\n" : ", ";
    if (json.is_object()) text.append(Json(key).dump()).append(": ");
    write(child, indent + 2, text);
  }
  if (nested) text.append(1, '\n').append(indent, ' ');
  text += json.is_object() ? '}' : ']';
}

std::string pretty(const Json& json) {
  std::string text;
  write(json, 0, text);
  return text + "\n";
}

}  // namespace

std::string result_json(const Record& record) {
  Json config = Json::object();
  for (const Setting& setting : record.settings) config[setting.name] = to_json(setting.value);
  Json figures = Json::array();
  for (const Figure& figure : record.rendering.figures) figures.push_back(figure.name + ".svg");
  return pretty({{"schema", 1},
                 {"study", record.study},
                 {"preset", record.preset},
                 {"version", record.version},
                 {"target", record.target},
                 {"threads", record.threads},
                 {"seed", record.seed},
                 {"seconds", number(record.seconds)},
                 {"config", std::move(config)},
                 {"verdicts", verdicts_json(record)},
                 {"tables", tables_json(record)},
                 {"figures", std::move(figures)}});
}

std::string summary_json(std::span<const Record> records, std::span<const NotRun> not_run) {
  Json studies = Json::array();
  for (const Record& record : records) {
    studies.push_back({{"study", record.study},
                       {"preset", record.preset},
                       {"seed", record.seed},
                       {"seconds", number(record.seconds)},
                       {"holding", count_holding(record)},
                       {"verdicts", verdicts_json(record)}});
  }
  Json missing = Json::array();
  for (const NotRun& study : not_run) {
    missing.push_back({{"study", study.study}, {"reason", study.reason}});
  }
  return pretty({{"schema", 1}, {"studies", std::move(studies)}, {"not_run", std::move(missing)}});
}

}  // namespace surplus::apps
