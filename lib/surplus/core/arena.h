/// The threads that parallel.h works with: the one door to oneTBB.
#ifndef SURPLUS_CORE_ARENA_H_
#define SURPLUS_CORE_ARENA_H_

#include <cstddef>

namespace surplus::detail {

/// The number of threads there are, one per core this process may use.
std::size_t arena_threads();

/// Makes `count` calls of body(job), at once if that many threads are free, and returns when all
/// have. `body` must not throw, and must do all the work however few calls run at once.
void run_on_threads(std::size_t count, void (*body)(void*), void* job);

}  // namespace surplus::detail

#endif  // SURPLUS_CORE_ARENA_H_
