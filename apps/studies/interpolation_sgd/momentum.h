/// MaSS beside SGD and Nesterov's method: identities, contractions, and runs on data whose two
/// coordinates are never seen together, x = sigma_1 z e_1 or sigma_2 z e_2 with probability 1/2 each,
/// z ~ N(0, 2).
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_MOMENTUM_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_MOMENTUM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/interpolation_sgd/simulate.h"

namespace surplus::apps::interpolation_sgd {

/// The library's MaSS on a noisy problem of 40 parameters, 500 steps.
struct Identities {
  double nesterov = 0;         ///< parameters that differ from Nesterov's method at kappa-tilde = 1
  double sgd = 0;              ///< ... from SGD without momentum
  double two_variables = 0;    ///< largest difference from the paper's form of two variables
  double three_variables = 0;  ///< ... and of three
};

/// sigma_1 = 1; contractions of E|w|^2 a step of single examples.
struct Radii {
  double second = 0;  ///< sigma_2^2
  double sgd = 0;     ///< at the rate 1 / L_1
  double best_sgd = 0;
  double best_sgd_rate = 0;
  double best_nesterov = 0;
  double best_nesterov_rate = 0;
  double best_nesterov_momentum = 0;
  double mass = 0;
  double bound = 0;
  double rate = 0, compensation_rate = 0, momentum = 0;  ///< eta_1, eta_2, gamma of MaSS
};

struct BatchRadius {
  double batch = 0;
  double mass = 0;
  double bound = 0;
};

struct NesterovRadius {
  double momentum = 0;
  double contraction = 0;  ///< at the rate 1 / L_1
};

struct MomentumRun {
  std::string name;
  LinearSgd sgd;
  double contraction = 0;
  std::vector<MeanPoint> points;
};

struct MomentumResult {
  Identities identities;
  std::vector<Radii> radii;
  std::vector<BatchRadius> batches;  ///< sigma_2^2 = 2^-9
  std::vector<NesterovRadius> nesterov;
  double nesterov_limit = 0;      ///< the momentum at which it crosses 1
  std::vector<MomentumRun> runs;  ///< sigma_2^2 = .01; empty, or as many as run_momentum() makes
};

struct MomentumDesign {
  std::size_t runs = 0;  ///< 0 for none
  std::size_t steps = 0;
};

MomentumResult run_momentum(const MomentumDesign& design, Run& run);
double momentum_seconds(const MomentumDesign& design);

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_MOMENTUM_H_
