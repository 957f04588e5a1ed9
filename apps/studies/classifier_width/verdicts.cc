#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/classifier_width.h"
#include "apps/studies/classifier_width/lookups.h"
#include "apps/studies/classifier_width/reference.h"

namespace surplus::apps {
namespace {

using namespace classifier_width;
using Result = ClassifierWidth::Result;
using Verdicts = std::vector<Verdict>;

// The quartiles of fewer seeds give no useful standard error.
constexpr std::size_t kSeedsToCompare = 10;
constexpr double kMostDeviations = 4;

void judge(Verdicts& verdicts, std::string id, std::string claim, double measured, bool holds,
           std::string note) {
  verdicts.push_back({std::move(id), std::move(claim), {}, measured, {}, holds, std::move(note)});
}

void judge_deviation(Verdicts& verdicts, std::string id, const std::string& what,
                     const Deviation& deviation) {
  judge(verdicts, std::move(id),
        fmt::format("{} are those of an independent computation, to {:g} standard errors", what,
                    kMostDeviations),
        deviation.largest, deviation.largest <= kMostDeviations,
        fmt::format("Largest of {} deviations, {}", deviation.numbers, deviation.where));
}

std::string seeds_of(const StudentCurve& curve) {
  return fmt::format("Medians of {} seeds", curve.design.seeds);
}

void judge_polynomials(const ClassifierWidth::Config& config, const Result& result,
                       Verdicts& verdicts) {
  const auto& orders = result.polynomials.orders;
  const std::string draws = fmt::format("{} samples", config.polynomial_draws);
  const auto best = std::ranges::min_element(orders, {}, &OrderFit::test);
  judge(verdicts, "1a", "Polynomials: the median test error is least at order 5, give or take 1",
        best->order, best->order >= 4 && best->order <= 6, draws);
  const double rise = orders[19].test / orders[4].test;
  judge(verdicts, "1b", "At order 20 it is over 10^4 times that at order 5", rise, rise > 1e4,
        draws);
  double step = 0;
  for (std::size_t i = 1; i < orders.size(); ++i) {
    step = std::max(step, orders[i].train / orders[i - 1].train);
  }
  judge(verdicts, "1c", "The training error falls with each order", step, step < 1,
        "Largest ratio of an order to the one before");
  judge(verdicts, "1d", "At order 20 it is below 1e-12", orders[19].train_most,
        orders[19].train_most < 1e-12, "The largest of all samples");
  const double fifth = orders[4].train;
  verdicts.push_back({"1e",
                      "At order 5 it is from .0135 to .0165",
                      {},
                      fifth,
                      orders[4].train_error,
                      fifth >= .0135 && fifth <= .0165,
                      draws});
  Deviation deviation;
  for (const Printed& row : kOrderTrain) {
    const OrderFit& fit = orders[static_cast<std::size_t>(row.at) - 1];
    deviation.add("training error", row, fit.train, fit.train_error / fit.train,
                  static_cast<double>(config.polynomial_draws), kOrderDraws);
  }
  for (const Printed& row : kOrderTest) {
    const OrderFit& fit = orders[static_cast<std::size_t>(row.at) - 1];
    deviation.add("test error", row, fit.test, fit.log_error,
                  static_cast<double>(config.polynomial_draws), kOrderDraws);
  }
  judge_deviation(verdicts, "1f", "Errors of polynomials", deviation);

  Deviation ridge;
  double at = 0;
  for (const Printed& row : kRidgeTest) {
    const auto fit = std::ranges::find(result.ridge, row.at, &RidgeFit::lambda);
    ridge.add("test error, lambda", row, fit->test, fit->log_error,
              static_cast<double>(config.ridge_draws), kRidgeDraws);
    if (row.at == 1e-2) at = fit->test;
  }
  judge(verdicts, "6a", "Ridge regression brings order 20 below .1 at lambda = .01", at, at < .1,
        fmt::format("{} samples; without a penalty {:.4g}", config.ridge_draws,
                    result.ridge[0].test));
  judge_deviation(verdicts, "6b", "Errors of ridge regression", ridge);
}

void judge_curves(const ClassifierWidth::Config& config, const Result& result, Verdicts& verdicts) {
  if (!result.curve_students) return;
  const StudentCurve& curve = *result.curve_students;
  double least = std::numeric_limits<double>::infinity(), most = 0, train = 0;
  for (const std::size_t units : curve.design.widths) {
    if (units < 5 || units > 50) continue;
    const double test = median_at(curve, units, &StudentFit::test);
    least = std::min(least, test);
    most = std::max(most, test);
    train = std::max(train, median_at(curve, units, &StudentFit::train));
  }
  const std::string note =
      fmt::format("{}; training errors are at most {:.2g}{}", seeds_of(curve), train,
                  train > 0.05 ? ": at this rate they do not learn the curve" : "");
  judge(verdicts, "2a",
        "Networks on the same points: from 5 to 50 units errors differ by less than half",
        most / least, most / least <= 1.5, "Largest over least, " + note);
  const double widest = median_at(curve, 50, &StudentFit::test);
  if (!std::isnan(widest)) {
    judge(verdicts, "2b", "With 151 weights for 21 points they err less than order 10 (.0103)",
          widest, widest < .0103, note);
  }
  // The printed numbers are those of this rate and so many updates.
  if (curve.design.seeds < kSeedsToCompare || config.curve_rate != 0.1 ||
      config.curve_updates != 100000) {
    return;
  }
  Deviation deviation;
  deviation.add("test error, h", kCurveTest, kCurveSeeds, curve, &StudentFit::test);
  judge_deviation(verdicts, "2c", "Errors of these networks", deviation);
}

// The width of the least or, with greater<>, largest median test error.
template <typename Less>
double width_of_extreme(const StudentCurve& curve, Less less) {
  const std::vector<double> tests = medians(curve, &StudentFit::test);
  const auto best = std::ranges::min_element(tests, less);
  return static_cast<double>(curve.design.widths[static_cast<std::size_t>(best - tests.begin())]);
}

// How much higher the test error of the widest student is than the least.
double rise_of(const StudentCurve& curve) {
  const std::vector<double> tests = medians(curve, &StudentFit::test);
  return tests.back() / *std::ranges::min_element(tests);
}

void judge_many(const Result& result, Verdicts& verdicts) {
  const std::vector<double> train = medians(result.many, &StudentFit::train);
  double step = 0;
  for (std::size_t i = 1; i < train.size(); ++i) step = std::max(step, train[i] / train[i - 1]);
  const std::string seeds = seeds_of(result.many);
  judge(verdicts, "3a", "2000 noisy examples: the training error falls with the width", step,
        step < 1, "Largest ratio of a width to the one before, " + seeds);
  const double best = width_of_extreme(result.many, std::ranges::less{});
  judge(verdicts, "3b", "The test error is least at 5 or 10 units", best, best == 5 || best == 10,
        seeds);
  const double rise = rise_of(result.many);
  judge(verdicts, "3c", "The widest student errs at least 3 times as much as the best", rise,
        rise >= 3, seeds);
  const double at10 = median_at(result.many_clean, 10, &StudentFit::test);
  const double at20 = median_at(result.many_clean, 20, &StudentFit::test);
  if (!std::isnan(at10 + at20)) {
    judge(verdicts, "5a",
          "Without noise 20 units err at most 1.5 times as much as the teacher's 10", at20 / at10,
          at20 <= 1.5 * at10, seeds);
    judge(verdicts, "5b", "Both err less than .005", std::max(at10, at20),
          std::max(at10, at20) < .005, seeds);
  }
  if (result.many.design.seeds < kSeedsToCompare || result.many.design.updates != 400000) return;
  Deviation deviation;
  deviation.add("training error, h", kManyTrain, kManySeeds, result.many, &StudentFit::train);
  deviation.add("test error, h", kManyTest, kManySeeds, result.many, &StudentFit::test);
  deviation.add("test error without noise, h", kManyClean, kManySeeds, result.many_clean,
                &StudentFit::test);
  judge_deviation(verdicts, "3d", "Errors with 2000 examples", deviation);
}

void judge_few(const Result& result, Verdicts& verdicts) {
  double fitted = 0;
  for (const auto& [curve, id, what] :
       {std::tuple{&result.few, "a", "With noise"}, {&result.few_clean, "b", "Without noise"}}) {
    const double peak = width_of_extreme(*curve, std::ranges::greater{});
    judge(verdicts, fmt::format("4{}", id),
          fmt::format("200 examples. {}: the test error peaks at 8, 10 or 12 units", what), peak,
          peak == 8 || peak == 10 || peak == 12, "10 units have 221 weights; " + seeds_of(*curve));
    for (const std::size_t units : curve->design.widths) {
      if (units >= 10) fitted = std::max(fitted, median_at(*curve, units, &StudentFit::train));
    }
  }
  for (const auto& [curve, id, what] :
       {std::tuple{&result.few, "c", "With noise"}, {&result.few_clean, "d", "Without noise"}}) {
    const double drop =
        median_at(*curve, 100, &StudentFit::test) / median_at(*curve, 10, &StudentFit::test);
    if (std::isnan(drop)) continue;
    judge(verdicts, fmt::format("4{}", id),
          fmt::format("{}: 100 units err less than .85 of the teacher's 10", what), drop,
          drop < .85, seeds_of(*curve));
  }
  judge(verdicts, "4e", "From 10 units on they fit: training errors below .005", fitted,
        fitted < .005, "The largest median, with noise and without");
  if (result.few.design.seeds < kSeedsToCompare || result.few.design.updates != 200000) return;
  Deviation deviation;
  deviation.add("test error, h", kFewTest, kFewSeeds, result.few, &StudentFit::test);
  deviation.add("training error, h", kFewTrain, kFewSeeds, result.few, &StudentFit::train);
  deviation.add("test error without noise, h", kFewClean, kFewSeeds, result.few_clean,
                &StudentFit::test);
  deviation.add("training error without noise, h", kFewCleanTrain, kFewSeeds, result.few_clean,
                &StudentFit::train);
  for (const StudentCurve& curve : result.complex) {
    if (curve.design.complexity != 5 || curve.design.noise != 0) continue;
    deviation.add("test error with K = 5, h", kComplexClean, kComplexSeeds, curve,
                  &StudentFit::test);
  }
  judge_deviation(verdicts, "4f", "Errors with 200 examples", deviation);
}

void judge_controls(const Result& result, Verdicts& verdicts) {
  const double plain = rise_of(result.many);
  const std::string without =
      fmt::format("The widest student over the best; {:.3g} without", plain);
  if (!result.decayed.empty()) {
    const StudentCurve& most = *std::ranges::max_element(
        result.decayed, {}, [](const StudentCurve& curve) { return curve.design.decay; });
    const double rise = rise_of(most);
    judge(verdicts, "7a",
          fmt::format("Weight decay ({:g}) flattens the U: its rise is at most half as high",
                      most.design.decay),
          rise, rise <= plain / 2, without);
  }
  if (result.stopped) {
    const double rise = rise_of(*result.stopped);
    judge(verdicts, "7b", "So does early stopping", rise, rise <= plain / 2, without);
  }
  if (result.shortened) {
    const double rise = rise_of(*result.shortened);
    judge(verdicts, "7c",
          fmt::format("{} updates give a lower one", result.shortened->design.updates), rise,
          rise < plain, without);
  }
}

void judge_classes(const Result& result, Verdicts& verdicts) {
  if (!result.classes) return;
  const ClassCurve& curve = *result.classes;
  const auto n = static_cast<double>(curve.design.n);
  const std::vector<double> test = medians(curve, &ClassFit::test_error);
  const std::vector<double> ridge = medians(curve, &ClassFit::ridge_test_error);
  const auto& widths = curve.design.widths;
  const auto width = [&](auto at) {
    return static_cast<double>(widths[static_cast<std::size_t>(at - test.begin())]);
  };
  const auto threshold = std::ranges::find(widths, curve.design.n) - widths.begin();
  const double peak = width(std::ranges::max_element(test));
  const std::string seeds =
      fmt::format("n = {}, {:g} % of labels flipped, medians of {} seeds", curve.design.n,
                  100 * curve.design.flipped, curve.design.seeds);
  judge(verdicts, "8a", "Two classes: the test error peaks within a tenth of N = n features", peak,
        std::abs(peak - n) <= n / 10, seeds);
  const double best = width(std::min_element(test.begin(), test.begin() + threshold));
  judge(verdicts, "8b", "Below it, it is least at N <= n / 2", best, best <= n / 2, seeds);
  if (threshold == static_cast<std::ptrdiff_t>(widths.size())) return;
  const double flat = ridge[static_cast<std::size_t>(threshold)] / *std::ranges::min_element(ridge);
  judge(verdicts, "8c",
        "With a penalty by leave-one-out the error at N = n is within 1.25 of the least", flat,
        flat <= 1.25, seeds);
}

void judge_recalled(const Result& result, Verdicts& verdicts) {
  if (result.many.design.members > 1) {
    const auto gain = [](const StudentCurve& curve) {
      return median_at(curve, 40, &StudentFit::ensemble) / median_at(curve, 40, &StudentFit::test);
    };
    const double noisy = gain(result.many), clean = gain(result.many_clean);
    if (!std::isnan(noisy + clean)) {
      judge(verdicts, "9",
            fmt::format("An ensemble of {} students of 40 units gains more with noise than without",
                        result.many.design.members),
            noisy, noisy < clean,
            fmt::format("Its error over a student's with noise; {:.3g} without", clean));
    }
  }
  for (const StudentCurve& curve : result.complex) {
    const bool noisy = curve.design.noise > 0;
    const StudentCurve& simple = noisy ? result.few : result.few_clean;
    double least = std::numeric_limits<double>::infinity();
    for (const std::size_t units : curve.design.widths) {
      least = std::min(least, median_at(curve, units, &StudentFit::test) /
                                  median_at(simple, units, &StudentFit::test));
    }
    if (curve.design.complexity < 1) continue;
    judge(verdicts, fmt::format("10 K={:g}{}", curve.design.complexity, noisy ? ", noise" : ""),
          "A harder target is learned worse at every width", least, least > 1,
          "Least ratio to K = 1, " + seeds_of(curve));
  }
  for (const StudentCurve& curve : result.lawrence) {
    if (curve.design.n != 200 || curve.design.complexity != 1) continue;
    const double ratio =
        median_at(curve, 40, &StudentFit::test) / median_at(curve, 10, &StudentFit::test);
    judge(verdicts, fmt::format("11 noise={:g}", curve.design.noise),
          "The paper's: with 200 examples 40 units err less than the teacher's 10", ratio,
          ratio < 1, seeds_of(curve));
  }
}

}  // namespace

std::vector<Verdict> ClassifierWidth::verdicts(const Config& config, const Result& result) {
  Verdicts verdicts;
  judge_polynomials(config, result, verdicts);
  judge_curves(config, result, verdicts);
  judge_many(result, verdicts);
  judge_few(result, verdicts);
  judge_controls(result, verdicts);
  judge_classes(result, verdicts);
  judge_recalled(result, verdicts);
  std::ranges::stable_sort(verdicts, {}, [](const Verdict& verdict) {
    return std::pair{std::stoi(verdict.id), verdict.id};
  });
  return verdicts;
}

}  // namespace surplus::apps
