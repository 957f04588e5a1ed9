#include "apps/studies/two_layer_capacity/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace surplus::apps::two_layer_capacity {
namespace {

using Style = Series::Style;

// Colours by role, the same in every figure.
constexpr std::size_t kTrainColor = 5, kTestColor = 0, kCapacityColor = 0, kImpactColor = 1;
constexpr std::size_t kRandomColor = 1, kGuideColor = 6;
constexpr const char* kShape = "density over its maximum";

Axis width_axis() { return {.label = "hidden units h", .log = true}; }

// A mean over seeds against the width, with its standard error.
template <typename Value>
Series series_of(const Sweep& sweep, std::string label, std::size_t color, const Value& value) {
  Series series{.label = std::move(label), .style = Style::kLinePoints, .color = color};
  for (std::size_t w = 0; w < sweep.widths.size(); ++w) {
    const Statistic mean = statistic(sweep.networks[w], value);
    series.x.push_back(sweep.widths[w]);
    series.y.push_back(mean.mean);
    if (sweep.networks[w].size() > 1) series.error.push_back(mean.standard_error);
  }
  return series;
}

// One panel per set.
template <typename MakePanel>
Figure one_panel_each(std::string name, std::string title, std::string caption,
                      const std::vector<SetResult>& sets, const MakePanel& panel) {
  Figure figure{std::move(name), std::move(title), std::move(caption), {}};
  for (const SetResult& set : sets) figure.panels.push_back(panel(set));
  figure.columns = std::min<std::size_t>(figure.panels.size(), 3);
  return figure;
}

Figure error_figure(const std::vector<SetResult>& sets) {
  return one_panel_each(
      "errors", "The test error falls with the width, far beyond the width that fits the data",
      "Share of wrong answers after training to the same loss; whiskers: standard errors over "
      "seeds. Figures 1, 4 and 8 of the paper.",
      sets, [](const SetResult& set) {
        return Panel{set.title,
                     width_axis(),
                     {.label = "error", .min = 0},
                     {series_of(set.sweep, "training", kTrainColor,
                                [](const Network& n) { return n.train_error; }),
                      series_of(set.sweep, "test", kTestColor,
                                [](const Network& n) { return n.test_error; })}};
      });
}

Figure unit_figure(const std::vector<SetResult>& sets) {
  return one_panel_each(
      "units", "Each unit moves less and matters less, about as 1/sqrt(h) or faster",
      "Mean unit capacity ||u_i - u0_i|| and mean unit impact ||v_i||, in logarithms; a dashed "
      "line falls as 1/sqrt(h). Figures 1 and 4 of the paper.",
      sets, [](const SetResult& set) {
        Panel panel{set.title,
                    width_axis(),
                    {.label = "mean over units", .log = true},
                    {series_of(set.sweep, "capacity", kCapacityColor,
                               [](const Network& n) { return n.mean_capacity; }),
                     series_of(set.sweep, "impact", kImpactColor,
                               [](const Network& n) { return n.mean_impact; })}};
        Series guide{.label = "1/sqrt(h)", .color = kGuideColor, .dashed = true};
        const Series& capacity = panel.series.front();
        for (const double h : {capacity.x.front(), capacity.x.back()}) {
          guide.x.push_back(h);
          guide.y.push_back(capacity.y.front() * std::sqrt(capacity.x.front() / h));
        }
        panel.series.push_back(std::move(guide));
        return panel;
      });
}

Figure norm_figure(const std::vector<SetResult>& sets) {
  Figure figure{
      "norms",
      "The distance from the start falls with the width, the norm of the first layer does "
      "not",
      "Left the second layer V, right the first layer U. Figures 2, 6 and 7 of the paper.",
      {}};
  for (const SetResult& set : sets) {
    figure.panels.push_back(
        {set.title + ", V",
         width_axis(),
         {.label = "norm", .log = true},
         {series_of(set.sweep, "Frobenius", 0, [](const Network& n) { return n.v_frobenius; }),
          series_of(set.sweep, "spectral", 1, [](const Network& n) { return n.v_spectral; }),
          series_of(set.sweep, "distance from the start", 2,
                    [](const Network& n) { return n.v_distance; })}});
    figure.panels.push_back(
        {set.title + ", U",
         width_axis(),
         {.label = "norm", .log = true},
         {series_of(set.sweep, "Frobenius", 0, [](const Network& n) { return n.u_frobenius; }),
          series_of(set.sweep, "spectral", 1, [](const Network& n) { return n.u_spectral; }),
          series_of(set.sweep, "distance from the start", 2,
                    [](const Network& n) { return n.u_distance; })}});
  }
  return figure;
}

// Gaussian kernels on points, their bandwidth by Silverman's rule, from `low` to `high`.
Series density(std::string label, std::size_t color, std::vector<double> points, double low,
               double high) {
  constexpr std::size_t kPoints = 160;
  const auto n = static_cast<double>(points.size());
  std::ranges::sort(points);
  const Statistic mean = statistic(points, [](double x) { return x; });
  const double spread = mean.standard_error * std::sqrt(n);
  const double quartiles = points[points.size() * 3 / 4] - points[points.size() / 4];
  const double narrow = quartiles > 0 ? std::min(spread, quartiles / 1.34) : spread;
  const double bandwidth = std::max(0.9 * narrow * std::pow(n, -0.2), (high - low) / kPoints);
  Series series{.label = std::move(label), .color = color};
  for (std::size_t i = 0; i <= kPoints; ++i) {
    const double x = low + (high - low) * static_cast<double>(i) / kPoints;
    double sum = 0;
    for (const double point : points) {
      const double z = (x - point) / bandwidth;
      sum += std::exp(-z * z / 2);
    }
    series.x.push_back(x);
    series.y.push_back(sum / (n * bandwidth * std::sqrt(2 * std::numbers::pi)));
  }
  return series;
}

// The same over its maximum, where heights are so different that only shapes can be compared.
Series shape(std::string label, std::size_t color, std::vector<double> points, double low,
             double high) {
  Series series = density(std::move(label), color, std::move(points), low, high);
  const double top = *std::ranges::max_element(series.y);
  for (double& y : series.y) y /= top;
  return series;
}

// All seeds' points together.
template <typename Value>
std::vector<double> points_of(const std::vector<Network>& seeds, const Value& value) {
  std::vector<double> points;
  for (const Network& n : seeds) {
    for (const double x : value(n)) points.push_back(x);
  }
  return points;
}

// Up to five widths, the first and the last among them.
std::vector<std::size_t> some_widths(const Sweep& sweep) {
  const std::size_t last = sweep.widths.size() - 1, count = std::min<std::size_t>(last, 4);
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i <= count; ++i) {
    some.push_back(count == 0 ? 0 : (i * last + count / 2) / count);
  }
  return some;
}

