#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/studies/itop.h"

namespace surplus::apps {
namespace {

using namespace itop;
using Config = Itop::Config;
using Result = Itop::Result;
using Style = Series::Style;

Statistic of(const std::vector<Summary>& summaries, double Summary::*member) {
  return statistic(summaries, [&](const Summary& one) { return one.*member; });
}

// Designs that differ in the seed alone, in the order in which they come.
std::vector<Design> designs_of(const Result& result) {
  std::vector<Design> designs;
  for (const Training& training : result.trainings) {
    Design design = training.design;
    design.seed = 0;
    if (std::ranges::find(designs, design) == designs.end()) designs.push_back(design);
  }
  return designs;
}

Table trainings_table(const Result& result) {
  Table table = table_of("trainings", "All trainings: means over their seeds",
                         {{"task"},
                          {"method"},
                          {"density", "share"},
                          {"interval", "steps"},
                          {"densities"},
                          {"times_as_long"},
                          {"seeds"},
                          {"accuracy", "%"},
                          {"accuracy_se", "%"},
                          {"best_validation", "%"},
                          {"updates"},
                          {"drop_sum"},
                          {"explored", "share"},
                          {"expected", "share"},
                          {"reliable", "share"},
                          {"survival", "share"},
                          {"training_flops", "of dense"},
                          {"state", "MB"},
                          {"dead_units"}});
  for (const Design& design : designs_of(result)) {
    const std::vector<Summary> seeds = result.find(design);
    const auto mean = [&](double Summary::*member) -> Table::Cell {
      return of(seeds, member).mean;
    };
    const Statistic accuracy = of(seeds, &Summary::accuracy);
    const bool own = design.task.starts_with("S3");
    const std::string rule = own ? "er" : design.uniform ? "uniform" : "erk";
    table.rows.push_back({design.task, std::string(to_text(design.method)), mean(&Summary::density),
                          static_cast<double>(design.interval), rule,
                          static_cast<double>(design.multiplier), static_cast<double>(seeds.size()),
                          accuracy.mean, accuracy.standard_error, mean(&Summary::validated),
                          mean(&Summary::updates), mean(&Summary::drop_sum),
                          mean(&Summary::explored), mean(&Summary::expected),
                          mean(&Summary::reliable), mean(&Summary::survival), mean(&Summary::flops),
                          of(seeds, &Summary::bytes).mean * 1e-6, mean(&Summary::dead)});
  }
  return table;
}

Design s1(Method method, double density, std::size_t interval = 0) {
  return {.task = "S1", .method = method, .density = density, .interval = interval};
}

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> values) {
  std::ranges::sort(values);
  return values;
}

// The trainings of a task that differ in method, density and interval.
struct Sweep {
  std::string task;
  std::vector<double> densities;
  std::vector<std::uint64_t> intervals;  // ascending

