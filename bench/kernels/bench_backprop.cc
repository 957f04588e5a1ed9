#include "kernels/backprop.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <vector>

#include "bench/support/machine.h"
#include "kernels/reference/backprop.h"

namespace surplus {
namespace {

constexpr std::size_t kSteps = 1000, kExamples = 2000;

// The student of a classifier-width study: d inputs, h hidden units; steps too short to go anywhere.
template <typename T>
struct Student {
  std::size_t h, d;
  std::vector<std::size_t> order;
  std::vector<T> rates, x, y, w, b, v;
  T c = 0;
  Student(std::size_t units, std::size_t inputs)
      : h(units),
        d(inputs),
        rates(kSteps, T(1e-6)),
        x(kExamples * d),
        y(kExamples),
        w(h * d),
        b(h),
        v(h) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (auto* values : {&x, &y, &w, &b, &v}) {
      for (T& value : *values) value = static_cast<T>(normal(random));
    }
    for (T& value : w) value /= static_cast<T>(std::sqrt(static_cast<double>(d)));
    for (std::size_t s = 0; s < kSteps; ++s) order.push_back(random() % kExamples);
  }
};

template <typename T>
void report(benchmark::State& state, const Student<T>& student) {
  state.counters["updates/s"] =
      benchmark::Counter(kSteps, benchmark::Counter::kIsIterationInvariantRate);
  const auto h = static_cast<double>(student.h), d = static_cast<double>(student.d);
  bench::count_work<T>(state, kSteps * h * (4 * d + 40), kSteps * 2 * sizeof(T) * h * (d + 2));
}

template <typename T>
void bench_backprop(benchmark::State& state) {
  Student<T> s(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const std::size_t bytes = (kernels::online_backprop_scratch(s.h, s.d) * sizeof(T) + 63) / 64 * 64;
  T* const scratch = static_cast<T*>(std::aligned_alloc(64, bytes));
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::online_backprop(
        s.h, s.d, kSteps, s.order.data(), s.rates.data(), T(0), s.x.data(), s.d, s.y.data(),
        s.w.data(), s.d, s.b.data(), s.v.data(), &s.c, scratch));
  }
  std::free(scratch);
  report(state, s);
}

template <typename T>
void bench_reference(benchmark::State& state) {
  Student<T> s(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::reference::online_backprop(
        s.h, s.d, kSteps, s.order.data(), s.rates.data(), T(0), s.x.data(), s.d, s.y.data(),
        s.w.data(), s.b.data(), s.v.data(), &s.c));
  }
  report(state, s);
}

BENCHMARK(bench_backprop<float>)
    ->Args({2, 20})
    ->Args({10, 20})
    ->Args({40, 20})
    ->Args({100, 20})
    ->Args({10, 1})
    ->Args({50, 1});
BENCHMARK(bench_backprop<double>)->Args({10, 20})->Args({40, 20});
BENCHMARK(bench_reference<float>)->Args({10, 20})->Args({40, 20})->Args({50, 1});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
