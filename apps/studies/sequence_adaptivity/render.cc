#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/sequence_adaptivity.h"
#include "apps/studies/sequence_adaptivity/reference.h"

namespace surplus::apps {
namespace {

using namespace sequence_adaptivity;
using Result = SequenceAdaptivity::Result;
using Style = Series::Style;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Colours by role, the same in every figure.
constexpr std::size_t kFixedColor = 1;
constexpr std::size_t kDepthColors[] = {0, 2, 3, 4, 5};
constexpr std::size_t kTruthColor = 6;

double whole(std::size_t value) { return static_cast<double>(value); }

Table points_table(const Result& result) {
  Table table = table_of("errors-and-times", "Figures 1 and 3: least errors and when, p = 1, q = 2",
                         {{"gamma"},
                          {"coordinates"},
                          {"n"},
                          {"fixed_error"},
                          {"fixed_time"},
                          {"trained_error"},
                          {"trained_error_sd"},
                          {"trained_time"},
                          {"trained_time_sd"},
                          {"trained_error_at_theory_time"},
                          {"repetitions"}});
  for (std::size_t c = 0; c < result.rates.size(); ++c) {
    const RateCell& cell = result.rates[c];
    for (std::size_t i = 0; i < cell.points.size(); ++i) {
      const RatePoint& p = cell.points[i];
      const FixedPoint& fixed = result.fixed[c].points[i];
      table.rows.push_back({cell.design.law.gamma, whole(cell.design.coordinates), p.n, fixed.error,
                            fixed.time, p.error, p.error_sd, p.time, p.time_sd, p.theory_error,
                            whole(cell.design.repetitions)});
    }
  }
  return table;
}

Table fits_table(const Result& result) {
  Table table = table_of(
      "fits", "Figures 1 and 3: slopes and intercepts of decimal logarithms against that of n",
      {{"gamma"},
       {"coordinates"},
       {"quantity"},
       {"slope"},
       {"slope_se"},
       {"intercept"},
       {"intercept_se"},
       {"paper_slope"},
       {"paper_intercept"},
       {"theory_slope"}});
  for (std::size_t c = 0; c < result.rates.size(); ++c) {
    const RateCell& cell = result.rates[c];
    const FixedCell& fixed = result.fixed[c];
    const double gamma = cell.design.law.gamma;
    PaperFit paper{gamma, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
    for (const PaperFit& known : kPaperFits) {
      if (known.gamma == gamma) paper = known;
    }
    const auto add = [&](const char* quantity, const LineFit& fit, double paper_slope,
                         double paper_intercept, double theory) {
      table.rows.push_back({gamma, whole(cell.design.coordinates), std::string(quantity), fit.slope,
                            fit.slope_error, fit.intercept, fit.intercept_error, paper_slope,
                            paper_intercept, theory});
    };
    add("error, fixed", fixed.error, paper.fixed_error, paper.fixed_error_at_1, -1.0 / 3);
    add("error, fixed, with the signal beyond N", fixed.whole_error, kNone, kNone, -1.0 / 3);
    add("error, trained", cell.error, paper.trained_error, paper.trained_error_at_1, -0.5);
    add("error, trained, at theory's time", cell.theory_error, kNone, kNone, -0.5);
    add("time, fixed", fixed.time, paper.fixed_time, paper.fixed_time_at_1, 2 * gamma / 3);
    add("time, trained", cell.time, paper.trained_time, paper.trained_time_at_1, 0.5);
  }
  return table;
}

double paper_rate(const RateDesign& design) {
  if (design.depth >= 3) return kNone;
  for (std::size_t g = 0; g < kTableGamma.size(); ++g) {
    for (std::size_t p = 0; p < kTableP.size(); ++p) {
      for (std::size_t q = 0; q < kTableQ.size(); ++q) {
        if (design.law.gamma == kTableGamma[g] && design.law.p == kTableP[p] &&
            design.law.q == kTableQ[q]) {
          return kTableRates[design.depth][g][p][q];
        }
      }
    }
  }
  return kNone;
}

Table rates_table(std::string name, std::string title, const std::vector<RateCell>& cells) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"D"},
                          {"gamma"},
                          {"p"},
                          {"q"},
                          {"coordinates"},
                          {"rate"},
                          {"rate_se"},
                          {"rate_with_unseen_signal"},
                          {"paper_rate"},
                          {"ideal_rate"},
                          {"rate_at_theory_time"},
                          {"time_slope"},
                          {"time_slope_se"},
                          {"error_at_first_n"},
                          {"time_at_first_n"},
                          {"time_at_last_n"},
                          {"repetitions"}});
  for (const RateCell& cell : cells) {
    const PowerLaw& law = cell.design.law;
    table.rows.push_back({whole(cell.design.depth), law.gamma, law.p, law.q,
                          whole(cell.design.coordinates), -cell.error.slope, cell.error.slope_error,
                          -cell.whole_error.slope, paper_rate(cell.design), law.p / (law.p + 1),
                          -cell.theory_error.slope, cell.time.slope, cell.time.slope_error,
                          cell.points.front().error, cell.points.front().time,
                          cell.points.back().time, whole(cell.design.repetitions)});
  }
  return table;
}

