#include "kernels/activation.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/activation.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

using kernels::Activation;

// Flop per element, by activation, as the header has them.
constexpr double kForwardFlops[] = {1, 2, 25, 25, 30}, kBackwardFlops[] = {1, 2, 3, 3, 45};

// A batch of 128 through hidden layers: in the caches, and in 64 MiB of them.
void shapes(benchmark::internal::Benchmark* bench) {
  for (int f = 0; f < 5; ++f) bench->Args({128, 256, f})->Args({4096, 4096, f});
}

template <typename T>
void bench_forward(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const auto f = static_cast<Activation>(state.range(2));
  const Matrix<T> x(m, n, T(0.5));
  Matrix<T> y(m, n);
  const std::vector<T> bias(n, T(0.1));
  for (auto _ : state) {
    kernels::bias_activation(f, m, n, x.data(), n, bias.data(), y.data(), n);
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  bench::count_roofline<T>(state, kForwardFlops[state.range(2)] * elements,
                           2 * sizeof(T) * elements);
}

template <typename T>
void bench_backward(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  const auto f = static_cast<Activation>(state.range(2));
  std::vector<T> stash(m * n, T(0.5)), d_y(m * n, T(1)), d_x(m * n), bias(n, T(0.1)), d_bias(n);
  for (auto _ : state) {
    kernels::activation_backward(f, m, n, stash.data(), n, bias.data(), d_y.data(), n, d_x.data(),
                                 n, d_bias.data());
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  bench::count_roofline<T>(state, kBackwardFlops[state.range(2)] * elements,
                           3 * sizeof(T) * elements);
}

template <typename T>
using Features = void (*)(std::size_t, std::size_t, const T*, std::size_t, const T*, T, T*,
                          std::size_t);

template <typename T, Features<T> features>
void bench_features(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)),
             n = static_cast<std::size_t>(state.range(1));
  std::vector<T> x(m * n, T(2.5)), y(m * n), phase(n, T(0.1));
  for (auto _ : state) {
    features(m, n, x.data(), n, phase.data(), T(0.01), y.data(), n);
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(m * n);
  bench::count_roofline<T>(state, 32 * elements, 2 * sizeof(T) * elements);
}

BENCHMARK(bench_forward<float>)->Apply(shapes);
BENCHMARK(bench_backward<float>)->Apply(shapes);
BENCHMARK(bench_features<float, kernels::fourier_features>)->Args({128, 256})->Args({4096, 4096});
BENCHMARK(bench_features<double, kernels::fourier_features>)->Args({128, 256})->Args({4096, 2048});
BENCHMARK(bench_features<float, kernels::reference::fourier_features<float>>)->Args({128, 256});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
