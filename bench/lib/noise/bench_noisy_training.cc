#include "surplus/noise/noisy_training.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/nn/mlp.h"
#include "surplus/train/step.h"

namespace surplus {
namespace {

constexpr std::size_t kBatch = 128, kClasses = 10, kSamples = 4096;

// A network, its start and the numbers that an example has.
struct Network {
  Scores<float> scores;
  Parameters<float> start;
  std::size_t inputs;
};

Network fully_connected(std::size_t d, std::size_t h) {
  const MlpConfig mlp{.inputs = d, .hidden = {h}, .outputs = kClasses};
  return {mlp_scores<float>(mlp), mlp_parameters<float>(mlp, Rng(1)), d};
}

Network residual(std::size_t side, std::size_t width) {
  ResnetConfig resnet = small_resnet(1, width);
  resnet.height = resnet.width = side;
  return {resnet_scores<float>(resnet), resnet_parameters<float>(resnet, Rng(1)), 3 * side * side};
}

// Steps of training by one loss, on batches of the same samples in turn.
class Steps {
 public:
  Steps(const NoisyLoss& loss, const Network& network)
      : x_(kBatch, network.inputs),
        parameters_(network.start),
        optimizer_(start_optimizer<float>(config_.optimizer, parameters_.size())),
        state_(start_noisy<float>(loss, kSamples, kClasses, Rng(2))),
        objective_(noisy_objective<float>(loss, network.scores, state_)) {
    Rng rng(3);
    rng.fill_normal(x_.values());
    for (std::size_t i = 0; i < kBatch; ++i) labels_.push_back(rng.below(kClasses));
    rows_ = rng.permutation(kSamples);
  }

  void step() {
    const std::span<const std::size_t> rows(rows_);
    train_step<float>(objective_,
                      {.examples = {.x = x_, .labels = labels_},
                       .rng = Rng(4),
                       .training = true,
                       .rows = rows.subspan(next_, kBatch)},
                      config_, parameters_, optimizer_, memory_);
    next_ = (next_ + kBatch) % kSamples;
  }

 private:
  StepConfig config_{.optimizer = {.rule = UpdateRule::kMomentum}, .rate = 1e-3};
  Matrix<float> x_;
  std::vector<std::size_t> labels_, rows_;
  std::size_t next_ = 0;
  Parameters<float> parameters_;
  OptimizerState<float> optimizer_;
  NoisyState<float> state_;
  Objective<float> objective_;
  StepMemory<float> memory_;
};

// What a step of a loss takes over one of cross-entropy: pairs of so many steps of each, in turn; the
// counter is the median of their ratios.
void over_cross_entropy(benchmark::State& state, const NoisyLoss& loss, const Network& network,
                        std::size_t steps) {
  set_thread_count(1);
  Steps plain(CrossEntropy{}, network), noisy(loss, network);
  const auto seconds = [steps](Steps& some) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < steps; ++i) some.step();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  seconds(plain);
  seconds(noisy);
  std::vector<double> ratios;
  for (auto _ : state) {
    const double of_plain = seconds(plain);
    ratios.push_back(seconds(noisy) / of_plain);
  }
  set_thread_count(0);
  std::ranges::sort(ratios);
  state.counters["over cross-entropy"] = ratios[ratios.size() / 2];
}

// Arguments: inputs, hidden units; and side of the images, channels of the first stage.
void bench_over_cross_entropy(benchmark::State& state, const NoisyLoss& loss) {
  over_cross_entropy(state, loss,
                     fully_connected(static_cast<std::size_t>(state.range(0)),
                                     static_cast<std::size_t>(state.range(1))),
                     20);
}
void bench_resnet8_over_cross_entropy(benchmark::State& state, const NoisyLoss& loss) {
  over_cross_entropy(
      state, loss,
      residual(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1))),
      1);
}

// The networks of the study sop: its synthetic task's and MNIST's; images at half their side.
void sizes(benchmark::internal::Benchmark* bench) { bench->Args({64, 256})->Args({784, 512}); }
void resnet_sizes(benchmark::internal::Benchmark* bench) { bench->Args({16, 16}); }

BENCHMARK_CAPTURE(bench_over_cross_entropy, cross_entropy, CrossEntropy{})->Apply(sizes);
BENCHMARK_CAPTURE(bench_over_cross_entropy, sop, SopConfig{.alpha_u = 100, .alpha_v = 100})
    ->Apply(sizes);
BENCHMARK_CAPTURE(bench_over_cross_entropy, gce, GeneralizedCrossEntropy{})->Apply(sizes);
BENCHMARK_CAPTURE(bench_over_cross_entropy, elr, EarlyLearning{})->Apply(sizes);
BENCHMARK_CAPTURE(bench_resnet8_over_cross_entropy, cross_entropy, CrossEntropy{})
    ->Apply(resnet_sizes);
BENCHMARK_CAPTURE(bench_resnet8_over_cross_entropy, sop, SopConfig{.alpha_u = 100, .alpha_v = 100})
    ->Apply(resnet_sizes);
BENCHMARK_CAPTURE(bench_resnet8_over_cross_entropy, elr, EarlyLearning{})->Apply(resnet_sizes);

}  // namespace
}  // namespace surplus
BENCHMARK_MAIN();