Figure distribution_figure(const std::vector<SetResult>& sets) {
  Figure figure{"distributions",
                "Units of wide networks hardly move, and hardly turn from their start",
                "Densities over hidden units of the angle between u_i and its start, and of the "
                "unit capacity, all seeds together. Figure 2 of the paper.",
                {}};
  for (const SetResult& set : sets) {
    Panel angles{
        set.title, {.label = "angle (degrees)", .min = 0, .max = 180}, {.label = "density"}};
    Panel capacities{set.title, {.label = "unit capacity", .min = 0}, {.label = kShape}};
    const std::vector<std::size_t> widths = some_widths(set.sweep);
    double most = 0;
    for (const std::size_t w : widths) {
      const auto points =
          points_of(set.sweep.networks[w], [](const Network& n) { return n.capacities; });
      most = std::max(most, *std::ranges::max_element(points));
    }
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const auto& seeds = set.sweep.networks[widths[i]];
      const std::string label = fmt::format("h = {:g}", set.sweep.widths[widths[i]]);
      angles.series.push_back(
          density(label, i, points_of(seeds, [](const Network& n) { return n.angles; }), 0, 180));
      const auto points = points_of(seeds, [](const Network& n) { return n.capacities; });
      capacities.series.push_back(shape(label, i, points, 0, 1.1 * most));
    }
    figure.panels.push_back(std::move(angles));
    figure.panels.push_back(std::move(capacities));
  }
  return figure;
}

Figure term_figure(const std::vector<SetResult>& sets) {
  Figure figure{"measures",
                "Of the terms in which U moves only the unit-wise one falls",
                "The terms of the paper's table 1 without constants: of measures 2 (l1-max), 4 and "
                "5 (spectral) and 6 (the paper's own). Figures 3, 6 and 7 of the paper.",
                {}};
  for (const SetResult& set : sets) {
    const auto panel = [&](const char* title, std::vector<Series> series) {
      figure.panels.push_back({fmt::format("{}: {}", set.title, title),
                               width_axis(),
                               {.label = "value", .log = true},
                               std::move(series)});
    };
    const auto term = [&](const char* label, std::size_t color, std::size_t i) {
      return series_of(set.sweep, label, color, [&](const Network& n) { return n.terms[i]; });
    };
    panel("l1-max", {series_of(set.sweep, "first measure", 3,
                               [](const Network& n) { return n.measures[1]; })});
    figure.panels.back().series[0].label = "both layers";
    panel("spectral and L1", {term("V moved", 0, 0), term("U moved", 1, 1)});
    panel("spectral and Frobenius", {term("V moved", 0, 2), term("U moved", 1, 3)});
    panel("ours", {term("start of U", 2, 4), term("U moved", 1, 5)});
  }
  return figure;
}

