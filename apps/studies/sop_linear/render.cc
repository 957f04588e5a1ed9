#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/sop_linear.h"

namespace surplus::apps {
namespace {

using namespace sop_linear;
using Result = SopLinear::Result;
using Style = Series::Style;

// Figures on a logarithmic axis show errors below this as this.
constexpr double kFloor = 1e-16;
double shown(double error) { return std::max(error, kFloor); }

Table sweep_table(const Result& result) {
  Table table = table_of(
      "lambda-sweep", "The convex program over lambda, N = 20, p = 40, r = k = 3",
      {{"instance"}, {"lambda"}, {"theta_error"}, {"support"}, {"margin"}, {"relative_gap"}});
  for (const SweepPoint& p : result.limits.sweep) {
    table.rows.push_back({p.seed, p.lambda, p.error, p.support, p.margin, p.gap});
  }
  return table;
}

Table end_table(const Result& result) {
  Table table = table_of("end-of-the-flow", "Distance of the end of the flow from (P)",
                         {{"instance"}, {"lambda"}, {"gamma"}, {"theta_distance"}, {"margin"}});
  for (const EndPoint& p : result.limits.ends) {
    table.rows.push_back({p.seed, p.lambda, p.gamma, p.error, p.margin});
  }
  return table;
}

Table step_table(const Result& result) {
  Table table = table_of("step-halving", "Descent against the end of the flow, lambda = gamma = .1",
                         {{"instance"}, {"tau"}, {"theta_distance"}});
  for (const StepPoint& p : result.steps) table.rows.push_back({p.seed, p.tau, p.error});
  return table;
}

Table recovery_table(const Result& result) {
  Table table = table_of("recovery", "Errors of theta, N = 100, p = 150, r = k = 10, lambda 1",
                         {{"instance"}, {"convex"}, {"descent"}, {"mirror"}});
  for (const Recovery& r : result.recoveries) {
    table.rows.push_back({r.seed, r.convex, r.descent, r.mirror});
  }
  return table;
}

Table theorem_table(const Result& result) {
  Table table = table_of("theorem", "Random draws and the sufficient condition q < 1",
                         {{"n"}, {"p"}, {"r"}, {"k"}, {"q"}, {"lambda_0"}, {"theta_error"}});
  for (const TheoremDraw& d : result.theorem) {
    if (d.lambda < 0) {
      table.rows.push_back({d.n, d.p, d.r, d.k, d.q, std::string("no guarantee"), std::string("")});
    } else {
      table.rows.push_back({d.n, d.p, d.r, d.k, d.q, d.lambda, d.error});
    }
  }
  return table;
}

Table phase_table(const Result& result) {
  Table table = table_of("phase-diagram", "Share of trials with a relative error below 1e-3",
                         {{"method"}, {"r"}, {"k"}, {"success"}});
  for (const PhaseDiagram& diagram : result.phases) {
    for (const PhaseCell& cell : diagram.cells) {
      table.rows.push_back(
          {std::string(to_text(diagram.design.method)), cell.r, cell.k, cell.success});
    }
  }
  return table;
}

Panel phase_panel(const PhaseDiagram& diagram) {
  const bool convex = diagram.design.method == SparseNoiseMethod::kConvex;
  Panel panel{convex ? fmt::format("(P), {} trials", diagram.design.trials)
                     : fmt::format("{}, {} trials",
                                   diagram.design.method == SparseNoiseMethod::kMirror ? "Mirror"
                                                                                       : "Descent",
                                   diagram.design.trials),
              {.label = "gross errors k"},
              {.label = "rank r"},
              {},
              {},
              HeatMap{{}, "share of successes", false, 0, 1, false}};
  for (const std::uint64_t k : diagram.design.counts) {
    panel.x.categories.push_back(fmt::format("{}", k));
  }
  for (const std::uint64_t r : diagram.design.ranks) {
    panel.y.categories.push_back(fmt::format("{}", r));
  }
  const std::size_t width = diagram.design.counts.size();
  for (std::size_t r = 0; r < diagram.design.ranks.size(); ++r) {
    std::vector<double> row;
    for (std::size_t k = 0; k < width; ++k) row.push_back(diagram.cells[r * width + k].success);
    panel.heat_map->values.push_back(std::move(row));
  }
  return panel;
}

Figure phase_figure(const Result& result) {
  Figure figure{
      "phase-diagram",
      "Gross errors are found up to a sharp border in rank and number",
      fmt::format("N = 100, p = 150, \u03bb = 1: share of random instances whose \u03b8 is "
                  "found to 1e-3, by the convex program (P) and by descent and its mirror "
                  "from \u03b3 = 1e-6 after {} steps, on the same instances.",
                  result.phases[0].design.steps),
      {},
      std::min<std::size_t>(result.phases.size(), 3)};
  for (const PhaseDiagram& diagram : result.phases) figure.panels.push_back(phase_panel(diagram));
  return figure;
}

Figure sweep_figure(const Result& result) {
  Series errors{.label = "one instance", .style = Style::kPoints, .x = {}, .y = {}};
  Series margins{.label = "", .style = Style::kPoints, .x = {}, .y = {}};
  for (const SweepPoint& point : result.limits.sweep) {
    errors.x.push_back(point.lambda);
    errors.y.push_back(shown(point.error));
    margins.x.push_back(point.lambda);
    margins.y.push_back(point.support);
  }
  return {"lambda-sweep",
          "The convex program is exact from a \u03bb on that differs between instances",
          "N = 20, p = 40, r = k = 3. Left: relative error of \u03b8 against the truth. Right: how "
          "many entries of s are not 0; the truth has 3.",
          {{"Error",
            {.label = "\u03bb", .log = true},
            {.label = "error of \u03b8", .log = true},
            {std::move(errors)}},
           {"Support",
            {.label = "\u03bb", .log = true},
            {.label = "entries of s", .min = 0},
            {std::move(margins)},
            {{.value = 3, .label = "truth"}}}}};
}

Figure end_figure(const Result& result) {
  Figure figure{
      "gamma-sweep",
      "As \u03b3 vanishes the flow ends at the convex program: slowly where that is biased, fast "
      "where it is exact with a margin",
      "Relative distance of \u03b8 at the end of the flow from that of (P), one line for each "
      "instance, against |log\u2081\u2080 \u03b3|.",
      {}};
  std::size_t color = 0;
  for (const double lambda : {0.05, 0.3}) {
    Panel panel{fmt::format("\u03bb = {:g}", lambda),
                {.label = "|log\u2081\u2080 \u03b3|"},
                {.label = "distance from (P)", .log = true}};
    for (const EndPoint& end : result.limits.ends) {
      if (end.lambda != lambda) continue;
      if (panel.series.empty() || panel.series.back().x.back() > -std::log10(end.gamma)) {
        panel.series.push_back({.style = Style::kLinePoints, .x = {}, .y = {}, .color = color});
      }
      panel.series.back().x.push_back(-std::log10(end.gamma));
      panel.series.back().y.push_back(shown(end.error));
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
    ++color;
  }
  return figure;
}

Figure step_figure(const Result& result) {
  Panel panel{"",
              {.label = "step \u03c4", .log = true},
              {.label = "distance from the end of the flow", .log = true}};
  for (const StepPoint& point : result.steps) {
    if (panel.series.empty() || panel.series.back().x.back() < point.tau) {
      panel.series.push_back({.label = fmt::format("instance {:g}", point.seed),
                              .style = Style::kLinePoints,
                              .x = {},
                              .y = {}});
    }
    panel.series.back().x.push_back(point.tau);
    panel.series.back().y.push_back(point.error);
  }
  const Series& first = panel.series.front();
  Series law{.label = "in proportion to \u03c4", .x = first.x, .y = {}, .color = 6, .dashed = true};
  for (const double tau : first.x) law.y.push_back(0.7 * first.y[0] * tau / first.x[0]);
  panel.series.push_back(std::move(law));
  return {"step-halving",
          "A finite step moves the end of descent in proportion to the step",
          "Relative distance of \u03b8 after equal times, \u03bb = \u03b3 = .1.",
          {std::move(panel)},
          1};
}

}  // namespace

Rendering SopLinear::render(const Config&, const Result& result) {
  Rendering rendering;
  rendering.tables = {recovery_table(result), phase_table(result), sweep_table(result),
                      end_table(result),      step_table(result),  theorem_table(result)};
  if (!result.phases[0].cells.empty()) rendering.figures.push_back(phase_figure(result));
  if (!result.limits.sweep.empty()) rendering.figures.push_back(sweep_figure(result));
  Figure ends = end_figure(result);
  if (!ends.panels.empty()) rendering.figures.push_back(std::move(ends));
  rendering.figures.push_back(step_figure(result));
  return rendering;
}

}  // namespace surplus::apps
