/// Work cut by fixed chunk size, never by the number of threads, so that the same input gives the
/// same bits with 1, 2 or 64 threads.
#ifndef SURPLUS_CORE_PARALLEL_H_
#define SURPLUS_CORE_PARALLEL_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace surplus {

/// Lets the library use `count` threads from now on; 0 means one per core, the default. Work is
/// then shared as among `count`, but never by more threads than there are cores.
/// Not to be called while a parallel function runs.
void set_thread_count(std::size_t count);

/// The number of threads the library may use, at least 1.
std::size_t thread_count();

/// Calls task(i) for i = 0 .. count - 1, each once, in any order and from any of the threads.
/// The first exception is passed on when all running tasks have ended.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& task);

/// How a range of n elements is cut: chunks of `size`, the last one shorter.
struct Chunks {
  std::size_t n = 0;
  std::size_t size = 1;

  std::size_t count() const { return n / size + (n % size != 0 ? 1 : 0); }
  std::size_t begin(std::size_t chunk) const { return chunk * size; }
  std::size_t end(std::size_t chunk) const { return std::min(n, (chunk + 1) * size); }
};

/// Folds map(begin, end) over the chunks into `total`, strictly in chunk order:
/// combine(total, partial). At most 64 partial results exist at a time.
template <typename Total, typename Map, typename Combine>
void parallel_fold(Chunks chunks, Total& total, const Map& map, const Combine& combine) {
  constexpr std::size_t kWave = 64;
  using Partial = decltype(map(std::size_t{}, std::size_t{}));
  for (std::size_t first = 0; first < chunks.count(); first += kWave) {
    std::vector<Partial> partials(std::min(kWave, chunks.count() - first));
    parallel_for(partials.size(), [&](std::size_t i) {
      partials[i] = map(chunks.begin(first + i), chunks.end(first + i));
    });
    for (Partial& partial : partials) combine(total, partial);
  }
}

}  // namespace surplus

#endif  // SURPLUS_CORE_PARALLEL_H_
