/// itop: a sparse network trained from scratch, its topology rewired on the way, against dense ones,
/// static masks and pruning; what it saves in operations, memory and time.
///
/// Fully connected networks on Fashion-MNIST (S1), on few samples of it (S3), with the protocol of the
/// truly sparse trainings; the paper's convolutional networks and ImageNet are not run.
///
/// Source  Liu, Yin, Mocanu, Pechenizkiy (2021), Do we actually need dense over-parameterization?
///         In-time over-parameterization in sparse training, ICML, arXiv 2102.02887
#ifndef SURPLUS_APPS_STUDIES_ITOP_H_
#define SURPLUS_APPS_STUDIES_ITOP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
      visit("timed_steps", timed_steps,
            "steps whose processor time is taken, for each density: it differs from run to run; 0 "
            "for none");
      visit("state_seconds", state_seconds,
            "expected work, in seconds, after which a training saves its state");
    }
  };

  struct Result {
    std::vector<itop::Training> trainings;   ///< of S1 and S3
    std::vector<itop::Equality> equalities;  ///< of SET, RigL
    std::vector<itop::StepTime> times;       ///< the dense network first
    std::string title;

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
