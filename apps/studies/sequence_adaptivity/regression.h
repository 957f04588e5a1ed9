/// Figures 5 and 6: regression on the torus, f*(x) = sin(7.5 pi x_1) on [-1, 1)^2.
#ifndef SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REGRESSION_H_
#define SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REGRESSION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/linalg/line_fit.h"
#include "surplus/sequence/torus.h"

namespace surplus::apps::sequence_adaptivity {

struct TorusDesign {
  std::vector<std::uint64_t> n = {};
  std::vector<std::uint64_t> depths = {};  ///< D of the adaptive kernels
  std::size_t repetitions = 0;
  std::size_t frequencies = 0;
  double smoothness = 0;
  double noise = 0;
  double step = 0;
  double curve_time = 0;
  double layer_start = 1;
};

/// The coefficients of f* in the basis, exact; 7.5 is no frequency of it, so all sines of x_1 have one.
std::vector<double> true_coefficients(const TorusBasis& basis);

/// One sample size: the mean of ||f - f*||^2 at the best times.
struct TorusPoint {
  double n = 0;
  double error = 0;
  double standard_error = 0;
  double time = 0;      ///< mean of the best
  double interior = 0;  ///< share of runs whose best time is not the first or last
};
struct TorusCurve {
  std::vector<TorusPoint> points;
  LineFit fit;  ///< of log10 of the error against log10 n
};
struct TorusRates {
  TorusCurve fixed;
  std::vector<TorusCurve> adaptive;  ///< one per depth
};
/// Empty curves if no sizes are asked for.
TorusRates run_torus(const TorusDesign& design, Run& run);
double torus_seconds(const TorusDesign& design);

/// One sample of the largest size: errors along the flows, and what the sample says of f*.
struct TorusRun {
  std::vector<double> times;
  std::vector<double> fixed;
  std::vector<std::vector<double>> adaptive;  ///< D = 0, 1, 2; until the last time it was run to
  std::vector<double> coefficients;           ///< |E^T y / n| in order of |m|^2
};
TorusRun run_torus_run(const TorusDesign& design, Run& run);
double torus_run_seconds(const TorusDesign& design);

}  // namespace surplus::apps::sequence_adaptivity

#endif  // SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_REGRESSION_H_
