#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/interpolation_sgd.h"
#include "apps/studies/interpolation_sgd/reference.h"

namespace surplus::apps {
namespace {

using namespace interpolation_sgd;
using Result = InterpolationSgd::Result;
using Style = Series::Style;

double whole(std::size_t value) { return static_cast<double>(value); }

// One value of points against another.
template <typename Point>
Series series_of(std::string label, const std::vector<Point>& points, double Point::*x,
                 double Point::*y, std::size_t color, Style style = Style::kLine) {
  Series series{.label = std::move(label), .style = style, .x = {}, .y = {}, .color = color};
  for (const Point& point : points) {
    series.x.push_back(point.*x);
    series.y.push_back(point.*y);
  }
  return series;
}

Table plateau_table(const Result& result) {
  Table table = table_of("plateaus", "The system under a constant step, exactly",
                         {{"step"},
                          {"contraction"},
                          {"paper_contraction"},
                          {"distance"},
                          {"paper_distance"},
                          {"excess_loss"},
                          {"paper_excess_loss"},
                          {"first_order_excess"}});
  for (std::size_t i = 0; i < kPaperPlateaus.size(); ++i) {
    const PaperPlateau& paper = kPaperPlateaus[i];
    const Plateau& ours = result.system.plateaus[i];
    table.rows.push_back({ours.rate, ours.contraction, paper.contraction, ours.distance,
                          paper.distance, ours.excess_loss, paper.excess_loss,
                          ours.rate * result.system.facts.noise / 4});
  }
  return table;
}

Table lift_table(const Result& result) {
  Table table = table_of("lifts", "The system with features of their own, s e_i",
                         {{"s"},
                          {"step"},
                          {"contraction"},
                          {"paper_contraction"},
                          {"grid_step"},
                          {"grid_contraction"},
                          {"paper_grid_contraction"},
                          {"best_step"},
                          {"best_contraction"}});
  for (std::size_t i = 0; i < kPaperLifts.size(); ++i) {
    const Lift& ours = result.system.lifts[i];
    const PaperLift& paper = kPaperLifts[i];
    table.rows.push_back({ours.scale, ours.rate, ours.contraction, paper.contraction,
                          paper.grid_rate, ours.grid_contraction, paper.grid_contraction,
                          ours.best_rate, ours.best_contraction});
  }
  return table;
}

Table path_table(const Result& result) {
  Table table = table_of(
      "paths", "E|w - w*|^2 from w = 0 at powers of ten",
      {{"steps"}, {"t"}, {"expected"}, {"simulated"}, {"simulated_se"}, {"chains"}, {"paper"}});
  for (const Chains& chains : result.system.chains) {
    for (std::size_t i = 0; i < chains.expected.size(); ++i) {
      const MeanPoint& point = chains.expected[i];
      const double power = std::log10(point.time);
      if (power != std::round(power) || power < 2) continue;
      double paper = kNotPrinted;
      for (const PaperPath& path : kPaperPaths) {
        if (path.name == chains.design.name && power <= 5) {
          paper = path.distance[static_cast<std::size_t>(power) - 2];
        }
      }
      const bool simulated = !chains.simulated.empty();
      table.rows.push_back({chains.design.name, point.time, point.distance,
                            simulated ? chains.simulated[i].distance : kNotPrinted,
                            simulated ? chains.simulated[i].distance_error : kNotPrinted,
                            whole(chains.design.chains), paper});
    }
  }
  return table;
}

Table bound_table(const Result& result) {
  Table table = table_of("bound",
                         fmt::format("Steps of the bound on a quadratic, m* = {:.2f}; all "
                                     "gradients take {:.0f}",
                                     result.bound.critical, result.bound.descent_steps),
                         {{"m"}, {"step"}, {"contraction"}, {"steps"}, {"gradients"}});
  for (const BoundPoint& p : result.bound.points) {
    table.rows.push_back({p.m, p.rate, p.contraction, p.steps, p.steps * p.m});
  }
  return table;
}

Table kernel_table(const Result& result, double target) {
  Table table = table_of(
      "kernels", fmt::format("Kernel machines: steps until the mean squared error is {:g}", target),
      {{"set"},
       {"kernel"},
       {"bandwidth"},
       {"examples"},
       {"largest_eigenvalue"},
       {"m_star"},
       {"m"},
       {"step"},
       {"steps"},
       {"steps_se"},
       {"gradients"},
       {"error_after_1_pass"},
       {"error_after_5_passes"}});
  for (const KernelSweep& sweep : result.kernels) {
    for (const KernelPoint& p : sweep.points) {
      table.rows.push_back({sweep.set, sweep.kernel, sweep.bandwidth, whole(sweep.examples),
                            sweep.spectrum.largest, sweep.critical, p.m, p.rate, p.steps,
                            p.steps_error, p.steps * p.m, p.error_after_1, p.error_after_5});
    }
  }
  return table;
}

Table radii_table(const Result& result) {
  Table table =
      table_of("contractions", "Contraction of E|w|^2 a step on decoupled data, single examples",
               {{"sigma2_squared"},
                {"kappa"},
                {"sgd"},
                {"paper_sgd"},
                {"best_sgd"},
                {"paper_best_sgd"},
                {"best_nesterov"},
                {"paper_best_nesterov"},
                {"mass"},
                {"paper_mass"},
                {"bound"},
                {"eta1"},
                {"eta2"},
                {"gamma"},
                {"steps_saved_to_sgd"}});
  for (std::size_t i = 0; i < kPaperRadii.size(); ++i) {
    const PaperRadii& paper = kPaperRadii[i];
    const Radii& r = result.momentum.radii[i];
    table.rows.push_back({r.second, 6 / r.second, r.sgd, paper.sgd, r.best_sgd, paper.best_sgd,
                          r.best_nesterov, paper.best_nesterov, r.mass, paper.mass, r.bound, r.rate,
                          r.compensation_rate, r.momentum, std::log(r.mass) / std::log(r.sgd)});
  }
  return table;
}

Table batch_table(const Result& result) {
  Table table = table_of("mass-batches", "MaSS with batches, sigma_2^2 = 2^-9",
                         {{"m"}, {"mass"}, {"paper_mass"}, {"bound"}, {"paper_bound"}});
  for (std::size_t i = 0; i < kPaperBatches.size(); ++i) {
    const BatchRadius& r = result.momentum.batches[i];
    table.rows.push_back({r.batch, r.mass, kPaperBatches[i].mass, r.bound, kPaperBatches[i].bound});
  }
  return table;
}

Table network_table(const Result& result) {
  Table table = table_of("networks",
                         "MNIST, 3 x 100 ReLU units with dropout, batches of 64; the paper's: an "
                         "independent reproduction of unstated length",
                         {{"rule"},
                          {"step"},
                          {"epochs"},
                          {"accuracy", "share"},
                          {"accuracy_se", "share"},
                          {"training_loss"},
                          {"paper_accuracy", "share"}});
  for (const NetworkRun& r : result.networks) {
    double paper = kNotPrinted;
    if (r.rule == "Adam") paper = kPaperNetwork.adam;
    if (r.rate == kPaperNetwork.rate) {
      paper = r.rule == "SGD"        ? kPaperNetwork.sgd
              : r.rule == "Nesterov" ? kPaperNetwork.nesterov
                                     : kPaperNetwork.mass;
    }
    table.rows.push_back({r.rule, r.rate, whole(r.accuracy.size()), r.accuracy.back(), r.last_error,
                          r.training_loss, paper});
  }
  return table;
}

Figure path_figure(const Result& result) {
  Figure figure{"convergence",
                "Where all equations can be solved, constant steps suffice",
                "E|w - w*|^2 of single-example SGD. Left: three equations in two unknowns, which "
                "cannot all be solved, and the same with a feature of its own for each, which can. "
                "Right: what decreasing steps reach where they cannot. Lines: exact recursion; "
                "points: means of simulated chains, which miss the rare chains that make the mean "
                "when it is small.",
                {}};
  Panel left{"Constant steps",
             {.label = "t", .log = true},
             {.label = "E|w - w*|\u00b2", .log = true, .min = 1e-24}};
  Panel right{
      "Decreasing steps", {.label = "t", .log = true}, {.label = "E|w - w*|\u00b2", .log = true}};
  for (const Chains& chains : result.system.chains) {
    Panel& panel =
        chains.design.schedule.kind == ScheduleKind::kConstant && chains.design.steps < 100000
            ? left
            : right;
    const std::size_t color = panel.series.size() / 2;
    const std::string name =
        chains.design.lift > 0 ? "solvable, constant 0.05" : chains.design.name;
    panel.series.push_back(
        series_of(name, chains.expected, &MeanPoint::time, &MeanPoint::distance, color));
    panel.series.push_back(series_of("", chains.simulated, &MeanPoint::time, &MeanPoint::distance,
                                     color, Style::kPoints));
  }
  figure.panels = {std::move(left), std::move(right)};
  return figure;
}

Figure noise_figure(const Result& result) {
  Panel noise{"",
              {.label = "loss L", .log = true},
              {.label = "tr Cov of the examples' gradients", .log = true}};
  noise.series = {series_of("cannot be solved", result.system.noise, &NoisePoint::loss,
                            &NoisePoint::noise, 1, Style::kPoints),
                  series_of("can be solved", result.system.lifted_noise, &NoisePoint::loss,
                            &NoisePoint::noise, 0, Style::kPoints)};
  if (!result.network_noise.empty()) {
    noise.series.push_back(series_of("network that interpolates", result.network_noise,
                                     &NoisePoint::loss, &NoisePoint::noise, 2, Style::kPoints));
  }
  // What is rounding alone.
  for (Series& series : noise.series) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (series.x[i] < 1e-25) continue;
      x.push_back(series.x[i]);
      y.push_back(series.y[i]);
    }
    series.x = std::move(x);
    series.y = std::move(y);
  }
  return {"noise-and-loss",
          "The noise of the gradient vanishes with the loss, if the loss vanishes",
          "Trace of the covariance of single examples' gradients against the loss, along one run "
          "each.",
          {std::move(noise)},
          1};
}

