#include "surplus/autodiff/ops/linear.h"

#include "surplus/autodiff/activate.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/linalg/matmul.h"

namespace surplus::ad {
namespace {

template <typename T>
void push(Step<T>& step) {
  const MatrixView<T> t_y = step.t_y();
  double beta = 0;
  if (step.moves(0)) {
    surplus::matmul(step.t_x(0), step.x(1), t_y, {.transpose_b = true});
    beta = 1;
  }
  if (step.moves(1)) {
    surplus::matmul(step.x(0), step.t_x(1), t_y, {.transpose_b = true, .beta = beta});
  }
  if (step.moves(2)) broadcast_add(step.t_x(2), t_y);
  const auto f = step.template data<Activation>();
  if (f != Activation::kIdentity) {
    times_slope(f, step.y(), static_cast<MatrixView<const T>>(t_y), t_y);
  }
}

// What d_z adds to the operands' adjoints.
template <typename T>
void pull_product(Step<T>& step, MatrixView<const T> d_z) {
  if (step.wants(2)) reduce_add(d_z, step.d_x(2));
  if (step.wants(0)) {
    const auto [d_x, beta] = step.d_x_unset(0);
    surplus::matmul(d_z, step.x(1), d_x, {.beta = beta});
  }
  if (!step.wants(1)) return;
  if (const TakePiece<T>* const take = step.take_pieces(1)) {
    surplus::matmul_in_pieces(d_z, step.x(0), *take, {.transpose_a = true});
  } else {
    const auto [d_w, beta] = step.d_x_unset(1);
    surplus::matmul(d_z, step.x(0), d_w, {.transpose_a = true, .beta = beta});
  }
}

template <typename T>
void pull(Step<T>& step) {
  pull_product(step, d_z_of(step, step.template data<Activation>()));
}

template <typename T>
void curvature(Step<T>& step) {
  const auto f = step.template data<Activation>();
  const MatrixView<const T> d_z = d_z_of(step, f);
  if (step.wants(1) && step.moves(0)) {
    const auto [d_w, beta] = step.d_x_unset(1);
    surplus::matmul(d_z, step.t_x(0), d_w, {.transpose_a = true, .beta = beta});
  }
  if (step.wants(0) && step.moves(1)) {
    const auto [d_x, beta] = step.d_x_unset(0);
    surplus::matmul(d_z, step.t_x(1), d_x, {.beta = beta});
  }
  const MatrixView<const T> t_d_z = t_d_z_of(step, f);
  if (!t_d_z.empty()) pull_product(step, t_d_z);
}

template <typename T>
constexpr Op<T> kLinear{"linear", push<T>, pull<T>, curvature<T>, Rows::kOfFirst};

}  // namespace

template <typename T>
Var<T> linear(const Var<T>& x, const Var<T>& w, const std::type_identity_t<Var<T>>& bias,
              Activation f) {
  Tape<T>& tape = common_tape("linear", {x, w, bias});
  const std::size_t n = x.shape().rows, h = w.shape().rows;
  SURPLUS_REQUIRE(x.shape().cols == w.shape().cols, ShapeError, "linear",
                  "x and w must have equally many columns", "x", x.shape(), "w", w.shape());
  SURPLUS_REQUIRE((!bias || bias.shape() == Shape{1, h}), ShapeError, "linear",
                  "bias must be one row with a column per row of w", "bias", bias.shape(), "w",
                  w.shape());
  if (f == Activation::kGelu) return gelu(linear(x, w, bias));
  if (f == Activation::kErf) return erf(linear(x, w, bias));
  const auto [var, y] = tape.record(kLinear<T>, {x, w, bias}, {n, h}, f);
  surplus::matmul(x.value(), w.value(), y, {.transpose_b = true});
  activate(f, bias ? bias.value().data() : nullptr, y);
  return var;
}

template Var<float> linear(const Var<float>&, const Var<float>&, const Var<float>&, Activation);
template Var<double> linear(const Var<double>&, const Var<double>&, const Var<double>&, Activation);

}  // namespace surplus::ad
