/// Fully connected networks of any depth and width.
#ifndef SURPLUS_NN_MLP_H_
#define SURPLUS_NN_MLP_H_

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "surplus/autodiff/ops/linear.h"
#include "surplus/nn/initialize.h"
#include "surplus/nn/parameters.h"

namespace surplus {

/// Layer l = 0, 1, ... takes x_l to f(x_l W_l' + b_l), the last one without f. Under
/// Initializer::kNtk, to f(x_l W_l' / sqrt(inputs of the layer) + b_l).
struct MlpConfig {
  std::size_t inputs = 1;                ///< d, at least 1
  std::vector<std::size_t> hidden = {};  ///< the widths of the hidden layers, each at least 1
  std::size_t outputs = 1;               ///< k, at least 1
  ad::Activation activation = ad::Activation::kRelu;  ///< f
  bool bias = true;
  Initializer initializer = Initializer::kUniformFanIn;
};

/// The parameters at the start, in PyTorch's order and orientation: "0.weight", outputs x inputs of
/// layer 0, "0.bias", 1 x outputs, "1.weight", ... Layer l draws from rng.split("init").split(l), so
/// that the start of a layer does not depend on the layers after it.
///
/// Throws   ArgumentError if a width is 0
/// Promises the same seed gives the same bits with any number of threads
template <typename T>
Parameters<T> mlp_parameters(const MlpConfig& config, const Rng& rng);

/// The outputs for n rows.
///
/// parameters  in the order of mlp_parameters()
/// x           n x d
/// inputs      if given, gets what the weights of each layer are multiplied with, scaled under kNtk
/// Returns     n x k
/// Throws      ShapeError if the parameters or x do not fit the config
template <typename T>
ad::Var<T> mlp(const MlpConfig& config,
               std::type_identity_t<std::span<const ad::Var<T>>> parameters, const ad::Var<T>& x,
               std::vector<ad::Var<T>>* inputs = nullptr);

/// The same for rows and parameters that are not on a tape, some rows at a time.
///
/// Cost        memory for the result and the activations of 1024 rows
/// Promises    row i of the result depends on row i of x alone; the bits do not depend on the number
///             of threads
template <typename T>
Matrix<T> predict(const MlpConfig& config, const Parameters<T>& parameters,
                  std::type_identity_t<MatrixView<const T>> x);

}  // namespace surplus

#endif  // SURPLUS_NN_MLP_H_
