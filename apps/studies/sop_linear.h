/// sop-linear: gradient descent on J theta + u*u - v*v = y with discrepant steps from a tiny start
/// separates sparse gross errors from low-rank data, because it solves a convex program.
///
/// Source  Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization,
///         ICML, arXiv 2202.14026: the linear theory and its experiment
#ifndef SURPLUS_APPS_STUDIES_SOP_LINEAR_H_
#define SURPLUS_APPS_STUDIES_SOP_LINEAR_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/studies/sop_linear/descent.h"
#include "apps/studies/sop_linear/limits.h"
#include "apps/studies/sop_linear/phase.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct SopLinear {
  static constexpr std::string_view kName = "sop-linear";
  static constexpr std::string_view kPaper =
      "Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization, ICML";
  static constexpr std::string_view kClaim =
      "Over-parameterized gradient descent with discrepant steps tells sparse gross errors from "
      "low-rank data exactly, knowing neither the rank nor how many errors there are";

  struct Config {
    std::uint64_t seeds = 20;
    std::vector<double> lambdas = {0.003, 0.01, 0.03, 0.05, 0.1, 0.3, 1, 3, 10};
    std::vector<double> gammas = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 1e-16};
    std::uint64_t step_seeds = 2;
    std::uint64_t halvings = 5;
    std::uint64_t recovery_seeds = 10;
    std::uint64_t steps = 40000;
    std::uint64_t draws = 200;
    std::vector<std::uint64_t> ranks = {1, 2, 5, 10, 15, 20, 30, 40, 50};
    std::vector<std::uint64_t> counts = {1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 50};
    std::uint64_t trials = 40;
    std::vector<std::uint64_t> descent_ranks = {1, 2, 5, 10, 15, 20, 30, 40, 50};
    std::vector<std::uint64_t> descent_counts = {1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 50};
    std::uint64_t descent_trials = 3;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("seeds", seeds, "instances of N = 20, p = 40, r = k = 3");
      visit("lambdas", lambdas, "prices of the noise at which they are solved");
      visit("gammas", gammas, "starts at which the end of the flow is compared with (P)");
      visit("step_seeds", step_seeds, "instances on which the step is halved");
      visit("halvings", halvings, "how often, from 0.0016 on");
      visit("recovery_seeds", recovery_seeds, "instances of N = 100, p = 150, r = k = 10");
      visit("steps", steps, "steps of descent and mirror, there and in the phase diagram");
      visit("draws", draws, "random instances on which the theorem is tested");
      visit("ranks", ranks, "phase diagram of (P): ranks");
      visit("counts", counts, "phase diagram of (P): numbers of gross errors");
      visit("trials", trials, "phase diagram of (P): instances per cell");
      visit("descent_ranks", descent_ranks, "phase diagrams of descent and mirror: ranks");
      visit("descent_counts", descent_counts, "the same: numbers of gross errors");
      visit("descent_trials", descent_trials, "the same: instances per cell");
    }
  };

  struct Result {
    sop_linear::Limits limits;
    std::vector<sop_linear::StepPoint> steps;
    std::vector<sop_linear::Recovery> recoveries;
    sop_linear::DescentChecks checks;
    std::vector<sop_linear::TheoremDraw> theorem;
    std::vector<sop_linear::PhaseDiagram> phases;  ///< convex, and if asked for descent, mirror
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_SOP_LINEAR_H_
