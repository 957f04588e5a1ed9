#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/studies/itml.h"
#include "apps/studies/itml/data.h"
#include "apps/studies/itml/reference.h"

namespace surplus::apps {
namespace {

using namespace itml;
using Result = Itml::Result;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Colours by role, the same in every figure.
constexpr std::size_t kTestColor = 0;
constexpr std::size_t kTrainColor = 1;
constexpr std::size_t kReferenceColor = 6;

using Value = double MetricFit::*;

Statistic over_splits(const CurvePoint& point, Value value) {
  return statistic(point.splits, [&](const MetricFit& fit) { return fit.*value; });
}

const ReferenceAccuracies* reference_at(const CurveDesign& design, std::size_t pairs) {
  if (design.standardized || design.gamma != 1 || design.authors || design.sweeps != 100) {
    return nullptr;
  }
  const auto* found = std::ranges::find(kAccuracies, pairs, &ReferenceAccuracies::pairs);
  return found == kAccuracies.end() ? nullptr : found;
}

Table curve_table(const Result& result) {
  Table table = table_of("breast-cancer", "Z: accuracies on breast cancer, means over splits",
                         {{"curve"},
                          {"pairs"},
                          {"logistic_train", "share"},
                          {"logistic_test", "share"},
                          {"logistic_test_se", "share"},
                          {"logistic_test_reference", "share"},
                          {"nearest_mean_train", "share"},
                          {"nearest_mean_test", "share"},
                          {"nearest_mean_test_se", "share"},
                          {"nearest_mean_test_reference", "share"},
                          {"svm_train", "share"},
                          {"svm_test", "share"},
                          {"unpenalized_logistic_train", "share"},
                          {"unpenalized_logistic_test", "share"},
                          {"lda_test", "share"},
                          {"4nn_test", "share"},
                          {"4nn_test_reference", "share"}});
  for (const Curve& curve : result.curves) {
    for (const CurvePoint& point : curve.points) {
      const auto mean = [&](Value value) { return over_splits(point, value).mean; };
      const auto error = [&](Value value) { return over_splits(point, value).standard_error; };
      const ReferenceAccuracies* reference = reference_at(curve.design, point.pairs);
      table.rows.push_back(
          {name_of(curve.design), static_cast<double>(point.pairs),
           mean(&MetricFit::logistic_train), mean(&MetricFit::logistic_test),
           error(&MetricFit::logistic_test),
           reference != nullptr ? reference->logistic_test : kNone, mean(&MetricFit::mean_train),
           mean(&MetricFit::mean_test), error(&MetricFit::mean_test),
           reference != nullptr ? reference->mean_test : kNone, mean(&MetricFit::svm_train),
           mean(&MetricFit::svm_test), mean(&MetricFit::free_train), mean(&MetricFit::free_test),
           mean(&MetricFit::lda_test), mean(&MetricFit::knn_test),
           reference != nullptr ? reference->knn_test : kNone});
    }
  }
  return table;
}

// Work is counted, not timed: a projection costs 4 d^2 operations.
Table cost_table(const Result& result) {
  Table table = table_of("convergence", "Z: the fits of the metric, means over splits",
                         {{"curve"},
                          {"pairs"},
                          {"sweeps"},
                          {"projections"},
                          {"megaflop"},
                          {"converged", "share"},
                          {"dual_change"},
                          {"log_det"},
                          {"identical_rows", "share of pairs"},
                          {"similar", "share of pairs"}});
  for (const Curve& curve : result.curves) {
    for (const CurvePoint& point : curve.points) {
      if (point.pairs == 0) continue;
      const auto mean = [&](Value value) { return over_splits(point, value).mean; };
      const auto pairs = static_cast<double>(point.pairs);
      const double projections = mean(&MetricFit::sweeps) * pairs;
      table.rows.push_back({name_of(curve.design), pairs, mean(&MetricFit::sweeps), projections,
                            projections * 4 * 81 / 1e6, mean(&MetricFit::converged),
                            mean(&MetricFit::dual_change), mean(&MetricFit::log_det),
                            mean(&MetricFit::skipped) / pairs, mean(&MetricFit::similar)});
    }
  }
  return table;
}

struct Method {
  const char* name;
  double Errors::*error;
  double ReferenceErrors::*reference;  // null if there is none
  std::size_t color;
};
const std::vector<Method> kMethods = {
    {"Euclidean", &Errors::euclid, &ReferenceErrors::euclid, 4},
    {"inverse covariance", &Errors::inverse_covariance, &ReferenceErrors::inverse_covariance, 3},
    {"ITML", &Errors::itml, &ReferenceErrors::itml, 0},
    {"ITML, slack by CV", &Errors::itml_cv, &ReferenceErrors::itml_cv, 2},
    {"ITML, inv. cov. prior", &Errors::itml_prior, &ReferenceErrors::itml_prior, 5},
    {"LEGO, online", &Errors::lego, nullptr, 1},
};

double reference_error(const NeighborCell& cell, const Method& method) {
  for (const ReferenceErrors& known : kErrors) {
    if (method.reference != nullptr && known.set == cell.set &&
        known.standardized == cell.standardized) {
      return known.*method.reference;
    }
  }
  return kNone;
}

Statistic error_of(const NeighborCell& cell, const Method& method) {
  return statistic(cell.repeats, [&](const Errors& errors) { return errors.*method.error; });
}

Table neighbors_table(const NeighborTable& neighbors) {
  Table table =
      table_of("nearest-neighbors",
               "U: errors of 4-nearest-neighbor classification, two-fold cross-validation",
               {{"set"},
                {"features"},
                {"metric"},
                {"error", "share"},
                {"error_se", "share"},
                {"reference", "share"}});
  for (const NeighborCell& cell : neighbors.cells) {
    for (const Method& method : kMethods) {
      const Statistic error = error_of(cell, method);
      if (std::isnan(error.mean)) continue;
      table.rows.push_back({cell.set, std::string(cell.standardized ? "z" : "raw"),
                            std::string(method.name), error.mean, error.standard_error,
                            reference_error(cell, method)});
    }
  }
  return table;
}

Table sets_table(const NeighborTable& neighbors) {
  Table table = table_of("data-sets", "U: the data sets",
                         {{"set"}, {"rows"}, {"features"}, {"classes"}, {"pairs"}, {"source"}});
  for (const NeighborCell& cell : neighbors.cells) {
    if (cell.standardized) continue;
    const std::string source = cell.set == "balance-scale"     ? "generated from its definition"
                               : download_of(cell.set).empty() ? "bundled"
                                                               : "downloaded";
    table.rows.push_back({cell.set, static_cast<double>(cell.rows),
                          static_cast<double>(cell.features), static_cast<double>(cell.classes),
                          static_cast<double>(cell.pairs), source});
  }
  for (const std::string& set : neighbors.absent) {
    table.rows.push_back({set, kNone, kNone, kNone, kNone,
                          fmt::format("left out: surplus data fetch {}", download_of(set))});
  }
  return table;
}

Table separation_table(const std::vector<Separation>& separations) {
  Table table = table_of(
      "class-separation", "S: class separation of iris, one row per draw",
      {{"bounds"}, {"draw"}, {"score"}, {"similar_bound"}, {"different_bound"}, {"sweeps"}});
  for (const Separation& separation : separations) {
    for (std::size_t i = 0; i < separation.fits.size(); ++i) {
      const SeparationFit& fit = separation.fits[i];
      table.rows.push_back({std::string(separation.plain ? "plain" : "squared"),
                            static_cast<double>(i), fit.score, fit.similar_bound,
                            fit.different_bound, fit.sweeps});
    }
  }
  return table;
}

Series series_of(const Curve& curve, std::string label, Value value, std::size_t color,
                 bool dashed = false) {
  Series series{.label = std::move(label),
                .style = Series::Style::kLinePoints,
                .x = {},
                .y = {},
                .color = color,
                .dashed = dashed};
  for (const CurvePoint& point : curve.points) {
    if (point.pairs == 0) continue;
    const Statistic mean = over_splits(point, value);
    series.x.push_back(static_cast<double>(point.pairs));
    series.y.push_back(mean.mean);
    series.error.push_back(mean.standard_error);
  }
  return series;
}

Panel pairs_panel(std::string title, std::string label) {
  Panel panel{std::move(title),
              {.label = "pair constraints = dual variables", .log = true},
              {.label = std::move(label)}};
  panel.references = {
      {ReferenceLine::Direction::kVertical, static_cast<double>(kMetricEntries), ""},
      {ReferenceLine::Direction::kVertical, static_cast<double>(kTraining), ""}};
  return panel;
}

// Without any pair the metric is Euclidean: a line across the panel.
void add_euclid(Panel& panel, const Curve& curve, Value value) {
  if (curve.points.empty() || curve.points.front().pairs != 0) return;
  panel.references.push_back({ReferenceLine::Direction::kHorizontal,
                              over_splits(curve.points.front(), value).mean, "Euclidean, test"});
}

Panel train_test_panel(const Curve& curve, std::string title, Value train, Value test,
                       double ReferenceAccuracies::*known) {
  Panel panel = pairs_panel(std::move(title), "accuracy (share)");
  panel.series = {series_of(curve, "training", train, kTrainColor),
                  series_of(curve, "test", test, kTestColor)};
  Series reference{.label = "independent computation, test",
                   .style = Series::Style::kPoints,
                   .x = {},
                   .y = {},
                   .color = kReferenceColor};
  for (const CurvePoint& point : curve.points) {
    const ReferenceAccuracies* at = reference_at(curve.design, point.pairs);
    if (at == nullptr || point.pairs == 0) continue;
    reference.x.push_back(static_cast<double>(point.pairs));
    reference.y.push_back(at->*known);
  }
  if (!reference.x.empty()) panel.series.push_back(std::move(reference));
  add_euclid(panel, curve, test);
  return panel;
}

// The curve with slack 1, or the first.
const Curve* main_curve(const Result& result, bool standardized) {
  const Curve* found = nullptr;
  for (const Curve& curve : result.curves) {
    if (curve.design.standardized != standardized || curve.design.authors) continue;
    if (found == nullptr || (curve.design.gamma == 1 && found->design.gamma != 1)) found = &curve;
  }
  return found;
}

Figure curve_figure(const Result& result) {
  Figure figure{
      "accuracy-by-constraints",
      "More constraints than examples do not overfit; few of them hurt most",
      "Mean over random splits into 450 training and 233 test examples, whiskers one standard "
      "error. Dashed verticals: 45, the free entries of the metric, and 450, the training "
      "examples. "
      "Each pair has a dual variable, a parameter, of its own.",
      {}};
  const Curve* raw = main_curve(result, false);
  if (raw != nullptr) {
    figure.panels.push_back(train_test_panel(*raw, "Nearest class mean", &MetricFit::mean_train,
                                             &MetricFit::mean_test,
                                             &ReferenceAccuracies::mean_test));
    figure.panels.push_back(train_test_panel(*raw, "L2-logistic regression, C = 1",
                                             &MetricFit::logistic_train, &MetricFit::logistic_test,
                                             &ReferenceAccuracies::logistic_test));
    // One scale for both, or the second would look as rough as the first.
    double low = 1, high = 0;
    for (const Panel& panel : figure.panels) {
      for (const Series& series : panel.series) {
        low = std::min(low, *std::ranges::min_element(series.y));
        high = std::max(high, *std::ranges::max_element(series.y));
      }
    }
    for (Panel& panel : figure.panels) {
      panel.y.min = std::floor((low - .004) * 100) / 100;
      panel.y.max = std::ceil((high + .004) * 100) / 100;
    }
  }
  return figure;
}

Figure variants_figure(const Result& result) {
  Figure figure{"slack-and-scaling",
                "The harder the constraints, the deeper the dip",
                "Test accuracy of the nearest class mean and of L2-logistic regression for several "
                "slacks: the "
                "price of missing a bound. Whiskers: one standard error over splits.",
                {}};
  for (const bool standardized : {false, true}) {
    Panel mean = pairs_panel(
        standardized ? "Nearest class mean, z-scored features" : "Nearest class mean, raw features",
        "test accuracy (share)");
    Panel logistic =
        pairs_panel(standardized ? "L2-logistic, z-scored features" : "L2-logistic, raw features",
                    "test accuracy (share)");
    std::size_t color = 0;
    for (const Curve& curve : result.curves) {
      if (curve.design.standardized != standardized) continue;
      const std::string label = name_of(curve.design).substr(standardized ? 3 : 5);
      mean.series.push_back(series_of(curve, label, &MetricFit::mean_test, color));
      logistic.series.push_back(series_of(curve, label, &MetricFit::logistic_test, color));
      ++color;
    }
    if (mean.series.size() < 2) continue;  // accuracy-by-constraints shows it already
    figure.panels.push_back(std::move(mean));
    figure.panels.push_back(std::move(logistic));
  }
  return figure;
}

Figure controls_figure(const Result& result) {
  Figure figure{
      "controls",
      "Rules that an invertible map cannot change stay flat",
      "The learned map is invertible: logistic regression without a penalty and linear "
      "discriminants "
      "predict the same before and after it, so that the metric acts through the penalty or the "
      "rule alone.",
      {}};
  const Curve* raw = main_curve(result, false);
  if (raw == nullptr) return figure;
  Panel flat = pairs_panel("Affine-invariant rules", "test accuracy (share)");
  flat.series = {series_of(*raw, "logistic, no penalty", &MetricFit::free_test, 0),
                 series_of(*raw, "linear discriminant", &MetricFit::lda_test, 1)};
  Panel bent = pairs_panel("Rules that see the metric", "test accuracy (share)");
  bent.series = {series_of(*raw, "nearest class mean", &MetricFit::mean_test, 2),
                 series_of(*raw, "4 nearest neighbors", &MetricFit::knn_test, 3),
                 series_of(*raw, "linear SVM, C = 1", &MetricFit::svm_test, 4),
                 series_of(*raw, "L2-logistic, C = 1", &MetricFit::logistic_test, 5)};
  double low = 1, high = 0;
  for (const Panel* panel : {&flat, &bent}) {
    for (const Series& series : panel->series) {
      low = std::min(low, *std::ranges::min_element(series.y));
      high = std::max(high, *std::ranges::max_element(series.y));
    }
  }
  for (Panel* panel : {&flat, &bent}) {
    panel->y.min = std::floor((low - .004) * 100) / 100;
    panel->y.max = std::ceil((high + .004) * 100) / 100;
    figure.panels.push_back(std::move(*panel));
  }
  return figure;
}

Figure neighbors_figure(const NeighborTable& neighbors) {
  std::string caption =
      "Errors of 4-nearest-neighbor classification in two-fold cross-validation; whiskers: one "
      "standard error over repeats. Points: an independent computation.";
  for (const std::string& set : neighbors.absent) {
    caption += fmt::format(" Left out: {} (surplus data fetch {}).", set, download_of(set));
  }
  Figure figure{"nearest-neighbors",
                "ITML lowers the error of nearest neighbors, most where scales mislead",
                caption,
                {}};
  figure.columns = 1;
  for (const bool standardized : {false, true}) {
    Panel panel{standardized ? "z-scored features" : "Raw features",
                {},
                {.label = "misclassified (share)", .min = 0}};
    Series points{.label = "independent computation",
                  .style = Series::Style::kPoints,
                  .x = {},
                  .y = {},
                  .color = kReferenceColor};
    std::vector<Method> shown;
    for (const Method& method : kMethods) {
      const bool any = std::ranges::any_of(neighbors.cells, [&](const NeighborCell& cell) {
        return !std::isnan(error_of(cell, method).mean);
      });
      if (any) shown.push_back(method);
    }
    for (std::size_t m = 0; m < shown.size(); ++m) {
      Series bars{.label = shown[m].name,
                  .style = Series::Style::kBars,
                  .x = {},
                  .y = {},
                  .color = shown[m].color};
      double x = 0;
      for (const NeighborCell& cell : neighbors.cells) {
        if (cell.standardized != standardized) continue;
        if (m == 0) panel.x.categories.push_back(cell.set);
        const Statistic error = error_of(cell, shown[m]);
        bars.x.push_back(x);
        bars.y.push_back(error.mean);
        bars.error.push_back(error.standard_error);
        const double known = reference_error(cell, shown[m]);
        if (!std::isnan(known)) {
          // The bars of a set share 0.8 of the step.
          const auto count = static_cast<double>(shown.size());
          points.x.push_back(x + .8 * ((static_cast<double>(m) + .5) / count - .5));
          points.y.push_back(known);
        }
        ++x;
      }
      panel.series.push_back(std::move(bars));
    }
    if (panel.x.categories.empty()) continue;
    if (!points.x.empty()) panel.series.push_back(std::move(points));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure separation_figure(const std::vector<Separation>& separations) {
  Panel panel{"Iris, 200 similar and 200 dissimilar pairs",
              {.label = "draws, in the order of their score (share)", .min = 0, .max = 1},
              {.label = "class separation"}};
  for (const Separation& separation : separations) {
    Series series{
        .label = separation.plain ? "bounds from plain distances" : "bounds from squared distances",
        .style = Series::Style::kLinePoints,
        .x = {},
        .y = {}};
    for (const SeparationFit& fit : separation.fits) series.y.push_back(fit.score);
    std::ranges::sort(series.y);
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      series.x.push_back((static_cast<double>(i) + .5) / static_cast<double>(series.y.size()));
    }
    panel.series.push_back(std::move(series));
  }
  panel.references = {{ReferenceLine::Direction::kHorizontal, .2, "limits .2 and .17"},
                      {ReferenceLine::Direction::kHorizontal, .17, ""}};
  return {"class-separation",
          "The learned metric draws the classes of iris apart, whatever the draw of pairs",
          "Mean distance within a class over mean distance to the others, averaged over classes; "
          "the lower the better.",
          {panel}};
}

Figure convergence_figure(const Result& result) {
  Panel change = pairs_panel("How far from convergence", "relative dual change of the last sweep");
  Panel work = pairs_panel("The work", "projections of one fit");
  change.y.log = work.y.log = true;
  std::size_t color = 0;
  for (const Curve& curve : result.curves) {
    if (curve.design.standardized) continue;
    const std::string label = name_of(curve.design).substr(5);
    change.series.push_back(series_of(curve, label, &MetricFit::dual_change, color));
    change.series.back().error.clear();
    Series projections = series_of(curve, label, &MetricFit::sweeps, color);
    projections.error.clear();
    for (std::size_t i = 0; i < projections.x.size(); ++i) projections.y[i] *= projections.x[i];
    work.series.push_back(std::move(projections));
    ++color;
  }
  return {"convergence",
          "Beyond the entries of the metric the constraints contradict one another",
          "From about 100 pairs on, the fits end at the limit of sweeps with dual variables that "
          "still move; accuracy no longer does. A projection costs 4 d\u00b2 = 324 operations.",
          {change, work}};
}

}  // namespace

Rendering Itml::render(const Config&, const Result& result) {
  Rendering rendering{
      {curve_table(result), neighbors_table(result.neighbors), sets_table(result.neighbors),
       separation_table(result.separations), cost_table(result)},
      {}};
  for (Figure& figure :
       std::vector{curve_figure(result), neighbors_figure(result.neighbors),
                   variants_figure(result), controls_figure(result),
                   separation_figure(result.separations), convergence_figure(result)}) {
    if (!figure.panels.empty() && !figure.panels.front().series.empty()) {
      rendering.figures.push_back(std::move(figure));
    }
  }
  return rendering;
}

}  // namespace surplus::apps
