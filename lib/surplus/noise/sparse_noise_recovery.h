/// When sparse noise can be told from low-rank data, and which lambda to take.
#ifndef SURPLUS_NOISE_SPARSE_NOISE_RECOVERY_H_
#define SURPLUS_NOISE_SPARSE_NOISE_RECOVERY_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/noise/sparse_noise.h"

namespace surplus {

/// The sufficient condition of exact recovery, evaluated.
struct RecoveryCondition {
  double coherence = 0;   ///< (n / r) max_i ||U' e_i||^2, from 1 to n / r; 0 for r = 0
  double q = 0;           ///< 2 k sqrt(coherence r / n); below 1 there is a guarantee
  double multiplier = 0;  ///< ||(J')^+ theta||_inf
  /// multiplier / (1 - q): (P) has the truth as its only solution for every lambda above it. None if
  /// q is 1 or more, where nothing is guaranteed.
  std::optional<double> lambda = {};
};

/// For a truth theta in the row space of J (what is outside is not looked at) and k gross errors.
///
/// theta   p entries, finite
/// k       at most n
/// Throws  ShapeError, ArgumentError for input outside its domain
/// Source  Liu, Zhu, Qu, You (2022), the theorem of exact recovery: k^2 r < n / (4 coherence); the
///         bound on lambda follows from ||h_S||_1 <= (q / 2) ||h||_1 for h in the range of J
RecoveryCondition recovery_condition(const SparseNoiseFactors& factors,
                                     std::span<const double> theta, std::size_t k);

/// (P) at each of several lambdas.
///
/// lambdas  positive, ascending
/// config   config.lambda must be empty
/// Throws   ArgumentError otherwise; as solve_sparse_noise()
std::vector<SparseNoiseResult> sparse_noise_path(const SparseNoiseFactors& factors,
                                                 std::span<const double> y,
                                                 std::span<const double> lambdas,
                                                 const SparseNoiseConfig& config = {});

/// Where along a path the support shrinks most: the index of the result after the largest drop, the
/// first of them; 0 if it never shrinks.
///
/// path    at least one result
/// Throws  ArgumentError if it is empty
std::size_t largest_support_drop(std::span<const SparseNoiseResult> path);

/// What sparse noise says of one-hot labels.
struct CorrectedLabels {
  std::vector<std::size_t> labels;  ///< argmax of the row of y - s, the first of equals
  std::vector<double> scores;       ///< ||s||_1 of the row: large where the label is wrong
};

/// y        n x k, one-hot
/// columns  the results of its k columns, from solve_sparse_noise_columns()
/// Throws   ShapeError if they do not fit
CorrectedLabels correct_labels(MatrixView<const double> y,
                               std::span<const SparseNoiseResult> columns);

}  // namespace surplus

#endif  // SURPLUS_NOISE_SPARSE_NOISE_RECOVERY_H_
