/// Distances in units in the last place, for functions that state their error so.
#ifndef SURPLUS_TESTS_SUPPORT_ULP_H_
#define SURPLUS_TESTS_SUPPORT_ULP_H_

#include <algorithm>
#include <cmath>
#include <limits>

namespace surplus::tests {

/// |y - exact| in units of the spacing of T at `exact`, the subnormal spacing at the least. 0 if y is
/// `exact` rounded to T (overflow to inf and NaN included), infinite if only one of them is finite.
template <typename T, typename Real>
double ulp_error(T y, Real exact) {
  using Limits = std::numeric_limits<T>;
  const T rounded = static_cast<T>(exact);
  if (y == rounded || (std::isnan(y) && std::isnan(rounded))) return 0;
  if (!std::isfinite(y) || !std::isfinite(rounded)) return std::numeric_limits<double>::infinity();
  const int exponent = exact == 0 ? Limits::min_exponent : std::ilogb(exact);
  const int spacing = std::max(exponent, Limits::min_exponent - 1) - (Limits::digits - 1);
  return static_cast<double>(std::ldexp(std::abs(static_cast<Real>(y) - exact), -spacing));
}

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_SUPPORT_ULP_H_
