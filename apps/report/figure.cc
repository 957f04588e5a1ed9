#include "apps/report/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/report/gnuplot.h"
#include "apps/report/panel.h"
#include "apps/report/text.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

// Sizes in pixels.
constexpr double kFont = 13;
constexpr double kTitleFont = 16;
constexpr double kLine = 21;    // height of a line of text
constexpr double kEdge = 16;    // around the figure
constexpr double kSample = 28;  // the line or point beside a legend's text

// A character is taken to be 0.6 em wide, a little more than most are.
double text_width(std::string_view text, double font = kFont) {
  return 0.6 * font * static_cast<double>(letters(text));
}

template <typename... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

void check(const Figure& figure) {
  require_file_name("to_svg", figure.name);
  SURPLUS_REQUIRE(!figure.panels.empty() && figure.columns >= 1, ArgumentError, "to_svg",
                  "a figure must have a panel and a column", "figure", figure.name, "panels",
                  figure.panels.size(), "columns", figure.columns);
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) {
      SURPLUS_REQUIRE(series.x.size() == series.y.size() &&
                          (series.error.empty() || series.error.size() == series.y.size()),
                      ArgumentError, "to_svg", "x, y and error must be equally long", "figure",
                      figure.name, "series", series.label, "x", series.x.size(), "y",
                      series.y.size(), "error", series.error.size());
    }
    if (!panel.heat_map) continue;
    const auto& values = panel.heat_map->values;
    SURPLUS_REQUIRE(!values.empty() && !values.front().empty(), ArgumentError, "to_svg",
                    "a heat map must have a value", "figure", figure.name);
    for (const auto& row : values) {
      SURPLUS_REQUIRE(row.size() == values.front().size(), ArgumentError, "to_svg",
                      "the rows of a heat map must be equally long", "figure", figure.name, "first",
                      values.front().size(), "other", row.size());
    }
  }
}

// One entry of the legend, shared by the series of all panels that have its label and colour.
struct LegendEntry {
  std::string label;
  Series::Style style = Series::Style::kLine;
  std::string_view ink;
  int point_type = 0;
  int dash = 1;
};

std::vector<LegendEntry> legend_of(const Figure& figure) {
  std::vector<LegendEntry> legend;
  const auto add = [&](LegendEntry entry) {
    const bool known = std::any_of(legend.begin(), legend.end(), [&](const LegendEntry& other) {
      return other.label == entry.label && other.ink == entry.ink;
    });
    if (!known && !entry.label.empty()) legend.push_back(std::move(entry));
  };
  for (const Panel& panel : figure.panels) {
    for (std::size_t s = 0; s < panel.series.size(); ++s) {
      const std::size_t color = color_of(panel, s);
      add({panel.series[s].label, panel.series[s].style, kPalette[color], kPointTypes[color],
           dash_of(panel.series[s])});
    }
  }
  for (const Panel& panel : figure.panels) {
    for (const ReferenceLine& line : panel.references) {
      add({line.label, Series::Style::kLine, kGrey, 0, 2});
    }
  }
  return legend;
}

// Whether the names below an x axis are too long to stand side by side.
bool is_crowded(const Panel& panel, double width) {
  const auto count = static_cast<double>(panel.x.categories.size());
  return std::any_of(panel.x.categories.begin(), panel.x.categories.end(),
                     [&](const std::string& name) { return text_width(name) > width / count - 6; });
}

// Where everything goes, in pixels from the top left corner.
struct Layout {
  double width = 0;
  double height = 0;
  double panel_width = 0;  // of the plot itself, without axes
  double panel_height = 0;
  double left = 0;   // room for the y axis
  double right = 0;  // room for the colour scale
  double above = 0;  // room for a panel's title
  double below = 0;  // room for the x axis
  double top = 0;    // where the panels begin
  std::size_t columns = 1;
  std::vector<std::string> title;
};

double legend_width(const LegendEntry& entry) { return kSample + text_width(entry.label) + 26; }

// Rows of the legend, broken where the width ends: the number of entries in each.
std::vector<std::size_t> legend_rows(const std::vector<LegendEntry>& legend, double width) {
  std::vector<std::size_t> rows;
  double used = width;
  for (const LegendEntry& entry : legend) {
    if (used + legend_width(entry) > width || rows.empty()) {
      rows.push_back(0);
      used = 0;
    }
    ++rows.back();
    used += legend_width(entry);
  }
  return rows;
}

