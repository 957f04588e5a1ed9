#include "surplus/noise/closed_form.h"

#include "surplus/autodiff/op.h"
#include "surplus/core/errors.h"

namespace surplus::detail {
namespace {

template <typename T>
void push(ad::Step<T>& step) {
  const T* slope = step.template data<const T*>();
  const MatrixView<const T> t_x = step.t_x(0);
  T sum = 0;
  for (std::size_t i = 0; i < t_x.rows(); ++i) {
    for (const T t : t_x.row(i)) sum += *slope++ * t;
  }
  step.t_y()(0, 0) += sum;
}

template <typename T>
void pull(ad::Step<T>& step) {
  if (!step.wants(0)) return;
  const T* slope = step.template data<const T*>();
  const T d_y = step.d_y()(0, 0);
  const MatrixView<T> d_x = step.d_x(0);
  for (std::size_t i = 0; i < d_x.rows(); ++i) {
    for (T& d : d_x.row(i)) d += d_y * *slope++;
  }
}

template <typename T>
[[noreturn]] void curvature(ad::Step<T>&) {
  throw ArgumentError("hvp: a loss in closed form has no second derivative here");
}

template <typename T>
constexpr ad::Op<T> kClosedForm{"closed_form", push<T>, pull<T>, curvature<T>};

}  // namespace

template <typename T>
ad::Var<T> record_closed_form(const ad::Var<T>& scores, T loss, const T* slopes) {
  ad::Tape<T>& tape = ad::common_tape("record_closed_form", {scores});
  const auto [var, y] = tape.record(kClosedForm<T>, {scores}, {1, 1}, slopes);
  y(0, 0) = loss;
  return var;
}

template <typename T>
void require_labels(std::string_view function, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels) {
  const auto [n, k] = scores.shape();
  SURPLUS_REQUIRE(n >= 1 && k >= 1 && labels.size() == n, ShapeError, function,
                  "there must be scores, and one label per row", "labels", labels.size(), "scores",
                  scores.shape());
  for (std::size_t i = 0; i < n; ++i) {
    SURPLUS_REQUIRE(labels[i] < k, ArgumentError, function,
                    "labels must be below the columns of the scores", "index", i, "label",
                    labels[i], "columns", k);
  }
}

#define SURPLUS_INSTANTIATE(T)                                            \
  template ad::Var<T> record_closed_form(const ad::Var<T>&, T, const T*); \
  template void require_labels(std::string_view, const ad::Var<T>&, std::span<const std::size_t>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::detail
