#include "surplus/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {

double rate_at(const Schedule& schedule, std::size_t t) {
  const auto& [kind, rate, period, factor, last, warm_up] = schedule;
  SURPLUS_REQUIRE(rate >= 0 && std::isfinite(rate), ArgumentError, "rate_at",
                  "rate must be finite and at least 0", "rate", rate);
  SURPLUS_REQUIRE(period >= 1, ArgumentError, "rate_at", "period must be at least 1", "period",
                  period);
  SURPLUS_REQUIRE(factor > 0 && std::isfinite(factor), ArgumentError, "rate_at",
                  "factor must be finite and above 0", "factor", factor);
  SURPLUS_REQUIRE(last >= 0 && std::isfinite(last), ArgumentError, "rate_at",
                  "last must be finite and at least 0", "last", last);
  if (t < warm_up) return rate * static_cast<double>(t + 1) / static_cast<double>(warm_up);
  const std::size_t since = t - warm_up;
  switch (kind) {
    case ScheduleKind::kConstant:
      return rate;
    case ScheduleKind::kStep: {
      const std::size_t periods = since / period;  // whole ones
      return rate * std::pow(factor, static_cast<double>(periods));
    }
    case ScheduleKind::kExponential:
      return rate * std::pow(factor, static_cast<double>(since));
    case ScheduleKind::kInverse:
      return rate / (1 + static_cast<double>(since) / static_cast<double>(period));
    case ScheduleKind::kInverseRoot:
      return rate / std::sqrt(1 + static_cast<double>(since) / static_cast<double>(period));
    case ScheduleKind::kLinear:
    case ScheduleKind::kCosine: {
      const double share =
          static_cast<double>(std::min(since, period)) / static_cast<double>(period);
      const double left =
          kind == ScheduleKind::kLinear ? 1 - share : (1 + std::cos(std::numbers::pi * share)) / 2;
      return last + (rate - last) * left;
    }
  }
  return rate;
}

}  // namespace surplus
