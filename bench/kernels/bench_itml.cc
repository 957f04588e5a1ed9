#include "kernels/itml.h"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "kernels/reference/itml.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

struct Problem {
  static constexpr std::size_t kPoints = 200;
  explicit Problem(std::size_t dimensions, std::size_t pairs)
      : d(dimensions),
        x(kPoints * d),
        lambda(pairs),
        a(d, kernels::itml_stride(d)),
        scratch(kernels::kItmlScratch, kernels::itml_stride(d)) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (double& value : x) value = normal(random);
    for (std::size_t c = 0; c < pairs; ++c) {
      first.push_back(static_cast<std::uint32_t>(random() % kPoints));
      second.push_back(static_cast<std::uint32_t>(random() % kPoints));
      similar.push_back(static_cast<std::uint8_t>(random() % 2));
    }
    for (std::size_t i = 0; i < d; ++i) a(i, i) = 1;
  }
  std::size_t d;
  std::vector<double> x, lambda;
  Matrix<double> a, scratch;
  std::vector<std::uint32_t> first, second;
  std::vector<std::uint8_t> similar;
};

void count(benchmark::State& state, const Problem& problem) {
  const auto projections = static_cast<double>(problem.first.size());
  const auto d = static_cast<double>(problem.d);
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["projections/s"] = benchmark::Counter(projections, rate);
  state.counters["flop/s"] = benchmark::Counter(4 * d * d * projections, rate);
  state.counters["bytes/s"] =
      benchmark::Counter(16 * d * d * projections / kernels::kItmlBlock, rate);
}

void bench_itml_sweep(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0));
  Problem problem(d, d >= 256 ? 100 : 2000);
  for (auto _ : state) {
    kernels::itml_sweep(
        d, problem.x.data(), d,
        {problem.first.size(), problem.first.data(), problem.second.data(), problem.similar.data()},
        {0.1 * static_cast<double>(d), 4.0 * static_cast<double>(d), 1, 1e-18},
        problem.lambda.data(), problem.a.data(), problem.scratch.data());
  }
  count(state, problem);
}

void bench_itml_reference(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0));
  Problem problem(d, 2000);
  std::vector<double> xi(problem.first.size(), static_cast<double>(d)), v(d), a(d * d);
  for (std::size_t i = 0; i < d; ++i) a[i * d + i] = 1;
  for (auto _ : state) {
    for (std::size_t c = 0; c < xi.size(); ++c) {
      for (std::size_t j = 0; j < d; ++j) {
        v[j] = problem.x[problem.first[c] * d + j] - problem.x[problem.second[c] * d + j];
      }
      if (problem.first[c] == problem.second[c]) continue;
      kernels::reference::itml_project(d, v.data(), problem.similar[c] ? 1 : -1, 1,
                                       problem.lambda[c], xi[c], a);
    }
  }
  count(state, problem);
}

BENCHMARK(bench_itml_sweep)->Arg(4)->Arg(9)->Arg(30)->Arg(256)->Arg(1024);
BENCHMARK(bench_itml_reference)->Arg(4)->Arg(9)->Arg(30);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
