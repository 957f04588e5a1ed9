/// Nearest neighbors in a metric, and classification by their vote.
#ifndef SURPLUS_METRIC_KNN_H_
#define SURPLUS_METRIC_KNN_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

struct KnnConfig {
  std::size_t neighbors = 4;  ///< k, 1 .. n
  /// L, r x d, of the metric A = L^T L (ItmlResult::transform); empty for Euclidean distances. Only
  /// looked at.
  MatrixView<const double> transform = {};
};

/// The k nearest rows of each query, nearest first.
struct Neighbors {
  std::size_t k = 0;
  std::vector<std::size_t> rows;     ///< m * k: those of query i from i * k on
  Matrix<double> squared_distances;  ///< m x k
};

/// The k rows of x that are nearest to each query, equally near ones in their order in x: exactly
/// those that sorting all squared distances |L (x - y)|^2, computed in double from differences, would
/// put first. Scores in float, raised by their error bound, tell which few pairs need that.
///
/// x        n x d, finite
/// queries  m x d, finite; may be x, and each row is then its own nearest
/// Throws   ShapeError, ArgumentError for input out of its domain, or if differences overflow
/// Error    (r + 3) eps squared_distances, besides that of the product with L
/// Cost     2 m n (r + 2) flops in float, on all threads, plus about k (1 + log(n / k)) distances in
///          double per query, more where many rows are equally near; 4 n (r + 2) bytes
/// Promises the bits do not depend on the number of threads
Neighbors nearest_neighbors(MatrixView<const double> x, MatrixView<const double> queries,
                            const KnnConfig& config = {});

/// The label that most of the k nearest rows of x have; of tied ones, that of the nearest row among
/// them.
///
/// labels   n, any numbers
/// Throws   ShapeError if there is not one label for each row, and as nearest_neighbors()
std::vector<std::size_t> knn_classify(MatrixView<const double> x,
                                      std::span<const std::size_t> labels,
                                      MatrixView<const double> queries,
                                      const KnnConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_METRIC_KNN_H_
