#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apps/studies/sop_linear.h"
#include "apps/studies/sop_linear/reference.h"

namespace surplus::apps {
namespace {

using namespace sop_linear;
using Result = SopLinear::Result;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Below this relative difference of two thetas, rounding decides.
constexpr double kRounding = 1e-13;
constexpr double kExact = 1e-9;
// What counts as found in the phase diagram.
constexpr double kFound = 1e-3;

Verdict exact(std::string id, std::string claim, double measured, bool holds, std::string note) {
  return {std::move(id), std::move(claim), {}, measured, {}, holds, std::move(note)};
}

// The largest or least of `value` over the items that `counts` lets pass.
template <typename Items, typename Value>
double most(const Items& items, const Value& value) {
  double all = -kInfinity;
  for (const auto& item : items) all = std::max(all, value(item));
  return all;
}

void judge_convex(const Result& result, std::vector<Verdict>& verdicts) {
  const auto& sweep = result.limits.sweep;
  if (sweep.empty()) return;
  const std::string where = fmt::format("{} instances and lambdas", sweep.size());
  const double outside = most(sweep, [](const SweepPoint& p) { return p.outside; });
  const double active = most(sweep, [](const SweepPoint& p) { return p.active; });
  const double gap = most(sweep, [](const SweepPoint& p) { return p.gap; });
  verdicts.push_back(exact("L1a", "The solution of (P) has |mu| <= lambda to 1e-12", outside,
                           outside <= 1e-12, "Largest relative excess, " + where));
  verdicts.push_back(exact("L1b", "Where |s| > 1e-9, mu is lambda sign(s) to 1e-9", active,
                           active <= 1e-9, "Largest difference, " + where));
  verdicts.push_back(exact("L1c", "The duality gap is at most 1e-10 of the objective", gap,
                           gap <= 1e-10, "Largest, " + where));
}

void judge_ends(const Result& result, std::vector<Verdict>& verdicts) {
  const auto& ends = result.limits.ends;
  if (!ends.empty()) {
    const double residual = most(ends, [](const EndPoint& p) { return p.residual; });
    verdicts.push_back(exact(
        "L2a", "Newton's method leaves a residual of at most 1e-12", residual, residual <= 1e-12,
        fmt::format("Largest over {} instances, lambdas and gammas", ends.size())));
  }
  verdicts.push_back(exact("L2b", "The mirror ends where Newton's method does, to 1e-9",
                           result.checks.mirror, result.checks.mirror <= 1e-9,
                           "Relative in theta, lambda .05 to 1, gamma .1 and .01"));
  double low = kInfinity, high = 0;
  for (std::size_t i = 1; i < result.steps.size(); ++i) {
    if (result.steps[i].seed != result.steps[i - 1].seed) continue;
    const double ratio = result.steps[i - 1].error / result.steps[i].error;
    low = std::min(low, ratio);
    high = std::max(high, ratio);
  }
  verdicts.push_back(
      exact("L3",
            "Halving the step of descent halves its distance from the end of "
            "the flow: by 1.8 to 2.2",
            std::abs(low - 2) > std::abs(high - 2) ? low : high, low >= 1.8 && high <= 2.2,
            fmt::format("Factors from {:.3f} to {:.3f}, lambda = gamma = .1", low, high)));
}

// One instance at one lambda: its ends by gamma.
using Curves = std::map<std::pair<double, double>, std::map<double, EndPoint>>;

bool is_exact(const Result& result, double seed, double lambda) {
  for (const SweepPoint& point : result.limits.sweep) {
    if (point.seed == seed && point.lambda == lambda) return point.error < kExact;
  }
  return false;
}

// log10 of the factor by which the error falls per decade from one gamma of `curve` to the next
// smaller one, by the larger gamma; for gammas from 1e-3 to 1e-8 and errors above rounding.
std::vector<double> falls(const std::map<double, EndPoint>& curve) {
  std::vector<double> all;
  const EndPoint* before = nullptr;
  for (auto at = curve.rbegin(); at != curve.rend(); ++at) {
    const EndPoint& now = at->second;
    if (now.gamma > 1.001e-3 || now.gamma < 0.999e-8) continue;
    if (before != nullptr && now.error > kRounding) {
      all.push_back(std::log10(before->error / now.error) / std::log10(before->gamma / now.gamma));
    }
    before = &now;
  }
  return all;
}

double margin_at(const std::map<double, EndPoint>& curve, double gamma) {
  for (const auto& [key, end] : curve) {
    if (std::abs(key / gamma - 1) < 1e-9) return end.margin;
  }
  return kInfinity;
}

void judge_rates(const Result& result, std::vector<Verdict>& verdicts) {
  Curves curves;
  for (const EndPoint& end : result.limits.ends) {
    curves[{end.seed, end.lambda}].emplace(end.gamma, end);
  }
  double slowest = kInfinity, low = kInfinity, high = 0, spread = 0;
  double low_seed = 0, low_lambda = 0, low_margin = 0;
  std::size_t wide = 0, exact_ones = 0, biased = 0, uneven = 0, decades = 0, within = 0;
  for (const auto& [key, curve] : curves) {
    const auto [seed, lambda] = key;
    const double margin = margin_at(curve, 1e-8);
    const std::vector<double> all = falls(curve);
    if (lambda == 0.3 && margin <= 0.4 && is_exact(result, seed, lambda) && !all.empty()) {
      ++wide;
      slowest = std::min(slowest, *std::min_element(all.begin(), all.end()));
    }
    if (margin <= 0.7 && is_exact(result, seed, lambda) && !all.empty()) {
      ++exact_ones;
      for (const double fall : all) {
        const double ratio = std::pow(10, fall - 2 * (1 - margin));
        ++decades;
        within += ratio >= 0.9 && ratio <= 1.3 ? 1 : 0;
        if (ratio < low) {
          low = ratio;
          low_seed = seed;
          low_lambda = lambda;
          low_margin = margin;
        }
        high = std::max(high, ratio);
      }
    }
    if (lambda == 0.05 && !is_exact(result, seed, lambda)) {
      std::vector<double> products;
      for (const auto& [gamma, end] : curve) {
        if (gamma < 1.001e-4) products.push_back(end.error * -std::log(gamma));
      }
      if (products.size() < 2) continue;
      ++biased;
      const auto [least, greatest] = std::minmax_element(products.begin(), products.end());
      const double half = (*greatest - *least) / (*greatest + *least);
      spread = std::max(spread, half);
      uneven += half > 0.3 ? 1 : 0;
    }
  }
  if (wide > 0) {
    verdicts.push_back(
        exact("L4a",
              "At lambda = .3 with a margin of at most .4 the error falls at least 10 times per "
              "decade of gamma",
              std::pow(10, slowest), slowest >= 1,
              fmt::format("Least factor of {} instances, gamma 1e-3 to 1e-8, errors above {:g}",
                          wide, kRounding)));
  }
  if (decades > 0) {
    const bool holds = low >= 0.9 && high <= 1.3;
    std::string note = fmt::format(
        "The one farthest off of {} decades of {} exact instances and lambdas with margin m <= .7; "
        "from {:.2f} to {:.2f} times the law, {} decades within",
        decades, exact_ones, low, high, within);
    if (!holds) {
      note += fmt::format(
          ". Farthest below: instance {:g}, lambda {:g}, m {:.2f}. The law is that of gamma -> 0: "
          "at a finite gamma, errors that are still large, m that still moves, or entries of s "
          "of nearly equal size correct it",
          low_seed, low_lambda, low_margin);
    }
    verdicts.push_back(exact("L4b",
                             "Where (P) is exact the error falls per decade by .9 to 1.3 times "
                             "10^(2 (1 - m))",
                             std::log(1 / low) > std::log(high) ? low : high, holds, note));
  }
  if (biased > 0) {
    verdicts.push_back(exact(
        "L4c", "Where (P) is biased, at lambda = .05, error times |ln gamma| is constant to 30 %",
        spread, spread <= 0.3,
        fmt::format(
            "Largest half range over the middle of {} biased instances, gamma 1e-4 to the "
            "least; {} beyond. Where r rows or more keep s = 0 they determine theta, and the "
            "distance falls by powers of gamma instead",
            biased, uneven)));
  }
}

void judge_recovery(const Result& result, std::vector<Verdict>& verdicts) {
  const auto& all = result.recoveries;
  const double convex = most(all, [](const Recovery& r) { return r.convex; });
  const double descent = most(all, [](const Recovery& r) { return r.descent; });
  const double apart =
      most(all, [](const Recovery& r) { return std::abs(r.descent / r.mirror - 1); });
  const std::string where = fmt::format(
      "Largest relative error of theta on {} instances of "
      "N = 100, p = 150, r = k = 10",
      all.size());
  verdicts.push_back(exact("L5a", "(P) finds the truth to 1e-12", convex, convex < 1e-12, where));
  verdicts.push_back(
      exact("L5b", "Descent finds it to 1e-3", descent, descent < 1e-3, where + ", gamma 1e-6"));
  verdicts.push_back(exact(
      "L5c", "The mirror's error equals that of descent to 2 digits", apart, apart < 0.05,
      fmt::format("Largest relative difference of two errors{}",
                  apart < 0.05 ? ""
                               : "; the step moves the end of descent and not that of its mirror, "
                                 "which shows once both errors are tiny")));
  double least = kInfinity;
  for (const SweepPoint& point : result.limits.sweep) {
    if (point.lambda == 0.03) least = std::min(least, point.error);
  }
  if (least < kInfinity) {
    verdicts.push_back(exact("L6a", "At lambda = .03 (P) is biased: theta is off by more than .3",
                             least, least > 0.3, "Least relative error of the small instances"));
  }
  verdicts.push_back(exact("L6b", "With alpha = 0 descent is least squares of least norm",
                           result.checks.least_squares, result.checks.least_squares <= 1e-9,
                           "Relative difference of theta"));
  verdicts.push_back(exact("L6c", "Least squares misses the truth by more than 1e-3",
                           result.checks.missed, result.checks.missed > kFound,
                           "Least relative error of theta"));
  double error = 0, guaranteed = 0;
  for (const TheoremDraw& draw : result.theorem) {
    if (draw.lambda < 0) continue;
    ++guaranteed;
    error = std::max(error, draw.error);
  }
  verdicts.push_back(exact(
      "L7", "Where q < 1, (P) at 1.01 lambda_0 finds the truth to 1e-9", error,
      guaranteed > 0 && error < 1e-9,
      fmt::format("Largest relative error of the {:g} of {} random draws that have a guarantee",
                  guaranteed, result.theorem.size())));
}

void judge_invariances(const DescentChecks& checks, std::vector<Verdict>& verdicts) {
  verdicts.push_back(exact("L8a", "Descent on h / N with the step N tau is descent on h with tau",
                           checks.scale, checks.scale <= 1e-9,
                           "Relative difference after 2000 steps; the former is written out in p "
                           "variables, the latter the solver's in r"));
  verdicts.push_back(exact("L8b", "Permuted rows permute the result", checks.permutation,
                           checks.permutation <= 1e-9, "Relative difference after 2000 steps"));
  verdicts.push_back(exact("L8c", "-y in place of y swaps u and v", checks.sign, checks.sign == 0,
                           "To the last bit"));
  verdicts.push_back(exact("L8d", "u v is gamma^2 times the product of 1 - 4 alpha^2 tau^2 rho^2",
                           checks.product, checks.product <= 1e-9,
                           "Relative difference, at each of 2000 steps"));
  verdicts.push_back(exact("L9", "Starts gamma_i give the l1 weights -ln(gamma_i) / (2 alpha)",
                           checks.weighted, checks.weighted <= 1e-9,
                           "Relative difference of theta from weighted (P), weights 1/2 to 2, "
                           "lambda 1, gamma 1e-16"));
  verdicts.push_back(exact("L11", "One-hot labels: the columns are descent on matrices",
                           checks.columns, checks.columns <= 1e-9,
                           "Relative difference of theta after 2000 steps, 3 classes"));
}

void judge_phase(const Result& result, std::vector<Verdict>& verdicts) {
  if (result.phases.empty()) return;
  double worst = 0, expected = 0, found = 0, at_r = 0, at_k = 0;
  std::size_t cells = 0, off = 0;
  for (const PhaseCell& cell : result.phases[0].cells) {
    const auto k = std::find(kReferenceCounts.begin(), kReferenceCounts.end(),
                             static_cast<std::uint64_t>(cell.k));
    if (k == kReferenceCounts.end()) continue;
    double reference = 1;
    bool known = cell.r <= 10;
    for (const ReferenceRow& row : kReferencePhase) {
      if (static_cast<double>(row.rank) != cell.r) continue;
      known = true;
      reference = row.success[static_cast<std::size_t>(k - kReferenceCounts.begin())];
    }
    if (!known) continue;
    ++cells;
    const double apart = std::abs(cell.success - reference);
    off += apart > kPhaseWindow + 1e-9 ? 1 : 0;
    if (apart > worst) {
      worst = apart;
      expected = reference;
      found = cell.success;
      at_r = cell.r;
      at_k = cell.k;
    }
  }
  if (cells == 0) return;
  std::string note = fmt::format("Largest difference of {} cells, {} trials each; {} beyond .2",
                                 cells, result.phases[0].design.trials, off);
  if (worst > 0) {
    // At a share in the middle of both.
    const double share = std::clamp((expected + found) / 2, 0.05, 0.95);
    note += fmt::format(
        "; r {:g}, k {:g}, where a reference of ten trials has itself a standard "
        "error of about {:.2f}",
        at_r, at_k, std::sqrt(share * (1 - share) / kReferenceTrials));
  }
  verdicts.push_back(exact("L10", "The phase diagram of (P) is the reference's within .2 per cell",
                           worst, off == 0, note));
}

// Share of successes over the cells that two diagrams have in common.
void judge_shift(const Result& result, std::vector<Verdict>& verdicts) {
  if (result.phases.size() < 3) return;
  const PhaseDiagram& convex = result.phases[0];
  double sums[3] = {}, count = 0;
  for (std::size_t i = 0; i < result.phases[1].cells.size(); ++i) {
    const PhaseCell& cell = result.phases[1].cells[i];
    for (const PhaseCell& other : convex.cells) {
      if (other.r != cell.r || other.k != cell.k) continue;
      ++count;
      sums[0] += other.success;
      sums[1] += cell.success;
      sums[2] += result.phases[2].cells[i].success;
    }
  }
  if (count == 0) return;
  verdicts.push_back(exact(
      "P", "At the cap of steps, descent recovers in fewer cells than (P)",
      (sums[0] - sums[1]) / count, sums[1] < sums[0],
      fmt::format("Difference of mean success over {:g} cells: (P) {:.3f}, descent {:.3f}, mirror "
                  "{:.3f} after {} steps",
                  count, sums[0] / count, sums[1] / count, sums[2] / count, convex.design.steps)));
}

}  // namespace

std::vector<Verdict> SopLinear::verdicts(const Config&, const Result& result) {
  std::vector<Verdict> verdicts;
  judge_convex(result, verdicts);
  judge_ends(result, verdicts);
  judge_rates(result, verdicts);
  judge_recovery(result, verdicts);
  judge_invariances(result.checks, verdicts);
  judge_phase(result, verdicts);
  judge_shift(result, verdicts);
  return verdicts;
}

}  // namespace surplus::apps
