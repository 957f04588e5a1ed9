#include "surplus/core/arena.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace surplus::detail {
namespace {

struct Threads {
  explicit Threads(int count) : arena(count) {
    // More threads than cores are lent only on request; without it oneTBB complains on stderr.
    if (count > 0) {
      limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count));
    }
  }
  std::optional<tbb::global_control> limit;
  tbb::task_arena arena;
};

std::unique_ptr<Threads>& threads() {
  static auto instance = std::make_unique<Threads>(static_cast<int>(tbb::task_arena::automatic));
  return instance;
}

}  // namespace

void set_arena_threads(std::size_t count) {
  constexpr std::size_t kMost = 4096;
  threads().reset();  // the limit in force is the lowest one alive
  threads() = std::make_unique<Threads>(count == 0 ? static_cast<int>(tbb::task_arena::automatic)
                                                   : static_cast<int>(std::min(count, kMost)));
}

std::size_t arena_threads() { return static_cast<std::size_t>(threads()->arena.max_concurrency()); }

void run_on_threads(std::size_t count, void (*body)(void*), void* job) {
  threads()->arena.execute([&] {
    tbb::parallel_for(
        std::size_t{0}, count, [&](std::size_t) { body(job); }, tbb::simple_partitioner());
  });
}

}  // namespace surplus::detail
