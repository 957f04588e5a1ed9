#include "apps/studies/linearity/trend.h"

#include <cmath>
#include <cstddef>
#include <limits>

#include "surplus/linalg/line_fit.h"

namespace surplus::apps::linearity {

Mean mean_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1) / count)};
}

Slope slope_of(std::span<const double> x, std::span<const Mean> y) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (x.size() < 2) return {kNone, kNone};
  std::vector<double> log_x, log_y;
  double mean = 0, spread = 0, variance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    log_x.push_back(std::log(x[i]));
    log_y.push_back(std::log(y[i].value));
    if (!std::isfinite(log_y.back())) return {kNone, kNone};
    mean += log_x.back() / static_cast<double>(x.size());
  }
  for (const double value : log_x) spread += (value - mean) * (value - mean);
  for (std::size_t i = 0; i < x.size(); ++i) {
    variance += std::pow((log_x[i] - mean) / spread * y[i].error / y[i].value, 2);
  }
  return {fit_line(log_x, log_y).slope, std::sqrt(variance)};
}

}  // namespace surplus::apps::linearity
