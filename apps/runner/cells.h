/// How structs of doubles pass through the cells of a run.
#ifndef SURPLUS_APPS_RUNNER_CELLS_H_
#define SURPLUS_APPS_RUNNER_CELLS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <vector>

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

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_CELLS_H_
