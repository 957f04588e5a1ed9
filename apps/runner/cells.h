/// How structs of doubles pass through the cells of a run, and runs of several seeds.
#ifndef SURPLUS_APPS_RUNNER_CELLS_H_
#define SURPLUS_APPS_RUNNER_CELLS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string>
#include <vector>

#include "apps/runner/run.h"
#include "surplus/core/parallel.h"

namespace surplus::apps {

/// The number of doubles in T, a struct of nothing but doubles.
template <typename T>
constexpr std::size_t kValues = sizeof(T) / sizeof(double);

template <typename T>
std::vector<double> pack(const std::vector<T>& structs) {
  std::vector<double> values;
  for (const T& one : structs) {
    const auto array = std::bit_cast<std::array<double, kValues<T>>>(one);
    values.insert(values.end(), array.begin(), array.end());
  }
  return values;
}

template <typename T>
std::vector<T> unpack(const std::vector<double>& values) {
  std::vector<T> structs;
  for (std::size_t i = 0; i < values.size(); i += kValues<T>) {
    std::array<double, kValues<T>> array;
    std::copy_n(values.data() + i, array.size(), array.begin());
    structs.push_back(std::bit_cast<T>(array));
  }
  return structs;
}

/// compute(0) ... compute(seeds - 1), each a T in a cell of its own, several at once.
///
/// seconds  the expected time of one on one core
template <typename T, typename Compute>
std::vector<T> cells_by_seed(Run& run, const std::string& name, double seconds, std::size_t seeds,
                             const Compute& compute) {
  std::vector<T> values(seeds);
  parallel_for(seeds, [&](std::size_t r) {
    values[r] = unpack<T>(run.cell(name + ", seed " + std::to_string(r), seconds, kValues<T>, [&] {
                  return pack<T>({compute(r)});
                })).front();
  });
  return values;
}

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_CELLS_H_
