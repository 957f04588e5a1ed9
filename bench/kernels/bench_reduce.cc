#include "kernels/reduce.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/reference/reduce.h"

namespace surplus {
namespace {

template <typename T>
using Reduction = void (*)(std::size_t, std::size_t, const T*, std::size_t, T*);
template <typename T>
using Map = void (*)(std::size_t, std::size_t, const T*, std::size_t, T*, std::size_t);

// Few columns, many, and more than the caches hold.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({1024, 10})->Args({1024, 1024})->Args({16384, 1024});
}

void count(benchmark::State& state, double bytes_per_element) {
  const auto elements = static_cast<double>(state.range(0)) * static_cast<double>(state.range(1));
  state.counters["elements/s"] =
      benchmark::Counter(elements, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes/s"] = benchmark::Counter(elements * bytes_per_element,
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

template <typename T>
std::vector<T> values(std::size_t count) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<T>(i % 97) * T(0.1);
  return x;
}

template <typename T, Reduction<T> reduction>
void bench_rows(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const std::vector<T> x = values<T>(m * n);
  std::vector<T> out(m);
  for (auto _ : state) {
    reduction(m, n, x.data(), n, out.data());
    benchmark::ClobberMemory();
  }
  count(state, sizeof(T));
}

template <typename T, Map<T> map>
void bench_map(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const std::vector<T> x = values<T>(m * n);
  std::vector<T> y(m * n);
  for (auto _ : state) {
    map(m, n, x.data(), n, y.data(), n);
    benchmark::ClobberMemory();
  }
  count(state, 2 * sizeof(T));
}

BENCHMARK(bench_rows<float, kernels::row_sum>)->Apply(shapes);
BENCHMARK(bench_rows<double, kernels::row_sum>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::reference::row_sum<float>>)->Args({1024, 1024});
BENCHMARK(bench_rows<float, kernels::row_max>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::row_log_sum_exp>)->Apply(shapes);
BENCHMARK(bench_rows<double, kernels::row_log_sum_exp>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::reference::row_log_sum_exp<float>>)->Args({1024, 1024});
BENCHMARK(bench_map<float, kernels::row_softmax>)->Apply(shapes);
BENCHMARK(bench_map<double, kernels::row_softmax>)->Apply(shapes);
BENCHMARK(bench_map<float, kernels::reference::row_softmax<float>>)->Args({1024, 1024});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
