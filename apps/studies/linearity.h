/// linearity: with a linear output and 1 / sqrt(m) scaling the Hessian of a network of width m falls
/// as its gradient stays, so that its tangent kernel hardly changes in training; a non-linear output
/// or a narrow layer destroys this.
///
/// Two layers at one point (norms and remainders against m), descent on ten points with four output
/// functions, three hidden layers with and without a bottleneck, the kernel of infinite width, and
/// the Hessian of the loss, which does not vanish.
///
/// Source  Liu, Zhu, Belkin (2020), On the linearity of large non-linear models: when and why the
///         tangent kernel is constant, NeurIPS, arXiv 2010.01092; Zhu, Liu, Belkin (2022), Transition
///         to linearity of general neural networks with directed acyclic graph architecture, NeurIPS,
///         arXiv 2205.11786
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/studies/linearity/deep.h"
#include "apps/studies/linearity/kernels.h"
#include "apps/studies/linearity/path.h"
#include "apps/studies/linearity/two_layer.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct Linearity {
  static constexpr std::string_view kName = "linearity";
  static constexpr std::string_view kPaper =
      "Liu, Zhu, Belkin (2020), On the linearity of large non-linear models: when and why the "
      "tangent "
      "kernel is constant, NeurIPS";
  static constexpr std::string_view kClaim =
      "A wide network with a linear output is nearly linear in its parameters, however far they "
      "move; a non-linear output or a narrow layer ends this";

  struct Config {
    std::vector<std::uint64_t> widths = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
    std::uint64_t starts = 32;
    std::uint64_t lanczos_width = 1024;
    std::vector<std::uint64_t> path_widths = {16, 64, 256, 1024};
    std::uint64_t path_seeds = 8;
    std::uint64_t steps = 1500;
    std::vector<std::uint64_t> deep_widths = {16, 32, 64, 128, 256};
    std::uint64_t deep_seeds = 64;  // 12 leave a slope a standard error of .12, of a window of .15
    std::uint64_t narrow = 4;
    std::vector<std::uint64_t> narrow_widths = {32, 128, 512, 2048};
    std::uint64_t wide = 1024;
    std::vector<std::uint64_t> bottlenecks = {1, 4, 16, 64};
    std::uint64_t panel_width = 512;
    std::vector<std::uint64_t> panel_bottlenecks = {3, 5, 10, 50, 100, 500};
    std::uint64_t panel_steps = 300;
    std::uint64_t panel_seeds = 4;
    std::vector<std::uint64_t> limit_widths = {64, 128, 256, 512, 1024};
    std::vector<std::uint64_t> limit_layers = {1, 3};
    std::uint64_t limit_seeds = 64;
    std::vector<std::uint64_t> loss_widths = {16, 64, 256, 1024};
    std::uint64_t loss_seeds = 8;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("widths", widths, "two layers at one point: widths m");
      visit("starts", starts, "two layers at one point: starts per width");
      visit("lanczos_width", lanczos_width, "the largest at which Lanczos checks the closed form");
      visit("path_widths", path_widths, "descent: widths m of two layers");
      visit("path_seeds", path_seeds, "descent: seeds per width and output");
      visit("steps", steps, "descent: steps");
      visit("deep_widths", deep_widths, "three hidden layers: widths");
      visit("deep_seeds", deep_seeds, "three hidden layers: seeds, with bottlenecks too");
      visit("narrow", narrow, "width of the middle layer as the others grow");
      visit("narrow_widths", narrow_widths, "the others' widths then");
      visit("wide", wide, "the others' width as that of the middle layer grows");
      visit("bottlenecks", bottlenecks, "widths of the middle layer then");
      visit("panel_width", panel_width, "descent through a bottleneck: width of the other layers");
      visit("panel_bottlenecks", panel_bottlenecks, "descent through a bottleneck: its widths");
      visit("panel_steps", panel_steps, "descent through a bottleneck: steps");
      visit("panel_seeds", panel_seeds, "descent through a bottleneck: seeds");
      visit("limit_widths", limit_widths, "kernels beside that of infinite width: widths");
      visit("limit_layers", limit_layers, "kernels beside that of infinite width: hidden layers");
      visit("limit_seeds", limit_seeds, "kernels beside that of infinite width: seeds");
      visit("loss_widths", loss_widths, "Hessian of the loss: widths");
      visit("loss_seeds", loss_seeds, "Hessian of the loss: seeds");
    }
  };

  struct Result {
    std::vector<linearity::TwoLayerTrend> two_layer;
    std::vector<linearity::DescentPoint> paths;         ///< output by output, each of all widths
    std::vector<linearity::DescentPoint> random_paths;  ///< linear output, labels of random signs
    std::vector<linearity::DeepPoint> linear_out, tanh_out;  ///< against the width
    std::vector<linearity::DeepPoint> narrow;                ///< of m: a fixed bottleneck
    std::vector<linearity::DeepPoint> bottlenecks;           ///< of m_b: a fixed width
    std::vector<linearity::DescentPoint> panel;              ///< of m_b: the change of the kernel
    std::vector<linearity::LimitPoint> limits;  ///< activation by activation, layers by layers
    std::vector<linearity::LossHessian> losses;
    linearity::KernelChecks checks;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_H_
