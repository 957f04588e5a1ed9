/// Synthetic samples of a known Gaussian mixture.
#ifndef SURPLUS_DATA_CLUSTERS_H_
#define SURPLUS_DATA_CLUSTERS_H_

#include <cstddef>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"
#include "surplus/data/samples.h"

namespace surplus {

/// A Gaussian mixture to draw from: x = means[c] + L_c z with probability weights[c], z standard
/// normal.
struct Clusters {
  std::vector<double> weights;          ///< k, not negative, with a positive sum that is divided by
  Matrix<double> means;                 ///< k x d
  std::vector<Matrix<double>> factors;  ///< k lower triangles L_c, d x d: the covariance is L L^T
};

/// Draws n samples, each from a cluster of its own draw, with the cluster's number as label.
///
/// Throws  ShapeError if the parts do not fit together; ArgumentError if a weight is negative or not
///         finite or none is positive, or if a mean or factor is not finite
/// Cost    n (k + d^2) operations
Samples draw_clusters(const Clusters& clusters, std::size_t n, Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_DATA_CLUSTERS_H_
