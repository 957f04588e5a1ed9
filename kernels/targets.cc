#include "kernels/targets.h"

#include <cctype>
#include <cstdlib>

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

// Set bit number `index` of `targets`. Lower bits are better targets.
std::int64_t target_bit(std::int64_t targets, std::size_t index) {
  for (; index > 0; --index) targets &= targets - 1;
  return targets & ~(targets - 1);
}

std::int64_t usable_target(std::size_t index) {
  static const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  return target_bit(usable, index);
}

const char* name_of(std::int64_t target) { return target == 0 ? nullptr : hwy::TargetName(target); }

bool is_same_name(const char* a, const char* b) {
  const auto upper = [](char c) { return std::toupper(static_cast<unsigned char>(c)); };
  for (; *a != '\0' && upper(*a) == upper(*b); ++a) ++b;
  return *a == *b;
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

const char* target_name(std::size_t index) { return name_of(usable_target(index)); }

const char* compiled_target_name(std::size_t index) {
  return name_of(target_bit(HWY_TARGETS, index));
}

const char* active_target() { return HWY_DYNAMIC_DISPATCH(CurrentTarget)(); }

bool force_target(const char* name) {
  std::int64_t target = 0;
  for (std::size_t i = 0; name != nullptr && usable_target(i) != 0; ++i) {
    if (is_same_name(name, target_name(i))) target = usable_target(i);
  }
  if (name != nullptr && target == 0) return false;
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return true;
}

const char* rejected_environment_target() { return rejected; }

}  // namespace surplus::kernels

#endif  // HWY_ONCE
