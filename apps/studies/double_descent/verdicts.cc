#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/quantiles.h"
#include "apps/studies/double_descent.h"
#include "apps/studies/double_descent/lookups.h"
#include "apps/studies/double_descent/reference.h"
#include "surplus/core/rng.h"

namespace surplus::apps {
namespace {

using namespace double_descent;
using Result = DoubleDescent::Result;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Verdict exact(std::string id, std::string claim, double measured, bool holds, std::string note) {
  return {std::move(id), std::move(claim), {}, measured, {}, holds, std::move(note)};
}

void judge_fixed(const Result& result, std::vector<Verdict>& verdicts) {
  double off = 0;
  std::string where;
  const auto compare = [&](double value, std::string_view printed, const std::string& what) {
    const double units = units_off(value, printed);
    if (units > off) off = units, where = what;
  };
  for (const ReferenceFixed& row : kFixed) {
    const FixedFit* fit = fixed_fit(result.fixed, "legendre", 0, row.d);
    const auto name = [&](const char* what) { return fmt::format("{}, d = {:g}", what, row.d); };
    compare(fit->train, row.train, name("training error"));
    compare(fit->test, row.test, name("test error"));
    compare(fit->norm, row.norm, name("norm"));
    compare(fit->smin, row.smin, name("least singular value"));
    compare(fit->smax, row.smax, name("largest singular value"));
  }
  verdicts.push_back(exact(
      "1a", "Polynomials on the fixed sample err as an independent computation", off, off <= .51,
      fmt::format("Largest deviation, in units of its last printed digit, of "
                  "83 numbers: {}",
                  where)));
  off = 0;
  for (const ReferenceTest& row : kTests) {
    compare(fixed_fit(result.fixed, row.basis, row.lambda, row.d)->test, row.test,
            fmt::format("{}, lambda {:g}, d = {:g}", row.basis, row.lambda, row.d));
  }
  verdicts.push_back(exact(
      "1b", "So do other bases and ridge regression, to one unit", off, off <= 1,
      fmt::format("The same of {} test errors, one of which (.0590) was misprinted for .0589: {}",
                  kTests.size(), where)));
  const FixedFit* single = fixed_fit(result.fixed, "legendre", 0, 16, true);
  verdicts.push_back(exact("3a", "In float, Legendre features peak at 589.88 to 1e-4", single->test,
                           std::abs(single->test / 589.88678 - 1) <= 1e-4, "Test error at d = 16"));
  const FixedFit* monomial = fixed_fit(result.fixed, "monomial", 0, 16, true);
  verdicts.push_back(exact(
      "3b", "In float, monomials lose rank, and the peak with it", monomial->rank,
      monomial->rank < 16 && monomial->test < 100,
      fmt::format("Rank of 16 features; their test error is {:.3g}, not 589.9", monomial->test)));
}

void judge_draws(const Result& result, std::vector<Verdict>& verdicts) {
  if (result.random) {
    const DrawTable& table = *result.random;
    const std::size_t peak = peak_of(table);
    const std::string draws = fmt::format("Medians of {} samples of 16 points", table.design.draws);
    verdicts.push_back(exact("2a",
                             "Random samples: the median error peaks at d = n, give or take 1",
                             static_cast<double>(peak), peak >= 15 && peak <= 17, draws));
    const double decades = std::log10(median_at(table, 16) / median_at(table, 4));
    verdicts.push_back(exact("2b", "The peak is more than 6 decades above d = 4", decades,
                             decades > 6, "log10 of the ratio"));
    const double many = median_at(table, 512), four = median_at(table, 4);
    verdicts.push_back(exact("2c", "With 512 features the error is below .1, but above that of 4",
                             many, many < .1 && many > four,
                             fmt::format("At d = 4: {:.3g}", four)));
  }
  for (const DrawTable& table : result.cosine) {
    const bool fifteen = table.design.n == 15;
    const std::size_t peak = peak_of(table);
    verdicts.push_back(
        {fifteen ? "5a" : "5b",
         fmt::format("2 x + cos 25 x, n = {}: the median peaks at d = n", table.design.n),
         fifteen ? std::optional<double>(15) : std::nullopt,
         static_cast<double>(peak),
         {},
         peak == table.design.n,
         fmt::format("{} samples", table.design.draws)});
    const double at = median_at(table, 30);
    verdicts.push_back(
        {fifteen ? "5c" : "5d",
         fmt::format("n = {}: the median at d = 30 is from .25 to .5", table.design.n),
         fifteen ? std::optional<double>(.351) : std::nullopt,
         at,
         {},
         at >= .25 && at <= .5,
         "The published program has 30 samples of 15 points"});
  }
}

void judge_linear(const Result& result, std::vector<Verdict>& verdicts) {
  double worst = 0;
  std::string where;
  for (const LinearPoint& point : result.linear) {
    const double off = std::abs(point.measured - point.exact) / point.standard_error;
    if (off > worst) {
      worst = off;
      where = fmt::format("p = {}: {:.4f}, exact {:.4f}, s.e. {:.4f}", point.p, point.measured,
                          point.exact, point.standard_error);
    }
  }
  verdicts.push_back(exact("4", "Risks of the linear model are those of the closed form, to 4 s.e.",
                           worst, worst <= 4, "Largest deviation in standard errors, " + where));
}

const FourierPoint* point_at(const FourierSweep& sweep, double features) {
  const auto found = std::ranges::find(sweep.points, features, &FourierPoint::features);
  return found == sweep.points.end() ? nullptr : &*found;
}

// One verdict over all sweeps: the worst of them is shown.
struct Worst {
  bool holds = true;
  double value = kNone;
  std::string where{};
  void add(bool good, double badness, double shown, const std::string& name) {
    if (std::isnan(value) || badness > badness_) {
      badness_ = badness;
      value = shown;
      where = name;
    }
    holds = holds && good;
  }

