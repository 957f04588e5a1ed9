/// Medians and quartiles: errors near the threshold have no useful mean.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_QUANTILES_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_QUANTILES_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::apps::double_descent {

/// The value below which a share q of the values lies, linear between order statistics.
inline double quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_QUANTILES_H_
