#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/two_layer_capacity.h"
#include "apps/studies/two_layer_capacity/reference.h"
#include "surplus/linalg/line_fit.h"

namespace surplus::apps {
namespace {

using namespace two_layer_capacity;
using Result = TwoLayerCapacity::Result;
using Curve = std::vector<double>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A curve falls, or rises, if it does so but for few exchanges of neighbors.
constexpr double kMonotone = 0.9;
// The bound that is the paper's own.
constexpr std::size_t kOurs = kBounds - 1;

Verdict exact(std::string id, std::string claim, double measured, bool holds, std::string note) {
  return {std::move(id), std::move(claim), {}, measured, {}, holds, std::move(note)};
}

// A claim about something that is known for each seed.
Verdict estimate(std::string id, std::string claim, const std::vector<double>& by_seed, bool holds,
                 std::string note) {
  const Statistic mean = statistic(by_seed, [](double value) { return value; });
  Verdict verdict = exact(std::move(id), std::move(claim), mean.mean, holds, std::move(note));
  if (by_seed.size() > 1) verdict.standard_error = mean.standard_error;
  return verdict;
}

// A function of each seed's curve.
template <typename Function>
std::vector<double> over_seeds(const std::vector<Curve>& curves, const Function& function) {
  std::vector<double> values;
  values.reserve(curves.size());
  for (const Curve& curve : curves) values.push_back(function(curve));
  return values;
}

double mean_of(const std::vector<double>& values) {
  return statistic(values, [](double value) { return value; }).mean;
}

// The mean over seeds, width by width.
Curve mean_curve(const std::vector<Curve>& curves) {
  Curve mean(curves.front().size());
  for (const Curve& curve : curves) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += curve[i] / static_cast<double>(curves.size());
    }
  }
  return mean;
}

// "6.70 at h = 8, 3.90 at h = 1024".
std::string ends_of(const Sweep& sweep, const std::vector<Curve>& curves) {
  const Curve mean = mean_curve(curves);
  return fmt::format("{:.4g} at h = {:g}, {:.4g} at h = {:g}", mean.front(), sweep.widths.front(),
                     mean.back(), sweep.widths.back());
}

std::size_t argmin(const Curve& curve) {
  return static_cast<std::size_t>(std::ranges::min_element(curve) - curve.begin());
}

class Judge {
 public:
  Judge(const SetResult& set, const Protocol& protocol, std::vector<Verdict>& verdicts)
      : set_(set), sweep_(set.sweep), protocol_(protocol), verdicts_(verdicts) {
    for (std::size_t w = 0; w < sweep_.widths.size(); ++w) {
      if (sweep_.widths[w] < kWide) continue;
      wide_.widths.push_back(sweep_.widths[w]);
      wide_.networks.push_back(sweep_.networks[w]);
    }
  }

  void judge_errors() {
    const auto train = sweep_.curves([](const Network& n) { return n.train_error; });
    const auto test = sweep_.curves([](const Network& n) { return n.test_error; });
    const std::size_t fitted = first_from(kPaperFitted);
    const auto worst = over_seeds(train, [&](const Curve& curve) {
      return *std::max_element(curve.begin() + static_cast<std::ptrdiff_t>(fitted), curve.end());
    });
    add(estimate(id("Q1a"),
                 fmt::format("Every network of width {:g} and above has training error 0",
                             sweep_.widths[fitted]),
                 worst, std::ranges::all_of(worst, [](double e) { return e == 0; }),
                 "Largest training error; " + ends_of(sweep_, train)));
    verdicts_.back().paper = 0;
    const auto gain =
        over_seeds(test, [&](const Curve& curve) { return curve.back() - curve[fitted]; });
    const Statistic mean = statistic(gain, [](double value) { return value; });
    add(estimate(id("Q1b"),
                 fmt::format("From there to width {:g} the test error falls, by two standard "
                             "errors",
                             sweep_.widths.back()),
                 gain, mean.mean < -2 * mean.standard_error,
                 "Change of the test error; " + ends_of(sweep_, test)));
    falls("Q1c", "The test error falls with the width", test,
          fmt::format("; one test image is {:.2g}", 1 / static_cast<double>(set_.test_samples)));
  }

