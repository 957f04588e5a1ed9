/// Which instruction set the numeric kernels run on.
#ifndef SURPLUS_CORE_SIMD_H_
#define SURPLUS_CORE_SIMD_H_

#include <string>

namespace surplus {

/// The target in use: "AVX3" (AVX-512), "AVX2" or "SCALAR". By default the best one the machine
/// has; the environment variable SURPLUS_TARGET, read when the library is loaded, names another.
/// Results are bit-identical only between runs on one target.
std::string simd_target();

/// Throws ArgumentError, listing the usable targets, if SURPLUS_TARGET names none of them (the
/// best one is then in use).
void require_simd_target();

}  // namespace surplus

#endif  // SURPLUS_CORE_SIMD_H_
