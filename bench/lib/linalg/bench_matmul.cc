#include <benchmark/benchmark.h>

#include <cstddef>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

template <typename T>
Matrix<T> random_matrix(std::size_t rows, std::size_t cols) {
  Matrix<T> x(rows, cols);
  Rng rng(1);
  rng.fill_normal(x.values());
  return x;
}

// One product of each shape, B as it is or packed before. Arguments: m, n, k, threads.
template <typename T, bool kPacked>
void bench_matmul(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1)),
             k = static_cast<std::size_t>(state.range(2));
  const Matrix<T> a = random_matrix<T>(m, k), b = random_matrix<T>(k, n);
  const PackedMatrix<T> packed(b.view());
  Matrix<T> c(m, n);
  set_thread_count(static_cast<std::size_t>(state.range(3)));
  for (auto _ : state) {
    if constexpr (kPacked) {
      matmul(a.view(), packed, c.view());
    } else {
      matmul(a.view(), b.view(), c.view());
    }
    benchmark::ClobberMemory();
  }
  set_thread_count(0);
  state.counters["flop/s"] = benchmark::Counter(2.0 * static_cast<double>(m * n * k),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void add_shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"m", "n", "k", "threads"});
  for (const long threads : {1, 2}) {
    bench->Args({512, 512, 512, threads});
    bench->Args({1024, 1024, 1024, threads});
    bench->Args({128, 1024, 784, threads});
    bench->Args({64, 512, 3072, threads});
    bench->Args({128, 8192, 3072, threads});
  }
  bench->UseRealTime();
}

BENCHMARK_TEMPLATE(bench_matmul, float, false)->Apply(add_shapes);
BENCHMARK_TEMPLATE(bench_matmul, float, true)->Apply(add_shapes);
BENCHMARK_TEMPLATE(bench_matmul, double, false)->Apply(add_shapes);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
