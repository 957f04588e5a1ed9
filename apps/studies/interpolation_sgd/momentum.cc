#include "apps/studies/interpolation_sgd/momentum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/runner/cells.h"
#include "apps/studies/interpolation_sgd/reference.h"
#include "surplus/optim/mass.h"

namespace surplus::apps::interpolation_sgd {
namespace {

constexpr double kSingle = 6, kKappa = 6;  // L_1 and kappa-tilde of the data
constexpr double kRunSecond = 0.01;        // sigma_2^2 of the simulated runs
constexpr double kExactSeconds = 6, kSecondsPerStep = 3e-8;

// Six equally likely examples with the data's moments E[x x'] and E[(x' S x) x x'].
Matrix<double> examples(double second) {
  Matrix<double> x(6, 2);
  x(0, 0) = std::sqrt(kSingle);
  x(1, 1) = std::sqrt(kSingle * second);
  return x;
}

MassTheory theory(double second, std::size_t batch) {
  return mass_theory({.single = kSingle, .largest = 1, .smallest = second, .kappa = kKappa}, batch);
}

LinearSgd linear(const MassSettings& settings, std::size_t batch = 1) {
  return {settings.rate, settings.momentum, settings.compensation, batch};
}

struct Best {
  double value = 1;
  double rate = 0, momentum = 0;
};

// The least contraction on a grid that is refined about its best point.
Best best_of(const Matrix<double>& x, bool with_momentum) {
  Best best;
  double rate_low = 0, rate_high = 1 / 2.9, momentum_low = 0, momentum_high = with_momentum ? 1 : 0;
  constexpr std::size_t kCells = 24, kRounds = 4;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const double rate_step = (rate_high - rate_low) / kCells;
    const double momentum_step = (momentum_high - momentum_low) / kCells;
    for (std::size_t i = 1; i <= kCells; ++i) {
      for (std::size_t j = 0; j <= (with_momentum ? kCells : 0); ++j) {
        const double rate = rate_low + static_cast<double>(i) * rate_step;
        const double momentum = momentum_low + static_cast<double>(j) * momentum_step;
        const double value = second_moment_contraction(x, {.rate = rate, .momentum = momentum});
        if (value < best.value) best = {value, rate, momentum};
      }
    }
    rate_low = std::max(0.0, best.rate - 1.5 * rate_step);
    rate_high = best.rate + 1.5 * rate_step;
    momentum_low = std::max(0.0, best.momentum - 1.5 * momentum_step);
    momentum_high = std::min(1.0, best.momentum + 1.5 * momentum_step);
  }
  return best;
}

Radii radii_of(double second) {
  const Matrix<double> x = examples(second);
  const MassTheory mass = theory(second, 1);
  const Best sgd = best_of(x, false), nesterov = best_of(x, true);
  return {second,
          second_moment_contraction(x, {.rate = 1 / kSingle}),
          sgd.value,
          sgd.rate,
          nesterov.value,
          nesterov.rate,
          nesterov.momentum,
          second_moment_contraction(x, linear(mass.settings)),
          mass.bound,
          mass.settings.rate,
          mass.settings.rate * mass.settings.compensation,
          mass.settings.momentum};
}

double nesterov_radius(double momentum) {
  return second_moment_contraction(examples(kRunSecond),
                                   {.rate = 1 / kSingle, .momentum = momentum});
}

double nesterov_limit() {
  double low = 0, high = 1;
  while (high - low > 1e-9) {
    const double middle = (low + high) / 2;
    (nesterov_radius(middle) < 1 ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Gradients that depend on the parameter, the step and chance.
double gradient(double u, std::size_t step, std::size_t j) {
  Rng rng = Rng(step).split(j);
  return (1 + rng.uniform()) * (u - static_cast<double>(j % 7)) + 0.1 * rng.normal();
}

constexpr std::size_t kParameters = 40, kSteps = 500;
constexpr double kStart = 3;

std::vector<double> trained(const OptimizerConfig& config, double rate) {
  std::vector<double> u(kParameters, kStart), d_u(kParameters);
  auto state = start_optimizer<double>(config, kParameters);
  for (std::size_t step = 0; step < kSteps; ++step) {
    for (std::size_t j = 0; j < kParameters; ++j) d_u[j] = gradient(u[j], step, j);
    update<double>(config, rate, d_u, state, u);
  }
  return u;
}

double differing(const std::vector<double>& a, const std::vector<double>& b) {
  double count = 0;
  for (std::size_t j = 0; j < a.size(); ++j) count += a[j] != b[j];
  return count;
}

Identities check_identities() {
  constexpr double kRate = 0.1, kAlpha = 0.05, kTilde = 3;
  const MassSettings settings = mass_settings(kRate, kAlpha, kTilde);
  const std::vector<double> u = trained(settings.optimizer(), kRate);
  Identities result;
  const OptimizerConfig plain = mass_settings(kRate, kAlpha, 1).optimizer();
  OptimizerConfig nesterov = plain;
  nesterov.rule = UpdateRule::kNesterov;
  result.nesterov = differing(trained(plain, kRate), trained(nesterov, kRate));
  result.sgd =
      differing(trained({.rule = UpdateRule::kMass, .momentum = 0}, kRate), trained({}, kRate));
  const double gamma = settings.momentum, eta2 = kRate * settings.compensation;
  const double delta = kRate / (kAlpha * kTilde);
  for (std::size_t j = 0; j < kParameters; ++j) {
    double w = kStart, u2 = kStart;
    double w3 = kStart, v3 = kStart, u3 = kStart;
    for (std::size_t step = 0; step < kSteps; ++step) {
      const double g = gradient(u2, step, j);
      const double next = u2 - kRate * g;
      u2 = (1 + gamma) * next - gamma * w + eta2 * g;
      w = next;
      const double g3 = gradient(u3, step, j);
      w3 = u3 - kRate * g3;
      v3 = (1 - kAlpha) * v3 + kAlpha * u3 - delta * g3;
      u3 = (kAlpha * v3 + w3) / (1 + kAlpha);
    }
    result.two_variables = std::max(result.two_variables, std::abs(u[j] - u2));
    result.three_variables = std::max(result.three_variables, std::abs(u[j] - u3));
  }
  return result;
}

std::vector<MomentumRun> run_designs() {
  const Radii radii = radii_of(kRunSecond);
  std::vector<MomentumRun> runs = {
      {"SGD, rate 1/L\u2081", {.rate = 1 / kSingle}, 0, {}},
      {"SGD, best rate", {.rate = radii.best_sgd_rate}, 0, {}},
      {"Nesterov, best rate and momentum",
       {.rate = radii.best_nesterov_rate, .momentum = radii.best_nesterov_momentum},
       0,
       {}},
      {"Nesterov, rate 1/L\u2081, momentum 0.9", {.rate = 1 / kSingle, .momentum = 0.9}, 0, {}},
      {"MaSS", linear(theory(kRunSecond, 1).settings), 0, {}},
      {"Nesterov, rate 1/L\u2081, momentum 0.6", {.rate = 1 / kSingle, .momentum = 0.6}, 0, {}}};
  for (MomentumRun& run : runs) {
    run.contraction = second_moment_contraction(examples(kRunSecond), run.sgd);
  }
  return runs;
}

std::vector<MeanPoint> simulate_run(const LinearSgd& sgd, std::span<const std::size_t> times,
                                    std::size_t runs, const Rng& rng) {
  const double start[] = {1, 1};
  const std::vector<double> rates(times.back(), sgd.rate);
  const double scales[] = {std::sqrt(2.0), std::sqrt(2 * kRunSecond)};
  return simulate(
      start, sgd, rates, times, runs, rng,
      [&](Rng& draws, std::vector<double>& x) {
        const std::size_t j = draws.below(2);
        x[j] = scales[j] * draws.normal();
        x[1 - j] = 0;
        return 0.0;
      },
      [](std::span<const double> w) {
        const double a = w[0] * w[0], b = w[1] * w[1];
        return Measured{a + b, (a + kRunSecond * b) / 2};
      });
}

}  // namespace

double momentum_seconds(const MomentumDesign& design) {
  return kExactSeconds + 6 * kSecondsPerStep * static_cast<double>(design.runs * design.steps);
}

MomentumResult run_momentum(const MomentumDesign& design, Run& run) {
  MomentumResult result;
  result.identities =
      unpack<Identities>(run.cell("identities of MaSS", 0.1, kValues<Identities>, [] {
        return pack<Identities>({check_identities()});
      })).front();
  for (const PaperRadii& paper : kPaperRadii) {
    const std::string name = fmt::format("contractions at {:g}", paper.second);
    result.radii.push_back(
        unpack<Radii>(run.cell(name, (kExactSeconds - 0.2) / 4, kValues<Radii>, [&] {
          return pack<Radii>({radii_of(paper.second)});
        })).front());
  }
  result.batches = unpack<BatchRadius>(
      run.cell("contractions of batches", 0.05, kValues<BatchRadius> * kPaperBatches.size(), [] {
        std::vector<BatchRadius> all;
        const double second = kPaperRadii.front().second;
        for (const PaperBatch& paper : kPaperBatches) {
          const MassTheory mass = theory(second, paper.batch);
          all.push_back(
              {static_cast<double>(paper.batch),
               second_moment_contraction(examples(second), linear(mass.settings, paper.batch)),
               mass.bound});
        }
        return pack(all);
      }));
  constexpr std::size_t kMomenta = 51;
  const std::vector<double> nesterov = run.cell(
      "contractions of Nesterov's method", 0.05, 1 + kMomenta * kValues<NesterovRadius>, [] {
        std::vector<double> values = {nesterov_limit()};
        for (std::size_t i = 0; i < kMomenta; ++i) {
          // .99 instead of 1, and the paper's .6, .7, .8 and .9 among the others.
          const double momentum = std::min(0.99, static_cast<double>(i) / 50);
          values.insert(values.end(), {momentum, nesterov_radius(momentum)});
        }
        return values;
      });
  result.nesterov_limit = nesterov.front();
  result.nesterov = unpack<NesterovRadius>({nesterov.begin() + 1, nesterov.end()});
  if (design.runs == 0) return result;
  const std::vector<std::size_t> times = log_times(design.steps);
  result.runs = run_designs();
  for (MomentumRun& one : result.runs) {
    const std::string name = fmt::format("{}, {} runs", one.name, design.runs);
    const Rng rng = run.rng().split(name);
    one.points = unpack<MeanPoint>(
        run.cell(name, kSecondsPerStep * static_cast<double>(design.runs * design.steps),
                 times.size() * kValues<MeanPoint>,
                 [&] { return pack(simulate_run(one.sgd, times, design.runs, rng)); }));
  }
  return result;
}

}  // namespace surplus::apps::interpolation_sgd
