#include "apps/studies/em_gmm/path.h"

#include <algorithm>

namespace surplus::apps::em_gmm {

std::vector<double> path_values(const GmmResult& fit, std::size_t steps) {
  std::vector<double> values;
  for (std::size_t i = 0; i <= steps; ++i) {
    const std::size_t at = std::min(i, fit.iterations);
    const GaussianMixture& iterate = fit.path[at];
    values.insert(values.end(), {iterate.means(0, 0), iterate.means(1, 0), iterate.weights[0],
                                 at < fit.trace.size() ? fit.trace[at] : fit.log_likelihood});
  }
  return values;
}

Path path_of(Model model, std::span<const double> values) {
  Path path;
  path.model = model;
  for (std::size_t i = 0; i < values.size(); i += 4) {
    path.theta1.push_back(values[i]);
    path.theta2.push_back(values[i + 1]);
    path.weight.push_back(values[i + 2]);
    path.log_likelihood.push_back(values[i + 3]);
  }
  return path;
}

}  // namespace surplus::apps::em_gmm
