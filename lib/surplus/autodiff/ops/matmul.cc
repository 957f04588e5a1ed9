#include "surplus/autodiff/ops/matmul.h"

#include "surplus/autodiff/op.h"
#include "surplus/linalg/matmul.h"

namespace surplus::ad {
namespace {

template <typename T>
void push(Step<T>& step) {
  const auto [a, b] = step.template data<Transposed>();
  double beta = 0;
  if (step.moves(0)) {
    surplus::matmul(step.t_x(0), step.x(1), step.t_y(), {.transpose_a = a, .transpose_b = b});
    beta = 1;
  }
  if (step.moves(1)) {
    surplus::matmul(step.x(0), step.t_x(1), step.t_y(),
                    {.transpose_a = a, .transpose_b = b, .beta = beta});
  }
}

// d_a += d_y op(b)^T, or its transpose if a is transposed.
template <typename T>
void pull_to_a(Step<T>& step, MatrixView<const T> b) {
  const auto transposed = step.template data<Transposed>();
  const auto [d_a, beta] = step.d_x_unset(0);
  if (transposed.a) {
    surplus::matmul(b, step.d_y(), d_a,
                    {.transpose_a = transposed.b, .transpose_b = true, .beta = beta});
  } else {
    surplus::matmul(step.d_y(), b, d_a, {.transpose_b = !transposed.b, .beta = beta});
  }
}

// d_b += op(a)^T d_y, or its transpose if b is transposed.
template <typename T>
void pull_to_b(Step<T>& step, MatrixView<const T> a) {
  const auto transposed = step.template data<Transposed>();
  const auto [d_b, beta] = step.d_x_unset(1);
  if (transposed.b) {
    surplus::matmul(step.d_y(), a, d_b,
                    {.transpose_a = true, .transpose_b = transposed.a, .beta = beta});
  } else {
    surplus::matmul(a, step.d_y(), d_b, {.transpose_a = !transposed.a, .beta = beta});
  }
}

template <typename T>
void pull(Step<T>& step) {
  if (step.wants(0)) pull_to_a(step, step.x(1));
  if (step.wants(1)) pull_to_b(step, step.x(0));
}

template <typename T>
void curvature(Step<T>& step) {
  if (step.wants(0) && step.moves(1)) pull_to_a(step, step.t_x(1));
  if (step.wants(1) && step.moves(0)) pull_to_b(step, step.t_x(0));
}

// A transposed a has its columns in the rows of y.
template <typename T, bool kTransposed>
constexpr Op<T> kMatmul{"matmul", push<T>, pull<T>, curvature<T>,
                        kTransposed ? Rows::kOfNone : Rows::kOfFirst};

}  // namespace

template <typename T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, Transposed transposed) {
  Tape<T>& tape = common_tape("matmul", {a, b});
  const Shape op_a = transposed.a ? Shape{a.shape().cols, a.shape().rows} : a.shape();
  const Shape op_b = transposed.b ? Shape{b.shape().cols, b.shape().rows} : b.shape();
  SURPLUS_REQUIRE(op_a.cols == op_b.rows, ShapeError, "matmul",
                  "op(a) must have as many columns as op(b) has rows", "op(a)", op_a, "op(b)",
                  op_b);
  const auto [var, y] = tape.record(transposed.a ? kMatmul<T, true> : kMatmul<T, false>, {a, b},
                                    {op_a.rows, op_b.cols}, transposed);
  surplus::matmul(a.value(), b.value(), y,
                  {.transpose_a = transposed.a, .transpose_b = transposed.b});
  return var;
}

template Var<float> matmul(const Var<float>&, const Var<float>&, Transposed);
template Var<double> matmul(const Var<double>&, const Var<double>&, Transposed);

}  // namespace surplus::ad
