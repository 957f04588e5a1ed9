/// Power laws in the width: means over starts, and the slope of their logarithms.
#ifndef SURPLUS_APPS_STUDIES_LINEARITY_TREND_H_
#define SURPLUS_APPS_STUDIES_LINEARITY_TREND_H_

#include <span>
#include <vector>

namespace surplus::apps::linearity {

/// The standard error is NaN for a single value.
struct Mean {
  double value = 0;
  double error = 0;
};
Mean mean_of(std::span<const double> values);

/// slope of log y against log x by least squares, with the standard error that the errors of the
/// means give it; NaN for fewer than two points.
struct Slope {
  double value = 0;
  double error = 0;
};
Slope slope_of(std::span<const double> x, std::span<const Mean> y);

}  // namespace surplus::apps::linearity

#endif  // SURPLUS_APPS_STUDIES_LINEARITY_TREND_H_
