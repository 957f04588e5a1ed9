#include "surplus/theory/ntk.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/matmul.h"

namespace surplus {
namespace {

constexpr std::size_t kTile = 256;      // rows and columns of the kernel that are made at once
constexpr std::size_t kTapeRows = 128;  // rows whose derivatives are taken at once
constexpr std::size_t kFewestRows = 16;

struct Layer {
  std::size_t inputs, outputs;
};

std::vector<Layer> layers_of(const MlpConfig& network) {
  std::vector<Layer> layers;
  std::size_t inputs = network.inputs;
  for (const std::size_t width : network.hidden) {
    layers.push_back({inputs, width});
    inputs = width;
  }
  layers.push_back({inputs, network.outputs});
  return layers;
}

// What the kernel is made of, for some rows: per layer, A and the G of all outputs side by side.
template <typename T>
struct Features {
  std::vector<Matrix<T>> a, g;
};

// Elements of the features, and of the tape, per row.
std::size_t feature_elements(const MlpConfig& network) {
  std::size_t sum = 0;
  for (const Layer& layer : layers_of(network)) {
    sum += layer.inputs + network.outputs * layer.outputs;
  }
  return sum;
}

// An upper bound of what the tape holds for kTapeRows: inputs, scaled inputs, pre-activations and
// values, and as much again of adjoints and scratch; the arena grows to at most twice of that.
std::size_t tape_bytes(const MlpConfig& network, std::size_t element, std::size_t n) {
  std::size_t sum = 0;
  for (const Layer& layer : layers_of(network)) sum += 2 * layer.inputs + 2 * layer.outputs;
  const std::size_t records = (std::size_t{1} << 17) + (network.hidden.size() + 1) * 4096;
  return 4 * std::min(n, kTapeRows) * sum * element + records;
}

std::size_t bytes_of(const MlpConfig& network, std::size_t element, std::size_t n, std::size_t n2,
                     std::size_t rows) {
  const bool alone = n2 == 0;
  const std::size_t others = alone ? n : n2;
  // A block that is all rows stands on both sides.
  const std::size_t held = std::min(rows, n) + (alone && rows >= n ? 0 : std::min(rows, others));
  std::size_t zero_bias = 0;
  for (const Layer& layer : layers_of(network)) zero_bias += layer.outputs + 16;
  return element * (n * others + held * feature_elements(network) + zero_bias + kTile * kTile) +
         tape_bytes(network, element, std::max(n, others));
}

template <typename T>
Features<T> features_of(const MlpConfig& network, const Parameters<T>& parameters,
                        MatrixView<const T> x) {
  const std::vector<Layer> layers = layers_of(network);
  // A bias per layer, zero if the network has none: its derivatives are those of pre-activations.
  MlpConfig biased = network;
  biased.bias = true;
  std::vector<Matrix<T>> zeros;
  if (!network.bias) {
    for (const Layer& layer : layers) zeros.emplace_back(1, layer.outputs);
  }
  const std::size_t k = network.outputs;
  Features<T> features;
  for (const Layer& layer : layers) {
    features.a.emplace_back(x.rows(), layer.inputs);
    features.g.emplace_back(x.rows(), k * layer.outputs);
  }
  ad::Tape<T> tape;
  std::vector<ad::Var<T>> leaves, inputs;
  for (std::size_t begin = 0; begin < x.rows(); begin += kTapeRows) {
    const std::size_t rows = std::min(kTapeRows, x.rows() - begin);
    tape.clear();
    leaves.clear();
    inputs.clear();
    for (std::size_t i = 0; i < parameters.count(); ++i) {
      leaves.push_back(tape.leaf(parameters[i]));
      if (!network.bias) leaves.push_back(tape.leaf(zeros[i]));
    }
    const ad::Var<T> y = mlp(biased, leaves, tape.leaf(x.block(begin, 0, rows, x.cols())), &inputs);
    std::vector<ad::Sink<T>> sinks(layers.size());
    for (std::size_t output = 0; output < k; ++output) {
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const std::size_t width = layers[l].outputs;
        sinks[l] = {leaves[2 * l + 1],
                    features.g[l].view().block(begin, output * width, rows, width)};
      }
      ad::per_example_jacobian(y, output, sinks);
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (std::size_t i = 0; i < rows; ++i) {
        std::ranges::copy(inputs[l].value().row(i), features.a[l].row(begin + i).begin());
      }
    }
  }
  return features;
}

// k = the kernel of rows of `left` from i on and of `right` from j on.
template <typename T>
void fill_tile(const MlpConfig& network, const Features<T>& left, std::size_t i,
               const Features<T>& right, std::size_t j, MatrixView<T> scratch, MatrixView<T> k) {
  const MatrixView<T> product = scratch.block(0, 0, k.rows(), k.cols());
  const T one = network.bias ? 1 : 0;
  const double share = 1 / static_cast<double>(network.outputs);
  const auto rows = [](const Matrix<T>& m, std::size_t first, std::size_t count) {
    return m.view().block(first, 0, count, m.cols());
  };
  for (std::size_t l = 0; l < left.a.size(); ++l) {
    matmul(rows(left.a[l], i, k.rows()), rows(right.a[l], j, k.cols()), product,
           {.transpose_b = true});
    matmul_in_pieces(rows(left.g[l], i, k.rows()), rows(right.g[l], j, k.cols()),
                     [&](std::size_t row, std::size_t col, MatrixView<const T> piece) {
                       for (std::size_t r = 0; r < piece.rows(); ++r) {
                         const T* const g = piece.row(r).data();
                         const T* const a = product.row(row + r).data() + col;
                         T* const to = k.row(row + r).data() + col;
                         if (l == 0) {
                           for (std::size_t c = 0; c < piece.cols(); ++c)
                             to[c] = g[c] * (a[c] + one);
                         } else {
                           for (std::size_t c = 0; c < piece.cols(); ++c)
                             to[c] += g[c] * (a[c] + one);
                         }
                       }
                     },
                     {.transpose_b = true, .alpha = share});
  }
}

template <typename T>
void mirror(MatrixView<T> k) {
  for (std::size_t i = 0; i < k.rows(); ++i) {
    for (std::size_t j = 0; j < i; ++j) k(j, i) = k(i, j);
  }
}

}  // namespace

