/// Three equations in two unknowns, which no w solves, and the same with a feature of its own for
/// each, which many solve.
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SYSTEM_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SYSTEM_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/interpolation_sgd/simulate.h"
#include "surplus/linalg/line_fit.h"
#include "surplus/optim/schedule.h"

namespace surplus::apps::interpolation_sgd {

/// Where a constant step ends, exactly.
struct Plateau {
  double rate = 0;
  double contraction = 0;  ///< of E|w - w*|^2, a step
  double distance = 0;
  double excess_loss = 0;
};

struct SystemFacts {
  double w[2] = {};             ///< w*
  double loss = 0;              ///< at w*
  double noise = 0;             ///< trace of the covariance of the gradients at w*
  double rate_limit = 0;        ///< constant steps of this rate and above diverge
  double small_rate_slope = 0;  ///< excess loss over rate, at a rate of 1e-6
};

/// The system with features s e_i besides: contraction at two given rates, and at the best.
struct Lift {
  double scale = 0;
  double rate = 0;
  double contraction = 0;
  double grid_contraction = 0;  ///< at the table's best rate
  double best_rate = 0;
  double best_contraction = 0;
};

/// Exact recursion and simulated chains from w = 0.
struct ChainDesign {
  std::string name;
  Schedule schedule;
  double lift = 0;  ///< s, or 0 for the system itself
  std::size_t steps = 0;
  std::size_t chains = 0;  ///< 0: the recursion alone
};
struct Chains {
  ChainDesign design;
  std::vector<MeanPoint> expected;   ///< without standard errors
  std::vector<MeanPoint> simulated;  ///< empty without chains
};

/// One run: the loss, and the noise of its gradient.
struct NoisePoint {
  double time = 0;
  double loss = 0;
  double noise = 0;  ///< trace of the covariance of the examples' gradients
};

struct SystemResult {
  SystemFacts facts;
  std::vector<Plateau> plateaus;
  std::vector<Lift> lifts;
  std::vector<Chains> chains;
  std::vector<NoisePoint> noise;         ///< of the system, constant step .01
  std::vector<NoisePoint> lifted_noise;  ///< of the lift with s = 1, constant step .05
};

struct SystemDesign {
  std::vector<double> rates = {};
  std::vector<double> scales = {};
  std::vector<double> scale_rates = {};  ///< the table's best, one per scale
  std::vector<double> chain_rates = {};
  std::size_t chains = 0;
  std::size_t chain_steps = 0;
  std::size_t long_chains = 0;
  std::size_t long_steps = 0;
};

SystemResult run_system(const SystemDesign& design, Run& run);
double system_seconds(const SystemDesign& design);

/// The slope of log10 |w - w*|^2 against log10 t over the last decade.
LineFit decade_slope(const std::vector<MeanPoint>& points);

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_SYSTEM_H_
