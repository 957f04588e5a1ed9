#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/studies/itop.h"

namespace surplus::apps {
namespace {

using namespace itop;
using Config = Itop::Config;
using Result = Itop::Result;

constexpr double kDeviations = 4;

Statistic mean_of(const std::vector<double>& values) {
  return statistic(values, [](double value) { return value; });
}

// Differences of two designs, seed by seed.
std::vector<double> gains(const Result& result, const Design& a, const Design& b) {
  const std::vector<Summary> of_a = result.find(a), of_b = result.find(b);
  std::vector<double> values;
  for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    values.push_back(of_a[i].accuracy - of_b[i].accuracy);
  }
  return values;
}

double mean(const std::vector<Summary>& summaries, double Summary::*member) {
  return statistic(summaries, [&](const Summary& one) { return one.*member; }).mean;
}

Design s1(Method method, double density, std::size_t interval = 0, std::size_t multiplier = 1) {
  return {.task = "S1",
          .method = method,
          .density = density,
          .interval = interval,
          .multiplier = multiplier};
}

class Judge {
 public:
  Judge(const Config& config, const Result& result, std::vector<Verdict>& verdicts)
      : config_(config), result_(result), verdicts_(verdicts), intervals_(config.intervals) {
    std::ranges::sort(intervals_);
  }

  void exploration() {
    double worst = 0, worst_conv = 0, off = 0;
    std::size_t trainings = 0, conv_trainings = 0;
    for (const Training& training : result_.trainings) {
      const Summary& summary = training.summary;
      if (training.design.method == Method::kSet) {
        const bool conv = training.design.task == "S4";
        double& of_task = conv ? worst_conv : worst;
        of_task = std::max(of_task, summary.deviation);
        ++(conv ? conv_trainings : trainings);
      }
      if (training.design.method == Method::kStatic || training.design.method == Method::kDense) {
        off = std::max(off, std::abs(summary.explored - summary.density));
      }
    }
    constexpr const char* kNote =
        "Largest deviation of a layer in standard errors of independent draws; trainings: {}";
    add("12a", "SET explores what the recursion for random growth expects, layer by layer", worst,
        worst <= kDeviations, fmt::format(kNote, trainings));
    if (conv_trainings > 0) {
      add("12a S4", "... and so it does in convolutions", worst_conv, worst_conv <= kDeviations,
          fmt::format(kNote, conv_trainings));
    }
    add("12b", "A static mask explores its density, a dense network everything", off, off <= 1e-12,
        "Largest difference of R_s");
  }

  void intervals() {
    double rises = 0, above = -1, least_gap = 1, survival_falls = 0;
    std::string gaps, survivals;
    for (const double density : config_.densities) {
      for (std::size_t i = 0; i < intervals_.size(); ++i) {
        const auto set = result_.find(s1(Method::kSet, density, intervals_[i])),
                   rigl = result_.find(s1(Method::kRigl, density, intervals_[i]));
        const double r = mean(set, &Summary::explored), r_rigl = mean(rigl, &Summary::explored);
        above = std::max(above, r_rigl - r);
        if (r >= .5 && r <= .99) {
          least_gap = std::min(least_gap, r - r_rigl);
          gaps += fmt::format("{}{:g}, {}: {:.3f} and {:.3f}", gaps.empty() ? "" : "; ", density,
                              intervals_[i], r, r_rigl);
        }
        if (i == 0) continue;
        for (const Method method : {Method::kSet, Method::kRigl}) {
          const auto before = result_.find(s1(method, density, intervals_[i - 1])),
                     now = result_.find(s1(method, density, intervals_[i]));
          if (method == Method::kSet) {
            rises += mean(now, &Summary::explored) >= mean(before, &Summary::explored);
          }
          const double a = mean(before, &Summary::survival), b = mean(now, &Summary::survival);
          // Too few updates to have tested anything: no number.
          if (!(b < a)) continue;
          ++survival_falls;
          survivals +=
              fmt::format("{}{} at {:g}, {} to {}: {:.3f} to {:.3f}", survivals.empty() ? "" : "; ",
                          to_text(method), density, intervals_[i - 1], intervals_[i], a, b);
        }
      }
    }
    add("13a", "SET explores less, the longer it waits between updates", rises, rises == 0,
        "Pairs of neighboring intervals at which it does not, all densities");
    add("13b", "RigL explores at most .01 more than SET", above, above <= .01,
        "Largest R_s of RigL less that of SET at the same density and interval");
    if (!gaps.empty()) {
      add("13c", "... and .05 less where SET explores from .5 to .99 (soft)", least_gap,
          least_gap >= .05, "Least difference; density, interval, SET's and RigL's R_s: " + gaps);
    }
    add("14", "The longer the wait, the more of the grown weights survive their first test",
        survival_falls, survival_falls == 0,
        survivals.empty() ? "Pairs of neighboring intervals at which fewer do, first half of the "
                            "trainings"
                          : "Fewer do: " + survivals);
  }

