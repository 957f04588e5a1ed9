#include "kernels/distance.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/distance.h"

namespace surplus {
namespace {

template <typename T>
using Distances = void (*)(std::size_t, std::size_t, std::size_t, const T*, std::size_t, const T*,
                           std::size_t, T*, std::size_t);

template <typename T, Distances<T> distances>
void bench_distances(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)),
             d = static_cast<std::size_t>(state.range(1));
  std::vector<T> x(n * d), out(n * n);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i % 101) * T(0.01);
  for (auto _ : state) {
    distances(n, n, d, x.data(), d, x.data(), d, out.data(), n);
    benchmark::ClobberMemory();
  }
  bench::count_roofline<T>(state, 3.0 * static_cast<double>(n * n * d),
                           static_cast<double>((2 * n * d + n * n) * sizeof(T)));
}

// Iris, digits and a raw image set in size; a table whose distances fill 64 MiB.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({150, 4})->Args({1797, 64})->Args({500, 784})->Args({4096, 4});
}

BENCHMARK(bench_distances<float, kernels::squared_distances>)->Apply(shapes);
BENCHMARK(bench_distances<double, kernels::squared_distances>)->Apply(shapes);
BENCHMARK(bench_distances<float, kernels::reference::squared_distances<float>>)->Args({150, 4});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
