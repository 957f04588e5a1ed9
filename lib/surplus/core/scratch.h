/// Memory for kernels that want some while they run.
#ifndef SURPLUS_CORE_SCRATCH_H_
#define SURPLUS_CORE_SCRATCH_H_

#include <cstddef>

namespace surplus {

/// At least `bytes` bytes of the calling thread's own, aligned to 64, of unspecified content: good
/// until the thread's next call. They grow to the most that was asked for and are given back when
/// the thread ends.
void* thread_scratch(std::size_t bytes);

}  // namespace surplus

#endif  // SURPLUS_CORE_SCRATCH_H_
