#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/double_descent.h"
#include "apps/studies/double_descent/lookups.h"
#include "apps/studies/double_descent/reference.h"

namespace surplus::apps {
namespace {

using namespace double_descent;
using Result = DoubleDescent::Result;
using Direction = ReferenceLine::Direction;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kTestColor = 0, kTrainColor = 1, kReferenceColor = 6;

double whole(std::size_t n) { return static_cast<double>(n); }

ReferenceLine threshold(double at, std::string label) {
  return {Direction::kVertical, at, std::move(label)};
}

Table fixed_table(const Result& result) {
  Table table = table_of("fixed-sample", "1a: polynomials on 16 equispaced points",
                         {{"basis"},
                          {"type"},
                          {"features"},
                          {"lambda"},
                          {"train_mse"},
                          {"test_mse"},
                          {"norm"},
                          {"least_singular_value"},
                          {"largest_singular_value"},
                          {"rank"}});
  for (const FixedTable& one : result.fixed) {
    for (const FixedFit& fit : one.fits) {
      table.rows.push_back({one.basis, std::string(one.single ? "float" : "double"), fit.d,
                            fit.lambda, fit.train, fit.test, fit.norm, fit.smin, fit.smax,
                            fit.rank});
    }
  }
  return table;
}

Table draws_table(const DrawTable& draws, std::string name, std::string title) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"features"},
                          {"draws"},
                          {"test_mse_median"},
                          {"test_mse_quartile_1"},
                          {"test_mse_quartile_3"},
                          {"train_mse_median"},
                          {"norm_median"},
                          {"test_mse_median_cutoff_1e-3"},
                          {"test_mse_median_ridge_1e-3"},
                          {"test_mse_median_ridge_1e-1"},
                          {"reference_median"}});
  for (const DrawPoint& point : draws.points) {
    double reference = kNone;
    if (draws.design.cosine) {
      for (const ReferenceCosine& row : kCosine) {
        if (row.features == whole(point.features)) {
          reference = draws.design.n == 15 ? row.n15 : row.n16;
        }
      }
    } else {
      for (const ReferenceMedian& row : kMedians) {
        if (row.features == whole(point.features)) reference = row.median;
      }
    }
    table.rows.push_back({whole(point.features), whole(point.test[0].size()), median(point.test[0]),
                          quantile(point.test[0], .25), quantile(point.test[0], .75),
                          median(point.train), median(point.norm), median(point.test[1]),
                          median(point.test[2]), median(point.test[3]), reference});
  }
  return table;
}

Table linear_table(const Result& result) {
  Table table = table_of("linear-model", "1d: the linear model, n = 40 of d = 100",
                         {{"coordinates"}, {"risk"}, {"risk_measured"}, {"risk_se"}});
  for (const LinearPoint& point : result.linear) {
    table.rows.push_back({whole(point.p), point.exact, point.measured, point.standard_error});
  }
  return table;
}

// Of kFourierN, or none.
std::size_t reference_column(const FourierDesign& design) {
  const auto found = std::ranges::find(kFourierN, design.n);
  return design.images == "mnist" && design.kind == RandomFeature::kFourier
             ? static_cast<std::size_t>(found - kFourierN.begin())
             : kFourierN.size();
}

const ReferenceFourier* reference_at(const FourierDesign& design, double features) {
  if (reference_column(design) == kFourierN.size()) return nullptr;
  for (const ReferenceFourier& row : kFourier) {
    if (std::abs(row.ratio * whole(design.n) - features) <= 1) return &row;
  }
  return nullptr;
}

Table fourier_table(const std::vector<FourierSweep>& sweeps, std::string name, std::string title) {
  Table table = table_of(std::move(name), std::move(title),
                         {{"images"},
                          {"n"},
                          {"form"},
                          {"seed"},
                          {"features"},
                          {"test_error", "share"},
                          {"train_error", "share"},
                          {"test_loss"},
                          {"train_loss"},
                          {"scaled_norm"},
                          {"rank"},
                          {"condition_at_least"},
                          {"reference_test_error", "share"},
                          {"reference_norm"}});
  for (const FourierSweep& sweep : sweeps) {
    const FourierDesign& design = sweep.design;
    const std::size_t column = reference_column(design);
    for (const FourierPoint& point : sweep.points) {
      const ReferenceFourier* reference = reference_at(design, point.features);
      table.rows.push_back({design.images, whole(design.n), std::string(to_text(design.kind)),
                            whole(design.seed), point.features, point.test_error, point.train_error,
                            point.test_loss, point.train_loss, point.norm, point.rank,
                            point.condition, reference != nullptr ? reference->test[column] : kNone,
                            reference != nullptr ? reference->norm[column] : kNone});
    }
  }
  return table;
}

