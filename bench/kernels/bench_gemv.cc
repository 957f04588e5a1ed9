#include "kernels/gemv.h"

#include <benchmark/benchmark.h>

#include "bench/support/roofline.h"
#include "kernels/blas.h"
#include "kernels/reference/gemv.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

// y = A x or y = A^T x, without gaps.
template <typename T>
using Gemv = void (*)(bool, std::size_t, std::size_t, const T*, const T*, T*);

template <typename T>
void ours(bool transposed, std::size_t m, std::size_t n, const T* a, const T* x, T* y) {
  kernels::gemv(transposed, m, n, T{1}, a, n, x, 1, T{0}, y, 1);
}
template <typename T>
void openblas(bool transposed, std::size_t m, std::size_t n, const T* a, const T* x, T* y) {
  kernels::blas_gemv(transposed, m, n, T{1}, a, n, x, T{0}, y);
}
template <typename T>
void reference(bool transposed, std::size_t m, std::size_t n, const T* a, const T* x, T* y) {
  kernels::reference::gemv(transposed, m, n, T{1}, a, n, x, 1, T{0}, y, 1);
}

template <typename T, Gemv<T> gemv>
void bench_gemv(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(1)),
             n = static_cast<std::size_t>(state.range(2));
  const bool transposed = state.range(0) != 0;
  const Matrix<T> a(m, n, T(0.5)), x(1, transposed ? m : n, T(0.5));
  Matrix<T> y(1, transposed ? n : m);
  for (auto _ : state) {
    gemv(transposed, m, n, a.data(), x.data(), y.data());
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  bench::count_roofline<T>(state, 2 * elements,
                           (elements + static_cast<double>(m + n)) * sizeof(T));
}

// Within the first cache, the second, a tall and a wide one, and 64 MiB in float.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"transposed", "m", "n"});
  for (const int transposed : {0, 1}) {
    for (const auto& [m, n] :
         {std::pair{64, 64}, {256, 256}, {10000, 16}, {16, 10000}, {4096, 4096}}) {
      bench->Args({transposed, m, n});
    }
  }
}

BENCHMARK(bench_gemv<float, ours<float>>)->Apply(shapes);
BENCHMARK(bench_gemv<float, openblas<float>>)->Apply(shapes);
BENCHMARK(bench_gemv<double, ours<double>>)->Apply(shapes);
BENCHMARK(bench_gemv<double, openblas<double>>)->Apply(shapes);
BENCHMARK(bench_gemv<float, reference<float>>)
    ->ArgNames({"transposed", "m", "n"})
    ->Args({0, 64, 64});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
