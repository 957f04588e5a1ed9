#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "apps/report/statistic.h"
#include "apps/studies/sop.h"

namespace surplus::apps {
namespace {

using namespace sop;
using Result = Sop::Result;
using Seeds = std::vector<Training>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string at_of(const Group& group) {
  const bool symmetric = group.noise == Noise::kSymmetric;
  return fmt::format("{:.0f} %{}{}", 100 * group.rate, symmetric ? "" : " ",
                     symmetric ? "" : to_text(group.noise));
}

bool symmetric(const Group& group, double low, double high) {
  return group.noise == Noise::kSymmetric && group.rate >= low && group.rate <= high;
}

Statistic mean_of(const std::vector<double>& values) {
  return statistic(values, [](double value) { return value; });
}

// The judge of one task's groups.
class Judge {
 public:
  explicit Judge(std::vector<Verdict>& verdicts) : verdicts_(verdicts) {}

  void add(std::string id, std::string claim, double measured, bool holds, std::string note,
           std::optional<double> error = {}) {
    verdicts_.push_back(
        {std::move(id), std::move(claim), {}, measured, error, holds, std::move(note)});
  }

  // The claim that value(trainings of one seed) is at least `least` (at most, with most) at each of
  // the groups and seeds; the measurement is the worst.
  template <typename Value>
  void bound(std::string id, std::string claim, const std::vector<const Group*>& groups, bool most,
             double limit, const Value& value) {
    double worst = most ? -kInfinity : kInfinity;
    std::string note;
    std::vector<double> of_worst;
    for (const Group* group : groups) {
      const std::vector<double> values = value(*group);
      if (values.empty()) continue;
      const Statistic mean = mean_of(values);
      note += fmt::format("{}{}: {:.3g}", note.empty() ? "" : ", ", at_of(*group), mean.mean);
      for (const double one : values) {
        if (most ? one > worst : one < worst) {
          worst = one;
          of_worst = values;
        }
      }
    }
    if (of_worst.empty()) return;
    const bool holds = most ? worst <= limit : worst >= limit;
    add(std::move(id), std::move(claim), worst, holds, "Worst of all seeds; means " + note,
        of_worst.size() > 1 ? std::optional(mean_of(of_worst).standard_error) : std::nullopt);
  }

