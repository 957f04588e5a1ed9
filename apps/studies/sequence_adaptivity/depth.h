/// What happens along the flow: figures 2 and 4, and whether the library follows it.
#ifndef SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_DEPTH_H_
#define SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_DEPTH_H_

#include <array>
#include <cstddef>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::sequence_adaptivity {

/// p = 1, q = 2, gamma = 2 at one depth and sample size.
struct DepthDesign {
  std::size_t depth = 0;
  std::size_t n = 0;
  std::size_t coordinates = 0;
  std::size_t repetitions = 0;
  double layer_start = 1;
};

/// The time up to which the paper shows a depth.
double shown_time(std::size_t depth);

/// Figure 2: the error along the flow, a mean over repetitions, and its standard error.
struct DepthCurve {
  DepthDesign design;
  std::vector<double> times;
  std::vector<double> error;
  std::vector<double> standard_error;
};
DepthCurve run_curve(const DepthDesign& design, Run& run);
double curve_seconds(const DepthDesign& design);

/// Figure 4: a_j b_j^D of the coordinates 100 to 200 at three times of one run.
struct Snapshots {
  static constexpr std::size_t kFirst = 100;
  static constexpr std::size_t kCount = 101;

  DepthDesign design;
  std::array<double, 3> times{};
  std::array<std::vector<double>, 3> roots;
  /// The last snapshot over the median of the 20 nearest others.
  std::vector<double> ratios;
};
Snapshots run_snapshots(const DepthDesign& design, Run& run);
inline constexpr double kSnapshotSeconds = 0.02;

/// The library beside the flow it follows up to t = 200: p = 1, q = 2, gamma = 1.5, n = 2000.
struct FlowChecks {
  /// Largest drift of a^2 - beta^2 and b^2 - D beta^2, D = 0, 1, 3, by Runge-Kutta steps of .02 and .1.
  double conservation = 0;
  double conservation_coarse = 0;
  double descent_order = 0;  ///< log2 of descent's drift at a step over that at half of it, D = 1
  double closed_form = 0;    ///< largest relative difference from the closed form, D = 0
  double half_steps = 0;     ///< the same with steps of half the length
  double bracket = 0;        ///< how far the surrogate fails to bracket it, relative
  double fall = 0;           ///< largest relative fall of a b^D between snapshots, D = 0, 1, 3
  double halving = 0;        ///< relative change of error curves as steps are halved, D = 1, 3
};
FlowChecks run_checks(Run& run);
inline constexpr double kChecksSeconds = 0.7;

}  // namespace surplus::apps::sequence_adaptivity

#endif  // SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_DEPTH_H_
