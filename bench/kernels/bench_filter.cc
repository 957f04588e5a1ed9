#include "kernels/filter.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/filter.h"

namespace surplus {
namespace {

// 64 Ki normal scores, of which one in range(0) is found.
template <typename T, bool kReference>
void bench_filter(benchmark::State& state) {
  constexpr std::size_t n = std::size_t{1} << 16;
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<T> x(n), sizes(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<T>(normal(random));
    sizes[i] = std::abs(x[i]);
  }
  const auto rank = sizes.end() - static_cast<std::ptrdiff_t>(n) / state.range(0);
  std::nth_element(sizes.begin(), rank, sizes.end());
  const T bound = *rank;
  std::vector<std::uint32_t> numbers(n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        kReference ? kernels::reference::find_large(n, x.data(), bound, numbers.data())
                   : kernels::find_large(n, x.data(), bound, numbers.data()));
    benchmark::ClobberMemory();
  }
  bench::count_roofline<T>(state, 0, double{n} * sizeof(T));
}

BENCHMARK(bench_filter<float, false>)->Name("filter/float")->Arg(2)->Arg(20)->Arg(80);
BENCHMARK(bench_filter<double, false>)->Name("filter/double")->Arg(20);
BENCHMARK(bench_filter<float, true>)->Name("filter/reference")->Arg(20);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
