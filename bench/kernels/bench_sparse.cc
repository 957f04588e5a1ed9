#include "kernels/sparse.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/sparse.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

// A layer, and how many examples pass through it.
struct Layer {
  std::size_t out, in, batch;
};
const Layer kLayers[] = {{1000, 784, 128}, {1000, 1000, 128}, {1024, 3072, 128}};
constexpr double kDensities[] = {0.5, 0.2, 0.1, 0.05, 0.02, 0.01};
constexpr std::size_t kWidths[] = {16, 32, 64, 128};

enum class Part { kForward, kInput, kValues };
constexpr const char* kNames[] = {"forward", "input", "values"};

struct Compressed {
  std::vector<std::uint32_t> start, col;
};

// As many random positions as the density asks for, the same number in each row.
Compressed random_rows(std::size_t rows, std::size_t cols, double density, unsigned seed) {
  std::mt19937 random(seed);
  Compressed w{{0}, {}};
  std::vector<std::uint32_t> all(cols);
  for (std::size_t c = 0; c < cols; ++c) all[c] = static_cast<std::uint32_t>(c);
  const std::ptrdiff_t count = std::lround(density * static_cast<double>(cols));
  for (std::size_t r = 0; r < rows; ++r) {
    std::shuffle(all.begin(), all.end(), random);
    w.col.insert(w.col.end(), all.begin(), all.begin() + count);
    std::sort(w.col.end() - count, w.col.end());
    w.start.push_back(static_cast<std::uint32_t>(w.col.size()));
  }
  return w;
}

template <typename T>
struct Operands {
  Operands(const Layer& layer, double density, std::size_t tile_width)
      : width(tile_width),
        tiles(layer.batch / width),
        by_row(random_rows(layer.out, layer.in, density, 1)),
        by_col(random_rows(layer.in, layer.out, density, 2)),
        rows{layer.out, layer.in, by_row.start.data(), by_row.start.data() + 1, by_row.col.data()},
        cols{layer.in, layer.out, by_col.start.data(), by_col.start.data() + 1, by_col.col.data()},
        values(std::max(by_row.col.size(), by_col.col.size()), T(0.01)),
        x(tiles * layer.in, width, T(0.5)),
        y(tiles * layer.out, width, T(0.5)),
        bias(layer.out, T(0.1)) {}

  void run(Part part) {
    if (part == Part::kForward) {
      kernels::spmm(rows, values.data(), 0, rows.rows, tiles, width, x.data(), width, bias.data(),
                    true, y.data(), width);
    } else if (part == Part::kInput) {
      kernels::spmm(cols, values.data(), 0, cols.rows, tiles, width, y.data(), width,
                    static_cast<const T*>(nullptr), false, x.data(), width);
    } else {
      kernels::sddmm(rows, 0, rows.rows, tiles, width, y.data(), width, x.data(), width, false, 0,
                     values.data());
      std::fill(values.begin(), values.end(), T(0.01));
    }
  }

  std::size_t width, tiles;
  Compressed by_row, by_col;
  kernels::SparseRows rows, cols;
  std::vector<T> values;
  Matrix<T> x, y;
  std::vector<T> bias;
};

template <typename T>
void count(benchmark::State& state, const Operands<T>& o) {
  const auto non_zeros = static_cast<double>(o.by_row.col.size());
  const auto examples = static_cast<double>(o.tiles * o.width);
  bench::count_roofline<T>(
      state, 2 * non_zeros * examples,
      non_zeros * (sizeof(T) + 4) + static_cast<double>((o.x.size() + o.y.size()) * sizeof(T)));
  state.counters["ns/non-zero"] =
      benchmark::Counter(non_zeros * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                                               benchmark::Counter::kInvert);
}

template <typename T>
void bench_surplus(benchmark::State& state, Layer layer, double density, std::size_t width,
                   Part part) {
  Operands<T> operands(layer, density, width);
  operands.run(part);
  for (auto _ : state) {
    operands.run(part);
    benchmark::ClobberMemory();
  }
  count(state, operands);
}

void bench_reference(benchmark::State& state, Layer layer, double density, std::size_t width) {
  Operands<float> o(layer, density, width);
  for (auto _ : state) {
    kernels::reference::spmm(o.rows, o.values.data(), 0, o.rows.rows, o.tiles, width, o.x.data(),
                             width, o.bias.data(), true, o.y.data(), width);
    benchmark::ClobberMemory();
  }
  count(state, o);
}

void bench_tiles(benchmark::State& state, std::size_t n, std::size_t d, bool to) {
  Matrix<float> x(n, d), y(d, n);
  for (auto _ : state) {
    if (to) {
      kernels::to_tile(n, d, n, x.data(), d, y.data(), n);
    } else {
      kernels::from_tile(n, d, y.data(), n, false, x.data(), d);
    }
    benchmark::ClobberMemory();
  }
  bench::count_roofline<float>(state, 0, 8.0 * static_cast<double>(n * d));
}

template <typename T>
void add_rows(const std::string& type, const Layer& layer) {
  const std::string shape = std::to_string(layer.out) + "x" + std::to_string(layer.in) + "x" +
                            std::to_string(layer.batch);
  for (const Part part : {Part::kForward, Part::kInput, Part::kValues}) {
    for (const double density : kDensities) {
      for (const std::size_t width : kWidths) {
        const std::string name = "sparse/" + type + "/" + shape + "/" +
                                 kNames[static_cast<int>(part)] + "/density " + to_text(density) +
                                 "/width " + std::to_string(width);
        benchmark::RegisterBenchmark(name.c_str(), bench_surplus<T>, layer, density, width, part);
      }
    }
  }
}

void add_benchmarks() {
  for (const Layer& layer : kLayers) {
    add_rows<float>("float", layer);
    add_rows<double>("double", layer);
  }
  benchmark::RegisterBenchmark("sparse/reference", bench_reference, kLayers[0], 0.05,
                               std::size_t{64});
  for (const bool to : {true, false}) {
    for (const std::size_t d : {784u, 3072u}) {
      benchmark::RegisterBenchmark(
          ("sparse/" + std::string(to ? "to" : "from") + "_tile/64x" + std::to_string(d)).c_str(),
          bench_tiles, std::size_t{64}, d, to);
    }
  }
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::add_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
