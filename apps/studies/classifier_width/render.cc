#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/classifier_width.h"
#include "apps/studies/classifier_width/lookups.h"
#include "apps/studies/classifier_width/reference.h"

namespace surplus::apps {
namespace {

using namespace classifier_width;
using Result = ClassifierWidth::Result;
using Direction = ReferenceLine::Direction;
using Style = Series::Style;

constexpr std::size_t kTestColor = 0, kTrainColor = 1, kReferenceColor = 6;

double whole(std::size_t n) { return static_cast<double>(n); }

std::vector<double> wholes(const std::vector<std::size_t>& values) {
  return {values.begin(), values.end()};
}

Table polynomial_table(const Result& result) {
  Table table = table_of("polynomials", "A: polynomials through 21 points, orders 1 to 20",
                         {{"order"},
                          {"train_mse"},
                          {"train_mse_se"},
                          {"test_mse_median"},
                          {"test_mse_quartile_1"},
                          {"test_mse_quartile_3"},
                          {"test_mse_mean"},
                          {"inner_test_mse_median"},
                          {"reference_test_mse"}});
  for (const OrderFit& fit : result.polynomials.orders) {
    const auto* row = std::ranges::find(kOrderTest, fit.order, &Printed::at);
    table.rows.push_back(
        {fit.order, fit.train, fit.train_error, fit.test, fit.test_quartile_1, fit.test_quartile_3,
         fit.test_mean, fit.inner,
         row == kOrderTest.end() ? std::numeric_limits<double>::quiet_NaN() : row->value});
  }
  return table;
}

Table choice_table(const Result& result) {
  Table table =
      table_of("order-selection", "A: the order chosen from the sample alone",
               {{"rule"}, {"order_median"}, {"from_4_to_6", "share"}, {"test_mse_median"}});
  for (std::size_t i = 0; i < kOrderRules.size(); ++i) {
    const OrderChoice& choice = result.polynomials.choices[i];
    table.rows.push_back(
        {std::string(to_text(kOrderRules[i])), choice.order, choice.near_best, choice.test});
  }
  return table;
}

Table ridge_table(const Result& result) {
  Table table = table_of("ridge", "A: order 20 with a penalty",
                         {{"lambda"},
                          {"train_mse"},
                          {"test_mse_median"},
                          {"test_mse_quartile_1"},
                          {"test_mse_quartile_3"},
                          {"leave_one_out_median"}});
  for (const RidgeFit& fit : result.ridge) {
    table.rows.push_back({fit.lambda, fit.train, fit.test, fit.test_quartile_1, fit.test_quartile_3,
                          fit.leave_one_out});
  }
  return table;
}

std::vector<const StudentCurve*> all_students(const Result& result) {
  std::vector<const StudentCurve*> curves = {&result.many, &result.many_clean};
  for (const StudentCurve& curve : result.decayed) curves.push_back(&curve);
  if (result.stopped) curves.push_back(&*result.stopped);
  if (result.shortened) curves.push_back(&*result.shortened);
  curves.insert(curves.end(), {&result.few, &result.few_clean});
  for (const auto* some : {&result.complex, &result.lawrence}) {
    for (const StudentCurve& curve : *some) curves.push_back(&curve);
  }
  return curves;
}

Table student_table(std::string name, std::string title,
                    const std::vector<const StudentCurve*>& curves, std::size_t inputs) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"design"},
                          {"examples"},
                          {"noise"},
                          {"units"},
                          {"weights"},
                          {"train_mse_median"},
                          {"test_mse_median"},
                          {"test_mse_quartile_1"},
                          {"test_mse_quartile_3"},
                          {"ensemble_test_mse_median"},
                          {"updates_median"}});
  for (const StudentCurve* curve : curves) {
    for (std::size_t i = 0; i < curve->design.widths.size(); ++i) {
      const std::vector<double> test = values_at(*curve, i, &StudentFit::test);
      const std::size_t units = curve->design.widths[i];
      table.rows.push_back({curve->design.name, whole(curve->design.n), curve->design.noise,
                            whole(units), whole(weights_of(inputs, units)),
                            median(values_at(*curve, i, &StudentFit::train)), median(test),
                            quantile(test, .25), quantile(test, .75),
                            median(values_at(*curve, i, &StudentFit::ensemble)),
                            median(values_at(*curve, i, &StudentFit::updates))});
    }
  }
  return table;
}