NtkPlan plan_ntk(const MlpConfig& network, std::size_t element, std::size_t n, std::size_t n2,
                 const NtkConfig& config) {
  const std::size_t all = std::max(n, n2);
  const std::size_t whole = bytes_of(network, element, n, n2, all);
  if (whole <= config.bytes) return {all, whole};
  // Blocks of whole tiles if there is room for them.
  const std::size_t fewest = std::min(kFewestRows, all);
  const std::size_t least = bytes_of(network, element, n, n2, fewest);
  SURPLUS_REQUIRE(least <= config.bytes, ArgumentError, "ntk",
                  "bytes must allow the kernel and two blocks of rows", "bytes", config.bytes,
                  "needed", least);
  std::size_t rows = fewest;
  while (rows + fewest < all && bytes_of(network, element, n, n2, rows + fewest) <= config.bytes) {
    rows += fewest;
  }
  if (rows > kTile) rows = rows / kTile * kTile;
  return {rows, bytes_of(network, element, n, n2, rows)};
}

template <typename T>
Matrix<T> ntk(const MlpConfig& network, const Parameters<T>& parameters,
              std::type_identity_t<MatrixView<const T>> x,
              std::type_identity_t<MatrixView<const T>> x2, const NtkConfig& config) {
  const bool alone = x2.data() == nullptr;
  const MatrixView<const T> other = alone ? x : x2;
  SURPLUS_REQUIRE(x.cols() == network.inputs && other.cols() == network.inputs, ShapeError, "ntk",
                  "x and x2 must have a column per input", "x", x.shape(), "x2", other.shape(),
                  "inputs", network.inputs);
  const std::size_t count = (network.hidden.size() + 1) * (network.bias ? 2 : 1);
  SURPLUS_REQUIRE(parameters.count() == count, ShapeError, "ntk",
                  "there must be the parameters of each layer", "layers", network.hidden.size() + 1,
                  "parameters", parameters.count());
  const NtkPlan plan = plan_ntk(network, sizeof(T), x.rows(), alone ? 0 : other.rows(), config);
  Matrix<T> k(x.rows(), other.rows());
  Matrix<T> scratch(kTile, kTile);
  const Chunks blocks{x.rows(), std::max<std::size_t>(plan.rows, 1)};
  const Chunks others{other.rows(), blocks.size};
  const auto of = [&](MatrixView<const T> all, const Chunks& chunks, std::size_t c) {
    return features_of(network, parameters,
                       all.block(chunks.begin(c), 0, chunks.end(c) - chunks.begin(c), all.cols()));
  };
  for (std::size_t bi = 0; bi < blocks.count(); ++bi) {
    const Features<T> left = of(x, blocks, bi);
    for (std::size_t bj = 0; bj < (alone ? bi + 1 : others.count()); ++bj) {
      const bool same = alone && bi == bj;
      const Features<T> fresh = same ? Features<T>() : of(other, others, bj);
      const Features<T>& right = same ? left : fresh;
      for (std::size_t i = blocks.begin(bi); i < blocks.end(bi); i += kTile) {
        for (std::size_t j = others.begin(bj); j < others.end(bj); j += kTile) {
          if (alone && j >= i + kTile) break;
          fill_tile(network, left, i - blocks.begin(bi), right, j - others.begin(bj),
                    scratch.view(),
                    k.view().block(i, j, std::min(kTile, blocks.end(bi) - i),
                                   std::min(kTile, others.end(bj) - j)));
        }
      }
    }
  }
  if (alone) mirror(k.view());
  return k;
}

