/// A figure as data: panels of series, reference lines and heat maps, and its drawing as SVG.
#ifndef SURPLUS_APPS_REPORT_FIGURE_H_
#define SURPLUS_APPS_REPORT_FIGURE_H_

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace surplus::apps {

/// Text is UTF-8 and shown as it is; write "\u03b8" for a Greek theta.
struct Axis {
  std::string label{};  ///< quantity and, in brackets, unit
  bool log = false;
  std::optional<double> min{};  ///< of the data if absent
  std::optional<double> max{};
  /// Names for the positions 0, 1, 2 ...: the axis of bars and heat maps.
  std::vector<std::string> categories{};
};

/// Points (x[i], y[i]), with bars from y - error to y + error if `error` is given.
struct Series {
  enum class Style { kLine, kPoints, kLinePoints, kBars };

  std::string label{};  ///< in the legend; none if empty
  Style style = Style::kLine;
  std::vector<double> x{};  ///< bars stand at 0, 1, 2 ..., those of one panel side by side
  std::vector<double> y{};  ///< a line is interrupted where y is NaN
  std::vector<double> error{};
  std::size_t color =
      kNextColor;  ///< of the palette; by default series 0, 1, 2 ... take 0, 1, 2 ...
  bool dashed = false;

  static constexpr std::size_t kNextColor = std::numeric_limits<std::size_t>::max();
};

/// A thin grey line across the panel, for a truth or a paper's figure.
struct ReferenceLine {
  enum class Direction { kHorizontal, kVertical, kDiagonal };  // kDiagonal: y = x

  Direction direction = Direction::kHorizontal;
  double value = 0;     ///< ignored by kDiagonal
  std::string label{};  ///< in the legend; none if empty
};

/// values[i][j] at row y = i, counted from the bottom, and column x = j. NaN leaves a hole.
struct HeatMap {
  std::vector<std::vector<double>> values;
  std::string label;  ///< of the colour scale: quantity and unit
  bool log = false;
  std::optional<double> min{};
  std::optional<double> max{};
  bool show_values = false;  ///< print the number into its cell
};

struct Panel {
  std::string title{};
  Axis x{};
  Axis y{};
  std::vector<Series> series{};
  std::vector<ReferenceLine> references{};
  std::optional<HeatMap> heat_map{};
};

struct Figure {
  std::string name;     ///< also the file's: lower case, digits and hyphens
  std::string title;    ///< what is seen, as a sentence: the figure's message
  std::string caption;  ///< how to read it
  std::vector<Panel> panels;
  std::size_t columns = 2;  ///< panels side by side
};

/// The figure as a self-contained SVG document, drawn by gnuplot: the same bytes for the same
/// figure. Throws ArgumentError if the lengths of a panel do not fit together or a name is not a
/// file name; DataError if gnuplot is missing or fails.
std::string to_svg(const Figure& figure);

/// Throws DataError, saying what to install, if gnuplot cannot be started.
void require_gnuplot();

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_FIGURE_H_
