#include "surplus/metric/itml_online.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <vector>

#include "kernels/gemv.h"
#include "kernels/ger.h"
#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"

namespace surplus {

namespace {

// The step of either kind: `moved_from` says where p goes.
double step(std::string_view name, MatrixView<double> metric, std::span<const double> z,
            double target, double rate, const auto& moved_from) {
  const std::size_t d = z.size();
  SURPLUS_REQUIRE((metric.shape() == Shape{d, d}), ShapeError, name,
                  "metric must have one row and column per feature", "metric", metric.shape(),
                  "features", d);
  SURPLUS_REQUIRE(target >= 0 && std::isfinite(target), ArgumentError, name,
                  "target must be at least 0 and finite", "target", target);
  SURPLUS_REQUIRE(rate > 0 && std::isfinite(rate), ArgumentError, name,
                  "rate must be positive and finite", "rate", rate);
  if (std::all_of(z.begin(), z.end(), [](double value) { return value == 0; })) return 0;
  std::vector<double> product(d);
  kernels::gemv(false, d, d, 1.0, metric.data(), metric.stride(), z.data(), 1, 0.0, product.data(),
                1);
  const double p = std::inner_product(z.begin(), z.end(), product.begin(), 0.0);
  SURPLUS_REQUIRE(p > 0 && std::isfinite(p), NumericalError, name,
                  "the squared distance must be positive and finite", "distance", p);
  const double moved = moved_from(p);
  kernels::symmetric_rank_one(d, (moved / p - 1) / p, product.data(), 1, metric.data(),
                              metric.stride());
  return moved;
}

}  // namespace

double lego_step(MatrixView<double> metric, std::span<const double> z, double target, double rate) {
  // p' is the positive root of r p p'^2 - (r y p - 1) p' - p = 0, taken without cancellation; then
  // 1 + r (p' - y) p = p / p'.
  return step("lego_step", metric, z, target, rate, [&](double p) {
    const double b = rate * target * p - 1;
    const double root = std::sqrt(b * b + 4 * rate * p * p);
    return b >= 0 ? (b + root) / (2 * rate * p) : 2 * p / (root - b);
  });
}

double itml_online_step(MatrixView<double> metric, std::span<const double> z, double target,
                        double rate) {
  return step("itml_online_step", metric, z, target, rate,
              [&](double p) { return p / std::max(1 + 2 * rate * (p - target) * p, 0.5); });
}

ItmlOnlineResult fit_itml_online(MatrixView<const double> x, const Pairs& pairs,
                                 const ItmlOnlineConfig& config) {
  // Without sweeps, fit_itml() is what checks the input and makes the prior and the bounds.
  ItmlResult start = fit_itml(x, Pairs{},
                              {.prior = config.prior,
                               .given_prior = config.given_prior,
                               .bounds = config.bounds,
                               .bounds_config = config.bounds_config,
                               .sweeps = 0,
                               .seed = config.seed});
  ItmlOnlineResult result{std::move(start.metric), {}, start.bounds, 0};
  const auto take_step = config.step == OnlineStep::kLego ? lego_step : itml_online_step;
  std::vector<double> z(x.cols());
  std::vector<Pair> block(std::min<std::size_t>(pairs.count, 4096));
  for (std::size_t begin = 0; begin < pairs.count; begin += block.size()) {
    const auto part = std::span(block).first(std::min(block.size(), pairs.count - begin));
    pairs.read(begin, part);
    for (const Pair& pair : part) {
      require_rows_of("fit_itml_online", pair, x.rows());
      for (std::size_t j = 0; j < z.size(); ++j) z[j] = x(pair.first, j) - x(pair.second, j);
      const double distance =
          squared_distance(result.metric, x.row(pair.first), x.row(pair.second));
      const double bound = pair.similar ? result.bounds.similar : result.bounds.different;
      if (distance == 0 || (pair.similar ? distance <= bound : distance >= bound)) continue;
      take_step(result.metric, z, bound, config.rate);
      ++result.steps;
    }
  }
  result.transform = metric_transform(result.metric);
  return result;
}

}  // namespace surplus
