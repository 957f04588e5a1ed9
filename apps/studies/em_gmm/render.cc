#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/em_gmm.h"
#include "apps/studies/em_gmm/reference.h"

namespace surplus::apps {
namespace {

using namespace em_gmm;
using Result = EmGmm::Result;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Colours by role, the same in every figure.
constexpr std::size_t kEm1Color = 1;
constexpr std::size_t kEm2Color = 0;
constexpr std::size_t kEm1BestColor = 4;
constexpr std::size_t kTruthColor = 6;
constexpr std::size_t kPaperColor = 6;

double reference_limit(const SymmetricCell& cell) {
  for (std::size_t i = 0; i < kLimitThetas.size(); ++i) {
    for (std::size_t j = 0; j < kLimitWeights.size(); ++j) {
      if (cell.theta == kLimitThetas[i] && cell.weight == kLimitWeights[j]) return kLimits[i][j];
    }
  }
  return kNone;
}

// The paper's pair of rates for a weight of the separation-2 experiments.
PaperRates paper_rates(const std::array<PaperRates, 3>& rates, double separation, double weight) {
  for (std::size_t j = 0; j < kPaperWeights.size(); ++j) {
    if (separation == kPaperSeparation && weight == kPaperWeights[j]) return rates[j];
  }
  return {kNone, kNone};
}

PaperRates paper_rates(const SampleCell& cell) {
  return cell.design.number > 0
             ? kPaperPlane[cell.design.number - 1]
             : paper_rates(kPaperSamples, cell.design.separation, cell.design.weight);
}

Table limits_table(const Result& result) {
  Table table =
      table_of("symmetric-limits", "P-EM-A: where population EM ends, symmetric means +-theta*",
               {{"theta*"},
                {"w*"},
                {"em1_limit"},
                {"em1_limit_reference"},
                {"em1_slope"},
                {"em1_iterations"},
                {"em1_limit_from_0"},
                {"em2_theta"},
                {"em2_w"},
                {"em2_iterations"}});
  for (const SymmetricCell& cell : result.symmetric) {
    table.rows.push_back({cell.theta, cell.weight, cell.em1_limit, reference_limit(cell),
                          cell.em1_slope, cell.em1_iterations, cell.em1_from_zero, cell.em2_theta,
                          cell.em2_weight, cell.em2_iterations});
  }
  return table;
}

Table thresholds_table(const Result& result) {
  Table table = table_of("critical-weights",
                         "The largest weight at which EM_1 has a fixed point on the wrong side",
                         {{"theta*"}, {"critical_w"}, {"bracket"}, {"reference"}});
  for (const Threshold& threshold : result.thresholds) {
    double reference = kNone;
    for (const CriticalWeight& known : kCriticalWeights) {
      if (known.theta == threshold.theta) reference = known.weight;
    }
    table.rows.push_back({threshold.theta, threshold.weight, threshold.error, reference});
  }
  return table;
}

Table theorems_table(const Theorems& theorems) {
  Table table = table_of("population-checks", "Population EM beside an independent computation",
                         {{"quantity"}, {"measured"}, {"reference"}});
  const auto add = [&](std::string quantity, double measured, double reference) {
    table.rows.push_back({std::move(quantity), measured, reference});
  };
  for (std::size_t i = 0; i < kLogLikelihoods.size(); ++i) {
    const LogLikelihood& known = kLogLikelihoods[i];
    add(fmt::format("log-likelihood, theta* {:g}, w* {:g}, {}", known.theta_true, known.weight_true,
                    known.point),
        theorems.log_likelihoods[i], known.value);
  }
  add("one step of EM_2 from (.3, .6), theta", theorems.step_theta, kStepTheta);
  add("one step of EM_2 from (.3, .6), w", theorems.step_weight, kStepWeight);
  for (std::size_t i = 0; i < kTenStepThetas.size(); ++i) {
    add(fmt::format("relative error ten steps from infinity, theta* {:g}", kTenStepThetas[i]),
        theorems.ten_steps[i], kTenStepErrors[i]);
  }
  const double starts = kPlaneStarts;
  add("starts in the plane with w = 1/2 that end at a global optimum", theorems.plane_global,
      starts);
  add("of these, at the one the sign of the start predicts", theorems.plane_predicted, starts);
  add("starts in the plane with random w that end at a global optimum",
      theorems.plane_random_weight, starts);
  for (std::size_t i = 0; i < kHyperplaneSteps.size(); ++i) {
    add(fmt::format("start on the hyperplane, second coordinate after {} steps",
                    kHyperplaneSteps[i]),
        theorems.hyperplane[i], kHyperplane[i]);
  }
  return table;
}

Table box_table(const Result& result) {
  Table table = table_of("population-success",
                         "P-EM-B: shares of random starts from which population EM succeeds",
                         {{"separation", "s.d."},
                          {"w*"},
                          {"starts"},
                          {"em1_identity", "share"},
                          {"em1_relabelled", "share"},
                          {"em2_identity", "share"},
                          {"em2_relabelled", "share"},
                          {"paper_em1", "share"},
                          {"paper_em2", "share"},
                          {"em1_iterations"},
                          {"em2_iterations"},
                          {"spurious_theta1"},
                          {"spurious_theta2"},
                          {"spurious_spread"},
                          {"unfinished", "runs"}});
  for (const BoxCell& cell : result.box) {
    const PaperRates paper =
        paper_rates(kPaperPopulation, cell.design.separation, cell.design.weight);
    table.rows.push_back({cell.design.separation, cell.design.weight,
                          static_cast<double>(cell.design.starts), cell.em1_identity, cell.em1_best,
                          cell.em2_identity, cell.em2_best, paper.em1, paper.em2,
                          cell.em1_iterations, cell.em2_iterations, cell.spurious[0],
                          cell.spurious[1], cell.spurious_spread, cell.unfinished});
  }
  return table;
}

Table samples_table(std::string name, std::string title, const std::vector<SampleCell>& cells) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"cell"},
                          {"samples"},
                          {"starts"},
                          {"em1_identity", "share"},
                          {"em1_identity_se", "share"},
                          {"em1_relabelled", "share"},
                          {"em1_relabelled_se", "share"},
                          {"em2_relabelled", "share"},
                          {"em2_relabelled_se", "share"},
                          {"em2_by_weight", "share"},
                          {"em1_error_below_.1", "share"},
                          {"em2_error_below_.1", "share"},
                          {"paper_em1", "share"},
                          {"paper_em2", "share"},
                          {"em1_iterations"},
                          {"em2_iterations"},
                          {"unfinished", "runs"}});
  for (const SampleCell& cell : cells) {
    const PaperRates paper = paper_rates(cell);
    table.rows.push_back({cell.name, static_cast<double>(cell.design.samples),
                          static_cast<double>(cell.design.starts), cell.em1_identity.value,
                          cell.em1_identity.standard_error, cell.em1_best.value,
                          cell.em1_best.standard_error, cell.em2_best.value,
                          cell.em2_best.standard_error, cell.em2_sorted.value, cell.em1_near.value,
                          cell.em2_near.value, paper.em1, paper.em2, cell.em1_iterations,
                          cell.em2_iterations, cell.unfinished});
  }
  return table;
}