 private:
  double badness_ = 0;
};

void judge_fourier(const Result& result, std::vector<Verdict>& verdicts) {
  if (result.fourier.empty()) return;
  Worst place, order, second, zero, norm, ratio, paper;
  bool full = false;
  for (const FourierSweep& sweep : result.fourier) {
    const std::string name = name_of(sweep.design);
    const auto n = static_cast<double>(sweep.design.n);
    const auto peak = std::ranges::max_element(sweep.points, {}, &FourierPoint::test_error);
    const double at = peak->features / n;
    place.add(std::abs(at - 1) <= .02, std::abs(at - 1), at, name);
    const FourierPoint *once = point_at(sweep, n), *twice = point_at(sweep, 2 * n),
                       *four = point_at(sweep, 4 * n), *last = &sweep.points.back();
    if (once != nullptr && twice != nullptr && four != nullptr) {
      const double fall =
          std::max(four->test_error / twice->test_error, twice->test_error / once->test_error);
      order.add(fall < 1, fall, fall, name);
    }
    double least = 1;
    for (const FourierPoint& point : sweep.points) {
      if (point.features < n) least = std::min(least, point.test_error);
      if (point.features >= n) {
        zero.add(point.train_error == 0, point.train_error, point.train_error,
                 fmt::format("{}, N = {:g}", name, point.features));
      }
    }
    second.add(last->test_error < least, last->test_error / least, last->test_error / least, name);
    const KernelLimit* limit = limit_of(result, sweep.design);
    const auto top = std::ranges::max_element(sweep.points, {}, &FourierPoint::norm);
    const FourierPoint* six = point_at(sweep, 6 * n);
    if (limit != nullptr && six != nullptr) {
      const double share = six->norm / limit->norm;
      norm.add(top->features == n && share > 1 && share <= 1.12, share, share, name);
    }
    // Complex coefficients have twice the equations and the unknowns, and the same ratio.
    for (const FourierPoint& point : sweep.points) {
      if (limit == nullptr || point.features < 2 * n) continue;
      const double r = point.features / n;
      const double off = point.norm / limit->norm / std::sqrt(r / (r - 1)) - 1;
      ratio.add(std::abs(off) <= .03, std::abs(off), off,
                fmt::format("{}, N = {:g}", name, point.features));
    }
    if (sweep.design.images != "mnist" || sweep.design.n != 10000 ||
        sweep.design.kind != RandomFeature::kFourier) {
      continue;
    }
    full = true;
    for (const PaperFourier& row : kPaperFourier) {
      const FourierPoint* point = point_at(sweep, row.features);
      if (point == nullptr || std::abs(row.features / n - 1) < .25) continue;
      const double off = 100 * (point->test_error - row.test);
      paper.add(std::abs(off) <= 1, std::abs(off), off, fmt::format("N = {:g}", row.features));
    }
  }
  std::string images = result.fourier.front().design.images;
  if (std::ranges::find(result.absent, "mnist") != result.absent.end()) {
    images += ", because MNIST is not there (surplus data fetch mnist)";
  }
  const auto add = [&](std::string id, std::string claim, const Worst& worst, std::string note) {
    verdicts.push_back(
        exact(std::move(id), std::move(claim), worst.value, worst.holds, note + worst.where));
  };
  add("6", "Random Fourier features: the test error peaks at N = n, to 2 %", place,
      fmt::format("Place of the peak over n, farthest of {} sweeps on {}: ", result.fourier.size(),
                  images));
  add("7", "It falls from n to 2 n and from there to 4 n features", order,
      "Largest ratio of an error to the one before, ");
  add("8", "With the most features it is below all errors with fewer than n", second,
      "Their ratio, ");
  add("9", "From n features on no training image is misclassified", zero, "Largest share, ");
  add("10a", "The scaled norm peaks at n and is within 12 % above the kernel's at 6 n", norm,
      "Their ratio, ");
  add("10b", "From 2 n on their ratio is sqrt(r / (r - 1)), r = N / n, to 3 %", ratio,
      "Farthest deviation, ");
  if (full) {
    add("11", "Away from n, errors for n = 10^4 are those of the paper's figure, to 1 point", paper,
        std::string("Farthest, in points, outside of n +- 25 %, ") +
            (paper.holds ? ""
                         : "where which images the paper trained on and its features are not "
                           "known; "));
  }
}

const NetworkCurve* curve_named(const Result& result, std::string_view name) {
  const auto found = std::ranges::find_if(
      result.networks, [&](const NetworkCurve& curve) { return curve.design.name == name; });
  return found == result.networks.end() ? nullptr : &*found;
}

double median_loss(const NetworkCurve& curve, std::size_t width) {
  for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
    if (curve.design.widths[i] == width) return median(values_at(curve, i, &NetworkFit::test_loss));
  }
  return kNone;
}

// The median loss at H = 24 over the least median of fewer units.
double rise_before_threshold(const NetworkCurve& curve) {
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t width : curve.design.widths) {
    if (width < 24) least = std::min(least, median_loss(curve, width));
  }
  return median_loss(curve, 24) / least;
}