Table limits_table(const Result& result) {
  Table table = table_of("kernel-limit", "2: the kernel that ever more features tend to",
                         {{"images"}, {"n"}, {"test_error", "share"}, {"test_loss"}, {"norm"}});
  for (const auto& one : result.limits) {
    table.rows.push_back({one.design.images, whole(one.design.n), one.limit.test_error,
                          one.limit.test_loss, one.limit.norm});
  }
  return table;
}

double reference_network(const NetworkDesign& design, std::size_t width) {
  if (!design.reuse || design.noise > 0) return kNone;
  const auto find = [&](const auto& rows) {
    for (const ReferenceNetwork& row : rows) {
      if (row.n == whole(design.n) && row.width == whole(width)) return row.test;
    }
    return kNone;
  };
  return design.halved ? find(kNetworks) : find(kPaperNetworks);
}

Table network_table(const Result& result) {
  Table table = table_of("networks", "3: two-layer networks, medians over seeds",
                         {{"curve"},
                          {"hidden_units"},
                          {"parameters"},
                          {"train_loss"},
                          {"test_loss"},
                          {"test_loss_least"},
                          {"test_loss_largest"},
                          {"train_error", "share"},
                          {"test_error", "share"},
                          {"epochs"},
                          {"reference_test_loss"}});
  for (const NetworkCurve& curve : result.networks) {
    for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
      const std::size_t width = curve.design.widths[i];
      const auto losses = values_at(curve, i, &NetworkFit::test_loss);
      const auto middle = [&](double NetworkFit::*value) {
        return median(values_at(curve, i, value));
      };
      table.rows.push_back({curve.design.name, whole(width),
                            whole(network_parameters(curve.design.halved ? 196 : 784, width, 10)),
                            middle(&NetworkFit::train_loss), median(losses), quantile(losses, 0),
                            quantile(losses, 1), middle(&NetworkFit::train_error),
                            middle(&NetworkFit::test_error), middle(&NetworkFit::epochs),
                            reference_network(curve.design, width)});
    }
  }
  return table;
}

Table epochs_table(const Result& result) {
  Table table = table_of("epochs", "3: a network of 100 units, 20 % label noise, as it is trained",
                         {{"epoch"}, {"train_loss"}, {"test_loss"}, {"test_error", "share"}});
  for (const EpochPoint& point : result.epochs) {
    table.rows.push_back({point.epoch, point.train_loss, point.test_loss, point.test_error});
  }
  return table;
}

Series fixed_series(const Result& result, std::string_view basis, double lambda,
                    double FixedFit::*value, std::string label, std::size_t color) {
  Series series{.label = std::move(label), .style = Series::Style::kLinePoints, .color = color};
  for (const FixedTable& table : result.fixed) {
    if (table.basis != basis || table.single) continue;
    for (const FixedFit& fit : table.fits) {
      if (fit.lambda != lambda) continue;
      series.x.push_back(fit.d);
      series.y.push_back(fit.*value);
    }
  }
  return series;
}

Figure fixed_figure(const Result& result) {
  Panel bases{"Least norm in three bases",
              {.label = "features d", .log = true},
              {.label = "test error (MSE)", .log = true, .min = 1e-4, .max = 1e5}};
  bases.series = {
      fixed_series(result, "legendre", 0, &FixedFit::test, "Legendre", 0),
      fixed_series(result, "orthonormal legendre", 0, &FixedFit::test, "orthonormal Legendre", 2),
      fixed_series(result, "monomial", 0, &FixedFit::test, "monomials", 1)};
  bases.references = {threshold(16, "d = n")};
  Panel ridge{"Legendre, with a penalty",
              {.label = "features d", .log = true},
              {.label = "test error (MSE)", .log = true, .min = 1e-4, .max = 1e5}};
  std::size_t color = 0;
  for (const double lambda : {0.0, 1e-4, 1e-3, 1e-2, 1e-1}) {
    ridge.series.push_back(fixed_series(result, "legendre", lambda, &FixedFit::test,
                                        lambda == 0 ? "" : fmt::format("\u03bb = {:g}", lambda),
                                        color++));
  }
  ridge.references = {threshold(16, "")};
  return {
      "polynomials",
      "Sixteen points: the error of the smallest fit peaks at d = n and falls again",
      "Polynomials on 16 equispaced points of 2x\u00b3 - x with deviations of 0.2. Left: what is "
      "smallest depends on the basis, and monomials show no second descent. Right: a penalty "
      "takes the peak away. The model of four features, which holds the truth, stays the best.",
      {std::move(bases), std::move(ridge)}};
}

