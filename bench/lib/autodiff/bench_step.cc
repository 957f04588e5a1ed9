#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/support/machine.h"
#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"

namespace surplus::ad {
namespace {

// A classifier of two layers: n samples of d features, h hidden units, 10 classes.
template <typename T>
struct Net {
  Net(std::size_t n, std::size_t d, std::size_t h)
      : x(n, d), w1(h, d), b1(1, h), w2(kClasses, h), b2(1, kClasses), labels(n) {
    Rng rng(1);
    for (Matrix<T>* const values : {&x, &w1, &b1, &w2, &b2}) {
      rng.fill_normal(values->values());
      gradients.emplace_back(values->rows(), values->cols());
    }
    for (Matrix<T>* const weights : {&w1, &w2}) {
      for (T& w : weights->values()) w /= static_cast<T>(weights->cols());
    }
    for (std::size_t i = 0; i < n; ++i) labels[i] = i % kClasses;
  }

  // Of the mean cross-entropy, on a cleared tape.
  void record() {
    tape.clear();
    const Var<T> parameters[] = {tape.leaf(w1), tape.leaf(b1), tape.leaf(w2), tape.leaf(b2)};
    const Var<T> hidden = linear(tape.leaf(x), parameters[0], parameters[1], Activation::kRelu);
    loss = mean(softmax_cross_entropy(linear(hidden, parameters[2], parameters[3]), labels));
    for (std::size_t i = 0; i < 4; ++i) {
      sinks[i] = {parameters[i], gradients[i + 1]};
      tangents[i] = {parameters[i], parameters[i].value()};
    }
  }

  // Products of matrices alone: forward, gradient of w1, and both of w2.
  double flops() const {
    const auto n = static_cast<double>(x.rows()), d = static_cast<double>(x.cols()),
               h = static_cast<double>(w1.rows());
    return 2 * n * h * (2 * d + 3 * kClasses);
  }

  static constexpr std::size_t kClasses = 10;
  Matrix<T> x, w1, b1, w2, b2;
  std::vector<std::size_t> labels;
  std::vector<Matrix<T>> gradients;
  Tape<T> tape;
  Var<T> loss;
  Sink<T> sinks[4];
  Tangent<T> tangents[4];
};

// Loss and gradient of all parameters. Arguments: n, d, h, threads.
template <typename T>
void bench_gradient(benchmark::State& state) {
  Net<T> net(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
             static_cast<std::size_t>(state.range(2)));
  set_thread_count(static_cast<std::size_t>(state.range(3)));
  for (auto _ : state) {
    net.record();
    gradient(net.loss, net.sinks);
    benchmark::ClobberMemory();
  }
  set_thread_count(0);
  const double parameters = static_cast<double>(net.w1.size() + net.w2.size());
  bench::count_work<T>(state, net.flops(), 3 * parameters * sizeof(T));
}

// The loss and the product of its Hessian with a direction. The counter `gradients` is the time in
// gradients, both taken in one run: below 4.
template <typename T>
void bench_hvp(benchmark::State& state) {
  Net<T> net(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
             static_cast<std::size_t>(state.range(2)));
  set_thread_count(1);
  double of_gradients = 0, of_products = 0;
  const auto timed = [](double& sum, const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    sum += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  for (auto _ : state) {
    timed(of_products, [&] {
      net.record();
      hvp(net.loss, net.tangents, net.sinks);
    });
    state.PauseTiming();
    timed(of_gradients, [&] {
      net.record();
      gradient(net.loss, net.sinks);
    });
    state.ResumeTiming();
  }
  set_thread_count(0);
  state.counters["gradients"] = of_products / of_gradients;
}

void widths(benchmark::internal::Benchmark* b) {
  for (const std::int64_t h : {8, 64, 256, 1024, 4096}) b->Args({128, 784, h, 1});
}
void threads(benchmark::internal::Benchmark* b) {
  for (const std::int64_t count : {1, 2}) b->Args({128, 784, 1024, count});
  b->UseRealTime();
}

BENCHMARK(bench_gradient<float>)->Apply(widths);
BENCHMARK(bench_gradient<float>)->Apply(threads);
BENCHMARK(bench_gradient<double>)->Apply(widths);
BENCHMARK(bench_hvp<float>)->Apply(widths);
BENCHMARK(bench_hvp<double>)->Args({128, 784, 256, 1});

}  // namespace
}  // namespace surplus::ad

BENCHMARK_MAIN();
