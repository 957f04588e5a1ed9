#include "kernels/update.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "bench/support/roofline.h"

namespace surplus {
namespace {

// Some thousand parameters (the first cache), and 64 MiB of each array.
void sizes(benchmark::internal::Benchmark* bench, std::int64_t element) {
  bench->Arg(1 << 12)->Arg((std::int64_t{64} << 20) / element);
}
void float_sizes(benchmark::internal::Benchmark* bench) { sizes(bench, 4); }
void double_sizes(benchmark::internal::Benchmark* bench) { sizes(bench, 8); }

template <typename T>
struct Arrays {
  explicit Arrays(std::int64_t count)
      : n(static_cast<std::size_t>(count)),
        d_w(n, T(1e-3)),
        first(n),
        second(n, T(1)),
        w(n, T(1)) {}
  std::size_t n;
  std::vector<T> d_w, first, second, w;
};

// `moved` elements read and written and `flops` done per parameter.
template <typename T, typename Rule>
void run(benchmark::State& state, double flops, double moved, const Rule& rule) {
  Arrays<T> arrays(state.range(0));
  for (auto _ : state) {
    rule(arrays);
    benchmark::ClobberMemory();
  }
  const auto parameters = static_cast<double>(arrays.n);
  bench::count_roofline<T>(state, flops * parameters, moved * sizeof(T) * parameters);
}

// The bound: a copy, and a + s b into a third array (triad).
void bench_copy(benchmark::State& state) {
  run<float>(state, 0, 2, [](auto& a) { std::copy(a.d_w.begin(), a.d_w.end(), a.w.begin()); });
}
void bench_triad(benchmark::State& state) {
  run<float>(state, 2, 3, [](auto& a) {
    const float* x = a.d_w.data();
    const float* y = a.second.data();
    float* z = a.first.data();
    for (std::size_t i = 0; i < a.n; ++i) z[i] = x[i] + 3.0f * y[i];
  });
}

template <typename T>
void bench_sgd(benchmark::State& state) {
  run<T>(state, 4, 3,
         [](auto& a) { kernels::sgd_update(a.n, T(0.1), T(1e-4), a.d_w.data(), a.w.data()); });
}
template <typename T>
void bench_momentum(benchmark::State& state) {
  run<T>(state, 6, 5, [](auto& a) {
    kernels::momentum_update(a.n, T(0.1), T(0.9), T(1e-4), a.d_w.data(), a.first.data(),
                             a.w.data());
  });
}
template <typename T>
void bench_nesterov(benchmark::State& state) {
  run<T>(state, 8, 5, [](auto& a) {
    kernels::nesterov_update(a.n, T(0.1), T(0.9), T(1e-4), a.d_w.data(), a.first.data(),
                             a.w.data());
  });
}
template <typename T>
void bench_mass(benchmark::State& state) {
  run<T>(state, 9, 5, [](auto& a) {
    kernels::mass_update(a.n, T(0.1), T(0.9), T(0.5), T(1e-4), a.d_w.data(), a.first.data(),
                         a.w.data());
  });
}
template <typename T>
void bench_adam(benchmark::State& state) {
  const kernels::AdamStep<T> step = {T(1e-3), T(0.9), T(0.999), T(1e-8), T(1), T(0), T(1)};
  run<T>(state, 14, 7, [&](auto& a) {
    kernels::adam_update(a.n, step, a.d_w.data(), a.first.data(), a.second.data(), a.w.data());
  });
}

BENCHMARK(bench_copy)->Apply(float_sizes);
BENCHMARK(bench_triad)->Apply(float_sizes);
BENCHMARK(bench_sgd<float>)->Apply(float_sizes);
BENCHMARK(bench_sgd<double>)->Apply(double_sizes);
BENCHMARK(bench_momentum<float>)->Apply(float_sizes);
BENCHMARK(bench_momentum<double>)->Apply(double_sizes);
BENCHMARK(bench_nesterov<float>)->Apply(float_sizes);
BENCHMARK(bench_mass<float>)->Apply(float_sizes);
BENCHMARK(bench_adam<float>)->Apply(float_sizes);
BENCHMARK(bench_adam<double>)->Apply(double_sizes);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
