/// Bregman projections of information-theoretic metric learning (ITML).
#ifndef SURPLUS_KERNELS_ITML_H_
#define SURPLUS_KERNELS_ITML_H_

#include <cstddef>
#include <cstdint>

namespace surplus::kernels {

/// What a sweep over some constraints did.
struct ItmlSweep {
  std::size_t done = 0;     ///< constraints visited; fewer than asked if A lost definiteness there
  std::size_t skipped = 0;  ///< pairs among them whose squared norm is at most `zero`, left alone
  double change = 0;        ///< sum of |alpha|, the 1-norm of the change of the dual variables
  double log_det = 0;       ///< log det A after minus before
};

/// The bounds and the slack of all constraints of a run.
struct ItmlBounds {
  double similar;    ///< u > 0: the largest squared distance wished of similar pairs
  double different;  ///< l > 0: the smallest squared distance wished of dissimilar pairs
  double slack;      ///< gamma > 0; infinity makes the constraints hard
  double zero;       ///< pairs with |v|^2 <= zero are skipped; >= 0
};

/// `count` pairs of rows: their numbers, and for each a flag that is non-zero if they are similar.
struct ItmlPairs {
  std::size_t count;
  const std::uint32_t* first;
  const std::uint32_t* second;
  const std::uint8_t* similar;
};

/// The rows of A and the scratch vectors are padded with zeros to a multiple of this many elements.
inline constexpr std::size_t kItmlPadding = 8;

/// How far apart the rows of A stand: d rounded up to an odd multiple of kItmlPadding, so that the
/// elements of a column lie in different sets of a cache.
constexpr std::size_t itml_stride(std::size_t d) {
  return ((d + kItmlPadding - 1) / kItmlPadding | 1) * kItmlPadding;
}

/// As many pairs share a pass over A.
inline constexpr std::size_t kItmlBlock = 2;

/// How many vectors of itml_stride(d) elements itml_sweep() works in.
inline constexpr std::size_t kItmlScratch = 4 * kItmlBlock;

/// Projects the metric A once onto each of the pair constraints, in order. With
/// v = x[first] - x[second], p = v^T A v, delta = +1 for similar pairs and -1 for dissimilar ones,
/// and 1/xi = 1/bound - delta * lambda / gamma:
///
///   alpha  = min(lambda, delta * gamma / (gamma + 1) * (1/p - 1/xi))
///   beta   = delta * alpha / (1 - delta * alpha * p)
///   A      = A + beta * (A v) (A v)^T
///   lambda = lambda - alpha
///
/// d                  features, at least 1
/// x                  the points, rows x_stride >= d elements apart
/// pairs              of rows of x
/// lambda             pairs.count dual variables >= 0, read and updated
/// a                  A, d x d, symmetric positive definite, rows itml_stride(d) elements apart
///                    with zeros after each row; both triangles are updated, and stay equal to
///                    the bit
/// scratch            kItmlScratch * itml_stride(d) elements
/// Error     the computed p is within (2 d + 6) eps |v|^T |A| |v| of the exact one, A being the larger
///           of the metric and of that before the block of kItmlBlock pairs
/// Cost      4 * d^2 flops per projection; A is read and written once for kItmlBlock pairs, whose
///           updates wait for the next block
/// Promises  stops before the first pair with p <= 0 or p not finite: rounding has cost A its
///           definiteness, or an operand is not finite; nothing is changed by that pair
/// Source    Davis, Kulis, Jain, Sra, Dhillon (2007), Information-theoretic metric learning, with
///           the step of the authors' program, which the printed algorithm matches at gamma = 1
ItmlSweep itml_sweep(std::size_t d, const double* x, std::size_t x_stride, const ItmlPairs& pairs,
                     const ItmlBounds& bounds, double* lambda, double* a, double* scratch);

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_ITML_H_