Table traces_table(const Theorems& theorems) {
  Table table = table_of("success-thresholds",
                         "Fisher traces Tr(W* I^-1) and the thresholds 4 Tr / n of success",
                         {{"mixture"}, {"trace"}, {"reference"}, {"n"}, {"threshold"}});
  for (std::size_t i = 0; i < kSeparations.size(); ++i) {
    for (std::size_t j = 0; j < kPaperWeights.size(); ++j) {
      const double trace = theorems.traces[i][j];
      table.rows.push_back(
          {fmt::format("separation {:g}, w {:g}", kSeparations[i], kPaperWeights[j]), trace,
           kTraces[i][j], 1000.0, 4 * trace / 1000});
    }
  }
  for (std::size_t i = 0; i < kPlaneTraces.size(); ++i) {
    const double trace = theorems.plane_traces[i];
    table.rows.push_back(
        {fmt::format("case {}", i + 1), trace, kPlaneTraces[i], 2000.0, 4 * trace / 2000});
  }
  return table;
}

// One panel of success rates: a group of bars per cell, the paper's figures as points on them.
class SuccessPanel {
 public:
  /// The paper's EM_1 is set on the bar `paper_bar`: 0 without, 1 with relabelling.
  SuccessPanel(std::string title, std::string x_label, std::size_t paper_bar)
      : paper_bar_(static_cast<double>(paper_bar)) {
    panel_.title = std::move(title);
    panel_.x.label = std::move(x_label);
    panel_.y = {.label = "runs that succeed (share)", .min = 0, .max = 1.05};
    panel_.series = {bars("EM_1, weights known", kEm1Color),
                     bars("EM_1, relabelled", kEm1BestColor),
                     bars("EM_2, weights estimated", kEm2Color),
                     {.label = "the paper (from memory)",
                      .style = Series::Style::kPoints,
                      .x = {},
                      .y = {},
                      .color = kPaperColor}};
  }

