/// sop: a tiny over-parameterized noise term for every training sample, thrown away at test time,
/// keeps a network from memorising wrong labels, so that the last epoch is as good as the best.
///
/// A synthetic task and images, with symmetric and pair noise; cross-entropy, its early stopping, and
/// other losses beside; the activation clock and the transfer of the step sizes. Fully connected
/// networks: of the paper's residual networks and CIFAR only the signs can be compared.
///
/// Source  Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization, ICML,
///         arXiv 2202.14026
#ifndef SURPLUS_APPS_STUDIES_SOP_H_
#define SURPLUS_APPS_STUDIES_SOP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/sop/grid.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct Sop {
  static constexpr std::string_view kName = "sop";
  static constexpr std::string_view kPaper =
      "Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization, ICML";
  static constexpr std::string_view kClaim =
      "A sparse noise term of its own for every training sample keeps a network from memorising "
      "wrong labels: the last epoch is as good as the best, at nearly the cost of cross-entropy";

  struct Config {
    std::vector<double> rates = {0, 0.2, 0.4, 0.6, 0.8};
    std::string methods = "ce,ls,gce,forward,elr,co-teaching,mixup,sop,sop-paper";
    double pair_rate = 0.4;
    std::uint64_t seeds = 3;
    std::uint64_t epochs = 120;
    bool sweeps = true;
    std::string sets = "mnist";
    std::uint64_t image_samples = 10000;
    std::uint64_t image_hidden = 512;
    std::vector<double> image_rates = {0.2, 0.4, 0.6, 0.8};
    std::string image_methods = "ce,elr,sop";
    double image_pair_rate = 0.4;
    std::uint64_t image_seeds = 3;
    std::uint64_t image_epochs = 60;
    double image_learning_rate = 0.02;
    double image_alpha_u = 100;
    double image_alpha_v = 100;
    double image_start = 1e-4;
    double state_seconds = 30;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("rates", rates, "synthetic task: shares of labels drawn anew, symmetric noise");
      visit("methods", methods,
            "synthetic task: methods, among ce, ls, gce, forward, elr, co-teaching, mixup, sop, "
            "sop-paper");
      visit("pair_rate", pair_rate, "synthetic task: share of labels moved to the next class");
      visit("seeds", seeds, "synthetic task: seeds");
      visit("epochs", epochs, "synthetic task: epochs");
      visit("sweeps", sweeps, "synthetic task: step sizes, starts and batch sizes of SOP too");
      visit("sets", sets, "image sets; empty for none");
      visit("image_samples", image_samples, "training images, the first of each set");
      visit("image_hidden", image_hidden, "hidden units");
      visit("image_rates", image_rates, "images: shares of labels drawn anew");
      visit("image_methods", image_methods, "images: methods");
      visit("image_pair_rate", image_pair_rate, "images: share of labels moved to the next class");
      visit("image_seeds", image_seeds, "images: seeds");
      visit("image_epochs", image_epochs, "images: epochs");
      visit("image_learning_rate", image_learning_rate, "images: learning rate at the start");
      visit("image_alpha_u", image_alpha_u, "images: step size of SOP's u, in batches of 128");
      visit("image_alpha_v", image_alpha_v, "images: step size of SOP's v");
      visit("image_start", image_start, "images: standard deviation of SOP's u and v at the start");
      visit("state_seconds", state_seconds,
            "expected work, in seconds, after which a training saves its state");
    }
  };

  struct Result {
    std::vector<sop::ClockPoint> clock;
    sop::Trainings trainings;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_SOP_H_