Series draw_series(const DrawTable& table, std::size_t method, std::string label,
                   std::size_t color) {
  Series series{.label = std::move(label), .style = Series::Style::kLinePoints, .color = color};
  for (const DrawPoint& point : table.points) {
    series.x.push_back(whole(point.features));
    series.y.push_back(median(point.test[method]));
  }
  return series;
}

Figure draws_figure(const Result& result) {
  Figure figure{"random-samples",
                "On random samples the peak is ten decades high",
                "Medians of test errors over samples of 16 points uniform on [-1, 1]; dotted: "
                "quartiles. Black: an independent computation.",
                {}};
  const DrawTable& table = *result.random;
  Panel cubic{"2x\u00b3 - x with noise, n = 16",
              {.label = "features d", .log = true},
              {.label = "test error (MSE)", .log = true}};
  constexpr std::array kColors = {0, 4, 2, 3};
  for (std::size_t method = 0; method < kMethods.size(); ++method) {
    cubic.series.push_back(draw_series(table, method, std::string(kMethods[method].name),
                                       static_cast<std::size_t>(kColors[method])));
  }
  for (const double q : {.25, .75}) {
    Series quartile{.x = {}, .y = {}, .color = 0, .dashed = true};
    for (const DrawPoint& point : table.points) {
      quartile.x.push_back(whole(point.features));
      quartile.y.push_back(quantile(point.test[0], q));
    }
    cubic.series.push_back(std::move(quartile));
  }
  Series reference{.label = "reference",
                   .style = Series::Style::kPoints,
                   .x = {},
                   .y = {},
                   .color = kReferenceColor};
  for (const ReferenceMedian& row : kMedians) {
    reference.x.push_back(row.features);
    reference.y.push_back(row.median);
  }
  cubic.series.push_back(std::move(reference));
  cubic.references = {threshold(16, "d = n")};
  figure.panels.push_back(std::move(cubic));
  if (result.cosine.empty()) return figure;
  Panel cosine{"2x + cos 25x, no noise, no constant",
               {.label = "features d", .log = true},
               {.label = "test error (MSE)", .log = true}};
  for (std::size_t i = 0; i < result.cosine.size(); ++i) {
    const DrawTable& one = result.cosine[i];
    const std::size_t color = 5 * i;
    cosine.series.push_back(draw_series(one, 0, fmt::format("n = {}", one.design.n), color));
    cosine.references.push_back(threshold(whole(one.design.n), ""));
  }
  figure.panels.push_back(std::move(cosine));
  return figure;
}

Figure linear_figure(const Result& result) {
  Panel panel{
      "", {.label = "coordinates p of 100"}, {.label = "risk", .log = true, .min = 0.5, .max = 50}};
  Series exact{.label = "closed form", .x = {}, .y = {}, .color = kReferenceColor};
  for (std::size_t p = 0; p <= kLinearFeatures; ++p) {
    const double risk = linear_risk(p, kLinearSamples, kLinearFeatures, kLinearVariance);
    exact.x.push_back(whole(p));
    exact.y.push_back(std::isfinite(risk) ? risk : kNone);
  }
  Series measured{.label = "measured",
                  .style = Series::Style::kPoints,
                  .x = {},
                  .y = {},
                  .error = {},
                  .color = kTestColor};
  for (const LinearPoint& point : result.linear) {
    measured.x.push_back(whole(point.p));
    measured.y.push_back(point.measured);
    measured.error.push_back(point.standard_error);
  }
  panel.series = {std::move(exact), std::move(measured)};
  panel.references = {threshold(whole(kLinearSamples), "p = n")};
  return {"linear-model",
          "A linear model does what its formula says",
          "Least squares of least norm on p of 100 coordinates, 40 samples, noise 0.2. The risk is "
          "infinite for p from 39 to 41.",
          {std::move(panel)}};
}

using FourierValue = double FourierPoint::*;

Series sweep_series(const FourierSweep& sweep, FourierValue value, std::string label,
                    std::size_t color) {
  Series series{.label = std::move(label), .style = Series::Style::kLinePoints, .color = color};
  for (const FourierPoint& point : sweep.points) {
    series.x.push_back(point.features / whole(sweep.design.n));
    const double y = point.*value;
    series.y.push_back(y > 0 ? y : kNone);
  }
  return series;
}

