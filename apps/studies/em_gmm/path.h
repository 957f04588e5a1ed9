/// Iterates of EM, for the figures of convergence.
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_PATH_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_PATH_H_

#include <cstddef>
#include <span>
#include <vector>

#include "apps/studies/em_gmm/truth.h"
#include "surplus/mixture/gmm.h"

namespace surplus::apps::em_gmm {

/// The iterates from one start, the start included.
struct Path {
  Model model = Model::kEm1;
  std::vector<double> theta1;
  std::vector<double> theta2;
  std::vector<double> weight;          ///< of the first component
  std::vector<double> log_likelihood;  ///< per observation
};

/// The number of values that path_values() gives.
constexpr std::size_t path_size(std::size_t steps) { return 4 * (steps + 1); }

/// The iterates of a fit of two means on a line with trace and path, as one cell of a run holds
/// them; the last is repeated if EM came to rest before `steps` steps.
std::vector<double> path_values(const GmmResult& fit, std::size_t steps);
Path path_of(Model model, std::span<const double> values);

}  // namespace surplus::apps::em_gmm

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_PATH_H_
