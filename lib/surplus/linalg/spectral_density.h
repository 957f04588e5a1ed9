/// What random probes tell of a large symmetric matrix: its trace, and how its eigenvalues lie.
#ifndef SURPLUS_LINALG_SPECTRAL_DENSITY_H_
#define SURPLUS_LINALG_SPECTRAL_DENSITY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "surplus/core/progress.h"
#include "surplus/linalg/lanczos.h"

namespace surplus {

/// A mean over probes; the standard error is NaN for a single one.
struct Estimate {
  double value = 0;
  double standard_error = 0;
};

struct TraceConfig {
  std::size_t probes = 32;  ///< at least 1, each a product
  std::uint64_t seed = 1;
  Observer observer = {};  ///< the objective is the estimate so far
};

struct TraceEstimate : Estimate {
  std::size_t probes = 0;
  Stop stop = Stop::kConverged;
};

/// tr A as the mean of z^T A z over random signs z: without bias, with the variance
/// 2 sum_{i != j} A_ij^2 / probes.
///
/// a       A of size n; n >= 1
/// Throws  ArgumentError if n or the number of probes is 0; NumericalError if a product is not
///         finite; what `a` throws
/// Promises the same bits for any number of threads, if the products have them
/// Source  Hutchinson (1990), A stochastic estimator of the trace
TraceEstimate estimate_trace(const SymmetricOperator& a, std::size_t n,
                             const TraceConfig& config = {});

struct SpectralDensityConfig {
  std::size_t probes = 8;  ///< at least 1
  std::size_t steps = 80;  ///< of Lanczos for each, at least 1
  std::uint64_t seed = 1;
  Observer observer = {};  ///< called after each step; there is no objective
};

/// Where the eigenvalues of A lie, as one rule of quadrature per probe: the sum of weight f(node)
/// estimates tr f(A) / n.
struct SpectralDensity {
  struct Rule {
    std::vector<double> nodes;    ///< ascending
    std::vector<double> weights;  ///< their sum is 1
  };
  std::vector<Rule> rules;  ///< one per probe
  Stop stop = Stop::kConverged;

  /// tr f(A) / n.
  Estimate mean(const std::function<double(double)>& f) const;

  /// The density at each of the points, each eigenvalue being spread as a normal density of standard
  /// deviation `width`: the integral over all points is 1.
  /// Throws  ArgumentError if width is not positive
  std::vector<double> at(std::span<const double> points, double width) const;
};

/// Stochastic Lanczos quadrature.
///
/// a       A of size n; n >= 1
/// Throws  ArgumentError if n, the number of probes or of steps is 0; NumericalError if a product is
///         not finite; what `a` throws
/// Error   the rules are exact for polynomials f of degree 2 steps - 1, and all of it is the
///         probes' scatter then
/// Cost    as Lanczos, for each probe
/// Promises the same bits for any number of threads, if the products have them; the probes are those
///         of estimate_trace() with the same seed
/// Source  Ubaru, Chen, Saad (2017), Fast estimation of tr(f(A)) via stochastic Lanczos quadrature;
///         Ghorbani, Krishnan, Xiao (2019), An investigation into neural net optimization via
///         Hessian eigenvalue density
SpectralDensity spectral_density(const SymmetricOperator& a, std::size_t n,
                                 const SpectralDensityConfig& config = {});

}  // namespace surplus

#endif  // SURPLUS_LINALG_SPECTRAL_DENSITY_H_
