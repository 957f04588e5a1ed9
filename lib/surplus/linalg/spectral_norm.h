/// The spectral norm of a large matrix.
#ifndef SURPLUS_LINALG_SPECTRAL_NORM_H_
#define SURPLUS_LINALG_SPECTRAL_NORM_H_

#include <cstddef>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"

namespace surplus {

struct SpectralNormConfig {
  double tolerance = 1e-10;      ///< stops when error <= tolerance * value; positive
  std::size_t iterations = 500;  ///< at most, each a product with A and one with A^T; at least 1
};

struct SpectralNorm {
  double value = 0;
  double error = 0;  ///< A has a singular value within this of `value`
  std::size_t iterations = 0;
  Stop stop = Stop::kConverged;
};

/// ||A||_2, the largest singular value, by Lanczos' iteration for A^T A from a random start, which
/// is always the same, with every vector made orthogonal to all before it.
///
/// a       m x n, of any shape; without elements it has the norm 0
/// Throws  ArgumentError at a NaN or an infinity, or for a config outside its range
/// Error   `value` never exceeds the norm, but for rounding, (m + n) eps ||A||_F at most. It differs
///         from a singular value by `error` at most, and from the norm, whose direction a start
///         could in principle miss, as follows: after k iterations the share of starts from which
///         value^2 < (1 - r) ||A||_2^2 is below 1.648 sqrt(n) exp(-(2 k - 1) sqrt(r)), for every r.
///         Where the largest singular value stands apart by a gap, `value` is closer than that, by
///         about error^2 / gap
/// Cost    4 m n flops an iteration, one pass over A, and 4 n k to make it orthogonal; (k + 64) n
///         numbers of memory, besides A
/// Promises float input loses nothing: all is computed in double; the same bits for any number of
///         threads
/// Source  Kuczynski, Wozniakowski (1992), Estimating the largest eigenvalue by the power and
///         Lanczos algorithms with a random start, theorem 4.2
SpectralNorm spectral_norm(MatrixView<const float> a, const SpectralNormConfig& config = {});
SpectralNorm spectral_norm(MatrixView<const double> a, const SpectralNormConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_SPECTRAL_NORM_H_
