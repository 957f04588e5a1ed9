/// The tables and figures of double-descent, part by part.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_RENDER_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_RENDER_H_

#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include "apps/studies/double_descent.h"

namespace surplus::apps::double_descent {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t kTestColor = 0, kTrainColor = 1, kReferenceColor = 6;

inline double whole(std::size_t n) { return static_cast<double>(n); }

/// Where there are as many parameters as numbers to fit.
inline ReferenceLine threshold(double at, std::string label) {
  return {ReferenceLine::Direction::kVertical, at, std::move(label)};
}

/// Each adds its own to `rendering`: part 1, polynomials and the linear model; part 2, random
/// features; part 3, networks.
void render_polynomials(const DoubleDescent::Result& result, Rendering& rendering);
void render_fourier(const DoubleDescent::Result& result, Rendering& rendering);
void render_networks(const DoubleDescent::Result& result, Rendering& rendering);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_RENDER_H_
