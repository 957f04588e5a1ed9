/// k-means clustering: seeds by k-means++, then Lloyd's iteration.
#ifndef SURPLUS_MIXTURE_KMEANS_H_
#define SURPLUS_MIXTURE_KMEANS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"
#include "surplus/core/rng.h"

namespace surplus {

struct KMeansConfig {
  std::size_t clusters = 8;      ///< k, 1 .. n
  std::size_t iterations = 300;  ///< completed at most; 0 keeps the seeds
  /// Converged when the inertia falls by at most this share of itself.
  double tolerance = 1e-4;
  /// n weights s_n >= 0 with a positive sum, or empty for ones. Only looked at.
  std::span<const double> sample_weights = {};
};

struct KMeansResult {
  Matrix<double> centres;             ///< k x d
  std::vector<std::uint32_t> labels;  ///< n: the nearest centre, the first of equals
  double inertia = 0;                 ///< sum_n s_n |x_n - centre_label|^2
  Stop stop = Stop::kIterationLimit;
  std::size_t iterations = 0;
};

/// k rows as seeds: the first drawn with probability in proportion to s_n, each next one to s_n times
/// the squared distance to the nearest seed (to s_n alone when all rows are seeds already).
///
/// x        n x d, finite
/// Throws   ShapeError, ArgumentError for input out of its domain
/// Cost     2 n d k flops, 2 n doubles
/// Source   Arthur, Vassilvitskii (2007), k-means++: the advantages of careful seeding
Matrix<double> kmeans_plus_plus(MatrixView<const double> x, const KMeansConfig& config, Rng& rng);
Matrix<double> kmeans_plus_plus(MatrixView<const float> x, const KMeansConfig& config, Rng& rng);

/// Clusters the rows of x around k centres, by Euclidean distance, from k-means++ seeds. A centre that
/// loses all its rows stays where it is.
///
/// x        n x d, finite
/// Throws   ShapeError, ArgumentError for input out of its domain
/// Cost     3 n d k flops per iteration; beyond the result 2 n doubles
/// Promises the same state of `rng` gives the same bits with any number of threads
/// Source   Lloyd (1982), Least squares quantization in PCM
KMeansResult kmeans(MatrixView<const double> x, const KMeansConfig& config, Rng& rng);
KMeansResult kmeans(MatrixView<const float> x, const KMeansConfig& config, Rng& rng);

}  // namespace surplus

#endif  // SURPLUS_MIXTURE_KMEANS_H_
