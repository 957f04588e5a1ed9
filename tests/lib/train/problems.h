/// Small problems to train on.
#ifndef SURPLUS_TESTS_LIB_TRAIN_PROBLEMS_H_
#define SURPLUS_TESTS_LIB_TRAIN_PROBLEMS_H_

#include <cstddef>
#include <vector>

#include "surplus/core/rng.h"
#include "surplus/train/objective.h"

namespace surplus::tests {

/// Three well separated clusters on a circle, a class each.
template <typename T>
struct Clusters {
  Matrix<T> x;
  std::vector<std::size_t> labels;

  Clusters(std::size_t n, std::uint64_t seed) : x(n, 2) {
    constexpr double kCentres[3][2] = {{2, 0}, {-1, 1.7}, {-1, -1.7}};
    Rng rng(seed);
    for (std::size_t i = 0; i < n; ++i) {
      labels.push_back(rng.below(3));
      for (std::size_t j = 0; j < 2; ++j) {
        x(i, j) = static_cast<T>(kCentres[labels[i]][j] + 0.3 * rng.normal());
      }
    }
  }
  Examples<T> examples() const { return {.x = x, .labels = labels}; }
};

inline const MlpConfig kClusterNetwork{.inputs = 2, .hidden = {8}, .outputs = 3};

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_LIB_TRAIN_PROBLEMS_H_