Figure plateau_figure(const Result& result) {
  Panel excess{
      "Where it ends", {.label = "step", .log = true}, {.label = "excess loss", .log = true}};
  excess.series = {series_of("exact", result.system.plateaus, &Plateau::rate, &Plateau::excess_loss,
                             0, Style::kLinePoints)};
  Series first{.label = "step tr(C) / 4", .x = {}, .y = {}, .color = 6, .dashed = true};
  for (const Plateau& p : result.system.plateaus) {
    first.x.push_back(p.rate);
    first.y.push_back(p.rate * result.system.facts.noise / 4);
  }
  excess.series.push_back(std::move(first));
  Panel speed{"How fast", {.label = "step"}, {.label = "contraction of E|w - w*|\u00b2 a step"}};
  speed.series = {series_of("exact", result.system.plateaus, &Plateau::rate, &Plateau::contraction,
                            0, Style::kLinePoints)};
  return {"constant-steps",
          "A larger constant step is faster and ends farther away",
          fmt::format("Three equations in two unknowns, single-example SGD. Steps of {:.4f} and "
                      "above diverge; gradient descent is stable up to .2727.",
                      result.system.facts.rate_limit),
          {std::move(excess), std::move(speed)}};
}

// Steps or gradients against m, with a line at each m*.
Panel batch_panel(const Result& result, bool gradients) {
  Panel panel{
      gradients ? "Gradients" : "Steps",
      {.label = "m", .log = true},
      {.label = gradients ? "gradients to the target" : "steps to the target", .log = true}};
  for (std::size_t s = 0; s < result.kernels.size(); ++s) {
    const KernelSweep& sweep = result.kernels[s];
    Series series{.label = sweep.set + ", " + sweep.kernel,
                  .style = Style::kLinePoints,
                  .x = {},
                  .y = {},
                  .color = s};
    for (const KernelPoint& p : sweep.points) {
      const double factor = gradients ? p.m : 1;
      series.x.push_back(p.m);
      series.y.push_back(p.steps * factor);
      series.error.push_back(p.steps_error * factor);
    }
    panel.series.push_back(std::move(series));
    panel.references.push_back(
        {ReferenceLine::Direction::kVertical, sweep.critical, s == 0 ? "m* of each" : ""});
  }
  return panel;
}

