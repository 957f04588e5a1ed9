#include "apps/studies/classifier_width/lookups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/report/quantiles.h"

namespace surplus::apps::classifier_width {
namespace {

template <typename Curve, typename Fit>
std::vector<double> medians_of(const Curve& curve, double Fit::*value) {
  std::vector<double> result;
  for (std::size_t i = 0; i < curve.design.widths.size(); ++i) {
    result.push_back(median(values_at(curve, i, value)));
  }
  return result;
}

}  // namespace

std::vector<double> medians(const StudentCurve& curve, double StudentFit::*value) {
  return medians_of(curve, value);
}

std::vector<double> medians(const ClassCurve& curve, double ClassFit::*value) {
  return medians_of(curve, value);
}

double median_at(const StudentCurve& curve, std::size_t units, double StudentFit::*value) {
  const auto& widths = curve.design.widths;
  const auto found = std::ranges::find(widths, units);
  if (found == widths.end()) return std::numeric_limits<double>::quiet_NaN();
  return median(values_at(curve, static_cast<std::size_t>(found - widths.begin()), value));
}

void Deviation::add(const std::string& what, const Printed& printed, double value, double log_error,
                    double repeats, double printed_repeats) {
  ++numbers;
  const double apart = std::abs(std::log(value / printed.value));
  const double rounding = -std::log(1 - printed.half / printed.value);
  const double deviation =
      std::max(0.0, apart - rounding) / (log_error * std::sqrt(1 + repeats / printed_repeats));
  if (deviation <= largest) return;
  largest = deviation;
  where = fmt::format("{} at {:g}: {:.3g}, printed {:.3g}", what, printed.at, value, printed.value);
}

void Deviation::add(const std::string& what, std::span<const Printed> printed, double printed_seeds,
                    const StudentCurve& curve, double StudentFit::*value) {
  const auto& widths = curve.design.widths;
  for (const Printed& row : printed) {
    const auto found = std::ranges::find(widths, static_cast<std::size_t>(row.at));
    if (found == widths.end()) continue;
    const auto values = values_at(curve, static_cast<std::size_t>(found - widths.begin()), value);
    add(what, row, median(values), median_error(logarithms(values)),
        static_cast<double>(values.size()), printed_seeds);
  }
}

}  // namespace surplus::apps::classifier_width
