/// What two-layer-capacity takes from the library for granted, computed for real before it is used.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_LIBRARY_CHECKS_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_LIBRARY_CHECKS_H_

#include "apps/runner/run.h"

namespace surplus::apps::two_layer_capacity {

struct LibraryChecks {
  /// Of the VC bounds from an independent computation: largest relative deviation.
  double parameter_bounds = 0;
  /// A random network against itself with its units in another order: the same for all measures and
  /// bounds.
  double permuted = 0;
  /// ... and with (U, b, V) rescaled to (2 U, 2 b, V / 2): of the outputs, and of the measures 2
  /// and 3, which are products of both layers' norms.
  double rescaled_output = 0, rescaled_products = 0;
  double rescaled_least = 0;  ///< least relative change of the measures 4, 5 and 6
  /// Exact complexities of small classes: the least of (R_S - lower) / upper and (upper - R_S) /
  /// upper for Khintchine's bracket, and the farthest of estimates, in their standard errors.
  double bracket = 0, estimate = 0;
  /// The lower bound's construction over sum_j alpha_j beta_j ||X||_F / m, the least.
  double lower_share = 0;
};

LibraryChecks run_library_checks(Run& run);
/// What the construction must reach of that.
inline constexpr double kLowerBoundShare = 0.1;
inline constexpr double kLibrarySeconds = 0.1;

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_LIBRARY_CHECKS_H_
