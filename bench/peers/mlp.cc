// Our side of mlp.py: the same training steps, timed.
//
// mlp D H K BATCH NETS STEPS THREADS ROUNDS: takes ROUNDS times STEPS steps of SGD with momentum of
// NETS two-layer networks with H hidden units on random rows. Writes one JSON object: the seconds per
// step of all networks in each round (processor time with one thread, wall clock else), the bytes
// that a step of one network holds beyond the program at rest, and the last loss.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "surplus/core/parallel.h"
#include "surplus/train/step.h"

namespace {

struct Network {
  surplus::Parameters<float> parameters;
  surplus::OptimizerState<float> state;
  surplus::StepMemory<float> memory;
  double loss = 0;
};

// The most memory this program has held so far; getrusage() would count what started it.
double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:" && status >> word) return 1024 * std::stod(word);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 9) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  const std::size_t d = number(1), h = number(2), k = number(3), b = number(4), nets = number(5),
                    steps = number(6), rounds = number(8);
  surplus::set_thread_count(number(7));
  surplus::Rng rng(1);
  surplus::Matrix<float> x(b, d);
  rng.fill_normal(x.values());
  std::vector<std::size_t> labels(b);
  for (std::size_t& label : labels) label = rng.below(k);
  const surplus::Batch<float> batch{
      .examples = {.x = x, .labels = labels}, .rng = rng, .training = true};

  const double at_rest = peak_bytes();
  const surplus::MlpConfig network{.inputs = d, .hidden = {h}, .outputs = k};
  const auto objective = surplus::classification<float>(network);
  const surplus::StepConfig config{.optimizer = {.rule = surplus::UpdateRule::kMomentum},
                                   .rate = 1e-3};
  std::vector<Network> networks(nets);
  for (std::size_t i = 0; i < nets; ++i) {
    networks[i].parameters = surplus::mlp_parameters<float>(network, rng.split(i));
    networks[i].state =
        surplus::start_optimizer<float>(config.optimizer, networks[i].parameters.size());
  }
  const auto run = [&](std::size_t times) {
    surplus::parallel_for(nets, [&](std::size_t i) {
      Network& net = networks[i];
      for (std::size_t step = 0; step < times; ++step) {
        net.loss = surplus::train_step<float>(objective, batch, config, net.parameters, net.state,
                                              net.memory);
      }
    });
  };
  run(2);
  std::printf("{\"seconds\": [");
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t begin_of_process = std::clock();
    run(steps);
    const double process =
        static_cast<double>(std::clock() - begin_of_process) / double{CLOCKS_PER_SEC};
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const double seconds = surplus::thread_count() == 1 ? process : wall.count();
    std::printf("%s%.9g", round == 0 ? "" : ", ", seconds / static_cast<double>(steps));
  }
  std::printf("], \"bytes\": %.0f, \"loss\": %.9g}\n", peak_bytes() - at_rest, networks[0].loss);
}
