/// When the truth is found: the theorem's condition, and the phase diagram over rank and sparsity.
#ifndef SURPLUS_APPS_STUDIES_SOP_LINEAR_PHASE_H_
#define SURPLUS_APPS_STUDIES_SOP_LINEAR_PHASE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/noise/sparse_noise.h"

namespace surplus::apps::sop_linear {

/// A random draw of n, p, r and k; the last two are -1 where there is no guarantee.
struct TheoremDraw {
  double n = 0, p = 0, r = 0, k = 0;
  double q = 0;
  double multiplier = 0;
  double lambda = -1;  ///< lambda_0
  double error = -1;   ///< relative, at 1.01 lambda_0
};
std::vector<TheoremDraw> run_theorem(std::size_t draws, Run& run);
double theorem_seconds(std::size_t draws);

/// N = 100, p = 150, lambda = 1, gamma = 1e-6.
struct PhaseDesign {
  SparseNoiseMethod method = SparseNoiseMethod::kConvex;
  std::vector<std::uint64_t> ranks = {};
  std::vector<std::uint64_t> counts = {};
  std::size_t trials = 0;
  std::size_t steps = 0;  ///< of the descents
};
struct PhaseCell {
  double r = 0;
  double k = 0;
  double success = 0;  ///< share of trials with a relative error below 1e-3
};
struct PhaseDiagram {
  PhaseDesign design;
  std::vector<PhaseCell> cells;  ///< rank by rank
};
PhaseDiagram run_phase(const PhaseDesign& design, Run& run);
double phase_seconds(const PhaseDesign& design);

}  // namespace surplus::apps::sop_linear

#endif  // SURPLUS_APPS_STUDIES_SOP_LINEAR_PHASE_H_
