#include "kernels/philox.h"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/philox.h"

namespace surplus {
namespace {

template <typename T>
using Fill = void (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::size_t, T*);

// 16 KiB (the first cache) and 64 MiB (memory).
void sizes(benchmark::internal::Benchmark* bench) { bench->Arg(1 << 14)->Arg(1 << 26); }

void count_bytes(benchmark::State& state) {
  // Integer work, which has no roof of its own here: what binds a perfect generator is the writing.
  bench::count_roofline<double>(state, 0, static_cast<double>(state.range(0)));
}

template <typename T, Fill<T> fill>
void bench_fill(benchmark::State& state) {
  std::vector<T> out(static_cast<std::size_t>(state.range(0)) / sizeof(T));
  for (auto _ : state) {
    fill(1, 2, 0, out.size(), out.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}

// What writing alone costs: the bound of a perfect generator.
void bench_write(benchmark::State& state) {
  std::vector<double> out(static_cast<std::size_t>(state.range(0)) / sizeof(double));
  double value = 0;
  for (auto _ : state) {
    std::fill(out.begin(), out.end(), value += 1);
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}

template <typename Distribution>
void bench_standard_library(benchmark::State& state) {
  std::vector<double> out(static_cast<std::size_t>(state.range(0)) / sizeof(double));
  std::mt19937_64 generator(1);
  Distribution distribution;
  for (auto _ : state) {
    for (double& x : out) x = distribution(generator);
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}

BENCHMARK(bench_write)->Apply(sizes);
BENCHMARK(bench_fill<std::uint64_t, kernels::philox_bits>)->Apply(sizes);
BENCHMARK(bench_fill<float, kernels::philox_uniform>)->Apply(sizes);
BENCHMARK(bench_fill<double, kernels::philox_uniform>)->Apply(sizes);
BENCHMARK(bench_fill<float, kernels::philox_normal>)->Apply(sizes);
BENCHMARK(bench_fill<double, kernels::philox_normal>)->Apply(sizes);
BENCHMARK(bench_fill<double, kernels::reference::philox_uniform<double>>)->Arg(1 << 14);
BENCHMARK(bench_fill<double, kernels::reference::philox_normal<double>>)->Arg(1 << 14);
BENCHMARK(bench_standard_library<std::uniform_real_distribution<double>>)->Arg(1 << 14);
BENCHMARK(bench_standard_library<std::normal_distribution<double>>)->Arg(1 << 14);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
