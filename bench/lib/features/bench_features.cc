#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/features/kernel_ridge.h"
#include "surplus/features/polynomial.h"
#include "surplus/features/random_features.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

constexpr std::size_t kInputs = 784;

template <typename T>
Matrix<T> random_matrix(std::size_t rows, std::size_t cols) {
  Matrix<T> x(rows, cols);
  Rng rng(1);
  rng.fill_normal(x.values());
  return x;
}

void count_flops(benchmark::State& state, double flops) {
  set_thread_count(0);
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

// n samples of 784 inputs, n features. Arguments: n, threads. The flops are those of the product,
// which the rows named product have alone.
template <typename T, RandomFeature kKind>
void bench_random_features(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<T> x = random_matrix<T>(n, kInputs);
  const auto features = draw_random_features<T>(kKind, n, kInputs, 5, Rng(2));
  Matrix<T> z(n, n);
  set_thread_count(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    random_features<T>(features, x, 0, z);
    benchmark::ClobberMemory();
  }
  count_flops(state, 2.0 * static_cast<double>(n * n * kInputs));
}

template <typename T>
void bench_product(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<T> x = random_matrix<T>(n, kInputs), v = random_matrix<T>(n, kInputs);
  Matrix<T> z(n, n);
  set_thread_count(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    matmul(x.view(), v.view(), z.view(), {.transpose_b = true});
    benchmark::ClobberMemory();
  }
  count_flops(state, 2.0 * static_cast<double>(n * n * kInputs));
}

template <typename T>
void bench_gaussian_kernel(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<T> x = random_matrix<T>(n, kInputs);
  set_thread_count(static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(gaussian_kernel(x.view(), x.view(), 5.0));
  count_flops(state, 2.0 * static_cast<double>(n * n * kInputs));
}

// Arguments: points, features.
template <typename T>
void bench_polynomial_features(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)),
             count = static_cast<std::size_t>(state.range(1));
  Matrix<T> x(1, n);
  Rng rng(1);
  rng.fill_uniform(x.values());
  const std::span<const T> points = std::as_const(x).values();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        polynomial_features<T>(PolynomialBasis::kOrthonormalLegendre, points, 0, count));
  }
  count_flops(state, 3.0 * static_cast<double>(n * count));
}

void add_sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"n", "threads"})->Args({2000, 1})->Args({4000, 1})->Args({4000, 2});
  bench->UseRealTime();
}

BENCHMARK_TEMPLATE(bench_product, float)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_random_features, float, RandomFeature::kFourier)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_random_features, float, RandomFeature::kRelu)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_gaussian_kernel, float)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_product, double)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_random_features, double, RandomFeature::kFourier)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_gaussian_kernel, double)->Apply(add_sizes);
BENCHMARK_TEMPLATE(bench_polynomial_features, double)
    ->ArgNames({"n", "count"})
    ->Args({16, 100})
    ->Args({1000, 1000});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
