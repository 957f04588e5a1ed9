#include "kernels/softmax_cross_entropy.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/softmax_cross_entropy.h"

namespace surplus {
namespace {

template <typename T>
using Loss = void (*)(std::size_t, std::size_t, const T*, std::size_t, const std::size_t*, T, T*,
                      T*, std::size_t);

template <typename T, Loss<T> loss>
void bench_loss(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  std::vector<T> x(m * n), d_x(m * n), losses(m);
  for (std::size_t i = 0; i < m * n; ++i) x[i] = static_cast<T>(i % 97) * T(0.1);
  std::vector<std::size_t> y(m);
  for (std::size_t i = 0; i < m; ++i) y[i] = i % n;
  for (auto _ : state) {
    loss(m, n, x.data(), n, y.data(), T(1) / static_cast<T>(m), losses.data(), d_x.data(), n);
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  // An exponential is about 16 (float) or 22 (double) operations.
  bench::count_roofline<T>(state, (sizeof(T) == 4 ? 20 : 26) * elements, 2 * sizeof(T) * elements);
}

// The batches of the studies, and 64 MiB.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({128, 10})->Args({1024, 1000})->Args({16384, 512});
}

BENCHMARK(bench_loss<float, kernels::softmax_cross_entropy>)->Apply(shapes);
BENCHMARK(bench_loss<double, kernels::softmax_cross_entropy>)->Apply(shapes);
BENCHMARK(bench_loss<float, kernels::reference::softmax_cross_entropy<float>>)->Args({128, 10});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
