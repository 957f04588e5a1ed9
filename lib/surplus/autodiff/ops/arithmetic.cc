#include "surplus/autodiff/ops/arithmetic.h"

#include <string_view>

#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

// f(y[i, j], a[i, j], b[i, j], ...) with all operands but y broadcast to its shape.
template <typename T, typename F, typename... From>
void for_broadcast(const F& f, MatrixView<T> y, const From&... from) {
  if (((from.shape() == y.shape()) && ...)) return for_elements(f, y, from...);
  for_rows(y.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      T* const to = y.data() + i * y.stride();
      const bool full = ((from.cols() == y.cols()) && ...);
      [&](auto... rows) {
        if (full) {  // which a compiler makes vectors of
          for (std::size_t j = 0; j < y.cols(); ++j) f(to[j], rows[j]...);
        } else {
          for (std::size_t j = 0; j < y.cols(); ++j) {
            f(to[j], rows[from.cols() == 1 ? 0 : j]...);
          }
        }
      }((from.data() + (from.rows() == 1 ? 0 : i * from.stride()))...);
    }
  });
}

// d += f(from...), summed over what d was broadcast along.
template <typename T, typename F, typename... From>
void add_reduced(Step<T>& step, std::size_t operand, const F& f, const From&... from) {
  const MatrixView<T> d = step.d_x(operand);
  if (d.shape() == step.y().shape()) {
    for_broadcast([&f](T& to, auto... x) { to += f(x...); }, d, from...);
  } else {
    const MatrixView<T> all = step.scratch(step.y().rows(), step.y().cols());
    for_broadcast([&f](T& to, auto... x) { to = f(x...); }, all, from...);
    reduce_add(static_cast<MatrixView<const T>>(all), d);
  }
}

// Sum and difference: the data is the factor of b, which the others do not read.
template <typename T>
void push_add(Step<T>& step) {
  if (step.moves(0)) broadcast_add(step.t_x(0), step.t_y());
  if (step.moves(1)) broadcast_add(step.t_x(1), step.t_y(), step.template data<T>());
}

template <typename T>
void pull_term(Step<T>& step, std::size_t operand, T factor) {
  if (!step.wants(operand)) return;
  const MatrixView<const T> d_y = step.d_y();
  if (step.x(operand).shape() != d_y.shape()) return reduce_add(d_y, step.d_x(operand), factor);
  const auto [d, beta] = step.d_x_unset(operand);
  if (beta == 0) {
    for_elements([factor](T& to, T x) { to = factor * x; }, d, d_y);
  } else {
    reduce_add(d_y, d, factor);
  }
}

template <typename T>
void pull_add(Step<T>& step) {
  pull_term(step, 0, T{1});
  pull_term(step, 1, step.template data<T>());
}

template <typename T>
constexpr Op<T> kAdd{"add", push_add<T>, pull_add<T>, nullptr, Rows::kOfEqual};

template <typename T>
void push_mul(Step<T>& step) {
  const auto multiply = [](T& to, T x, T y) { to += x * y; };
  if (step.moves(0)) for_broadcast(multiply, step.t_y(), step.t_x(0), step.x(1));
  if (step.moves(1)) for_broadcast(multiply, step.t_y(), step.x(0), step.t_x(1));
}

template <typename T>
void pull_mul(Step<T>& step) {
  const auto product = [](T x, T y) { return x * y; };
  if (step.wants(0)) add_reduced(step, 0, product, step.d_y(), step.x(1));
  if (step.wants(1)) add_reduced(step, 1, product, step.d_y(), step.x(0));
}

template <typename T>
void curvature_mul(Step<T>& step) {
  const auto product = [](T x, T y) { return x * y; };
  if (step.wants(0) && step.moves(1)) add_reduced(step, 0, product, step.d_y(), step.t_x(1));
  if (step.wants(1) && step.moves(0)) add_reduced(step, 1, product, step.d_y(), step.t_x(0));
}

template <typename T>
constexpr Op<T> kMul{"mul", push_mul<T>, pull_mul<T>, curvature_mul<T>, Rows::kOfEqual};

// t_y = t_a / b - y t_b / b.
template <typename T>
void push_div(Step<T>& step) {
  if (step.moves(0)) {
    for_broadcast([](T& to, T t_a, T b) { to += t_a / b; }, step.t_y(), step.t_x(0), step.x(1));
  }
  if (step.moves(1)) {
    for_broadcast([](T& to, T y, T t_b, T b) { to -= y * t_b / b; }, step.t_y(), step.y(),
                  step.t_x(1), step.x(1));
  }
}

template <typename T>
void pull_div(Step<T>& step) {
  if (step.wants(0)) {
    add_reduced(
        step, 0, [](T d_y, T b) { return d_y / b; }, step.d_y(), step.x(1));
  }
  if (step.wants(1)) {
    add_reduced(
        step, 1, [](T d_y, T y, T b) { return -d_y * y / b; }, step.d_y(), step.y(), step.x(1));
  }
}

