/// What SGD does in expectation on least squares, exactly: the recursion of the second moments.
///
/// Examples (x_i, y_i), loss (x_i' w - y_i)^2 / 2, batches of m drawn with replacement. The rule is
/// that of UpdateRule::kMass: SGD without momentum, Nesterov's without compensation. Its state is
/// z = (w - w*, part of w that the velocity holds), and E[z z'] follows a linear map.
///
/// The examples must span R^d. Where there are fewer, take their coordinates in their span: the rows
/// of cholesky(X X'). A distribution enters by E[x x'] and E[(x' S x) x x'] for all symmetric S alone,
/// so that a few examples with the same moments stand for it.
#ifndef SURPLUS_OPTIM_SECOND_MOMENT_H_
#define SURPLUS_OPTIM_SECOND_MOMENT_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/optim/schedule.h"

namespace surplus {

struct LinearSgd {
  double rate = 0.01;       ///< 0 or more
  double momentum = 0;      ///< 0 or more, at most 1
  double compensation = 0;  ///< 0 or more, in units of the rate; 0 if the momentum is
  std::size_t batch = 1;    ///< m, at least 1
};

/// The spectral radius of the map: the factor by which E|w - w*|^2 falls (or, above 1, grows) a step
/// in the long run, where all examples can be fitted.
///
/// x       n x d, n at least 1; at most 40 columns, 20 with momentum
/// Throws  ShapeError, ArgumentError
/// Error   about 1e-13
/// Cost    with p = d (d + 1) / 2, or d (2 d + 1) with momentum: 90 p^3 + p n d^2 flops
double second_moment_contraction(MatrixView<const double> x, const LinearSgd& sgd);

/// The rate from which on second moments grow: where the contraction crosses 1, by bisection.
///
/// sgd      its rate is not looked at
/// Throws   as above; ArgumentError if x is zero; NumericalError if no rate contracts
/// Error    1e-10 of the result
double second_moment_rate_limit(MatrixView<const double> x, const LinearSgd& sgd);

/// Where a constant step ends.
struct StationarySgd {
  std::vector<double> optimum;  ///< w*, that of least squares
  double loss = 0;              ///< mean loss at w*
  double noise = 0;             ///< the trace of the covariance of the examples' gradients at w*
  Matrix<double> covariance;    ///< of w, d x d; its mean is w*
  double distance = 0;          ///< E|w - w*|^2
  double excess_loss = 0;       ///< E of the mean loss at w, less that at w*
};

/// x, y     n x d and n
/// Throws   as above; NumericalError if the second moments do not converge
StationarySgd stationary_sgd(MatrixView<const double> x, std::span<const double> y,
                             const LinearSgd& sgd);

struct ExpectedSgd {
  double distance = 0;  ///< E|w_t - w*|^2
  double loss = 0;      ///< E of the mean loss at w_t
};

/// The expectations along the way, step t = 0, 1, ... having the rate rate_at(schedule, t).
///
/// start    d: w_0, without velocity
/// sgd      its rate is not looked at
/// times    ascending numbers of steps
/// Returns  one per time
/// Throws   as above; ShapeError, ArgumentError
/// Cost     n d^2 flops a step
std::vector<ExpectedSgd> expected_sgd(MatrixView<const double> x, std::span<const double> y,
                                      std::span<const double> start, const LinearSgd& sgd,
                                      const Schedule& schedule, std::span<const std::size_t> times);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_SECOND_MOMENT_H_
