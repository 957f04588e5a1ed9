#include "apps/studies/interpolation_sgd/system.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/runner/cells.h"
#include "surplus/linalg/cholesky.h"
#include "surplus/linalg/lstsq.h"
#include "surplus/linalg/matmul.h"

namespace surplus::apps::interpolation_sgd {
namespace {

constexpr std::size_t kExamples = 3, kFeatures = 2;
constexpr double kX[kExamples][kFeatures] = {{1, 2}, {-2, 1}, {1, -4}};
constexpr double kY[kExamples] = {4, 2, 4};
constexpr double kExactSeconds = 0.3, kSecondsPerStep = 2e-8, kSecondsPerExactStep = 4e-7;
constexpr std::size_t kNoiseSteps = 3000;

// The features (x_i, s e_i), or x_i alone.
Matrix<double> features(double scale) {
  Matrix<double> x(kExamples, scale > 0 ? kFeatures + kExamples : kFeatures);
  for (std::size_t i = 0; i < kExamples; ++i) {
    for (std::size_t j = 0; j < kFeatures; ++j) x(i, j) = kX[i][j];
    if (scale > 0) x(i, kFeatures + i) = scale;
  }
  return x;
}

// The same in coordinates of their span, as the recursion asks for.
Matrix<double> spanning(double scale) {
  const Matrix<double> x = features(scale);
  return scale > 0 ? cholesky(matmul(x, x, {.transpose_b = true})) : x;
}

double lift_contraction(double scale, double rate) {
  return second_moment_contraction(spanning(scale), {.rate = rate});
}

// By golden sections: near its minimum the contraction is convex.
Lift lift_of(double scale, double grid_rate) {
  constexpr double kRatio = 0.6180339887498949;
  double low = 0, high = second_moment_rate_limit(spanning(scale), {});
  while (high - low > 1e-6) {
    const double a = high - kRatio * (high - low), b = low + kRatio * (high - low);
    if (lift_contraction(scale, a) < lift_contraction(scale, b)) {
      high = b;
    } else {
      low = a;
    }
  }
  constexpr double kRate = 0.05;
  const double best = (low + high) / 2;
  return {scale,
          kRate,
          lift_contraction(scale, kRate),
          lift_contraction(scale, grid_rate),
          best,
          lift_contraction(scale, best)};
}

std::vector<double> optimum(const Matrix<double>& x) {
  const Matrix<double> w = lstsq(x, MatrixView<const double>(kY, kExamples, 1)).x;
  return {w.values().begin(), w.values().end()};
}

Measured measure(const Matrix<double>& x, const std::vector<double>& best,
                 std::span<const double> w) {
  Measured m;
  for (std::size_t j = 0; j < w.size(); ++j) m.distance += (w[j] - best[j]) * (w[j] - best[j]);
  for (std::size_t i = 0; i < kExamples; ++i) {
    double r = -kY[i];
    for (std::size_t j = 0; j < w.size(); ++j) r += x(i, j) * w[j];
    m.loss += r * r / 2 / kExamples;
  }
  return m;
}

std::vector<double> rates_of(const Schedule& schedule, std::size_t steps) {
  std::vector<double> rates(steps);
  for (std::size_t t = 0; t < steps; ++t) rates[t] = rate_at(schedule, t);
  return rates;
}

std::vector<MeanPoint> expect(const ChainDesign& design, std::span<const std::size_t> times) {
  const Matrix<double> x = spanning(design.lift);
  const std::vector<double> start(x.cols());
  const auto path = expected_sgd(x, kY, start, {}, design.schedule, times);
  std::vector<MeanPoint> points;
  for (std::size_t i = 0; i < times.size(); ++i) {
    points.push_back({static_cast<double>(times[i]), path[i].distance, 0, path[i].loss, 0});
  }
  return points;
}

std::vector<MeanPoint> simulate_chains(const ChainDesign& design,
                                       std::span<const std::size_t> times, const Rng& rng) {
  const Matrix<double> x = features(design.lift);
  const std::vector<double> best = optimum(x);
  const std::vector<double> start(x.cols());
  return simulate(
      start, {}, rates_of(design.schedule, design.steps), times, design.chains, rng,
      [&](Rng& draws, std::vector<double>& row) {
        const std::size_t i = draws.below(kExamples);
        std::ranges::copy(x.row(i), row.begin());
        return kY[i];
      },
      [&](std::span<const double> w) { return measure(x, best, w); });
}

Chains run_chains(const ChainDesign& design, Run& run) {
  const std::vector<std::size_t> times = log_times(design.steps);
  const double steps = static_cast<double>(design.steps);
  const auto cell = [&](const std::string& name, double seconds, const auto& compute) {
    return unpack<MeanPoint>(run.cell(name, seconds, times.size() * kValues<MeanPoint>,
                                      [&] { return pack(compute()); }));
  };
  Chains result{design,
                cell(design.name + ", exactly", steps * kSecondsPerExactStep,
                     [&] { return expect(design, times); }),
                {}};
  if (design.chains > 0) {
    const std::string name = fmt::format("{}, {} chains", design.name, design.chains);
    const Rng rng = run.rng().split(name);
    result.simulated = cell(name, steps * static_cast<double>(design.chains) * kSecondsPerStep,
                            [&] { return simulate_chains(design, times, rng); });
  }
  return result;
}

// One run, at every tenth step.
std::vector<NoisePoint> noise_along(double scale, double rate, Rng rng) {
  const Matrix<double> x = features(scale);
  const std::size_t d = x.cols();
  std::vector<double> w(d), mean(d), r(kExamples);
  std::vector<NoisePoint> points;
  for (std::size_t t = 0; t <= kNoiseSteps; ++t) {
    NoisePoint point{static_cast<double>(t), 0, 0};
    mean.assign(d, 0);
    for (std::size_t i = 0; i < kExamples; ++i) {
      r[i] = -kY[i];
      double squares = 0;
      for (std::size_t j = 0; j < d; ++j) {
        r[i] += x(i, j) * w[j];
        squares += x(i, j) * x(i, j);
      }
      for (std::size_t j = 0; j < d; ++j) mean[j] += r[i] * x(i, j) / kExamples;
      point.loss += r[i] * r[i] / 2 / kExamples;
      point.noise += r[i] * r[i] * squares / kExamples;
    }
    for (const double g : mean) point.noise -= g * g;
    if (t % 10 == 0) points.push_back(point);
    const std::size_t i = rng.below(kExamples);
    for (std::size_t j = 0; j < d; ++j) w[j] -= rate * r[i] * x(i, j);
  }
  return points;
}

std::vector<ChainDesign> chain_designs(const SystemDesign& design) {
  const Schedule inverse = {.kind = ScheduleKind::kInverse, .rate = 0.05, .period = 12};
  const Schedule slower = {.kind = ScheduleKind::kInverse, .rate = 0.05, .period = 24};
  const Schedule root = {.kind = ScheduleKind::kInverseRoot, .rate = 0.05, .period = 100};
  std::vector<ChainDesign> designs;
  for (const double rate : design.chain_rates) {
    designs.push_back(
        {fmt::format("constant {:g}", rate), {.rate = rate}, 0, design.chain_steps, design.chains});
  }
  designs.push_back(
      {"lift 1, constant 0.05", {.rate = 0.05}, 1, design.chain_steps, design.chains});
  designs.push_back({"0.6/(t+12)", inverse, 0, design.long_steps, design.long_chains});
  designs.push_back({"1.2/(t+24)", slower, 0, design.long_steps, design.long_chains});
  designs.push_back({"0.05/sqrt(1+t/100)", root, 0, design.long_steps, design.long_chains});
  designs.push_back(
      {"constant 0.01, long", {.rate = 0.01}, 0, design.long_steps, design.long_chains});
  return designs;
}

}  // namespace

LineFit decade_slope(const std::vector<MeanPoint>& points) {
  std::vector<double> x, y;
  for (const MeanPoint& point : points) {
    if (point.time < points.back().time / 10 * 0.999) continue;
    x.push_back(std::log10(point.time));
    y.push_back(std::log10(point.distance));
  }
  return fit_line(x, y);
}

double system_seconds(const SystemDesign& design) {
  double sum = kExactSeconds + 0.002;
  for (const ChainDesign& chains : chain_designs(design)) {
    sum += static_cast<double>(chains.steps) *
           (kSecondsPerExactStep + kSecondsPerStep * static_cast<double>(chains.chains));
  }
  return sum;
}

SystemResult run_system(const SystemDesign& design, Run& run) {
  SystemResult result;
  const std::vector<double> exact = run.cell(
      "system, exactly", kExactSeconds,
      6 + kValues<Plateau> * design.rates.size() + kValues<Lift> * design.scales.size(), [&] {
        const Matrix<double> x = features(0);
        const StationarySgd end = stationary_sgd(x, kY, {.rate = 1e-6});
        std::vector<double> values = {end.optimum[0],
                                      end.optimum[1],
                                      end.loss,
                                      end.noise,
                                      second_moment_rate_limit(x, {}),
                                      end.excess_loss / 1e-6};
        for (const double rate : design.rates) {
          const StationarySgd at = stationary_sgd(x, kY, {.rate = rate});
          values.insert(values.end(), {rate, second_moment_contraction(x, {.rate = rate}),
                                       at.distance, at.excess_loss});
        }
        for (std::size_t i = 0; i < design.scales.size(); ++i) {
          const std::vector<double> lift =
              pack<Lift>({lift_of(design.scales[i], design.scale_rates[i])});
          values.insert(values.end(), lift.begin(), lift.end());
        }
        return values;
      });
  result.facts = {{exact[0], exact[1]}, exact[2], exact[3], exact[4], exact[5]};
  const auto after = exact.begin() + 6;
  const auto middle = after + static_cast<std::ptrdiff_t>(kValues<Plateau> * design.rates.size());
  result.plateaus = unpack<Plateau>({after, middle});
  result.lifts = unpack<Lift>({middle, exact.end()});
  for (const ChainDesign& chains : chain_designs(design)) {
    result.chains.push_back(run_chains(chains, run));
  }
  const auto noise = [&](const std::string& name, double scale, double rate) {
    const Rng rng = run.rng().split(name);
    return unpack<NoisePoint>(run.cell(name, 0.001, (kNoiseSteps / 10 + 1) * kValues<NoisePoint>,
                                       [&] { return pack(noise_along(scale, rate, rng)); }));
  };
  result.noise = noise("noise of the system", 0, 0.01);
  result.lifted_noise = noise("noise of the lift", 1, 0.05);
  return result;
}

}  // namespace surplus::apps::interpolation_sgd