  void judge_units() {
    const auto judge = [&](const char* name, const char* what, double Network::*value) {
      const auto curves = wide_.curves([&](const Network& n) { return n.*value; });
      const auto slopes = over_seeds(curves, [&](const Curve& curve) { return wide_slope(curve); });
      add(estimate(id(name), fmt::format("Mean unit {} falls faster than 1/sqrt(h)", what), slopes,
                   mean_of(slopes) < -0.5, "Slope of logarithms; " + ends_of(wide_, curves)));
    };
    judge("Q2a", "capacity", &Network::mean_capacity);
    judge("Q2b", "impact", &Network::mean_impact);
  }

  void judge_norms() {
    falls("Q3a", "||U - U0||_F falls with the width",
          sweep_.curves([](const Network& n) { return n.u_distance; }));
    const auto frobenius = sweep_.curves([](const Network& n) { return n.u_frobenius; });
    const auto spectral = sweep_.curves([](const Network& n) { return n.u_spectral; });
    dips("Q3b", "||U||_F dips, then rises", frobenius);
    dips("Q3c", "||U||_2 dips, then rises", spectral);
    const auto ratios =
        over_seeds(wide_.curves([](const Network& n) { return n.u_frobenius / n.u_spectral; }),
                   [&](const Curve& curve) { return wide_slope(curve); });
    add(estimate(id("Q3d"), "||U||_F rises faster than ||U||_2", ratios, mean_of(ratios) > 0,
                 "Slope of the logarithm of their ratio from h = 64 on"));
    falls("Q4a", "||V||_F falls with the width",
          sweep_.curves([](const Network& n) { return n.v_frobenius; }));
    falls("Q4b", "||V - V0||_F falls with the width",
          sweep_.curves([](const Network& n) { return n.v_distance; }));
    const auto shares =
        over_seeds(sweep_.curves([](const Network& n) { return n.v_distance / n.v_frobenius; }),
                   [](const Curve& curve) { return *std::ranges::min_element(curve); });
    add(estimate(id("Q4c"), "The two stay close: within a factor of 2", shares,
                 mean_of(shares) >= 0.5, "Least of ||V - V0||_F / ||V||_F"));
  }

  void judge_training() {
    const auto angles = sweep_.curves([](const Network& n) { return n.median_angle; });
    const Curve mean = mean_curve(angles);
    const auto last = over_seeds(angles, [](const Curve& curve) { return curve.back(); });
    const double correlation = mean_of(correlations(angles));
    add(estimate(id("Q5"),
                 "The median angle between u_i and its start falls with the width, from nearer 90 "
                 "degrees to nearer 0",
                 last, correlation <= -kMonotone && mean.front() > 45 && mean.back() < 45,
                 fmt::format("Degrees at the largest width; {}; rank correlation {:.2f}",
                             ends_of(sweep_, angles), correlation)));
    std::size_t unfinished = 0;
    for (const auto& seeds : sweep_.networks) {
      unfinished += static_cast<std::size_t>(std::ranges::count_if(
          seeds, [&](const Network& n) { return !(n.running_loss < protocol_.loss); }));
    }
    falls("Q6", fmt::format("Epochs to a loss of {:g} fall with the width", protocol_.loss),
          sweep_.curves([](const Network& n) { return n.epochs; }),
          unfinished == 0
              ? ""
              : fmt::format("; {} networks stopped at {} epochs", unfinished, protocol_.epochs));
  }