// Its standard error, over samples of the seeds drawn with replacement. Source  Efron (1979)
double rise_error(const NetworkCurve& curve) {
  constexpr int kSamples = 500;
  Rng rng(14);
  double sum = 0, squares = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    NetworkCurve drawn{curve.design, {}};
    for (std::size_t i = 0; i < curve.seeds.size(); ++i) {
      drawn.seeds.push_back(curve.seeds[rng.below(curve.seeds.size())]);
    }
    const double rise = rise_before_threshold(drawn);
    sum += rise;
    squares += rise * rise;
  }
  return std::sqrt((squares - sum * sum / kSamples) / (kSamples - 1));
}

void judge_reduced(const Result& result, std::vector<Verdict>& verdicts) {
  const NetworkCurve* curve = curve_named(result, "n=500, reuse");
  if (curve == nullptr) return;
  const auto& widths = curve->design.widths;
  const auto before = static_cast<std::size_t>(std::ranges::find(widths, 24) - widths.begin());
  const auto after = static_cast<std::size_t>(std::ranges::find(widths, 26) - widths.begin());
  const double rise = rise_before_threshold(*curve);
  verdicts.push_back(
      {"14a",
       "Reused networks: the loss at H = 24 is over 1.3 times the least of fewer units",
       {},
       rise,
       rise_error(*curve),
       rise > 1.3,
       fmt::format(
           "Medians of {} seeds; an independent computation has 1.49, and 1.15 for a single "
           "seed",
           curve->seeds.size())});
  double worst = kNone;
  for (const auto& seed : curve->seeds) {
    if (before >= seed.size() || after >= seed.size()) continue;
    const double drop = seed[after].test_loss / seed[before].test_loss;
    if (!(drop <= worst)) worst = drop;
  }
  verdicts.push_back(exact(
      "14b", "Past the threshold, where starts are random, it is below .7 of it", worst, worst < .7,
      "H = 26 over H = 24, largest of all seeds; the cliff is the change of "
      "start, not of width alone"));
}

