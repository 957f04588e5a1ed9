#include "bench/support/machine.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/probe.h"

namespace surplus::bench {
namespace {

// The highest rate of 20 runs of work(), which returns how much it did.
template <typename Work>
double best_rate(const Work& work) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    const auto start = Clock::now();
    const double done = work();
    best = std::max(best, done / std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

template <typename T>
double fma_peak() {
  static const double peak = best_rate([] {
    T end = 0;
    // About 5 ms: long enough for the clock of the core to settle.
    const std::size_t flops = kernels::multiply_add_chains(1000000, T(0.999), T(0.001), &end);
    benchmark::DoNotOptimize(end);
    return static_cast<double>(flops);
  });
  return peak;
}

double triad_bandwidth(std::size_t bytes) {
  const std::size_t n = bytes / 3 / sizeof(float);
  const std::vector<float> x(n, 1), y(n, 2);
  std::vector<float> z(n);
  const std::size_t passes = std::max<std::size_t>(1, (std::size_t{64} << 20) / bytes);
  return best_rate([&] {
    for (std::size_t pass = 0; pass < passes; ++pass) {
      kernels::triad(n, x.data(), 0.5f, y.data(), z.data());
      benchmark::ClobberMemory();
    }
    return static_cast<double>(passes * 3 * n * sizeof(float));
  });
}

template <typename T>
void count_work(benchmark::State& state, double flops, double bytes) {
  const auto rate = [](double amount) {
    return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["flop/s"] = rate(flops);
  state.counters["bytes/s"] = rate(bytes);
  state.counters["peak"] = rate(flops / fma_peak<T>());
}

template double fma_peak<float>();
template double fma_peak<double>();
template void count_work<float>(benchmark::State&, double, double);
template void count_work<double>(benchmark::State&, double, double);

}  // namespace surplus::bench