Figure fourier_figure(const Result& result) {
  const std::string images = result.fourier.front().design.images;
  Panel error{"Zero-one error",
              {.label = "features / n", .log = true},
              {.label = "test error (share)", .log = true}};
  Panel loss{"Squared loss",
             {.label = "features / n", .log = true},
             {.label = "loss, summed over outputs", .log = true}};
  Panel norm{"Norm", {.label = "features / n", .log = true}, {.label = "scaled norm", .log = true}};
  std::size_t color = 0;
  std::size_t n = 0;
  RandomFeature kind = RandomFeature::kFourier;
  for (const FourierSweep& sweep : result.fourier) {
    const bool first = n != sweep.design.n || kind != sweep.design.kind;
    if (first && n != 0) ++color;
    n = sweep.design.n;
    kind = sweep.design.kind;
    const std::string label =
        !first ? ""
               : fmt::format(
                     "n = {}{}", n,
                     kind == RandomFeature::kFourier ? "" : fmt::format(", {}", to_text(kind)));
    error.series.push_back(sweep_series(sweep, &FourierPoint::test_error, label, color % 6));
    Series train = sweep_series(sweep, &FourierPoint::train_loss, "", color % 6);
    train.dashed = true;
    for (double& y : train.y) y = y > 1e-3 ? y : kNone;
    loss.series.push_back(sweep_series(sweep, &FourierPoint::test_loss, "", color % 6));
    loss.series.push_back(std::move(train));
    norm.series.push_back(sweep_series(sweep, &FourierPoint::norm, "", color % 6));
  }
  const std::size_t column = reference_column(result.fourier.back().design);
  const bool paper = images == "mnist" && n == 10000;
  Series reference{.label = paper ? "the paper's figure" : fmt::format("reference, n = {}", n),
                   .style = Series::Style::kPoints,
                   .x = {},
                   .y = {},
                   .color = kReferenceColor};
  Series reference_norm = reference;
  reference_norm.label.clear();
  if (paper) {
    for (const PaperFourier& row : kPaperFourier) {
      reference.x.push_back(row.features / 1e4);
      reference.y.push_back(row.test);
    }
  } else if (column < kFourierN.size()) {
    for (const ReferenceFourier& row : kFourier) {
      reference.x.push_back(row.ratio);
      reference.y.push_back(row.test[column]);
      reference_norm.x.push_back(row.ratio);
      reference_norm.y.push_back(row.norm[column]);
    }
  }
  if (!reference.x.empty()) error.series.push_back(reference);
  if (!reference_norm.x.empty()) norm.series.push_back(reference_norm);
  for (const auto& one : result.limits) {
    error.references.push_back({Direction::kHorizontal, one.limit.test_error, ""});
    norm.references.push_back({Direction::kHorizontal, one.limit.norm, ""});
  }
  for (Panel* panel : {&error, &loss, &norm}) {
    panel->references.push_back(threshold(1, panel == &error ? "features = n" : ""));
  }
  return {
      "fourier-features",
      "Random features: worst where they can just fit, best with the most of them",
      fmt::format("Least squares of least norm on random Fourier features of the first n images "
                  "of {}. Dashed: training. Grey across: the kernel that ever more features "
                  "tend to. The height of the peak is a matter of luck and rounding, its place "
                  "is not.",
                  images),
      {std::move(error), std::move(loss), std::move(norm)},
      3};
}

Figure grid_figure(const Result& result) {
  HeatMap map{.values = {}, .label = "test error (share)"};
  Panel panel{"", {.label = "features"}, {.label = "training images"}};
  for (const FourierPoint& point : result.grid.front().points) {
    panel.x.categories.push_back(fmt::format("{:g}", point.features));
  }
  for (const FourierSweep& sweep : result.grid) {
    panel.y.categories.push_back(fmt::format("{}", sweep.design.n));
    std::vector<double> row;
    for (const FourierPoint& point : sweep.points) row.push_back(point.test_error);
    map.values.push_back(std::move(row));
  }
  panel.heat_map = std::move(map);
  return {
      "samples-and-features",
      "More training images hurt where they meet the number of features",
      "Random Fourier features of Fashion-MNIST. Along the ridge both are equal; upwards through "
      "it the error grows with the number of images.",
      {std::move(panel)}};
}

