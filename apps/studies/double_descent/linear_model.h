/// Part 1 of double-descent, the linear model whose risk is known in closed form.
///
/// x ~ N(0, I_d), y = <w, x> + N(0, noise^2), |w| = 1; least squares of least norm on p of the d
/// coordinates, n samples.
///
/// Source  Belkin, Hsu, Xu (2020), Two models of double descent for weak features, theorem 1
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LINEAR_MODEL_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LINEAR_MODEL_H_

#include <cstddef>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::double_descent {

inline constexpr std::size_t kLinearFeatures = 100, kLinearSamples = 40;
inline constexpr double kLinearVariance = 0.04;  ///< of the noise

/// The expected test risk with p of d coordinates; infinite for n - 1 <= p <= n + 1.
double linear_risk(std::size_t p, std::size_t n, std::size_t d, double variance);

struct LinearPoint {
  std::size_t p = 0;
  double exact = 0;
  double measured = 0;  ///< the mean over trials, of the exact risk of each fit
  double standard_error = 0;
};

double linear_seconds(std::size_t trials);
std::vector<LinearPoint> run_linear(std::size_t trials, Run& run);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LINEAR_MODEL_H_
