#include "bench/support/machine.h"

#include <map>

#include "surplus/linalg/kernel_profile.h"

namespace surplus::bench {

template <typename T>
double fma_peak() {
  static const double peak = measure_peak<T>();
  return peak;
}

double triad_bandwidth(std::size_t bytes) {
  static std::map<std::size_t, double> measured;
  const auto [at, is_new] = measured.try_emplace(bytes);
  if (is_new) at->second = measure_bandwidth(bytes, 1, 0.1).triad;
  return at->second;
}

template <typename T>
void count_work(benchmark::State& state, double flops, double bytes) {
  const auto rate = [](double amount) {
    return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["flop/s"] = rate(flops);
  state.counters["bytes/s"] = rate(bytes);
  state.counters["peak"] = rate(flops / fma_peak<T>());
}

template double fma_peak<float>();
template double fma_peak<double>();
template void count_work<float>(benchmark::State&, double, double);
template void count_work<double>(benchmark::State&, double, double);

}  // namespace surplus::bench
