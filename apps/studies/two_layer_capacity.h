/// two-layer-capacity: as the hidden layer of a two-layer ReLU network grows, each unit moves less
/// and matters less, faster than 1/sqrt(h) in sum: a bound made of the two falls with the width h,
/// where all others grow, and so does the test error.
///
/// Networks of widths 2^3 and up, trained until the running cross-entropy is below .01, on images
/// with true and with random labels. Figures 1 (without its residual networks) to 8 and table 1.
///
/// Source  Neyshabur, Li, Bhojanapalli, LeCun, Srebro (2019), The role of over-parametrization in
///         generalization of neural networks, ICLR, arXiv 1805.12076
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/study.h"
#include "apps/studies/two_layer_capacity/library_checks.h"
#include "apps/studies/two_layer_capacity/sweep.h"

namespace surplus::apps {

struct TwoLayerCapacity {
  static constexpr std::string_view kName = "two-layer-capacity";
  static constexpr std::string_view kPaper =
      "Neyshabur, Li, Bhojanapalli, LeCun, Srebro (2019), The role of over-parametrization in "
      "generalization of neural networks, ICLR";
  static constexpr std::string_view kClaim =
      "The wider a two-layer network, the less its units move and matter: a bound made of both "
      "falls with the width, as the test error does, while all other bounds grow";

  struct Config {
    std::string sets = "mnist";
    std::uint64_t samples = 10000;
    std::uint64_t side = 0;
    std::vector<std::uint64_t> widths = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
    std::uint64_t seeds = 3;
    std::uint64_t label_samples = 2000;
    std::vector<std::uint64_t> label_widths = {64, 128, 256, 512, 1024};
    double rate = 0;
    double loss = 0.01;
    std::uint64_t epochs = 1000;
    double state_seconds = 30;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("sets", sets, "image sets: " + two_layer_capacity::all_sets());
      visit("samples", samples, "training images, the first of each set; 0 for all");
      visit("side", side, "pixels a side to which images are resized; 0 for their own");
      visit("widths", widths, "hidden units of the networks");
      visit("seeds", seeds, "networks per width");
      visit("label_samples", label_samples,
            "true beside random labels: training images; 0 for all");
      visit("label_widths", label_widths, "true beside random labels: hidden units");
      visit("rate", rate, "learning rate; 0 for the protocol's: .01, of color images .001");
      visit("loss", loss, "running cross-entropy of an epoch below which a training ends");
      visit("epochs", epochs, "epochs of a training at most");
      visit("state_seconds", state_seconds,
            "expected work, in seconds, after which a training saves its state");
    }
  };

  struct Result {
    two_layer_capacity::LibraryChecks library;
    std::vector<two_layer_capacity::SetResult> sets;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_H_
