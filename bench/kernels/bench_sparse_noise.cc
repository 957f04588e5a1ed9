#include "kernels/sparse_noise.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/roofline.h"
#include "kernels/gemv.h"
#include "kernels/reference/sparse_noise.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

using Product = void (*)(std::size_t, std::size_t, const double*, const double*, double*, double*);

void ours(std::size_t r, std::size_t n, const double* b_t, const double* x, double* z,
          double* out) {
  kernels::row_space_product(r, n, b_t, n, x, nullptr, z, out);
}
// What it stands in for: two passes over B.
void two_gemv(std::size_t r, std::size_t n, const double* b_t, const double* x, double* z,
              double* out) {
  kernels::gemv(false, r, n, 1.0, b_t, n, x, 1, 0.0, z, 1);
  kernels::gemv(true, r, n, 1.0, b_t, n, z, 1, 0.0, out, 1);
}
void reference(std::size_t r, std::size_t n, const double* b_t, const double* x, double* z,
               double* out) {
  kernels::reference::row_space_product(r, n, b_t, n, x, nullptr, z, out);
}

template <Product product>
void bench_product(benchmark::State& state) {
  const auto r = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const Matrix<double> b(r, n, 0.5), x(1, n, 0.5);
  Matrix<double> z(1, r), out(1, n);
  for (auto _ : state) {
    product(r, n, b.data(), x.data(), z.data(), out.data());
    benchmark::ClobberMemory();
  }
  const auto entries = static_cast<double>(r * n);
  bench::count_roofline<double>(state, 4 * entries,
                                (entries + static_cast<double>(r + 2 * n)) * sizeof(double));
}

void bench_descent(benchmark::State& state) {
  const auto r = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const Matrix<double> b(r, n, 0.01), y(1, n, 0.5);
  Matrix<double> mu(1, n), u(1, n, 0.1), v(1, n, 0.1), s(1, n),
      scratch(1, kernels::sparse_noise_scratch_size(r, n));
  constexpr std::size_t kSteps = 50;
  for (auto _ : state) {
    kernels::sparse_noise_descent({r, n, b.data(), n, y.data(), 1e-3, 1e-3, 1e-3}, 0, kSteps,
                                  mu.data(), u.data(), v.data(), s.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  const auto entries = static_cast<double>(r * n), size = static_cast<double>(n);
  bench::count_roofline<double>(state, kSteps * (4 * entries + 12 * size),
                                kSteps * (entries + 9 * size) * sizeof(double));
}

// Ranks of the study, within the first cache and beyond it, and a matrix of 16 MiB.
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"r", "n"})->Args({10, 100})->Args({50, 100})->Args({256, 8192});
}

BENCHMARK(bench_product<ours>)->Name("row_space_product")->Apply(shapes);
BENCHMARK(bench_product<two_gemv>)->Name("row_space_product/two gemv")->Apply(shapes);
BENCHMARK(bench_product<reference>)->Name("row_space_product/reference")->Apply(shapes);
BENCHMARK(bench_descent)->Name("sparse_noise_descent")->Apply(shapes);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
