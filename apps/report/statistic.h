/// Means with standard errors.
#ifndef SURPLUS_APPS_REPORT_STATISTIC_H_
#define SURPLUS_APPS_REPORT_STATISTIC_H_

#include <cmath>
#include <cstddef>
#include <vector>

namespace surplus::apps {

struct Statistic {
  double mean = 0;
  double standard_error = 0;  ///< of the mean; 0 for a single value
};

/// Over repeats of one experiment, each given by `value` of one of `items`.
template <typename T, typename Value>
Statistic statistic(const std::vector<T>& items, const Value& value) {
  const auto n = static_cast<double>(items.size());
  double sum = 0;
  for (const T& item : items) sum += value(item);
  double squares = 0;
  for (const T& item : items) squares += std::pow(value(item) - sum / n, 2);
  return {sum / n, items.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_STATISTIC_H_