// J_a = 1 / b and J_b = -y / b change by -t_b / b^2 and -t_y / b + y t_b / b^2.
template <typename T>
void curvature_div(Step<T>& step) {
  const MatrixView<const T> t_y = step.t_y();
  if (step.moves(1) && step.wants(0)) {
    add_reduced(
        step, 0, [](T d_y, T t_b, T b) { return -d_y * t_b / b / b; }, step.d_y(), step.t_x(1),
        step.x(1));
  }
  if (step.wants(1)) {
    add_reduced(
        step, 1, [](T d_y, T t, T b) { return -d_y * t / b; }, step.d_y(), t_y, step.x(1));
    if (step.moves(1)) {
      add_reduced(
          step, 1, [](T d_y, T y, T t_b, T b) { return d_y * y * t_b / b / b; }, step.d_y(),
          step.y(), step.t_x(1), step.x(1));
    }
  }
}

template <typename T>
constexpr Op<T> kDiv{"div", push_div<T>, pull_div<T>, curvature_div<T>, Rows::kOfEqual};

// Of the terms of a sum that is rectified.
template <typename T>
void push_add_relu(Step<T>& step) {
  for (const std::size_t operand : {0, 1}) {
    if (!step.moves(operand)) continue;
    for_elements([](T& to, T y, T t) { to += y > 0 ? t : T{0}; }, step.t_y(), step.y(),
                 step.t_x(operand));
  }
}

template <typename T>
void pull_add_relu(Step<T>& step) {
  for (const std::size_t operand : {0, 1}) {
    if (!step.wants(operand)) continue;
    const auto [d, beta] = step.d_x_unset(operand);
    if (beta == 0) {
      for_elements([](T& to, T y, T d_y) { to = y > 0 ? d_y : T{0}; }, d, step.y(), step.d_y());
    } else {
      for_elements([](T& to, T y, T d_y) { to += y > 0 ? d_y : T{0}; }, d, step.y(), step.d_y());
    }
  }
}

template <typename T>
constexpr Op<T> kAddRelu{"add_relu", push_add_relu<T>, pull_add_relu<T>, nullptr, Rows::kOfEqual};

bool fit(std::size_t a, std::size_t b) { return a == b || a == 1 || b == 1; }
std::size_t joint(std::size_t a, std::size_t b) { return a == 1 ? b : a; }

template <typename T, typename F>
Var<T> binary(const char* name, const Op<T>& op, const Var<T>& a, const Var<T>& b, T factor,
              const F& f) {
  Tape<T>& tape = common_tape(name, {a, b});
  const Shape to_a = a.shape(), to_b = b.shape();
  SURPLUS_REQUIRE(fit(to_a.rows, to_b.rows) && fit(to_a.cols, to_b.cols), ShapeError, name,
                  "a and b must have equally many rows and columns, or one", "a", to_a, "b", to_b);
  const auto [var, y] =
      tape.record(op, {a, b}, {joint(to_a.rows, to_b.rows), joint(to_a.cols, to_b.cols)}, factor);
  for_broadcast([&f](T& to, T x, T z) { to = f(x, z); }, y, a.value(), b.value());
  return var;
}

}  // namespace

template <typename T>
Var<T> add(const Var<T>& a, const Var<T>& b) {
  return binary("add", kAdd<T>, a, b, T{1}, [](T x, T y) { return x + y; });
}

template <typename T>
Var<T> add_relu(const Var<T>& a, const Var<T>& b) {
  Tape<T>& tape = common_tape("add_relu", {a, b});
  SURPLUS_REQUIRE(a.shape() == b.shape(), ShapeError, "add_relu", "a and b must have one shape",
                  "a", a.shape(), "b", b.shape());
  const auto [var, y] = tape.record(kAddRelu<T>, {a, b}, a.shape());
  for_elements([](T& to, T x, T z) { to = x + z < 0 ? T{0} : x + z; }, y, a.value(), b.value());
  return var;
}

template <typename T>
Var<T> sub(const Var<T>& a, const Var<T>& b) {
  return binary("sub", kAdd<T>, a, b, T{-1}, [](T x, T y) { return x - y; });
}

template <typename T>
Var<T> mul(const Var<T>& a, const Var<T>& b) {
  return binary("mul", kMul<T>, a, b, T{1}, [](T x, T y) { return x * y; });
}

template <typename T>
Var<T> div(const Var<T>& a, const Var<T>& b) {
  return binary("div", kDiv<T>, a, b, T{1}, [](T x, T y) { return x / y; });
}

#define SURPLUS_INSTANTIATE(T)                            \
  template Var<T> add(const Var<T>&, const Var<T>&);      \
  template Var<T> add_relu(const Var<T>&, const Var<T>&); \
  template Var<T> sub(const Var<T>&, const Var<T>&);      \
  template Var<T> mul(const Var<T>&, const Var<T>&);      \
  template Var<T> div(const Var<T>&, const Var<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
