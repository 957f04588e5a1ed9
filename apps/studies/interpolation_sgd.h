/// interpolation-sgd: where a model can fit every example, the noise of the gradient vanishes with the
/// loss: SGD with a constant step converges exponentially, batches pay up to a critical size, and
/// momentum makes SGD faster if what it does to the noise is compensated (MaSS).
///
/// A system of three equations and its lift that can be solved (exact moments and chains), the bound
/// on steps by batch size and kernel machines beside it, MaSS beside SGD and Nesterov's method, and
/// two networks.
///
/// Source  Ma, Bassily, Belkin (2018), The power of interpolation, ICML, arXiv 1712.06559; Liu, Belkin
///         (2020), Accelerating SGD with momentum for over-parameterized learning, ICLR, arXiv
///         1810.13395
#ifndef SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_H_
#define SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/interpolation_sgd/batches.h"
#include "apps/studies/interpolation_sgd/momentum.h"
#include "apps/studies/interpolation_sgd/networks.h"
#include "apps/studies/interpolation_sgd/system.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct InterpolationSgd {
  static constexpr std::string_view kName = "interpolation-sgd";
  static constexpr std::string_view kPaper =
      "Ma, Bassily, Belkin (2018), The power of interpolation, ICML; Liu, Belkin (2020), "
      "Accelerating SGD with momentum for over-parameterized learning, ICLR";
  static constexpr std::string_view kClaim =
      "Where a model can fit every example, SGD with a constant step converges exponentially, "
      "batches pay up to a critical size, and momentum needs a compensation to be faster";

  struct Config {
    std::uint64_t chains = 10000;
    std::uint64_t chain_steps = 2000;
    std::uint64_t long_chains = 1000;
    std::uint64_t long_steps = 100000;
    std::uint64_t bound_dimension = 50;
    std::string kernel_sets = "mnist,digits";
    std::uint64_t kernel_examples = 2000;
    std::uint64_t kernel_seeds = 3;
    double kernel_target = 0.05;
    std::uint64_t kernel_epochs = 100;
    std::uint64_t momentum_runs = 4000;
    std::uint64_t momentum_steps = 1000;
    std::uint64_t noise_epochs = 20000;
    std::uint64_t network_examples = 60000;
    std::uint64_t network_epochs = 5;
    std::uint64_t network_seeds = 1;
    std::vector<double> network_rates = {0.005, 0.01};
    bool require_data = false;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("chains", chains, "system: simulated chains of constant steps; 0 for none");
      visit("chain_steps", chain_steps, "system: their steps");
      visit("long_chains", long_chains, "system: simulated chains of decreasing steps; 0 for none");
      visit("long_steps", long_steps, "system: steps of the schedules, simulated or not");
      visit("bound_dimension", bound_dimension, "batches: eigenvalues of the quadratic");
      visit("kernel_sets", kernel_sets,
            "batches: image sets of the kernel machines; none for none");
      visit("kernel_examples", kernel_examples, "batches: their examples at most");
      visit("kernel_seeds", kernel_seeds, "batches: runs per size");
      visit("kernel_target", kernel_target, "batches: mean squared error to reach, 1 at the start");
      visit("kernel_epochs", kernel_epochs, "batches: passes after which a run is given up");
      visit("momentum_runs", momentum_runs, "momentum: simulated runs per rule; 0 for none");
      visit("momentum_steps", momentum_steps, "momentum: their steps");
      visit("noise_epochs", noise_epochs, "network that interpolates: epochs at most; 0 for none");
      visit("network_examples", network_examples, "network on MNIST: training images");
      visit("network_epochs", network_epochs, "network on MNIST: epochs; 0 for none");
      visit("network_seeds", network_seeds, "network on MNIST: runs per rule and rate");
      visit("network_rates", network_rates, "network on MNIST: learning rates but for Adam's");
      visit("require_data", require_data, "stop if a set is absent instead of leaving it out");
    }
  };

  struct Result {
    interpolation_sgd::SystemResult system;
    interpolation_sgd::BoundSweep bound;
    std::vector<interpolation_sgd::KernelSweep> kernels;
    interpolation_sgd::MomentumResult momentum;
    std::vector<interpolation_sgd::NoisePoint> network_noise;
    std::vector<interpolation_sgd::NetworkRun> networks;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_INTERPOLATION_SGD_H_
