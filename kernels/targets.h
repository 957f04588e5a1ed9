/// Which instruction sets the kernels are compiled for, and which one is in use.
#ifndef SURPLUS_KERNELS_TARGETS_H_
#define SURPLUS_KERNELS_TARGETS_H_

#include <cstddef>

namespace surplus::kernels {

/// The number of targets that are compiled in and run on this machine, at least one.
std::size_t target_count();

/// The name of target `index` (best first: "AVX3", "AVX2", "SCALAR"), or nullptr past the end.
const char* target_name(std::size_t index);

/// The name of target `index` of all that are compiled in, whether they run on this machine or not,
/// or nullptr past the end.
const char* compiled_target_name(std::size_t index);

/// The name of the target that kernels run on now.
const char* active_target();

/// Makes all kernels run on the target of that name, in upper or lower case, from now on; nullptr
/// goes back to the best.
/// Returns false, and changes nothing, for a name that target_name() never gives.
/// Not to be called while a kernel runs. The environment variable SURPLUS_TARGET, read once when
/// the library is loaded, does the same; a name it does not know is reported by
/// rejected_environment_target().
bool force_target(const char* name);

/// The value of SURPLUS_TARGET if it names no usable target, else nullptr.
const char* rejected_environment_target();

}  // namespace surplus::kernels

#endif  // SURPLUS_KERNELS_TARGETS_H_
