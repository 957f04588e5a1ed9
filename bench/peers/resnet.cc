// Our side of resnet.py: the same convolutions and training steps, timed on one thread.
//
// resnet conv N SIZE IN OUT WINDOW STRIDE STEPS: STEPS times a convolution of N images of SIZE x SIZE
// pixels and its gradients with respect to images and weights.
// resnet step BLOCKS WIDTH BATCH STEPS: STEPS training steps, SGD with momentum, of a residual network
// with three stages of BLOCKS blocks, or with BLOCKS = 0 of PreActResNet-18.
// Writes one JSON object: the seconds of processor time per step, after two steps to warm up.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/core/parallel.h"
#include "surplus/train/step.h"

namespace {

void time(std::size_t steps, const std::function<void()>& step) {
  step();
  step();
  const std::clock_t begin = std::clock();
  for (std::size_t i = 0; i < steps; ++i) step();
  const double seconds = static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC};
  std::printf("{\"seconds\": %.9g}\n", seconds / static_cast<double>(steps));
}

surplus::Matrix<float> normal(std::size_t rows, std::size_t cols) {
  surplus::Matrix<float> x(rows, cols);
  surplus::Rng(rows + cols).fill_normal(x.values());
  return x;
}

void convolutions(const std::vector<std::size_t>& n) {
  const surplus::ad::ImageWindows windows{
      .height = n[1], .width = n[1], .window = n[4], .stride = n[5], .padding = n[4] / 2};
  const auto x = normal(n[0] * n[1] * n[1], n[2]), w = normal(n[3], n[4] * n[4] * n[2]),
             d_y = normal(n[0] * windows.out_height() * windows.out_width(), n[3]);
  surplus::Matrix<float> d_x = x, d_w = w;
  surplus::ad::Tape<float> tape;
  time(n[6], [&] {
    tape.clear();
    const auto a = tape.leaf(x), b = tape.leaf(w);
    const surplus::ad::Sink<float> sinks[] = {{a, d_x}, {b, d_w}};
    surplus::ad::vjp(surplus::ad::conv2d(a, b, windows), d_y, sinks);
  });
}

void steps(const std::vector<std::size_t>& n) {
  const surplus::ResnetConfig network =
      n[0] == 0 ? surplus::preact_resnet18() : surplus::small_resnet(n[0], n[1]);
  const auto objective = surplus::classification<float>(surplus::resnet_scores<float>(network));
  const auto x = normal(n[2], 3 * 32 * 32);
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < n[2]; ++i) labels.push_back(i % 10);
  const surplus::Batch<float> batch{
      .examples = {.x = x, .labels = labels}, .rng = surplus::Rng(1), .training = true};
  const surplus::StepConfig config{.optimizer = {.rule = surplus::UpdateRule::kMomentum},
                                   .rate = 1e-3};
  auto parameters = surplus::resnet_parameters<float>(network, surplus::Rng(1));
  auto state = surplus::start_optimizer<float>(config.optimizer, parameters.size());
  surplus::StepMemory<float> memory;
  time(n[3],
       [&] { surplus::train_step<float>(objective, batch, config, parameters, state, memory); });
}

}  // namespace

int main(int count, char** arguments) {
  surplus::set_thread_count(1);
  std::vector<std::size_t> numbers;
  for (int i = 2; i < count; ++i) numbers.push_back(std::strtoull(arguments[i], nullptr, 10));
  const std::string what = count > 1 ? arguments[1] : "";
  if (what == "conv" && numbers.size() == 7) {
    convolutions(numbers);
  } else if (what == "step" && numbers.size() == 4) {
    steps(numbers);
  } else {
    return 2;
  }
}