template <typename T>
Matrix<T> ntk_from_jacobians(const std::type_identity_t<Network<T>>& network,
                             const Parameters<T>& parameters,
                             std::type_identity_t<MatrixView<const T>> x, const NtkConfig& config) {
  const std::size_t n = x.rows(), p = parameters.size();
  const std::size_t of_kernel = n * n * sizeof(T), of_row = p * sizeof(T);
  const std::size_t least = of_kernel + 2 * of_row;
  SURPLUS_REQUIRE(least <= config.bytes, ArgumentError, "ntk_from_jacobians",
                  "bytes must allow the kernel and two gradients", "bytes", config.bytes, "needed",
                  least);
  const std::size_t rows =
      std::clamp<std::size_t>((config.bytes - of_kernel) / (2 * std::max<std::size_t>(of_row, 1)),
                              1, std::max<std::size_t>(n, 1));
  const Chunks blocks{n, rows};
  Matrix<T> k(n, n);
  ad::Tape<T> tape;
  std::size_t outputs = 1;
  const auto jacobian = [&](std::size_t block, std::size_t output) {
    const std::size_t begin = blocks.begin(block), count = blocks.end(block) - begin;
    tape.clear();
    const std::vector<ad::Var<T>> leaves = leaves_of(parameters, tape);
    const ad::Var<T> y = network(tape, leaves, tape.leaf(x.block(begin, 0, count, x.cols())));
    outputs = y.shape().cols;
    Matrix<T> j(count, p);
    std::vector<ad::Sink<T>> sinks;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const Shape shape = leaves[i].shape();
      sinks.push_back(
          {leaves[i], j.view().block(0, parameters.offset(i), count, shape.rows * shape.cols)});
    }
    ad::per_example_jacobian(y, output, sinks);
    return j;
  };
  for (std::size_t output = 0; output < outputs; ++output) {
    for (std::size_t bi = 0; bi < blocks.count(); ++bi) {
      const Matrix<T> left = jacobian(bi, output);
      for (std::size_t bj = 0; bj <= bi; ++bj) {
        const Matrix<T> fresh = bi == bj ? Matrix<T>() : jacobian(bj, output);
        const Matrix<T>& right = bi == bj ? left : fresh;
        matmul(left, right,
               k.view().block(blocks.begin(bi), blocks.begin(bj), left.rows(), right.rows()),
               {.transpose_b = true,
                .alpha = 1 / static_cast<double>(outputs),
                .beta = output == 0 ? 0.0 : 1.0});
      }
    }
  }
  mirror(k.view());
  return k;
}

template <typename T>
Matrix<T> ntk_from_products(const std::type_identity_t<Network<T>>& network,
                            const Parameters<T>& parameters,
                            std::type_identity_t<MatrixView<const T>> x) {
  ad::Tape<T> tape;
  const std::vector<ad::Var<T>> leaves = leaves_of(parameters, tape);
  const ad::Var<T> y = network(tape, leaves, tape.leaf(x));
  const std::size_t n = x.rows(), outputs = y.shape().cols;
  Parameters<T> gradient(parameters.layout());
  const std::vector<ad::Sink<T>> sinks = sinks_of(leaves, gradient);
  std::vector<ad::Tangent<T>> tangents(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) tangents[i] = {leaves[i], gradient[i]};
  Matrix<T> k(n, n), one(n, outputs), column(n, outputs);
  for (std::size_t output = 0; output < outputs; ++output) {
    for (std::size_t j = 0; j < n; ++j) {
      one(j, output) = 1;
      ad::vjp(y, one, sinks);
      one(j, output) = 0;
      ad::jvp(y, tangents, column);
      for (std::size_t i = 0; i < n; ++i) {
        k(i, j) += column(i, output) / static_cast<T>(outputs);
      }
    }
  }
  return k;
}

template <typename T>
double ntk_change(const Matrix<T>& k, const Matrix<T>& start) {
  SURPLUS_REQUIRE(k.shape() == start.shape(), ShapeError, "ntk_change",
                  "the kernels must have one shape", "k", k.shape(), "start", start.shape());
  double change = 0, norm = 0;
  for (std::size_t i = 0; i < k.size(); ++i) {
    const auto before = static_cast<double>(start.values()[i]);
    change += std::pow(static_cast<double>(k.values()[i]) - before, 2);
    norm += before * before;
  }
  SURPLUS_REQUIRE(norm > 0, NumericalError, "ntk_change",
                  "the kernel at the start must not be zero", "start", start.shape());
  return std::sqrt(change / norm);
}

#define SURPLUS_INSTANTIATE(T)                                                        \
  template Matrix<T> ntk(const MlpConfig&, const Parameters<T>&, MatrixView<const T>, \
                         MatrixView<const T>, const NtkConfig&);                      \
  template Matrix<T> ntk_from_jacobians(const Network<T>&, const Parameters<T>&,      \
                                        MatrixView<const T>, const NtkConfig&);       \
  template Matrix<T> ntk_from_products(const Network<T>&, const Parameters<T>&,       \
                                       MatrixView<const T>);                          \
  template double ntk_change(const Matrix<T>&, const Matrix<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
