#include "apps/studies/double_descent/lookups.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "apps/report/quantiles.h"

namespace surplus::apps::double_descent {

const FixedFit* fixed_fit(const std::vector<FixedTable>& tables, std::string_view basis,
                          double lambda, double d, bool single) {
  for (const FixedTable& table : tables) {
    if (table.basis != basis || table.single != single) continue;
    for (const FixedFit& fit : table.fits) {
      if (fit.lambda == lambda && fit.d == d) return &fit;
    }
  }
  return nullptr;
}

double units_off(double value, std::string_view printed) {
  if (printed.empty()) return 0;
  const std::size_t mantissa = std::min(printed.find('e'), printed.size());
  const std::size_t point = printed.find('.');
  const double exponent =
      mantissa < printed.size() ? std::stod(std::string(printed.substr(mantissa + 1))) : 0;
  const double decimals = point < mantissa ? static_cast<double>(mantissa - point - 1) : 0;
  return std::abs(value - std::stod(std::string(printed))) / std::pow(10, exponent - decimals);
}

double median_at(const DrawTable& table, std::size_t features, std::size_t method) {
  const auto found = std::ranges::find(table.points, features, &DrawPoint::features);
  return found == table.points.end() ? std::numeric_limits<double>::quiet_NaN()
                                     : median(found->test[method]);
}

std::size_t peak_of(const DrawTable& table) {
  return std::ranges::max_element(table.points, {},
                                  [](const DrawPoint& point) { return median(point.test[0]); })
      ->features;
}

const KernelLimit* limit_of(const DoubleDescent::Result& result, const FourierDesign& design) {
  for (const DoubleDescent::Limit& one : result.limits) {
    if (one.design.images == design.images && one.design.n == design.n) return &one.limit;
  }
  return nullptr;
}

std::vector<double> values_at(const NetworkCurve& curve, std::size_t width_index,
                              double NetworkFit::*value) {
  std::vector<double> values;
  for (const auto& seed : curve.seeds) values.push_back(seed[width_index].*value);
  return values;
}

}  // namespace surplus::apps::double_descent