  void add(std::string category, const Share& em1, const Share& em1_best, const Share& em2,
           PaperRates paper) {
    const double x = static_cast<double>(panel_.x.categories.size());
    panel_.x.categories.push_back(std::move(category));
    const Share* shares[] = {&em1, &em1_best, &em2};
    for (std::size_t i = 0; i < 3; ++i) {
      if (std::isnan(shares[i]->value)) continue;
      panel_.series[i].x.push_back(x);
      panel_.series[i].y.push_back(shares[i]->value);
      panel_.series[i].error.push_back(shares[i]->standard_error);
    }
    if (std::isnan(paper.em1)) return;
    const double bar = 0.8 / 3;  // the three bars share 0.8 of the step
    panel_.series[3].x.insert(panel_.series[3].x.end(), {x + (paper_bar_ - 1) * bar, x + bar});
    panel_.series[3].y.insert(panel_.series[3].y.end(), {paper.em1, paper.em2});
  }

  Panel panel() const {
    Panel panel = panel_;
    std::erase_if(panel.series, [](const Series& series) { return series.x.empty(); });
    return panel;
  }
  bool empty() const { return panel_.x.categories.empty(); }

 private:
  static Series bars(std::string label, std::size_t color) {
    return {
        .label = std::move(label), .style = Series::Style::kBars, .x = {}, .y = {}, .color = color};
  }

  double paper_bar_;
  Panel panel_;
};

Figure success_figure(const Result& result) {
  SuccessPanel box("Two Gaussians, n = \u221e", "separation of the means, w*", 0);
  for (const BoxCell& cell : result.box) {
    const auto share = [&](double value) {
      return Share{value, std::sqrt(value * (1 - value) / static_cast<double>(cell.design.starts))};
    };
    PaperRates paper = paper_rates(kPaperPopulation, cell.design.separation, cell.design.weight);
    box.add(fmt::format("{:g}, {:g}", cell.design.separation, cell.design.weight),
            share(cell.em1_identity), share(cell.em1_best), share(cell.em2_best), paper);
  }
  SuccessPanel two("Two Gaussians, samples", "separation of the means, w*", 1);
  for (const SampleCell& cell : finest_split(result.two)) {
    two.add(fmt::format("{:g}, {:g}", cell.design.separation, cell.design.weight),
            cell.em1_identity, cell.em1_best, cell.em2_best, paper_rates(cell));
  }
  SuccessPanel near("The same, an error of .1 allowed", "separation of the means, w*", 1);
  for (const SampleCell& cell : finest_split(result.two)) {
    near.add(fmt::format("{:g}, {:g}", cell.design.separation, cell.design.weight), {kNone, 0},
             cell.em1_near, cell.em2_near, {kNone, kNone});
  }
  SuccessPanel plane("Three (1, 2) and four (3, 4) Gaussians, samples", "case", 1);
  for (const SampleCell& cell : finest_split(result.plane)) {
    plane.add(fmt::format("{}", cell.design.number), cell.em1_identity, cell.em1_best,
              cell.em2_best, paper_rates(cell));
  }
  Figure figure{
      "success-rates",
      "Estimating weights that are known makes EM succeed",
      "Share of random starts from which EM finds the true means. Whiskers: one standard "
      "error, over samples where there are samples. At w* = .52 the wrong labelling is "
      "almost as good as the right one, hence EM_1 succeeds after relabelling. Where EM_2 "
      "fails at separation 2 or 4, the optimum of the sample itself lies beyond the "
      "threshold; a looser one it passes nearly always. At separation 1 the optimum is "
      "poorly determined, and slow to reach.",
      {}};
  for (const SuccessPanel* panel : {&box, &plane, &two, &near}) {
    if (!panel->empty()) figure.panels.push_back(panel->panel());
  }
  return figure;
}