  void judge_bounds() {
    falls("Q7a", "The paper's own bound falls with the width, from h = 64 on", wide_,
          wide_.curves([](const Network& n) { return n.bounds[kOurs]; }));
    std::vector<double> ratios;
    double highest = -kInfinity, where = kNone;
    for (std::size_t w = 0; w < wide_.widths.size(); ++w) {
      ratios.clear();
      for (const Network& n : wide_.networks[w]) {
        ratios.push_back(n.bounds[kOurs] /
                         *std::min_element(n.bounds.begin() + 1, n.bounds.end() - 1));
      }
      if (std::isnan(highest)) break;
      if (!(mean_of(ratios) <= highest)) highest = mean_of(ratios), where = wide_.widths[w];
    }
    add(exact(
        id("Q7b"), "and lies below all other norm-based ones there", highest, highest < 1,
        fmt::format("Largest ratio to the least of them, a mean over seeds, at h = {:g}", where)));
    double least = kInfinity;
    std::string lowest = "none";
    constexpr std::array<const char*, kBounds> kNames = {"VC",          "l1-max",       "Frobenius",
                                                         "spectral-l1", "spectral-Fro", "ours"};
    for (std::size_t b = 0; b < kOurs; ++b) {
      const double slope =
          mean_of(over_seeds(wide_.curves([&](const Network& n) { return n.bounds[b]; }),
                             [&](const Curve& curve) { return wide_slope(curve); }));
      if (std::isnan(least)) break;
      if (!(slope >= least)) least = slope, lowest = kNames[b];
    }
    add(exact(id("Q7c"), "where all others grow", least, least > 0,
              fmt::format("Least slope of logarithms from h = 64 on, of {}", lowest)));
    judge_crossing();
    double margin = kInfinity;
    for (const auto& seeds : sweep_.networks) {
      for (const Network& n : seeds) {
        for (const double bound : n.bounds) {
          if (bound < margin) margin = bound;
        }
      }
    }
    const double ratio = margin / static_cast<double>(sweep_.samples);
    add(exact(id("Q9"), "All bounds exceed the number of samples: they say nothing", ratio,
              ratio > 1, "Least bound over m, of all widths and seeds"));
    const auto spread = over_seeds(
        sweep_.curves([](const Network& n) { return n.u_row_distances / n.u_distance; }),
        [&](const Curve& curve) {
          double lowest_share = kInfinity;
          for (std::size_t w = 0; w < curve.size(); ++w) {
            lowest_share = std::min(lowest_share, curve[w] / std::sqrt(sweep_.widths[w]));
          }
          return lowest_share;
        });
    add(estimate(id("Q10"), "||U - U0||_1,2 is sqrt(h) ||U - U0||_F, to a tenth", spread,
                 mean_of(spread) > 0.9, "Least of the ratio: all units move alike"));
    verdicts_.back().paper = 1;
  }

  void judge_labels() {
    if (set_.random_labels.widths.empty()) return;
    const auto value = [](const Network& n) {
      return (n.margins[kQuantiles / 2 - 1] + n.margins[kQuantiles / 2]) / 2 / n.terms[5];
    };
    const auto fitted = set_.true_labels.curves(value), random = set_.random_labels.curves(value);
    std::vector<double> least;
    for (std::size_t s = 0; s < fitted.size(); ++s) {
      double ratio = kInfinity;
      for (std::size_t w = 0; w < fitted[s].size(); ++w) {
        const double f = fitted[s][w], r = random[s][w];
        ratio = std::min(ratio, r > 0 ? f / r : f > r ? kInfinity : 0);
      }
      least.push_back(ratio);
    }
    add(estimate(id("Q11"), "Normalized margins of true labels are above those of random ones",
                 least, *std::ranges::min_element(least) > 1,
                 fmt::format("Least ratio over the widths of median margins over ||U - U0||_F "
                             "||V||_F; {} samples; true {}; random {}",
                             set_.true_labels.samples, ends_of(set_.true_labels, fitted),
                             ends_of(set_.random_labels, random))));
  }

 private:
  std::string id(const char* number) const { return fmt::format("{} {}", number, set_.name); }
  void add(Verdict verdict) { verdicts_.push_back(std::move(verdict)); }

