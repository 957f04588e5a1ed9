#define BOOST_TEST_MODULE report
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "apps/report/figure.h"
#include "apps/report/gnuplot.h"
#include "apps/report/json.h"
#include "apps/report/text.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using Style = Series::Style;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

template <typename Error, typename Call>
void check_message(const Call& call, const std::string& message) {
  BOOST_CHECK_EXCEPTION(call(), Error, [&](const Error& error) {
    BOOST_TEST(error.what() == message);
    return error.what() == message;
  });
}

Figure figure_with(Panel panel) {
  return {.name = "f", .title = "T", .caption = "", .panels = {std::move(panel)}};
}

BOOST_AUTO_TEST_CASE(each_style_of_series_is_drawn) {
  Panel panel{.x = {.label = "x"}, .y = {.label = "y"}};
  for (const Style style : {Style::kLine, Style::kPoints, Style::kLinePoints, Style::kBars}) {
    panel.series = {{.label = "s", .style = style, .x = {0, 1, 2}, .y = {1, kNan, 2}}};
    const std::string plain = to_svg(figure_with(panel));
    panel.series[0].error = {0.1, 0.2, 0.3};
    const std::string with_errors = to_svg(figure_with(panel));
    BOOST_TEST(count(plain, "</svg>") == 1u);
    BOOST_TEST(count(with_errors, "<path") > count(plain, "<path"));
    BOOST_TEST(with_errors == to_svg(figure_with(panel)));
  }
}

BOOST_AUTO_TEST_CASE(panels_without_data_or_with_one_value_are_drawn) {
  Panel panel{.x = {.log = true}, .y = {.log = true}};
  to_svg(figure_with(panel));
  panel.series = {{.style = Style::kLinePoints, .x = {3}, .y = {3}}};
  to_svg(figure_with(panel));
  panel.series = {{.style = Style::kLinePoints, .x = {-1, 0, 1}, .y = {0, -2, kInfinity}}};
  to_svg(figure_with(panel));
  Panel map;
  map.heat_map = HeatMap{.values = {{kNan}}, .label = "v", .show_values = true};
  to_svg(figure_with(map));
}

BOOST_AUTO_TEST_CASE(logarithmic_axes_have_numbers_within_any_decade) {
  Panel panel{.x = {.label = "x"}, .y = {.label = "y", .log = true}};
  panel.series = {{.x = {10, 20}, .y = {0.16, 0.6}}};
  std::string svg = to_svg(figure_with(panel));
  for (const char* const text : {">0.2<", ">0.5<"}) BOOST_TEST(count(svg, text) == 1u, text);
  panel.series = {{.x = {10, 20}, .y = {0.31, 0.49}}};
  svg = to_svg(figure_with(panel));
  BOOST_TEST(count(svg, ">0.4<") == 1u);
}

BOOST_AUTO_TEST_CASE(a_heat_map_draws_each_value_but_the_missing_ones) {
  Panel panel{.x = {.categories = {"a", "b"}}, .y = {.categories = {"c", "d"}}};
  panel.heat_map =
      HeatMap{.values = {{7.25, 1999}, {kNan, 0.123456}}, .label = "v", .show_values = true};
  const std::string svg = to_svg(figure_with(panel));
  for (const char* const text : {">7.25<", ">0.123<", ">1999<"}) BOOST_TEST(count(svg, text) == 1u);
}

BOOST_AUTO_TEST_CASE(text_is_shown_as_it_is) {
  Panel panel{
      .title = "it's <a> & 'b'", .x = {.label = "a_b^2 {c}"}, .y = {.label = "\u03b8\u2081"}};
  const std::string svg = to_svg(figure_with(panel));
  for (const char* const text : {"<text>it's &lt;a> &amp; 'b'</text>", "<text>a_b^2 {c}</text>",
                                 "<text>\u03b8\u2081</text>"})
    BOOST_TEST(count(svg, text) == 1u, text);
}

