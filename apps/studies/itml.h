/// itml: a metric learned from pair constraints has one parameter per constraint; with hundreds of
/// times more constraints than examples a linear classifier in its space still does not overfit,
/// and its accuracy dips where there are about as many constraints as free entries in the metric.
///
/// Part S: class separation of iris. Part U: nearest neighbors on sets of the UCI repository. Part
/// Z: breast cancer, from no constraint to all pairs of the training examples.
///
/// Source  Davis, Kulis, Jain, Sra, Dhillon (2007), Information-theoretic metric learning, ICML;
///         Zhou (2021), Why over-parameterization of deep neural networks does not overfit?,
///         Science China Information Sciences 64, figure 1(c)
#ifndef SURPLUS_APPS_STUDIES_ITML_H_
#define SURPLUS_APPS_STUDIES_ITML_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/studies/itml/curve.h"
#include "apps/studies/itml/library_checks.h"
#include "apps/studies/itml/neighbors.h"
#include "apps/studies/itml/separation.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct Itml {
  static constexpr std::string_view kName = "itml";
  static constexpr std::string_view kPaper =
      "Zhou (2021), Why over-parameterization of deep neural networks does not overfit?, Sci. "
      "China Inf. Sci. 64; Davis et al. (2007), Information-theoretic metric learning, ICML";
  static constexpr std::string_view kClaim =
      "A metric learned from far more pair constraints than examples does not overfit; accuracy "
      "is non-monotone in their number, with a dip near the number of entries of the metric";

  struct Config {
    std::uint64_t s_seeds = 100;
    std::string u_sets = "iris,wine,ionosphere,balance-scale,soybean-small";
    std::uint64_t u_repeats = 10;
    std::vector<double> u_gammas = {0.01, 0.1, 1, 10};
    std::uint64_t u_sweeps = 300;
    bool u_require_data = false;
    std::uint64_t z_splits = 20;
    std::vector<std::uint64_t> z_pairs = {0,    10,   20,   50,    100,   200,   450,
                                          1000, 2000, 5000, 10000, 20000, 50000, 101025};
    std::vector<double> z_gammas = {0.01, 1, 100};
    bool z_standardized = true;
    std::uint64_t z_sweeps = 100;
    std::uint64_t z_long_sweeps = 0;
    bool z_authors = false;
    double slack = 0;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("s_seeds", s_seeds, "S: random draws of 200 similar and 200 dissimilar pairs of iris");
      visit("u_sets", u_sets, "U: data sets");
      visit("u_repeats", u_repeats, "U: repeats of the two-fold cross-validation");
      visit("u_gammas", u_gammas, "U: slacks of the inner cross-validation; none for none");
      visit("u_sweeps", u_sweeps, "U: sweeps over the constraints at most");
      visit("u_require_data", u_require_data,
            "U: stop if a set is absent instead of leaving it out");
      visit("z_splits", z_splits, "Z: random splits into 450 training and 233 test examples");
      visit("z_pairs", z_pairs, "Z: numbers of pair constraints");
      visit("z_gammas", z_gammas, "Z: slacks");
      visit("z_standardized", z_standardized, "Z: standardized features besides the raw ones");
      visit("z_sweeps", z_sweeps, "Z: sweeps over the constraints at most");
      visit("z_long_sweeps", z_long_sweeps,
            "Z: a curve more (raw, slack 1) with this many sweeps; 0 for none");
      visit("z_authors", z_authors,
            "Z: a curve more with the bounds and the limit of the authors' program");
      visit("slack", slack, "standard errors by which verdicts on means are widened");
    }
  };

  struct Result {
    itml::LibraryChecks library;
    std::vector<itml::Separation> separations;
    itml::NeighborTable neighbors;
    std::vector<itml::Curve> curves;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_ITML_H_
