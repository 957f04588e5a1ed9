#include <fmt/format.h>

#include <cmath>
#include <string>
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

void render_networks(const Result& result, Rendering& rendering) {
  if (!result.networks.empty()) {
    rendering.tables.push_back(network_table(result));
    rendering.figures.push_back(network_figure(result));
  }
  if (!result.epochs.empty()) {
    rendering.tables.push_back(epochs_table(result));
    rendering.figures.push_back(epochs_figure(result));
  }
}

}  // namespace surplus::apps::double_descent
