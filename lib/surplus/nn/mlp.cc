#include "surplus/nn/mlp.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/core/errors.h"

namespace surplus {
namespace {

// The widths from the inputs to the outputs.
std::vector<std::size_t> widths_of(const MlpConfig& config) {
  std::vector<std::size_t> widths = {config.inputs};
  widths.insert(widths.end(), config.hidden.begin(), config.hidden.end());
  widths.push_back(config.outputs);
  return widths;
}

}  // namespace

template <typename T>
Parameters<T> mlp_parameters(const MlpConfig& config, const Rng& rng) {
  const std::vector<std::size_t> widths = widths_of(config);
  std::vector<NamedShape> layout;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    SURPLUS_REQUIRE(widths[l] >= 1 && widths[l + 1] >= 1, ArgumentError, "mlp_parameters",
                    "each layer must have inputs and outputs", "layer", l, "inputs", widths[l],
                    "outputs", widths[l + 1]);
    layout.push_back({std::to_string(l) + ".weight", {widths[l + 1], widths[l]}});
    if (config.bias) layout.push_back({std::to_string(l) + ".bias", {1, widths[l + 1]}});
  }
  Parameters<T> parameters(layout);
  const std::size_t step = config.bias ? 2 : 1;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    initialize_layer(config.initializer, rng.split("init").split(l), parameters[l * step],
                     config.bias ? parameters[l * step + 1] : MatrixView<T>());
  }
  return parameters;
}

template <typename T>
ad::Var<T> mlp(const MlpConfig& config,
               std::type_identity_t<std::span<const ad::Var<T>>> parameters, const ad::Var<T>& x,
               std::vector<ad::Var<T>>* inputs) {
  const std::size_t layers = config.hidden.size() + 1, step = config.bias ? 2 : 1;
  SURPLUS_REQUIRE(parameters.size() == layers * step, ShapeError, "mlp",
                  "there must be the parameters of each layer", "layers", layers, "parameters",
                  parameters.size());
  SURPLUS_REQUIRE(x.shape().cols == config.inputs, ShapeError, "mlp",
                  "x must have a column per input", "x", x.shape(), "inputs", config.inputs);
  ad::Var<T> y = x;
  for (std::size_t l = 0; l < layers; ++l) {
    const std::size_t outputs = l + 1 < layers ? config.hidden[l] : config.outputs;
    const ad::Var<T>& w = parameters[l * step];
    SURPLUS_REQUIRE((w.shape() == Shape{outputs, y.shape().cols}), ShapeError, "mlp",
                    "weights must be outputs x inputs of their layer", "layer", l, "weights",
                    w.shape(), "outputs", outputs, "inputs", y.shape().cols);
    if (config.initializer == Initializer::kNtk) {
      const auto fan_in = static_cast<double>(y.shape().cols);
      y = ad::mul(y, x.tape()->constant(static_cast<T>(1 / std::sqrt(fan_in))));
    }
    if (inputs != nullptr) inputs->push_back(y);
    y = ad::linear(y, w, config.bias ? parameters[l * step + 1] : ad::Var<T>(),
                   l + 1 < layers ? config.activation : ad::Activation::kIdentity);
  }
  return y;
}

template <typename T>
Matrix<T> predict(const MlpConfig& config, const Parameters<T>& parameters,
                  std::type_identity_t<MatrixView<const T>> x) {
  constexpr std::size_t kRows = 1024;
  Matrix<T> y(x.rows(), config.outputs);
  ad::Tape<T> tape;
  for (std::size_t begin = 0; begin < x.rows(); begin += kRows) {
    const std::size_t rows = std::min(kRows, x.rows() - begin);
    tape.clear();
    const auto leaves = leaves_of(parameters, tape);
    const auto some = mlp(config, leaves, tape.leaf(x.block(begin, 0, rows, x.cols())));
    for (std::size_t i = 0; i < rows; ++i) {
      std::ranges::copy(some.value().row(i), y.row(begin + i).begin());
    }
  }
  return y;
}

#define SURPLUS_INSTANTIATE(T)                                                              \
  template Parameters<T> mlp_parameters(const MlpConfig&, const Rng&);                      \
  template ad::Var<T> mlp(const MlpConfig&, std::span<const ad::Var<T>>, const ad::Var<T>&, \
                          std::vector<ad::Var<T>>*);                                        \
  template Matrix<T> predict(const MlpConfig&, const Parameters<T>&, MatrixView<const T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
