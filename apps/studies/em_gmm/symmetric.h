/// The symmetric mixture of em-gmm, means theta and -theta, with infinitely many observations:
/// P-EM-A, the critical weights, and the theorems' checks.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_SYMMETRIC_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_SYMMETRIC_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/em_gmm/path.h"

namespace surplus::apps::em_gmm {

/// One cell of P-EM-A: the symmetric mixture of +-theta with `weight` on +theta.
struct SymmetricCell {
  double theta = 0;
  double weight = 0;
  double em1_limit = 0;  ///< of EM_1 from -theta
  double em1_slope = 0;  ///< of the map of EM_1 at its limit: the rate of convergence
  double em1_iterations = 0;
  double em1_from_zero = 0;  ///< the limit of EM_1 from 0
  double em2_theta = 0;      ///< the limit of EM_2 from (-.1 theta, .5)
  double em2_weight = 0;
  double em2_iterations = 0;
  double em2_from_zero = 0;  ///< how far one step of EM_2 leads away from (0, .5)
};
/// `name` tells the cells of several calls in one run apart.
std::vector<SymmetricCell> run_symmetric(const std::string& name, const std::vector<double>& thetas,
                                         const std::vector<double>& weights, std::size_t intervals,
                                         Run& run);
double symmetric_seconds(const std::vector<double>& thetas, const std::vector<double>& weights,
                         std::size_t intervals);

/// The largest weight, by bisection of [.5, .9999], for which EM_1 from -3 theta - 2 ends on the
/// wrong side.
struct Threshold {
  double theta = 0;
  double weight = 0;
  double error = 0;  ///< half of the last bracket; 0 at the upper end: then a lower bound
};
std::vector<Threshold> run_thresholds(const std::vector<double>& thetas, std::size_t intervals,
                                      Run& run);
double threshold_seconds(const std::vector<double>& thetas, std::size_t intervals);

/// The checks of the theorems, small enough for every preset.
struct Theorems {
  /// Ten steps of EM_1 from infinity, weights 1/2, for kTenStepThetas: relative errors.
  std::array<double, 4> ten_steps{};
  /// Log-likelihoods at the points of kLogLikelihoods.
  std::array<double, 6> log_likelihoods{};
  /// One step of EM_2 for the truth (1, .7) from (.3, .6).
  double step_theta = 0;
  double step_weight = 0;
  /// kPlaneStarts random starts in the plane, truth (1.2, 0), weight .7: how many end at a global
  /// optimum with w = 1/2 at first, how many of them at the predicted one, how many with random w.
  double plane_global = 0;
  double plane_predicted = 0;
  double plane_random_weight = 0;
  /// A start on the hyperplane, (0, 2): the second coordinate after kHyperplaneSteps.
  std::array<double, 3> hyperplane{};
  /// Tr(W* I^-1) of P-EM-C at the separations and weights of the tables, and of P-EM-D.
  std::array<std::array<double, 3>, 3> traces{};
  std::array<double, 4> plane_traces{};
};
inline constexpr std::size_t kPlaneStarts = 30;
Theorems run_theorems(std::size_t intervals, Run& run);
inline constexpr double kTheoremsSeconds = 0.5;

/// Truth theta = 1, w = .7: EM_1 and EM_2 from theta = -.25.
std::array<Path, 2> run_symmetric_paths(std::size_t intervals, Run& run);
inline constexpr double kSymmetricPathsSeconds = 0.01;

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_SYMMETRIC_H_