Series line(std::string label, const std::vector<double>& y, std::size_t color,
            bool dashed = false) {
  Series series{.label = std::move(label), .x = {}, .y = y, .color = color, .dashed = dashed};
  for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(static_cast<double>(i));
  return series;
}

Panel ends_panel(const Result& result, Model model) {
  const bool is_em1 = model == Model::kEm1;
  const std::size_t color = is_em1 ? kEm1Color : kEm2Color;
  Panel panel{is_em1 ? "EM_1: half of the starts do not reach the truth"
                     : "EM_2: all starts reach it, under either name",
              {.label = "\u03b8\u2081", .min = -2, .max = 4},
              {.label = "\u03b8\u2082", .min = -2, .max = 4}};
  Series ends{.label = is_em1 ? "end of EM_1" : "end of EM_2",
              .style = Series::Style::kPoints,
              .x = {},
              .y = {},
              .color = color};
  panel.series.push_back({.label = "the truth, under both names",
                          .style = Series::Style::kPoints,
                          .x = {0, 2},
                          .y = {2, 0},
                          .color = kTruthColor});
  for (const Path& path : result.box_paths) {
    if (path.model != model) continue;
    panel.series.push_back({.label = "", .x = path.theta1, .y = path.theta2, .color = color});
    ends.x.push_back(path.theta1.back());
    ends.y.push_back(path.theta2.back());
  }
  panel.series.push_back(std::move(ends));
  return panel;
}

Figure paths_figure(const Result& result) {
  const Path& em1 = result.symmetric_paths[0];
  const Path& em2 = result.symmetric_paths[1];
  Panel theta{"Means \u00b1\u03b8, truth \u03b8* = 1, w* = .7",
              {.label = "iteration"},
              {.label = "\u03b8 and w"}};
  theta.series = {line("EM_1", em1.theta1, kEm1Color), line("EM_2", em2.theta1, kEm2Color),
                  line("w of EM_2", em2.weight, kEm2Color, true)};
  theta.references = {{.value = -1, .label = "optimum"}, {.value = 0.3}};
  Panel likelihood{
      "The same runs", {.label = "iteration"}, {.label = "log-likelihood per observation"}};
  likelihood.series = {line("", em1.log_likelihood, kEm1Color),
                       line("", em2.log_likelihood, kEm2Color)};
  likelihood.references = {{.value = kLogLikelihoods[0].value}};
  return {
      "convergence-paths",
      "EM_1 stays in a spurious fixed point; EM_2 exchanges the names and reaches the optimum",
      "Above: EM_1 and EM_2 from \u03b8 = -.25, on the side of the lighter component. EM_2 ends at "
      "(-\u03b8*, 1 - w*), the truth under other names. Below: iterates of the two means of the "
      "mixture .7 N(0, 1) + .3 N(2, 1) from a ring of starts.",
      {theta, likelihood, ends_panel(result, Model::kEm1), ends_panel(result, Model::kEm2)}};
}