Layout layout_of(const Figure& figure, const std::vector<LegendEntry>& legend) {
  Layout layout;
  layout.columns = std::min(figure.columns, figure.panels.size());
  const auto columns = static_cast<double>(layout.columns);
  layout.width = layout.columns == 1 ? 720 : layout.columns == 2 ? 940 : 1160;
  layout.left = 78;
  layout.right = 18;
  layout.below = 62;
  for (const Panel& panel : figure.panels) {
    if (!panel.title.empty()) layout.above = kLine + 8;
    if (panel.heat_map) layout.right = 108;
    for (const std::string& name : panel.y.categories) {
      layout.left = std::max(layout.left, 44 + text_width(name));
    }
  }
  layout.panel_width = (layout.width - 2 * kEdge) / columns - layout.left - layout.right;
  layout.panel_height = std::clamp(0.62 * layout.panel_width, 170.0, 360.0);
  for (const Panel& panel : figure.panels) {
    if (!is_crowded(panel, layout.panel_width)) continue;
    for (const std::string& name : panel.x.categories) {
      layout.below = std::max(layout.below, 50 + text_width(name) / 2);  // sin 30 degrees
    }
  }
  layout.title = wrapped(figure.title,
                         static_cast<std::size_t>((layout.width - 2 * kEdge) / (0.6 * kTitleFont)));
  layout.top = kEdge + static_cast<double>(layout.title.size()) * (kTitleFont + 6) + 6 +
               static_cast<double>(legend_rows(legend, layout.width - 2 * kEdge).size()) * kLine +
               6;
  const std::size_t rows = (figure.panels.size() + layout.columns - 1) / layout.columns;
  layout.height = std::ceil(
      layout.top + static_cast<double>(rows) * (layout.above + layout.panel_height + layout.below) +
      kEdge);
  return layout;
}

// gnuplot's screen coordinates: shares of the canvas, from the bottom left corner.
std::string at(const Layout& layout, double x, double y) {
  return fmt::format("screen {:.6f}, screen {:.6f}", x / layout.width, 1 - y / layout.height);
}

std::string legend_commands(const std::vector<LegendEntry>& legend, const Layout& layout,
                            double top) {
  std::string text;
  std::size_t next = 0;
  double y = top;
  for (const std::size_t count : legend_rows(legend, layout.width - 2 * kEdge)) {
    double x = kEdge + 2;
    for (std::size_t i = 0; i < count; ++i, ++next) {
      const LegendEntry& entry = legend[next];
      const bool line = entry.style == Series::Style::kLine;
      const bool points = entry.style == Series::Style::kPoints;
      if (entry.style == Series::Style::kBars) {
        append(text, "set object rect from {} to {} fs solid 0.85 noborder fc rgb '{}'\n",
               at(layout, x + 7, y + 5), at(layout, x + 20, y - 5), entry.ink);
      } else {
        if (!points)
          append(text, "set arrow from {} to {} nohead lw {} dt {} lc rgb '{}'\n", at(layout, x, y),
                 at(layout, x + kSample - 4, y), entry.ink == kGrey ? 1.4 : 2.0, entry.dash,
                 entry.ink);
        if (!line)
          append(text, "set label '' at {} point pt {} ps 0.6 lc rgb '{}'\n",
                 at(layout, x + kSample / 2 - 2, y), entry.point_type, entry.ink);
      }
      append(text, "set label {} at {} left tc rgb '{}'\n", quoted(entry.label),
             at(layout, x + kSample + 2, y), kInk);
      x += legend_width(entry);
    }
    y += kLine;
  }
  return text;
}

