#include "kernels/blas.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "kernels/reference/blas.h"

// OpenBLAS is what kernels/blas calls, so the only rival to put beside it is the reference.

namespace surplus {
namespace {

template <typename T>
std::vector<T> diagonally_dominant(std::size_t n) {
  std::vector<T> a(n * n, T{0.5});
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = static_cast<T>(n);
  return a;
}

void count_flops(benchmark::State& state, double flops) {
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

template <typename T, std::size_t (*potrf)(std::size_t, T*, std::size_t)>
void bench_potrf(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::vector<T> a = diagonally_dominant<T>(n);
  std::vector<T> l(a.size());
  for (auto _ : state) {
    std::copy(a.begin(), a.end(), l.begin());
    benchmark::DoNotOptimize(potrf(n, l.data(), n));
  }
  count_flops(state, static_cast<double>(n * n * n) / 3);
}

template <typename T,
          void (*trsm)(bool, std::size_t, std::size_t, const T*, std::size_t, T*, std::size_t)>
void bench_trsm_left(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const std::vector<T> l = diagonally_dominant<T>(m), b(m * n, T{1});
  std::vector<T> x(b.size());
  for (auto _ : state) {
    std::copy(b.begin(), b.end(), x.begin());
    trsm(false, m, n, l.data(), m, x.data(), n);
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  count_flops(state, static_cast<double>(m * m * n));
}

template <typename T>
void bench_syevd(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::vector<T> a = diagonally_dominant<T>(n);
  const kernels::BlasScratch size = kernels::syevd_scratch(n, T{});
  std::vector<T> v(a.size()), values(n), reals(size.reals);
  std::vector<std::int32_t> ints(size.ints);
  for (auto _ : state) {
    std::copy(a.begin(), a.end(), v.begin());
    kernels::syevd(n, v.data(), n, values.data(), size, reals.data(), ints.data());
    benchmark::DoNotOptimize(values.data());
  }
  count_flops(state, 9 * static_cast<double>(n * n * n));
}

BENCHMARK(bench_potrf<double, kernels::potrf>)->RangeMultiplier(4)->Range(1, 1024);
BENCHMARK(bench_potrf<double, kernels::reference::potrf<double>>)
    ->RangeMultiplier(4)
    ->Range(1, 256);
BENCHMARK(bench_potrf<float, kernels::potrf>)->RangeMultiplier(4)->Range(1, 1024);
BENCHMARK(bench_trsm_left<double, kernels::trsm_left>)
    ->Args({4, 64})
    ->Args({16, 64})
    ->Args({512, 512});
BENCHMARK(bench_trsm_left<double, kernels::reference::trsm_left<double>>)
    ->Args({4, 64})
    ->Args({16, 64});
BENCHMARK(bench_syevd<double>)->Arg(16)->Arg(64)->Arg(256);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
