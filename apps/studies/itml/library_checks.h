/// What itml takes from the library for granted, computed for real before it is used.
#ifndef SURPLUS_APPS_STUDIES_ITML_LIBRARY_CHECKS_H_
#define SURPLUS_APPS_STUDIES_ITML_LIBRARY_CHECKS_H_

#include "apps/runner/run.h"

namespace surplus::apps::itml {

struct LibraryChecks {
  double worked = 0;     ///< largest deviation from two projections worked by hand
  double harmonic = 0;   ///< from the weighted harmonic mean, relative, over kProjections of them
  double dual = 0;       ///< of A^-1 from its dual representation, relative, after 1e5 projections
  double hard = 0;       ///< of one hard constraint from being met, relative
  double residual = 0;   ///< largest breach of optimality on feasible hard problems
  double gap = 0;        ///< their largest relative duality gap
  double lego_root = 0;  ///< of z^T A z after a step of LEGO from the target of the step, relative
  double lego_pivots = 0;  ///< positive pivots of A after 1e5 steps of LEGO; all if kLegoFeatures
};
inline constexpr double kProjections = 10000;
inline constexpr double kFeasibleProblems = 20;
inline constexpr double kLegoFeatures = 5;

LibraryChecks run_library_checks(Run& run);
inline constexpr double kLibrarySeconds = 0.5;

}  // namespace surplus::apps::itml

#endif  // SURPLUS_APPS_STUDIES_ITML_LIBRARY_CHECKS_H_
