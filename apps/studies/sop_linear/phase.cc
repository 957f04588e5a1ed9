#include "apps/studies/sop_linear/phase.h"

#include <fmt/format.h>

#include <string>

#include "apps/runner/cells.h"
#include "apps/studies/sop_linear/limits.h"
#include "surplus/core/parallel.h"
#include "surplus/noise/sparse_noise_instance.h"
#include "surplus/noise/sparse_noise_recovery.h"

namespace surplus::apps::sop_linear {
namespace {

constexpr double kSecondsPerDraw = 0.02;
constexpr double kSecondsPerInstance = 0.004;  // drawn and factorised
constexpr double kSuccess = 1e-3;

// As measured: an iteration of (P) or a step, n = 100.
double seconds_per_iteration(const PhaseDesign& design, double rank) {
  const double product = 3e-7 + 1.6e-8 * rank;
  return design.method == SparseNoiseMethod::kMirror ? product + 2e-7 : product;
}

double rank_seconds(const PhaseDesign& design, double rank) {
  const double iterations =
      design.method == SparseNoiseMethod::kConvex ? 100 * rank : static_cast<double>(design.steps);
  return static_cast<double>(design.counts.size() * design.trials) *
         (kSecondsPerInstance + iterations * seconds_per_iteration(design, rank));
}

}  // namespace

double theorem_seconds(std::size_t draws) { return kSecondsPerDraw * static_cast<double>(draws); }

std::vector<TheoremDraw> run_theorem(std::size_t draws, Run& run) {
  const auto values =
      run.cell("theorem", theorem_seconds(draws), draws * kValues<TheoremDraw>, [&] {
        std::vector<TheoremDraw> all(draws);
        parallel_for(draws, [&](std::size_t i) {
          Rng rng = run.rng().split("theorem").split(i);
          // Few errors, low rank: elsewhere the condition is silent.
          const std::size_t n = 100 + rng.below(400), p = n / 2 + rng.below(n);
          const std::size_t r = 1 + rng.below(3), k = 1 + rng.below(4);
          const SparseNoiseInstance in = sparse_noise_instance(n, p, r, k, rng);
          const SparseNoiseFactors factors = factor_sparse_noise(in.j);
          const RecoveryCondition condition = recovery_condition(factors, in.theta, k);
          TheoremDraw& draw = all[i];
          draw = {static_cast<double>(n),
                  static_cast<double>(p),
                  static_cast<double>(r),
                  static_cast<double>(k),
                  condition.q,
                  condition.multiplier};
          if (condition.lambda) {
            const auto x = solve_sparse_noise(factors, in.y, {.lambda = 1.01 * *condition.lambda});
            draw.lambda = *condition.lambda;
            draw.error = relative(x.theta, in.theta);
          }
        });
        return pack(all);
      });
  return unpack<TheoremDraw>(values);
}

double phase_seconds(const PhaseDesign& design) {
  double sum = 0;
  for (const std::uint64_t rank : design.ranks) {
    sum += rank_seconds(design, static_cast<double>(rank));
  }
  return sum;
}

PhaseDiagram run_phase(const PhaseDesign& design, Run& run) {
  PhaseDiagram diagram{design, {}};
  for (const std::uint64_t rank : design.ranks) {
    const std::size_t trials = design.trials;
    const auto values = run.cell(
        fmt::format("phase, {}, r {}", to_text(design.method), rank),
        rank_seconds(design, static_cast<double>(rank)), design.counts.size(), [&] {
          std::vector<double> errors(design.counts.size() * trials);
          parallel_for(errors.size(), [&](std::size_t at) {
            if (run.stopping()) return;
            const std::uint64_t k = design.counts[at / trials];
            // The same instances for every method.
            const Rng rng = run.rng().split("phase").split(rank).split(k).split(at % trials);
            const SparseNoiseInstance in = sparse_noise_instance(100, 150, rank, k, rng);
            SparseNoiseConfig config{.method = design.method};
            if (design.method != SparseNoiseMethod::kConvex) {
              config.iterations = design.steps;
              config.check_every = 1000;
            }
            errors[at] = relative(solve_sparse_noise(in.j, in.y, config).theta, in.theta);
          });
          std::vector<double> shares(design.counts.size());
          for (std::size_t at = 0; at < errors.size(); ++at) {
            if (errors[at] < kSuccess) shares[at / trials] += 1;
          }
          for (double& share : shares) share /= static_cast<double>(trials);
          return shares;
        });
    for (std::size_t c = 0; c < design.counts.size(); ++c) {
      diagram.cells.push_back(
          {static_cast<double>(rank), static_cast<double>(design.counts[c]), values[c]});
    }
  }
  return diagram;
}

}  // namespace surplus::apps::sop_linear
