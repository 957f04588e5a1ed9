#include "apps/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "surplus/core/errors.h"

namespace surplus::apps {

std::size_t count_holding(const Record& record) {
  return static_cast<std::size_t>(std::count_if(record.verdicts.begin(), record.verdicts.end(),
                                                [](const Verdict& v) { return v.holds; }));
}

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // UTF-8: not a continuation
  }));
}

void require_file_name(std::string_view function, std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  SURPLUS_REQUIRE(!name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos,
                  ArgumentError, function,
                  "a name must be of lower-case letters, digits and hyphens", "name", name);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t length = letters(word);
    if (used > 0 && used + 1 + length > width) {
      lines.emplace_back();
      used = 0;
    }
    lines.back().append(used > 0 ? " " : "").append(word);
    used += length + (used > 0 ? 1 : 0);
  }
  return lines;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string readable(double value) {
  if (std::isnan(value)) return "-";
  // Whole numbers, such as counts, lose no digit.
  if (value == std::round(value) && std::abs(value) < 1e9) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::string readable_measurement(const Verdict& verdict) {
  std::string text = readable(verdict.measured);
  if (verdict.standard_error) text += fmt::format(" +- {:.2g}", *verdict.standard_error);
  return text;
}

std::string command_line(const Record& record) {
  std::string text =
      fmt::format("surplus run {} --preset {} --seed {}", record.study, record.preset, record.seed);
  for (const std::string& change : record.changes) text += " --set " + change;
  return text;
}

std::string to_csv(const Table& table) {
  require_file_name("to_csv", table.name);
  SURPLUS_REQUIRE(table.units.size() == table.columns.size(), ArgumentError, "to_csv",
                  "each column must have a unit, or an empty one", "table", table.name, "columns",
                  table.columns.size(), "units", table.units.size());
  std::string text;
  const auto append = [&](std::string_view field, bool last) {
    if (field.find_first_of(",\"\n\r") == std::string_view::npos) {
      text += field;
    } else {
      text += '"';
      for (const char c : field) text.append(c == '"' ? 2 : 1, c);
      text += '"';
    }
    text += last ? '\n' : ',';
  };
  for (std::size_t j = 0; j < table.columns.size(); ++j) {
    const std::string& unit = table.units[j];
    append(unit.empty() ? table.columns[j] : fmt::format("{} [{}]", table.columns[j], unit),
           j + 1 == table.columns.size());
  }
  for (const auto& row : table.rows) {
    SURPLUS_REQUIRE(row.size() == table.columns.size(), ArgumentError, "to_csv",
                    "each row must have a cell for each column", "table", table.name, "columns",
                    table.columns.size(), "cells", row.size());
    for (std::size_t j = 0; j < row.size(); ++j) {
      append(std::visit([](const auto& cell) { return surplus::to_text(cell); }, row[j]),
             j + 1 == row.size());
    }
  }
  return text;
}

std::string verdict_table(const Record& record, std::size_t width) {
  constexpr std::string_view kFormat = "  {:<5} {:<{}}  {:>9}  {:>18}  {}\n";
  const std::size_t claim_width = std::clamp<std::size_t>(width, 80, 140) - 49;
  std::string text =
      fmt::format(kFormat, "id", "claim", claim_width, "paper", "measured", "verdict");
  for (const Verdict& verdict : record.verdicts) {
    const std::vector<std::string> claim = wrapped(verdict.claim, claim_width);
    text += fmt::format(kFormat, verdict.id, claim[0], claim_width,
                        verdict.paper ? readable(*verdict.paper) : "-",
                        readable_measurement(verdict), verdict.holds ? "holds" : "FAILS");
    for (std::size_t i = 1; i < claim.size(); ++i) text += fmt::format("        {}\n", claim[i]);
    if (verdict.holds || verdict.note.empty()) continue;
    for (const std::string& line : wrapped(verdict.note, width - 10)) {
      text += fmt::format("          {}\n", line);
    }
  }
  return text +
         fmt::format("  {} of {} verdicts hold\n", count_holding(record), record.verdicts.size());
}

}  // namespace surplus::apps
