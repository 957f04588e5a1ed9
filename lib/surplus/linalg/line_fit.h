/// A straight line through points, by least squares.
#ifndef SURPLUS_LINALG_LINE_FIT_H_
#define SURPLUS_LINALG_LINE_FIT_H_

#include <span>

namespace surplus {

/// y = intercept + slope * x, with standard errors from the scatter about the line; these are NaN
/// for two points, which have none.
struct LineFit {
  double slope = 0;
  double intercept = 0;
  double slope_error = 0;
  double intercept_error = 0;
};

/// The line of least squares: slope = sum (x - mean x) (y - mean y) / sum (x - mean x)^2. Standard
/// errors take the deviations for independent and of one variance, with n - 2 degrees of freedom.
///
/// Throws  ShapeError if x and y are not equally long or shorter than 2; ArgumentError at a NaN, an
///         infinity, or if all x are equal
/// Cost    three passes
LineFit fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace surplus

#endif  // SURPLUS_LINALG_LINE_FIT_H_
