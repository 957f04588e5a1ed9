#include "tests/lib/autodiff/op_table.h"

#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/batch_norm.h"
#include "surplus/autodiff/ops/binary_cross_entropy.h"
#include "surplus/autodiff/ops/checkpoint.h"
#include "surplus/autodiff/ops/conv2d.h"
#include "surplus/autodiff/ops/dropout.h"
#include "surplus/autodiff/ops/linear.h"
#include "surplus/autodiff/ops/matmul.h"
#include "surplus/autodiff/ops/mean_squared_error.h"
#include "surplus/autodiff/ops/pool2d.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/row_norm.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/autodiff/ops/sparse_conv2d.h"
#include "surplus/autodiff/ops/sparse_linear.h"
#include "surplus/autodiff/ops/unary.h"

namespace surplus::ad::tests {
namespace {

constexpr double kNoKink = 1e9;

template <typename T>
using Operands = std::span<const Var<T>>;

// Row i is of class 2 i modulo k.
template <typename T>
std::vector<std::size_t> labels_of(const Var<T>& x) {
  std::vector<std::size_t> labels(x.shape().rows);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i * 2 % x.shape().cols;
  return labels;
}

template <typename T>
std::vector<OpRow<T>> layers() {
  const std::vector<Shapes> layer = {{{3, 4}, {5, 4}, {1, 5}},
                                     {{1, 1}, {1, 1}, {1, 1}},
                                     {{0, 4}, {5, 4}, {1, 5}},
                                     {{3, 0}, {5, 0}, {1, 5}},
                                     {{3, 4}, {0, 4}, {1, 0}}};
  const std::vector<std::pair<Shapes, std::string>> errors = {
      {{{3, 4}, {5, 6}, {1, 5}},
       "linear: x and w must have equally many columns; got x 3 x 4, w 5 x 6"},
      {{{3, 4}, {5, 4}, {5, 1}},
       "linear: bias must be one row with a column per row of w; got bias 5 x 1, w 5 x 4"}};
  return {
      {"linear", layer, -1, 1, kNoKink, [](Operands<T> x) { return linear(x[0], x[1], x[2]); },
       errors},
      {"linear (no bias)",
       {{{3, 4}, {5, 4}}, {{1, 1}, {1, 1}}, {{0, 4}, {5, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1]); },
       {}},
      {"linear (relu)", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1], x[2], Activation::kRelu); }, errors},
      {"linear (tanh)", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1], x[2], Activation::kTanh); }, errors},
      {"linear (sigmoid)", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1], x[2], Activation::kSigmoid); }, errors},
      {"linear (gelu)", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1], x[2], Activation::kGelu); }, errors},
      {"linear (erf)", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return linear(x[0], x[1], x[2], Activation::kErf); }, errors},
      {"matmul",
       {{{3, 4}, {4, 5}}, {{1, 1}, {1, 1}}, {{0, 4}, {4, 5}}, {{3, 0}, {0, 5}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return matmul(x[0], x[1]); },
       {{{{3, 4}, {3, 5}},
         "matmul: op(a) must have as many columns as op(b) has rows; got op(a) 3 x 4, op(b) 3 x "
         "5"}}},
      {"matmul (a transposed)",
       {{{4, 3}, {4, 5}}, {{1, 1}, {1, 1}}, {{4, 0}, {4, 5}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return matmul(x[0], x[1], {.a = true}); },
       {{{{3, 4}, {4, 5}},
         "matmul: op(a) must have as many columns as op(b) has rows; got op(a) 4 x 3, op(b) 4 x "
         "5"}}},
      {"matmul (b transposed)",
       {{{3, 4}, {5, 4}}, {{1, 1}, {1, 1}}, {{3, 4}, {0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return matmul(x[0], x[1], {.b = true}); },
       {}},
      {"matmul (both transposed)",
       {{{4, 3}, {5, 4}}, {{1, 1}, {1, 1}}, {{0, 3}, {5, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return matmul(x[0], x[1], {.a = true, .b = true}); },
       {}},
  };
}

template <typename T>
std::vector<OpRow<T>> arithmetic() {
  // The same shape, a row, a column, a number, a row and a column.
  const std::vector<Shapes> cases = {{{3, 4}, {3, 4}}, {{3, 4}, {1, 4}}, {{3, 1}, {3, 4}},
                                     {{3, 4}, {1, 1}}, {{1, 4}, {3, 1}}, {{1, 1}, {1, 1}},
                                     {{0, 4}, {1, 4}}, {{3, 0}, {3, 1}}, {{0, 4}, {0, 4}}};
  const auto errors = [](const std::string& name) {
    const std::string text =
        name + ": a and b must have equally many rows and columns, or one; got a ";
    return std::vector<std::pair<Shapes, std::string>>{{{{3, 4}, {4, 3}}, text + "3 x 4, b 4 x 3"},
                                                       {{{3, 4}, {0, 4}}, text + "3 x 4, b 0 x 4"}};
  };
  return {
      {"add", cases, -1, 1, kNoKink, [](Operands<T> x) { return add(x[0], x[1]); }, errors("add")},
      // Sums above 0.
      {"add_relu",
       {{{3, 4}, {3, 4}}, {{1, 1}, {1, 1}}, {{0, 4}, {0, 4}}},
       0.5,
       2,
       kNoKink,
       [](Operands<T> x) { return add_relu(x[0], x[1]); },
       {{{{3, 4}, {1, 4}}, "add_relu: a and b must have one shape; got a 3 x 4, b 1 x 4"}}},
      {"sub", cases, -1, 1, kNoKink, [](Operands<T> x) { return sub(x[0], x[1]); }, errors("sub")},
      {"mul", cases, -1, 1, kNoKink, [](Operands<T> x) { return mul(x[0], x[1]); }, errors("mul")},
      {"div", cases, 0.5, 2, kNoKink, [](Operands<T> x) { return div(x[0], x[1]); }, errors("div")},
  };
}

template <typename T>
std::vector<OpRow<T>> unary() {
  const std::vector<Shapes> cases = {{{3, 5}}, {{1, 1}}, {{0, 4}}, {{4, 0}}, {{1, 300}}};
  return {
      {"relu", cases, -1, 1, 0, [](Operands<T> x) { return relu(x[0]); }, {}},
      {"leaky_relu", cases, -1, 1, 0, [](Operands<T> x) { return leaky_relu(x[0], T(0.1)); }, {}},
      {"tanh", cases, -3, 3, kNoKink, [](Operands<T> x) { return tanh(x[0]); }, {}},
      {"sigmoid", cases, -6, 6, kNoKink, [](Operands<T> x) { return sigmoid(x[0]); }, {}},
      {"softplus", cases, -6, 6, kNoKink, [](Operands<T> x) { return softplus(x[0]); }, {}},
      {"gelu", cases, -3, 3, kNoKink, [](Operands<T> x) { return gelu(x[0]); }, {}},
      {"erf", cases, -3, 3, kNoKink, [](Operands<T> x) { return erf(x[0]); }, {}},
      {"exp", cases, -2, 2, kNoKink, [](Operands<T> x) { return exp(x[0]); }, {}},
      {"log", cases, 0.5, 3, kNoKink, [](Operands<T> x) { return log(x[0]); }, {}},
      {"square", cases, -2, 2, kNoKink, [](Operands<T> x) { return square(x[0]); }, {}},
      {"sqrt", cases, 0.5, 3, kNoKink, [](Operands<T> x) { return sqrt(x[0]); }, {}},
  };
}

template <typename T>
std::vector<OpRow<T>> reductions() {
  const std::vector<Shapes> any = {{{3, 5}}, {{1, 1}}, {{0, 4}}, {{4, 0}}, {{130, 2}}};
  const std::vector<Shapes> some = {{{3, 5}}, {{1, 1}}, {{130, 2}}};
  const std::string mean_of = "mean: there must be an element to take the mean of; got x ";
  const std::string max_of = "max: there must be an element to take the largest of; got x ";
  return {
      {"sum", any, -1, 1, kNoKink, [](Operands<T> x) { return sum(x[0]); }, {}},
      {"sum (over rows)",
       any,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return sum(x[0], Over::kRows); },
       {}},
      {"sum (over columns)",
       any,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return sum(x[0], Over::kColumns); },
       {}},
      {"mean",
       some,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return mean(x[0]); },
       {{{{0, 3}}, mean_of + "0 x 3"}}},
      {"mean (over rows)",
       {{{3, 5}}, {{1, 1}}, {{4, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return mean(x[0], Over::kRows); },
       {{{{0, 3}}, mean_of + "0 x 3"}}},
      {"mean (over columns)",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return mean(x[0], Over::kColumns); },
       {{{{3, 0}}, mean_of + "3 x 0"}}},
      {"max",
       some,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return max(x[0]); },
       {{{{0, 3}}, max_of + "0 x 3"}}},
      {"max (over rows)",
       {{{3, 5}}, {{1, 1}}, {{4, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return max(x[0], Over::kRows); },
       {{{{0, 3}}, max_of + "0 x 3"}}},
      {"max (over columns)",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return max(x[0], Over::kColumns); },
       {{{{3, 0}}, max_of + "3 x 0"}}},
  };
}

template <typename T>
std::vector<OpRow<T>> softmaxes() {
  const std::vector<Shapes> cases = {{{4, 3}}, {{1, 1}}, {{0, 3}}, {{3, 20}}};
  const auto errors = [](const std::string& name) {
    return std::vector<std::pair<Shapes, std::string>>{
        {{{3, 0}}, name + ": x must have a column; got x 3 x 0"}};
  };
  return {
      {"log_sum_exp", cases, -3, 3, kNoKink, [](Operands<T> x) { return log_sum_exp(x[0]); },
       errors("log_sum_exp")},
      {"log_softmax", cases, -3, 3, kNoKink, [](Operands<T> x) { return log_softmax(x[0]); },
       errors("log_softmax")},
      {"softmax_cross_entropy",
       cases,
       -3,
       3,
       kNoKink,
       [](Operands<T> x) { return softmax_cross_entropy(x[0], labels_of(x[0])); },
       {}},
      {"softmax_cross_entropy (soft targets)",
       {{{4, 3}, {4, 3}}, {{1, 1}, {1, 1}}, {{0, 3}, {0, 3}}},
       -3,
       3,
       kNoKink,
       [](Operands<T> x) { return softmax_cross_entropy(x[0], x[1]); },
       {{{{4, 3}, {4, 1}},
         "softmax_cross_entropy: x and targets must have one shape; got x 4 x 3, targets 4 x 1"},
        {{{4, 0}, {4, 0}}, "softmax_cross_entropy: x must have a column; got x 4 x 0"}}},
  };
}

template <typename T>
std::vector<OpRow<T>> losses() {
  const std::string error =
      "mean_squared_error: x and target must have one shape and an element; got x ";
  return {
      {"mean_squared_error",
       {{{3, 4}, {3, 4}}, {{1, 1}, {1, 1}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return mean_squared_error(x[0], x[1]); },
       {{{{3, 4}, {1, 4}}, error + "3 x 4, target 1 x 4"},
        {{{0, 4}, {0, 4}}, error + "0 x 4, target 0 x 4"}}},
      {"binary_cross_entropy",
       {{{3, 4}, {3, 4}}, {{1, 1}, {1, 1}}, {{0, 4}, {0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return binary_cross_entropy(x[0], x[1]); },
       {{{{3, 4}, {3, 1}},
         "binary_cross_entropy: x and target must have one shape; got x 3 x 4, target 3 x 1"}}},
  };
}

template <typename T>
std::vector<OpRow<T>> places() {
  const std::vector<Shapes> pairs = {{{3, 4}, {3, 4}}, {{1, 1}, {1, 1}}, {{0, 4}, {0, 4}}};
  return {
      {"transpose",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return transpose(x[0]); },
       {}},
      // All but the first row and column, of which there may be no more.
      {"slice",
       {{{3, 5}}, {{1, 1}}, {{1, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         return slice(x[0], 1, 1, x[0].shape().rows - 1, x[0].shape().cols - 1);
       },
       {{{{0, 5}},
         "slice: the slice must lie inside x; got row 1, column 1, slice "
         "18446744073709551615 x 4, x 0 x 5"}}},
      {"concat_rows",
       {{{3, 4}, {2, 4}}, {{1, 1}, {1, 1}}, {{0, 4}, {2, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return concat_rows(x); },
       {{{{3, 4}, {3, 5}},
         "concat_rows: parts must be equally wide; got index 1, part 3 x 5, first 3 x 4"}}},
      {"concat_columns",
       {{{3, 4}, {3, 2}}, {{1, 1}, {1, 1}}, {{0, 4}, {0, 2}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return concat_columns(x); },
       {{{{3, 4}, {4, 4}},
         "concat_columns: parts must be equally high; got index 1, part 4 x 4, first 3 x 4"}}},
      // Rows and columns change roles, so that runs end in the middle of rows of both.
      {"reshape",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return reshape(x[0], x[0].shape().cols, x[0].shape().rows); },
       {}},
      // The last row twice and the first once.
      {"gather_rows",
       {{{3, 5}}, {{1, 1}}, {{2, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         const std::size_t last = x[0].shape().rows - 1, indices[] = {last, 0, last};
         return gather_rows(x[0], std::span<const std::size_t>(indices));
       },
       {}},
      {"row_norm",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}},
       0.2,
       2,
       kNoKink,
       [](Operands<T> x) { return row_norm(x[0]); },
       {}},
      {"dropout",
       {{{3, 5}}, {{1, 1}}, {{0, 4}}, {{2, 300}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         Rng rng(1);
         return dropout(x[0], 0.25, rng);
       },
       {}},
      {"checkpoint",
       pairs,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         return checkpoint<T>([](Tape<T>&, Operands<T> z) { return mul(tanh(z[0]), exp(z[1])); },
                              x);
       },
       {}},
      {"checkpoint (nested)",
       pairs,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         const auto inner = [](Tape<T>&, Operands<T> z) { return mul(sigmoid(z[0]), z[1]); };
         return checkpoint<T>(
             [inner](Tape<T>&, Operands<T> z) {
               return square(add(checkpoint<T>(inner, z), z[0]));
             },
             x);
       },
       {}},
  };
}

template <typename T>
std::vector<OpRow<T>> normalizations() {
  const std::vector<Shapes> cases = {{{5, 3}, {1, 3}, {1, 3}},
                                     {{1, 1}, {1, 1}, {1, 1}},
                                     {{4, 0}, {1, 0}, {1, 0}},
                                     {{3, 70}, {1, 70}, {1, 70}}};
  const auto errors = [](const std::string& name) {
    return std::vector<std::pair<Shapes, std::string>>{
        {{{5, 3}, {1, 3}, {3, 1}},
         name + ": gain and shift must be one row with a column per column of x; got gain 1 x 3, "
                "shift 3 x 1, x 5 x 3"}};
  };
  const auto trained = [&](const std::string& name) {
    auto all = errors(name);
    all.push_back({{{0, 3}, {1, 3}, {1, 3}}, name + ": there must be a sample; got x 0 x 3"});
    return all;
  };
  return {
      {"batch_norm", cases, -1, 1, kNoKink,
       [](Operands<T> x) { return batch_norm(x[0], x[1], x[2], 0.125); }, trained("batch_norm")},
      // Columns a unit apart from 0, one this way and one that way, so that none is near the kink.
      {"batch_norm_relu",
       cases,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         Matrix<T> apart(1, x[2].shape().cols);
         for (std::size_t j = 0; j < apart.cols(); ++j) apart(0, j) = j % 2 == 0 ? T(7) : T(-7);
         const auto shift = add(x[2], x[0].tape()->constant(apart));
         return batch_norm_relu(x[0], x[1], shift, 0.125);
       },
       {}},
      {"fixed_batch_norm", cases, -1, 1, kNoKink,
       [](Operands<T> x) {
         Matrix<T> mean(1, x[1].shape().cols, T(0.25)), variance(1, x[1].shape().cols, T(0.5));
         const ColumnMoments<const T> moments{mean, variance};
         return fixed_batch_norm(x[0], x[1], x[2], moments, 0.125);
       },
       errors("fixed_batch_norm")},
  };
}

// Images of 4 x 3 pixels, or of one where the whole batch is one.
template <typename T>
ImageWindows windows_of(const Var<T>& x, std::size_t stride) {
  if (x.shape().rows == 1) return {.window = 1};
  return {.height = 4, .width = 3, .window = 3, .stride = stride, .padding = 1};
}

template <typename T>
std::vector<OpRow<T>> images() {
  const std::vector<Shapes> convolved = {{{24, 2}, {3, 18}},
                                         {{1, 1}, {1, 1}},
                                         {{0, 2}, {3, 18}},
                                         {{12, 0}, {3, 0}},
                                         {{12, 2}, {0, 18}}};
  const std::vector<Shapes> pooled = {{{24, 2}}, {{1, 1}}, {{0, 2}}, {{12, 0}}};
  const auto rows = [](const std::string& name) {
    return name + ": x must have a row per pixel of whole images; got x 23 x 2, height 4, width 3";
  };
  return {
      {"conv2d",
       convolved,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return conv2d(x[0], x[1], windows_of(x[0], 1)); },
       {{{{24, 2}, {3, 17}},
         "conv2d: w must have a column per number in a window of x; got w 3 x 17, x 24 x 2, window "
         "3"},
        {{{23, 2}, {3, 18}}, rows("conv2d")}}},
      {"conv2d (stride 2)",
       convolved,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return conv2d(x[0], x[1], windows_of(x[0], 2)); },
       {}},
      {"max_pool2d",
       pooled,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return max_pool2d(x[0], windows_of(x[0], 2)); },
       {{{{23, 2}}, rows("max_pool2d")}}},
      {"average_pool2d",
       pooled,
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return average_pool2d(x[0], windows_of(x[0], 2)); },
       {{{{23, 2}}, rows("average_pool2d")}}},
      {"global_average_pool",
       {{{12, 3}}, {{2, 1}}, {{0, 3}}, {{4, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return global_average_pool(x[0], 2); },
       {{{{5, 2}},
         "global_average_pool: x must have a row per pixel of whole images; got x 5 x 2, pixels "
         "2"}}},
      {"channels_last",
       {{{2, 6}}, {{1, 2}}, {{0, 4}}, {{3, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return channels_last(x[0], 2); },
       {{{{2, 5}},
         "channels_last: x must have equally many columns per channel; got x 2 x 5, channels 2"}}},
  };
}

// Of 5 x 4 with an empty row and column, of 3 x 18 (one in three), of 1 x 1 with its place or without;
// by the number of places.
const SparsePattern& pattern_of(Shape values) {
  static const std::uint32_t few[] = {0, 2, 4, 6, 12, 18},
                             more[] = {1,  4,  7,  10, 13, 16, 19, 22, 25,
                                       28, 31, 34, 37, 40, 43, 46, 49, 52};
  static const SparsePattern some({5, 4}, few), windows({3, 18}, more),
      one = SparsePattern::full({1, 1}), none({1, 1}, {});
  const std::size_t places = values.rows * values.cols;
  return places == 6 ? some : places == 18 ? windows : places == 1 ? one : none;
}

template <typename T>
std::vector<OpRow<T>> sparse_layers() {
  const std::vector<Shapes> layer = {{{8, 16}, {1, 6}, {1, 5}},
                                     {{1, 16}, {1, 1}, {1, 1}},
                                     {{2, 16}, {1, 0}, {1, 1}},
                                     {{4, 48}, {1, 6}, {1, 5}},
                                     {{0, 16}, {1, 6}, {1, 5}}};
  const std::vector<std::pair<Shapes, std::string>> errors = {
      {{{8, 15}, {1, 6}, {1, 5}},
       "sparse_linear: tiles must be a positive multiple of 16 wide; got x 8 x 15"},
      {{{7, 16}, {1, 6}, {1, 5}},
       "sparse_linear: x must be tiles with a row per column of the pattern; got x 7 x 16, pattern "
       "5 x 4"},
      {{{8, 16}, {2, 3}, {1, 5}},
       "sparse_linear: values must be one row with a column per place of the pattern; got values 2 "
       "x 3, places 6"},
      {{{8, 16}, {1, 6}, {5, 1}},
       "sparse_linear: bias must be one row with a column per row of the pattern; got bias 5 x 1, "
       "pattern 5 x 4"}};
  return {
      {"sparse_linear", layer, -1, 1, kNoKink,
       [](Operands<T> x) { return sparse_linear(x[0], x[1], pattern_of(x[1].shape()), x[2]); },
       errors},
      {"sparse_linear (relu)", layer, -1, 1, kNoKink,
       [](Operands<T> x) {
         return sparse_linear(x[0], x[1], pattern_of(x[1].shape()), x[2], Activation::kRelu);
       },
       errors},
      {"sparse_linear (tanh)", layer, -1, 1, kNoKink,
       [](Operands<T> x) {
         return sparse_linear(x[0], x[1], pattern_of(x[1].shape()), x[2], Activation::kTanh);
       },
       errors},
      {"sparse_linear (gelu)", layer, -1, 1, kNoKink,
       [](Operands<T> x) {
         return sparse_linear(x[0], x[1], pattern_of(x[1].shape()), x[2], Activation::kGelu);
       },
       errors},
      {"sparse_conv2d",
       {{{24, 2}, {1, 18}, {1, 3}}, {{1, 1}, {1, 1}, {1, 1}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) {
         return sparse_conv2d(x[0], x[1], pattern_of(x[1].shape()), windows_of(x[0], 2), x[2],
                              Activation::kTanh);
       },
       {{{{24, 3}, {1, 18}, {1, 3}},
         "sparse_conv2d: the pattern must have a column per number in a window of x; got pattern 3 "
         "x 18, x 24 x 3, window 3"}}},
      {"window_tiles",
       {{{24, 2}}, {{1, 1}}, {{0, 2}}, {{12, 0}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return window_tiles(x[0], windows_of(x[0], 1), 16); },
       {}},
      {"sparse_linear (no bias)",
       {{{8, 16}, {1, 6}}, {{1, 16}, {1, 1}}, {{0, 16}, {1, 6}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return sparse_linear(x[0], x[1], pattern_of(x[1].shape())); },
       {}},
      {"to_tiles",
       {{{20, 3}}, {{1, 1}}, {{0, 4}}, {{3, 0}}, {{16, 70}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return to_tiles(x[0], 16); },
       {}},
      {"from_tiles",
       {{{6, 16}}, {{2, 16}}, {{3, 32}}, {{0, 16}}},
       -1,
       1,
       kNoKink,
       [](Operands<T> x) { return from_tiles(x[0], 20); },
       {{{{6, 15}}, "from_tiles: tiles must be a positive multiple of 16 wide; got width 15"},
        {{{5, 16}}, "from_tiles: each tile must have equally many rows; got x 5 x 16, tiles 2"}}},
  };
}

}  // namespace

template <typename T>
const std::vector<OpRow<T>>& op_table() {
  static const std::vector<OpRow<T>> table = [] {
    std::vector<OpRow<T>> all;
    for (const auto& rows :
         {layers<T>(), arithmetic<T>(), unary<T>(), reductions<T>(), softmaxes<T>(), losses<T>(),
          places<T>(), normalizations<T>(), images<T>(), sparse_layers<T>()}) {
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return table;
}

template const std::vector<OpRow<float>>& op_table();
template const std::vector<OpRow<double>>& op_table();

}  // namespace surplus::ad::tests
