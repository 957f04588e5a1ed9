#include "surplus/core/simd.h"

#include <cstddef>

#include "kernels/targets.h"
#include "surplus/core/errors.h"

namespace surplus {

std::string simd_target() { return kernels::active_target(); }

void require_simd_target() {
  const char* const rejected = kernels::rejected_environment_target();
  if (rejected == nullptr) return;
  std::string usable = kernels::target_name(0);
  for (std::size_t i = 1; i < kernels::target_count(); ++i) {
    usable.append(", ").append(kernels::target_name(i));
  }
  throw ArgumentError(
      error_message("SURPLUS_TARGET", "the target must be one of " + usable, "target", rejected));
}

}  // namespace surplus