  Design design(Method method, double density, std::size_t interval = 0) const {
    return {.task = task, .method = method, .density = density, .interval = interval};
  }
};

double accuracy_of(const Result& result, const Design& design) {
  const auto found = result.find(design);
  return found.empty() ? std::nan("") : of(found, &Summary::accuracy).mean;
}

Panel accuracy_panel(const Sweep& sweep, const Result& result, double density) {
  Panel panel{.title = fmt::format("{:g} % of the weights active", 100 * density),
              .x = {.label = "steps between updates", .log = true},
              .y = {.label = "test accuracy (%)"}};
  for (const auto& [method, color] :
       {std::pair(Method::kSet, 0ul), std::pair(Method::kRigl, 1ul)}) {
    Series series{.label = method == Method::kSet ? "SET-ITOP" : "RigL-ITOP",
                  .style = Style::kLinePoints,
                  .color = color};
    for (const std::uint64_t interval : sweep.intervals) {
      const auto found = result.find(sweep.design(method, density, interval));
      if (found.empty()) continue;
      const Statistic one = of(found, &Summary::accuracy);
      series.x.push_back(static_cast<double>(interval));
      series.y.push_back(one.mean);
      series.error.push_back(one.standard_error);
    }
    if (!series.x.empty()) panel.series.push_back(std::move(series));
  }
  const auto line = [&](const char* label, const Design& design) {
    const double accuracy = accuracy_of(result, design);
    if (std::isfinite(accuracy)) panel.references.push_back({.value = accuracy, .label = label});
  };
  line("static mask", sweep.design(Method::kStatic, density));
  line("dense", sweep.design(Method::kDense, 1));
  return panel;
}

Figure interval_figure(const Sweep& sweep, const Result& result, std::string name,
                       std::string title) {
  Figure figure{.name = std::move(name),
                .title = std::move(title),
                .caption = result.titles.at(sweep.task) +
                           ". Lines across: the same network with a fixed mask, and dense. Bars: "
                           "standard errors, if there are several seeds.",
                .panels = {}};
  for (const double density : sweep.densities) {
    figure.panels.push_back(accuracy_panel(sweep, result, density));
  }
  return figure;
}

Figure exploration_figure(const Config& config, const Result& result) {
  Figure figure{.name = "accuracy-explored",
                .title = "What was explored, and how accurate it made the network",
                .caption =
                    "Each point is an interval between updates. Right: R_s of SET is what "
                    "counting expects; RigL returns to the same weights and explores less.",
                .panels = {}};
  Panel accuracy{.title = "accuracy against exploration",
                 .x = {.label = "R_s", .min = 0, .max = 1},
                 .y = {.label = "test accuracy (%)"}};
  Panel expected{.title = "exploration against its expectation",
                 .x = {.label = "R_s of SET expected", .min = 0, .max = 1},
                 .y = {.label = "R_s", .min = 0, .max = 1},
                 .references = {{.direction = ReferenceLine::Direction::kDiagonal}}};
  std::size_t color = 0;
  for (const double density : config.densities) {
    for (const Method method : {Method::kSet, Method::kRigl}) {
      const std::string label =
          fmt::format("{} {:g} %", method == Method::kSet ? "SET" : "RigL", 100 * density);
      Series points{.label = label, .style = Style::kLinePoints, .color = color};
      Series compared{.label = label, .style = Style::kPoints, .color = color};
      for (const std::uint64_t interval : sorted(config.intervals)) {
        const auto summaries = result.find(s1(method, density, interval));
        const double explored = of(summaries, &Summary::explored).mean;
        points.x.push_back(explored);
        points.y.push_back(of(summaries, &Summary::accuracy).mean);
        compared.x.push_back(
            of(result.find(s1(Method::kSet, density, interval)), &Summary::expected).mean);
        compared.y.push_back(explored);
      }
      accuracy.series.push_back(std::move(points));
      expected.series.push_back(std::move(compared));
      ++color;
    }
  }
  figure.panels = {std::move(accuracy), std::move(expected)};
  return figure;
}

Figure methods_figure(const Sweep& sweep, const Result& result, std::string name,
                      std::string title) {
  Figure figure{
      .name = std::move(name),
      .title = std::move(title),
      .caption =
          result.titles.at(sweep.task) +
          ". SET and RigL at the interval of their best accuracy, of those tried. "
          "Below each: floating-point operations of the whole training, and the most memory that "
          "weights, momentum and positions take.",
      .panels = {},
      .columns = 1};
  for (const double density : sweep.densities) {
    Panel accuracy{.title = fmt::format("{:g} % active: test accuracy", 100 * density),
                   .y = {.label = "test accuracy (%)"}};
    Panel cost{.title = fmt::format("{:g} % active: cost of the training", 100 * density),
               .y = {.label = "share of dense training", .log = true}};
    Series bars{.style = Style::kBars}, flops{.label = "operations", .style = Style::kBars},
        bytes{.label = "memory", .style = Style::kBars};
    const auto dense = result.find(sweep.design(Method::kDense, 1));
    const double dense_bytes = dense.empty() ? 1 : of(dense, &Summary::bytes).mean;
    for (std::size_t m = 0; m < kMethodNames.size(); ++m) {
      const auto method = static_cast<Method>(m);
      Design design = sweep.design(method, method == Method::kDense ? 1 : density);
      if (method == Method::kSet || method == Method::kRigl) {
        design.interval =
            *std::ranges::max_element(sweep.intervals, {}, [&](std::uint64_t interval) {
              return accuracy_of(result, sweep.design(method, density, interval));
            });
      }
      const auto summaries = result.find(design);
      if (summaries.empty()) continue;
      const Statistic one = of(summaries, &Summary::accuracy);
      accuracy.x.categories.push_back(std::string(kMethodNames[m]));
      bars.x.push_back(static_cast<double>(bars.x.size()));
      bars.y.push_back(one.mean);
      bars.error.push_back(one.standard_error);
      flops.y.push_back(of(summaries, &Summary::flops).mean);
      bytes.y.push_back(of(summaries, &Summary::bytes).mean / dense_bytes);
    }
    flops.x = bytes.x = bars.x;
    cost.x.categories = accuracy.x.categories;
    const double least = *std::ranges::min_element(bars.y);
    accuracy.y.min = std::floor(least - 1);
    accuracy.series = {std::move(bars)};
    cost.series.push_back(std::move(flops));
    if (!dense.empty()) cost.series.push_back(std::move(bytes));
    figure.panels.push_back(std::move(accuracy));
    figure.panels.push_back(std::move(cost));
  }
  return figure;
}

Table time_table(const std::vector<StepTime>& times, std::string name, std::string title) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"density", "share"},
                          {"sparse", "ms"},
                          {"masked", "ms"},
                          {"times_faster"},
                          {"state", "MB"},
                          {"masked_state", "MB"}});
  for (const StepTime& time : times) {
    table.rows.push_back({time.density, time.sparse, time.masked, time.masked / time.sparse,
                          time.bytes * 1e-6, time.dense_bytes * 1e-6});
  }
  return table;
}

