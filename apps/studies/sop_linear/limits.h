/// Small instances: the convex program over lambda, and how the end of the flow nears it.
#ifndef SURPLUS_APPS_STUDIES_SOP_LINEAR_LIMITS_H_
#define SURPLUS_APPS_STUDIES_SOP_LINEAR_LIMITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/noise/sparse_noise_instance.h"

namespace surplus::apps::sop_linear {

/// SOP-LIN(20, 40, 3, 3), number `seed` from 1 on.
SparseNoiseInstance small_instance(std::uint64_t seed, const Run& run);

/// ||a - b|| / ||b||.
double relative(const std::vector<double>& a, const std::vector<double>& b);

/// (P) at one lambda.
struct SweepPoint {
  double seed = 0;
  double lambda = 0;
  double error = 0;    ///< of theta, relative to the truth
  double gap = 0;      ///< over the primal value
  double outside = 0;  ///< ||mu||_inf / lambda - 1
  double active = 0;   ///< largest |mu_i - lambda sign(s_i)| where |s_i| > 1e-9
  double margin = 0;   ///< largest |mu_i| / lambda off the support
  double support = 0;
};

/// The end of the flow at one gamma.
struct EndPoint {
  double seed = 0;
  double lambda = 0;
  double gamma = 0;
  double error = 0;  ///< of theta, relative to that of (P)
  double residual = 0;
  double margin = 0;  ///< largest |mu_i| / lambda off the support of (P)
};

struct Limits {
  std::vector<SweepPoint> sweep;
  std::vector<EndPoint> ends;
};

Limits run_limits(std::size_t seeds, const std::vector<double>& lambdas,
                  const std::vector<double>& gammas, Run& run);
double limits_seconds(std::size_t seeds, std::size_t lambdas, std::size_t gammas);

}  // namespace surplus::apps::sop_linear

#endif  // SURPLUS_APPS_STUDIES_SOP_LINEAR_LIMITS_H_
