#include "surplus/autodiff/ops/rearrange.h"

#include <algorithm>

#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

template <typename T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for_elements([](T& y, T x) { y = x; }, to, from);
}

// to[j, i] += from[i, j].
template <typename T>
void add_transpose(MatrixView<const T> from, MatrixView<T> to) {
  for_rows(to.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < to.cols(); ++j) to(i, j) += from(j, i);
    }
  });
}

template <typename T>
void push_transpose(Step<T>& step) {
  add_transpose(step.t_x(0), step.t_y());
}

template <typename T>
void pull_transpose(Step<T>& step) {
  if (step.wants(0)) add_transpose(step.d_y(), step.d_x(0));
}

template <typename T>
constexpr Op<T> kTranspose{"transpose", push_transpose<T>, pull_transpose<T>};

struct Corner {
  std::size_t row, col;
};

template <typename T>
MatrixView<T> part(const Step<T>& step, MatrixView<T> whole) {
  const auto [row, col] = step.template data<Corner>();
  return whole.block(row, col, step.y().rows(), step.y().cols());
}

template <typename T>
void push_slice(Step<T>& step) {
  const auto [row, col] = step.template data<Corner>();
  reduce_add(step.t_x(0).block(row, col, step.y().rows(), step.y().cols()), step.t_y());
}

template <typename T>
void pull_slice(Step<T>& step) {
  if (step.wants(0)) reduce_add(step.d_y(), part(step, step.d_x(0)));
}

template <typename T>
constexpr Op<T> kSlice{"slice", push_slice<T>, pull_slice<T>};

// use(to, from, n): runs of n elements that stand in the same order in both.
template <typename T, typename Use>
void for_same_order(MatrixView<const T> from, MatrixView<T> to, const Use& use) {
  for_rows(to.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0, n = 0; j < to.cols(); j += n) {
        const std::size_t at = i * to.cols() + j, row = at / from.cols(), col = at % from.cols();
        n = std::min(to.cols() - j, from.cols() - col);
        use(to.row(i).data() + j, from.row(row).data() + col, n);
      }
    }
  });
}

template <typename T>
void add_reshaped(MatrixView<const T> from, MatrixView<T> to) {
  for_same_order(from, to, [](T* sum, const T* more, std::size_t n) {
    for (std::size_t l = 0; l < n; ++l) sum[l] += more[l];
  });
}

template <typename T>
void push_reshape(Step<T>& step) {
  add_reshaped(step.t_x(0), step.t_y());
}

template <typename T>
void pull_reshape(Step<T>& step) {
  if (step.wants(0)) add_reshaped(step.d_y(), step.d_x(0));
}

template <typename T>
constexpr Op<T> kReshape{"reshape", push_reshape<T>, pull_reshape<T>};

// body(i, row, col) for each part: where in y it begins.
template <typename T, typename Body>
void for_parts(const Step<T>& step, bool below, const Body& body) {
  for (std::size_t i = 0, at = 0; i < step.operands(); ++i) {
    const Shape shape = step.x(i).shape();
    body(i, below ? at : 0, below ? 0 : at, shape);
    at += below ? shape.rows : shape.cols;
  }
}

template <typename T, bool kBelow>
void push_concat(Step<T>& step) {
  for_parts(step, kBelow, [&](std::size_t i, std::size_t row, std::size_t col, Shape shape) {
    if (!step.moves(i)) return;
    reduce_add(step.t_x(i), step.t_y().block(row, col, shape.rows, shape.cols));
  });
}

template <typename T, bool kBelow>
void pull_concat(Step<T>& step) {
  for_parts(step, kBelow, [&](std::size_t i, std::size_t row, std::size_t col, Shape shape) {
    if (step.wants(i)) reduce_add(step.d_y().block(row, col, shape.rows, shape.cols), step.d_x(i));
  });
}

template <typename T>
constexpr Op<T> kConcatRows{"concat_rows", push_concat<T, true>, pull_concat<T, true>};
template <typename T>
constexpr Op<T> kConcatColumns{"concat_columns", push_concat<T, false>, pull_concat<T, false>,
                               nullptr, Rows::kOfEqual};

template <typename T>
void push_gather(Step<T>& step) {
  const auto* const indices = step.template data<const std::size_t*>();
  const MatrixView<const T> t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_rows(t_y.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < t_y.cols(); ++j) t_y(i, j) += t_x(indices[i], j);
    }
  });
}

// By columns, because many rows may add to one.
template <typename T>
void pull_gather(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto* const indices = step.template data<const std::size_t*>();
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_columns(d_y.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < d_y.rows(); ++i) {
      for (std::size_t j = begin; j < end; ++j) d_x(indices[i], j) += d_y(i, j);
    }
  });
}

