/// Medians and quartiles, for what has no useful mean.
#ifndef SURPLUS_APPS_REPORT_QUANTILES_H_
#define SURPLUS_APPS_REPORT_QUANTILES_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::apps {

/// The value below which a share q of the values lies, linear between order statistics.
inline double quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }

/// The standard error of the median of normal values, their deviation taken from the quartiles.
inline double median_error(const std::vector<double>& values) {
  const double deviation = (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349;
  return 1.2533 * deviation / std::sqrt(static_cast<double>(values.size()));
}

inline std::vector<double> logarithms(std::vector<double> values) {
  for (double& value : values) value = std::log(value);
  return values;
}

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_QUANTILES_H_