Figure kernel_figure(const Result& result, double target) {
  Panel errors{"Loss per gradient",
               {.label = "m", .log = true},
               {.label = "mean squared error after 5 passes", .log = true}};
  for (std::size_t s = 0; s < result.kernels.size(); ++s) {
    const KernelSweep& sweep = result.kernels[s];
    errors.series.push_back(series_of("", sweep.points, &KernelPoint::m,
                                      &KernelPoint::error_after_5, s, Style::kLinePoints));
  }
  return {
      "kernel-batches",
      "Batches save steps up to the critical size, and hardly beyond",
      fmt::format("Kernel least squares on the first images, to a mean squared error of {:g} "
                  "(1 at the start), at the best step of the bound for each batch size m. Grey: "
                  "the predicted critical sizes m*.",
                  target),
      {batch_panel(result, false), batch_panel(result, true), std::move(errors)},
      3};
}

Figure bound_figure(const Result& result) {
  Panel panel{"", {.label = "m", .log = true}, {.label = "steps to 1e-6", .log = true}};
  panel.series = {series_of("bound at the best step", result.bound.points, &BoundPoint::m,
                            &BoundPoint::steps, 0, Style::kLinePoints)};
  panel.references = {
      {ReferenceLine::Direction::kVertical, result.bound.critical, "m*"},
      {ReferenceLine::Direction::kHorizontal, result.bound.descent_steps, "all gradients"}};
  return {"bound-by-batch",
          "The bound falls as 1/m up to the critical batch",
          "Steps until the bound on E|w - w*|^2 has fallen to 1e-6, for a quadratic whose "
          "eigenvalues lie evenly from .001 to 1.",
          {std::move(panel)},
          1};
}

