#include "apps/studies/sequence_adaptivity/depth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/sequence/early_stopping.h"
#include "surplus/sequence/flow.h"

namespace surplus::apps::sequence_adaptivity {
namespace {

constexpr PowerLaw kLaw = {.p = 1, .q = 2, .gamma = 2};
constexpr std::size_t kCurvePerOctave = 8;
constexpr std::size_t kCurveOctaves = 10;
constexpr std::size_t kChecked = 10000;  // coordinates

double layers_at(const DepthDesign& design) {
  return theory_layer_start(design.depth, 1 / std::sqrt(static_cast<double>(design.n)),
                            design.layer_start);
}

struct Problem {
  SequenceModel model;
  std::vector<double> z;
};

Problem problem(const PowerLaw& law, std::size_t coordinates, std::size_t n, Rng rng) {
  Problem problem{power_model(law, coordinates), {}};
  problem.z = observe(problem.model.signal, 1 / std::sqrt(static_cast<double>(n)), rng);
  return problem;
}

double drift(const DiagonalState& state, const std::vector<double>& eigenvalues, std::size_t depth,
             double b0) {
  const auto d = static_cast<double>(depth);
  double worst = 0;
  for (std::size_t j = 0; j < eigenvalues.size(); ++j) {
    const double a2 = state.a[j] * state.a[j];
    const double b2 = state.b[j] * state.b[j];
    const double beta2 = state.beta[j] * state.beta[j];
    worst = std::max(worst, std::abs(a2 - beta2 - eigenvalues[j]) / (1 + a2));
    if (depth > 0) worst = std::max(worst, std::abs(b2 - d * beta2 - b0 * b0) / (1 + b2));
  }
  return worst;
}

// The times at which flows are compared, up to 200.
constexpr std::array<std::size_t, 8> kCheckTimes = {1, 2, 5, 10, 20, 50, 100, 200};

// Conservation and growth at one depth, by Runge-Kutta steps.
struct Drift {
  double conservation = 0;
  double fall = 0;
};
Drift check_steps(const Problem& p, std::size_t depth, std::size_t steps_per_time) {
  const double b0 = theory_layer_start(depth, 1 / std::sqrt(2000.0));
  DiagonalState state = diagonal_start(p.model.eigenvalues, depth, b0);
  std::vector<double> before = trained_roots(state, depth);
  Drift worst;
  std::size_t now = 0;
  for (const std::size_t t : kCheckTimes) {
    advance_flow(state, p.z, depth, FlowRule::kRungeKutta, 1 / static_cast<double>(steps_per_time),
                 steps_per_time * (t - now));
    now = t;
    worst.conservation = std::max(worst.conservation, drift(state, p.model.eigenvalues, depth, b0));
    std::vector<double> roots = trained_roots(state, depth);
    for (std::size_t j = 0; j < roots.size(); ++j) {
      worst.fall = std::max(worst.fall, 1 - roots[j] / before[j]);
    }
    before = std::move(roots);
  }
  return worst;
}

// The largest relative difference of the steps from the closed form of D = 0.
double closed_form_difference(const Problem& p, std::size_t steps_per_time) {
  DiagonalState state = diagonal_start(p.model.eigenvalues, 0, 1);
  double worst = 0;
  std::size_t now = 0;
  for (const std::size_t t : kCheckTimes) {
    advance_flow(state, p.z, 0, FlowRule::kRungeKutta, 1 / static_cast<double>(steps_per_time),
                 steps_per_time * (t - now));
    now = t;
    const std::vector<double> theta = trained_signal(state, 0);
    const std::vector<double> exact =
        two_layer_flow(p.model.eigenvalues, p.z, static_cast<double>(t));
    for (std::size_t j = 0; j < theta.size(); ++j) {
      worst = std::max(worst, std::abs(theta[j] / exact[j] - 1));
    }
  }
  return worst;
}

// How far the surrogate fails to bracket the closed form.
double bracket_breach(const Problem& p) {
  double worst = 0;
  for (const std::size_t at : kCheckTimes) {
    const auto t = static_cast<double>(at);
    const std::vector<double> exact = two_layer_flow(p.model.eigenvalues, p.z, t);
    const std::vector<double> above = two_layer_surrogate(p.model.eigenvalues, p.z, t);
    const std::vector<double> below =
        two_layer_surrogate(p.model.eigenvalues, p.z, t / std::sqrt(2.0));
    for (std::size_t j = 0; j < exact.size(); ++j) {
      worst = std::max(
          {worst, below[j] / exact[j] - 1, exact[j] / above[j] - 1, above[j] / p.z[j] - 1});
    }
  }
  return worst;
}

double descent_order(const Problem& p) {
  const std::size_t depth = 1;
  const double b0 = 0.4;
  const auto drift_at = [&](double step) {
    DiagonalState state = diagonal_start(p.model.eigenvalues, depth, b0);
    advance_flow(state, p.z, depth, FlowRule::kGradientDescent, step,
                 static_cast<std::size_t>(std::round(20 / step)));
    return drift(state, p.model.eigenvalues, depth, b0);
  };
  return std::log2(drift_at(0.02) / drift_at(0.01));
}

double halving_change(const Problem& p, std::size_t depth) {
  FlowErrorsConfig config{.depth = depth, .b0 = 0.4, .times = {1, 2, 20}};
  const std::vector<double> whole = flow_errors(p.model, p.z, config);
  config.step /= 2;
  const std::vector<double> half = flow_errors(p.model, p.z, config);
  double worst = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    worst = std::max(worst, std::abs(whole[i] / half[i] - 1));
  }
  return worst;
}

}  // namespace