Table minima_table(const Result& result) {
  Table table = table_of("depth-minima", "Figure 2: the least of the mean error along the flow",
                         {{"D"}, {"n"}, {"error"}, {"error_se"}, {"time"}, {"flatness"}});
  for (const DepthCurve& curve : result.curves) {
    const auto least = std::min_element(curve.error.begin(), curve.error.end());
    const auto at = static_cast<std::size_t>(least - curve.error.begin());
    // How far, in octaves of time, the error stays within a fifth of its least.
    double within = 0;
    for (const double error : curve.error) within += error <= 1.2 * *least ? 1.0 / 8 : 0;
    table.rows.push_back({whole(curve.design.depth), whole(curve.design.n), *least,
                          curve.standard_error[at], curve.times[at], within});
  }
  table.units[5] = "octaves";
  return table;
}

// The name of each curve of the torus: the fixed kernel and each depth.
std::vector<std::pair<std::string, const TorusCurve*>> torus_curves(
    const SequenceAdaptivity::Config& config, const Result& result) {
  std::vector<std::pair<std::string, const TorusCurve*>> curves = {
      {"fixed kernel", &result.torus.fixed}};
  for (std::size_t d = 0; d < result.torus.adaptive.size(); ++d) {
    curves.emplace_back(fmt::format("adaptive kernel, D = {}", config.torus_depths[d]),
                        &result.torus.adaptive[d]);
  }
  return curves;
}

Table torus_table(const SequenceAdaptivity::Config& config, const Result& result) {
  Table table = table_of(
      "torus", "Figure 5: least errors on the torus and when",
      {{"kernel"}, {"n"}, {"error"}, {"error_se"}, {"time"}, {"share_with_minimum_inside"}});
  for (const auto& [name, curve] : torus_curves(config, result)) {
    for (const TorusPoint& p : curve->points) {
      table.rows.push_back({name, p.n, p.error, p.standard_error, p.time, p.interior});
    }
  }
  return table;
}

Table torus_fits_table(const SequenceAdaptivity::Config& config, const Result& result) {
  Table table = table_of("torus-fits", "Figure 5: fits of log10 of the error against log10 n",
                         {{"kernel"}, {"slope"}, {"slope_se"}, {"intercept"}, {"paper_slope"}});
  for (const auto& [name, curve] : torus_curves(config, result)) {
    const double paper = curve == &result.torus.fixed ? kPaperTorusFixed
                         : name.ends_with("D = 0")    ? kPaperTorusAdaptive
                                                      : kNone;
    table.rows.push_back(
        {name, curve->fit.slope, curve->fit.slope_error, curve->fit.intercept, paper});
  }
  return table;
}