 private:
  std::vector<Verdict>& verdicts_;
};

template <typename Value>
std::vector<double> each(const Seeds* seeds, const Value& value) {
  std::vector<double> values;
  for (std::size_t i = 0; seeds != nullptr && i < seeds->size(); ++i) {
    values.push_back(value((*seeds)[i]));
  }
  return values;
}

// In percentage points, seed by seed.
template <typename Value>
std::vector<double> points(const Group& group, Method a, Method b, const Value& value) {
  const Seeds *of_a = group.find(a), *of_b = group.find(b);
  std::vector<double> values;
  for (std::size_t i = 0; of_a != nullptr && of_b != nullptr && i < of_a->size(); ++i) {
    values.push_back(100 * value((*of_a)[i], (*of_b)[i]));
  }
  return values;
}

double last_difference(const Training& a, const Training& b) { return a.last() - b.last(); }

double drop(const Training& t) { return 100 * (t.best() - t.last()); }

std::vector<const Group*> groups_of(const Result& result, std::string_view task, double low,
                                    double high) {
  std::vector<const Group*> groups;
  for (const Group& group : result.trainings.groups) {
    if (group.task == task && symmetric(group, low, high)) groups.push_back(&group);
  }
  return groups;
}

void judge_clock(const Result& result, Judge& judge) {
  double worst = 0, pure = 0;
  for (const ClockPoint& point : result.clock) {
    worst = std::max(worst, std::abs(point.measured - point.predicted));
    if (4 * point.alpha_v / point.batch >= 0.3) {
      pure = std::max(pure, std::abs(point.measured - point.pure));
    }
  }
  judge.add("A2a", "v wakes up within 2 visits of ln(1 / start) / ln(1 + 4 alpha_v / B)", worst,
            worst <= 2, "Largest difference, in visits until v^2 is above 1/2");
  judge.add("A2b", "... and, for growth of 1.3 and more, of ln(sqrt(1/2) / start) / ln(growth)",
            pure, pure <= 2, "Largest difference");
}

void judge_synthetic(const Result& result, Judge& judge) {
  const auto at = [&](double low, double high) { return groups_of(result, kSynthetic, low, high); };
  const std::vector<std::pair<Method, const char*>> variants = {{Method::kSop, ""},
                                                                {Method::kSopPaper, " (paper)"}};
  for (const auto& variant : variants) {
    const Method method = variant.first;
    const char* const name = variant.second;
    const auto id = [&](const char* number) { return std::string(number) + name; };
    judge.bound(id("A3a"), "40 %: SOP's last epoch is 20 points above cross-entropy's",
                at(0.4, 0.4), false, 20, [&](const Group& g) {
                  return points(g, method, Method::kCrossEntropy, last_difference);
                });
    judge.bound(id("A3b"), "40 %: SOP loses at most 1 point from its best epoch to its last",
                at(0.4, 0.4), true, 1, [&](const Group& g) { return each(g.find(method), drop); });
    judge.bound(id("A4"), "SOP's last epoch is 3 points above cross-entropy's best, at 20 to 80 %",
                at(0.2, 0.8), false, 3, [&](const Group& g) {
                  return points(
                      g, method, Method::kCrossEntropy,
                      [](const Training& a, const Training& b) { return a.last() - b.best(); });
                });
    judge.bound(id("A5a"), "SOP memorises at most 15 % of the wrong labels, up to 60 % noise",
                at(0.2, 0.6), true, 15, [&](const Group& g) {
                  return each(g.find(method),
                              [](const Training& t) { return 100 * t.epochs.back().memorized; });
                });
    judge.bound(id("A5c"),
                "SOP fits as many noisy labels as are right, within 4 points, up to 60 % noise",
                at(0.2, 0.6), true, 4, [&](const Group& g) {
                  return each(g.find(method), [](const Training& t) {
                    return 100 * std::abs(t.epochs.back().noisy - (1 - t.summary.wrong));
                  });
                });
    judge.bound(id("A6a"), "U + max V detects wrong labels with an AUC of .97, at 20 to 60 %",
                at(0.2, 0.6), false, 0.97, [&](const Group& g) {
                  return each(g.find(method),
                              [](const Training& t) { return t.summary.noise_auc; });
                });
    judge.bound(id("A6a >="), "... and of .97 if equal scores count as detected", at(0.2, 0.6),
                false, 0.97, [&](const Group& g) {
                  return each(g.find(method), [](const Training& t) { return t.summary.ties_auc; });
                });
    const std::array<double, 3> least = method == Method::kSop ? std::array<double, 3>{93, 89, 84}
                                                               : std::array<double, 3>{83, 80, 75};
    for (std::size_t i = 0; i < 3; ++i) {
      const double rate = std::array{0.2, 0.4, 0.6}[i];
      judge.bound(fmt::format("A6b {:.0f} %{}", 100 * rate, name),
                  fmt::format("argmax(y - s) is right for {:g} % of the labels", least[i]),
                  at(rate, rate), false, least[i], [&](const Group& g) {
                    return each(g.find(method),
                                [](const Training& t) { return 100 * t.summary.corrected; });
                  });
    }
    judge.bound(
        id("A7"), "Without noise SOP loses at most 2 points to cross-entropy", at(0, 0), false, -2,
        [&](const Group& g) { return points(g, method, Method::kCrossEntropy, last_difference); });
  }
  judge.bound("A3c", "40 %: cross-entropy loses 8 points from its best epoch to its last",
              at(0.4, 0.4), false, 8,
              [](const Group& g) { return each(g.find(Method::kCrossEntropy), drop); });
  judge.bound("A5b", "Cross-entropy memorises 95 % of the wrong labels, up to 60 % noise",
              at(0.2, 0.6), false, 95, [](const Group& g) {
                return each(g.find(Method::kCrossEntropy),
                            [](const Training& t) { return 100 * t.epochs.back().memorized; });
              });
}

void judge_details(const Result& result, Judge& judge) {
  const Trainings& all = result.trainings;
  const Group* at_40 = groups_of(result, kSynthetic, 0.4, 0.4).front();
  const Training& entropy = at_40->find(Method::kCrossEntropy)->front();
  const double still = 100 * std::abs(all.still.last() - entropy.last());
  judge.add("A8", "With step sizes of 0 SOP is cross-entropy, within half a point", still,
            still <= 0.5,
            fmt::format("Last test accuracies {:.2f} and {:.2f} %; bit by bit as eps goes to 0: a "
                        "test of the library",
                        100 * all.still.last(), 100 * entropy.last()));
  const double difference = 100 * std::abs(all.asleep.last() - all.asleep_entropy.last());
  judge.add("A9", "Step sizes (.1, 1) from 1e-8 leave SOP asleep after 10 epochs, and are detected",
            all.asleep.summary.most_v, all.asleep.summary.most_v < 1e-6 && difference <= 0.1,
            fmt::format("Largest |v|; test accuracies {:.2f} and, of cross-entropy, {:.2f} %",
                        100 * all.asleep.last(), 100 * all.asleep_entropy.last()));
  double least = kInfinity;
  std::string sleeping;
  for (const Group& group : all.groups) {
    for (const auto* seeds : {group.find(Method::kSop), group.find(Method::kSopPaper)}) {
      for (std::size_t i = 0; seeds != nullptr && i < seeds->size(); ++i) {
        const Training& t = (*seeds)[i];
        least = std::min(least, t.summary.most_v);
        if (t.summary.most_v < 1e-6) sleeping += name_of(t.design) + "; ";
      }
    }
  }
  judge.add("A9b", "All trainings by SOP that are compared with others woke up", least,
            least >= 1e-6,
            (sleeping.empty() ? ""
                              : "WARNING: this is cross-entropy, its noise variables are at "
                                "their start: " +
                                    sleeping) +
                "Least of their largest |v|");
  double violations = 0, most = 0, most_code = 0;
  const double c = 4 * 100 / 128.0;
  for (const Group& group : all.groups) {
    for (const auto* seeds : {group.find(Method::kSop), group.find(Method::kSopPaper)}) {
      for (std::size_t i = 0; seeds != nullptr && i < seeds->size(); ++i) {
        const Summary& s = (*seeds)[i].summary;
        const bool paper = (*seeds)[i].design.method == Method::kSopPaper;
        violations += s.violations;
        if (paper) most = std::max({most, s.most_u, s.most_v});
        if (!paper && (*seeds)[i].design.alpha_v == 100) most_code = std::max(most_code, s.most_v);
      }
    }
  }
  judge.add("A10a",
            "With the projection |u| never shrinks, without it no entry beyond 1 moves again",
            violations, violations == 0, "Violations from epoch to epoch, all trainings");
  if (most > 0) {
    judge.add("A10b", "The projection keeps |u| and |v| at most 1", most, most <= 1,
              "Largest of all");
  }
  const double bound = std::max(2.0 / 3 * (1 + c) * std::sqrt((1 + c) / (3 * c)), c - 1);
  judge.add("A10c", "Without it |v| stays below the bound of an overshoot", most_code,
            most_code <= bound + 1e-6,
            fmt::format("Bound {:.4g} at 4 alpha_v / B = {:g}", bound, c));
  double worst = 0;
  for (const Group& group : all.groups) {
    // Symmetric noise draws r n labels anew, a tenth of them as they were.
    const bool pair = group.noise == Noise::kPair;
    if (!pair && group.noise != Noise::kSymmetric) continue;
    const double expected = pair ? group.rate : 0.9 * group.rate;
    const double variance = pair ? group.rate * (1 - group.rate) : group.rate * 0.9 * 0.1;
    const auto n = static_cast<double>(group.samples);
    for (const Training& t : *group.find(Method::kCrossEntropy)) {
      const double error = std::abs(t.summary.wrong - expected);
      if (variance > 0) worst = std::max(worst, error / std::sqrt(variance / n));
    }
  }
  judge.add("A11", "The noise makes r (1 - 1/K) of the labels wrong, pair flips r", worst,
            worst <= 3, "Farthest of all, in standard errors; the maps: a test of the library");
  if (all.batches.size() == 3) {
    double farthest = 0;
    std::string note;
    for (const Training& t : all.batches) {
      farthest = std::max(farthest, 100 * std::abs(t.last() - all.batches[1].last()));
      note += fmt::format("{}{:.2f} % at B = {}", note.empty() ? "" : ", ", 100 * t.last(),
                          t.design.batch);
    }
    judge.add("A12", "Batch, step sizes and learning rate in proportion give the same accuracy",
              farthest, farthest <= 1.5, "Largest difference from B = 128, in points; " + note);
  }
}

void judge_images(const Result& result, const std::string& task, Judge& judge) {
  const auto at = [&](double low, double high) { return groups_of(result, task, low, high); };
  const auto id = [&](const char* number) { return fmt::format("{} {}", number, task); };
  // Of residual networks, cut to what takes minutes, only the sign is claimed.
  const bool residual = task.starts_with("conv-");
  const double most = residual ? 0.8 : 0.6;
  if (residual) {
    judge.bound(id("A13a"), "From 40 % on SOP's last epoch is above cross-entropy's", at(0.4, most),
                false, 0, [](const Group& g) {
                  return points(g, Method::kSop, Method::kCrossEntropy, last_difference);
                });
  }
  for (const auto& [rate, least] : {std::pair{0.4, 8.0}, std::pair{0.6, 12.0}}) {
    if (residual) break;
    judge.bound(fmt::format("A13a {} {:.0f} %", task, 100 * rate),
                fmt::format("SOP's last epoch is {:g} points above cross-entropy's", least),
                at(rate, rate), false, least, [](const Group& g) {
                  return points(g, Method::kSop, Method::kCrossEntropy, last_difference);
                });
  }
  judge.bound(id("A13b"), "SOP loses at most 2 points from its best epoch to its last",
              at(0.4, most), true, 2,
              [](const Group& g) { return each(g.find(Method::kSop), drop); });
  judge.bound(id("A13c"), "Cross-entropy loses at least 4 points from its best epoch to its last",
              at(0.4, most), false, 4,
              [](const Group& g) { return each(g.find(Method::kCrossEntropy), drop); });
  judge.bound(id("D1"), "U + max V detects wrong labels with an AUC of .9", at(0.2, 0.6), false,
              0.9, [](const Group& g) {
                return each(g.find(Method::kSop),
                            [](const Training& t) { return t.summary.noise_auc; });
              });
}

// Where SOP wins and where it does not, at every noise of a task.
void judge_rivals(const Result& result, const std::string& task, Judge& judge) {
  const auto compare = [&](const char* number, const std::string& claim, Method rival,
                           const auto& of_rival) {
    double worst = kInfinity;
    std::optional<double> error;
    std::string lost, note;
    for (const Group& group : result.trainings.groups) {
      if (group.task != task || group.rate == 0) continue;
      const std::vector<double> gains =
          points(group, Method::kSop, rival,
                 [&](const Training& a, const Training& b) { return a.last() - of_rival(b); });
      if (gains.empty()) continue;
      const Statistic mean = mean_of(gains);
      note += fmt::format("{}{}: {:+.1f}", note.empty() ? "" : ", ", at_of(group), mean.mean);
      if (mean.mean < 0) lost += fmt::format("{}{}", lost.empty() ? "" : ", ", at_of(group));
      if (mean.mean < worst) {
        worst = mean.mean;
        error = gains.size() > 1 ? std::optional(mean.standard_error) : std::nullopt;
      }
    }
    if (note.empty()) return;
    judge.add(fmt::format("{} {}", number, task), claim, worst, worst >= 0,
              (lost.empty() ? "" : "SOP does not win at " + lost + "; ") +
                  "least mean gain, in points; " + note,
              error);
  };
  compare("E1", "At every noise SOP's last epoch beats cross-entropy stopped on noisy labels",
          Method::kCrossEntropy, [](const Training& t) { return t.stopped(); });
  compare("E2", "At every noise SOP's last epoch beats ELR's", Method::kElr,
          [](const Training& t) { return t.last(); });
  compare("E3", "At every noise SOP's last epoch beats ELR stopped on noisy labels", Method::kElr,
          [](const Training& t) { return t.stopped(); });
}

// What two views and balanced classes add.
void judge_plus(const Result& result, const std::string& task, Judge& judge) {
  for (const auto& [number, rival, claim] :
       {std::tuple{"F1", Method::kCrossEntropy, "SOP+'s last epoch beats cross-entropy's"},
        std::tuple{"F2", Method::kSop, "SOP+'s last epoch beats SOP's"}}) {
    judge.bound(fmt::format("{} {}", number, task), claim, groups_of(result, task, 0.01, 1), false,
                0, [rival = rival](const Group& g) {
                  return points(g, Method::kSopPlus, rival, last_difference);
                });
  }
}

}  // namespace

std::vector<Verdict> Sop::verdicts(const Config&, const Result& result) {
  std::vector<Verdict> verdicts;
  Judge judge(verdicts);
  judge_clock(result, judge);
  judge_synthetic(result, judge);
  judge_details(result, judge);
  std::vector<std::string> tasks;
  for (const Group& group : result.trainings.groups) {
    if (std::ranges::find(tasks, group.task) == tasks.end()) tasks.push_back(group.task);
  }
  for (const std::string& task : tasks) {
    // With moved images short trainings memorise little: of SOP+ only its gain is judged.
    if (task != kSynthetic && !task.starts_with("plus-")) judge_images(result, task, judge);
    judge_rivals(result, task, judge);
    judge_plus(result, task, judge);
  }
  return verdicts;
}

}  // namespace surplus::apps
