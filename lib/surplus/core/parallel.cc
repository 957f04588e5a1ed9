#include "surplus/core/parallel.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <memory>

namespace surplus {
namespace {

using tbb::task_arena;

std::unique_ptr<task_arena>& arena() {
  static auto instance = std::make_unique<task_arena>();
  return instance;
}

}  // namespace

void set_thread_count(std::size_t count) {
  const int threads = count == 0 ? static_cast<int>(task_arena::automatic)
                                 : static_cast<int>(std::min<std::size_t>(count, 4096));
  arena() = std::make_unique<task_arena>(threads);
}

std::size_t thread_count() { return static_cast<std::size_t>(arena()->max_concurrency()); }

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& task) {
  if (count <= 1 || thread_count() == 1) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  arena()->execute(
      [&] { tbb::parallel_for(std::size_t{0}, count, task, tbb::simple_partitioner()); });
}

}  // namespace surplus
