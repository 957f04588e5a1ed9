#include "kernels/vector_math.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "bench/support/roofline.h"

namespace surplus {
namespace {

template <typename T>
using Array = void (*)(std::size_t, const T*, T*);

template <typename T, Array<T> function>
void bench_array(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<T> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = T(0.01) + static_cast<T>(i % 1000) * T(0.005);
  for (auto _ : state) {
    function(n, x.data(), y.data());
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(n);
  // About what each of the functions needs, in operations per element.
  bench::count_roofline<T>(state, (sizeof(T) == 4 ? 20 : 25) * elements, 2 * sizeof(T) * elements);
}

// The rival: the C library, one element at a time.
template <typename T, T (*function)(T)>
void each(std::size_t n, const T* x, T* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = function(x[i]);
}

// 16 KiB of floats (the first cache) and 64 MiB (memory).
#define SURPLUS_BENCH(function)                                                           \
  BENCHMARK(bench_array<float, kernels::vector_##function>)->Arg(1 << 12)->Arg(1 << 24);  \
  BENCHMARK(bench_array<double, kernels::vector_##function>)->Arg(1 << 11)->Arg(1 << 23); \
  BENCHMARK(bench_array<float, each<float, std::function>>)->Arg(1 << 12);                \
  BENCHMARK(bench_array<double, each<double, std::function>>)->Arg(1 << 11)

SURPLUS_BENCH(exp);
SURPLUS_BENCH(log);
SURPLUS_BENCH(tanh);
SURPLUS_BENCH(sin);
SURPLUS_BENCH(cos);
BENCHMARK(bench_array<float, kernels::vector_sigmoid>)->Arg(1 << 12)->Arg(1 << 24);
BENCHMARK(bench_array<double, kernels::vector_sigmoid>)->Arg(1 << 11)->Arg(1 << 23);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