  // Accuracy against the interval.
  void best_interval() {
    for (const double density : config_.densities) {
      const auto set = [&](std::uint64_t interval) { return s1(Method::kSet, density, interval); };
      const auto accuracy = [&](std::uint64_t interval) {
        return mean(result_.find(set(interval)), &Summary::accuracy);
      };
      const std::uint64_t best = *std::ranges::max_element(intervals_, {}, accuracy);
      const bool interior =
          intervals_.size() < 3 || (best != intervals_.front() && best != intervals_.back());
      const std::vector<double> first = gains(result_, set(best), set(intervals_.front())),
                                fixed = gains(result_, set(best), s1(Method::kStatic, density));
      const Statistic gain = mean_of(fixed);
      add(fmt::format("15a {:g}", density), "The best interval of SET is neither end (soft)",
          static_cast<double>(best), interior,
          fmt::format("Interval of the best mean accuracy, {:.2f} %; {:+.2f} points above the "
                      "shortest. One maximum of noisy means: at short budgets it may be anywhere",
                      accuracy(best), mean_of(first).mean));
      if (density <= .02) {
        add(fmt::format("15b {:g}", density),
            "SET at its best interval is .3 points above the static mask (soft)", gain.mean,
            gain.mean >= .3,
            fmt::format("Mean of {} seeds, the interval chosen by the same accuracies",
                        fixed.size()),
            error_of(gain, fixed.size()));
      }
    }
  }

  void few_samples() {
    for (const std::uint64_t samples : config_.low_samples) {
      Design set{.task = fmt::format("S3-{}", samples),
                 .method = Method::kSet,
                 .density = .03,
                 .interval = (samples + 39) / 40};
      Design fixed = set;
      fixed.method = Method::kStatic;
      fixed.interval = 0;
      const std::vector<double> values = gains(result_, set, fixed);
      const Statistic gain = mean_of(values);
      verdicts_.push_back(
          {.id = fmt::format("16 {}", samples),
           .claim = "With few samples SET is .8 points above the static mask",
           // Both of truly sparse trainings, last epoch of 400, means of five seeds.
           .paper = samples == 2000 ? std::optional(2.0) : std::nullopt,
           .measured = gain.mean,
           .standard_error = error_of(gain, values.size()),
           .holds = gain.mean >= .8,
           .note = fmt::format("Mean of {} seeds; SET {:.2f} %, static {:.2f} %; {} epochs "
                               "(the source: 400)",
                               values.size(), mean(result_.find(set), &Summary::accuracy),
                               mean(result_.find(fixed), &Summary::accuracy), config_.low_epochs)});
    }
  }

  void longer() {
    if (config_.multiplier == 1) return;
    double least_explored = 1, least_gain = 100;
    for (const double density : config_.densities) {
      for (const std::uint64_t interval : intervals_) {
        const Design once = s1(Method::kSet, density, interval),
                     often = s1(Method::kSet, density, interval, config_.multiplier);
        least_explored = std::min(least_explored, mean(result_.find(often), &Summary::explored) -
                                                      mean(result_.find(once), &Summary::explored));
        least_gain = std::min(least_gain, mean_of(gains(result_, often, once)).mean);
      }
    }
    add("18a", "Longer trainings explore more (soft)", least_explored, least_explored >= 0,
        "Least gain of R_s, all densities and intervals");
    add("18b", "... and lose at most .2 points of accuracy (soft)", least_gain, least_gain >= -.2,
        "Least gain, in points");
  }

