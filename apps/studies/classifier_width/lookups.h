/// What verdicts, tables and figures of classifier-width look up in its results.
#ifndef SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_LOOKUPS_H_
#define SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_LOOKUPS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/studies/classifier_width/classification.h"
#include "apps/studies/classifier_width/reference.h"
#include "apps/studies/classifier_width/student.h"

namespace surplus::apps::classifier_width {

/// Over seeds, at index `i` of the widths.
template <typename Curve, typename Fit>
std::vector<double> values_at(const Curve& curve, std::size_t i, double Fit::*value) {
  std::vector<double> values;
  for (const auto& seed : curve.seeds) values.push_back(seed[i].*value);
  return values;
}

/// The medians over seeds, one a width.
std::vector<double> medians(const StudentCurve& curve, double StudentFit::*value);
std::vector<double> medians(const ClassCurve& curve, double ClassFit::*value);

/// That of `units` units; NaN if there is none.
double median_at(const StudentCurve& curve, std::size_t units, double StudentFit::*value);

/// How far results are from printed ones, as often as their difference's standard error; `where` is
/// at the largest. Comparison is of logarithms and begins beyond half a unit of the last digit.
struct Deviation {
  double largest = 0;
  std::size_t numbers = 0;
  std::string where{};
  /// `log_error`: the standard error of log(value); printed ones come from `printed_repeats`, ours
  /// from `repeats`.
  void add(const std::string& what, const Printed& printed, double value, double log_error,
           double repeats, double printed_repeats);
  /// Of medians over seeds.
  void add(const std::string& what, std::span<const Printed> printed, double printed_seeds,
           const StudentCurve& curve, double StudentFit::*value);
};

}  // namespace surplus::apps::classifier_width

#endif  // SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_LOOKUPS_H_
