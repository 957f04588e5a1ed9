#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/mixture/gmm.h"
#include "surplus/mixture/gmm_steps.h"

namespace surplus {
namespace {

// Rows of k overlapping unit Gaussians, and a start beside the truth.
struct Problem {
  Problem(CovarianceKind kind, std::size_t n, std::size_t d, std::size_t k) : x(n, d) {
    start.kind = kind;
    start.weights.assign(k, 1 / static_cast<double>(k));
    start.means = Matrix<double>(k, d);
    start.covariances = Matrix<double>(
        covariance_shape(kind, k, d).rows, covariance_shape(kind, k, d).cols,
        kind == CovarianceKind::kDiagonal || kind == CovarianceKind::kSpherical ? 1.0 : 0.0);
    if (kind == CovarianceKind::kFull || kind == CovarianceKind::kTied) {
      for (std::size_t i = 0; i < start.covariances.rows(); ++i) start.covariances(i, i % d) = 1;
    }
    const Rng rng(1);
    Rng means = rng.split("means"), noise = rng.split("noise"), move = rng.split("start");
    Matrix<double> truth(k, d);
    means.fill_normal(truth.values());
    noise.fill_normal(x.values());
    move.fill_normal(start.means.values());
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        start.means(i, j) = 2 * truth(i, j) + start.means(i, j) / 10;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < d; ++j) x(i, j) += 2 * truth(i % k, j);
    }
  }

  Matrix<double> x;
  GaussianMixture start;
};

// One E-step, M-step and factorization. Arguments: n, d, k, threads.
void bench_iteration(benchmark::State& state, CovarianceKind kind) {
  const Problem problem(kind, static_cast<std::size_t>(state.range(0)),
                        static_cast<std::size_t>(state.range(1)),
                        static_cast<std::size_t>(state.range(2)));
  set_thread_count(static_cast<std::size_t>(state.range(3)));
  const GmmConfig config{.components = problem.start.components(), .covariance = kind};
  GaussianMixture mixture = problem.start, next = mixture;
  GmmMoments moments = make_moments(mixture, config);
  GmmFactors factors;
  for (auto _ : state) {
    factorize("bench", mixture, factors);
    e_step(problem.x, factors, {}, moments);
    m_step(moments, mixture, config, next);
    std::swap(mixture, next);
  }
  set_thread_count(0);
  state.counters["row*component/s"] =
      benchmark::Counter(static_cast<double>(problem.x.rows() * mixture.components()),
                         benchmark::Counter::kIsIterationInvariantRate);
}

// Fits of 50 iterations with known covariances, one per start. Arguments: n, d, k, starts.
void bench_many(benchmark::State& state) {
  const Problem problem(CovarianceKind::kSpherical, static_cast<std::size_t>(state.range(0)),
                        static_cast<std::size_t>(state.range(1)),
                        static_cast<std::size_t>(state.range(2)));
  set_thread_count(1);
  const std::vector<GaussianMixture> starts(static_cast<std::size_t>(state.range(3)),
                                            problem.start);
  const GmmConfig config{.components = problem.start.components(),
                         .covariance = CovarianceKind::kSpherical,
                         .start = GmmStart::kGiven,
                         .fixed_covariances = true,
                         .iterations = 50,
                         .tolerance = 0};
  for (auto _ : state) benchmark::DoNotOptimize(fit_gmm_many(problem.x, config, starts));
  set_thread_count(0);
  state.counters["iterations/s"] =
      benchmark::Counter(static_cast<double>(starts.size() * config.iterations),
                         benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(bench_iteration, full, CovarianceKind::kFull)
    ->Args({100000, 16, 8, 1})
    ->Args({100000, 16, 8, 2})
    ->Args({1000000, 16, 8, 1})
    ->UseRealTime();
BENCHMARK_CAPTURE(bench_iteration, tied, CovarianceKind::kTied)
    ->Args({100000, 16, 8, 1})
    ->UseRealTime();
BENCHMARK_CAPTURE(bench_iteration, diagonal, CovarianceKind::kDiagonal)
    ->Args({100000, 16, 8, 1})
    ->Args({100000, 16, 8, 2})
    ->UseRealTime();
BENCHMARK_CAPTURE(bench_iteration, spherical, CovarianceKind::kSpherical)
    ->Args({100000, 2, 3, 1})
    ->UseRealTime();
BENCHMARK(bench_many)->Args({1000, 1, 2, 100})->Args({2000, 2, 3, 100})->Args({2000, 2, 4, 100});

}  // namespace
}  // namespace surplus

BENCHMARK_MAIN();
