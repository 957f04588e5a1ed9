#include "surplus/sparse/sparse_scores.h"

#include <algorithm>
#include <utility>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/dropout.h"
#include "surplus/autodiff/ops/pool2d.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/sparse_conv2d.h"
#include "surplus/autodiff/ops/unary.h"

namespace surplus {
namespace {

// How a value stands on the tape.
enum class Form {
  kRows,    // a row per example
  kTiles,   // of examples: sparse_linear()
  kPixels,  // a row per pixel
};

// A step's inner values of a layer, for its dense gradient.
template <typename T>
struct Inner {
  ad::Var<T> x, z;
  Form form = Form::kRows;
};

template <typename T>
ad::Var<T> activated(const ad::Var<T>& z, ad::Activation f) {
  switch (f) {
    case ad::Activation::kIdentity:
      return z;
    case ad::Activation::kRelu:
      return ad::relu(z);
    case ad::Activation::kTanh:
      return ad::tanh(z);
    case ad::Activation::kSigmoid:
      return ad::sigmoid(z);
    case ad::Activation::kGelu:
      return ad::gelu(z);
    case ad::Activation::kErf:
      break;
  }
  return ad::erf(z);
}

Form form_of(const SparseLayer& layer) {
  if (layer.windows) return Form::kPixels;
  return layer.pattern != nullptr ? Form::kTiles : Form::kRows;
}

// The value of n examples in another form; images come before all else.
template <typename T>
ad::Var<T> in_form(Form to, const ad::Var<T>& y, Form from, std::size_t n,
                   const ImageShape& images) {
  if (to == from) return y;
  if (to == Form::kPixels) return ad::channels_last(y, images.channels);
  const Shape shape = y.shape();
  const ad::Var<T> rows = from == Form::kTiles    ? ad::from_tiles(y, n)
                          : from == Form::kPixels ? ad::reshape(y, n, shape.rows / n * shape.cols)
                                                  : y;
  return to == Form::kTiles ? ad::to_tiles(rows) : rows;
}

// f(x W' + bias), or of the windows of x.
template <typename T>
ad::Var<T> layer_value(const SparseLayer& layer, const ad::Var<T>& x, const ad::Var<T>& w,
                       const ad::Var<T>& bias, ad::Activation f) {
  if (!layer.windows) {
    return layer.pattern != nullptr ? ad::sparse_linear(x, w, *layer.pattern, bias, f)
                                    : ad::linear(x, w, bias, f);
  }
  if (layer.pattern != nullptr) {
    return ad::sparse_conv2d(x, w, *layer.pattern, *layer.windows, bias, f);
  }
  const ad::Var<T> z = ad::conv2d(x, w, *layer.windows);
  return activated(bias ? ad::add(z, bias) : z, f);
}

template <typename T>
ad::Var<T> pooled(const SparseLayer& layer, const ad::Var<T>& y) {
  if (layer.pool == 1) return y;
  return ad::max_pool2d(y, {.height = layer.windows->out_height(),
                            .width = layer.windows->out_width(),
                            .window = layer.pool,
                            .stride = layer.pool});
}

// The scores of a batch; `inner`, if given, gets what each layer is made of.
template <typename T>
ad::Var<T> scores_of(const SparseNetwork<T>& model, ad::Tape<T>& tape,
                     std::span<const ad::Var<T>> parameters, const Batch<T>& batch,
                     std::vector<Inner<T>>* inner) {
  const std::size_t n = batch.examples.x.rows();
  const MlpConfig& mlp = model.network.mlp;
  ad::Var<T> y = tape.leaf(batch.examples.x);
  Form form = Form::kRows;
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const SparseLayer& layer = model.layers[l];
    const Form next = form_of(layer);
    y = in_form(next, y, form, n, model.network.images);
    form = next;
    if (l > 0 && batch.training && model.dropout > 0) {
      Rng rng = batch.rng.split("dropout").split(l);
      y = ad::dropout(y, model.dropout, rng);
    }
    const ad::Var<T> x = y, w = parameters[model.weight(l)],
                     bias = mlp.bias ? parameters[model.weight(l) + 1] : ad::Var<T>();
    const ad::Activation f =
        l + 1 < model.layers.size() ? mlp.activation : ad::Activation::kIdentity;
    if (inner == nullptr) {
      y = layer_value(layer, x, w, bias, f);
    } else {
      const ad::Var<T> z = layer_value(layer, x, w, bias, ad::Activation::kIdentity);
      inner->push_back({x, z, form});
      y = activated(z, f);
    }
    y = pooled(layer, y);
  }
  return in_form(Form::kRows, y, form, n, model.network.images);
}

// What a layer's weights are multiplied with, or the derivatives of what comes out, as rows again.
template <typename T>
Matrix<T> rows_of(MatrixView<const T> value, Form form, std::size_t n) {
  if (form != Form::kTiles) return Matrix<T>(value);
  ad::Tape<T> tape;
  return Matrix<T>(ad::from_tiles(tape.leaf(value), n).value());
}

template <typename T>
Matrix<T> inputs_of(const SparseLayer& layer, const Inner<T>& inner, std::size_t n) {
  if (!layer.windows) return rows_of<T>(inner.x.value(), inner.form, n);
  ad::Tape<T> tape;
  const auto tiles = ad::window_tiles(tape.leaf(inner.x.value()), *layer.windows);
  return Matrix<T>(ad::from_tiles(tiles, n * layer.uses()).value());
}

}  // namespace

