#include "apps/studies/sop_linear.h"

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using namespace sop_linear;
using Config = SopLinear::Config;
constexpr std::string_view kStudy = SopLinear::kName;

void require_counts(const char* name, const std::vector<std::uint64_t>& counts, std::uint64_t low) {
  for (const std::uint64_t count : counts) require_count(kStudy, name, count, low, 100);
  require_distinct(kStudy, name, counts);
}

void require_prices(const std::vector<double>& lambdas) {
  for (const double lambda : lambdas) {
    SURPLUS_REQUIRE(lambda >= 1e-4 && lambda <= 1e4, ArgumentError, kStudy,
                    "lambdas must be at least 0.0001 and at most 10000", "lambdas", lambda);
  }
  require_distinct(kStudy, "lambdas", lambdas);
}

void check(const Config& config) {
  require_count(kStudy, "seeds", config.seeds, 1, 10000);
  require_prices(config.lambdas);
  for (const double gamma : config.gammas) {
    SURPLUS_REQUIRE(gamma >= 1e-100 && gamma <= 0.5, ArgumentError, kStudy,
                    "gammas must be at least 1e-100 and at most 0.5", "gammas", gamma);
  }
  require_distinct(kStudy, "gammas", config.gammas);
  require_count(kStudy, "step_seeds", config.step_seeds, 1, 1000);
  require_count(kStudy, "halvings", config.halvings, 1, 12);
  require_count(kStudy, "recovery_seeds", config.recovery_seeds, 1, 10000);
  require_count(kStudy, "steps", config.steps, 1000, 1000000000);
  require_count(kStudy, "draws", config.draws, 1, 1000000);
  require_counts("ranks", config.ranks, 1);
  require_counts("counts", config.counts, 0);
  require_count(kStudy, "trials", config.trials, 1, 100000);
  require_counts("descent_ranks", config.descent_ranks, 1);
  require_counts("descent_counts", config.descent_counts, 0);
  require_count(kStudy, "descent_trials", config.descent_trials, 1, 100000);
}

std::vector<PhaseDesign> phase_designs(const Config& config) {
  std::vector<PhaseDesign> designs = {{.ranks = config.ranks,
                                       .counts = config.counts,
                                       .trials = config.trials,
                                       .steps = config.steps}};
  if (config.descent_ranks.empty() || config.descent_counts.empty()) return designs;
  for (const auto method : {SparseNoiseMethod::kGradientDescent, SparseNoiseMethod::kMirror}) {
    designs.push_back(
        {method, config.descent_ranks, config.descent_counts, config.descent_trials, config.steps});
  }
  return designs;
}

}  // namespace

Config SopLinear::preset(Preset preset) {
  Config config;
  switch (preset) {
    case Preset::kQuick:
      config.seeds = 6;
      config.lambdas = {0.03, 0.05, 0.1, 0.3, 1};
      config.halvings = 2;
      config.draws = 50;
      config.ranks = {10, 20, 30, 40};
      config.counts = {5, 20, 40};
      config.trials = 10;
      config.descent_ranks = {};
      break;
    case Preset::kDefault:
      break;
    case Preset::kPaper:
      config.trials = 100;
      config.descent_trials = 10;
      config.steps = 3000000;
      break;
  }
  return config;
}

double SopLinear::seconds(const Config& config) {
  check(config);
  double sum = limits_seconds(config.seeds, config.lambdas.size(), config.gammas.size()) +
               steps_seconds(config.step_seeds, config.halvings) +
               recovery_seconds(config.recovery_seeds, config.steps) + kDescentChecksSeconds +
               theorem_seconds(config.draws);
  for (const PhaseDesign& design : phase_designs(config)) sum += phase_seconds(design);
  return sum;
}

SopLinear::Result SopLinear::run(const Config& config, Run& run) {
  check(config);
  Result result;
  result.checks = run_descent_checks(run);
  result.limits = run_limits(config.seeds, config.lambdas, config.gammas, run);
  result.steps = run_steps(config.step_seeds, config.halvings, run);
  result.recoveries = run_recovery(config.recovery_seeds, config.steps, run);
  result.theorem = run_theorem(config.draws, run);
  for (const PhaseDesign& design : phase_designs(config)) {
    result.phases.push_back(run_phase(design, run));
  }
  return result;
}

}  // namespace surplus::apps
