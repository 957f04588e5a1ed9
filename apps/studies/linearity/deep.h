/// ||H_f|| of networks with three hidden tanh layers at the start, and of the Hessian of a loss.
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_DEEP_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_DEEP_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/linearity/path.h"
#include "apps/studies/linearity/trend.h"

namespace surplus::apps::linearity {

/// For x on the unit circle: 2 inputs.
struct DeepDesign {
  std::vector<std::size_t> hidden = {};
  Output output = Output::kLinear;
  std::size_t seeds = 12;
};

struct DeepPoint {
  DeepDesign design;
  Mean norm;         ///< ||H_f||
  Mean gradient;     ///< ||grad f||
  double error = 0;  ///< largest relative error bound of Lanczos' norms
};

/// `part` tells designs that happen to be equal apart.
DeepPoint run_deep(const std::string& part, const DeepDesign& design, Run& run);
double deep_seconds(const DeepDesign& design);

/// The Hessian of 1/2 sum (f - y)^2 of a shallow tanh network with a linear output at its start.
struct LossHessian {
  double width = 0;
  Mean top, bottom;                     ///< its extreme eigenvalues
  Mean kernel_top;                      ///< largest eigenvalue of the tangent kernel
  Mean trace, kernel_trace;             ///< by Hutchinson's estimator, and tr K
  std::vector<double> points, density;  ///< of one seed, by stochastic Lanczos quadrature
  double density_width = 0;
};
LossHessian run_loss_hessian(std::size_t m, std::size_t seeds, Run& run);
double loss_hessian_seconds(std::size_t m, std::size_t seeds);

}  // namespace surplus::apps::linearity

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_DEEP_H_
