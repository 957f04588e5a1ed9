#include "kernels/syrk.h"

#include <benchmark/benchmark.h>

#include "bench/support/roofline.h"
#include "kernels/blas.h"
#include "kernels/reference/syrk.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

// The lower triangle of A A^T, or of A^T A.
template <typename T>
using Syrk = void (*)(bool, std::size_t, std::size_t, const Matrix<T>&, T*, void*);

template <typename T>
void ours(bool transposed, std::size_t n, std::size_t k, const Matrix<T>& a, T* c, void* scratch) {
  kernels::syrk(transposed, n, k, T{1}, a.data(), a.cols(), T{0}, c, n, scratch);
}
template <typename T>
void openblas(bool transposed, std::size_t n, std::size_t k, const Matrix<T>& a, T* c, void*) {
  kernels::blas_syrk(transposed, n, k, T{1}, a.data(), a.cols(), T{0}, c, n);
}
template <typename T>
void reference(bool transposed, std::size_t n, std::size_t k, const Matrix<T>& a, T* c, void*) {
  kernels::reference::syrk(transposed, n, k, T{1}, a.data(), a.cols(), T{0}, c, n);
}

template <typename T, Syrk<T> syrk>
void bench_syrk(benchmark::State& state) {
  const bool transposed = state.range(0) != 0;
  const auto n = static_cast<std::size_t>(state.range(1)),
             k = static_cast<std::size_t>(state.range(2));
  const Matrix<T> a(transposed ? k : n, transposed ? n : k, T(0.5));
  Matrix<T> c(n, n);
  Matrix<double> scratch(1, kernels::syrk_scratch_size(n, k) / sizeof(double));
  for (auto _ : state) {
    syrk(transposed, n, k, a, c.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  const auto order = static_cast<double>(n), depth = static_cast<double>(k);
  bench::count_roofline<T>(state, order * (order + 1) * depth,
                           (order * depth + order * order / 2) * sizeof(T));
}

// Covariances of data sets (few features, many samples), and squares.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"transposed", "n", "k"});
  bench->Args({1, 16, 10000})->Args({1, 64, 1797})->Args({0, 64, 64});
  bench->Args({0, 256, 256})->Args({1, 784, 1000})->Args({0, 1024, 1024});
}

BENCHMARK(bench_syrk<float, ours<float>>)->Apply(shapes);
BENCHMARK(bench_syrk<float, openblas<float>>)->Apply(shapes);
BENCHMARK(bench_syrk<double, ours<double>>)->Apply(shapes);
BENCHMARK(bench_syrk<double, openblas<double>>)->Apply(shapes);
BENCHMARK(bench_syrk<float, reference<float>>)
    ->ArgNames({"transposed", "n", "k"})
    ->Args({0, 64, 64});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
