/// Metrics learned from one pair at a time.
#ifndef SURPLUS_METRIC_ITML_ONLINE_H_
#define SURPLUS_METRIC_ITML_ONLINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "surplus/core/matrix.h"
#include "surplus/metric/itml.h"
#include "surplus/metric/pairs.h"

namespace surplus {

/// One step of LEGO: moves the squared distance p = z^T A z towards the target, as far as the rate
/// says, and keeps A positive definite for every rate. With y = target and r = rate:
///   p' = (r y p - 1 + sqrt((r y p - 1)^2 + 4 r p^2)) / (2 r p)
///   A  = A - r (p' - y) (A z) (A z)^T / (1 + r (p' - y) p),   after which z^T A z = p'
///
/// metric   A, d x d, symmetric positive definite, updated
/// z        d, the difference of the pair
/// target   y >= 0, the squared distance wished
/// rate     r > 0
/// Returns  p'; 0, A being left alone, if z is 0
/// Throws   ShapeError if the sizes differ; ArgumentError for a target or rate outside its domain;
///          NumericalError if p is not positive and finite
/// Cost     4 d^2 flops, d elements of scratch
/// Source   Jain, Kulis, Dhillon, Grauman (2008), Online metric learning and fast similarity search
double lego_step(MatrixView<double> metric, std::span<const double> z, double target, double rate);

/// One step of online ITML, down the gradient of (p - y)^2 taken at the old A:
///   s  = max(1 + 2 r (p - y) p, 1/2)
///   A  = A - (1 - 1/s) / p (A z) (A z)^T, after which z^T A z = p' = p / s
/// A stays positive definite (up to rounding, which a shrinkage s near 1/eps exceeds) for every rate
/// if p >= y, but below the target only for r < 1 / (2 (y - p) p); the 1/2 holds the rate to half of
/// that. p' can pass y, which it never does in lego_step().
///
/// Arguments, errors, cost and result as lego_step().
/// Source   Davis, Kulis, Jain, Sra, Dhillon (2007), Information-theoretic metric learning
// Differs from the paper: its rule for the rate is replaced by the one above.
double itml_online_step(MatrixView<double> metric, std::span<const double> z, double target,
                        double rate);

enum class OnlineStep { kLego, kGradient };  ///< lego_step(), itml_online_step()

struct ItmlOnlineConfig {
  OnlineStep step = OnlineStep::kLego;
  double rate = 1;  ///< r of the step, > 0
  MetricPrior prior = MetricPrior::kIdentity;
  Matrix<double> given_prior = {};
  std::optional<ItmlBounds> bounds = {};  ///< as in ItmlConfig
  ItmlBoundsConfig bounds_config = {};
  std::uint64_t seed = 0;
};

struct ItmlOnlineResult {
  Matrix<double> metric;     ///< A, d x d
  Matrix<double> transform;  ///< L, A = L^T L
  ItmlBounds bounds;         ///< the bounds used
  std::size_t steps = 0;     ///< pairs that missed their bound and so moved A
};

/// Sees every pair once, in order, and takes a step towards its bound if it misses it.
///
/// Arguments and errors as fit_itml().
ItmlOnlineResult fit_itml_online(MatrixView<const double> x, const Pairs& pairs,
                                 const ItmlOnlineConfig& config);

}  // namespace surplus

#endif  // SURPLUS_METRIC_ITML_ONLINE_H_
