#include "kernels/ger.h"

#include <benchmark/benchmark.h>

#include "bench/support/roofline.h"
#include "kernels/blas.h"
#include "kernels/reference/ger.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

template <typename T>
using Ger = void (*)(std::size_t, T, const T*, const T*, T*);

template <typename T>
void ours(std::size_t n, T alpha, const T* x, const T* y, T* a) {
  kernels::ger(n, n, alpha, x, 1, y, 1, a, n);
}
template <typename T>
void symmetric(std::size_t n, T alpha, const T* x, const T*, T* a) {
  kernels::symmetric_rank_one(n, alpha, x, 1, a, n);
}
template <typename T>
void openblas(std::size_t n, T alpha, const T* x, const T* y, T* a) {
  kernels::blas_ger(n, n, alpha, x, y, a, n);
}
template <typename T>
void reference(std::size_t n, T alpha, const T* x, const T* y, T* a) {
  kernels::reference::ger(n, n, alpha, x, 1, y, 1, a, n);
}

template <typename T, Ger<T> ger>
void bench_ger(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<T> x(1, n, T(0.5)), y(1, n, T(0.25));
  Matrix<T> a(n, n);
  T alpha = T(1e-3);  // its sign changes, so that A stays what it is
  for (auto _ : state) {
    ger(n, alpha, x.data(), y.data(), a.data());
    alpha = -alpha;
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(n * n);
  bench::count_roofline<T>(state, 2 * elements, 2 * elements * sizeof(T));
}

// Within the first cache, the second, and 64 MiB in float.
void sizes(benchmark::internal::Benchmark* bench) { bench->Arg(64)->Arg(256)->Arg(4096); }

BENCHMARK(bench_ger<float, ours<float>>)->Apply(sizes);
BENCHMARK(bench_ger<float, symmetric<float>>)->Apply(sizes);
BENCHMARK(bench_ger<float, openblas<float>>)->Apply(sizes);
BENCHMARK(bench_ger<double, ours<double>>)->Apply(sizes);
BENCHMARK(bench_ger<double, symmetric<double>>)->Apply(sizes);
BENCHMARK(bench_ger<double, openblas<double>>)->Apply(sizes);
BENCHMARK(bench_ger<float, reference<float>>)->Arg(64);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