Series network_series(const NetworkCurve& curve, double NetworkFit::*value, std::string label,
                      std::size_t color, bool dashed) {
  Series series{.label = std::move(label),
                .style = Series::Style::kLinePoints,
                .x = {},
                .y = {},
                .color = color,
                .dashed = dashed};
  for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
    series.x.push_back(whole(curve.design.widths[i]));
    series.y.push_back(median(values_at(curve, i, value)));
  }
  return series;
}

Figure network_figure(const Result& result) {
  Figure figure{
      "networks",
      "With reuse of weights the loss breaks off at the threshold, where the starts change",
      "Two-layer networks on MNIST, squared loss summed over ten outputs, medians over "
      "seeds; dashed: training; black: an independent computation (the larger of two "
      "seeds) or the paper's figure. Below the threshold each net starts from the one "
      "before it, above at random: the cliff is not an effect of width alone.",
      {},
      2};
  for (const NetworkCurve& curve : result.networks) {
    const bool first = figure.panels.empty();
    Panel panel{curve.design.name,
                {.label = "hidden units", .log = true},
                {.label = "squared loss", .log = true, .min = 0.005, .max = 2}};
    panel.series = {
        network_series(curve, &NetworkFit::test_loss, first ? "test" : "", kTestColor, false),
        network_series(curve, &NetworkFit::train_loss, first ? "training" : "", kTrainColor, true)};
    Series reference{.label = first ? "reference" : "",
                     .style = Series::Style::kPoints,
                     .x = {},
                     .y = {},
                     .color = kReferenceColor};
    for (const std::size_t width : curve.design.widths) {
      const double loss = reference_network(curve.design, width);
      if (std::isnan(loss)) continue;
      reference.x.push_back(whole(width));
      reference.y.push_back(loss);
    }
    if (!reference.x.empty()) panel.series.push_back(std::move(reference));
    panel.references = {threshold(threshold_width(curve.design), first ? "parameters = 10 n" : "")};
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure epochs_figure(const Result& result) {
  Panel panel{"", {.label = "epoch", .log = true}, {.label = "squared loss", .log = true}};
  Series test{.label = "test", .x = {}, .y = {}, .color = kTestColor};
  Series train{.label = "training", .x = {}, .y = {}, .color = kTrainColor, .dashed = true};
  for (const EpochPoint& point : result.epochs) {
    test.x.push_back(point.epoch);
    test.y.push_back(point.test_loss);
    train.x.push_back(point.epoch);
    train.y.push_back(point.train_loss);
  }
  panel.series = {std::move(test), std::move(train)};
  return {
      "epochs",
      "A network beyond the threshold on noisy labels, as it is trained",
      "100 hidden units, 500 images, 20 % of the training labels wrong; the test labels are right. "
      "Nakkiran et al. see the error of large networks fall, rise and fall again.",
      {std::move(panel)}};
}

}  // namespace

Rendering DoubleDescent::render(const Config&, const Result& result) {
  Rendering rendering;
  if (!result.fourier.empty()) rendering.figures.push_back(fourier_figure(result));
  rendering.figures.push_back(fixed_figure(result));
  if (result.random) rendering.figures.push_back(draws_figure(result));
  rendering.figures.push_back(linear_figure(result));
  if (!result.grid.empty()) rendering.figures.push_back(grid_figure(result));
  if (!result.networks.empty()) rendering.figures.push_back(network_figure(result));
  if (!result.epochs.empty()) rendering.figures.push_back(epochs_figure(result));
  rendering.tables.push_back(fixed_table(result));
  if (result.random) {
    rendering.tables.push_back(
        draws_table(*result.random, "random-samples", "1b: polynomials on random samples"));
  }
  for (const DrawTable& table : result.cosine) {
    rendering.tables.push_back(
        draws_table(table, fmt::format("cosine-n{}", table.design.n),
                    fmt::format("1c: 2 x + cos 25 x, n = {}", table.design.n)));
  }
  rendering.tables.push_back(linear_table(result));
  if (!result.fourier.empty()) {
    rendering.tables.push_back(
        fourier_table(result.fourier, "fourier-features", "2: random Fourier features"));
    rendering.tables.push_back(limits_table(result));
  }
  if (!result.grid.empty()) {
    rendering.tables.push_back(fourier_table(result.grid, "samples-and-features",
                                             "2: features and training images of Fashion-MNIST"));
  }
  if (!result.networks.empty()) rendering.tables.push_back(network_table(result));
  if (!result.epochs.empty()) rendering.tables.push_back(epochs_table(result));
  return rendering;
}

}  // namespace surplus::apps
