#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/studies/sop.h"

namespace surplus::apps {
namespace {

using namespace sop;
using Style = Series::Style;

// A colour for each method, the same in every figure.
std::size_t color_of(Method method) {
  switch (method) {
    case Method::kCrossEntropy:
      return 1;
    case Method::kElr:
      return 2;
    case Method::kGce:
      return 4;
    case Method::kSopPaper:
      return 5;
    case Method::kSop:
      return 0;
    case Method::kForward:
    case Method::kCoTeaching:
    case Method::kSopPlus:
      return 3;
    case Method::kSmoothing:
    case Method::kTruncated:
    case Method::kEstimated:
    case Method::kMixup:
    case Method::kAux:
    case Method::kRdi:
      break;
  }
  return 6;
}

std::string noise_name(const Group& group) { return std::string(to_text(group.noise)); }

std::string title_of(const Group& group) {
  return fmt::format("{}, {:g} % {}", group.title, 100 * group.rate, noise_name(group));
}

Table accuracy_table(const std::vector<Group>& groups) {
  Table table = table_of("accuracy", "Test accuracy at the last, best and early-stopped epoch",
                         {{"task"},
                          {"noise"},
                          {"rate"},
                          {"wrong_labels", "share"},
                          {"method"},
                          {"seeds"},
                          {"last", "%"},
                          {"last_se", "%"},
                          {"best", "%"},
                          {"best_se", "%"},
                          {"best_epoch"},
                          {"stopped", "%"},
                          {"stopped_se", "%"}});
  for (const Group& group : groups) {
    for (std::size_t m = 0; m < group.methods.size(); ++m) {
      const auto& seeds = group.trainings[m];
      const Statistic last = statistic(seeds, [](const Training& t) { return 100 * t.last(); });
      const Statistic best = statistic(seeds, [](const Training& t) { return 100 * t.best(); });
      const Statistic stopped =
          statistic(seeds, [](const Training& t) { return 100 * t.stopped(); });
      table.rows.push_back(
          {group.task, noise_name(group), group.rate,
           statistic(seeds, [](const Training& t) { return t.summary.wrong; }).mean,
           std::string(to_text(group.methods[m])), static_cast<double>(seeds.size()), last.mean,
           last.standard_error, best.mean, best.standard_error,
           statistic(seeds, [](const Training& t) { return static_cast<double>(t.best_epoch()); })
               .mean,
           stopped.mean, stopped.standard_error});
    }
  }
  return table;
}

Table memory_table(const std::vector<Group>& groups) {
  Table table = table_of("memorisation", "What was memorised and what was detected, last epoch",
                         {{"task"},
                          {"noise"},
                          {"rate"},
                          {"method"},
                          {"fits_noisy_labels", "share"},
                          {"memorised_wrong", "share"},
                          {"recovered_wrong", "share"},
                          {"auc_of_loss"},
                          {"auc_of_noise"},
                          {"auc_with_ties"},
                          {"corrected_labels", "share"},
                          {"mean_u"},
                          {"largest_v"}});
  for (const Group& group : groups) {
    for (std::size_t m = 0; m < group.methods.size(); ++m) {
      const auto mean = [&](auto value) { return statistic(group.trainings[m], value).mean; };
      table.rows.push_back(
          {group.task, noise_name(group), group.rate, std::string(to_text(group.methods[m])),
           mean([](const Training& t) -> double { return t.epochs.back().noisy; }),
           mean([](const Training& t) -> double { return t.epochs.back().memorized; }),
           mean([](const Training& t) -> double { return t.epochs.back().recovered; }),
           mean([](const Training& t) { return t.summary.loss_auc; }),
           mean([](const Training& t) { return t.summary.noise_auc; }),
           mean([](const Training& t) { return t.summary.ties_auc; }),
           mean([](const Training& t) { return t.summary.corrected; }),
           mean([](const Training& t) { return t.summary.mean_u2; }),
           mean([](const Training& t) { return t.summary.most_v; })});
    }
  }
  return table;
}

// Where the labels come from, so that they can be had again and recognised.
Table noise_table(const std::vector<Group>& groups) {
  Table table = table_of("noise", "Noisy labels of the trainings, by seed",
                         {{"task"},
                          {"noise"},
                          {"rate"},
                          {"source"},
                          {"seed"},
                          {"wrong_labels", "share"},
                          {"fingerprint"}});
  for (const Group& group : groups) {
    for (const Training& t : *group.find(Method::kCrossEntropy)) {
      table.rows.push_back({group.task, noise_name(group), group.rate,
                            group.noise >= Noise::kAggregate ? "CIFAR-10_human.pt" : "drawn",
                            static_cast<double>(t.design.seed), t.summary.wrong,
                            t.summary.fingerprint});
    }
  }
  return table;
}

Table alpha_table(const std::vector<Training>& trainings) {
  Table table = table_of("step-sizes", "T0, 40 %: step sizes and starts of SOP, one seed",
                         {{"learning_rate"},
                          {"method"},
                          {"alpha_u"},
                          {"alpha_v"},
                          {"start"},
                          {"last", "%"},
                          {"best", "%"},
                          {"memorised_wrong", "share"},
                          {"corrected_labels", "share"},
                          {"auc_of_noise"}});
  for (const Training& t : trainings) {
    const bool sop = t.design.method == Method::kSop;
    const auto number = [&](double value) { return sop ? Table::Cell(value) : std::string(); };
    table.rows.push_back({t.design.learning_rate, std::string(to_text(t.design.method)),
                          number(t.design.alpha_u), number(t.design.alpha_v),
                          number(t.design.start_scale), 100 * t.last(), 100 * t.best(),
                          double{t.epochs.back().memorized}, number(t.summary.corrected),
                          number(t.summary.noise_auc)});
  }
  return table;
}

Table clock_table(const std::vector<ClockPoint>& points) {
  Table table = table_of("clock", "Visits of one sample until v wakes up",
                         {{"alpha_v"}, {"batch"}, {"start"}, {"predicted"}, {"measured"}});
  for (const ClockPoint& p : points) {
    table.rows.push_back({p.alpha_v, p.batch, p.start_scale, p.predicted, p.measured});
  }
  return table;
}

// The mean over seeds of a value of each epoch.
template <typename Value>
Series curve(std::string label, const std::vector<Training>& seeds, std::size_t color,
             const Value& value, bool dashed = false) {
  Series series{.label = std::move(label), .x = {}, .y = {}, .color = color, .dashed = dashed};
  for (std::size_t e = 0; e < seeds.front().epochs.size(); ++e) {
    series.x.push_back(static_cast<double>(e + 1));
    series.y.push_back(100 * statistic(seeds, [&](const Training& t) -> double {
                               return value(t.epochs[e]);
                             }).mean);
  }
  return series;
}

constexpr Method kShown[] = {Method::kCrossEntropy, Method::kGce, Method::kElr, Method::kSop,
                             Method::kSopPlus};

std::vector<const Group*> noisy_groups(const std::vector<Group>& groups, std::string_view task) {
  std::vector<const Group*> some;
  for (const Group& group : groups) {
    if (group.task == task && group.rate > 0) some.push_back(&group);
  }
  return some;
}

Figure curve_figure(const std::vector<Group>& groups, const std::string& task) {
  Figure figure{"curves-" + task,
                "Cross-entropy rises early and then unlearns; SOP stays where it was best",
                "Test accuracy after each epoch, means over seeds. Dashed: training samples of "
                "which the noisy label is predicted, for cross-entropy and SOP; the grey line is "
                "the share of right labels. As the paper's figure 1.",
                {}};
  for (const Group* group : noisy_groups(groups, task)) {
    Panel panel{title_of(*group), {.label = "epoch"}, {.label = "%", .min = 0, .max = 100}, {}};
    for (const Method method : kShown) {
      const auto* seeds = group->find(method);
      if (seeds == nullptr) continue;
      panel.series.push_back(curve(std::string(to_text(method)), *seeds, color_of(method),
                                   [](const Epoch& e) { return e.test; }));
    }
    for (const Method method : {Method::kCrossEntropy, Method::kSop}) {
      panel.series.push_back(curve(
          fmt::format("{}, fits noisy labels", to_text(method)), *group->find(method),
          color_of(method), [](const Epoch& e) { return e.noisy; }, true));
    }
    const double right = 1 - statistic(*group->find(Method::kSop), [](const Training& t) {
                               return t.summary.wrong;
                             }).mean;
    panel.references.push_back(
        {ReferenceLine::Direction::kHorizontal, 100 * right, "right labels"});
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure memory_figure(const std::vector<Group>& groups, const std::string& task) {
  Figure figure{"memorisation-" + task,
                "What cross-entropy memorises, SOP's noise variables take up",
                "Wrongly labelled training samples of which the wrong label is predicted. Dashed: "
                "those of which the true one is.",
                {}};
  for (const Group* group : noisy_groups(groups, task)) {
    Panel panel{title_of(*group), {.label = "epoch"}, {.label = "%", .min = 0, .max = 100}, {}};
    for (const Method method : kShown) {
      const auto* seeds = group->find(method);
      if (seeds == nullptr) continue;
      panel.series.push_back(curve(std::string(to_text(method)), *seeds, color_of(method),
                                   [](const Epoch& e) { return e.memorized; }));
    }
    for (const Method method : kShown) {
      const auto* seeds = group->find(method);
      if (seeds == nullptr) continue;
      panel.series.push_back(curve(
          "", *seeds, color_of(method), [](const Epoch& e) { return e.recovered; }, true));
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

// Last, best and early-stopped epochs side by side, a panel for each noise.
Figure epoch_figure(const std::vector<Group>& groups, const std::string& task) {
  Figure figure{"last-and-best-" + task,
                "SOP needs no early stopping",
                "Test accuracy at the last epoch, at the best one (which takes clean labels to "
                "know), and at the best on held-out noisy labels; whiskers: standard errors over "
                "seeds.",
                {}};
  for (const Group* group : noisy_groups(groups, task)) {
    Panel panel{title_of(*group), {.label = ""}, {.label = "test accuracy (%)", .min = 0}, {}};
    const auto bars = [&](std::string label, std::size_t color, auto value) {
      Series series{.label = std::move(label),
                    .style = Style::kBars,
                    .x = {},
                    .y = {},
                    .error = {},
                    .color = color};
      for (std::size_t m = 0; m < group->methods.size(); ++m) {
        const Statistic mean = statistic(group->trainings[m], value);
        series.x.push_back(static_cast<double>(m));
        series.y.push_back(100 * mean.mean);
        series.error.push_back(100 * mean.standard_error);
      }
      panel.series.push_back(std::move(series));
    };
    bars("last", 0, [](const Training& t) { return t.last(); });
    bars("best", 4, [](const Training& t) { return t.best(); });
    bars("stopped early", 5, [](const Training& t) { return t.stopped(); });
    for (const Method method : group->methods) panel.x.categories.emplace_back(to_text(method));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure detection_figure(const std::vector<Group>& groups, const std::vector<std::string>& tasks) {
  Figure figure{
      "detection",
      "The noise variables tell wrong labels from right ones",
      "Area under the ROC curve of detectors of wrong labels at the last epoch, symmetric "
      "noise: U + max V of SOP, and the cross-entropy of a sample's label.",
      {}};
  for (const std::string& task : tasks) {
    Panel panel{"", {.label = "noise, nominal (%)"}, {.label = "AUC", .max = 1}, {}};
    const auto line = [&](std::string label, Method method, bool dashed, auto value) {
      Series series{.label = std::move(label),
                    .style = Style::kLinePoints,
                    .x = {},
                    .y = {},
                    .color = color_of(method),
                    .dashed = dashed};
      for (const Group* group : noisy_groups(groups, task)) {
        panel.title = group->title;
        const auto* seeds = group->find(method);
        if (seeds == nullptr || group->noise != Noise::kSymmetric) continue;
        series.x.push_back(100 * group->rate);
        series.y.push_back(statistic(*seeds, value).mean);
      }
      if (!series.x.empty()) panel.series.push_back(std::move(series));
    };
    line("sop, U + max V", Method::kSop, false,
         [](const Training& t) { return t.summary.noise_auc; });
    line("sop, loss", Method::kSop, true, [](const Training& t) { return t.summary.loss_auc; });
    line("elr, loss", Method::kElr, true, [](const Training& t) { return t.summary.loss_auc; });
    line("ce, loss", Method::kCrossEntropy, true,
         [](const Training& t) { return t.summary.loss_auc; });
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure clock_figure(const sop::Trainings& trainings, const std::vector<ClockPoint>& points) {
  Panel clock{"One sample",
              {.label = "visits, predicted", .log = true},
              {.label = "visits, measured", .log = true},
              {}};
  Series series{.style = Style::kPoints, .x = {}, .y = {}, .color = 0};
  for (const ClockPoint& p : points) {
    series.x.push_back(p.predicted);
    series.y.push_back(p.measured);
  }
  clock.series.push_back(std::move(series));
  clock.references.push_back({ReferenceLine::Direction::kDiagonal, 0, ""});
  Figure figure{
      "clock",
      "The activation clock says when SOP wakes up",
      "Left: visits until v^2 > 1/2 against ln(1 / start) / ln(1 + 4 alpha_v / B). Right: "
      "samples with a v above 1e-6, in trainings at 40 % noise.",
      {std::move(clock)}};
  Panel awake{"Trainings", {.label = "epoch"}, {.label = "awake (%)", .min = 0}, {}};
  const auto add = [&](const char* label, const Training& t, std::size_t color) {
    awake.series.push_back(curve(label, {t}, color, [](const Epoch& e) { return e.awake; }));
  };
  const std::vector<const Group*> groups = noisy_groups(trainings.groups, kSynthetic);
  const auto at_40 = std::ranges::find(groups, 0.4, &Group::rate);
  add("alpha (100, 100) from 1e-4", (*at_40)->find(Method::kSop)->front(), 0);
  for (const Training& t : trainings.alphas) {
    const Design& d = t.design;
    if (d.method != Method::kSop || d.learning_rate != 0.02 || d.start_scale != 1e-8) continue;
    if (d.alpha_u == 10) add("(10, 10) from 1e-8", t, 1);
    if (d.alpha_u == 100) add("(100, 100) from 1e-8", t, 2);
  }
  add("(.1, 1) from 1e-8", trainings.asleep, 3);
  figure.panels.push_back(std::move(awake));
  return figure;
}

}  // namespace

Rendering Sop::render(const Config&, const Result& result) {
  const auto& groups = result.trainings.groups;
  std::vector<std::string> tasks;
  for (const Group& group : groups) {
    if (std::ranges::find(tasks, group.task) == tasks.end()) tasks.push_back(group.task);
  }
  Rendering rendering{{accuracy_table(groups), memory_table(groups), noise_table(groups),
                       clock_table(result.clock)},
                      {}};
  if (!result.trainings.alphas.empty()) {
    rendering.tables.push_back(alpha_table(result.trainings.alphas));
  }
  for (const std::string& task : tasks) {
    if (noisy_groups(groups, task).empty()) continue;
    for (Figure figure :
         {curve_figure(groups, task), epoch_figure(groups, task), memory_figure(groups, task)}) {
      std::ranges::transform(figure.name, figure.name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      rendering.figures.push_back(std::move(figure));
    }
  }
  rendering.figures.push_back(detection_figure(groups, tasks));
  rendering.figures.push_back(clock_figure(result.trainings, result.clock));
  return rendering;
}

}  // namespace surplus::apps
