/// Information-theoretic metric learning: the Mahalanobis metric nearest to a prior that keeps
/// similar pairs close and dissimilar pairs apart.
#ifndef SURPLUS_METRIC_ITML_H_
#define SURPLUS_METRIC_ITML_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"
#include "surplus/core/rng.h"
#include "surplus/metric/mahalanobis.h"
#include "surplus/metric/pairs.h"

namespace surplus {

/// The targets of the constraints, in squared distances.
struct ItmlBounds {
  double similar = 0;    ///< u > 0: similar pairs should be no farther apart
  double different = 0;  ///< l > 0: dissimilar pairs should be no closer
};

/// How bounds are taken from the distances between points.
struct ItmlBoundsConfig {
  double low = 5;    ///< percentile for `similar`, in (0, 100)
  double high = 95;  ///< percentile for `different`, in (low, 100)
  /// Percentiles of plain instead of squared distances, which are then compared with squared ones:
  /// what the Python package metric-learn does.
  bool plain_distances = false;
  /// Bin centres of a histogram of 100 equal bins over 100 random pairs instead of percentiles:
  /// what the authors' program does.
  bool histogram = false;
};

struct ItmlConfig {
  double slack = 1;  ///< gamma > 0, the price of missing a bound; infinity for hard constraints
  MetricPrior prior = MetricPrior::kIdentity;
  Matrix<double> given_prior = {};  ///< d x d, symmetric positive definite
  /// The bounds as given, or those of itml_bounds() with the settings below.
  std::optional<ItmlBounds> bounds = {};
  ItmlBoundsConfig bounds_config = {};

  std::size_t sweeps = 1000;  ///< completed at most; one sweep visits every pair once
  /// Converged when |dual - dual before|_1 / (|dual|_2 + |dual before|_2) falls below this.
  double tolerance = 1e-3;
  /// Stops after the first sweep that brings the projections above this number; 0 for no limit.
  std::size_t projections = 0;
  std::uint64_t seed = 0;  ///< for a random prior, and for bounds from random pairs
  /// Told the relative dual change after each sweep.
  Observer observer = {};
};

struct ItmlResult {
  Matrix<double> metric;     ///< A, d x d, symmetric positive definite
  Matrix<double> transform;  ///< L, d x d upper triangular, A = L^T L: distances are |L (x - y)|
  std::vector<double> dual;  ///< lambda >= 0, one for each pair
  ItmlBounds bounds;         ///< the bounds used
  Stop stop = Stop::kIterationLimit;
  std::size_t sweeps = 0;     ///< completed
  double dual_change = 0;     ///< relative, of the last sweep
  std::vector<double> trace;  ///< the same of every sweep
  double log_det = 0;         ///< log det A
  /// The largest breach of the optimality conditions over all pairs, relative to the pair's bound:
  /// |p - xi| / xi where lambda > 0, delta (p - xi) / xi where that is positive elsewhere.
  double residual = 0;
  std::size_t skipped = 0;   ///< pairs of identical points, which constrain nothing
  std::size_t repaired = 0;  ///< times rounding cost A its definiteness and the floor gave it back
};

/// Bounds from the distances d_A(x_i, x_j)^2 = (x_i - x_j)^T A (x_i - x_j) of pairs of different
/// rows: all pairs, or 10^6 random ones if there are more.
///
/// x        n x d, finite
/// metric   A, d x d, symmetric positive definite
/// Throws   ShapeError, ArgumentError for settings outside their domain, or if all rows are equal
ItmlBounds itml_bounds(MatrixView<const double> x, MatrixView<const double> metric,
                       const ItmlBoundsConfig& config, const Rng& rng);

/// Learns the metric A that minimises
///   tr(A A_0^-1) - log det(A A_0^-1) + gamma * sum_c (xi_c / b_c - log(xi_c / b_c))
/// subject to d_A^2 <= xi_c for similar and d_A^2 >= xi_c for dissimilar pairs, b_c the bounds, by
/// projecting onto one pair after the other (kernels/itml.h has the step).
///
/// If rounding costs A its definiteness (the projections of hard, contradictory constraints grow
/// without bound), its eigenvalues are raised to at least 8 d^2 eps times the largest magnitude
/// among them, which is more than rounding can take back at the next pair.
///
/// x        n x d, finite, at least 2 rows
/// pairs    of rows of x; pairs of identical rows are skipped and counted
/// Throws   ShapeError, ArgumentError for input out of its domain; NumericalError if the prior is
///          not positive definite, or A over- or underflows
/// Cost     about 4 d^2 flops per pair and sweep; beyond the data 8 bytes per pair, and 9 more up to
///          2^20 pairs; more pairs than that are read anew in each sweep
/// Promises A^-1 = A_0^-1 + sum_c delta_c lambda_c v_c v_c^T up to rounding and repairs
/// Source   Davis, Kulis, Jain, Sra, Dhillon (2007), Information-theoretic metric learning,
///          algorithm 1
// Differs from the paper: the step is that of the authors' program, gamma / (gamma + 1) (1/p - 1/xi),
// which follows from the objective with slack; the printed one agrees with it only at gamma = 1.
ItmlResult fit_itml(MatrixView<const double> x, const Pairs& pairs, const ItmlConfig& config);

}  // namespace surplus

#endif  // SURPLUS_METRIC_ITML_H_
