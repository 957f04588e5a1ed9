#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/linearity.h"

namespace surplus::apps {
namespace {

using namespace linearity;
using Result = Linearity::Result;
using Style = Series::Style;

double whole(std::size_t value) { return static_cast<double>(value); }

Series series_of(std::string label, std::vector<double> x, const std::vector<Mean>& y,
                 std::size_t color, bool dashed = false) {
  Series series{.label = std::move(label),
                .style = Style::kLinePoints,
                .x = std::move(x),
                .y = {},
                .color = color,
                .dashed = dashed};
  for (const Mean& mean : y) {
    series.y.push_back(mean.value);
    series.error.push_back(std::isfinite(mean.error) ? mean.error : 0);
  }
  return series;
}

// A power law through the first point, to compare slopes with.
Series law(std::string label, double power, const std::vector<double>& x, double first) {
  Series series{.label = std::move(label), .x = x, .y = {}, .color = 6, .dashed = true};
  for (const double value : x) series.y.push_back(first * std::pow(value / x[0], power));
  return series;
}

Table two_layer_table(const Result& result) {
  Table table = table_of("two-layers", "Two layers at one point: norms and remainders",
                         {{"variant"},
                          {"width"},
                          {"hessian_norm"},
                          {"hessian_norm_se"},
                          {"root_width_times_norm"},
                          {"gradient_norm"},
                          {"remainder_worst"},
                          {"remainder_gradient"},
                          {"remainder_random"},
                          {"kernel_change"}});
  for (const TwoLayerTrend& t : result.two_layer) {
    for (std::size_t i = 0; i < t.widths.size(); ++i) {
      table.rows.push_back({std::string(t.variant.name), t.widths[i], t.norm[i].value,
                            t.norm[i].error, std::sqrt(t.widths[i]) * t.norm[i].value,
                            t.gradient[i].value, t.worst[i].value, t.descent[i].value,
                            t.random[i].value, t.change[i].value});
    }
  }
  return table;
}

Table slope_table(const Result& result) {
  Table table = table_of("slopes", "Slopes of logarithms against that of the width, two layers",
                         {{"variant"}, {"quantity"}, {"slope"}, {"slope_se"}});
  for (const TwoLayerTrend& t : result.two_layer) {
    const auto add = [&](const char* quantity, const std::vector<Mean>& means) {
      const Slope slope = slope_of(t.widths, means);
      table.rows.push_back(
          {std::string(t.variant.name), std::string(quantity), slope.value, slope.error});
    };
    add("||H||", t.norm);
    add("||H|| / sqrt(log m)", t.corrected);
    add("||grad f||", t.gradient);
    add("remainder, worst direction", t.worst);
    add("remainder, gradient direction", t.descent);
    add("remainder, random direction", t.random);
    add("change of the kernel", t.change);
  }
  return table;
}

Table path_table(const Result& result) {
  Table table = table_of("descent", "Descent on ten points: what changes",
                         {{"output"},
                          {"labels"},
                          {"width"},
                          {"kernel_change"},
                          {"kernel_change_se"},
                          {"rms_remainder"},
                          {"rms_remainder_se"},
                          {"distance"},
                          {"distance_se"},
                          {"loss"}});
  for (const auto* points : {&result.paths, &result.random_paths}) {
    for (const DescentPoint& p : *points) {
      table.rows.push_back({std::string(to_text(p.design.output)),
                            std::string(p.design.random_labels ? "random" : "sign(x_1)"),
                            whole(p.design.network.hidden[0]), p.change.value, p.change.error,
                            p.remainder.value, p.remainder.error, p.distance.value,
                            p.distance.error, p.end_loss.value});
    }
  }
  return table;
}

Table deep_table(const Result& result) {
  Table table = table_of("deep", "Three hidden layers: Hessian and gradient of the output",
                         {{"output"},
                          {"width"},
                          {"middle_width"},
                          {"hessian_norm"},
                          {"hessian_norm_se"},
                          {"gradient_norm"},
                          {"lanczos_error_bound"}});
  for (const auto* points :
       {&result.linear_out, &result.tanh_out, &result.narrow, &result.bottlenecks}) {
    for (const DeepPoint& p : *points) {
      table.rows.push_back({std::string(to_text(p.design.output)), whole(p.design.hidden[0]),
                            whole(p.design.hidden[1]), p.norm.value, p.norm.error, p.gradient.value,
                            p.error});
    }
  }
  return table;
}

Table panel_table(const Result& result) {
  Table table = table_of("bottleneck-descent", "Descent through a bottleneck, linear output",
                         {{"width"},
                          {"middle_width"},
                          {"kernel_change"},
                          {"kernel_change_se"},
                          {"rms_remainder"},
                          {"loss"}});
  for (const DescentPoint& p : result.panel) {
    table.rows.push_back({whole(p.design.network.hidden[0]), whole(p.design.network.hidden[1]),
                          p.change.value, p.change.error, p.remainder.value, p.end_loss.value});
  }
  return table;
}

Table limit_table(const Result& result) {
  Table table =
      table_of("infinite-width", "Distance from the kernel of infinite width, relative",
               {{"activation"}, {"hidden_layers"}, {"width"}, {"distance"}, {"distance_se"}});
  for (const LimitPoint& p : result.limits) {
    table.rows.push_back(
        {std::string(p.design.activation == ad::Activation::kRelu ? "relu" : "erf"),
         whole(p.design.hidden), whole(p.design.width), p.distance.value, p.distance.error});
  }
  return table;
}

Table loss_table(const Result& result) {
  Table table = table_of("loss-hessian", "Hessian of the loss at the start, two layers",
                         {{"width"},
                          {"top"},
                          {"top_se"},
                          {"kernel_top"},
                          {"bottom"},
                          {"bottom_se"},
                          {"trace"},
                          {"trace_se"},
                          {"kernel_trace"}});
  for (const LossHessian& l : result.losses) {
    table.rows.push_back({l.width, l.top.value, l.top.error, l.kernel_top.value, l.bottom.value,
                          l.bottom.error, l.trace.value, l.trace.error, l.kernel_trace.value});
  }
  return table;
}

const Axis kWidthAxis{.label = "width m", .log = true};

Figure hessian_figure(const Result& result) {
  Panel norms{"Hessian of the output", kWidthAxis, {.label = "||H_f||", .log = true}, {}};
  Panel gradients{"Gradient", kWidthAxis, {.label = "||\u2207f||", .log = true}, {}};
  for (std::size_t i = 0; i < result.two_layer.size(); ++i) {
    const TwoLayerTrend& t = result.two_layer[i];
    norms.series.push_back(series_of(t.variant.name, t.widths, t.norm, i));
    gradients.series.push_back(series_of("", t.widths, t.gradient, i));
  }
  const TwoLayerTrend& signs = result.two_layer[3];
  norms.series.push_back(law("m^(-1/2)", -0.5, signs.widths, signs.norm[0].value * 0.8));
  return {
      "hessian-and-gradient",
      "The Hessian falls with the width as the gradient stays",
      "f(x) = \u03a3 v_i \u03c3(w_i x) / \u221am at x = 1, means over starts. With v = \u00b11 the "
      "slope is -1/2; with normal v the largest of m draws slows the fall by \u221alog m.",
      {std::move(norms), std::move(gradients)}};
}

Figure remainder_figure(const Result& result) {
  Figure figure{
      "remainders",
      "Along the way of training the remainder falls as 1 / m, not as its square root",
      "|f - f_lin| at a step of length 1: along the top eigenvector of the Hessian, along "
      "the gradient and along a random direction. The bound of the theorem, m^(-1/2), is "
      "met by the first alone: in the others the signs of m blocks average out.",
      {}};
  for (const std::size_t i : {std::size_t{0}, std::size_t{3}}) {
    const TwoLayerTrend& t = result.two_layer[i];
    const bool first = i == 0;
    figure.panels.push_back({t.variant.name,
                             kWidthAxis,
                             {.label = "|f - f_lin|", .log = true},
                             {series_of(first ? "top eigenvector" : "", t.widths, t.worst, 1),
                              series_of(first ? "gradient" : "", t.widths, t.descent, 0),
                              series_of(first ? "random" : "", t.widths, t.random, 2),
                              law(first ? "m^(-1/2), m^-1" : "", -0.5, t.widths, t.worst[0].value),
                              law("", -1, t.widths, t.descent[0].value)}});
  }
  return figure;
}

Figure kernel_figure(const Result& result) {
  Panel shallow{"Two layers", kWidthAxis, {.label = "change of the kernel", .log = true}, {}};
  Panel remainder{"Two layers", kWidthAxis, {.label = "rms of f - f_lin", .log = true}, {}};
  const auto add = [&](const std::vector<DescentPoint>& points, Output output, std::string label,
                       std::size_t color, bool dashed) {
    std::vector<double> x;
    std::vector<Mean> change, rest;
    for (const DescentPoint& point : points) {
      if (point.design.output != output) continue;
      x.push_back(whole(point.design.network.hidden[0]));
      change.push_back(point.change);
      rest.push_back(point.remainder);
    }
    shallow.series.push_back(series_of(std::move(label), x, change, color, dashed));
    remainder.series.push_back(series_of("", x, rest, color, dashed));
  };
  for (std::size_t o = 0; o < kOutputs.size(); ++o) {
    add(result.paths, kOutputs[o], fmt::format("{} output", to_text(kOutputs[o])), o, false);
  }
  add(result.random_paths, Output::kLinear, "linear output, random labels", 0, true);
  Figure figure{
      "kernel-change",
      "Descent leaves the kernel of a wide network alone if the output is linear and no "
      "layer is narrow",
      "sup \u2016K_t - K_0\u2016 / \u2016K_0\u2016 along descent on ten points (left), the "
      "distance from the linearised model in the end (middle), and the first again with "
      "three hidden layers of which the middle one has the width m_b. Labels are .8 sign(x_1), "
      "chosen because they give the changes that the study's specification prints; dashed: random "
      "signs in their place.",
      {std::move(shallow), std::move(remainder)},
      3};
  if (!result.panel.empty()) {
    std::vector<double> x;
    std::vector<Mean> y;
    for (const DescentPoint& point : result.panel) {
      x.push_back(whole(point.design.network.hidden[1]));
      y.push_back(point.change);
    }
    figure.panels.push_back(
        {fmt::format("Other layers of width {}", result.panel[0].design.network.hidden[0]),
         {.label = "width m_b of the middle layer", .log = true},
         {.label = "change of the kernel", .log = true},
         {series_of("", x, y, 0)}});
  }
  return figure;
}

Figure deep_figure(const Result& result) {
  const auto line = [](std::string label, const std::vector<DeepPoint>& points, std::size_t layer,
                       std::size_t color) {
    std::vector<double> x;
    std::vector<Mean> y;
    for (const DeepPoint& point : points) {
      x.push_back(whole(point.design.hidden[layer]));
      y.push_back(point.norm);
    }
    return series_of(std::move(label), x, y, color);
  };
  Panel widths{"Against the width", kWidthAxis, {.label = "||H_f||", .log = true}, {}};
  widths.series = {line("linear output", result.linear_out, 0, 0),
                   line("tanh output", result.tanh_out, 0, 1)};
  if (!result.narrow.empty()) {
    widths.series.push_back(line(
        fmt::format("linear output, middle layer of width {}", result.narrow[0].design.hidden[1]),
        result.narrow, 0, 2));
  }
  Figure figure{
      "deep-networks",
      "Deep networks: a non-linear output or a bottleneck keeps the Hessian large",
      "\u2016H_f\u2016 of three hidden tanh layers at one point of the unit circle, means "
      "over seeds. Right: all layers but the middle one have the same width.",
      {std::move(widths)}};
  if (!result.bottlenecks.empty()) {
    figure.panels.push_back(
        {fmt::format("Other layers of width {}", result.bottlenecks[0].design.hidden[0]),
         {.label = "width m_b of the middle layer", .log = true},
         {.label = "||H_f||", .log = true},
         {line("", result.bottlenecks, 1, 2)}});
  }
  return figure;
}

Figure limit_figure(const Result& result) {
  Panel panel{"", kWidthAxis, {.label = "distance from the limit, relative", .log = true}, {}};
  std::vector<double> x;
  std::vector<Mean> y;
  for (std::size_t i = 0; i < result.limits.size(); ++i) {
    const LimitDesign& design = result.limits[i].design;
    x.push_back(whole(design.width));
    y.push_back(result.limits[i].distance);
    if (i + 1 < result.limits.size() && result.limits[i + 1].design.hidden == design.hidden &&
        result.limits[i + 1].design.activation == design.activation) {
      continue;
    }
    const bool relu = design.activation == ad::Activation::kRelu;
    panel.series.push_back(
        series_of(fmt::format("{}, {} hidden", relu ? "ReLU" : "erf", design.hidden), x, y,
                  panel.series.size()));
    x.clear();
    y.clear();
  }
  const Series& last = panel.series.back();
  panel.series.push_back(law("m^(-1/2)", -0.5, last.x, last.y[0]));
  return {"infinite-width",
          "The kernel at the start nears that of infinite width",
          "\u2016K - K_\u221e\u2016 / \u2016K_\u221e\u2016 on ten points of the sphere, means over "
          "seeds.",
          {std::move(panel)},
          1};
}

Figure loss_figure(const Result& result) {
  std::vector<double> x;
  std::vector<Mean> top, kernel, bottom;
  for (const LossHessian& loss : result.losses) {
    x.push_back(loss.width);
    top.push_back(loss.top);
    kernel.push_back(loss.kernel_top);
    bottom.push_back({std::abs(loss.bottom.value), loss.bottom.error});
  }
  Panel ends{"Its ends", kWidthAxis, {.label = "eigenvalue", .log = true}, {}};
  ends.series = {series_of("top", x, top, 0),
                 series_of("top of the tangent kernel", x, kernel, 2, true),
                 series_of("bottom, magnitude", x, bottom, 1)};
  Panel density{
      "Its density", {.label = "eigenvalue"}, {.label = "density", .log = true, .min = 1e-6}, {}};
  for (std::size_t i = 0; i < result.losses.size();
       i += std::max<std::size_t>(result.losses.size() - 1, 1)) {
    const LossHessian& loss = result.losses[i];
    density.series.push_back({.label = fmt::format("m = {:g}", loss.width),
                              .x = loss.points,
                              .y = loss.density,
                              .color = 3 + std::min<std::size_t>(i, 1)});
  }
  return {
      "loss-hessian",
      "The Hessian of the loss does not vanish: it has J'J in it",
      "1/2 \u03a3 (f - y)^2 of two layers at the start. Left: its extreme eigenvalues, by Lanczos. "
      "Right: its eigenvalues' density, by stochastic Lanczos quadrature; a few stand apart, one "
      "for each of ten points, and all others gather at 0 as m grows.",
      {std::move(ends), std::move(density)}};
}

}  // namespace

Rendering Linearity::render(const Config&, const Result& result) {
  Rendering rendering;
  rendering.tables = {two_layer_table(result), slope_table(result), path_table(result),
                      deep_table(result),      limit_table(result), loss_table(result)};
  if (!result.panel.empty()) rendering.tables.push_back(panel_table(result));
  rendering.figures = {hessian_figure(result), remainder_figure(result), kernel_figure(result),
                       deep_figure(result),    limit_figure(result),     loss_figure(result)};
  return rendering;
}

}  // namespace surplus::apps
