/// sop: a tiny over-parameterized noise term for every training sample, thrown away at test time,
/// keeps a network from memorising wrong labels, so that the last epoch is as good as the best.
///
/// A synthetic task; images with fully connected networks; images with residual networks, and beside
/// them SOP+. Labels are made wrong at random, by maps, by what the images show, or by people.
/// Cross-entropy, its early stopping, and other losses beside; the activation clock and the transfer
/// of the step sizes. The default cuts images and networks to what takes minutes: of the paper's
/// figures only the signs can be compared with it.
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
    std::string methods =
        "ce,ls,gce,gce-truncated,forward,forward-estimated,elr,co-teaching,mixup,aux,rdi,sop,"
        "sop-paper";
    double pair_rate = 0.4;
    std::uint64_t seeds = 3;
    std::uint64_t epochs = 120;
    bool sweeps = true;
    std::string sets = "mnist";
    std::uint64_t image_samples = 5000;
    std::uint64_t image_hidden = 512;
    std::vector<double> image_rates = {0.2, 0.4, 0.6};
    std::string image_methods = "ce,elr,sop";
    double image_pair_rate = 0.4;
    std::uint64_t image_seeds = 2;
    std::uint64_t image_epochs = 40;
    double image_learning_rate = 0.05;
    double image_alpha_u = 100;
    double image_alpha_v = 100;
    double image_start = 1e-4;
    std::string conv_sets = "fashion-mnist";
    std::uint64_t conv_samples = 3000;
    std::uint64_t conv_tests = 2000;
    std::uint64_t conv_side = 14;
    bool conv_augment = false;
    std::string conv_network = "resnet-8";
    std::uint64_t conv_width = 16;
    std::vector<double> conv_rates = {0.2, 0.4, 0.8};
    double conv_map_rate = 0;
    double conv_instance_rate = 0.4;
    std::string conv_human;
    std::string conv_methods = "ce,elr,sop";
    std::uint64_t conv_seeds = 2;
    std::uint64_t conv_epochs = 30;
    std::uint64_t conv_batch = 64;
    double conv_learning_rate = 0.1;
    double conv_alpha_u = 50;
    double conv_alpha_v = 50;
    double conv_map_alpha_v = 50;
    double conv_start = 1e-4;
    std::string plus_network = "resnet-8";
    std::vector<double> plus_rates = {0.4};
    std::string plus_methods = "ce,sop,sop-plus";
    std::uint64_t plus_seeds = 1;
    std::uint64_t plus_epochs = 24;
    double state_seconds = 30;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("rates", rates, "synthetic task: shares of labels drawn anew, symmetric noise");
      visit("methods", methods,
            "synthetic task: methods, among ce, ls, gce, gce-truncated, forward, "
            "forward-estimated, elr, co-teaching, mixup, aux, rdi, sop, sop-paper");
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
      visit("conv_sets", conv_sets, "image sets of the residual networks; empty for none");
      visit("conv_samples", conv_samples, "residual networks: training images, the first");
      visit("conv_tests", conv_tests, "... test images, the first; 0 for all");
      visit("conv_side", conv_side, "... side in pixels that images are brought to; 0 for theirs");
      visit("conv_augment", conv_augment, "... move and mirror training images");
      visit("conv_network", conv_network, "... resnet-8, resnet-34 or preact-resnet-18");
      visit("conv_width", conv_width, "... channels of resnet-8 in its first stage");
      visit("conv_rates", conv_rates, "... shares of labels drawn anew");
      visit("conv_map_rate", conv_map_rate,
            "... share of labels moved to the next class, on CIFAR-10 to the one that looks alike");
      visit("conv_instance_rate", conv_instance_rate,
            "... share of labels moved to a class that the image itself suggests");
      visit("conv_human", conv_human,
            "... on CIFAR-10, labels of people: among aggregate, random1, worst");
      visit("conv_methods", conv_methods, "... methods, also sop-plus");
      visit("conv_seeds", conv_seeds, "... seeds");
      visit("conv_epochs", conv_epochs, "... epochs");
      visit("conv_batch", conv_batch, "... images in a step");
      visit("conv_learning_rate", conv_learning_rate, "... learning rate at the start");
      visit("conv_alpha_u", conv_alpha_u, "... step size of SOP's u");
      visit("conv_alpha_v", conv_alpha_v, "... step size of SOP's v");
      visit("conv_map_alpha_v", conv_map_alpha_v, "... the same, where classes are moved");
      visit("conv_start", conv_start, "... standard deviation of SOP's u and v at the start");
      visit("plus_network", plus_network,
            "SOP+, on the same images moved and mirrored: network, as conv_network");
      visit("plus_rates", plus_rates, "... shares of labels drawn anew");
      visit("plus_methods", plus_methods, "... methods; empty for none");
      visit("plus_seeds", plus_seeds, "... seeds");
      visit("plus_epochs", plus_epochs, "... epochs, of a learning rate along a cosine");
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
