#include "surplus/nn/initialize.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace surplus {
namespace {

struct Distribution {
  enum class Kind { kUniform, kNormal, kZero };  // on [-scale, scale), or of this deviation
  Kind kind = Kind::kZero;
  double scale = 0;
};

Distribution weights_of(Initializer initializer, Shape shape) {
  using Kind = Distribution::Kind;
  const auto fan_in = static_cast<double>(shape.cols), fan_out = static_cast<double>(shape.rows);
  switch (initializer) {
    case Initializer::kUniformFanIn:
      return {Kind::kUniform, 1 / std::sqrt(fan_in)};
    case Initializer::kKaimingUniform:
      return {Kind::kUniform, std::sqrt(6 / fan_in)};
    case Initializer::kKaimingNormal:
      return {Kind::kNormal, std::sqrt(2 / fan_in)};
    case Initializer::kXavierUniform:
      return {Kind::kUniform, std::sqrt(6 / (fan_in + fan_out))};
    case Initializer::kXavierNormal:
      return {Kind::kNormal, std::sqrt(2 / (fan_in + fan_out))};
    case Initializer::kNtk:
      return {Kind::kNormal, 1};
    case Initializer::kZero:
      break;
  }
  return {};
}

// The next row of a matrix that is filled row by row.
template <typename T>
void fill_row(const Distribution& distribution, Rng& rng, std::span<T> row) {
  const double scale = distribution.scale;
  switch (distribution.kind) {
    case Distribution::Kind::kUniform:
      rng.fill_uniform(row);
      for (T& x : row) x = static_cast<T>(scale * (2 * static_cast<double>(x) - 1));
      return;
    case Distribution::Kind::kNormal:
      rng.fill_normal(row);
      for (T& x : row) x = static_cast<T>(scale * static_cast<double>(x));
      return;
    case Distribution::Kind::kZero:
      std::ranges::fill(row, T{0});
      return;
  }
}

template <typename T>
void fill_bias(Initializer initializer, const Rng& rng, Shape weights, MatrixView<T> bias) {
  const Distribution distribution =
      initializer == Initializer::kUniformFanIn ? weights_of(initializer, weights) : Distribution{};
  Rng of_bias = rng.split("bias");
  for (std::size_t i = 0; i < bias.rows(); ++i) fill_row(distribution, of_bias, bias.row(i));
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
  const Distribution distribution = weights_of(initializer, w.shape());
  Rng of_weights = rng.split("weight");
  for (std::size_t i = 0; i < w.rows(); ++i) fill_row(distribution, of_weights, w.row(i));
  fill_bias(initializer, rng, w.shape(), bias);
}

template <typename T>
void initialize_layer_rows(Initializer initializer, const Rng& rng, Shape shape,
                           const TakeRow<T>& take, MatrixView<T> bias) {
  const Distribution distribution = weights_of(initializer, shape);
  Rng of_weights = rng.split("weight");
  Matrix<T> row(1, shape.cols);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    fill_row(distribution, of_weights, row.values());
    take(i, row.values());
  }
  fill_bias(initializer, rng, shape, bias);
}

#define SURPLUS_INSTANTIATE(T)                                                           \
  template void initialize_layer(Initializer, const Rng&, MatrixView<T>, MatrixView<T>); \
  template void initialize_layer_rows(Initializer, const Rng&, Shape, const TakeRow<T>&, \
                                      MatrixView<T>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
