#include "apps/studies/sequence_adaptivity/rates.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/sequence/early_stopping.h"

namespace surplus::apps::sequence_adaptivity {
namespace {

// Theory's time is one of the grid, which reaches from 1/16 to 32 times it.
constexpr std::size_t kOctavesBefore = 4;
constexpr std::size_t kOctaves = 9;
// What a repetition gives: its error and time, the error at theory's time, 1 if the minimum is inside.
constexpr std::size_t kValues = 4;
// Fixed eigenvalues at gamma = 3 take 2 10^7 units of time.
constexpr std::size_t kFixedOctaves = 36;
constexpr std::size_t kFixedPerOctave = 16;

std::string name_of(const std::string& part, const RateDesign& design) {
  return fmt::format("{}, p {:g}, q {:g}, gamma {:g}, D {}, N {}", part, design.law.p, design.law.q,
                     design.law.gamma, design.depth, design.coordinates);
}

double seconds_per_n(const RateDesign& design) {
  // As measured, per coordinate: the draw, then one time in closed form or all steps.
  const double per_coordinate =
      design.depth == 0 ? 4e-9 + 1.2e-9 * static_cast<double>(kOctaves * design.per_octave)
                        : 1.2e-6 * static_cast<double>(design.depth);
  return static_cast<double>(design.repetitions * design.coordinates) * per_coordinate;
}

std::vector<double> run_n(const RateDesign& design, const SequenceModel& model, double n,
                          const Rng& rng) {
  const double noise = 1 / std::sqrt(n);
  const double expected = theory_stop(design.depth, noise);
  const FlowErrorsConfig config{.depth = design.depth,
                                .b0 = theory_layer_start(design.depth, noise, design.layer_start),
                                .times = {std::ldexp(expected, -static_cast<int>(kOctavesBefore)),
                                          design.per_octave, kOctaves * design.per_octave + 1}};
  std::vector<double> values(design.repetitions * kValues);
  parallel_for(design.repetitions, [&](std::size_t r) {
    Rng draws = rng.split(r);
    const std::vector<double> z = observe(model.signal, noise, draws);
    const std::vector<double> errors = flow_errors(model, z, config);
    const StopTime stop = oracle_stop(config.times, errors);
    double* to = values.data() + r * kValues;
    to[0] = stop.error;
    to[1] = stop.time;
    to[2] = errors[kOctavesBefore * design.per_octave];
    to[3] = stop.interior ? 1 : 0;
  });
  return values;
}

// Mean and standard deviation of value `which` over the repetitions.
struct Moments {
  double mean = 0;
  double sd = 0;
};
Moments moments(const std::vector<double>& values, std::size_t which) {
  const std::size_t repetitions = values.size() / kValues;
  const auto count = static_cast<double>(repetitions);
  Moments result;
  for (std::size_t i = which; i < values.size(); i += kValues) result.mean += values[i] / count;
  for (std::size_t i = which; i < values.size(); i += kValues) {
    result.sd += (values[i] - result.mean) * (values[i] - result.mean);
  }
  result.sd = count > 1 ? std::sqrt(result.sd / (count - 1)) : 0;
  return result;
}

template <typename Point>
LineFit fit_of(const std::vector<Point>& points, const std::function<double(const Point&)>& value) {
  std::vector<double> x;
  std::vector<double> y;
  for (const Point& point : points) {
    x.push_back(std::log10(point.n));
    y.push_back(std::log10(value(point)));
  }
  return fit_line(x, y);
}

}  // namespace

double rates_seconds(const RateDesign& design) {
  return seconds_per_n(design) * static_cast<double>(design.n.size());
}

RateCell run_rates(const std::string& part, const RateDesign& design, Run& run) {
  RateCell cell;
  cell.design = design;
  cell.unseen = unseen_signal(design.law, design.coordinates);
  const SequenceModel model = power_model(design.law, design.coordinates);
  for (const std::uint64_t n : design.n) {
    const std::string name = fmt::format("{}, n {}", name_of(part, design), n);
    const Rng rng = run.rng().split(name);
    const std::vector<double> values =
        run.cell(name, seconds_per_n(design), design.repetitions * kValues,
                 [&] { return run_n(design, model, static_cast<double>(n), rng); });
    const Moments error = moments(values, 0);
    const Moments time = moments(values, 1);
    cell.points.push_back({static_cast<double>(n), error.mean, error.sd, time.mean, time.sd,
                           moments(values, 2).mean, moments(values, 3).mean});
  }
  cell.error = fit_of<RatePoint>(cell.points, [](const RatePoint& p) { return p.error; });
  cell.whole_error =
      fit_of<RatePoint>(cell.points, [&](const RatePoint& p) { return p.error + cell.unseen; });
  cell.time = fit_of<RatePoint>(cell.points, [](const RatePoint& p) { return p.time; });
  cell.theory_error =
      fit_of<RatePoint>(cell.points, [](const RatePoint& p) { return p.theory_error; });
  return cell;
}

double fixed_seconds(const RateDesign& design) {
  return 2.5e-9 * static_cast<double>(kFixedOctaves * kFixedPerOctave * design.coordinates);
}

FixedCell run_fixed(const std::string& part, const RateDesign& design, Run& run) {
  FixedCell cell;
  cell.design = design;
  cell.unseen = unseen_signal(design.law, design.coordinates);
  const std::string name = fmt::format("{}, fixed eigenvalues", name_of(part, design));
  const std::vector<double> values =
      run.cell(name, fixed_seconds(design), 3 * design.n.size(), [&] {
        const TimeGrid grid{1, kFixedPerOctave, kFixedOctaves * kFixedPerOctave + 1};
        const FixedRisk risk = fixed_risk(power_model(design.law, design.coordinates), grid);
        std::vector<double> stops;
        for (const std::uint64_t n : design.n) {
          const StopTime stop = oracle_stop(grid, risk.at(1 / std::sqrt(static_cast<double>(n))));
          stops.insert(stops.end(), {stop.error, stop.time, stop.interior ? 1.0 : 0.0});
        }
        return stops;
      });
  for (std::size_t i = 0; i < design.n.size(); ++i) {
    cell.points.push_back(
        {static_cast<double>(design.n[i]), values[3 * i], values[3 * i + 1], values[3 * i + 2]});
  }
  cell.error = fit_of<FixedPoint>(cell.points, [](const FixedPoint& p) { return p.error; });
  cell.whole_error =
      fit_of<FixedPoint>(cell.points, [&](const FixedPoint& p) { return p.error + cell.unseen; });
  cell.time = fit_of<FixedPoint>(cell.points, [](const FixedPoint& p) { return p.time; });
  return cell;
}

}  // namespace surplus::apps::sequence_adaptivity