Table class_table(const ClassCurve& curve) {
  Table table = table_of("two-classes", "C: two classes with flipped labels, random features",
                         {{"features"},
                          {"train_error", "share"},
                          {"test_error_median", "share"},
                          {"test_error_quartile_1", "share"},
                          {"test_error_quartile_3", "share"},
                          {"ridge_train_error", "share"},
                          {"ridge_test_error_median", "share"},
                          {"ridge_lambda_median"}});
  for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
    const std::vector<double> test = values_at(curve, i, &ClassFit::test_error);
    table.rows.push_back({whole(curve.design.widths[i]),
                          median(values_at(curve, i, &ClassFit::train_error)), median(test),
                          quantile(test, .25), quantile(test, .75),
                          median(values_at(curve, i, &ClassFit::ridge_train_error)),
                          median(values_at(curve, i, &ClassFit::ridge_test_error)),
                          median(values_at(curve, i, &ClassFit::lambda))});
  }
  return table;
}

Series line(std::string label, std::vector<double> x, std::vector<double> y, std::size_t color) {
  return {.label = std::move(label),
          .style = Style::kLinePoints,
          .x = std::move(x),
          .y = std::move(y),
          .color = color};
}

Series dashed(std::string label, std::vector<double> x, std::vector<double> y, std::size_t color) {
  Series series = line(std::move(label), std::move(x), std::move(y), color);
  series.style = Style::kLine;
  series.dashed = true;
  return series;
}

// One point a seed, in place of a box.
Series points(std::string label, const StudentCurve& curve, double StudentFit::*value,
              std::size_t color) {
  Series series{
      .label = std::move(label), .style = Style::kPoints, .x = {}, .y = {}, .color = color};
  for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
    for (const double one : values_at(curve, i, value)) {
      series.x.push_back(whole(curve.design.widths[i]));
      series.y.push_back(one);
    }
  }
  return series;
}

Series printed(std::string label, std::span<const Printed> rows) {
  Series series{.label = std::move(label),
                .style = Style::kPoints,
                .x = {},
                .y = {},
                .color = kReferenceColor};
  for (const Printed& row : rows) {
    series.x.push_back(row.at);
    series.y.push_back(row.value);
  }
  return series;
}

const Axis kUnitAxis{.label = "hidden units h", .log = true};

Figure sides_figure(const Result& result) {
  std::vector<double> order, train, test, mean;
  for (const OrderFit& fit : result.polynomials.orders) {
    order.push_back(fit.order);
    train.push_back(fit.order < kMostOrder ? fit.train : std::numeric_limits<double>::quiet_NaN());
    test.push_back(fit.test);
  }
  const Axis error{.label = "mean squared error", .log = true, .min = 1e-3, .max = 1e4};
  Figure figure{
      "both-sides",
      "Polynomials overfit; networks with seven times the parameters do not",
      "Fits to sin(x / 3) at x = 0, 1 ... 20 with noise. Test errors are medians, on 201 "
      "points and against the curve without noise; training errors of polynomials are "
      "means, and 0 at order 20. Black: an independent computation.",
      {{"Polynomials, least squares",
        {.label = "order"},
        error,
        {line("test", order, test, kTestColor), line("training", order, train, kTrainColor),
         printed("independent computation", kOrderTest)}}}};
  if (result.curve_students) {
    const StudentCurve& curve = *result.curve_students;
    figure.panels.push_back(
        {"Networks 1-h-1, on-line back-propagation",
         kUnitAxis,
         error,
         {line("", wholes(curve.design.widths), medians(curve, &StudentFit::test), kTestColor),
          line("", wholes(curve.design.widths), medians(curve, &StudentFit::train), kTrainColor),
          printed("", kCurveTest)}});
  }
  return figure;
}

Figure fits_figure(const Result& result) {
  const std::vector<double> grid = grid_points();
  std::vector<double> x(kPoints), truth = grid;
  std::iota(x.begin(), x.end(), 0.0);
  for (double& y : truth) y = true_curve(y);
  Figure figure{"fits",
                "Order 20 passes through every point and between none; 50 hidden units stay smooth",
                "One sample, as on the first page of Lawrence, Giles and Tsoi. Dashed: the curve "
                "without noise.",
                {},
                3};
  const Curves& curves = result.curves;
  for (std::size_t i = 0; i < curves.curves.size(); ++i) {
    if (i == 1) continue;  // order 5, the best, is in the table alone
    const bool network = i == curves.orders.size();
    figure.panels.push_back(
        {network ? "50 hidden units, 151 weights" : fmt::format("Order {:g}", curves.orders[i]),
         {.label = "x"},
         {.label = "y", .min = -2.0, .max = 2.0},
         {{.label = i == 0 ? "fit" : "", .x = grid, .y = curves.curves[i], .color = kTestColor},
          {.label = i == 0 ? "sample" : "",
           .style = Style::kPoints,
           .x = x,
           .y = curves.sample,
           .color = kTrainColor},
          {.label = i == 0 ? "sin(x / 3)" : "",
           .x = grid,
           .y = truth,
           .color = kReferenceColor,
           .dashed = true}}});
  }
  figure.columns = 2;
  return figure;
}

