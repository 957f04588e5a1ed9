#include "kernels/reduce.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/reference/reduce.h"

namespace surplus {
namespace {

template <typename T, void (*row_sum)(std::size_t, std::size_t, const T*, std::size_t, T*)>
void bench_row_sum(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const std::vector<T> x(m * n, T{1});
  std::vector<T> sums(m);
  for (auto _ : state) {
    row_sum(m, n, x.data(), n, sums.data());
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  state.counters["flop/s"] =
      benchmark::Counter(elements, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes/s"] =
      benchmark::Counter(elements * sizeof(T), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(bench_row_sum<float, kernels::row_sum>)
    ->Args({1024, 16})
    ->Args({1024, 1024})
    ->Args({16384, 1024});
BENCHMARK(bench_row_sum<float, kernels::reference::row_sum<float>>)->Args({1024, 1024});
BENCHMARK(bench_row_sum<double, kernels::row_sum>)
    ->Args({1024, 16})
    ->Args({1024, 1024})
    ->Args({8192, 1024});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
