/// How large a batch of SGD pays, and which constant step it takes, where the model can fit all
/// examples: from the spectrum of the Gram matrix.
///
/// For least squares with features x of n examples, batches of m drawn with replacement and step
/// rate, the expected squared distance to the solution falls in each eigen-direction of
/// H = sum_i x_i x_i' / n by (1 - rate lambda)^2 + rate^2 lambda (beta - lambda) / m or faster. The
/// step below is the best for this bound over all directions. Up to the critical batch the number of
/// steps falls as 1 / m, beyond it hardly: m = 1 takes the fewest gradients, the critical batch the
/// fewest of those that make nearly the progress of full gradients.
///
/// Source  Ma, Bassily, Belkin (2018), The power of interpolation: understanding the effectiveness of
///         SGD in modern over-parametrized learning, ICML
#ifndef SURPLUS_OPTIM_CRITICAL_BATCH_H_
#define SURPLUS_OPTIM_CRITICAL_BATCH_H_

#include <cstddef>

#include "surplus/core/matrix.h"

namespace surplus {

/// What the formulas need of K = (x_i' x_j) or K = (k(x_i, x_j)), n x n.
struct GramSpectrum {
  double beta = 0;      ///< the largest |x_i|^2, or k(x_i, x_i); at least `largest`
  double largest = 0;   ///< of the eigenvalues of K / n, which are those of H; positive
  double smallest = 0;  ///< the smallest of them that is not zero, or a guess: beta / n, or 0
};

/// The spectrum by an eigendecomposition. Eigenvalues up to n eps times the largest count as zero.
///
/// gram    n x n, symmetric positive semidefinite; only the lower triangle is read
/// Throws  ShapeError if it is not square; ArgumentError at a NaN, an infinity or where the diagonal
///         has a negative or no positive element
/// Cost    eigh()
GramSpectrum gram_spectrum(MatrixView<const double> gram);

/// The same for large n: the largest eigenvalue by spectral_norm(), and beta / n for the smallest.
///
/// Throws  as gram_spectrum()
/// Cost    spectral_norm()
GramSpectrum estimate_gram_spectrum(MatrixView<const double> gram);

/// m* = beta / (largest - smallest) + 1; infinite if they are equal.
/// Throws  ArgumentError if the spectrum is out of its domain
double critical_batch(const GramSpectrum& spectrum);

struct BatchStep {
  double rate = 0;         ///< learning rate of the mean loss (x_i' w - y_i)^2 / 2
  double contraction = 0;  ///< the bound: the factor by which E|w - w*|^2 falls a step, or faster
};

/// The best step for batches of m, drawn with replacement:
/// m <= m*: rate = m / (beta + (m - 1) smallest), contraction 1 - rate smallest;
/// beyond: rate = 2 m / (beta + (m - 1) (largest + smallest)).
///
/// m       at least 1
/// Throws  ArgumentError
BatchStep batch_step(const GramSpectrum& spectrum, std::size_t m);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_CRITICAL_BATCH_H_
