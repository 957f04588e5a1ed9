/// How many of a network's weights are active, layer by layer, and which ones at the start.
///
/// Weights alone count: biases are always dense. N_l is the size of layer l, n_l of its weights are
/// active, d_l = n_l / N_l is its density.
#ifndef SURPLUS_SPARSE_DENSITY_H_
#define SURPLUS_SPARSE_DENSITY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/core/rng.h"

namespace surplus {

/// The weights of a layer, outputs x inputs x kernel: 1 x 1 kernels for fully connected layers.
struct LayerShape {
  std::size_t outputs = 1, inputs = 1;
  std::size_t kernel_height = 1, kernel_width = 1;

  std::size_t columns() const { return inputs * kernel_height * kernel_width; }
  std::size_t size() const { return outputs * columns(); }
};

enum class DensityRule {
  kUniform,            ///< d everywhere
  kUniformFirstDense,  ///< ... but for the first layer, which is dense, as RigL has it
  /// The first layer dense, the last at least 20 % dense, one density for the others so that the
  /// whole has d
  kUniformPlus,
  kErdosRenyi,  ///< ERK as if kernels were 1 x 1
  /// ERK: in proportion to the sum of the dimensions over their product. Fully connected layers have
  /// two dimensions, and so do layers with 1 x 1 kernels.
  kErdosRenyiKernel,
};
/// "uniform", "uniform-first-dense", "uniform-plus", "er", "erk".
std::string_view to_text(DensityRule rule);

/// d_l for a density d of the whole. Of the Erdos-Renyi rules d_l = eps q_l, where a layer that would
/// be denser than 1 is made dense and eps found again for the others.
///
/// density   d, above 0, at most 1
/// exponent  of q_l; 1 as published
/// Throws    ArgumentError if there is no layer, one is empty, or d is out of its domain or too small
///           for what kUniformPlus keeps
/// Promises  sum d_l N_l = d N to rounding, but for kUniformFirstDense
/// Source    Mocanu et al. (2018), Scalable training of artificial neural networks with adaptive
///           sparse connectivity; Evci et al. (2020), Rigging the lottery; Liu et al. (2022), The
///           unreasonable effectiveness of random pruning
std::vector<double> layer_densities(DensityRule rule, std::span<const LayerShape> layers,
                                    double density, double exponent = 1);

/// The original of SET: eps (outputs + inputs) edges in a layer, at most all; the density of the whole
/// comes out. Throws ArgumentError if there is no layer, one is empty, or eps is not above 0
std::vector<double> set_densities(std::span<const LayerShape> layers, double epsilon);

/// n_l = round(d_l N_l).
/// Throws  ShapeError unless there is a density for each layer; ArgumentError if one is not in [0, 1]
std::vector<std::size_t> layer_counts(std::span<const LayerShape> layers,
                                      std::span<const double> densities);

/// Where active weights are: numbers of elements of a layer, row after row, ascending.
using Positions = std::vector<std::uint32_t>;

/// `count` of 0 ... size - 1, each subset being as likely.
///
/// size     at most 2^32 - 1
/// Throws   ArgumentError unless count <= size
/// Cost     O(count)
Positions random_positions(std::size_t size, std::size_t count, Rng& rng);

/// Each of 0 ... size - 1 with this probability, on its own: the number of them is random.
/// Throws   ArgumentError if the density is not in [0, 1]
/// Cost     O(number)
Positions bernoulli_positions(std::size_t size, double density, Rng& rng);

/// Those of 0, 1, ... that are not in `excluded`, by their ranks: rank r becomes the r-th of them.
///
/// excluded, ranks  ascending
/// Cost             O(excluded + ranks)
Positions positions_outside(std::span<const std::uint32_t> excluded, Positions ranks);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_DENSITY_H_
