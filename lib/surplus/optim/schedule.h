/// How the learning rate changes as training goes on.
#ifndef SURPLUS_OPTIM_SCHEDULE_H_
#define SURPLUS_OPTIM_SCHEDULE_H_

#include <cstddef>

namespace surplus {

/// The rate at time t = 0, 1, ... after the warm-up:
enum class ScheduleKind {
  kConstant,     ///< rate
  kStep,         ///< rate factor^floor(t / period)
  kExponential,  ///< rate factor^t
  kInverse,      ///< rate / (1 + t / period), the 1/t of stochastic approximation
  kInverseRoot,  ///< rate / sqrt(1 + t / period)
  kLinear,       ///< rate + (last - rate) t / period, and last from t = period on
  kCosine,       ///< last + (rate - last) (1 + cos(pi t / period)) / 2, and last from t = period on
};

/// Times are counted in whatever the user counts: epochs or steps.
struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double rate = 0.01;      ///< 0 or more
  std::size_t period = 1;  ///< at least 1
  double factor = 0.1;     ///< above 0
  double last = 0;         ///< 0 or more
  /// The first times, in which the rate is (t + 1) / warm_up of `rate`; the kind's t starts after.
  std::size_t warm_up = 0;
};

/// The rate at time t, counted from 0.
///
/// Throws   ArgumentError if the schedule is out of its domain
/// Source   torch.optim.lr_scheduler: StepLR, ExponentialLR, LinearLR (for the warm-up too),
///          CosineAnnealingLR (which rises again after its period); Loshchilov, Hutter (2017) for the cosine;
///          Robbins, Monro (1951) for the inverse
double rate_at(const Schedule& schedule, std::size_t t);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_SCHEDULE_H_
