#include "surplus/autodiff/ops/sparse_linear.h"

#include "kernels/reduce.h"
#include "surplus/autodiff/activate.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/linalg/sparse_matmul.h"

namespace surplus::ad {
namespace {

template <typename T>
void push_to_tiles(Step<T>& step) {
  rows_to_tiles(step.t_x(0), step.t_y());
}

template <typename T>
void pull_to_tiles(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto [d_x, beta] = step.d_x_unset(0);
  tiles_to_rows(step.d_y(), d_x, beta != 0);
}

template <typename T>
constexpr Op<T> kToTiles{"to_tiles", push_to_tiles<T>, pull_to_tiles<T>};

template <typename T>
void push_from_tiles(Step<T>& step) {
  tiles_to_rows(step.t_x(0), step.t_y());
}

template <typename T>
void pull_from_tiles(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto [d_x, beta] = step.d_x_unset(0);
  if (beta == 0) return rows_to_tiles(step.d_y(), d_x);
  const MatrixView<T> tiles = step.scratch(d_x.rows(), d_x.cols());
  rows_to_tiles(step.d_y(), tiles);
  for_elements([](T& sum, T value) { sum += value; }, d_x, MatrixView<const T>(tiles));
}

template <typename T>
constexpr Op<T> kFromTiles{"from_tiles", push_from_tiles<T>, pull_from_tiles<T>};

struct Layer {
  const SparsePattern* pattern;
  Activation f;
};

// d_bias += the sums over the examples; tiles in their order.
template <typename T>
void add_bias_gradient(Step<T>& step, MatrixView<const T> d_z, MatrixView<T> d_bias) {
  const std::size_t h = d_bias.cols();
  const MatrixView<T> sums = step.scratch(1, d_z.rows());
  for_rows(d_z.shape(), [&](std::size_t begin, std::size_t end) {
    kernels::row_sum(end - begin, d_z.cols(), d_z.data() + begin * d_z.stride(), d_z.stride(),
                     sums.data() + begin);
  });
  reduce_add<T>(MatrixView<const T>(sums.data(), d_z.rows() / h, h), d_bias);
}

template <typename T>
void push(Step<T>& step) {
  const auto& layer = step.template data<Layer>();
  const MatrixView<T> t_y = step.t_y();
  const auto product = [&](MatrixView<const T> values, MatrixView<const T> x, bool add) {
    sparse_matmul(*layer.pattern, values.row(0), x, t_y, {.add = add});
  };
  if (step.moves(0)) product(step.x(1), step.t_x(0), false);
  if (step.moves(1)) product(step.t_x(1), step.x(0), step.moves(0));
  if (step.moves(2)) {
    const std::span<const T> bias = step.t_x(2).row(0);
    for_rows(t_y.shape(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        for (T& t : t_y.row(r)) t += bias[r % bias.size()];
      }
    });
  }
  if (layer.f != Activation::kIdentity) {
    times_slope(layer.f, step.y(), static_cast<MatrixView<const T>>(t_y), t_y);
  }
}

template <typename T>
void pull_input(Step<T>& step, const SparsePattern& pattern, MatrixView<const T> values,
                MatrixView<const T> d_z) {
  const MatrixView<T> by_column = step.scratch(1, pattern.size());
  order_by_column(pattern, values.row(0), by_column.row(0));
  const auto [d_x, beta] = step.d_x_unset(0);
  sparse_matmul_transposed(pattern, by_column.row(0), d_z, d_x, beta != 0);
}

template <typename T>
void pull_values(Step<T>& step, const SparsePattern& pattern, MatrixView<const T> x,
                 MatrixView<const T> d_z) {
  const auto [d_values, beta] = step.d_x_unset(1);
  sampled_matmul(pattern, d_z, x, d_values.row(0), beta != 0);
}

// What d_z adds to the operands' adjoints; the values' last, which may change them.
template <typename T>
void pull_product(Step<T>& step, const SparsePattern& pattern, MatrixView<const T> d_z) {
  if (step.wants(2)) add_bias_gradient(step, d_z, step.d_x(2));
  if (step.wants(0)) pull_input(step, pattern, step.x(1), d_z);
  if (!step.wants(1)) return;
  if (const TakePiece<T>* const take = step.take_pieces(1)) {
    sampled_matmul_in_pieces<T>(pattern, d_z, step.x(0),
                                [take](std::size_t k, std::span<const T> piece) {
                                  (*take)(0, k, {piece.data(), 1, piece.size()});
                                });
  } else {
    pull_values(step, pattern, step.x(0), d_z);
  }
}

template <typename T>
void pull(Step<T>& step) {
  const auto& [pattern, f] = step.template data<Layer>();
  pull_product(step, *pattern, d_z_of(step, f));
}

template <typename T>
void curvature(Step<T>& step) {
  const auto& [pattern, f] = step.template data<Layer>();
  const MatrixView<const T> d_z = d_z_of(step, f);
  if (step.wants(1) && step.moves(0)) pull_values(step, *pattern, step.t_x(0), d_z);
  if (step.wants(0) && step.moves(1)) pull_input(step, *pattern, step.t_x(1), d_z);
  const MatrixView<const T> t_d_z = t_d_z_of(step, f);
  if (!t_d_z.empty()) pull_product(step, *pattern, t_d_z);
}

template <typename T>
constexpr Op<T> kSparseLinear{"sparse_linear", push<T>, pull<T>, curvature<T>};

}  // namespace

