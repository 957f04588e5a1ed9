#include "kernels/probe.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/machine.h"
#include "kernels/reference/probe.h"

namespace surplus {
namespace {

template <typename T>
void bench_multiply_add_chains(benchmark::State& state) {
  std::size_t flops = 0;
  T end = 0;
  for (auto _ : state) {
    flops = kernels::multiply_add_chains(100000, T(0.999), T(0.001), &end);
    benchmark::DoNotOptimize(end);
  }
  bench::count_work<T>(state, static_cast<double>(flops), 0);
}

template <typename T, void (*triad)(std::size_t, const T*, T, const T*, T*)>
void bench_triad(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const std::size_t n = bytes / 3 / sizeof(T);
  const std::vector<T> x(n, 1), y(n, 2);
  std::vector<T> z(n);
  for (auto _ : state) {
    triad(n, x.data(), T(0.5), y.data(), z.data());
    benchmark::ClobberMemory();
  }
  bench::count_work<T>(state, 2.0 * static_cast<double>(n),
                       3.0 * static_cast<double>(n * sizeof(T)));
}

template <typename T, void (*read_through)(std::size_t, const T*, T*)>
void bench_read_through(benchmark::State& state) {
  const std::vector<T> x(static_cast<std::size_t>(state.range(0)) / sizeof(T), 1);
  T maximum = 0;
  for (auto _ : state) {
    read_through(x.size(), x.data(), &maximum);
    benchmark::DoNotOptimize(maximum);
  }
  bench::count_work<T>(state, static_cast<double>(x.size()),
                       static_cast<double>(x.size() * sizeof(T)));
}

// From L1 to memory.
void levels(benchmark::internal::Benchmark* bench) {
  for (const long kib : {24, 256, 1024, 16384, 65536, 524288}) bench->Arg(kib << 10);
}

BENCHMARK(bench_multiply_add_chains<float>);
BENCHMARK(bench_multiply_add_chains<double>);
BENCHMARK(bench_triad<float, kernels::triad>)->Apply(levels);
BENCHMARK(bench_triad<float, kernels::reference::triad<float>>)->Apply(levels);
BENCHMARK(bench_triad<double, kernels::triad>)->Apply(levels);
BENCHMARK(bench_read_through<float, kernels::read_through>)->Apply(levels);
BENCHMARK(bench_read_through<float, kernels::reference::read_through<float>>)->Apply(levels);
BENCHMARK(bench_read_through<double, kernels::read_through>)->Apply(levels);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
