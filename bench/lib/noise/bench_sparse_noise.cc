#include "surplus/noise/sparse_noise.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

// The study's size: 100 samples, 150 parameters, 10 gross errors.
constexpr std::size_t kSamples = 100, kParameters = 150, kErrors = 10;
// Iterations between two looks at the gap, and of a solution.
constexpr std::size_t kEvery = 50, kIterations = 2000;

struct Problem {
  explicit Problem(std::size_t rank) : j(kSamples, kParameters), y(kSamples) {
    Rng rng(rank);
    Matrix<double> left(kSamples, rank), right(rank, kParameters), theta(kParameters, 1),
        image(kSamples, 1);
    for (Matrix<double>* numbers : {&left, &right, &theta}) rng.fill_normal(numbers->values());
    matmul(left, right, j);
    matmul(j, theta, image);
    for (std::size_t i = 0; i < kSamples; ++i) y[i] = image(i, 0) / kParameters;
    for (std::size_t i = 0; i < kErrors; ++i) y[i * kSamples / kErrors] += rng.normal();
  }
  Matrix<double> j;
  std::vector<double> y;
};

void bench_solver(benchmark::State& state, SparseNoiseMethod method) {
  const Problem problem(static_cast<std::size_t>(state.range(0)));
  const SparseNoiseFactors factors = factor_sparse_noise(problem.j);
  const SparseNoiseConfig config{
      .method = method, .iterations = kIterations, .gap_tolerance = 0, .check_every = kEvery};
  std::size_t iterations = 0;
  for (auto _ : state) {
    const SparseNoiseResult result = solve_sparse_noise(factors, problem.y, config);
    iterations += result.iterations;
    benchmark::DoNotOptimize(result.gap);
  }
  state.counters["iterations/s"] =
      benchmark::Counter(static_cast<double>(iterations), benchmark::Counter::kIsRate);
}

void bench_factors(benchmark::State& state) {
  const Problem problem(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(factor_sparse_noise(problem.j).values.size());
}

// As many problems as a cell of the phase diagram has trials: the columns of one y.
void bench_columns(benchmark::State& state) {
  const Problem problem(10);
  const SparseNoiseFactors factors = factor_sparse_noise(problem.j);
  Matrix<double> y(kSamples, 20);
  for (std::size_t i = 0; i < kSamples; ++i) {
    for (std::size_t k = 0; k < y.cols(); ++k) y(i, k) = problem.y[(i + k) % kSamples];
  }
  set_thread_count(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        solve_sparse_noise_columns(factors, y, {.iterations = kIterations}).front().gap);
  }
  set_thread_count(1);
}

void ranks(benchmark::internal::Benchmark* bench) { bench->ArgName("r")->Arg(10)->Arg(50); }

void add_benchmarks() {
  for (const SparseNoiseMethod method :
       {SparseNoiseMethod::kConvex, SparseNoiseMethod::kAdmm, SparseNoiseMethod::kMirror,
        SparseNoiseMethod::kGradientDescent}) {
    ranks(benchmark::RegisterBenchmark(std::string(to_text(method)).c_str(), bench_solver, method));
  }
  ranks(benchmark::RegisterBenchmark("factors", bench_factors));
  benchmark::RegisterBenchmark("columns", bench_columns)
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2)
      ->UseRealTime();
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::set_thread_count(1);
  surplus::add_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
