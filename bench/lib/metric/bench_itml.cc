#include "surplus/metric/itml.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/metric/knn.h"

namespace surplus {
namespace {

struct Problem {
  Problem(std::size_t n, std::size_t d) : x(n, d) {
    Rng(1).fill_normal(x.values());
    for (std::size_t i = 0; i < n; ++i) labels.push_back(i % 3);
  }
  Matrix<double> x;
  std::vector<std::size_t> labels;
};

// Ten sweeps of a fit. Arguments: d, pairs; 2^20 + 1 pairs and more are made anew in each sweep.
void bench_sweeps(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0)),
             count = static_cast<std::size_t>(state.range(1));
  const Problem problem(2000, d);
  const Pairs pairs = random_pairs(problem.labels, count, Rng(2));
  const auto scale = static_cast<double>(d);
  const ItmlConfig config{
      .bounds = ItmlBounds{0.5 * scale, 4 * scale}, .sweeps = 10, .tolerance = 0};
  for (auto _ : state) benchmark::DoNotOptimize(fit_itml(problem.x, pairs, config));
  state.counters["projections/s"] = benchmark::Counter(
      10 * static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate);
}

// Labels of n points by their 4 nearest of n others. Arguments: n, d, threads.
void bench_knn(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)),
             d = static_cast<std::size_t>(state.range(1));
  const Problem problem(n, d);
  Matrix<double> queries(n, d);
  Rng(3).fill_normal(queries.values());
  set_thread_count(static_cast<std::size_t>(state.range(2)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(knn_classify(problem.x, problem.labels, queries));
  }
  set_thread_count(0);
  state.counters["queries/s"] =
      benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(bench_sweeps)->Args({9, 10000})->Args({9, 20000})->Args({9, 1200000});
BENCHMARK(bench_sweeps)->Args({32, 2000})->Args({64, 2000})->Args({128, 2000})->Args({256, 2000});
BENCHMARK(bench_knn)
    ->Args({1000, 9, 1})
    ->Args({10000, 30, 1})
    ->Args({10000, 30, 2})
    ->Args({3000, 300, 1})
    ->UseRealTime();

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
