/// Which instruction set the numeric kernels run on.
#ifndef SURPLUS_CORE_SIMD_H_
#define SURPLUS_CORE_SIMD_H_

#include <string>
#include <string_view>
#include <vector>

namespace surplus {

/// The target in use: "AVX3" (AVX-512), "AVX2" or "SCALAR". By default the best one the machine
/// has; the environment variable SURPLUS_TARGET, read when the library is loaded, names another.
/// Results are bit-identical only between runs on one target.
std::string simd_target();

/// A target that the library was compiled for.
struct SimdTarget {
  std::string name;
  bool usable = false;  ///< on this machine
};

/// All of them, the best first.
std::vector<SimdTarget> simd_targets();

/// Makes the kernels run on the target of that name, in upper or lower case, from now on. Not to be
/// called while the library works on another thread.
/// Throws ArgumentError, listing the usable targets, if it is none of them
void set_simd_target(std::string_view name);

/// Throws ArgumentError, listing the usable targets, if SURPLUS_TARGET names none of them (the
/// best one is then in use).
void require_simd_target();

}  // namespace surplus

#endif  // SURPLUS_CORE_SIMD_H_