std::string place_of(const Panel& panel, const Layout& layout, std::size_t index) {
  const std::size_t column = index % layout.columns;
  const std::size_t row = index / layout.columns;
  const double left =
      kEdge + layout.left +
      static_cast<double>(column) * (layout.left + layout.panel_width + layout.right);
  const double top = layout.top + layout.above +
                     static_cast<double>(row) * (layout.above + layout.panel_height + layout.below);
  const auto across = [&](double x) { return x / layout.width; };
  const auto up = [&](double y) { return 1 - y / layout.height; };
  std::string text;
  append(text, "set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", across(left),
         across(left + layout.panel_width));
  append(text, "set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n", up(top),
         up(top + layout.panel_height));
  append(text, "set label {} at {} left tc rgb '{}' font ',{}'\n", quoted(panel.title),
         at(layout, left, top - 14), kInk, kFont + 1);
  append(text, "set label {} at {} center tc rgb '{}'\n", quoted(panel.x.label),
         at(layout, left + layout.panel_width / 2, top + layout.panel_height + layout.below - 18),
         kInk);
  append(text, "set label {} at {} center rotate by 90 tc rgb '{}'\n", quoted(panel.y.label),
         at(layout, left - layout.left + 12, top + layout.panel_height / 2), kInk);
  if (!panel.heat_map) return text + "set grid y back lt 1 lw 0.7 lc rgb '#e4e4e4'\nset border 3\n";
  append(text,
         "unset grid\nset border 0\nset colorbox user origin {:.6f}, {:.6f} size {:.6f}, {:.6f}\n",
         across(left + layout.panel_width + 12), up(top + layout.panel_height), across(14),
         layout.panel_height / layout.height);
  append(text, "set label {} at {} center rotate by 90 tc rgb '{}'\n",
         quoted(panel.heat_map->label),
         at(layout, left + layout.panel_width + 90, top + layout.panel_height / 2), kInk);
  return text;
}

// What gnuplot puts before every id, so that figures can share a page.
std::string svg_name(const Figure& figure) {
  std::string name = figure.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string script_of(const Figure& figure) {
  const std::vector<LegendEntry> legend = legend_of(figure);
  const Layout layout = layout_of(figure, legend);
  std::string text;
  append(text, "set encoding utf8\nset terminal svg noenhanced fixed size {:.0f},{:.0f} name '{}'",
         layout.width, layout.height, svg_name(figure));
  append(text, " font 'sans-serif,{}' background '#ffffff'\n", kFont);
  for (std::size_t p = 0; p < figure.panels.size(); ++p) text += data_blocks(figure.panels[p], p);
  // Viridis, sampled: even steps look even, and grey print keeps the order.
  text +=
      "set palette defined (0 '#440154', 0.125 '#472c7a', 0.25 '#3b518b', 0.375 '#2c718e', "
      "0.5 '#21908d', 0.625 '#27ad81', 0.75 '#5cc863', 0.875 '#aadc32', 1 '#fde725')\n"
      "unset key\nset border lw 0.8 lc rgb '#777777'\nset tics nomirror out tc rgb '#333333'\n"
      "set errorbars small\nset multiplot\n";
  double y = kEdge + kTitleFont / 2;
  for (const std::string& line : layout.title) {
    append(text, "set label {} at {} left tc rgb '#111111' font 'sans-serif:Bold,{}'\n",
           quoted(line), at(layout, kEdge, y), kTitleFont);
    y += kTitleFont + 6;
  }
  text += legend_commands(legend, layout, y + 6);
  for (std::size_t p = 0; p < figure.panels.size(); ++p) {
    text += place_of(figure.panels[p], layout, p) +
            panel_commands(figure.panels[p], p, is_crowded(figure.panels[p], layout.panel_width)) +
            "unset label\nunset arrow\nunset object\n";
  }
  return text + "unset multiplot\n";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string to_svg(const Figure& figure) {
  check(figure);
  std::string svg = run_gnuplot(script_of(figure));
  // gnuplot cannot be told a list of fonts (a comma would end the name), a weight, or a title.
  replace_all(svg, "\"sans-serif\"", "\"Helvetica, Arial, sans-serif\"");
  replace_all(svg, "\"sans-serif:Bold\"", "\"Helvetica, Arial, sans-serif\" font-weight=\"bold\"");
  const std::string name = svg_name(figure);
  replace_all(svg, fmt::format("<title>{}</title>", name),
              fmt::format("<title>{}</title>", escaped(figure.title)));
  // What is left are its names of the plot's parts, which a browser would show as tool tips.
  for (std::size_t at = 0; (at = svg.find("<title>" + name, at)) != std::string::npos;) {
    svg.erase(at, svg.find("</title>", at) + 8 - at);
  }
  return svg;
}

void require_gnuplot() { run_gnuplot(""); }

}  // namespace surplus::apps
