/// double-descent: test error peaks where a model can just fit its training data, and falls again
/// beyond if the smallest of the fits is taken.
///
/// Part 1: polynomials on 16 points; a linear model whose risk is known. Part 2: random Fourier
/// features of images. Part 3: two-layer networks with and without reuse of weights.
///
/// Source  Belkin, Hsu, Ma, Mandal (2019), Reconciling modern machine-learning practice and the
///         classical bias-variance trade-off, PNAS 116; Belkin, Hsu, Xu (2020), Two models of
///         double descent for weak features; Nakkiran et al. (2020), Deep double descent
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/double_descent/fourier.h"
#include "apps/studies/double_descent/linear_model.h"
#include "apps/studies/double_descent/network.h"
#include "apps/studies/double_descent/polynomial.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct DoubleDescent {
  static constexpr std::string_view kName = "double-descent";
  static constexpr std::string_view kPaper =
      "Belkin, Hsu, Ma, Mandal (2019), Reconciling modern machine-learning practice and the "
      "classical bias-variance trade-off, PNAS 116; Belkin, Hsu, Xu (2020), Two models of double "
      "descent for weak features, SIAM J. Math. Data Sci. 2";
  static constexpr std::string_view kClaim =
      "Test error peaks where the model can just interpolate the training set and falls again with "
      "more parameters, if the interpolant of least norm is chosen";

  struct Config {
    std::uint64_t polynomial_draws = 500;
    std::uint64_t linear_trials = 4000;
    std::uint64_t cosine_draws = 300;
    std::string images = "mnist";
    bool require_images = false;
    std::vector<std::uint64_t> fourier_n = {1000, 2000};
    std::vector<std::uint64_t> fourier_seeds = {3, 1};
    bool fourier_forms = false;
    bool grid = true;
    std::vector<std::uint64_t> grid_n = {125, 250, 375, 500, 750, 1000, 1500};
    std::vector<std::uint64_t> network_n = {500, 1000};
    std::vector<std::uint64_t> network_seeds = {12, 2};
    std::uint64_t variant_seeds = 2;
    std::uint64_t network_epochs = 2000;
    std::vector<std::uint64_t> network_widths = {2,  4,  6,  8,  10, 12, 16, 20, 24, 26,
                                                 28, 32, 40, 48, 50, 54, 60, 80, 100};
    bool network_variants = true;
    bool network_full = false;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("polynomial_draws", polynomial_draws, "1: random samples of 16 points; 0 for none");
      visit("linear_trials", linear_trials, "1: trials of the linear model");
      visit("cosine_draws", cosine_draws,
            "1: random samples of 15 and of 16 points of 2 x + cos 25 x; 0 for none");
      visit("images", images, "2: mnist, fashion-mnist or digits");
      visit("require_images", require_images,
            "2, 3: stop if the images are absent instead of taking the bundled digits, or none");
      visit("fourier_n", fourier_n, "2: training images; 10000 takes the paper's features");
      visit("fourier_seeds", fourier_seeds,
            "2: seeds of the features, for each of fourier_n; 0 for none");
      visit("fourier_forms", fourier_forms,
            "2: cosine and sine pairs, and complex coefficients, besides cosines with phases");
      visit("grid", grid, "2: features and training images of Fashion-MNIST varied together");
      visit("grid_n", grid_n, "2: training images of the grid");
      visit("network_n", network_n, "3: training images of MNIST at 14 x 14");
      visit("network_seeds", network_seeds, "3: repeats, for each of network_n; 0 for none");
      visit("variant_seeds", variant_seeds, "3: repeats of each of network_variants");
      visit("network_epochs", network_epochs, "3: epochs at most, at 14 x 14");
      visit("network_widths", network_widths, "3: hidden units, at 14 x 14");
      visit("network_variants", network_variants,
            "3: without reuse, with label noise, with weight decay, and along the epochs");
      visit("network_full", network_full, "3: the paper's own: 4000 images, 28 x 28, 6000 epochs");
    }
  };

  struct Limit {
    double_descent::FourierDesign design;
    double_descent::KernelLimit limit;
  };

  struct Result {
    std::vector<double_descent::FixedTable> fixed;
    std::optional<double_descent::DrawTable> random;
    std::vector<double_descent::DrawTable> cosine;
    std::vector<double_descent::LinearPoint> linear;
    std::vector<double_descent::FourierSweep> fourier;
    std::vector<Limit> limits;                       ///< one for each n
    std::vector<double_descent::FourierSweep> grid;  ///< Fashion-MNIST
    std::vector<double_descent::NetworkCurve> networks;
    std::optional<double_descent::NetworkDesign> epochs_of;
    std::vector<double_descent::EpochPoint> epochs;
    std::vector<std::string> absent;  ///< what was left out for want of files
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_H_
