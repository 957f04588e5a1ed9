#include "surplus/sparse/topology.h"

#include <benchmark/benchmark.h>

#include "surplus/core/parallel.h"
#include "surplus/linalg/sparse_pattern.h"

namespace surplus {
namespace {

// The first layer of the study's network, and a batch.
constexpr Shape kLayer{1024, 784};
constexpr std::size_t kBatch = 128;

struct Gradient {
  Gradient() : d_y(kBatch, kLayer.rows), x(kBatch, kLayer.cols) {
    Rng rng(1);
    rng.fill_normal(d_y.values());
    rng.fill_normal(x.values());
  }
  Matrix<float> d_y, x;
};

// Drop, grow, the new pattern, weights and velocities moved; range(0) in thousandths: the density.
void bench_update(benchmark::State& state, Growth growth) {
  const std::size_t size = kLayer.rows * kLayer.cols;
  const std::size_t active = size * static_cast<std::size_t>(state.range(0)) / 1000;
  const Gradient gradient;
  const MatrixInPieces<float> scores = [&](const UsePiece<float>& use) {
    matmul_in_pieces(gradient.d_y, gradient.x, use, {.transpose_a = true});
  };
  Rng rng(2);
  Positions positions = random_positions(size, active, rng);
  Matrix<float> w(1, active), velocity(1, active);
  rng.fill_normal(w.values());
  rng.fill_normal(velocity.values());
  for (auto _ : state) {
    TopologyChange change = drop_and_grow<float>({.fraction = 0.25, .growth = growth}, kLayer,
                                                 positions, w.values(), rng, scores);
    const SparsePattern pattern(kLayer, change.positions);
    w = relaid<float>(change, w.values(), 0);
    velocity = relaid<float>(change, velocity.values(), 0);
    positions = std::move(change.positions);
    benchmark::DoNotOptimize(pattern.size());
  }
  state.counters["active/s"] = benchmark::Counter(static_cast<double>(active * state.iterations()),
                                                  benchmark::Counter::kIsRate);
}

// What growth by gradient cannot do without.
void bench_dense_gradient(benchmark::State& state) {
  const Gradient gradient;
  Matrix<float> d_w(kLayer.rows, kLayer.cols);
  for (auto _ : state) {
    matmul(gradient.d_y, gradient.x, d_w, {.transpose_a = true});
    benchmark::DoNotOptimize(d_w(0, 0));
  }
}

BENCHMARK_CAPTURE(bench_update, random, Growth::kRandom)->Arg(10)->Arg(50)->Arg(100);
BENCHMARK_CAPTURE(bench_update, gradient, Growth::kGradient)->Arg(10)->Arg(50)->Arg(100);
BENCHMARK(bench_dense_gradient);

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::set_thread_count(1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