BOOST_AUTO_TEST_CASE(a_figure_whose_parts_do_not_fit_together_is_refused) {
  check_message<ArgumentError>(
      [] { to_svg({.name = "A/b", .title = "", .caption = "", .panels = {}}); },
      "to_svg: a name must be of lower-case letters, digits and hyphens; got "
      "name A/b");
  check_message<ArgumentError>(
      [] { to_svg({.name = "f", .title = "", .caption = "", .panels = {}}); },
      "to_svg: a figure must have a panel and a column; got figure f, panels "
      "0, columns 2");
  Panel panel;
  panel.series = {{.label = "s", .x = {1, 2}, .y = {1}, .error = {}}};
  check_message<ArgumentError>(
      [&] { to_svg(figure_with(panel)); },
      "to_svg: x, y and error must be equally long; got figure f, series s, x "
      "2, y 1, error 0");
  panel.series = {};
  panel.heat_map = HeatMap{.values = {}, .label = "v"};
  check_message<ArgumentError>([&] { to_svg(figure_with(panel)); },
                               "to_svg: a heat map must have a value; got figure f");
  panel.heat_map = HeatMap{.values = {{1, 2}, {3}}, .label = "v"};
  check_message<ArgumentError>([&] { to_svg(figure_with(panel)); },
                               "to_svg: the rows of a heat map must be equally long; got figure f, "
                               "first 2, other 1");
}

BOOST_AUTO_TEST_CASE(what_gnuplot_says_is_passed_on) {
  BOOST_TEST(run_gnuplot("set print '-'\nprint 6 * 7\n") == "42\n");
  BOOST_CHECK_EXCEPTION(run_gnuplot("nonsense\n"), DataError, [](const DataError& error) {
    const std::string said = error.what();
    return said.starts_with("gnuplot: gnuplot must draw the figure; got status ") &&
           said.find("invalid command") != std::string::npos;
  });
  // More than any pipe holds, both ways.
  const std::string line = "print '" + std::string(1000, 'x') + "'\n";
  std::string script = "set print '-'\n";
  for (int i = 0; i < 1000; ++i) script += line;
  BOOST_TEST(run_gnuplot(script).size() == 1001000u);
}

BOOST_AUTO_TEST_CASE(csv_quotes_what_it_must_and_refuses_ragged_tables) {
  Table table{.name = "t", .columns = {"a", "b,c"}, .units = {"s", ""}};
  table.rows = {{0.1, "x\"y"}, {kNan, "line\nend"}};
  BOOST_TEST(to_csv(table) == "a [s],\"b,c\"\n0.1,\"x\"\"y\"\nnan,\"line\nend\"\n");
  table.rows.push_back({1.0});
  check_message<ArgumentError>([&] { to_csv(table); },
                               "to_csv: each row must have a cell for each column; got table t, "
                               "columns 2, cells 1");
  table.units.pop_back();
  check_message<ArgumentError>(
      [&] { to_csv(table); },
      "to_csv: each column must have a unit, or an empty one; got table t, "
      "columns 2, units 1");
}

BOOST_AUTO_TEST_CASE(numbers_in_json_read_back_and_what_json_cannot_say_is_null) {
  Record record;
  record.rendering.tables = {
      {.name = "t",
       .columns = {"a"},
       .units = {""},
       .rows = {{1.0}, {-0.0}, {-3.0}, {1e300}, {0.1}, {kNan}, {kInfinity}}}};
  const std::string json = result_json(record);
  for (const char* const row : {"[1]", "[-0.0]", "[-3.0]", "[1e+300]", "[0.1]"})
    BOOST_TEST(count(json, std::string("        ") + row) == 1u, row);
  BOOST_TEST(count(json, "        [null]") == 2u);
}

BOOST_AUTO_TEST_CASE(numbers_for_people_are_short) {
  BOOST_TEST(readable(kNan) == "-");
  BOOST_TEST(readable(123456789) == "123456789");
  BOOST_TEST(readable(0.123456) == "0.1235");
  BOOST_TEST(
      readable_measurement({.id = "", .claim = "", .measured = 0.925, .standard_error = 0.0123}) ==
      "0.925 +- 0.012");
}

BOOST_AUTO_TEST_CASE(text_is_wrapped_by_letters_not_bytes) {
  BOOST_TEST(letters("\u03b8\u2081 a") == 4u);
  const std::vector<std::string> lines = wrapped("\u03b8\u03b8 ab cdefgh i", 5);
  BOOST_TEST(lines == (std::vector<std::string>{"\u03b8\u03b8 ab", "cdefgh", "i"}),
             boost::test_tools::per_element());
  BOOST_TEST(wrapped("", 5).size() == 1u);
}

}  // namespace
}  // namespace surplus::apps
