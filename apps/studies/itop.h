/// itop: a sparse network trained from scratch, its topology rewired on the way, against dense ones,
/// static masks and pruning; what it saves in operations, memory and time.
///
/// Fully connected networks on Fashion-MNIST (S1), on CIFAR-10 moved and mirrored (S2), on few samples
/// with the protocol of the truly sparse trainings (S3); LeNet-5 with sparse convolutions (S4); the
/// time of steps (S5). The paper's large convolutional networks and ImageNet are not run.
///
/// Source  Liu, Yin, Mocanu, Pechenizkiy (2021), Do we actually need dense over-parameterization?
///         In-time over-parameterization in sparse training, ICML, arXiv 2102.02887
#ifndef SURPLUS_APPS_STUDIES_ITOP_H_
#define SURPLUS_APPS_STUDIES_ITOP_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/itop/comparison.h"
#include "apps/studies/itop/training.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct Itop {
  static constexpr std::string_view kName = "itop";
  static constexpr std::string_view kPaper =
      "Liu, Yin, Mocanu, Pechenizkiy (2021), Do we actually need dense over-parameterization? "
      "In-time over-parameterization in sparse training, ICML";
  static constexpr std::string_view kClaim =
      "A sparse network trained from scratch does as well as a dense one if, by rewiring, enough "
      "of the weights get their turn; and it costs what its non-zeros cost";

  struct Config {
    std::string set = "fashion-mnist";
    std::uint64_t samples = 55000;
    std::uint64_t validation = 5000;
    std::vector<std::uint64_t> hidden = {1024, 512};
    std::uint64_t epochs = 10;
    double learning_rate = 0.05;
    std::vector<double> densities = {0.05, 0.02};
    std::vector<std::uint64_t> intervals = {25, 50, 100, 200, 400, 800};
    std::string baselines = "dense,small-dense,gmp,one-shot,lottery,snip,grasp";
    std::uint64_t seeds = 1;
    std::uint64_t multiplier = 1;
    std::vector<std::uint64_t> low_samples = {2000};
    std::uint64_t low_epochs = 100;
    std::uint64_t low_seeds = 5;
    bool low_dense = false;
    std::uint64_t conv_epochs = 4;
    std::uint64_t conv_samples = 12000;
    std::vector<double> conv_densities = {0.05};
    std::vector<std::uint64_t> conv_intervals = {50};
    std::string conv_methods = "dense,static,set,rigl";
    double conv_learning_rate = 0.05;
    std::uint64_t conv_seeds = 1;
    std::uint64_t cifar_epochs = 0;
    std::string cifar_set = "cifar-10";
    std::uint64_t cifar_samples = 45000;
    std::uint64_t cifar_validation = 5000;
    std::vector<std::uint64_t> cifar_hidden = {1024, 512};
    double cifar_learning_rate = 0.1;
    double cifar_dense_rate = 0.02;
    std::vector<double> cifar_densities = {0.1, 0.05, 0.02, 0.01};
    std::vector<std::uint64_t> cifar_intervals = {100, 200, 400, 800, 1500, 4000};
    std::string cifar_methods = "dense,static,set,rigl";
    std::uint64_t cifar_seeds = 1;
    std::uint64_t timed_steps = 30;
    double state_seconds = 30;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("set", set, "image set");
      visit("samples", samples, "training images, the first of the set");
      visit("validation", validation, "images after them, to validate with");
      visit("hidden", hidden, "widths of the hidden layers");
      visit("epochs", epochs, "passes over the training images");
      visit("learning_rate", learning_rate, "learning rate at the start");
      visit("densities", densities, "shares of weights that are active");
      visit("intervals", intervals, "steps between updates of the topology");
      visit("baselines", baselines,
            "what else is trained: dense, small-dense, gmp, one-shot, lottery, snip, grasp");
      visit("seeds", seeds, "seeds of each training");
      visit("multiplier", multiplier, "extended trainings: times the epochs; 1 for none");
      visit("low_samples", low_samples, "few samples: training images");
      visit("low_epochs", low_epochs, "few samples: epochs");
      visit("low_seeds", low_seeds, "few samples: seeds");
      visit("low_dense", low_dense, "few samples: the dense network too");
      visit("conv_epochs", conv_epochs, "convolutional network: epochs; 0 for none");
      visit("conv_samples", conv_samples, "... training images, the first of the set");
      visit("conv_densities", conv_densities, "... shares of weights that are active");
      visit("conv_intervals", conv_intervals, "... steps between updates of the topology");
      visit("conv_methods", conv_methods, "... what is trained: dense, static, set, rigl");
      visit("conv_learning_rate", conv_learning_rate, "... learning rate at the start");
      visit("conv_seeds", conv_seeds, "... seeds of each training");
      visit("cifar_epochs", cifar_epochs, "augmented images: epochs; 0 for no such training");
      visit("cifar_set", cifar_set, "... image set");
      visit("cifar_samples", cifar_samples, "... training images, the first of the set");
      visit("cifar_validation", cifar_validation, "... images after them, to validate with");
      visit("cifar_hidden", cifar_hidden, "... widths of the hidden layers");
      visit("cifar_learning_rate", cifar_learning_rate, "... learning rate at the start");
      visit("cifar_dense_rate", cifar_dense_rate,
            "... that of the dense network, which does not stand the sparse ones'");
      visit("cifar_densities", cifar_densities, "... shares of weights that are active");
      visit("cifar_intervals", cifar_intervals, "... steps between updates of the topology");
      visit("cifar_methods", cifar_methods, "... what is trained: dense, static, set, rigl");
      visit("cifar_seeds", cifar_seeds, "... seeds of each training");
      visit("timed_steps", timed_steps,
            "steps whose processor time is taken, for each density: it differs from run to run; 0 "
            "for none");
      visit("state_seconds", state_seconds,
            "expected work, in seconds, after which a training saves its state");
    }
  };

  struct Result {
    std::vector<itop::Training> trainings;
    /// Of a task's network: what SET and RigL do through both kernels, and the time of steps.
    struct Kernels {
      std::vector<itop::Equality> equalities;  ///< of SET, RigL
      itop::Equality early, drift;             ///< after 20 steps, after 100
      std::vector<itop::StepTime> times;       ///< at density 1 first; empty if they are not taken
    };
    std::map<std::string, Kernels> kernels;     ///< of S1 and S4, by their names
    std::map<std::string, std::string> titles;  ///< of the images of each task

    /// One per seed, in their order.
    std::vector<itop::Summary> find(const itop::Design& design) const;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_ITOP_H_
