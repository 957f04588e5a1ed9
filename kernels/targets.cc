#include "kernels/targets.h"

#include <cstdlib>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/targets.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace surplus::kernels {
namespace HWY_NAMESPACE {

// Answers from inside the dispatched code, so that what is reported is what runs.
const char* CurrentTarget() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace surplus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace surplus::kernels {
namespace {

HWY_EXPORT(CurrentTarget);

// Bit `index` of the targets usable here. Lower bits are better targets.
std::int64_t usable_target(std::size_t index) {
  static const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  std::int64_t rest = usable;
  for (; index > 0; --index) rest &= rest - 1;
  return rest & ~(rest - 1);
}

const char* apply_environment() {
  const char* name = std::getenv("SURPLUS_TARGET");
  return name != nullptr && *name != '\0' && !force_target(name) ? name : nullptr;
}

const char* const rejected = apply_environment();

}  // namespace

std::size_t target_count() {
  std::size_t count = 0;
  while (usable_target(count) != 0) ++count;
  return count;
}

const char* target_name(std::size_t index) {
  const std::int64_t target = usable_target(index);
  return target == 0 ? nullptr : hwy::TargetName(target);
}

const char* active_target() { return HWY_DYNAMIC_DISPATCH(CurrentTarget)(); }

bool force_target(const char* name) {
  std::int64_t target = 0;
  for (std::size_t i = 0; name != nullptr && usable_target(i) != 0; ++i) {
    if (std::strcmp(name, target_name(i)) == 0) target = usable_target(i);
  }
  if (name != nullptr && target == 0) return false;
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return true;
}

const char* rejected_environment_target() { return rejected; }

}  // namespace surplus::kernels

#endif  // HWY_ONCE