  std::size_t first_from(double width) const {
    std::size_t w = 0;
    while (w + 1 < sweep_.widths.size() && sweep_.widths[w] < width) ++w;
    return w;
  }

  // Of logarithms, from h = 64 on; NaN if one is not finite.
  double wide_slope(const Curve& curve) const {
    std::vector<double> x, y;
    for (std::size_t w = 0; w < curve.size(); ++w) {
      x.push_back(std::log(wide_.widths[w]));
      y.push_back(std::log(curve[w]));
      if (!std::isfinite(y.back())) return kNone;
    }
    return fit_line(x, y).slope;
  }

  std::vector<double> correlations(const std::vector<Curve>& curves) const {
    return over_seeds(curves,
                      [&](const Curve& curve) { return rank_correlation(sweep_.widths, curve); });
  }

  void falls(const char* number, std::string claim, const std::vector<Curve>& curves,
             const std::string& more = "") {
    falls(number, std::move(claim), sweep_, curves, more);
  }
  void falls(const char* number, std::string claim, const Sweep& sweep,
             const std::vector<Curve>& curves, const std::string& more = "") {
    const auto all = over_seeds(curves, [&](const Curve& curve) {
      const bool known = std::ranges::none_of(curve, [](double y) { return std::isnan(y); });
      return known ? rank_correlation(sweep.widths, curve) : kNone;
    });
    const Curve mean = mean_curve(curves);
    const std::size_t bottom = argmin(mean);
    add(estimate(
        id(number), std::move(claim), all, mean_of(all) <= -kMonotone,
        fmt::format("Rank correlation with the width, at most -{:g}; {}{}{}", kMonotone,
                    ends_of(sweep, curves),
                    bottom + 1 == mean.size() ? ""
                                              : fmt::format(", least {:.4g} at h = {:g}",
                                                            mean[bottom], sweep.widths[bottom]),
                    more)));
  }

  void dips(const char* number, std::string claim, const std::vector<Curve>& curves) {
    const Curve mean = mean_curve(curves);
    const std::size_t bottom = argmin(mean);
    const auto rises = over_seeds(
        curves, [](const Curve& curve) { return curve.back() / *std::ranges::min_element(curve); });
    add(estimate(id(number), std::move(claim), rises, bottom > 0 && bottom + 1 < mean.size(),
                 fmt::format("Last value over the least, which is {:.4g} at h = {:g}; {}",
                             mean[bottom], sweep_.widths[bottom], ends_of(sweep_, curves))));
  }

  void judge_crossing() {
    // The least width from which on the mean is below the VC bound.
    const Curve ours = mean_curve(sweep_.curves([](const Network& n) { return n.bounds[kOurs]; }));
    std::size_t w = ours.size();
    while (w > 0 && ours[w - 1] < sweep_.networks[w - 1].front().bounds[0]) --w;
    const double crossing = w < ours.size() ? sweep_.widths[w] : kNone;
    // Widths double: the first one beyond the paper's.
    const double latest = std::min(2 * kPaperCrossing, sweep_.widths.back());
    add(exact(id("Q8"),
              fmt::format("It is below the VC bound at every width above {:g}", kPaperCrossing),
              crossing, crossing <= latest,
              fmt::format("Width from which on it is; with fewer samples it comes earlier than on "
                          "CIFAR-10's {}",
                          facts_of("cifar-10").train)));
    verdicts_.back().paper = kPaperCrossing;
  }

  const SetResult& set_;
  const Sweep& sweep_;
  const Protocol protocol_;
  std::vector<Verdict>& verdicts_;
  Sweep wide_;  // from h = 64 on
};