Figure ridge_figure(const Result& result) {
  std::vector<double> lambda, test, out, low;
  for (const RidgeFit& fit : result.ridge) {
    if (fit.lambda == 0) continue;
    lambda.push_back(fit.lambda);
    test.push_back(fit.test);
    out.push_back(fit.leave_one_out);
    low.push_back(fit.train);
  }
  return {
      "ridge",
      "A penalty saves even order 20",
      "Ridge regression on orthonormal Legendre polynomials of order 20, against the penalty "
      "lambda, times n. The residuals that leave one point out find the best from the sample "
      "alone; they have the variance of the noise, .0208, in them.",
      {{"",
        {.label = "lambda", .log = true},
        {.label = "mean squared error", .log = true},
        {line("test, median", lambda, test, kTestColor),
         line("leave one out, median", lambda, out, 2), line("training", lambda, low, kTrainColor),
         printed("independent computation", std::span(kRidgeTest).subspan(1))},
        {{Direction::kHorizontal, .25 / 12, "variance of the noise"}}}},
      1};
}

Panel student_panel(const StudentCurve& curve, std::string title, bool labels,
                    std::span<const Printed> test, std::span<const Printed> train,
                    double threshold) {
  const std::vector<double> x = wholes(curve.design.widths);
  Panel panel{
      std::move(title),
      kUnitAxis,
      {.label = "mean squared error", .log = true},
      {points("", curve, &StudentFit::test, kTestColor),
       line(labels ? "test, median and each seed" : "", x, medians(curve, &StudentFit::test),
            kTestColor),
       line(labels ? "training, median" : "", x, medians(curve, &StudentFit::train), kTrainColor)}};
  if (!test.empty()) panel.series.push_back(printed(labels ? "independent computation" : "", test));
  if (!train.empty()) panel.series.push_back(printed("", train));
  if (threshold > 0) {
    panel.references.push_back(
        {Direction::kVertical, threshold, labels ? "as many weights as examples" : ""});
  }
  return panel;
}

Figure many_figure(const Result& result) {
  return {
      "width-and-noise",
      "With noise more units fit better and predict worse; without, they hardly matter",
      fmt::format("Students of a teacher with 10 hidden units, {} examples, {} updates; test "
                  "targets have variance 1 and no noise. Left is what Zhou's figure 1(b) shows.",
                  result.many.design.n, result.many.design.updates),
      {student_panel(result.many, "Noise as large as the target", true, kManyTest, kManyTrain, 0),
       student_panel(result.many_clean, "No noise", false, kManyClean, {}, 0)}};
}

Figure few_figure(const Result& result) {
  // (20 + 2) h + 1 = n
  const double threshold = (whole(result.few.design.n) - 1) / (kInputs + 2);
  const auto panel = [&](const StudentCurve& curve, std::string title, bool labels,
                         std::span<const Printed> test) {
    Panel made = student_panel(curve, std::move(title), labels, test, {}, threshold);
    made.y = {.label = "mean squared error", .min = 0.0, .max = 2.0};
    return made;
  };
  return {"second-descent",
          "With few examples the error peaks where weights match them, and falls again",
          fmt::format("The same with {} examples and {} updates: students with many times the "
                      "teacher's units err less than those of its size, with noise and without.",
                      result.few.design.n, result.few.design.updates),
          {panel(result.few, "Noise half as large as the target", true, kFewTest),
           panel(result.few_clean, "No noise", false, kFewClean)}};
}

Figure control_figure(const Result& result) {
  const auto tests = [](const StudentCurve& curve, std::string label, std::size_t color) {
    return line(std::move(label), wholes(curve.design.widths), medians(curve, &StudentFit::test),
                color);
  };
  Panel panel{"", kUnitAxis, {.label = "test error, median", .log = true}, {}};
  panel.series.push_back(
      tests(result.many, fmt::format("{} updates", result.many.design.updates), kTestColor));
  if (result.many.design.members > 1) {
    panel.series.push_back(dashed(fmt::format("ensemble of {}", result.many.design.members),
                                  wholes(result.many.design.widths),
                                  medians(result.many, &StudentFit::ensemble), kTestColor));
  }
  std::size_t color = 1;
  if (result.shortened) {
    panel.series.push_back(tests(
        *result.shortened, fmt::format("{} updates", result.shortened->design.updates), color++));
  }
  if (result.stopped) panel.series.push_back(tests(*result.stopped, "stopped early", color++));
  for (const StudentCurve& curve : result.decayed) {
    panel.series.push_back(
        tests(curve, fmt::format("weight decay {:g}", curve.design.decay), color++));
  }
  return {"controls",
          "Decay, early stopping and less training flatten the U",
          "2000 examples with noise, as above. Early stopping holds out a part of the examples and "
          "keeps the weights that err least on it.",
          {std::move(panel)},
          1};
}