Figure spurious_figure(const Result& result) {
  Panel limits{"Where EM_1 from -\u03b8* ends",
               {.label = "known weight w*", .min = 0.5, .max = 1},
               {.label = "limit / \u03b8*"}};
  std::size_t color = 0;
  double theta = kNone;
  for (const SymmetricCell& cell : result.curves) {
    if (cell.theta != theta) {
      theta = cell.theta;
      limits.series.push_back(
          {.label = fmt::format("\u03b8* = {:g}", theta), .x = {}, .y = {}, .color = color++});
    }
    Series& series = limits.series.back();
    // A break where the limit jumps to the truth: there is nothing in between.
    if (!series.y.empty() && series.y.back() < 0 && cell.em1_limit > 0) {
      series.x.push_back(cell.weight);
      series.y.push_back(kNone);
    }
    series.x.push_back(cell.weight);
    series.y.push_back(cell.em1_limit / cell.theta);
  }
  limits.references = {{.value = 1, .label = "the truth"}};
  Panel critical{"The largest weight with a spurious fixed point",
                 {.label = "\u03b8*", .min = 0},
                 {.label = "critical weight", .min = 0.5, .max = 1.02}};
  Series measured{.label = "bisection",
                  .style = Series::Style::kLinePoints,
                  .x = {},
                  .y = {},
                  .color = kEm1Color};
  for (const Threshold& threshold : result.thresholds) {
    measured.x.push_back(threshold.theta);
    measured.y.push_back(threshold.weight);
  }
  critical.series = {measured,
                     {.label = "1/2 + \u03b8*/4",
                      .x = {0, 2},
                      .y = {0.5, 1},
                      .color = kPaperColor,
                      .dashed = true}};
  return {
      "spurious-fixed-points",
      "Known weights create a fixed point on the wrong side, unless they are very unequal",
      "Symmetric means \u00b1\u03b8*, infinitely many observations. EM_2 ends at the truth or at "
      "its exchange everywhere. At \u03b8* = 3 the critical weight is beyond the search.",
      {limits, critical}};
}

Figure iterations_figure(const Result& result) {
  const auto panel = [](std::string title, std::string label) {
    Panel empty{std::move(title),
                {.label = std::move(label)},
                {.label = "mean iterations", .log = true, .min = 1}};
    for (const bool free_weights : {false, true}) {
      empty.series.push_back({.label = free_weights ? "EM_2" : "EM_1",
                              .style = Series::Style::kPoints,
                              .x = {},
                              .y = {},
                              .color = free_weights ? kEm2Color : kEm1Color});
    }
    return empty;
  };
  const auto add = [](Panel& to, std::string category, double em1, double em2) {
    const double x = static_cast<double>(to.x.categories.size());
    to.x.categories.push_back(std::move(category));
    to.series[0].x.push_back(x);
    to.series[0].y.push_back(em1);
    to.series[1].x.push_back(x);
    to.series[1].y.push_back(em2);
  };
  Panel box = panel("Two Gaussians, n = \u221e, to 1e-9", "separation, w*");
  for (const BoxCell& cell : result.box) {
    add(box, fmt::format("{:g}, {:g}", cell.design.separation, cell.design.weight),
        cell.em1_iterations, cell.em2_iterations);
  }
  Panel two = panel("Two Gaussians, samples, to 1e-6", "separation, w*");
  for (const SampleCell& cell : finest_split(result.two)) {
    add(two, fmt::format("{:g}, {:g}", cell.design.separation, cell.design.weight),
        cell.em1_iterations, cell.em2_iterations);
  }
  Panel plane = panel("Three and four Gaussians, samples, to 1e-6", "case");
  for (const SampleCell& cell : finest_split(result.plane)) {
    add(plane, fmt::format("{}", cell.design.number), cell.em1_iterations, cell.em2_iterations);
  }
  Figure figure{
      "iterations",
      "The price of the better optimum: more iterations, many more where components overlap",
      "Iterations until the parameters change by no more than the tolerance in sum.",
      {}};
  figure.columns = 3;
  for (Panel* candidate : {&box, &two, &plane}) {
    if (!candidate->x.categories.empty()) figure.panels.push_back(std::move(*candidate));
  }
  return figure;
}

}  // namespace

Rendering EmGmm::render(const Config&, const Result& result) {
  return {{box_table(result),
           samples_table("sample-success", "P-EM-C: shares of runs on samples that succeed",
                         result.two),
           samples_table("plane-success", "P-EM-D: shares of runs in the plane that succeed",
                         result.plane),
           limits_table(result), thresholds_table(result), theorems_table(result.theorems),
           traces_table(result.theorems)},
          {success_figure(result), paths_figure(result), spurious_figure(result),
           iterations_figure(result)}};
}

}  // namespace surplus::apps