  void rivals() {
    for (const double density : config_.densities) {
      const auto accuracy = [&](Method method, std::size_t interval = 0) {
        const auto found = result_.find(s1(method, density, interval));
        return found.empty() ? -1 : mean(found, &Summary::accuracy);
      };
      const double fixed = accuracy(Method::kStatic), gmp = accuracy(Method::kGmp),
                   snip = accuracy(Method::kSnip);
      if (gmp >= 0 && snip >= 0) {
        add(fmt::format("19 {:g}", density),
            "Gradual pruning is at least as accurate as SNIP and a static mask (report)",
            gmp - std::max(fixed, snip), gmp >= std::max(fixed, snip),
            fmt::format("In points; gradual {:.2f} %, SNIP {:.2f} %, static {:.2f} %. Gradual "
                        "pruning leaves every layer, the last one too, the same share",
                        gmp, snip, fixed));
      }
      Design uniform = s1(Method::kStatic, density);
      uniform.uniform = true;
      const std::vector<double> values = gains(result_, s1(Method::kStatic, density), uniform);
      const Statistic gain = mean_of(values);
      add(fmt::format("20 {:g}", density),
          "ERK's static mask is at least as accurate as a uniform one (report)", gain.mean,
          gain.mean >= 0, fmt::format("In points, mean of {} seeds", values.size()),
          error_of(gain, values.size()));
    }
  }

  // Accuracies of truly sparse trainings of the same network, and the band of the verdict around them.
  void cifar() {
    struct Anchor {
      double density, low, high, paper;
    };
    constexpr double kMargin = 2.5;
    constexpr Anchor kAnchors[] = {{.1, 62, 64, 62.0}, {.05, 61, 62, 61.2}, {.01, 54, 56, 56.2}};
    const std::vector<std::uint64_t> widths = {1024, 512};
    if (config_.cifar_epochs != 100 || !config_.cifar_set.starts_with("cifar-10") ||
        config_.cifar_hidden != widths) {
      return;
    }
    const auto judge = [&](const Design& design, const Anchor& anchor, double margin) {
      const auto found = result_.find(design);
      if (found.empty()) return;
      const Statistic accuracy = statistic(found, [](const Summary& one) { return one.accuracy; });
      const double low = anchor.low - margin, high = anchor.high + margin;
      verdicts_.push_back(
          {.id = fmt::format("17 {:g}", design.density),
           .claim = fmt::format(
               "{} reaches {:g} to {:g} % on CIFAR-10",
               design.method == Method::kDense ? "The dense network" : "A static mask", low, high),
           .paper = anchor.paper,
           .measured = accuracy.mean,
           .standard_error = error_of(accuracy, found.size()),
           .holds = accuracy.mean >= low && accuracy.mean <= high,
           .note = fmt::format("Last of 100 epochs, {} seeds, on {}; {} training images; learning "
                               "rate {:g} at the start",
                               found.size(), result_.titles.at("S2"), config_.cifar_samples,
                               design.method == Method::kDense ? config_.cifar_dense_rate
                                                               : config_.cifar_learning_rate)});
    };
    for (const Anchor& anchor : kAnchors) {
      judge({.task = "S2", .method = Method::kStatic, .density = anchor.density}, anchor, kMargin);
    }
    judge({.task = "S2", .method = Method::kDense}, {1, 63, 67, 64.2}, 0);
  }