void judge_full(const Result& result, std::vector<Verdict>& verdicts) {
  const NetworkCurve* reuse = curve_named(result, "n=4000, reuse");
  if (reuse == nullptr) return;
  const double rise = median_loss(*reuse, 50) / median_loss(*reuse, 12);
  verdicts.push_back(exact("13a", "Full size, reuse: the loss at H = 50 is over 1.5 that of H = 12",
                           rise, rise > 1.5, "The paper's figure has about 1.9"));
  const double after = std::max(median_loss(*reuse, 55), median_loss(*reuse, 60));
  const double drop = after / median_loss(*reuse, 50);
  verdicts.push_back(exact("13b", "At H = 55 and 60 it is below .6 of that at 50", drop, drop < .6,
                           "The larger of the two"));
  double growth = 0;
  for (std::size_t i = 1; i < reuse->design.widths.size(); ++i) {
    if (static_cast<double>(reuse->design.widths[i]) >= threshold_width(reuse->design)) break;
    growth = std::max(growth, median(values_at(*reuse, i, &NetworkFit::train_loss)) /
                                  median(values_at(*reuse, i - 1, &NetworkFit::train_loss)));
  }
  verdicts.push_back(exact("13c", "Below the threshold the training loss does not rise", growth,
                           growth <= 1, "Largest ratio of a width to the one before"));
  const NetworkCurve* noisy = curve_named(result, "n=4000, no reuse, 20 % noise");
  const NetworkCurve* decayed = curve_named(result, "n=4000, no reuse, 20 % noise, decay 1e-4");
  if (noisy == nullptr || decayed == nullptr) return;
  const auto peak = [](const NetworkCurve& curve) {
    return *std::ranges::max_element(curve.design.widths, {},
                                     [&](std::size_t width) { return median_loss(curve, width); });
  };
  const auto parameters = static_cast<double>(network_parameters(784, peak(*noisy), 10));
  verdicts.push_back(
      exact("15a", "20 % label noise: the loss peaks at 30 to 60 thousand parameters", parameters,
            parameters >= 30e3 && parameters <= 60e3, "Parameters at the largest median"));
  const double beside = median_loss(*decayed, peak(*noisy)) / median_loss(*decayed, 28);
  verdicts.push_back(exact("15b", "Weight decay 1e-4 removes the peak", beside, beside <= 1.05,
                           "With decay, the loss there over that at H = 28"));
}

}  // namespace

std::vector<Verdict> DoubleDescent::verdicts(const Config&, const Result& result) {
  std::vector<Verdict> verdicts;
  judge_fixed(result, verdicts);
  judge_draws(result, verdicts);
  judge_linear(result, verdicts);
  judge_fourier(result, verdicts);
  const std::size_t below = network_parameters(784, 50, 10),
                    above = network_parameters(784, 51, 10);
  verdicts.push_back(exact("12",
                           "28 x 28 networks of 50 and 51 units have 39760 and 40555 parameters",
                           static_cast<double>(below), below == 39760 && above == 40555,
                           "4000 images have 40000 numbers to fit"));
  judge_full(result, verdicts);
  judge_reduced(result, verdicts);
  std::ranges::stable_sort(verdicts, {}, [](const Verdict& verdict) {
    return std::pair{std::stoi(verdict.id), verdict.id};
  });
  return verdicts;
}

}  // namespace surplus::apps