Figure time_figure(const std::vector<StepTime>& times, std::string name, std::string title,
                   const std::string& note) {
  Panel time{.title = "processor time of a training step",
             .x = {.label = "active weights (share)", .log = true},
             .y = {.label = "ms", .log = true}};
  Panel bytes{.title = "memory of the training's state",
              .x = {.label = "active weights (share)", .log = true},
              .y = {.label = "MB", .log = true}};
  Series sparse{.label = "non-zeros alone", .style = Style::kLinePoints},
      masked{.label = "zeros in dense matrices", .style = Style::kLinePoints};
  Series sparse_bytes = sparse, masked_bytes = masked;
  for (const StepTime& one : times) {
    for (Series* series : {&sparse, &masked, &sparse_bytes, &masked_bytes}) {
      series->x.push_back(one.density);
    }
    sparse.y.push_back(one.sparse);
    masked.y.push_back(one.masked);
    sparse_bytes.y.push_back(one.bytes * 1e-6);
    masked_bytes.y.push_back(one.dense_bytes * 1e-6);
  }
  time.series = {std::move(sparse), std::move(masked)};
  bytes.series = {std::move(sparse_bytes), std::move(masked_bytes)};
  return {.name = std::move(name),
          .title = std::move(title),
          .caption =
              "Medians of steps of both kinds in turn, on the machine and threads of this run: "
              "unlike all others, these numbers differ from run to run. Nothing is zero at 1." +
              note,
          .panels = {std::move(time), std::move(bytes)}};
}

}  // namespace

Rendering Itop::render(const Config& config, const Result& result) {
  const Sweep mlp{"S1", config.densities, sorted(config.intervals)},
      cifar{"S2", config.cifar_densities, sorted(config.cifar_intervals)},
      conv{"S4", config.conv_densities, sorted(config.conv_intervals)};
  Rendering rendering{
      .tables = {trainings_table(result)},
      .figures = {interval_figure(mlp, result, "accuracy-interval",
                                  "Test accuracy against the wait between updates of the topology"),
                  exploration_figure(config, result),
                  methods_figure(mlp, result, "methods",
                                 "Rewired sparse networks beside dense ones, masks and pruning")}};
  if (config.cifar_epochs > 0) {
    rendering.figures.push_back(
        interval_figure(cifar, result, "accuracy-augmented",
                        "Test accuracy where training images are moved and mirrored"));
  }
  if (config.conv_epochs > 0) {
    rendering.figures.push_back(methods_figure(
        conv, result, "convolutions", "A convolutional network: rewired, fixed and dense"));
  }
  const auto add_times = [&](const char* task, const std::string& name, const std::string& of,
                             const std::string& note) {
    const auto found = result.kernels.find(task);
    if (found == result.kernels.end() || found->second.times.empty()) return;
    const auto& times = found->second.times;
    rendering.tables.push_back(time_table(
        times, name, "A training step" + of + " by the clock, and the state that it updates"));
    rendering.figures.push_back(
        time_figure(times, name,
                    "What a training step" + of + " saves when only the non-zeros are kept", note));
  };
  add_times("S1", "step-time", "", "");
  add_times(
      "S4", "step-time-convolutions", " of the convolutional network",
      " Layers are sparse as in a training: a first convolution, of one channel, has zeros in a "
      "dense matrix on both sides, and so have layers that are denser than break-even.");
  return rendering;
}

}  // namespace surplus::apps
