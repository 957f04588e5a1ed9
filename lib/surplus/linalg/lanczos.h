/// The ends of the spectrum of a large symmetric matrix that is known by its products alone.
#ifndef SURPLUS_LINALG_LANCZOS_H_
#define SURPLUS_LINALG_LANCZOS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"

namespace surplus {

/// y = A x for a symmetric n x n matrix A: x and y have n elements, y is overwritten.
using SymmetricOperator = std::function<void(std::span<const double> x, std::span<double> y)>;

/// Lanczos' iteration, step by step: after k steps Q has k orthonormal columns, the first of them
/// the start's direction, and T = Q^T A Q is tridiagonal. Each column is made orthogonal to all
/// before it, twice, so that no eigenvalue comes twice.
///
/// Needs    elements of A from 1e-140 to 1e140 in magnitude: squares are taken
/// Cost     a product and 8 n k flops for step k, on all threads; 16 ceil(k / 16) n numbers of memory
/// Promises the same bits for any number of threads, if the products have them
/// Source   Parlett (1998), The symmetric eigenvalue problem, sections 6.9 and 13.1
class Lanczos {
 public:
  /// Throws ArgumentError if the start has no element or no finite length above 0
  explicit Lanczos(std::vector<double> start);

  /// Takes a step, if there is one left: no product is taken once the space of A^k start is
  /// exhausted to rounding.
  /// Returns  whether it was taken
  /// Throws   NumericalError if the product is not finite
  bool step(const SymmetricOperator& a);

  std::size_t size() const { return next_.size(); }
  std::size_t steps() const { return diagonal_.size(); }
  bool exhausted() const { return exhausted_; }

  /// What the eigenvectors of T say of A.
  struct Ritz {
    std::vector<double> values;  ///< eigenvalues of T, ascending
    std::vector<double> errors;  ///< A has an eigenvalue within errors[i] of values[i], to rounding
    std::vector<double> weights;  ///< squares of the vectors' first elements; their sum is 1
    Matrix<double> vectors;       ///< of T, in columns
  };
  /// Cost     about 9 k^3 flops
  Ritz ritz() const;

  /// Q s: the approximate eigenvector of A, of length 1, for column i of ritz.vectors.
  std::vector<double> vector(const Ritz& ritz, std::size_t i) const;

 private:
  std::size_t size_of_block(std::size_t block) const;
  void make_orthogonal();

  static constexpr std::size_t kRows = 16;
  std::vector<Matrix<double>> basis_;  // kRows vectors each, as rows
  std::vector<double> next_;           // of length 1, but for the last after exhaustion
  std::vector<double> diagonal_, beside_;
  double scale_ = 0;  // of T's elements
  bool exhausted_ = false;
};

/// Which eigenvalue must be as exact as the tolerance asks.
enum class SpectrumEnd {
  kBoth,
  kTop,
  kBottom,
  kLargest,  ///< the one of larger magnitude, as the spectral norm needs it
};

struct ExtremeEigenvaluesConfig {
  SpectrumEnd end = SpectrumEnd::kBoth;
  double tolerance = 1e-6;       ///< stops when the error <= tolerance * the norm; positive
  std::size_t iterations = 300;  ///< at most, each a product; at least 1
  std::uint64_t seed = 1;        ///< of the start
  bool vectors = false;          ///< whether to give the eigenvectors
  Observer observer = {};        ///< the objective is the norm so far, where it was looked at
};

/// A has an eigenvalue within `error` of `value`, to rounding.
struct Eigenvalue {
  double value = 0;
  double error = 0;
  std::vector<double> vector = {};  ///< n, of length 1, if asked for
};

struct ExtremeEigenvalues {
  Eigenvalue top, bottom;  ///< the largest and the smallest, with their signs
  std::size_t iterations = 0;
  Stop stop = Stop::kConverged;

  double norm() const;  ///< the larger magnitude: the spectral norm
};

/// The largest and the smallest eigenvalue of a symmetric matrix, by Lanczos' iteration from a
/// random start.
///
/// a       A of size n; n >= 1
/// Throws  ArgumentError if n is 0 or for a config outside its range; NumericalError if a product
///         is not finite; what `a` throws
/// Error   each value is between the true extreme and the opposite one, but for rounding, and
///         within its `error` of an eigenvalue, which is the extreme unless the start happened to
///         miss that one's direction. Where it stands apart by a gap, the value is closer: by about
///         error^2 / gap
/// Cost    as Lanczos; T is looked at after 1, 2, 3 ... 9, 11 ... steps, an eighth more each
/// Promises the same bits for any number of threads, if the products have them
ExtremeEigenvalues extreme_eigenvalues(const SymmetricOperator& a, std::size_t n,
                                       const ExtremeEigenvaluesConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_LANCZOS_H_
