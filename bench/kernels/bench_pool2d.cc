#include "kernels/pool2d.h"

#include <benchmark/benchmark.h>

#include <string>

#include "bench/support/roofline.h"
#include "kernels/reference/pool2d.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

using kernels::Pool2dShape;

enum class Side { kSurplus, kReference };

// 32 images; d_x is read and written.
void bench_max(benchmark::State& state, Side side, Pool2dShape s, bool back) {
  const std::size_t n = 32, windows = n * s.out_height() * s.out_width();
  Matrix<float> x(n * s.height * s.width, s.channels), y(windows, s.channels), places = y;
  for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] = static_cast<float>(i * 7 % 1009);
  const auto run = [&](bool backward) {
    if (side == Side::kReference) {
      return backward
                 ? kernels::reference::max_pool2d_input(s, n, y.data(), s.channels, places.data(),
                                                        s.channels, x.data(), s.channels)
                 : kernels::reference::max_pool2d(s, n, x.data(), s.channels, y.data(), s.channels,
                                                  places.data(), s.channels);
    }
    return backward ? kernels::max_pool2d_input(s, n, y.data(), s.channels, places.data(),
                                                s.channels, x.data(), s.channels)
                    : kernels::max_pool2d(s, n, x.data(), s.channels, y.data(), s.channels,
                                          places.data(), s.channels);
  };
  run(false);
  for (auto _ : state) {
    run(back);
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>((back ? 2 : 1) * x.size() + 2 * y.size());
  bench::count_roofline<float>(
      state, static_cast<double>(y.size() * s.window_height * s.window_width), 4 * elements);
}

void bench_average(benchmark::State& state, Pool2dShape s, bool back) {
  const std::size_t n = 32, windows = n * s.out_height() * s.out_width();
  Matrix<float> x(n * s.height * s.width, s.channels, 0.5F), y(windows, s.channels);
  for (auto _ : state) {
    if (back) {
      kernels::average_pool2d_input(s, n, y.data(), s.channels, x.data(), s.channels);
    } else {
      kernels::average_pool2d(s, n, x.data(), s.channels, 0.0F, y.data(), s.channels);
    }
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>((back ? 2 : 1) * x.size() + y.size());
  bench::count_roofline<float>(
      state, static_cast<double>(y.size() * s.window_height * s.window_width), 4 * elements);
}

void add_benchmarks() {
  const Pool2dShape halved{32, 32, 64, 2, 2, 2, 0}, overlapping{32, 32, 64, 3, 3, 2, 1},
      global{4, 4, 512, 4, 4, 1, 0};
  for (const bool back : {false, true}) {
    const std::string part = back ? "input/" : "forward/";
    for (const auto& [name, shape] : {std::pair{"2,2", halved}, std::pair{"3,2", overlapping}}) {
      for (const auto& [of, side] :
           {std::pair{"surplus", Side::kSurplus}, std::pair{"reference", Side::kReference}}) {
        benchmark::RegisterBenchmark(("max_pool2d/" + part + name + "/" + of).c_str(), bench_max,
                                     side, shape, back);
      }
      benchmark::RegisterBenchmark(("average_pool2d/" + part + name).c_str(), bench_average, shape,
                                   back);
    }
    benchmark::RegisterBenchmark(("average_pool2d/" + part + "global").c_str(), bench_average,
                                 global, back);
  }
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::add_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
