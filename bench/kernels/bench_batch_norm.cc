#include "kernels/batch_norm.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/support/roofline.h"
#include "kernels/reference/batch_norm.h"
#include "surplus/core/matrix.h"

namespace surplus {
namespace {

enum class Pass { kMoments, kApply, kSums, kInput };

// Passes over the activations of a ResNet's stages, 128 images; or over what stays in L2.
template <typename T>
void bench_pass(benchmark::State& state, Pass pass, std::size_t m, std::size_t n) {
  Matrix<T> x(m, n), y(m, n), columns(5, n, T(0.5));
  Matrix<double> sums(2, n);
  for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] = static_cast<T>(i % 1009) / T{1009};
  const kernels::BatchNormColumns<T> c{&columns(0, 0), &columns(1, 0), &columns(2, 0), true};
  for (auto _ : state) {
    switch (pass) {
      case Pass::kMoments:
        kernels::column_moments(m, n, x.data(), n, &sums(0, 0), &sums(1, 0));
        break;
      case Pass::kApply:
        kernels::batch_norm(m, n, x.data(), n, c, y.data(), n);
        break;
      case Pass::kSums:
        kernels::batch_norm_sums(m, n, x.data(), n, c, y.data(), n, &sums(0, 0), &sums(1, 0));
        break;
      case Pass::kInput:
        kernels::batch_norm_input(m, n, x.data(), n, c, y.data(), n, &columns(3, 0), &columns(4, 0),
                                  T{0}, y.data(), n);
        break;
    }
    benchmark::ClobberMemory();
  }
  const double flops[] = {4, 2, 5, 6}, passes[] = {2, 2, 2, 3};
  const auto elements = static_cast<double>(m * n);
  bench::count_roofline<T>(state, flops[static_cast<int>(pass)] * elements,
                           passes[static_cast<int>(pass)] * elements * sizeof(T));
}

void bench_reference(benchmark::State& state) {
  const std::size_t m = 256, n = 64;
  Matrix<float> x(m, n, 0.5F), columns(3, n, 0.5F);
  Matrix<double> y(m, n);
  const kernels::BatchNormColumns<float> c{&columns(0, 0), &columns(1, 0), &columns(2, 0), true};
  for (auto _ : state) {
    kernels::reference::batch_norm(m, n, x.data(), n, c, y.data(), n);
    benchmark::ClobberMemory();
  }
  bench::count_roofline<float>(state, 2.0 * m * n, 2.0 * m * n * sizeof(float));
}

template <typename T>
void add_benchmarks(const std::string& type) {
  const char* const names[] = {"moments", "apply", "sums", "input"};
  for (const Pass pass : {Pass::kMoments, Pass::kApply, Pass::kSums, Pass::kInput}) {
    for (const auto& [m, n] :
         {Shape{256, 64}, Shape{131072, 16}, Shape{32768, 64}, Shape{2048, 512}}) {
      benchmark::RegisterBenchmark(("batch_norm/" + type + "/" + names[static_cast<int>(pass)] +
                                    "/" + std::to_string(m) + "x" + std::to_string(n))
                                       .c_str(),
                                   bench_pass<T>, pass, m, n);
    }
  }
}

}  // namespace
}  // namespace surplus

int main(int argc, char** argv) {
  surplus::add_benchmarks<float>("float");
  surplus::add_benchmarks<double>("double");
  benchmark::RegisterBenchmark("batch_norm/float/apply/256x64/reference", surplus::bench_reference);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
