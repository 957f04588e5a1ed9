#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/double_descent.h"
#include "apps/studies/double_descent/lookups.h"
#include "apps/studies/double_descent/reference.h"
#include "apps/studies/double_descent/render.h"

namespace surplus::apps::double_descent {
namespace {

using Result = DoubleDescent::Result;

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

}  // namespace

void render_polynomials(const Result& result, Rendering& rendering) {
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
  rendering.figures.push_back(fixed_figure(result));
  if (result.random) rendering.figures.push_back(draws_figure(result));
  rendering.figures.push_back(linear_figure(result));
}

}  // namespace surplus::apps::double_descent
