/// Small networks and something for them to learn, for the tests of sparse training.
#ifndef SURPLUS_TESTS_LIB_SPARSE_NETWORKS_H_
#define SURPLUS_TESTS_LIB_SPARSE_NETWORKS_H_

#include <cstddef>
#include <vector>

#include "surplus/sparse/sparse_training.h"

namespace surplus::tests {

// Ten classes around means of their own.
struct Problem {
  Matrix<float> x;
  std::vector<std::size_t> labels;

  Problem(std::size_t n, std::size_t d) : x(n, d) {
    Rng rng(1);
    Matrix<float> means(10, d);
    rng.fill_normal(means.values());
    rng.fill_normal(x.values());
    for (std::size_t i = 0; i < n; ++i) {
      labels.push_back(i % 10);
      for (std::size_t j = 0; j < d; ++j) x(i, j) += 0.5f * means(i % 10, j);
    }
  }
  Examples<float> examples() const { return {.x = x, .labels = labels}; }
};

inline const MlpConfig kNetwork{
    .inputs = 60, .hidden = {50, 40}, .outputs = 10, .initializer = Initializer::kKaimingUniform};

inline SparseNetwork<float> start_of(double density, const NetworkConfig& network = kNetwork) {
  const auto densities =
      layer_densities(DensityRule::kErdosRenyiKernel, layers_of(network), density);
  return sparse_network<float>(network, densities, Rng(2));
}

inline SparseTrainConfig<float> config_of(const Topology& topology,
                                          LayerChoice::Kind kind = LayerChoice::Kind::kAuto) {
  return {.epochs = 2,
          .batch_size = 32,
          .schedule = {.rate = 0.05},
          .milestones = {1},
          .seed = 3,
          .topology = topology,
          .choice = {.kind = kind},
          .patience = 5};
}

inline std::vector<float> weights_of(const SparseNetwork<float>& model) {
  const Parameters<float> dense = dense_parameters(model);
  return {dense.flat().begin(), dense.flat().end()};
}

}  // namespace surplus::tests

#endif  // SURPLUS_TESTS_LIB_SPARSE_NETWORKS_H_