  // What a convolutional network loses or gains: no threshold but 0.
  void convolutions() {
    const auto dense = result_.find({.task = "S4", .method = Method::kDense});
    if (dense.empty()) return;
    for (const double density : config_.conv_densities) {
      Design set;
      std::string accuracies = fmt::format("dense {:.2f} %", mean(dense, &Summary::accuracy));
      for (const Method method : {Method::kStatic, Method::kRigl, Method::kSet}) {
        const Design best = best_of("S4", method, density, config_.conv_intervals);
        const auto found = result_.find(best);
        if (found.empty()) continue;
        accuracies +=
            fmt::format(", {} {:.2f} %", to_text(method), mean(found, &Summary::accuracy));
        if (best.interval > 0) accuracies += fmt::format(" every {}", best.interval);
        if (method == Method::kSet) set = best;
      }
      if (set.task.empty()) continue;
      const std::vector<double> values =
          gains(result_, set, {.task = "S4", .method = Method::kDense});
      const Statistic gain = mean_of(values);
      add(fmt::format("S4 {:g}", density),
          "Rewired by SET, a sparse convolutional network is as accurate as a dense one (report)",
          gain.mean, gain.mean >= 0,
          fmt::format("In points, mean of {} seeds; {}; {} epochs of {} images", values.size(),
                      accuracies, config_.conv_epochs, config_.conv_samples),
          error_of(gain, values.size()));
    }
  }

  void equality() {
    double farthest = 0;
    bool near = true;  // a distance that is no number is not
    std::string drifts;
    for (const auto& [task, kernels] : result_.kernels) {
      double different = 0;
      std::string note;
      for (const Equality& one : kernels.equalities) {
        different += one.different_weights + (one.sparse != one.masked);
        note +=
            fmt::format("{}{:.2f} and {:.2f} %", note.empty() ? "" : "; ", one.sparse, one.masked);
      }
      const bool conv = task == "S4";
      add(conv ? "21 S4" : "21",
          conv ? "... and those of convolutions do"
               : "Sparse kernels and zeros in whole matrices give the same bits through SET and "
                 "RigL",
          different, different == 0,
          "Weights that differ after 200 steps with updates every 50, density .1; accuracies " +
              note);
      farthest = std::max(farthest, kernels.drift.distance);
      near = near && kernels.drift.distance <= 1e-4;
      drifts += fmt::format(
          "{}{}: {:.1e} after 20 steps, {:.1e} after 100, accuracies {:.2f} and "
          "{:.2f} %",
          drifts.empty() ? "" : "; ", task, kernels.early.distance, kernels.drift.distance,
          kernels.drift.sparse, kernels.drift.masked);
    }
    add("21b", "Dense kernels, which sum in other orders, give the same weights to 1e-4", farthest,
        near,
        "Largest distance of the weights over their length after 100 steps with a static mask, "
        "density .1. What rounding has begun grows where a unit is about to turn on or off: " +
            drifts);
  }

 private:
  // At the interval that is best on validation samples, for methods that have intervals: test samples
  // have no part in the choice.
  Design best_of(const std::string& task, Method method, double density,
                 const std::vector<std::uint64_t>& intervals) const {
    Design best{.task = task, .method = method, .density = density};
    if (method != Method::kSet && method != Method::kRigl) return best;
    double most = -1;
    for (const std::uint64_t interval : intervals) {
      Design design = best;
      design.interval = interval;
      const auto found = result_.find(design);
      if (found.empty() || mean(found, &Summary::validated) <= most) continue;
      most = mean(found, &Summary::validated);
      best = design;
    }
    return best;
  }
  static std::optional<double> error_of(const Statistic& of, std::size_t count) {
    return count > 1 ? std::optional(of.standard_error) : std::nullopt;
  }
  void add(std::string id, std::string claim, double measured, bool holds, std::string note,
           std::optional<double> error = {}) {
    verdicts_.push_back(
        {std::move(id), std::move(claim), {}, measured, error, holds, std::move(note)});
  }

  const Config& config_;
  const Result& result_;
  std::vector<Verdict>& verdicts_;
  std::vector<std::uint64_t> intervals_;
};

}  // namespace

std::vector<Verdict> Itop::verdicts(const Config& config, const Result& result) {
  std::vector<Verdict> verdicts;
  Judge judge(config, result, verdicts);
  judge.exploration();
  judge.intervals();
  judge.best_interval();
  judge.few_samples();
  judge.cifar();
  judge.longer();
  judge.rivals();
  judge.convolutions();
  judge.equality();
  return verdicts;
}

}  // namespace surplus::apps
