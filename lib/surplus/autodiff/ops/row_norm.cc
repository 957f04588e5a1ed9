#include "surplus/autodiff/ops/row_norm.h"

#include <cmath>

#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

template <typename T>
T dot(std::span<const T> a, std::span<const T> b) {
  T sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

// body(i, y[i]) for each row that is not zero, on all threads.
template <typename T, typename Body>
void for_lengths(const Step<T>& step, const Body& body) {
  const MatrixView<const T> y = step.y();
  for_rows(step.x(0).shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (y(i, 0) != 0) body(i, y(i, 0));
    }
  });
}

template <typename T>
void push(Step<T>& step) {
  const MatrixView<const T> x = step.x(0), t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_lengths(step, [&](std::size_t i, T y) { t_y(i, 0) += dot(x.row(i), t_x.row(i)) / y; });
}

template <typename T>
void pull(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> x = step.x(0), d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_lengths(step, [&](std::size_t i, T y) {
    const T slope = d_y(i, 0) / y;
    for (std::size_t j = 0; j < x.cols(); ++j) d_x(i, j) += slope * x(i, j);
  });
}

// The direction x / y changes by (t_x - x t_y / y) / y.
template <typename T>
void curvature(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> x = step.x(0), t_x = step.t_x(0), d_y = step.d_y(), t_y = step.t_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_lengths(step, [&](std::size_t i, T y) {
    const T slope = d_y(i, 0) / y, growth = t_y(i, 0) / y;
    for (std::size_t j = 0; j < x.cols(); ++j) d_x(i, j) += slope * (t_x(i, j) - growth * x(i, j));
  });
}

template <typename T>
constexpr Op<T> kRowNorm{"row_norm", push<T>, pull<T>, curvature<T>, Rows::kOfFirst};

}  // namespace

template <typename T>
Var<T> row_norm(const Var<T>& x) {
  Tape<T>& tape = common_tape("row_norm", {x});
  const auto [var, y] = tape.record(kRowNorm<T>, {x}, {x.shape().rows, 1});
  const MatrixView<const T> from = x.value();
  for_rows(from.shape(), [&, y = y](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y(i, 0) = std::sqrt(dot(from.row(i), from.row(i)));
  });
  return var;
}

template Var<float> row_norm(const Var<float>&);
template Var<double> row_norm(const Var<double>&);

}  // namespace surplus::ad
