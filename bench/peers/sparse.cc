// Our side of sparse.py: sparse layers and training steps beside our own dense ones, timed in turn.
//
// sparse layer OUT IN BATCH DENSITY ROUNDS: the three products of a layer, forward, to the inputs
// and to the weights, with random places. sparse convolution SIDE IN OUT WINDOW BATCH DENSITY
// ROUNDS: forward and backward. sparse step INPUTS HIDDEN HIDDEN CLASSES BATCH DENSITY
// ROUNDS: a whole step with Nesterov's momentum, ERK densities, layers denser than 0.35 on the
// dense kernels. sparse training INPUTS HIDDEN HIDDEN CLASSES BATCH DENSITY ROUNDS: the share of
// topology updates in trainings of 400 steps that update each 100, dropping a quarter, for growth at
// random and by the gradient; and those trainings' steps. One thread, processor seconds; THREADS after ROUNDS: so
// many, by a wall clock. Writes one JSON object: seconds of each round on both sides, and what the
// sparse side holds.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/sparse_conv2d.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/matmul.h"
#include "surplus/linalg/sparse_matmul.h"
#include "surplus/sparse/density.h"
#include "surplus/sparse/sparse_training.h"
#include "surplus/train/step.h"

namespace {

using surplus::Matrix;
using surplus::SparsePattern;

constexpr double kBreakEven = 0.35;

// Of the processor, or of the wall if there are several threads.
double now() {
  using Clock = std::chrono::steady_clock;
  return surplus::thread_count() == 1
             ? static_cast<double>(std::clock()) / double{CLOCKS_PER_SEC}
             : std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

template <typename Work>
double seconds_of(std::size_t times, const Work& work) {
  const double begin = now();
  for (std::size_t i = 0; i < times; ++i) work();
  return (now() - begin) / static_cast<double>(times);
}

// How often a round does its work: some 20 milliseconds.
template <typename Work>
std::size_t times_of(const Work& work) {
  work();
  return static_cast<std::size_t>(0.02 / (seconds_of(3, work) + 1e-9)) + 1;
}

void print(const char* name, const std::vector<double>& values, const char* end = ", ") {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::printf("%s%.6g", i == 0 ? "" : ", ", values[i]);
  }
  std::printf("]%s", end);
}

Matrix<float> normal(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix<float> x(rows, cols);
  surplus::Rng(seed).fill_normal(x.values());
  return x;
}

void time_layer(std::size_t out, std::size_t in, std::size_t n, double density,
                std::size_t rounds) {
  surplus::Rng rng(1);
  const auto places =
      static_cast<std::size_t>(std::lround(density * static_cast<double>(out * in)));
  const SparsePattern w({out, in}, surplus::random_positions(out * in, places, rng));
  const Matrix<float> values = normal(1, w.size(), 2), dense = normal(out, in, 3),
                      x = normal(n, in, 4), d_y = normal(n, out, 5), bias = normal(1, out, 6);
  const std::size_t width = surplus::tile_width<float>(n), tiles = surplus::tile_count(n, width);
  Matrix<float> tiled_x(tiles * in, width), tiled_d_y(tiles * out, width), y(n, out), d_x(n, in),
      d_w(out, in), tiled_y(tiles * out, width), tiled_d_x(tiles * in, width), d(1, w.size()),
      by_column(1, w.size());
  surplus::rows_to_tiles<float>(x, tiled_x);
  surplus::rows_to_tiles<float>(d_y, tiled_d_y);
  const auto forward = [&] {
    surplus::sparse_matmul<float>(w, values.values(), tiled_x, tiled_y,
                                  {.bias = bias.values(), .relu = true});
  };
  const auto to_inputs = [&] {
    surplus::order_by_column<float>(w, values.values(), by_column.values());
    surplus::sparse_matmul_transposed<float>(w, by_column.values(), tiled_d_y, tiled_d_x);
  };
  const auto to_values = [&] { surplus::sampled_matmul<float>(w, tiled_d_y, tiled_x, d.values()); };
  const auto dense_forward = [&] { surplus::matmul(x, dense, y, {.transpose_b = true}); };
  const auto dense_to_inputs = [&] { surplus::matmul(d_y, dense, d_x); };
  const auto dense_to_weights = [&] { surplus::matmul(d_y, x, d_w, {.transpose_a = true}); };
  const std::size_t times = times_of(forward), dense_times = times_of(dense_forward);
  std::vector<double> sparse[3], other[3];
  for (std::size_t round = 0; round < rounds; ++round) {
    sparse[0].push_back(seconds_of(times, forward));
    other[0].push_back(seconds_of(dense_times, dense_forward));
    sparse[1].push_back(seconds_of(times, to_inputs));
    other[1].push_back(seconds_of(dense_times, dense_to_inputs));
    sparse[2].push_back(seconds_of(times, to_values));
    other[2].push_back(seconds_of(dense_times, dense_to_weights));
  }
  std::printf("{\"places\": %zu, ", w.size());
  const char* const names[] = {"forward", "inputs", "weights"};
  for (std::size_t part = 0; part < 3; ++part) {
    print(names[part], sparse[part]);
    print((std::string("dense_") + names[part]).c_str(), other[part], part < 2 ? ", " : "}\n");
  }
}

// Forward and backward, with respect to weights and, if there are several channels, images.
void time_convolution(std::size_t side, std::size_t in, std::size_t out, std::size_t window,
                      std::size_t n, double density, std::size_t rounds) {
  using namespace surplus::ad;
  surplus::Rng rng(1);
  const std::size_t depth = window * window * in;
  const auto places =
      static_cast<std::size_t>(std::lround(density * static_cast<double>(out * depth)));
  const SparsePattern pattern({out, depth}, surplus::random_positions(out * depth, places, rng));
  const Matrix<float> x = normal(n * side * side, in, 2), w = normal(out, depth, 3),
                      values = normal(1, pattern.size(), 4);
  const ImageWindows windows{
      .height = side, .width = side, .window = window, .stride = 1, .padding = 0};
  Matrix<float> d_x(x.rows(), in), d_w(out, depth), d(1, pattern.size());
  Tape<float> tape;
  const auto step = [&](bool is_sparse) {
    tape.clear();
    const Var<float> images = tape.leaf(x), weights = tape.leaf(is_sparse ? values : w);
    const Var<float> y = is_sparse ? sparse_conv2d(images, weights, pattern, windows)
                                   : conv2d(images, weights, windows);
    std::vector<Sink<float>> sinks = {{weights, is_sparse ? d.view() : d_w.view()}};
    if (in > 1) sinks.push_back({images, d_x});
    gradient(sum(y), sinks);
  };
  const auto sparse_step = [&] { step(true); };
  const auto dense_step = [&] { step(false); };
  const std::size_t times = times_of(sparse_step), dense_times = times_of(dense_step);
  std::vector<double> ours, theirs;
  for (std::size_t round = 0; round < rounds; ++round) {
    ours.push_back(seconds_of(times, sparse_step));
    theirs.push_back(seconds_of(dense_times, dense_step));
  }
  std::printf("{");
  print("sparse", ours);
  print("dense", theirs, "}\n");
}

struct Trained {
  surplus::Objective<float> objective;
  surplus::Parameters<float> parameters;
  surplus::OptimizerState<float> state = {};
  surplus::StepMemory<float> memory = {};
  double loss = 0;
};

void time_step(const std::size_t (&units)[4], std::size_t n, double density, std::size_t rounds) {
  surplus::Rng rng(1);
  const Matrix<float> x = normal(n, units[0], 2);
  std::vector<std::size_t> labels(n);
  for (std::size_t& label : labels) label = rng.below(units[3]);
  const surplus::Batch<float> batch{
      .examples = {.x = x, .labels = labels}, .rng = rng, .training = true};
  const surplus::StepConfig config{
      .optimizer = {.rule = surplus::UpdateRule::kNesterov, .weight_decay = 5e-4}, .rate = 1e-3};
  const surplus::MlpConfig network{
      .inputs = units[0], .hidden = {units[1], units[2]}, .outputs = units[3]};
  Trained dense{.objective = surplus::classification<float>(network),
                .parameters = surplus::mlp_parameters<float>(network, rng)};

  const std::vector<surplus::LayerShape> shapes = {
      {units[1], units[0]}, {units[2], units[1]}, {units[3], units[2]}};
  const auto densities =
      surplus::layer_densities(surplus::DensityRule::kErdosRenyiKernel, shapes, density);
  const auto counts = surplus::layer_counts(shapes, densities);
  std::vector<SparsePattern> patterns(3);
  std::vector<surplus::NamedShape> layout;
  std::size_t pattern_bytes = 0, places = 0;
  for (std::size_t l = 0; l < 3; ++l) {
    const surplus::Shape shape{shapes[l].outputs, shapes[l].inputs};
    if (densities[l] <= kBreakEven) {
      patterns[l] =
          SparsePattern(shape, surplus::random_positions(shapes[l].size(), counts[l], rng));
      places += patterns[l].size();
      pattern_bytes += patterns[l].bytes();
    }
    const bool sparse = patterns[l].size() > 0;
    layout.push_back(
        {std::to_string(l) + ".weight", sparse ? surplus::Shape{1, patterns[l].size()} : shape});
    layout.push_back({std::to_string(l) + ".bias", {1, shape.rows}});
  }
  Trained sparse{.objective = surplus::classification<float>(surplus::Scores<float>(
                     [&patterns](surplus::ad::Tape<float>& tape, auto leaves, const auto& rows) {
                       using namespace surplus::ad;
                       Var<float> y = tape.leaf(rows.examples.x);
                       bool tiled = false;
                       for (std::size_t l = 0; l < 3; ++l) {
                         const bool is_sparse = patterns[l].size() > 0;
                         if (is_sparse && !tiled) y = to_tiles(y);
                         if (!is_sparse && tiled) y = from_tiles(y, rows.examples.x.rows());
                         tiled = is_sparse;
                         const Activation f = l < 2 ? Activation::kRelu : Activation::kIdentity;
                         const Var<float>&w = leaves[2 * l], &bias = leaves[2 * l + 1];
                         y = is_sparse ? sparse_linear(y, w, patterns[l], bias, f)
                                       : linear(y, w, bias, f);
                       }
                       return tiled ? from_tiles(y, rows.examples.x.rows()) : y;
                     })),
                 .parameters = surplus::Parameters<float>(layout)};
  for (std::size_t l = 0; l < 3; ++l) {
    const auto w = sparse.parameters[2 * l];
    rng.fill_normal(std::span<float>(w.data(), w.rows() * w.cols()));
    for (std::size_t i = 0; i < w.rows() * w.cols(); ++i) w.data()[i] *= 0.1F;
  }
  for (Trained* net : {&dense, &sparse}) {
    net->state = surplus::start_optimizer<float>(config.optimizer, net->parameters.size());
  }
  const auto step = [&](Trained& net) {
    net.loss = surplus::train_step<float>(net.objective, batch, config, net.parameters, net.state,
                                          net.memory);
  };
  const auto sparse_step = [&] { step(sparse); };
  const auto dense_step = [&] { step(dense); };
  const std::size_t times = times_of(sparse_step), dense_times = times_of(dense_step);
  std::vector<double> ours, theirs;
  for (std::size_t round = 0; round < rounds; ++round) {
    ours.push_back(seconds_of(times, sparse_step));
    theirs.push_back(seconds_of(dense_times, dense_step));
  }
  std::printf("{\"places\": %zu, \"pattern_bytes\": %zu, \"loss\": %.6g, \"dense_loss\": %.6g, ",
              places, pattern_bytes, sparse.loss, dense.loss);
  print("sparse", ours);
  print("dense", theirs, "}\n");
}

// The seconds of a training's steps with an update beyond those of its other steps, of all its
// seconds; and of one step, and of an update.
void time_topology(const char* name, const surplus::SparseNetwork<float>& start,
                   const surplus::Examples<float>& examples, std::size_t batch,
                   surplus::Growth growth, std::size_t rounds) {
  constexpr std::size_t kInterval = 100;
  std::vector<double> shares, steps, updates;
  for (std::size_t round = 0; round < rounds; ++round) {
    surplus::DynamicTopology topology = surplus::set_itop(kInterval);
    topology.schedule = {.kind = surplus::DropKind::kConstant, .fraction = 0.25};
    topology.step.growth = growth;
    std::vector<double> plain, updating;
    double last = now();
    const double begin = last;
    surplus::fit_sparse<float>(examples, start,
                               {.epochs = 8,
                                .batch_size = batch,
                                .schedule = {.rate = 1e-3},
                                .topology = topology,
                                .on_step = [&](const surplus::Progress& progress) {
                                  const double time = now();
                                  const bool is_update = progress.iteration % kInterval == 0;
                                  (is_update ? updating : plain).push_back(time - last);
                                  last = time;
                                  return true;
                                }});
    std::ranges::nth_element(plain, plain.begin() + static_cast<std::ptrdiff_t>(plain.size() / 2));
    const double step = plain[plain.size() / 2];
    double extra = 0;
    for (const double seconds : updating) extra += seconds - step;
    shares.push_back(extra / (last - begin));
    steps.push_back(step);
    updates.push_back(extra / static_cast<double>(updating.size()));
  }
  print((std::string(name) + "_share").c_str(), shares);
  print((std::string(name) + "_step").c_str(), steps);
  print((std::string(name) + "_update").c_str(), updates);
}

void time_training(const std::size_t (&units)[4], std::size_t batch, double density,
                   std::size_t rounds) {
  surplus::Rng rng(1);
  const Matrix<float> x = normal(50 * batch, units[0], 2);
  std::vector<std::size_t> labels(x.rows());
  for (std::size_t& label : labels) label = rng.below(units[3]);
  const surplus::NetworkConfig network(
      surplus::MlpConfig{.inputs = units[0], .hidden = {units[1], units[2]}, .outputs = units[3]});
  const auto densities = surplus::layer_densities(surplus::DensityRule::kErdosRenyiKernel,
                                                  surplus::layers_of(network), density);
  const auto start = surplus::sparse_network<float>(network, densities, rng);
  const surplus::Examples<float> examples{.x = x, .labels = labels};
  std::printf("{");
  time_topology("random", start, examples, batch, surplus::Growth::kRandom, rounds);
  time_topology("gradient", start, examples, batch, surplus::Growth::kGradient, rounds);
  Matrix<float> d_w(units[1], units[0]);
  const Matrix<float> d_y = normal(batch, units[1], 3), rows = normal(batch, units[0], 4);
  const auto gradient = [&] { surplus::matmul(d_y, rows, d_w, {.transpose_a = true}); };
  print("dense_gradient", {seconds_of(times_of(gradient), gradient)}, "}\n");
}

}  // namespace

int main(int count, char** arguments) {
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  // The numbers of arguments of "layer" and of the others, without THREADS.
  const bool is_layer = count > 1 && std::strcmp(arguments[1], "layer") == 0;
  const int least = is_layer ? 7 : 9;
  surplus::set_thread_count(count == least + 1 ? number(least) : 1);
  if (count == least + 1) --count;
  if (count == 7 && std::strcmp(arguments[1], "layer") == 0) {
    time_layer(number(2), number(3), number(4), std::strtod(arguments[5], nullptr), number(6));
  } else if (count == 9 && std::strcmp(arguments[1], "step") == 0) {
    time_step({number(2), number(3), number(4), number(5)}, number(6),
              std::strtod(arguments[7], nullptr), number(8));
  } else if (count == 9 && std::strcmp(arguments[1], "training") == 0) {
    time_training({number(2), number(3), number(4), number(5)}, number(6),
                  std::strtod(arguments[7], nullptr), number(8));
  } else if (count == 9 && std::strcmp(arguments[1], "convolution") == 0) {
    time_convolution(number(2), number(3), number(4), number(5), number(6),
                     std::strtod(arguments[7], nullptr), number(8));
  } else {
    return 2;
  }
}