template <typename T>
LayerProducts<T> layer_products(const SparseNetwork<T>& model,
                                const std::type_identity_t<Batch<T>>& batch,
                                const std::vector<bool>& wanted) {
  ad::Tape<T> tape;
  const auto leaves = leaves_of(model.parameters, tape);
  std::vector<Inner<T>> inner;
  const ad::Var<T> scores = scores_of<T>(model, tape, leaves, batch, &inner);
  const auto loss = ad::mean(ad::softmax_cross_entropy(scores, batch.examples.labels));
  const std::size_t n = batch.examples.x.rows();
  std::vector<Matrix<T>> d_z(inner.size());
  std::vector<ad::Sink<T>> sinks;
  for (std::size_t l = 0; l < inner.size(); ++l) {
    if (!wanted[l]) continue;
    const Shape shape = inner[l].z.shape();
    d_z[l] = Matrix<T>(shape.rows, shape.cols);
    sinks.push_back({inner[l].z, d_z[l].view()});
  }
  ad::gradient(loss, sinks);
  LayerProducts<T> products{.loss = static_cast<double>(loss.item()),
                            .layers = std::vector<LayerProduct<T>>(inner.size())};
  for (std::size_t l = 0; l < inner.size(); ++l) {
    if (!wanted[l]) continue;
    products.layers[l].x = inputs_of(model.layers[l], inner[l], n);
    products.layers[l].d_z = rows_of<T>(std::as_const(d_z[l]), inner[l].form, n);
  }
  return products;
}

template <typename T>
Scores<T> sparse_scores(const SparseNetwork<T>& model) {
  return
      [&model](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters, const Batch<T>& batch) {
        return scores_of<T>(model, tape, parameters, batch, nullptr);
      };
}

template <typename T>
double sparse_error_rate(const SparseNetwork<T>& model,
                         const std::type_identity_t<Examples<T>>& examples) {
  // Windows of images take more memory than all else.
  const std::size_t n = examples.x.rows(),
                    together = model.network.convolutions.empty() ? n : std::size_t{100};
  Matrix<T> scores(n, model.network.mlp.outputs);
  for (std::size_t first = 0; first < n; first += together) {
    const std::size_t rows = std::min(together, n - first);
    const Matrix<T> some = predict<T>(sparse_scores<T>(model), model.parameters,
                                      examples.x.block(first, 0, rows, examples.x.cols()));
    std::ranges::copy(some.values(),
                      scores.values().begin() + static_cast<std::ptrdiff_t>(first * scores.cols()));
  }
  return error_rate<T>(scores, examples.labels);
}

#define SURPLUS_INSTANTIATE(T)                                                       \
  template LayerProducts<T> layer_products(const SparseNetwork<T>&, const Batch<T>&, \
                                           const std::vector<bool>&);                \
  template Scores<T> sparse_scores(const SparseNetwork<T>&);                         \
  template double sparse_error_rate(const SparseNetwork<T>&, const Examples<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