Figure epoch_figure(const std::vector<SetResult>& sets) {
  return one_panel_each(
      "epochs", "Wider networks need fewer epochs",
      "Epochs until the running cross-entropy is below the threshold. Figure 4 of the paper.", sets,
      [](const SetResult& set) {
        Panel panel{set.title,
                    width_axis(),
                    {.label = "epochs", .log = true},
                    {series_of(set.sweep, "true labels", kTestColor,
                               [](const Network& n) { return n.epochs; })}};
        if (!set.random_labels.widths.empty()) {
          panel.series.push_back(series_of(
              set.random_labels, fmt::format("random labels, {} images", set.random_labels.samples),
              kRandomColor, [](const Network& n) { return n.epochs; }));
        }
        return panel;
      });
}

Figure bound_figure(const std::vector<SetResult>& sets) {
  constexpr std::array<const char*, kBounds> kLabels = {"VC (Harvey et al.)",
                                                        "l1-max (Bartlett, Mendelson)",
                                                        "Frobenius (Neyshabur et al. 2015)",
                                                        "spectral-L1 (Bartlett et al.)",
                                                        "spectral-Frobenius (PAC-Bayes)",
                                                        "unit-wise (this paper)"};
  constexpr std::array<std::size_t, kBounds> kColors = {6, 3, 4, 2, 1, 0};
  Figure figure{
      "bounds",
      "The unit-wise bound falls with the width where the others grow",
      "Capacities C of bounds of the kind sqrt(C/m), as the theorems say, from h = 64 on. "
      "Left as they are, the number of samples m as a grey line; right each over its "
      "maximum. Figures 5 and 8 of the paper.",
      {}};
  for (const SetResult& set : sets) {
    Panel raw{set.title, width_axis(), {.label = "C", .log = true}};
    Panel normalized{set.title, width_axis(), {.label = "C over its maximum", .min = 0}};
    for (std::size_t b = 0; b < kBounds; ++b) {
      Series all = series_of(set.sweep, kLabels[b], kColors[b],
                             [&](const Network& n) { return n.bounds[b]; });
      Series series{.label = all.label, .style = all.style, .color = all.color};
      for (std::size_t w = 0; w < all.x.size(); ++w) {
        if (all.x[w] < kWide) continue;
        series.x.push_back(all.x[w]);
        series.y.push_back(all.y[w]);
      }
      raw.series.push_back(series);
      double most = 0;
      for (const double y : series.y) most = std::max(most, std::isnan(y) ? 0 : y);
      for (double& y : series.y) y /= most;
      normalized.series.push_back(std::move(series));
    }
    raw.references.push_back(
        {ReferenceLine::Direction::kHorizontal, static_cast<double>(set.sweep.samples), "m"});
    figure.panels.push_back(std::move(raw));
    figure.panels.push_back(std::move(normalized));
  }
  return figure;
}

Figure margin_figure(const std::vector<SetResult>& sets) {
  Figure figure{"margins",
                "Normalized margins tell true from random labels",
                "Density of training margins over ||U - U0||_F ||V||_F, all seeds together, of "
                "the narrowest and the widest network trained on both. Figure 4 of the paper.",
                {}};
  for (const SetResult& set : sets) {
    const std::size_t count = set.random_labels.widths.size();
    for (std::size_t w = 0; w < count; w += std::max<std::size_t>(count - 1, 1)) {
      const auto value = [](const Network& n) {
        Quantiles points = n.margins;
        for (double& point : points) point /= n.terms[5];
        return points;
      };
      const auto fitted = points_of(set.true_labels.networks[w], value);
      const auto random = points_of(set.random_labels.networks[w], value);
      const double low = std::min(0.0, *std::ranges::min_element(random));
      const double high = *std::ranges::max_element(fitted);
      figure.panels.push_back({fmt::format("{}, {} images, h = {:g}", set.title,
                                           set.true_labels.samples, set.true_labels.widths[w]),
                               {.label = "normalized margin"},
                               {.label = kShape},
                               {shape("true labels", kTestColor, fitted, low, high),
                                shape("random labels", kRandomColor, random, low, high)}});
    }
  }
  return figure;
}

}  // namespace

std::vector<Figure> figures_of(const std::vector<SetResult>& sets) {
  std::vector<Figure> figures = {error_figure(sets), unit_figure(sets),         bound_figure(sets),
                                 norm_figure(sets),  distribution_figure(sets), term_figure(sets),
                                 epoch_figure(sets)};
  const bool random = std::ranges::any_of(
      sets, [](const SetResult& set) { return !set.random_labels.widths.empty(); });
  if (random) figures.push_back(margin_figure(sets));
  return figures;
}

}  // namespace surplus::apps::two_layer_capacity
