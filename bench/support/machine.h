/// The limits of this machine, as surplus/linalg/kernel_profile.h measures them, on one core when
/// first asked for.
#ifndef SURPLUS_BENCH_SUPPORT_MACHINE_H_
#define SURPLUS_BENCH_SUPPORT_MACHINE_H_

#include <benchmark/benchmark.h>

#include <cstddef>

namespace surplus::bench {

/// Multiply-adds in registers on the target in force, in flop/s; T is float or double.
template <typename T>
double fma_peak();

/// Triad over `bytes` in three arrays, in bytes read and written per second (each array counted
/// once, as STREAM does).
double triad_bandwidth(std::size_t bytes);

/// Attaches flop/s, bytes/s and `peak`, the share of fma_peak<T>(), to a benchmark whose iterations
/// do `flops` and move at least `bytes`.
template <typename T>
void count_work(benchmark::State& state, double flops, double bytes);

}  // namespace surplus::bench

#endif  // SURPLUS_BENCH_SUPPORT_MACHINE_H_
