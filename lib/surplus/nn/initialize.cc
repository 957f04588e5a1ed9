#include "surplus/nn/initialize.h"

#include <algorithm>
#include <cmath>

namespace surplus {
namespace {

template <typename T>
void fill_uniform(Rng rng, double bound, MatrixView<T> view) {
  for (std::size_t i = 0; i < view.rows(); ++i) {
    rng.fill_uniform(view.row(i));
    for (T& x : view.row(i)) x = static_cast<T>(bound * (2 * static_cast<double>(x) - 1));
  }
}

template <typename T>
void fill_normal(Rng rng, double deviation, MatrixView<T> view) {
  for (std::size_t i = 0; i < view.rows(); ++i) {
    rng.fill_normal(view.row(i));
    for (T& x : view.row(i)) x = static_cast<T>(deviation * static_cast<double>(x));
  }
}

template <typename T>
void fill_zero(MatrixView<T> view) {
  for (std::size_t i = 0; i < view.rows(); ++i) std::ranges::fill(view.row(i), T{0});
}

}  // namespace

std::string_view to_text(Initializer initializer) {
  switch (initializer) {
    case Initializer::kUniformFanIn:
      return "uniform-fan-in";
    case Initializer::kKaimingUniform:
      return "kaiming-uniform";
    case Initializer::kKaimingNormal:
      return "kaiming-normal";
    case Initializer::kXavierUniform:
      return "xavier-uniform";
    case Initializer::kXavierNormal:
      return "xavier-normal";
    case Initializer::kNtk:
      return "ntk";
    case Initializer::kZero:
      return "zero";
  }
  return "unknown";
}

template <typename T>
void initialize_layer(Initializer initializer, const Rng& rng, MatrixView<T> w,
                      MatrixView<T> bias) {
  const auto fan_in = static_cast<double>(w.cols()), fan_out = static_cast<double>(w.rows());
  const Rng weights = rng.split("weight");
  fill_zero(bias);
  switch (initializer) {
    case Initializer::kUniformFanIn:
      fill_uniform(weights, 1 / std::sqrt(fan_in), w);
      return fill_uniform(rng.split("bias"), 1 / std::sqrt(fan_in), bias);
    case Initializer::kKaimingUniform:
      return fill_uniform(weights, std::sqrt(6 / fan_in), w);
    case Initializer::kKaimingNormal:
      return fill_normal(weights, std::sqrt(2 / fan_in), w);
    case Initializer::kXavierUniform:
      return fill_uniform(weights, std::sqrt(6 / (fan_in + fan_out)), w);
    case Initializer::kXavierNormal:
      return fill_normal(weights, std::sqrt(2 / (fan_in + fan_out)), w);
    case Initializer::kNtk:
      return fill_normal(weights, 1, w);
    case Initializer::kZero:
      return fill_zero(w);
  }
}

template void initialize_layer(Initializer, const Rng&, MatrixView<float>, MatrixView<float>);
template void initialize_layer(Initializer, const Rng&, MatrixView<double>, MatrixView<double>);

}  // namespace surplus
