/// A distribution as weighted points, so that EM on samples is also EM on the population.
#ifndef SURPLUS_MIXTURE_POPULATION_H_
#define SURPLUS_MIXTURE_POPULATION_H_

#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/mixture/gmm.h"

namespace surplus {

/// Rows with weights: fit_gmm(points.x, {.sample_weights = points.weights, ...}).
struct WeightedPoints {
  Matrix<double> x;             ///< n x d
  std::vector<double> weights;  ///< n, sum 1 up to the error of the quadrature
};

/// Trapezoid nodes for expectations under `truth` in one or two dimensions, on the box
/// [min_i mean_i - 9 s, max_i mean_i + 9 s], s the largest standard deviation along that axis:
///   E[f(x)] ~ sum_n weights_n f(x_n),   weights_n = step (at the ends half a step) * p(x_n)
///
/// The symmetric iteration in d dimensions stays in the plane of theta and its start, so that the
/// two-dimensional nodes serve every d.
///
/// intervals  per axis, at least 1; 400 to 600 in one dimension give 1e-8 or better
/// Returns    intervals + 1 nodes, or (intervals + 1)^2, the second coordinate running fastest
/// Throws     as the queries of gmm_queries.h; ArgumentError if d > 2 or intervals = 0
WeightedPoints population_nodes(const GaussianMixture& truth, std::size_t intervals);

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_POPULATION_H_
