#include "surplus/core/arena.h"

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

namespace surplus::detail {
namespace {

// One for the life of the program: workers find an arena made later only after some calls, if at
// all (oneTBB 2021.8).
tbb::task_arena& arena() {
  static tbb::task_arena instance(static_cast<int>(arena_threads()));
  return instance;
}

}  // namespace

std::size_t arena_threads() {
  static const auto count = static_cast<std::size_t>(tbb::info::default_concurrency());
  return count;
}

void run_on_threads(std::size_t count, void (*body)(void*), void* job) {
  arena().execute([&] {
    tbb::parallel_for(
        std::size_t{0}, count, [&](std::size_t) { body(job); }, tbb::simple_partitioner());
  });
}

}  // namespace surplus::detail
