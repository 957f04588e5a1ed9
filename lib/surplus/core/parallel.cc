#include "surplus/core/parallel.h"

#include <atomic>
#include <exception>

#include "surplus/core/arena.h"

namespace surplus {
namespace {

struct Job {
  std::size_t count;
  const std::function<void(std::size_t)>& task;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr first_error = nullptr;
};

// Orders the caller's writes before the tasks, and the tasks' before what the caller reads next.
// The arena does so as well, but out of the thread sanitizer's sight.
std::atomic<std::size_t> handover = 0;

std::atomic<std::size_t> allowed_threads = 0;  // 0: as many as there are

void work_on(void* erased) {
  handover.fetch_add(1, std::memory_order_acq_rel);
  Job& job = *static_cast<Job*>(erased);
  for (std::size_t i; (i = job.next.fetch_add(1, std::memory_order_relaxed)) < job.count;) {
    try {
      job.task(i);
    } catch (...) {
      if (!job.failed.exchange(true)) job.first_error = std::current_exception();
      job.next.store(job.count, std::memory_order_relaxed);
    }
  }
  handover.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace

void set_thread_count(std::size_t count) { allowed_threads = count; }

std::size_t thread_count() {
  return allowed_threads == 0 ? detail::arena_threads() : allowed_threads.load();
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& task) {
  const std::size_t threads = std::min(count, thread_count());
  if (threads <= 1) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  Job job{count, task};
  handover.fetch_add(1, std::memory_order_acq_rel);
  detail::run_on_threads(threads, work_on, &job);
  handover.fetch_add(1, std::memory_order_acq_rel);
  if (job.first_error) std::rethrow_exception(job.first_error);
}

}  // namespace surplus
