#include "apps/report/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <utility>

namespace surplus::apps {
namespace {

bool is_bars(const Series& series) { return series.style == Series::Style::kBars; }

double bar_count(const Panel& panel) {
  return static_cast<double>(std::count_if(panel.series.begin(), panel.series.end(), is_bars));
}

template <typename... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

// gnuplot's own error bars blank out what is below their point.
constexpr std::string_view kWhiskers =
    "{}1:3:(0):($4-$3) notitle with vectors nohead lw 1.6 lc rgb '{}'";

// "10", "0.01", or with more zeros than that a power: 10 and a superscript exponent.
std::string decade(int exponent) {
  if (std::abs(exponent) <= 3) return fmt::format("{:g}", std::pow(10.0, exponent));
  static constexpr std::array<std::string_view, 10> kSuperscripts = {
      "\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
      "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = exponent < 0 ? "10\u207b" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) {
    text += kSuperscripts[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

// The multiples of powers of ten within a range, with commas between them.
std::string few_ticks(const Range& range, std::initializer_list<int> multiples) {
  std::string text;
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::floor(std::log10(range.high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const int multiple : multiples) {
      const double value = multiple * std::pow(10.0, exponent);
      if (value < range.low || value > range.high) continue;
      append(text, "{}{:g}", text.empty() ? "" : ", ", value);
    }
  }
  return text;
}

// Range and ticks of the axis named 'x' or 'y'.
std::string axis_commands(char name, const Axis& axis, const Range& range, bool turned) {
  std::string text =
      fmt::format("unset log {0}\nset {0}range [{1}:{2}]\n", name, range.low, range.high);
  if (turned) {  // as labels: gnuplot complains of turned ticks that leave a margin it was given
    append(text, "unset {}tics\n", name);
    for (std::size_t i = 0; i < axis.categories.size(); ++i) {
      append(text,
             "set label {} at first {}, graph 0 right rotate by 30 offset 0, -0.8 tc rgb '{}'\n",
             quoted(axis.categories[i]), i, kInk);
    }
    return text;
  }
  if (!axis.categories.empty()) {
    append(text, "set {}tics scale 0 norotate (", name);
    for (std::size_t i = 0; i < axis.categories.size(); ++i) {
      append(text, "{}{} {}", i == 0 ? "" : ", ", quoted(axis.categories[i]), i);
    }
    return text + ")\n";
  }
  append(text, "set {0}tics autofreq scale 0.6 norotate\nset format {0} '%g'\n", name);
  if (!axis.log) return text;
  append(text, "set log {}\n", name);
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  if (last <= first) {  // no two powers of ten in sight
    std::string ticks = few_ticks(range, {1, 2, 5});
    if (ticks.find(',') == std::string::npos) ticks = few_ticks(range, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    // Where even these are too few, gnuplot's own say more.
    return ticks.find(',') == std::string::npos
               ? text
               : text + fmt::format("set {}tics scale 0.6 ({})\n", name, ticks);
  }
  const int step = 1 + (last - first) / 7;
  append(text, "set {}tics scale 0.6 (", name);
  for (int exponent = first; exponent <= last; exponent += step) {
    append(text, "{}{} 1e{}", exponent == first ? "" : ", ", quoted(decade(exponent)), exponent);
  }
  return text + ")\n";
}

std::string reference_commands(const Panel& panel, const Range& x, const Range& y) {
  std::string text;
  for (const ReferenceLine& line : panel.references) {
    const double low = std::max(x.low, y.low);
    const double high = std::min(x.high, y.high);
    std::string ends;
    switch (line.direction) {
      case ReferenceLine::Direction::kHorizontal:
        ends = fmt::format("graph 0, first {0} to graph 1, first {0}", line.value);
        break;
      case ReferenceLine::Direction::kVertical:
        ends = fmt::format("first {0}, graph 0 to first {0}, graph 1", line.value);
        break;
      case ReferenceLine::Direction::kDiagonal:
        if (low >= high) continue;
        ends = fmt::format("first {0}, first {0} to first {1}, first {1}", low, high);
        break;
    }
    append(text, "set arrow from {} nohead back lw 1.4 dt 2 lc rgb '{}'\n", ends, kGrey);
  }
  return text;
}

// One line per value: its centre, its four edges, itself, and itself as text. gnuplot's own images
// would be bitmaps inside the SVG, and know no holes.
std::string heat_map_block(const Panel& panel, std::size_t p) {
  const HeatMap& map = *panel.heat_map;
  const Range x = x_range(panel);
  const Range y = y_range(panel);
  const double width = x.length() / static_cast<double>(map.values.front().size());
  const double height = y.length() / static_cast<double>(map.values.size());
  // Named cells stand apart; those of a continuous map overlap a little, or seams would show.
  const double half = panel.x.categories.empty() ? 0.51 : 0.485;
  std::string text = fmt::format("$h{} << EOD\n", p);
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    for (std::size_t j = 0; j < map.values[i].size(); ++j) {
      const double value = map.values[i][j];
      if (!std::isfinite(value)) continue;
      const double center_x = x.low + (static_cast<double>(j) + 0.5) * width;
      const double center_y = y.low + (static_cast<double>(i) + 0.5) * height;
      append(text, "{} {} {} {} {} {} {} {}\n", center_x, center_y, center_x - half * width,
             center_x + half * width, center_y - half * height, center_y + half * height, value,
             std::abs(value) < 100 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value));
    }
  }
  return text + "EOD\n";
}

std::string heat_map_elements(const HeatMap& map, std::size_t p) {
  std::string text = fmt::format(
      ", $h{} using 1:2:3:4:5:6:7 notitle with boxxyerror fs solid noborder lc palette", p);
  if (!map.show_values) return text;
  // White on the dark half of the scale, black on the light one.
  const Range heat = heat_range(map);
  const double middle = map.log ? std::sqrt(heat.low * heat.high) : (heat.low + heat.high) / 2;
  for (const auto& [side, color] : {std::pair{"<", "#ffffff"}, std::pair{">=", "#000000"}}) {
    append(text, ", $h{} using 1:2:($7 {} {} ? strcol(8) : '') notitle with labels tc rgb '{}'", p,
           side, middle, color);
  }
  return text;
}

std::string series_elements(const Panel& panel, std::size_t p, std::size_t s) {
  const Series& series = panel.series[s];
  const std::size_t color = color_of(panel, s);
  const std::string_view ink = kPalette[color];
  const std::string data = fmt::format(", $s{}_{} using ", p, s);
  const bool error = !series.error.empty();
  std::string text;
  switch (series.style) {
    case Series::Style::kLine:
      if (error) {
        append(text,
               "{}1:3:4 notitle with filledcurves fs transparent solid 0.2 noborder lc rgb '{}'",
               data, ink);
      }
      append(text, "{}1:2 notitle with lines lw 2 dt {} lc rgb '{}'", data, dash_of(series), ink);
      break;
    case Series::Style::kLinePoints:
      append(text, "{}1:2 notitle with lines lw 1.6 dt {} lc rgb '{}'", data, dash_of(series), ink);
      [[fallthrough]];
    case Series::Style::kPoints:
      if (error) append(text, kWhiskers, data, ink);
      append(text, "{}1:2 notitle with points pt {} ps 0.6 lc rgb '{}'", data, kPointTypes[color],
             ink);
      break;
    case Series::Style::kBars:
      append(text, "{}1:2:({}) notitle with boxes fs solid 0.85 noborder lc rgb '{}'", data,
             0.8 / bar_count(panel), ink);
      if (error) append(text, kWhiskers, data, kInk);
      break;
  }
  return text;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + "'";
}

std::size_t color_of(const Panel& panel, std::size_t i) {
  const std::size_t color = panel.series[i].color;
  return (color == Series::kNextColor ? i : color) % kPalette.size();
}

int dash_of(const Series& series) { return series.dashed ? 2 : 1; }

void Range::include(double value) {
  if (!std::isfinite(value) || (log && value <= 0)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

void Range::widen(double share) {
  if (low > high) *this = log ? Range{0.1, 10, true} : Range{0, 1, false};
  if (log) {
    const double factor = low == high ? 3 : std::pow(high / low, share);
    low /= factor;
    high *= factor;
  } else {
    const double step = low == high ? std::max(0.5, std::abs(low) / 2) : share * length();
    low -= step;
    high += step;
  }
}

Range x_range(const Panel& panel) {
  Range range{.log = panel.x.log};
  for (const Series& series : panel.series) {
    const double half = is_bars(series) ? 0.5 : 0;
    for (const double x : series.x) {
      range.include(x - half);
      range.include(x + half);
    }
  }
  for (const ReferenceLine& line : panel.references) {
    if (line.direction == ReferenceLine::Direction::kVertical) range.include(line.value);
  }
  if (!panel.x.categories.empty()) {
    range = {-0.5, static_cast<double>(panel.x.categories.size()) - 0.5, false};
  } else if (panel.heat_map) {
    range = {-0.5, static_cast<double>(panel.heat_map->values.front().size()) - 0.5, false};
  } else {
    range.widen(0.03);
  }
  range.low = panel.x.min.value_or(range.low);
  range.high = panel.x.max.value_or(range.high);
  return range;
}

Range y_range(const Panel& panel) {
  Range range{.log = panel.y.log};
  for (const Series& series : panel.series) {
    if (is_bars(series)) range.include(0);
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const double error = series.error.empty() ? 0 : series.error[i];
      range.include(series.y[i] - error);
      range.include(series.y[i] + error);
    }
  }
  for (const ReferenceLine& line : panel.references) {
    if (line.direction == ReferenceLine::Direction::kHorizontal) range.include(line.value);
  }
  if (!panel.y.categories.empty()) {
    range = {-0.5, static_cast<double>(panel.y.categories.size()) - 0.5, false};
  } else if (panel.heat_map) {
    range = {-0.5, static_cast<double>(panel.heat_map->values.size()) - 0.5, false};
  } else {
    const bool bars_up = bar_count(panel) > 0 && range.low == 0;
    range.widen(0.05);
    if (bars_up) range.low = 0;
  }
  range.low = panel.y.min.value_or(range.low);
  range.high = panel.y.max.value_or(range.high);
  return range;
}

Range heat_range(const HeatMap& map) {
  Range range{.log = map.log};
  for (const auto& row : map.values) {
    for (const double value : row) range.include(value);
  }
  if (!(range.low < range.high)) range.widen(0);
  range.low = map.min.value_or(range.low);
  range.high = map.max.value_or(range.high);
  return range;
}

std::string data_blocks(const Panel& panel, std::size_t p) {
  const Range y = y_range(panel);
  std::string text;
  double bar = 0;
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    const Series& series = panel.series[s];
    // The bars of one position share 0.8 of the step between positions.
    const double bars = bar_count(panel);
    const double shift = is_bars(series) ? (bar++ + 0.5 - bars / 2) * 0.8 / bars : 0;
    append(text, "$s{}_{} << EOD\n", p, s);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isnan(series.y[i])) {
        text += '\n';  // a blank line interrupts a line plot
        continue;
      }
      const double error = series.error.empty() ? 0 : series.error[i];
      double low = series.y[i] - error;
      if (y.log && low <= 0) low = y.low;  // the bar then reaches the foot of the panel
      append(text, "{} {} {} {}\n", series.x[i] + shift, series.y[i], low, series.y[i] + error);
    }
    text += "EOD\n";
  }
  return panel.heat_map ? text + heat_map_block(panel, p) : text;
}

std::string panel_commands(const Panel& panel, std::size_t p, bool turned) {
  const Range x = x_range(panel);
  const Range y = y_range(panel);
  std::string text = axis_commands('x', panel.x, x, turned) +
                     axis_commands('y', panel.y, y, false) + reference_commands(panel, x, y);
  if (panel.heat_map) {
    const Range heat = heat_range(*panel.heat_map);
    append(text, "set cbrange [{}:{}]\n{}set log cb\nset format cb '%g'\n", heat.low, heat.high,
           heat.log ? "" : "un");
  }
  text += "plot NaN notitle";
  if (panel.heat_map) text += heat_map_elements(*panel.heat_map, p);
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    if (!panel.series[s].x.empty()) text += series_elements(panel, p, s);
  }
  return text + "\n";
}

}  // namespace surplus::apps
