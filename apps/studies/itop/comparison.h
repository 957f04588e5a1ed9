/// The kernels of itop's networks against each other: whether they compute the same, and in what time.
#ifndef SURPLUS_APPS_STUDIES_ITOP_COMPARISON_H_
#define SURPLUS_APPS_STUDIES_ITOP_COMPARISON_H_

#include <cstddef>

#include "apps/runner/run.h"
#include "apps/studies/itop/training.h"

namespace surplus::apps::itop {

/// Two trainings that differ in the kernels alone. Accuracies in %, of the last model.
struct Equality {
  double sparse = 0, masked = 0, different_weights = 0;
  double distance = 0;  ///< of the weights, in l2, over their length
};

/// Sparse kernels and the same ones with zeros in whole matrices, which should give the same bits: 200
/// steps of SET or RigL, with updates every 50.
Equality run_equality(const Task& task, Method method, Run& run);
/// Sparse kernels and dense ones with zeros in whole matrices, which sum in other orders: so many steps,
/// in twenties, with a static mask.
Equality run_drift(const Task& task, std::size_t steps, Run& run);
/// The expected time of each of them on one core.
double equality_seconds(const NetworkConfig& network);

/// The time of a training step on one thread: the only numbers of the study that a clock gives.
struct StepTime {
  double density = 0, sparse = 0, masked = 0;  ///< in milliseconds of processor time, medians
  double bytes = 0, dense_bytes = 0;
};
/// Of all layers as sparse as the density, or, of a network with convolutions, of those that a training
/// would have sparse, against dense ones with zeros.
StepTime run_step_time(const Task& task, double density, std::size_t steps, Run& run);
/// The expected time of each step of both.
double step_seconds(const NetworkConfig& network);

}  // namespace surplus::apps::itop

#endif  // SURPLUS_APPS_STUDIES_ITOP_COMPARISON_H_
