#include "surplus/autodiff/ops/reduce.h"

#include <cmath>

#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

Shape reduced(Shape x, Over over) {
  return {over == Over::kColumns ? x.rows : 1, over == Over::kRows ? x.cols : 1};
}

// How many elements go into one of the result.
std::size_t count(Shape x, Over over) {
  return (over == Over::kColumns ? 1 : x.rows) * (over == Over::kRows ? 1 : x.cols);
}

// Sum and mean: the data is what each element weighs.
template <typename T>
void push_sum(Step<T>& step) {
  reduce_add(step.t_x(0), step.t_y(), step.template data<T>());
}

template <typename T>
void pull_sum(Step<T>& step) {
  if (step.wants(0)) broadcast_add(step.d_y(), step.d_x(0), step.template data<T>());
}

template <typename T>
constexpr Op<T> kSum{"sum", push_sum<T>, pull_sum<T>};
template <typename T>
constexpr Op<T> kSumOfRow{"sum", push_sum<T>, pull_sum<T>, nullptr, Rows::kOfFirst};

template <typename T>
Var<T> weighted_sum(const Var<T>& x, Over over, T weight) {
  const auto [var, y] = x.tape()->record(over == Over::kColumns ? kSumOfRow<T> : kSum<T>, {x},
                                         reduced(x.shape(), over), weight);
  for_elements([](T& to) { to = 0; }, y);
  reduce_add(x.value(), y, weight);
  return var;
}

// Where each maximum stands: an index i n + j per element of the result.
using Places = const std::size_t*;

template <typename T>
void push_max(Step<T>& step) {
  const auto places = step.template data<Places>();
  const std::size_t n = step.x(0).cols();
  T* to = step.t_y().data();
  for (std::size_t i = 0; i < step.y().rows() * step.y().cols(); ++i) {
    to[i] += step.t_x(0)(places[i] / n, places[i] % n);
  }
}

template <typename T>
void pull_max(Step<T>& step) {
  if (!step.wants(0)) return;
  const auto places = step.template data<Places>();
  const MatrixView<T> d_x = step.d_x(0);
  for (std::size_t i = 0, l = 0; i < step.y().rows(); ++i) {
    for (std::size_t j = 0; j < step.y().cols(); ++j, ++l) {
      d_x(places[l] / d_x.cols(), places[l] % d_x.cols()) += step.d_y()(i, j);
    }
  }
}

template <typename T>
constexpr Op<T> kMax{"max", push_max<T>, pull_max<T>};

}  // namespace

template <typename T>
Var<T> sum(const Var<T>& x, Over over) {
  common_tape("sum", {x});
  return weighted_sum(x, over, T{1});
}

template <typename T>
Var<T> mean(const Var<T>& x, Over over) {
  common_tape("mean", {x});
  const std::size_t n = count(x.shape(), over);
  SURPLUS_REQUIRE(n > 0, ShapeError, "mean", "there must be an element to take the mean of", "x",
                  x.shape());
  return weighted_sum(x, over, 1 / static_cast<T>(n));
}

template <typename T>
Var<T> max(const Var<T>& x, Over over) {
  Tape<T>& tape = common_tape("max", {x});
  SURPLUS_REQUIRE(count(x.shape(), over) > 0, ShapeError, "max",
                  "there must be an element to take the largest of", "x", x.shape());
  const Shape shape = reduced(x.shape(), over);
  auto* const places = tape.template keep<std::size_t>(shape.rows * shape.cols);
  const auto [var, y] = tape.record(kMax<T>, {x}, shape, static_cast<Places>(places));
  const MatrixView<const T> from = x.value();
  for (std::size_t i = 0; i < from.rows(); ++i) {
    for (std::size_t j = 0; j < from.cols(); ++j) {
      const std::size_t row = over == Over::kColumns ? i : 0, col = over == Over::kRows ? j : 0;
      T& largest = y(row, col);
      const bool first = (over == Over::kColumns || i == 0) && (over == Over::kRows || j == 0);
      if (first || from(i, j) > largest || (std::isnan(from(i, j)) && !std::isnan(largest))) {
        largest = from(i, j);
        places[row * shape.cols + col] = i * from.cols() + j;
      }
    }
  }
  return var;
}

#define SURPLUS_INSTANTIATE(T)               \
  template Var<T> sum(const Var<T>&, Over);  \
  template Var<T> mean(const Var<T>&, Over); \
  template Var<T> max(const Var<T>&, Over);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
