/// The over-parameterized descent itself: its order, what it conserves, and what it finds.
#ifndef SURPLUS_APPS_STUDIES_SOP_LINEAR_DESCENT_H_
#define SURPLUS_APPS_STUDIES_SOP_LINEAR_DESCENT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps::sop_linear {

/// One step size at lambda = gamma = 0.1, against the end of the flow.
struct StepPoint {
  double seed = 0;
  double tau = 0;
  double error = 0;
};
std::vector<StepPoint> run_steps(std::size_t seeds, std::size_t halvings, Run& run);
double steps_seconds(std::size_t seeds, std::size_t halvings);

/// SOP-LIN(100, 150, 10, 10) at lambda = 1, gamma = 1e-6: errors relative to the truth.
struct Recovery {
  double seed = 0;
  double convex = 0;
  double descent = 0;
  double mirror = 0;
};
std::vector<Recovery> run_recovery(std::size_t seeds, std::size_t steps, Run& run);
double recovery_seconds(std::size_t seeds, std::size_t steps);

/// Largest deviations over the small instances 1 and 2.
struct DescentChecks {
  double mirror = 0;         ///< of the mirror's theta from Newton's, gamma 0.1 and 0.01
  double least_squares = 0;  ///< of alpha = 0 from the least squares of least norm
  double missed = 0;         ///< least relative error of that theta against the truth
  double scale = 0;          ///< of h / n with n tau, written out, from h with tau
  double permutation = 0;    ///< of permuted rows
  double sign = 0;           ///< of swapped u and v for -y
  double product = 0;        ///< of u v from gamma^2 prod (1 - 4 alpha^2 tau^2 rho^2), relative
  double weighted = 0;       ///< of the flow's end from weighted (P), gamma 1e-16, lambda 1
  double columns = 0;        ///< of one-hot columns from the loop over matrices
};
DescentChecks run_descent_checks(Run& run);
inline constexpr double kDescentChecksSeconds = 2;

}  // namespace surplus::apps::sop_linear

#endif  // SURPLUS_APPS_STUDIES_SOP_LINEAR_DESCENT_H_