// A standard error of a decimal logarithm.
double log_error(double value, double standard_error) {
  return standard_error / value / std::numbers::ln10;
}

std::vector<double> logs(std::vector<double> values) {
  for (double& value : values) value = std::log10(value);
  return values;
}

// The line of a fit over the sizes from first to last. Both axes are decimal logarithms.
Series line_of(std::string label, const LineFit& fit, double first, double last, std::size_t color,
               bool dashed = false) {
  Series series{.label = std::move(label),
                .x = logs({first, last}),
                .y = {},
                .color = color,
                .dashed = dashed};
  for (const double n : series.x) series.y.push_back(fit.intercept + fit.slope * n);
  return series;
}

// One value of points against n, with its standard error if it has one.
template <typename Point>
Series points_of(const std::vector<Point>& points, double Point::*value, double Point::*error,
                 double divisor, std::size_t color, std::string label) {
  Series series{
      .label = std::move(label), .style = Style::kPoints, .x = {}, .y = {}, .color = color};
  for (const Point& point : points) {
    series.x.push_back(std::log10(point.n));
    series.y.push_back(std::log10(point.*value));
    if (error != nullptr) series.error.push_back(log_error(point.*value, point.*error / divisor));
  }
  return series;
}

// One panel of figure 1 (errors) or 3 (times).
Panel rate_panel(const FixedCell& fixed, const RateCell& cell, bool times) {
  const double first = cell.points.front().n;
  const double last = cell.points.back().n;
  Panel panel{
      fmt::format("\u03b3 = {:g}, N = {}", cell.design.law.gamma, cell.design.coordinates),
      {.label = "log\u2081\u2080 n"},
      {.label = times ? "log\u2081\u2080 best stopping time" : "log\u2081\u2080 least error"}};
  panel.series = {
      points_of<FixedPoint>(fixed.points, times ? &FixedPoint::time : &FixedPoint::error, nullptr,
                            1, kFixedColor, "fixed eigenvalues"),
      line_of("", times ? fixed.time : fixed.error, first, last, kFixedColor),
      points_of(cell.points, times ? &RatePoint::time : &RatePoint::error,
                times ? &RatePoint::time_sd : &RatePoint::error_sd,
                std::sqrt(whole(cell.design.repetitions)), kDepthColors[0], "trained eigenvalues"),
      line_of("", times ? cell.time : cell.error, first, last, kDepthColors[0])};
  for (const PaperFit& paper : kPaperFits) {
    if (paper.gamma != cell.design.law.gamma) continue;
    const LineFit theirs = {times ? paper.trained_time : paper.trained_error,
                            times ? paper.trained_time_at_1 : paper.trained_error_at_1, 0, 0};
    const LineFit theirs_fixed = {times ? paper.fixed_time : paper.fixed_error,
                                  times ? paper.fixed_time_at_1 : paper.fixed_error_at_1, 0, 0};
    panel.series.push_back(line_of("the paper's fits", theirs, first, last, kTruthColor, true));
    panel.series.push_back(line_of("", theirs_fixed, first, last, kTruthColor, true));
  }
  return panel;
}

Figure rate_figure(const Result& result, bool times) {
  Figure figure{times ? "stopping-times" : "error-rates",
                times ? "Trained eigenvalues take far less time"
                      : "Trained eigenvalues learn faster than misaligned fixed ones",
                times ? "The time at which the error is least, against n. Lines: least squares in "
                        "logarithms. Theory has n^(1/2) for trained eigenvalues at any \u03b3, and "
                        "n^(2\u03b3/3) for fixed ones; the paper's slope of 1.17 for fixed ones at "
                        "\u03b3 = 3 presumably shows a limit of iterations."
                      : "Error at the best time of each run against n, p = 1, q = 2; whiskers: one "
                        "standard error. Theory has n^(-1/2) up to logarithms for trained "
                        "eigenvalues and n^(-1/3) for fixed ones. How many coordinates N are "
                        "simulated matters: those beyond hold signal that no run sees, and errors "
                        "fall faster for want of it.",
                {}};
  for (std::size_t c = 0; c < result.rates.size(); ++c) {
    if (times && result.rates[c].design.coordinates != result.rates.front().design.coordinates) {
      continue;  // times hardly depend on N
    }
    figure.panels.push_back(rate_panel(result.fixed[c], result.rates[c], times));
  }
  return figure;
}

