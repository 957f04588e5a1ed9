#include "surplus/linalg/line_fit.h"

#include <cmath>
#include <cstddef>
#include <limits>

#include "surplus/core/errors.h"
#include "surplus/linalg/checks.h"

namespace surplus {

LineFit fit_line(std::span<const double> x, std::span<const double> y) {
  SURPLUS_REQUIRE(x.size() == y.size() && x.size() >= 2, ShapeError, "fit_line",
                  "x and y must be equally long, and at least 2", "x", x.size(), "y", y.size());
  detail::require_finite("fit_line", "x", MatrixView<const double>(x.data(), 1, x.size()));
  detail::require_finite("fit_line", "y", MatrixView<const double>(y.data(), 1, y.size()));
  const auto n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  bool equal = true;
  for (const double value : x) equal = equal && value == x[0];
  SURPLUS_REQUIRE(!equal, ArgumentError, "fit_line", "x must not be constant", "x", x[0]);
  LineFit fit;
  fit.slope = xy / xx;
  fit.intercept = mean_y - fit.slope * mean_x;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double deviation = y[i] - mean_y - fit.slope * (x[i] - mean_x);
    squares += deviation * deviation;
  }
  const double variance =
      x.size() > 2 ? squares / (n - 2) : std::numeric_limits<double>::quiet_NaN();
  fit.slope_error = std::sqrt(variance / xx);
  fit.intercept_error = std::sqrt(variance * (1 / n + mean_x * mean_x / xx));
  return fit;
}

}  // namespace surplus
