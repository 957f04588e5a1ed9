#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/double_descent.h"
#include "apps/studies/double_descent/lookups.h"
#include "apps/studies/double_descent/reference.h"
#include "apps/studies/double_descent/render.h"

namespace surplus::apps::double_descent {
namespace {

using Result = DoubleDescent::Result;
using Direction = ReferenceLine::Direction;

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

}  // namespace

void render_fourier(const Result& result, Rendering& rendering) {
  if (!result.fourier.empty()) {
    rendering.tables.push_back(
        fourier_table(result.fourier, "fourier-features", "2: random Fourier features"));
    rendering.tables.push_back(limits_table(result));
    rendering.figures.push_back(fourier_figure(result));
  }
  if (!result.grid.empty()) {
    rendering.tables.push_back(fourier_table(result.grid, "samples-and-features",
                                             "2: features and training images of Fashion-MNIST"));
    rendering.figures.push_back(grid_figure(result));
  }
}

}  // namespace surplus::apps::double_descent
