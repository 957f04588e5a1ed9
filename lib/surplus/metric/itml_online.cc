#include "surplus/metric/itml_online.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"

namespace surplus {

double lego_step(MatrixView<double> metric, std::span<const double> z, double target, double rate) {
  constexpr std::string_view kName = "lego_step";
  const std::size_t d = z.size();
  SURPLUS_REQUIRE((metric.shape() == Shape{d, d}), ShapeError, kName,
                  "metric must have one row and column per feature", "metric", metric.shape(),
                  "features", d);
  SURPLUS_REQUIRE(target >= 0 && std::isfinite(target), ArgumentError, kName,
                  "target must be at least 0 and finite", "target", target);
  SURPLUS_REQUIRE(rate > 0 && std::isfinite(rate), ArgumentError, kName,
                  "rate must be positive and finite", "rate", rate);
  if (std::all_of(z.begin(), z.end(), [](double value) { return value == 0; })) return 0;
  std::vector<double> product(d, 0.0);
  double p = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) product[i] += metric(i, j) * z[j];
    p += z[i] * product[i];
  }
  SURPLUS_REQUIRE(p > 0 && std::isfinite(p), NumericalError, kName,
                  "the squared distance must be positive and finite", "distance", p);
  // p' is the positive root of r p p'^2 - (r y p - 1) p' - p = 0, taken without cancellation.
  const double b = rate * target * p - 1;
  const double root = std::sqrt(b * b + 4 * rate * p * p);
  const double moved = b >= 0 ? (b + root) / (2 * rate * p) : 2 * p / (root - b);
  // 1 + r (p' - y) p = p / p'.
  const double factor = (moved / p - 1) / p;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) metric(i, j) += factor * (product[i] * product[j]);
  }
  return moved;
}

LegoResult fit_lego(MatrixView<const double> x, const Pairs& pairs, const LegoConfig& config) {
  // Without sweeps, fit_itml() is what checks the input and makes the prior and the bounds.
  ItmlResult start = fit_itml(x, Pairs{},
                              {.prior = config.prior,
                               .given_prior = config.given_prior,
                               .bounds = config.bounds,
                               .bounds_config = config.bounds_config,
                               .sweeps = 0,
                               .seed = config.seed});
  LegoResult result{std::move(start.metric), {}, start.bounds, 0};
  std::vector<double> z(x.cols());
  std::vector<Pair> block(std::min<std::size_t>(pairs.count, 4096));
  for (std::size_t begin = 0; begin < pairs.count; begin += block.size()) {
    const auto part = std::span(block).first(std::min(block.size(), pairs.count - begin));
    pairs.read(begin, part);
    for (const Pair& pair : part) {
      require_rows_of("fit_lego", pair, x.rows());
      for (std::size_t j = 0; j < z.size(); ++j) z[j] = x(pair.first, j) - x(pair.second, j);
      const double distance =
          squared_distance(result.metric, x.row(pair.first), x.row(pair.second));
      const double bound = pair.similar ? result.bounds.similar : result.bounds.different;
      if (distance == 0 || (pair.similar ? distance <= bound : distance >= bound)) continue;
      lego_step(result.metric, z, bound, config.rate);
      ++result.steps;
    }
  }
  result.transform = metric_transform(result.metric);
  return result;
}

}  // namespace surplus
