/// em-gmm: for a Gaussian mixture with known weights, EM that estimates the weights as well finds
/// the global maximizer from almost every start, and EM that keeps them fixed often does not.
///
/// EM_1 keeps the mixing weights at their true values and estimates the means; EM_2 estimates both
/// from uniform weights on. The covariances are I and known. P-EM-A: symmetric means, population.
/// P-EM-B: two free means, population, random starts. P-EM-C: the same on samples. P-EM-D: three
/// and four Gaussians in the plane, samples.
///
/// Source  Xu, Hsu, Maleki (2018), Benefits of over-parameterization with EM, NeurIPS,
///         arXiv 1810.11344
#ifndef SURPLUS_APPS_STUDIES_EM_GMM_H_
#define SURPLUS_APPS_STUDIES_EM_GMM_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/studies/em_gmm/box.h"
#include "apps/studies/em_gmm/library_checks.h"
#include "apps/studies/em_gmm/samples.h"
#include "apps/studies/em_gmm/symmetric.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct EmGmm {
  static constexpr std::string_view kName = "em-gmm";
  static constexpr std::string_view kPaper =
      "Xu, Hsu, Maleki (2018), Benefits of over-parameterization with EM, NeurIPS";
  static constexpr std::string_view kClaim =
      "EM that also estimates weights it could have been told finds the global optimum from almost "
      "every start; EM that is told them often stays in a spurious fixed point";

  struct Config {
    std::vector<double> a_thetas = {0.5, 1, 1.5, 2, 3};
    std::vector<double> a_weights = {0.52, 0.55, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95};
    std::vector<double> threshold_thetas = {0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3};
    std::uint64_t intervals = 600;
    std::vector<double> weights = {0.52, 0.7, 0.9};
    std::vector<double> b_separations = {1, 2, 4};
    std::uint64_t b_starts = 2500;
    std::uint64_t b_intervals = 400;
    std::vector<double> c_separations = {1, 2, 4};
    std::uint64_t c_observations = 1000;
    std::vector<std::uint64_t> c_samples = {200};
    std::vector<std::uint64_t> c_starts = {5};
    std::vector<std::uint64_t> d_cases = {1, 2, 3, 4};
    std::uint64_t d_observations = 2000;
    std::vector<std::uint64_t> d_samples = {40};
    std::vector<std::uint64_t> d_starts = {25};
    double slack = 0;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("a_thetas", a_thetas, "P-EM-A: true means of the symmetric mixture");
      visit("a_weights", a_weights, "P-EM-A: its weights, each above 1/2");
      visit("threshold_thetas", threshold_thetas, "true means whose critical weight is bisected");
      visit("intervals", intervals, "P-EM-A: intervals of the trapezoid rule");
      visit("weights", weights, "P-EM-B and P-EM-C: weights of the first of two components");
      visit("b_separations", b_separations, "P-EM-B: distances of the means, in s.d.");
      visit("b_starts", b_starts, "P-EM-B: random starts per cell");
      visit("b_intervals", b_intervals, "P-EM-B: intervals of the trapezoid rule");
      visit("c_separations", c_separations, "P-EM-C: distances of the means, in s.d.");
      visit("c_observations", c_observations, "P-EM-C: observations per sample");
      visit("c_samples", c_samples,
            "P-EM-C: samples per cell; of two numbers, both splits are run");
      visit("c_starts", c_starts, "P-EM-C: random starts per sample, one number per split");
      visit("d_cases", d_cases, "P-EM-D: mixtures in the plane, of 1 to 4");
      visit("d_observations", d_observations, "P-EM-D: observations per sample");
      visit("d_samples", d_samples,
            "P-EM-D: samples per case; of two numbers, both splits are run");
      visit("d_starts", d_starts, "P-EM-D: random starts per sample, one number per split");
      visit("slack", slack, "binomial standard errors by which verdicts on shares are widened");
    }
  };

  struct Result {
    std::vector<em_gmm::SymmetricCell> symmetric;
    std::vector<em_gmm::SymmetricCell> curves;  ///< the same on a fine grid of weights
    std::vector<em_gmm::Threshold> thresholds;
    em_gmm::Theorems theorems;
    std::array<em_gmm::Path, 2> symmetric_paths;
    std::vector<em_gmm::BoxCell> box;
    std::vector<em_gmm::Path> box_paths;
    std::vector<em_gmm::SampleCell> two;    ///< P-EM-C, split after split
    std::vector<em_gmm::SampleCell> plane;  ///< P-EM-D, split after split
    em_gmm::LibraryChecks library;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_EM_GMM_H_
