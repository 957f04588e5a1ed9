#include "surplus/core/simd.h"

#include <cstddef>
#include <set>

#include "kernels/targets.h"
#include "surplus/core/errors.h"

namespace surplus {

namespace {

[[noreturn]] void refuse(std::string_view function, std::string_view target) {
  std::string usable = kernels::target_name(0);
  for (std::size_t i = 1; i < kernels::target_count(); ++i) {
    usable.append(", ").append(kernels::target_name(i));
  }
  throw ArgumentError(
      error_message(function, "the target must be one of " + usable, "target", target));
}

}  // namespace

std::string simd_target() { return kernels::active_target(); }

std::vector<SimdTarget> simd_targets() {
  std::set<std::string> usable;
  for (std::size_t i = 0; i < kernels::target_count(); ++i) usable.insert(kernels::target_name(i));
  std::vector<SimdTarget> targets;
  for (std::size_t i = 0; kernels::compiled_target_name(i) != nullptr; ++i) {
    const std::string name = kernels::compiled_target_name(i);
    targets.push_back({name, usable.contains(name)});
  }
  return targets;
}

void set_simd_target(std::string_view name) {
  if (!kernels::force_target(std::string(name).c_str())) refuse("set_simd_target", name);
}

void require_simd_target() {
  const char* const rejected = kernels::rejected_environment_target();
  if (rejected != nullptr) refuse("SURPLUS_TARGET", rejected);
}

}  // namespace surplus
