#include "surplus/sparse/topology_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "surplus/core/errors.h"

namespace surplus {

double drop_fraction(const DropSchedule& schedule, std::size_t t, double rate_ratio) {
  SURPLUS_REQUIRE(schedule.fraction >= 0 && schedule.fraction <= 1, ArgumentError, "drop_fraction",
                  "fraction must be from 0 to 1", "fraction", schedule.fraction);
  SURPLUS_REQUIRE(schedule.kind != DropKind::kCosine ||
                      (schedule.last >= 0 && schedule.last <= schedule.fraction),
                  ArgumentError, "drop_fraction", "last must be from 0 to fraction", "last",
                  schedule.last, "fraction", schedule.fraction);
  SURPLUS_REQUIRE(schedule.end >= 1 && schedule.power > 0, ArgumentError, "drop_fraction",
                  "end must be at least 1 and power above 0", "end", schedule.end, "power",
                  schedule.power);
  SURPLUS_REQUIRE(rate_ratio >= 0 && std::isfinite(rate_ratio), ArgumentError, "drop_fraction",
                  "rate_ratio must be finite and at least 0", "rate_ratio", rate_ratio);
  if (t > schedule.end) return 0;
  const double time = static_cast<double>(t) / static_cast<double>(schedule.end);
  switch (schedule.kind) {
    case DropKind::kConstant:
      return schedule.fraction;
    case DropKind::kCosine:
      return schedule.last +
             (schedule.fraction - schedule.last) * (1 + std::cos(std::numbers::pi * time)) / 2;
    case DropKind::kExponential:
      return schedule.fraction * std::pow(1 - time, schedule.power);
    case DropKind::kRate:
      break;
  }
  return std::min(1.0, schedule.fraction * rate_ratio);
}

double pruning_sparsity(const PruningSchedule& schedule, std::size_t t) {
  SURPLUS_REQUIRE(schedule.initial >= 0 && schedule.initial <= schedule.final && schedule.final < 1,
                  ArgumentError, "pruning_sparsity",
                  "sparsities must have 0 <= initial <= final < 1", "initial", schedule.initial,
                  "final", schedule.final);
  SURPLUS_REQUIRE(schedule.begin <= schedule.end && schedule.interval >= 1, ArgumentError,
                  "pruning_sparsity", "begin must be at most end, and interval at least 1", "begin",
                  schedule.begin, "end", schedule.end, "interval", schedule.interval);
  if (t < schedule.begin) return schedule.initial;
  const std::size_t length = schedule.end - schedule.begin;
  const std::size_t since = std::min(t - schedule.begin, length);
  double left = 0;
  if (schedule.exact_end) {
    left = length == 0 ? 0 : 1 - static_cast<double>(since) / static_cast<double>(length);
  } else {
    const std::size_t intervals = length / schedule.interval + 1, past = since / schedule.interval;
    left = 1 - static_cast<double>(past) / static_cast<double>(intervals);
  }
  return schedule.final + (schedule.initial - schedule.final) * left * left * left;
}

}  // namespace surplus
