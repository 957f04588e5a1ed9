/// How many steps batches of m take: of the bound for a quadratic, and measured for kernel machines.
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_BATCHES_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_BATCHES_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/optim/critical_batch.h"

namespace surplus::apps::interpolation_sgd {

/// Steps until the bound has fallen to 1e-6.
struct BoundPoint {
  double m = 0;
  double rate = 0;
  double contraction = 0;
  double steps = 0;
};
struct BoundSweep {
  GramSpectrum spectrum;
  double critical = 0;       ///< m*
  double descent_steps = 0;  ///< of gradient descent with all examples, at its best step
  std::vector<BoundPoint> points;
};

/// A quadratic whose `dimension` eigenvalues lie evenly from 1e-3 to 1, beta being their sum, as for
/// examples of one length.
BoundSweep bound_sweep(std::size_t dimension);

struct KernelDesign {
  std::vector<std::string> sets;  ///< "digits", "mnist"; an absent one is left out unless required
  bool require_data = false;
  std::size_t examples = 0;  ///< the first of the training part
  std::size_t seeds = 0;
  double target = 0;       ///< mean squared error, summed over the ten outputs; 1 at the start
  std::size_t epochs = 0;  ///< at most, at m = 1; at larger m as many steps, at most
};

struct KernelPoint {
  double m = 0;
  double rate = 0;
  double steps = 0;        ///< until the target, mean over the seeds; NaN if one did not reach it
  double steps_error = 0;  ///< standard error
  /// Mean squared error after as many examples as are in the set, and after five times as many.
  double error_after_1 = 0, error_after_5 = 0;
};
struct KernelSweep {
  std::string set;
  std::string kernel;  ///< "Gaussian" or "Laplace"
  double bandwidth = 0;
  std::size_t examples = 0;
  GramSpectrum spectrum = {};  ///< the smallest eigenvalue guessed as beta / n
  double critical = 0;
  std::vector<KernelPoint> points = {};
};

/// Whether the image set can be loaded.
bool is_present(const std::string& set, const std::filesystem::path& data);

std::vector<KernelSweep> run_kernels(const KernelDesign& design, Run& run);
double kernel_seconds(const KernelDesign& design);

}  // namespace surplus::apps::interpolation_sgd

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_BATCHES_H_