void judge_library(const LibraryChecks& library, std::vector<Verdict>& verdicts) {
  verdicts.push_back(exact("A2", "VC bounds are those of an independent computation, to 1e-8",
                           library.parameter_bounds, library.parameter_bounds <= 0.5e-8,
                           "Largest relative deviation over 26 networks, given to nine digits"));
  verdicts.push_back(exact("A6", "The order of the units changes no measure and no bound",
                           library.permuted, library.permuted <= 1e-12,
                           "Largest relative change, of rounding alone"));
  verdicts.push_back(
      exact("A7a", "Rescaling between the layers changes neither the outputs nor measures 2 and 3",
            std::max(library.rescaled_output, library.rescaled_products),
            library.rescaled_output <= 1e-12 && library.rescaled_products <= 1e-12,
            "Largest change, of rounding alone"));
  verdicts.push_back(exact("A7b", "but measures 4, 5 and 6, which know the start",
                           library.rescaled_least, library.rescaled_least > 0.01,
                           "Least relative change"));
  verdicts.push_back(
      exact("R1", "Exact complexities lie in Khintchine's bracket, where estimates find them",
            library.bracket, library.bracket >= 0 && library.estimate < 5,
            fmt::format("Least distance from its ends, relative; Monte-Carlo "
                        "estimates are off by {:.1f} s.e., less than 5",
                        library.estimate)));
  verdicts.push_back(exact("R2",
                           "The lower bound is a share of the upper one that no width shrinks",
                           library.lower_share, library.lower_share >= kLowerBoundShare,
                           "Least share of sum_j alpha_j beta_j ||X||_F / m"));
}

// What holds for every network, whatever it was trained on.
void judge_inequalities(const Result& result, std::vector<Verdict>& verdicts) {
  double moments = 0, bounds = 0, norms = 0;
  const auto look = [&](const SetResult& set, const Sweep& sweep) {
    for (std::size_t w = 0; w < sweep.widths.size(); ++w) {
      const double h = sweep.widths[w], d = static_cast<double>(set.inputs);
      for (const Network& n : sweep.networks[w]) {
        moments = std::max(
            moments, std::abs(n.u_start_frobenius / std::sqrt(h / 3) - 1) * std::sqrt(h * d) / 5);
        if (n.margin > 0) bounds = std::max(bounds, n.unit_rademacher / n.layer_rademacher);
        norms = std::max({norms, n.u_row_distances / (std::sqrt(h) * n.u_distance),
                          n.u_spectral / n.u_frobenius, n.v_spectral / n.v_frobenius,
                          n.u_frobenius / (std::sqrt(std::min(h, d)) * n.u_spectral)});
      }
    }
  };
  for (const SetResult& set : result.sets) {
    for (const Sweep* sweep : {&set.sweep, &set.true_labels, &set.random_labels}) look(set, *sweep);
  }
  verdicts.push_back(exact("A3", "||U0||_F is sqrt(h/3), to 5/sqrt(hd)", moments, moments < 1,
                           "Largest relative deviation over that, of all networks"));
  verdicts.push_back(exact("A4", "Equation 6 is never above equation 7", bounds, bounds <= 1,
                           "Largest ratio of all networks"));
  verdicts.push_back(exact("A5",
                           "||.||_1,2 <= sqrt(h) ||.||_F and ||.||_2 <= ||.||_F <= sqrt(rank) "
                           "||.||_2",
                           norms, norms <= 1 + 1e-9, "Largest ratio of two sides"));
}

}  // namespace

std::vector<Verdict> TwoLayerCapacity::verdicts(const Config& config, const Result& result) {
  std::vector<Verdict> verdicts;
  judge_library(result.library, verdicts);
  judge_inequalities(result, verdicts);
  std::ranges::sort(verdicts, {}, &Verdict::id);
  const Protocol protocol{.loss = config.loss, .epochs = config.epochs};
  for (const SetResult& set : result.sets) {
    Judge judge(set, protocol, verdicts);
    judge.judge_errors();
    judge.judge_units();
    judge.judge_norms();
    judge.judge_training();
    judge.judge_bounds();
    judge.judge_labels();
  }
  return verdicts;
}

}  // namespace surplus::apps
