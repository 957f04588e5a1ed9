#include "kernels/gemm.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/support/machine.h"
#include "bench/support/rivals.h"
#include "kernels/reference/gemm.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

using bench::GemmRival;
using kernels::Op;

template <typename T>
void surplus_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n, std::size_t k,
                  const T* a, const T* b, T* c) {
  alignas(64) static std::byte scratch[std::size_t{4} << 20];
  kernels::gemm(a_transposed ? Op::kTransposed : Op::kPlain,
                b_transposed ? Op::kTransposed : Op::kPlain, m, n, k, T{1}, a, a_transposed ? m : k,
                b, b_transposed ? k : n, T{0}, c, n, scratch);
}

template <typename T>
void reference_gemm(bool a_transposed, bool b_transposed, std::size_t m, std::size_t n,
                    std::size_t k, const T* a, const T* b, T* c) {
  kernels::reference::gemm(a_transposed, b_transposed, m, n, k, T{1}, a, a_transposed ? m : k, b,
                           b_transposed ? k : n, T{0}, c, n);
}

template <typename T>
Matrix<T> numbers(std::size_t count) {
  Matrix<T> x(1, count);
  for (std::size_t i = 0; i < count; ++i) x(0, i) = static_cast<T>(i % 1009) / T{1009} - T(0.5);
  return x;
}

struct Case {
  const char* group;
  std::size_t m, n, k;
};

const Case kCases[] = {
    {"square", 64, 64, 64},        {"square", 96, 96, 96},       {"square", 128, 128, 128},
    {"square", 192, 192, 192},     {"square", 256, 256, 256},    {"square", 384, 384, 384},
    {"square", 512, 512, 512},     {"square", 768, 768, 768},    {"square", 1024, 1024, 1024},
    {"square", 2048, 2048, 2048},  {"training", 128, 1024, 784}, {"training", 64, 512, 3072},
    {"training", 128, 8192, 3072}, {"skinny", 128, 10, 1024},    {"skinny", 10000, 32, 16},
    {"skinny", 1000, 1000, 12},    {"skinny", 683, 9, 9},
};

template <typename T>
void bench_gemm(benchmark::State& state, GemmRival<T> side, Case shape, bool a_transposed,
                bool b_transposed) {
  const auto [group, m, n, k] = shape;
  const Matrix<T> a = numbers<T>(m * k), b = numbers<T>(k * n);
  Matrix<T> c(1, m * n);
  // oneDNN generates its code in the first call.
  side.gemm(a_transposed, b_transposed, m, n, k, a.data(), b.data(), c.data());
  for (auto _ : state) {
    side.gemm(a_transposed, b_transposed, m, n, k, a.data(), b.data(), c.data());
    benchmark::ClobberMemory();
  }
  bench::count_work<T>(state, 2.0 * static_cast<double>(m) * static_cast<double>(n * k),
                       static_cast<double>((m * k + k * n + m * n) * sizeof(T)));
}

// 1000 products of one small shape: our batch, and a loop over a rival.
template <typename T>
void bench_batch(benchmark::State& state, GemmRival<T> side, std::size_t size) {
  const std::size_t count = 1000, area = size * size;
  const Matrix<T> a = numbers<T>(count * area), b = numbers<T>(count * area);
  Matrix<T> c(1, count * area);
  alignas(64) static std::byte scratch[std::size_t{4} << 20];
  for (auto _ : state) {
    if (side.gemm == surplus_gemm<T>) {
      kernels::gemm_batch(count, Op::kPlain, Op::kPlain, size, size, size, T{1}, a.data(), size,
                          area, b.data(), size, area, T{0}, c.data(), size, area, scratch);
    } else {
      for (std::size_t at = 0; at < count * area; at += area) {
        side.gemm(false, false, size, size, size, a.data() + at, b.data() + at, c.data() + at);
      }
    }
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(count * area);
  bench::count_work<T>(state, 2 * elements * static_cast<double>(size), 3 * elements * sizeof(T));
}

template <typename T>
void add_benchmarks(const std::string& type) {
  std::vector<GemmRival<T>> sides = {{"surplus", surplus_gemm<T>}};
  for (const GemmRival<T>& rival : bench::gemm_rivals<T>()) sides.push_back(rival);
  for (const std::size_t size : {8, 16, 24, 32, 48, 64}) {
    for (const GemmRival<T>& side : sides) {
      benchmark::RegisterBenchmark(
          (type + "/batch/" + std::to_string(size) + "/" + side.name).c_str(), bench_batch<T>, side,
          size);
    }
  }
  for (const char* ops : {"NN", "NT", "TN", "TT"}) {
    const bool a_transposed = ops[0] == 'T', b_transposed = ops[1] == 'T';
    for (const Case& shape : kCases) {
      const std::string size =
          std::to_string(shape.m) + "x" + std::to_string(shape.n) + "x" + std::to_string(shape.k);
      const auto add = [&](const GemmRival<T>& side) {
        benchmark::RegisterBenchmark(
            (type + "/" + ops + "/" + shape.group + "/" + size + "/" + side.name).c_str(),
            bench_gemm<T>, side, shape, a_transposed, b_transposed);
      };
      for (const GemmRival<T>& side : sides) add(side);
      if (shape.m == 256) add({"reference", reference_gemm<T>});
    }
  }
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::bench::run_rivals_at_their_best(argv);
  surplus::add_benchmarks<float>("sgemm");
  surplus::add_benchmarks<double>("dgemm");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