Figure class_figure(const ClassCurve& curve) {
  const std::vector<double> x = wholes(curve.design.widths);
  return {
      "two-classes",
      "A classifier on random features errs most where it can just fit flipped labels",
      fmt::format("{} examples, {:g} % of their labels flipped; medians of {} seeds; test labels "
                  "are not flipped. Ridge: the penalty by leave-one-out residuals.",
                  curve.design.n, 100 * curve.design.flipped, curve.design.seeds),
      {{"",
        {.label = "random features N", .log = true},
        {.label = "share of errors", .min = 0.0},
        {line("test", x, medians(curve, &ClassFit::test_error), kTestColor),
         line("training", x, medians(curve, &ClassFit::train_error), kTrainColor),
         dashed("test, ridge", x, medians(curve, &ClassFit::ridge_test_error), kTestColor),
         dashed("training, ridge", x, medians(curve, &ClassFit::ridge_train_error), kTrainColor)},
        {{Direction::kVertical, whole(curve.design.n), "N = n"}}}},
      1};
}

Figure complexity_figure(const Result& result) {
  Figure figure{"complexity",
                "Harder targets are learned worse, with the same shape",
                "Teachers with weights uniform on [-K, K]; medians of test errors.",
                {}};
  const auto add = [](Panel& panel, const StudentCurve& curve) {
    panel.series.push_back(line(fmt::format("K = {:g}", curve.design.complexity),
                                wholes(curve.design.widths), medians(curve, &StudentFit::test),
                                panel.series.size()));
  };
  const auto panel = [&](bool noisy) {
    Panel made{
        noisy ? "With noise" : "Without noise", kUnitAxis, {.label = "test error, median"}, {}};
    add(made, noisy ? result.few : result.few_clean);
    for (const StudentCurve& curve : result.complex) {
      if ((curve.design.noise > 0) == noisy) add(made, curve);
    }
    return made;
  };
  figure.panels = {panel(true), panel(false)};
  return figure;
}

Figure lawrence_figure(const Result& result) {
  Figure figure{
      "lawrence",
      "The paper's own students: sizes beyond the teacher's 10 units",
      "A panel a number of examples, without noise; a point a run, lines through medians.",
      {},
      3};
  for (const StudentCurve& curve : result.lawrence) {
    if (curve.design.noise > 0) continue;
    const std::string title = fmt::format("{} examples", curve.design.n);
    if (figure.panels.empty() || figure.panels.back().title != title) {
      figure.panels.push_back(
          {title, {.label = "hidden units h"}, {.label = "test error", .log = true}, {}});
    }
    Panel& panel = figure.panels.back();
    const std::size_t color = panel.series.size() / 2;
    panel.series.push_back(points("", curve, &StudentFit::test, color));
    panel.series.push_back(
        line(figure.panels.size() == 1 ? fmt::format("K = {:g}", curve.design.complexity) : "",
             wholes(curve.design.widths), medians(curve, &StudentFit::test), color));
  }
  return figure;
}

}  // namespace

Rendering ClassifierWidth::render(const Config&, const Result& result) {
  Rendering rendering;
  rendering.tables = {polynomial_table(result), choice_table(result), ridge_table(result),
                      student_table("students", "B: students of a teacher with 10 hidden units",
                                    all_students(result), kInputs)};
  rendering.figures = {sides_figure(result), many_figure(result), few_figure(result),
                       fits_figure(result), ridge_figure(result)};
  if (result.curve_students) {
    rendering.tables.push_back(
        student_table("networks-on-21-points", "A': networks 1-h-1", {&*result.curve_students}, 1));
  }
  if (!result.decayed.empty()) rendering.figures.push_back(control_figure(result));
  if (result.classes) {
    rendering.tables.push_back(class_table(*result.classes));
    rendering.figures.push_back(class_figure(*result.classes));
  }
  if (!result.complex.empty()) rendering.figures.push_back(complexity_figure(result));
  if (!result.lawrence.empty()) rendering.figures.push_back(lawrence_figure(result));
  return rendering;
}

}  // namespace surplus::apps
