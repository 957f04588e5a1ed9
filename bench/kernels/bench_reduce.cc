#include "kernels/reduce.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/roofline.h"
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

template <typename T>
void count(benchmark::State& state, double flops, double moved) {
  const auto elements = static_cast<double>(state.range(0)) * static_cast<double>(state.range(1));
  bench::count_roofline<T>(state, flops * elements, moved * sizeof(T) * elements);
}

template <typename T>
std::vector<T> values(std::size_t count) {
  std::vector<T> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<T>(i % 97) * T(0.1);
  return x;
}

template <typename T, Reduction<T> reduction, int flops>
void bench_rows(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const std::vector<T> x = values<T>(m * n);
  std::vector<T> out(m);
  for (auto _ : state) {
    reduction(m, n, x.data(), n, out.data());
    benchmark::ClobberMemory();
  }
  count<T>(state, flops, 1);
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
  count<T>(state, 20, 2);
}

BENCHMARK(bench_rows<float, kernels::row_sum, 1>)->Apply(shapes);
BENCHMARK(bench_rows<double, kernels::row_sum, 1>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::reference::row_sum<float>, 1>)->Args({1024, 1024});
BENCHMARK(bench_rows<float, kernels::row_max, 2>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::row_log_sum_exp, 20>)->Apply(shapes);
BENCHMARK(bench_rows<double, kernels::row_log_sum_exp, 20>)->Apply(shapes);
BENCHMARK(bench_rows<float, kernels::reference::row_log_sum_exp<float>, 20>)->Args({1024, 1024});
BENCHMARK(bench_map<float, kernels::row_softmax>)->Apply(shapes);
BENCHMARK(bench_map<double, kernels::row_softmax>)->Apply(shapes);
BENCHMARK(bench_map<float, kernels::reference::row_softmax<float>>)->Args({1024, 1024});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