template <typename T>
Var<T> to_tiles(const Var<T>& x, std::size_t width) {
  Tape<T>& tape = common_tape("to_tiles", {x});
  const auto [n, d] = x.shape();
  if (width == 0) width = tile_width<T>(n);
  SURPLUS_REQUIRE(width % kTileUnit == 0, ArgumentError, "to_tiles",
                  "the width must be a multiple of 16", "width", width);
  const auto [var, y] = tape.record(kToTiles<T>, {x}, {tile_count(n, width) * d, width});
  rows_to_tiles(x.value(), y);
  return var;
}

template <typename T>
Var<T> from_tiles(const Var<T>& x, std::size_t n) {
  constexpr const char* kName = "from_tiles";
  Tape<T>& tape = common_tape(kName, {x});
  const auto [rows, width] = x.shape();
  SURPLUS_REQUIRE(n > 0, ArgumentError, kName, "there must be an example", "n", n);
  SURPLUS_REQUIRE(width > 0 && width % kTileUnit == 0, ArgumentError, kName,
                  "tiles must be a positive multiple of 16 wide", "width", width);
  const std::size_t tiles = tile_count(n, width);
  SURPLUS_REQUIRE(rows % tiles == 0, ShapeError, kName, "each tile must have equally many rows",
                  "x", x.shape(), "tiles", tiles);
  const auto [var, y] = tape.record(kFromTiles<T>, {x}, {n, rows / tiles});
  tiles_to_rows(x.value(), y);
  return var;
}

template <typename T>
Var<T> sparse_linear(const Var<T>& x, const Var<T>& values, const SparsePattern& pattern,
                     const std::type_identity_t<Var<T>>& bias, Activation f) {
  constexpr const char* kName = "sparse_linear";
  Tape<T>& tape = common_tape(kName, {x, values, bias});
  const Shape w = pattern.shape(), from = x.shape();
  SURPLUS_REQUIRE(w.rows > 0 && w.cols > 0, ArgumentError, kName,
                  "the pattern must have rows and columns", "pattern", w);
  SURPLUS_REQUIRE(from.cols > 0 && from.cols % kTileUnit == 0, ArgumentError, kName,
                  "tiles must be a positive multiple of 16 wide", "x", from);
  SURPLUS_REQUIRE(from.rows % w.cols == 0, ShapeError, kName,
                  "x must be tiles with a row per column of the pattern", "x", from, "pattern", w);
  SURPLUS_REQUIRE((values.shape() == Shape{1, pattern.size()}), ShapeError, kName,
                  "values must be one row with a column per place of the pattern", "values",
                  values.shape(), "places", pattern.size());
  SURPLUS_REQUIRE((!bias || bias.shape() == Shape{1, w.rows}), ShapeError, kName,
                  "bias must be one row with a column per row of the pattern", "bias", bias.shape(),
                  "pattern", w);
  if (f == Activation::kGelu) return gelu(sparse_linear(x, values, pattern, bias));
  if (f == Activation::kErf) return erf(sparse_linear(x, values, pattern, bias));
  const auto [var, y] = tape.record(kSparseLinear<T>, {x, values, bias},
                                    {from.rows / w.cols * w.rows, from.cols}, Layer{&pattern, f});
  const bool relu = f == Activation::kRelu;
  sparse_matmul(pattern, values.value().row(0), x.value(), y,
                {.bias = bias ? bias.value().row(0) : std::span<const T>(), .relu = relu});
  if (!relu) activate<T>(f, nullptr, y);
  return var;
}

#define SURPLUS_INSTANTIATE(T)                                                                     \
  template Var<T> to_tiles(const Var<T>&, std::size_t);                                            \
  template Var<T> from_tiles(const Var<T>&, std::size_t);                                          \
  template Var<T> sparse_linear(const Var<T>&, const Var<T>&, const SparsePattern&, const Var<T>&, \
                                Activation);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