Figure curve_figure(const Result& result) {
  Panel panel{"", {.label = "t", .log = true}, {.label = "log\u2081\u2080 error"}};
  for (std::size_t i = 0; i < result.curves.size(); ++i) {
    const DepthCurve& curve = result.curves[i];
    panel.series.push_back({.label = fmt::format("D = {}", curve.design.depth),
                            .x = curve.times,
                            .y = logs(curve.error),
                            .color = kDepthColors[i % std::size(kDepthColors)]});
  }
  return {"error-along-the-flow",
          "The deeper the model, the later it is to be stopped",
          fmt::format("Mean error along the flow, p = 1, q = 2, \u03b3 = 2, n = {}. It falls while "
                      "signal is learned and rises when noise is. The table of minima says how "
                      "low each valley is and how wide.",
                      result.curves.empty() ? 0 : result.curves.front().design.n),
          {std::move(panel)},
          1};
}

Figure snapshot_figure(const Result& result) {
  Figure figure{
      "learned-eigenvalues",
      "The learned eigenvalues rise most where the signal is",
      "a_j b_j^D of one run at three times, p = 1, q = 2, \u03b3 = 2. The signal stands at "
      "the squares j = 100, 121, 144, 169 and 196; points mark |\u03b8*_j|^((D+1)/(D+2)), "
      "to which theory lets them rise.",
      {},
      3};
  constexpr std::size_t kTimeColors[] = {5, 4, 0};
  for (const Snapshots& shots : result.snapshots) {
    const double d = whole(shots.design.depth);
    Panel panel{fmt::format("D = {}", shots.design.depth),
                {.label = "j", .min = 98, .max = 202},
                {.label = "a_j b_j^D", .log = true}};
    for (std::size_t i = 0; i < shots.times.size(); ++i) {
      Series series{.label = i == 0   ? "start"
                             : i == 1 ? "half of the time"
                                      : "t = 100, 300, 700 for D = 0, 1, 3",
                    .x = {},
                    .y = shots.roots[i],
                    .color = kTimeColors[i]};
      for (std::size_t j = 0; j < Snapshots::kCount; ++j) {
        series.x.push_back(whole(Snapshots::kFirst + j));
      }
      panel.series.push_back(std::move(series));
    }
    Series heights{.label = "theory's height",
                   .style = Style::kPoints,
                   .x = {},
                   .y = {},
                   .color = kTruthColor};
    for (const double k : {10.0, 11.0, 12.0, 13.0, 14.0}) {
      heights.x.push_back(k * k);
      heights.y.push_back(std::pow(k, -(d + 1) / (d + 2)));
    }
    panel.series.push_back(std::move(heights));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

std::size_t torus_color(std::size_t depth) { return kDepthColors[std::min<std::size_t>(depth, 4)]; }

Figure torus_figure(const SequenceAdaptivity::Config& config, const Result& result) {
  const std::vector<TorusPoint>& fixed = result.torus.fixed.points;
  const double first = fixed.front().n;
  const double last = fixed.back().n;
  Panel rates{"Least error", {.label = "log\u2081\u2080 n"}, {.label = "log\u2081\u2080 error"}};
  std::string slopes;
  const auto curves = torus_curves(config, result);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto& [name, curve] = curves[i];
    const std::size_t color = i == 0 ? kFixedColor : torus_color(config.torus_depths[i - 1]);
    rates.series.push_back(
        points_of(curve->points, &TorusPoint::error, &TorusPoint::standard_error, 1, color, name));
    rates.series.push_back(line_of("", curve->fit, first, last, color));
    slopes += fmt::format("{}{:.2f} \u00b1 {:.2f} ({})", i == 0 ? "" : ", ", curve->fit.slope,
                          curve->fit.slope_error, name);
  }
  Panel one{fmt::format("One sample, n = {:g}", last),
            {.label = "t", .log = true},
            {.label = "log\u2081\u2080 error"}};
  one.series = {
      {.x = result.torus_run.times, .y = logs(result.torus_run.fixed), .color = kFixedColor}};
  for (std::size_t d = 0; d < result.torus_run.adaptive.size(); ++d) {
    const bool named = std::ranges::find(config.torus_depths, d) != config.torus_depths.end();
    one.series.push_back({.label = named ? "" : fmt::format("adaptive kernel, D = {}", d),
                          .x = result.torus_run.times,
                          .y = logs(result.torus_run.adaptive[d]),
                          .color = torus_color(d)});
  }
  return {
      "torus-regression",
      "An adaptive kernel finds the one axis on which the function depends",
      fmt::format("Regression of sin(7.5 \u03c0 x_1) on [-1, 1)^2 with kernels that are diagonal "
                  "in the Fourier basis. Left: mean least error, whiskers one standard error; "
                  "slopes {}; the paper has -0.31 (fixed) and -0.65 (adaptive, D = 0) at "
                  "settings it does not print. Right: along the flow.",
                  slopes),
      {std::move(rates), std::move(one)}};
}

Figure coefficient_figure(const Result& result) {
  std::vector<double> sorted = result.torus_run.coefficients;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto panel_of = [](std::string title, std::string label, const std::vector<double>& y) {
    Series series{.style = Style::kPoints, .x = {}, .y = y, .color = kDepthColors[0]};
    for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(whole(i + 1));
    return Panel{std::move(title),
                 {.label = std::move(label), .log = true},
                 {.label = "|coefficient|", .log = true, .min = 1e-3},
                 {std::move(series)}};
  };
  return {
      "fourier-coefficients",
      "Few coefficients are large, and the kernel's order does not put them first",
      "Empirical Fourier coefficients of the sample of figure 5, in the order of the kernel's "
      "eigenvalues and in their own. The paper's figure 6 shows the same of two tables of data, "
      "California Housing and Concrete, which surplus has not got: this is no rerun of it.",
      {panel_of("In the kernel's order", "rank of the eigenvalue", result.torus_run.coefficients),
       panel_of("Sorted", "rank of the coefficient", sorted)}};
}

}  // namespace

Rendering SequenceAdaptivity::render(const Config& config, const Result& result) {
  Rendering rendering;
  if (!result.rates.empty()) {
    rendering.tables.push_back(fits_table(result));
    rendering.tables.push_back(points_table(result));
    rendering.figures.push_back(rate_figure(result, false));
    rendering.figures.push_back(rate_figure(result, true));
  }
  if (!result.curves.empty()) {
    rendering.tables.push_back(minima_table(result));
    rendering.figures.push_back(curve_figure(result));
    rendering.figures.push_back(snapshot_figure(result));
  }
  if (!result.table.empty()) {
    rendering.tables.push_back(
        rates_table("table-1", "Table 1: rates r of n^-r, two layers", result.table));
  }
  if (!result.deep.empty()) {
    rendering.tables.push_back(
        rates_table("table-2", "Table 2: rates r of n^-r, deeper models", result.deep));
  }
  if (!result.torus.fixed.points.empty()) {
    rendering.tables.push_back(torus_table(config, result));
    rendering.tables.push_back(torus_fits_table(config, result));
    rendering.figures.push_back(torus_figure(config, result));
    rendering.figures.push_back(coefficient_figure(result));
  }
  return rendering;
}

}  // namespace surplus::apps
