/// How near a benchmark comes to what the machine could do.
#ifndef SURPLUS_BENCH_SUPPORT_ROOFLINE_H_
#define SURPLUS_BENCH_SUPPORT_ROOFLINE_H_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>

#include "bench/support/machine.h"

namespace surplus::bench {

/// count_work<T>(), and `roof`: the time that `flops` at the peak or `bytes` at the triad's bandwidth
/// over as many bytes would take, whichever is longer, as a share of the time taken.
template <typename T>
void count_roofline(benchmark::State& state, double flops, double bytes) {
  count_work<T>(state, flops, bytes);
  const double seconds =
      std::max(flops / fma_peak<T>(), bytes / triad_bandwidth(static_cast<std::size_t>(bytes)));
  state.counters["roof"] =
      benchmark::Counter(seconds, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace surplus::bench

#endif  // SURPLUS_BENCH_SUPPORT_ROOFLINE_H_
