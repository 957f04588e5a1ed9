/// The tangent kernel at the start beside that of infinite width, and the library's three ways to it.
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_KERNELS_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_KERNELS_H_

#include <cstddef>

#include "apps/runner/run.h"
#include "apps/studies/linearity/trend.h"
#include "surplus/autodiff/ops/linear.h"

namespace surplus::apps::linearity {

struct LimitDesign {
  ad::Activation activation = ad::Activation::kRelu;  ///< or erf
  std::size_t hidden = 1;                             ///< layers
  std::size_t width = 0;
  std::size_t seeds = 8;
};

/// 10 points of the unit sphere in three dimensions.
struct LimitPoint {
  LimitDesign design;
  Mean distance;  ///< ||K - K_limit||_F / ||K_limit||_F
};

LimitPoint run_limit(const LimitDesign& design, Run& run);
double limit_seconds(const LimitDesign& design);

/// Largest relative differences of kernels, in the norm of Frobenius.
struct KernelChecks {
  double products = 0;  ///< of Jacobians and of JVP after VJP
  double layers = 0;    ///< of Jacobians and of layers
  double descent = 0;   ///< of descent on the linearised outputs and its prediction by the kernel
};
KernelChecks run_kernel_checks(Run& run);
inline constexpr double kKernelChecksSeconds = 0.3;

}  // namespace surplus::apps::linearity

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_KERNELS_H_
