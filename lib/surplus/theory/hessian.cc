#include "surplus/theory/hessian.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/core/errors.h"

namespace surplus {
namespace {

// What an operator keeps between products.
template <typename T>
struct Products {
  Objective<T> objective;
  const Parameters<T>& at;
  Examples<T> examples;
  std::size_t rows;
  ad::Tape<T> tape;
  std::vector<ad::Var<T>> leaves;
  ad::Var<T> loss;
  Parameters<T> direction, product;

  void record(std::size_t begin, std::size_t count) {
    Batch<T> batch{.examples = {.x = examples.x.block(begin, 0, count, examples.x.cols())},
                   .rng = Rng(0),
                   .training = false};
    if (!examples.labels.empty()) batch.examples.labels = examples.labels.subspan(begin, count);
    if (!examples.targets.empty()) {
      batch.examples.targets = examples.targets.block(begin, 0, count, examples.targets.cols());
    }
    tape.clear();
    put_leaves(at, tape, leaves);
    loss = objective(tape, leaves, batch);
  }

  void operator()(std::span<const double> x, std::span<double> y) {
    SURPLUS_REQUIRE(x.size() == at.size() && y.size() == at.size(), ShapeError, "loss_hessian",
                    "x and y must have an element per parameter", "x", x.size(), "y", y.size(),
                    "parameters", at.size());
    for (std::size_t i = 0; i < x.size(); ++i) direction.flat()[i] = static_cast<T>(x[i]);
    std::vector<ad::Tangent<T>> tangents(at.count());
    std::ranges::fill(y, 0.0);
    const std::size_t n = examples.x.rows();
    for (std::size_t begin = 0; begin < n; begin += rows) {
      const std::size_t count = std::min(rows, n - begin);
      if (rows < n) record(begin, count);
      for (std::size_t i = 0; i < at.count(); ++i) tangents[i] = {leaves[i], direction[i]};
      ad::hvp(loss, tangents, sinks_of(leaves, product));
      const double share = static_cast<double>(count) / static_cast<double>(n);
      for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] += share * static_cast<double>(product.flat()[i]);
      }
    }
  }
};

}  // namespace

template <typename T>
SymmetricOperator loss_hessian(std::type_identity_t<Objective<T>> objective,
                               const Parameters<T>& at, const Examples<T>& examples,
                               std::size_t rows) {
  SURPLUS_REQUIRE(rows >= 1, ArgumentError, "loss_hessian", "rows must be at least 1", "rows",
                  rows);
  require_examples("loss_hessian", examples);
  const std::shared_ptr<Products<T>> products(new Products<T>{std::move(objective),
                                                              at,
                                                              examples,
                                                              rows,
                                                              {},
                                                              {},
                                                              {},
                                                              Parameters<T>(at.layout()),
                                                              Parameters<T>(at.layout())});
  if (rows >= examples.x.rows()) products->record(0, examples.x.rows());
  return [products](std::span<const double> x, std::span<double> y) { (*products)(x, y); };
}

template <typename T>
SymmetricOperator output_hessian(std::type_identity_t<Network<T>> network, const Parameters<T>& at,
                                 std::type_identity_t<MatrixView<const T>> x, std::size_t output) {
  SURPLUS_REQUIRE(x.rows() == 1, ShapeError, "output_hessian", "x must be one row", "x", x.shape());
  Objective<T> objective = [network = std::move(network), output](
                               ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                               const Batch<T>& batch) {
    const ad::Var<T> y = network(tape, parameters, tape.leaf(batch.examples.x));
    SURPLUS_REQUIRE(output < y.shape().cols, ArgumentError, "output_hessian",
                    "output must be below the number of outputs", "output", output, "outputs",
                    y.shape().cols);
    return ad::slice(y, 0, output, 1, 1);
  };
  return loss_hessian<T>(std::move(objective), at, {.x = x});
}

TwoLayerHessian two_layer_hessian(ad::Activation f, std::span<const double> v,
                                  std::span<const double> w, double x, bool fixed_v) {
  SURPLUS_REQUIRE(f == ad::Activation::kTanh || f == ad::Activation::kSigmoid, ArgumentError,
                  "two_layer_hessian", "the activation must be tanh or sigmoid", "activation",
                  static_cast<int>(f));
  SURPLUS_REQUIRE(v.size() == w.size() && !v.empty(), ShapeError, "two_layer_hessian",
                  "v and w must be equally long and not empty", "v", v.size(), "w", w.size());
  const double root = std::sqrt(static_cast<double>(v.size()));
  TwoLayerHessian result;
  for (std::size_t i = 0; i < v.size(); ++i) {
    double first = 0, second = 0;  // derivatives of f
    if (f == ad::Activation::kTanh) {
      const double t = std::tanh(w[i] * x);
      first = 1 - t * t;
      second = -2 * t * first;
    } else {
      const double s = 1 / (1 + std::exp(-w[i] * x));
      first = s * (1 - s);
      second = first * (1 - 2 * s);
    }
    const double a = fixed_v ? 0 : first * std::abs(x), b = v[i] * second * x * x;
    // The eigenvalue of larger magnitude has the sign of b; its vector is (a, lambda).
    const double lambda = std::copysign((std::abs(b) + std::hypot(b, 2 * a)) / 2, b);
    if (i > 0 && std::abs(lambda) / root <= result.norm) continue;
    const double length = std::hypot(a, lambda);
    // e_w is along x: its element has the sign of x.
    result = {std::abs(lambda) / root, i, length > 0 ? a / length : 0,
              length > 0 ? std::copysign(lambda / length, lambda * x) : 1};
  }
  return result;
}

#define SURPLUS_INSTANTIATE(T)                                                                     \
  template SymmetricOperator loss_hessian(Objective<T>, const Parameters<T>&, const Examples<T>&,  \
                                          std::size_t);                                            \
  template SymmetricOperator output_hessian(Network<T>, const Parameters<T>&, MatrixView<const T>, \
                                            std::size_t);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
