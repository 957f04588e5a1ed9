/// All trainings of sop, and the activation clock.
#ifndef SURPLUS_APPS_STUDIES_SOP_GRID_H_
#define SURPLUS_APPS_STUDIES_SOP_GRID_H_

#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "apps/studies/sop/training.h"

namespace surplus::apps::sop {

struct NoiseDesign {
  Noise noise = Noise::kSymmetric;
  double rate = 0;
};

/// Noises, methods and seeds on one task.
struct GridDesign {
  ImageDesign images = {.name = std::string(kSynthetic)};  ///< of the synthetic task the name alone
  std::vector<NoiseDesign> noises;
  std::vector<Method> methods;
  std::size_t seeds = 1;
  std::size_t epochs = 120;
  std::size_t batch = 128;
  bool cosine = false;
  double learning_rate = 0.02;
  double alpha_u = 100, alpha_v = 100, start_scale = 1e-4;  ///< of SOP
  double asymmetric_alpha_v = 100;                          ///< of SOP, where classes turn by a map
};

/// What is trained besides: variants of one training of the synthetic task at 40 %, of the first seed.
struct SweepDesign {
  bool alphas = false;   ///< step sizes and starts of SOP, with two learning rates
  bool batches = false;  ///< batch sizes, with step sizes and learning rate in proportion
  std::size_t epochs = 120;
};

/// A noise at which methods were compared, by seed in each method.
struct Group {
  std::string task, title;
  Noise noise = Noise::kSymmetric;
  double rate = 0;
  std::size_t samples = 0;  ///< to train on
  std::vector<Method> methods = {};
  std::vector<std::vector<Training>> trainings = {};  ///< [method][seed]

  /// Null if the method was not trained.
  const std::vector<Training>* find(Method method) const;
};

/// v of one sample whose scores stand still, its prediction not its label.
struct ClockPoint {
  double alpha_v = 0, batch = 0, start_scale = 0;
  double predicted = 0;  ///< visits until v is of order 1, ln(1 / start) / ln(growth)
  double pure = 0;       ///< ... until v^2 > 1/2, without the saturation
  double measured = 0;   ///< visits until v^2 > 1/2
};

struct Trainings {
  std::vector<Group> groups;     ///< the synthetic task first
  std::vector<Training> alphas;  ///< cross-entropy of the same learning rate before its SOPs
  std::vector<Training> batches;
  Training asleep, asleep_entropy;  ///< of a clock too slow, and cross-entropy as long
  Training still;                   ///< step sizes of 0
};

/// Trains what is not saved, several networks at once.
Trainings run_trainings(const std::vector<GridDesign>& grids, const SweepDesign& sweep,
                        double state_seconds, Run& run);
double trainings_seconds(const std::vector<GridDesign>& grids, const SweepDesign& sweep);

std::vector<ClockPoint> run_clock(Run& run);
inline constexpr double kClockSeconds = 0.01;

}  // namespace surplus::apps::sop

#endif  // SURPLUS_APPS_STUDIES_SOP_GRID_H_
