/// One panel of a figure as gnuplot commands; figure.cc places the panels and the legend.
#ifndef SURPLUS_APPS_REPORT_PANEL_H_
#define SURPLUS_APPS_REPORT_PANEL_H_

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "apps/report/figure.h"

namespace surplus::apps {

/// Okabe and Ito's palette, darkest first: told apart with any colour vision, and in grey print.
constexpr std::array<std::string_view, 7> kPalette = {"#0072B2", "#D55E00", "#009E73", "#AA4499",
                                                      "#E69F00", "#56B4E9", "#222222"};
/// gnuplot's point types for the same series, the filled ones first.
constexpr std::array<int, 7> kPointTypes = {7, 5, 9, 13, 11, 6, 15};
constexpr std::string_view kInk = "#333333";
constexpr std::string_view kGrey = "#8a8a8a";

/// Text as gnuplot reads it, between single quotes.
std::string quoted(std::string_view text);

/// Which of the palette series i of the panel has.
std::size_t color_of(const Panel& panel, std::size_t i);
/// gnuplot's dash type.
int dash_of(const Series& series);

/// The least and the greatest value an axis or a colour scale shows.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool log = false;

  /// Ignores what cannot be shown: NaN, infinities and, on a log scale, values up to 0.
  void include(double value);
  /// Adds a margin of `share` of the length at both ends; afterwards the range is not empty.
  void widen(double share);
  double length() const { return high - low; }
};

/// What each scale shows: what it was told to, else all data with a margin.
Range x_range(const Panel& panel);
Range y_range(const Panel& panel);
Range heat_range(const HeatMap& map);

/// Data blocks for the panel, to stand before `set multiplot`. `p` is the panel's number.
std::string data_blocks(const Panel& panel, std::size_t p);

/// Axes, reference lines and the plot command, to stand after the panel's place was set.
/// `turned`: the names below the x axis are too long to stand side by side.
std::string panel_commands(const Panel& panel, std::size_t p, bool turned);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_PANEL_H_
