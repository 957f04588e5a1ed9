#include "kernels/gaussian.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/reference/gaussian.h"

namespace surplus {
namespace {

using kernels::GaussianModel;
using Covariance = GaussianModel::Covariance;

// Overlapping unit Gaussians on a line, so that no responsibility is negligible.
struct Problem {
  Problem(Covariance covariance, std::size_t n_, std::size_t d, std::size_t k)
      : n(n_),
        x(n * d),
        centre(d, 0.5),
        means(k * d),
        factors(k * d * (d + 1) / 2, 0.01),
        log_scales(k, -1.0),
        mass(k),
        first(k * d),
        second(factors.size()) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * 7919 % 1009) / 1009;
    for (std::size_t i = 0; i < means.size(); ++i) means[i] = static_cast<double>(i % 5) / 5;
    model = {covariance, k, d, centre.data(), means.data(), factors.data(), log_scales.data()};
    sums = {&log_likelihood, mass.data(), first.data(), second.data()};
    scratch.resize(kernels::gaussian_scratch_size(model));
  }

  std::size_t n;
  std::vector<double> x, centre, means, factors, log_scales, mass, first, second, scratch;
  double log_likelihood = 0;
  GaussianModel model;
  kernels::GaussianSums sums;
};

void count(benchmark::State& state, const Problem& problem) {
  const auto pairs = static_cast<double>(problem.n * problem.model.k);
  state.counters["row*component/s"] =
      benchmark::Counter(pairs, benchmark::Counter::kIsIterationInvariantRate);
}

// Arguments: n, d, k.
void bench_pass(benchmark::State& state, Covariance covariance, bool with_second) {
  Problem problem(covariance, static_cast<std::size_t>(state.range(0)),
                  static_cast<std::size_t>(state.range(1)),
                  static_cast<std::size_t>(state.range(2)));
  if (!with_second) problem.sums.second = nullptr;
  for (auto _ : state) {
    kernels::gaussian_pass(problem.model, problem.n, problem.x.data(), problem.model.d, nullptr,
                           problem.sums, {}, problem.scratch.data());
    benchmark::ClobberMemory();
  }
  count(state, problem);
}

void bench_reference(benchmark::State& state, Covariance covariance) {
  Problem problem(covariance, static_cast<std::size_t>(state.range(0)),
                  static_cast<std::size_t>(state.range(1)),
                  static_cast<std::size_t>(state.range(2)));
  for (auto _ : state) {
    kernels::reference::gaussian_pass(problem.model, problem.n, problem.x.data(), problem.model.d,
                                      nullptr, problem.sums, kernels::GaussianRows{});
    benchmark::ClobberMemory();
  }
  count(state, problem);
}

BENCHMARK_CAPTURE(bench_pass, full, Covariance::kFull, true)
    ->Args({8192, 16, 8})
    ->Args({8192, 64, 10})
    ->Args({2000, 2, 4});
BENCHMARK_CAPTURE(bench_pass, tied, Covariance::kTied, true)->Args({8192, 16, 8});
BENCHMARK_CAPTURE(bench_pass, diagonal, Covariance::kDiagonal, true)->Args({8192, 16, 8});
BENCHMARK_CAPTURE(bench_pass, spherical, Covariance::kSpherical, true)
    ->Args({8192, 2, 3})
    ->Args({8192, 16, 8});
BENCHMARK_CAPTURE(bench_pass, spherical_fixed, Covariance::kSpherical, false)
    ->Args({1000, 1, 2})
    ->Args({2000, 2, 3})
    ->Args({2000, 2, 4});
BENCHMARK_CAPTURE(bench_reference, full, Covariance::kFull)->Args({8192, 16, 8});
BENCHMARK_CAPTURE(bench_reference, diagonal, Covariance::kDiagonal)->Args({8192, 16, 8});
BENCHMARK_CAPTURE(bench_reference, spherical, Covariance::kSpherical)->Args({8192, 2, 3});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
