/// sequence-adaptivity: gradient flow that also trains the eigenvalues of a diagonal model nearly
/// reaches the best rate n^(-p/(p+1)) however badly the eigenvalues are aligned with the signal;
/// with fixed ones it reaches n^(-p/(p+q)) alone.
///
/// Observations z_j = theta*_j + N(0, 1/n), theta* at floor(k^q) equal to k^(-(p+1)/2), eigenvalues
/// j^-gamma. Rates (figures 1 and 3, tables 1 and 2), error and eigenvalues along the flow at several
/// depths (figures 2 and 4), the same idea in regression on the torus (figures 5 and 6).
///
/// Source  Li, Lin (2024), Improving adaptivity via over-parameterization in sequence models,
///         NeurIPS, arXiv 2409.00894
#ifndef SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_H_
#define SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/studies/sequence_adaptivity/depth.h"
#include "apps/studies/sequence_adaptivity/rates.h"
#include "apps/studies/sequence_adaptivity/regression.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct SequenceAdaptivity {
  static constexpr std::string_view kName = "sequence-adaptivity";
  static constexpr std::string_view kPaper =
      "Li, Lin (2024), Improving adaptivity via over-parameterization in sequence models, NeurIPS";
  static constexpr std::string_view kClaim =
      "Gradient flow that trains its eigenvalues too finds a signal nearly as fast as if they were "
      "aligned with it; with fixed eigenvalues it is slower the worse they are aligned";

  struct Config {
    std::vector<std::uint64_t> n = {2000, 2446, 2991, 3657, 4472, 5469, 6687, 8178, 10000};
    std::vector<double> gammas = {1.5, 3};
    std::vector<std::uint64_t> coordinates = {10000, 20000};
    std::uint64_t repetitions = 64;
    std::uint64_t per_octave = 8;
    std::vector<std::uint64_t> table_n = {2000, 2200, 2400, 2600, 2800, 3000,
                                          3200, 3400, 3600, 3800, 4000};
    std::vector<double> table_p = {0.6, 1, 3};
    std::vector<double> table_q = {1, 1.5, 2};
    std::vector<double> table_gammas = {1.1, 2, 3};
    std::vector<std::uint64_t> table_coordinates = {10000};
    std::uint64_t table_repetitions = 256;
    std::vector<std::uint64_t> deep_depths = {1, 2};
    std::vector<double> deep_p = {1};
    std::uint64_t deep_repetitions = 16;
    double layer_start = 1;
    std::vector<std::uint64_t> curve_depths = {0, 1, 3};
    std::uint64_t curve_n = 10000;
    std::uint64_t curve_repetitions = 16;
    std::vector<std::uint64_t> torus_n = {160, 190, 220, 250, 280, 310, 340, 370, 400};
    std::vector<std::uint64_t> torus_depths = {0, 1, 2};
    std::uint64_t torus_repetitions = 16;
    std::uint64_t torus_frequencies = 15;
    double torus_smoothness = 2;
    double torus_noise = 0.3;
    double torus_step = 0.2;
    double torus_curve_time = 4096;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("n", n, "figures 1 and 3: sample sizes, noise has the variance 1/n");
      visit("gammas", gammas, "figures 1 and 3: exponents of the eigenvalues");
      visit("coordinates", coordinates, "figures 1 and 3: coordinates that are simulated");
      visit("repetitions", repetitions, "figures 1 and 3: repetitions per sample size");
      visit("per_octave", per_octave, "times per doubling at which a flow may stop");
      visit("table_n", table_n, "tables 1 and 2: sample sizes");
      visit("table_p", table_p, "table 1: exponents of the signal; none leaves it out");
      visit("table_q", table_q, "tables 1 and 2: exponents of its misalignment");
      visit("table_gammas", table_gammas, "tables 1 and 2: exponents of the eigenvalues");
      visit("table_coordinates", table_coordinates,
            "table 1: coordinates; table 2, figures 2 and 4: the first of them");
      visit("table_repetitions", table_repetitions, "table 1: repetitions per sample size");
      visit("deep_depths", deep_depths, "table 2: numbers D of further layers, at least 1");
      visit("deep_p", deep_p, "table 2: exponents of the signal; none leaves it out");
      visit("deep_repetitions", deep_repetitions, "table 2: repetitions per sample size");
      visit("layer_start", layer_start, "constant of b_0 = constant * noise^(1/(D+2))");
      visit("curve_depths", curve_depths, "figures 2 and 4: depths D, each at most 4");
      visit("curve_n", curve_n, "figures 2 and 4: sample size");
      visit("curve_repetitions", curve_repetitions, "figure 2: runs that are averaged");
      visit("torus_n", torus_n, "figure 5: sample sizes");
      visit("torus_depths", torus_depths, "figure 5: depths D of adaptive kernels, each at most 4");
      visit("torus_repetitions", torus_repetitions, "figure 5: repetitions per sample size");
      visit("torus_frequencies", torus_frequencies, "figures 5 and 6: frequencies per dimension");
      visit("torus_smoothness", torus_smoothness, "figure 5: r in (1 + |m|^2)^-r");
      visit("torus_noise", torus_noise, "figures 5 and 6: standard deviation of the noise");
      visit("torus_step", torus_step, "figure 5: learning rate");
      visit("torus_curve_time", torus_curve_time, "figure 5: how long single runs are followed");
    }
  };

  struct Result {
    std::vector<sequence_adaptivity::FixedCell> fixed;  ///< figures 1 and 3
    std::vector<sequence_adaptivity::RateCell> rates;   ///< figures 1 and 3
    std::vector<sequence_adaptivity::RateCell> table;   ///< table 1
    std::vector<sequence_adaptivity::RateCell> deep;    ///< table 2
    sequence_adaptivity::FlowChecks checks;
    std::vector<sequence_adaptivity::DepthCurve> curves;    ///< figure 2
    std::vector<sequence_adaptivity::Snapshots> snapshots;  ///< figure 4
    sequence_adaptivity::TorusRates torus;                  ///< figure 5
    sequence_adaptivity::TorusRun torus_run;                ///< figures 5 and 6
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_SEQUENCE_ADAPTIVITY_H_
