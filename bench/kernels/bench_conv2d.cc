#include "kernels/conv2d.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/support/rivals.h"
#include "bench/support/roofline.h"
#include "kernels/reference/conv2d.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

using bench::ConvolutionShape;

// The convolutions of ResNets on 32 x 32 images: of the wide ones, then of the narrow ones.
const ConvolutionShape kShapes[] = {
    {32, 32, 32, 3, 64, 3, 1, 1},   {32, 32, 32, 64, 64, 3, 1, 1},   {32, 32, 32, 64, 128, 3, 2, 1},
    {32, 32, 32, 64, 128, 1, 2, 0}, {32, 16, 16, 128, 128, 3, 1, 1}, {32, 8, 8, 256, 256, 3, 1, 1},
    {128, 4, 4, 512, 512, 3, 1, 1}, {128, 32, 32, 16, 16, 3, 1, 1},  {128, 32, 32, 16, 32, 3, 2, 1},
    {128, 16, 16, 32, 32, 3, 1, 1}, {128, 8, 8, 64, 64, 3, 1, 1},    {32, 32, 32, 3, 64, 7, 2, 3},
};

enum class Part { kForward, kInput, kWeights };
constexpr const char* kNames[] = {"forward", "input", "weights"};

template <typename T>
struct Operands {
  explicit Operands(const ConvolutionShape& c)
      : shape{c.height, c.width, c.in, c.out, c.window, c.stride, c.padding},
        n(c.n),
        x(n * c.height * c.width, c.in),
        w(c.out, shape.depth()),
        y(n * shape.out_height() * shape.out_width(), c.out),
        packed(1, kernels::conv2d_packed_size<T>(shape)),
        turned(1, kernels::conv2d_packed_input_size<T>(shape)),
        scratch(1, kernels::conv2d_scratch_size(shape) / sizeof(double) + 1) {
    for (Matrix<T>* operand : {&x, &w, &y}) {
      for (std::size_t i = 0; i < operand->size(); ++i) {
        operand->values()[i] = static_cast<T>(i % 1009) / T{1009} - T(0.5);
      }
    }
  }
  // Packing the weights is part of the work: they change at each step.
  void run(Part part) {
    if (part == Part::kForward) {
      kernels::conv2d_pack(shape, w.data(), w.cols(), packed.data());
      kernels::conv2d(shape, n, x.data(), x.cols(), packed.data(), T{0}, y.data(), y.cols(),
                      scratch.data());
    } else if (part == Part::kInput) {
      kernels::conv2d_pack_input(shape, w.data(), w.cols(), turned.data());
      kernels::conv2d_input(shape, n, y.data(), y.cols(), turned.data(), T{0}, x.data(), x.cols(),
                            scratch.data());
    } else {
      kernels::conv2d_weights(shape, n, x.data(), x.cols(), y.data(), y.cols(), T{0}, w.data(),
                              w.cols(), scratch.data());
    }
  }

  kernels::Conv2dShape shape;
  std::size_t n;
  Matrix<T> x, w, y, packed, turned;
  Matrix<double> scratch;
};

template <typename T>
void count(benchmark::State& state, const Operands<T>& o) {
  const double flops = 2.0 * static_cast<double>(o.y.size()) * static_cast<double>(o.shape.depth());
  bench::count_roofline<T>(state, flops,
                           static_cast<double>((o.x.size() + o.w.size() + o.y.size()) * sizeof(T)));
}

template <typename T>
void bench_surplus(benchmark::State& state, ConvolutionShape shape, Part part) {
  Operands<T> operands(shape);
  operands.run(part);
  for (auto _ : state) {
    operands.run(part);
    benchmark::ClobberMemory();
  }
  count(state, operands);
}

void bench_rival(benchmark::State& state, ConvolutionShape shape, std::size_t number, Part part) {
  const bench::ConvolutionRival rival = bench::convolution_rivals(shape)[number];
  const std::function<void()>* const parts[] = {&rival.forward, &rival.input, &rival.weights};
  const auto& run = *parts[static_cast<int>(part)];
  run();
  for (auto _ : state) run();
  count(state, Operands<float>(shape));
}

void bench_reference(benchmark::State& state, ConvolutionShape shape) {
  Operands<float> o(shape);
  Matrix<double> y(o.y.rows(), o.y.cols());
  for (auto _ : state) {
    kernels::reference::conv2d(o.shape, o.n, o.x.data(), o.x.cols(), o.w.data(), o.w.cols(),
                               y.data(), y.cols());
    benchmark::ClobberMemory();
  }
  count(state, o);
}

void add_benchmarks() {
  for (const ConvolutionShape& s : kShapes) {
    const auto text = [](std::size_t number) { return std::to_string(number); };
    const std::string shape = text(s.n) + "x" + text(s.height) + "x" + text(s.width) + "x" +
                              text(s.in) + "-" + text(s.out) + "," + text(s.window) + "/" +
                              text(s.stride);
    for (const Part part : {Part::kForward, Part::kInput, Part::kWeights}) {
      const std::string name = shape + "/" + kNames[static_cast<int>(part)] + "/";
      benchmark::RegisterBenchmark(("conv2d/float/" + name + "surplus").c_str(),
                                   bench_surplus<float>, s, part);
      std::size_t number = 0;
      for (const auto& rival : bench::convolution_rivals({1, 4, 4, 1, 1, 1, 1, 0})) {
        benchmark::RegisterBenchmark(("conv2d/float/" + name + rival.name).c_str(), bench_rival, s,
                                     number++, part);
      }
      benchmark::RegisterBenchmark(("conv2d/double/" + name + "surplus").c_str(),
                                   bench_surplus<double>, s, part);
    }
  }
  benchmark::RegisterBenchmark("conv2d/float/2x16x16x32-32,3/1/forward/reference", bench_reference,
                               ConvolutionShape{2, 16, 16, 32, 32, 3, 1, 1});
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::bench::run_rivals_at_their_best(argv);
  surplus::add_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