template <typename T>
constexpr Op<T> kGatherRows{"gather_rows", push_gather<T>, pull_gather<T>};

template <typename T>
Var<T> concat(const char* name, const Op<T>& op, bool below, std::span<const Var<T>> parts) {
  Tape<T>& tape = common_tape(name, parts);
  Shape shape = parts.front().shape();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const Shape next = parts[i].shape();
    SURPLUS_REQUIRE(below ? next.cols == shape.cols : next.rows == shape.rows, ShapeError, name,
                    below ? "parts must be equally wide" : "parts must be equally high", "index", i,
                    "part", next, "first", parts.front().shape());
    (below ? shape.rows : shape.cols) += below ? next.rows : next.cols;
  }
  const auto [var, y] = tape.record(op, parts, shape);
  std::size_t at = 0;
  for (const Var<T>& one : parts) {
    const auto [rows, cols] = one.shape();
    copy(one.value(), y.block(below ? at : 0, below ? 0 : at, rows, cols));
    at += below ? rows : cols;
  }
  return var;
}

}  // namespace

template <typename T>
Var<T> transpose(const Var<T>& x) {
  Tape<T>& tape = common_tape("transpose", {x});
  const auto [var, y] = tape.record(kTranspose<T>, {x}, {x.shape().cols, x.shape().rows});
  for_elements([](T& to) { to = 0; }, y);
  add_transpose(x.value(), y);
  return var;
}

template <typename T>
Var<T> slice(const Var<T>& x, std::size_t row, std::size_t col, std::size_t rows,
             std::size_t cols) {
  Tape<T>& tape = common_tape("slice", {x});
  const Shape shape = x.shape();
  SURPLUS_REQUIRE(row <= shape.rows && rows <= shape.rows - row && col <= shape.cols &&
                      cols <= shape.cols - col,
                  ShapeError, "slice", "the slice must lie inside x", "row", row, "column", col,
                  "slice", (Shape{rows, cols}), "x", shape);
  const auto [var, y] = tape.record(kSlice<T>, {x}, {rows, cols}, Corner{row, col});
  copy(x.value().block(row, col, rows, cols), y);
  return var;
}

template <typename T>
Var<T> reshape(const Var<T>& x, std::size_t rows, std::size_t cols) {
  Tape<T>& tape = common_tape("reshape", {x});
  const Shape shape = x.shape();
  SURPLUS_REQUIRE(shape.rows * shape.cols == rows * cols, ShapeError, "reshape",
                  "x must have the elements of the result", "x", shape, "result",
                  (Shape{rows, cols}));
  const auto [var, y] = tape.record(kReshape<T>, {x}, {rows, cols});
  for_same_order(x.value(), y,
                 [](T* to, const T* from, std::size_t n) { std::copy_n(from, n, to); });
  return var;
}

template <typename T>
Var<T> concat_rows(std::span<const Var<T>> parts) {
  return concat("concat_rows", kConcatRows<T>, true, parts);
}

template <typename T>
Var<T> concat_columns(std::span<const Var<T>> parts) {
  return concat("concat_columns", kConcatColumns<T>, false, parts);
}

template <typename T>
Var<T> gather_rows(const Var<T>& x, std::span<const std::size_t> indices) {
  Tape<T>& tape = common_tape("gather_rows", {x});
  const auto [rows, cols] = x.shape();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    SURPLUS_REQUIRE(indices[i] < rows, ArgumentError, "gather_rows",
                    "indices must be below the rows of x", "place", i, "index", indices[i], "rows",
                    rows);
  }
  const std::size_t* const kept = tape.keep(indices).data();
  const auto [var, y] = tape.record(kGatherRows<T>, {x}, {indices.size(), cols}, kept);
  const MatrixView<const T> from = x.value();
  for_rows(y.shape(), [&, y = y](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::copy_n(from.row(kept[i]).data(), from.cols(), y.row(i).data());
    }
  });
  return var;
}

#define SURPLUS_INSTANTIATE(T)                                                              \
  template Var<T> transpose(const Var<T>&);                                                 \
  template Var<T> slice(const Var<T>&, std::size_t, std::size_t, std::size_t, std::size_t); \
  template Var<T> reshape(const Var<T>&, std::size_t, std::size_t);                         \
  template Var<T> concat_rows(std::span<const Var<T>>);                                     \
  template Var<T> concat_columns(std::span<const Var<T>>);                                  \
  template Var<T> gather_rows(const Var<T>&, std::span<const std::size_t>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
