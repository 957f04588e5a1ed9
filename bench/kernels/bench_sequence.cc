#include "kernels/sequence.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

#include "bench/support/machine.h"
#include "kernels/reference/sequence.h"

namespace surplus {
namespace {

// 10^4 coordinates with eigenvalues j^-1.5 and noise of s.d. .02: the protocol of the study.
struct Problem {
  static constexpr std::size_t kCoordinates = 10000;
  std::vector<double> lambda, z, target, a, b, beta;
  Problem()
      : lambda(kCoordinates),
        z(kCoordinates),
        target(kCoordinates),
        a(kCoordinates),
        b(kCoordinates, 0.3),
        beta(kCoordinates) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (std::size_t j = 0; j < kCoordinates; ++j) {
      lambda[j] = std::pow(static_cast<double>(j + 1), -1.5);
      z[j] = 0.02 * normal(random);
      a[j] = std::sqrt(lambda[j]);
    }
  }
};

using Errors = void (*)(std::size_t, const double*, const double*, const double*, double,
                        std::size_t, double*);

template <Errors errors>
void bench_errors(benchmark::State& state) {
  const Problem problem;
  constexpr std::size_t kTimes = 12;
  double out[kTimes];
  for (auto _ : state) {
    errors(Problem::kCoordinates, problem.lambda.data(), problem.z.data(), problem.target.data(),
           1.1, kTimes, out);
    benchmark::DoNotOptimize(out);
  }
  const double elements = static_cast<double>(Problem::kCoordinates) * kTimes;
  state.counters["elements/s"] =
      benchmark::Counter(elements, benchmark::Counter::kIsIterationInvariantRate);
  bench::count_work<double>(state, 18 * elements,
                            3 * sizeof(double) * static_cast<double>(Problem::kCoordinates));
}

using Integrate = void (*)(std::size_t, std::size_t, const double*, double, std::size_t, double*,
                           double*, double*);

// Of length 0, so that each iteration does the same work.
template <Integrate integrate, int kOperations>
void bench_steps(benchmark::State& state) {
  Problem problem;
  const auto depth = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kSteps = 20;
  for (auto _ : state) {
    integrate(Problem::kCoordinates, depth, problem.z.data(), 0.0, kSteps, problem.a.data(),
              problem.b.data(), problem.beta.data());
    benchmark::ClobberMemory();
  }
  const double elements = static_cast<double>(Problem::kCoordinates) * kSteps;
  state.counters["elements/s"] =
      benchmark::Counter(elements, benchmark::Counter::kIsIterationInvariantRate);
  bench::count_work<double>(state, kOperations * elements,
                            6 * sizeof(double) * static_cast<double>(Problem::kCoordinates));
}

BENCHMARK(bench_errors<kernels::two_layer_errors>);
BENCHMARK(bench_errors<kernels::reference::two_layer_errors>);
BENCHMARK(bench_steps<kernels::diagonal_runge_kutta, 56>)->Arg(0)->Arg(1)->Arg(3);
BENCHMARK(bench_steps<kernels::reference::diagonal_runge_kutta, 56>)->Arg(1);
BENCHMARK(bench_steps<kernels::diagonal_gradient_descent, 14>)->Arg(0)->Arg(1);
BENCHMARK(bench_steps<kernels::reference::diagonal_gradient_descent, 14>)->Arg(1);

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