Figure momentum_figure(const Result& result) {
  Panel nesterov{"Nesterov's method at the step 1/L\u2081",
                 {.label = "momentum"},
                 {.label = "contraction of E|w|\u00b2 a step"}};
  nesterov.series = {series_of("exact", result.momentum.nesterov, &NesterovRadius::momentum,
                               &NesterovRadius::contraction, 3)};
  Series paper{.label = "table", .style = Style::kPoints, .x = {}, .y = {}, .color = 6};
  for (const PaperNesterov& p : kPaperNesterov) {
    paper.x.push_back(p.momentum);
    paper.y.push_back(p.contraction);
  }
  nesterov.series.push_back(std::move(paper));
  nesterov.references = {{ReferenceLine::Direction::kHorizontal, 1, ""},
                         {ReferenceLine::Direction::kVertical, result.momentum.nesterov_limit, ""}};
  Panel batches{"MaSS by batch size, \u03c3\u2082\u00b2 = 2\u207b\u2079",
                {.label = "m", .log = true},
                {.label = "contraction of E|w|\u00b2 a step"}};
  batches.series = {series_of("MaSS", result.momentum.batches, &BatchRadius::batch,
                              &BatchRadius::mass, 4, Style::kLinePoints),
                    series_of("its bound", result.momentum.batches, &BatchRadius::batch,
                              &BatchRadius::bound, 6, Style::kLinePoints)};
  Figure figure{"momentum",
                "Momentum alone diverges; compensated, it is faster than SGD",
                fmt::format("Two coordinates that are never seen together. Nesterov's method "
                            "diverges from a momentum of {:.4f} on, whatever \u03c3\u2082 is.",
                            result.momentum.nesterov_limit),
                {std::move(nesterov), std::move(batches)}};
  if (!result.momentum.runs.empty()) {
    Panel runs{"Simulated runs, \u03c3\u2082\u00b2 = .01",
               {.label = "t"},
               {.label = "mean |w|\u00b2", .log = true, .min = 1e-10, .max = 1e4}};
    for (std::size_t i = 0; i < result.momentum.runs.size(); ++i) {
      const MomentumRun& run = result.momentum.runs[i];
      runs.series.push_back(
          series_of(run.name, run.points, &MeanPoint::time, &MeanPoint::distance, i));
    }
    figure.panels.insert(figure.panels.begin(), std::move(runs));
    figure.columns = 3;
  }
  return figure;
}

Figure network_figure(const Result& result) {
  Figure figure{"networks",
                "On a network the rules differ by how far their steps go",
                "MNIST, 3 x 100 ReLU units with dropout, batches of 64: accuracy on the test "
                "images after each epoch, one panel per learning rate (Adam's is .001 in all). "
                "Under a constant gradient MaSS goes 3.9 times as far as SGD, Nesterov's method "
                "with a momentum of .9 ten times. No verdict is drawn from it.",
                {}};
  std::vector<double> rates;
  for (const NetworkRun& run : result.networks) {
    if (run.rule != "Adam" && std::ranges::find(rates, run.rate) == rates.end()) {
      rates.push_back(run.rate);
    }
  }
  for (const double rate : rates) {
    Panel panel{fmt::format("Step {:g}", rate), {.label = "epoch"}, {.label = "test accuracy"}};
    std::size_t color = 0;
    for (const NetworkRun& run : result.networks) {
      if (run.rule != "Adam" && run.rate != rate) continue;
      Series series{.label = run.rule,
                    .style = Style::kLinePoints,
                    .x = {},
                    .y = run.accuracy,
                    .color = color++};
      for (std::size_t i = 1; i <= run.accuracy.size(); ++i) series.x.push_back(whole(i));
      panel.series.push_back(std::move(series));
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace

Rendering InterpolationSgd::render(const Config& config, const Result& result) {
  Rendering rendering;
  rendering.tables = {plateau_table(result), lift_table(result),  path_table(result),
                      bound_table(result),   radii_table(result), batch_table(result)};
  rendering.figures = {path_figure(result), noise_figure(result), plateau_figure(result),
                       bound_figure(result), momentum_figure(result)};
  if (!result.kernels.empty()) {
    rendering.tables.push_back(kernel_table(result, config.kernel_target));
    rendering.figures.push_back(kernel_figure(result, config.kernel_target));
  }
  if (!result.networks.empty()) {
    rendering.tables.push_back(network_table(result));
    rendering.figures.push_back(network_figure(result));
  }
  return rendering;
}

}  // namespace surplus::apps