double shown_time(std::size_t depth) {
  constexpr std::array<double, 5> kTimes = {200, 1000, 1500, 2000, 2500};  // 2 and 4: in between
  return kTimes[std::min<std::size_t>(depth, 4)];
}

double curve_seconds(const DepthDesign& design) {
  const double per_coordinate =
      design.depth == 0 ? 1e-7 : 1.2e-6 * static_cast<double>(design.depth);
  return static_cast<double>(design.repetitions * design.coordinates) * per_coordinate;
}

DepthCurve run_curve(const DepthDesign& design, Run& run) {
  DepthCurve curve;
  curve.design = design;
  // To four times the paper's last time, so that each minimum is passed.
  const TimeGrid grid{4 * shown_time(design.depth) / (1 << kCurveOctaves), kCurvePerOctave,
                      kCurveOctaves * kCurvePerOctave + 1};
  curve.times = times_of(grid);
  const std::string name =
      fmt::format("figure 2, D {}, n {}, N {}", design.depth, design.n, design.coordinates);
  const Rng rng = run.rng().split(name);
  const std::size_t count = curve.times.size();
  const std::vector<double> values =
      run.cell(name, curve_seconds(design), design.repetitions * count, [&] {
        std::vector<double> errors(design.repetitions * count);
        parallel_for(design.repetitions, [&](std::size_t r) {
          const Problem p = problem(kLaw, design.coordinates, design.n, rng.split(r));
          const std::vector<double> one = flow_errors(
              p.model, p.z, {.depth = design.depth, .b0 = layers_at(design), .times = grid});
          std::copy(one.begin(), one.end(),
                    errors.begin() + static_cast<std::ptrdiff_t>(r * count));
        });
        return errors;
      });
  const auto runs = static_cast<double>(design.repetitions);
  for (std::size_t i = 0; i < count; ++i) {
    double mean = 0;
    for (std::size_t v = i; v < values.size(); v += count) mean += values[v] / runs;
    double squares = 0;
    for (std::size_t v = i; v < values.size(); v += count) {
      squares += (values[v] - mean) * (values[v] - mean);
    }
    curve.error.push_back(mean);
    curve.standard_error.push_back(runs > 1 ? std::sqrt(squares / (runs - 1) / runs) : 0);
  }
  return curve;
}

Snapshots run_snapshots(const DepthDesign& design, Run& run) {
  Snapshots shots;
  shots.design = design;
  // As the paper shows them.
  const double last = design.depth == 0   ? 100
                      : design.depth == 1 ? 300
                      : design.depth == 3 ? 700
                                          : 250 * static_cast<double>(design.depth);
  shots.times = {0, last / 2, last};
  const std::size_t end = Snapshots::kFirst - 1 + Snapshots::kCount;
  const std::string name = fmt::format("figure 4, D {}, n {}", design.depth, design.n);
  const Rng rng = run.rng().split(name);
  const std::vector<double> values =
      run.cell(name, kSnapshotSeconds, shots.times.size() * Snapshots::kCount, [&] {
        const Problem p = problem(kLaw, end, design.n, rng);
        DiagonalState state = diagonal_start(p.model.eigenvalues, design.depth, layers_at(design));
        std::vector<double> roots;
        double now = 0;
        for (const double t : shots.times) {
          advance_flow(state, p.z, design.depth, FlowRule::kRungeKutta, 0.1,
                       static_cast<std::size_t>(std::round((t - now) / 0.1)));
          now = t;
          const std::vector<double> all = trained_roots(state, design.depth);
          roots.insert(roots.end(), all.end() - Snapshots::kCount, all.end());
        }
        return roots;
      });
  for (std::size_t i = 0; i < shots.times.size(); ++i) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(i * Snapshots::kCount);
    shots.roots[i].assign(from, from + Snapshots::kCount);
  }
  const std::vector<double>& roots = shots.roots.back();
  for (std::size_t j = 0; j < roots.size(); ++j) {
    const std::size_t first = std::min(j < 10 ? 0 : j - 10, roots.size() - 21);
    std::vector<double> others;
    for (std::size_t l = first; l < first + 21; ++l) {
      if (l != j) others.push_back(roots[l]);
    }
    std::sort(others.begin(), others.end());
    shots.ratios.push_back(roots[j] / ((others[9] + others[10]) / 2));
  }
  return shots;
}

FlowChecks run_checks(Run& run) {
  const Rng rng = run.rng().split("checks");
  const std::vector<double> values = run.cell("checks", kChecksSeconds, 8, [&] {
    FlowChecks checks;
    const Problem p = problem({.p = 1, .q = 2, .gamma = 1.5}, kChecked, 2000, rng);
    const Problem few = problem({.p = 1, .q = 2, .gamma = 1.5}, 1000, 2000, rng);
    for (const std::size_t depth : {0, 1, 3}) {
      const Drift coarse = check_steps(p, depth, 10);
      const Drift fine = check_steps(few, depth, 50);
      checks.conservation = std::max(checks.conservation, fine.conservation);
      checks.conservation_coarse = std::max(checks.conservation_coarse, coarse.conservation);
      checks.fall = std::max({checks.fall, fine.fall, coarse.fall});
      if (depth > 0) checks.halving = std::max(checks.halving, halving_change(few, depth));
    }
    return std::vector<double>{checks.conservation,
                               checks.conservation_coarse,
                               descent_order(few),
                               closed_form_difference(p, 10),
                               closed_form_difference(p, 20),
                               bracket_breach(p),
                               checks.fall,
                               checks.halving};
  });
  return {values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]};
}

}  // namespace surplus::apps::sequence_adaptivity
