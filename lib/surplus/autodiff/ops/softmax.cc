#include "surplus/autodiff/ops/softmax.h"

#include <algorithm>

#include "kernels/reduce.h"
#include "kernels/softmax_cross_entropy.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"

namespace surplus::ad {
namespace {

template <typename T>
T dot(std::size_t n, const T* a, const T* b) {
  T sum = 0;
  for (std::size_t j = 0; j < n; ++j) sum += a[j] * b[j];
  return sum;
}

// Log-sum-exp, and cross-entropy: what is left of the former when the label's score is taken away.
template <typename T>
struct Kept {
  const T* slopes;            // n x k: the softmax, less 1 at the label
  const std::size_t* labels;  // n; null for log-sum-exp
};

// body(i, slopes of row i) for each row, on all threads.
template <typename T, typename Body>
void for_samples(const Step<T>& step, const Body& body) {
  const T* const slopes = step.template data<Kept<T>>().slopes;
  const std::size_t k = step.x(0).cols();
  for_rows(step.x(0).shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) body(i, slopes + i * k);
  });
}

template <typename T>
void push_losses(Step<T>& step) {
  const MatrixView<const T> t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_samples(step, [&](std::size_t i, const T* slopes) {
    t_y(i, 0) += dot(t_x.cols(), slopes, t_x.row(i).data());
  });
}

template <typename T>
void pull_losses(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_samples(step, [&](std::size_t i, const T* slopes) {
    T* const row = d_x.row(i).data();
    for (std::size_t j = 0; j < d_x.cols(); ++j) row[j] += d_y(i, 0) * slopes[j];
  });
}

// d[j] += factor p[j] (t[j] - p^T t): how the softmax p changes along t.
template <typename T>
void add_change(std::size_t k, T factor, const T* p, const T* t, T* d) {
  const T mean = dot(k, p, t);
  for (std::size_t j = 0; j < k; ++j) d[j] += factor * p[j] * (t[j] - mean);
}

template <typename T>
void curvature_losses(Step<T>& step) {
  if (!step.wants(0)) return;
  const std::size_t* const labels = step.template data<Kept<T>>().labels;
  const MatrixView<const T> d_y = step.d_y(), t_x = step.t_x(0);
  const MatrixView<T> d_x = step.d_x(0);
  const MatrixView<T> softmax = step.scratch(d_x.rows(), d_x.cols());
  for_samples(step, [&](std::size_t i, const T* slopes) {
    T* const p = softmax.row(i).data();
    std::copy_n(slopes, d_x.cols(), p);
    if (labels != nullptr) p[labels[i]] += 1;
    add_change(d_x.cols(), d_y(i, 0), p, t_x.row(i).data(), d_x.row(i).data());
  });
}

template <typename T>
constexpr Op<T> kLosses{"softmax_cross_entropy", push_losses<T>, pull_losses<T>,
                        curvature_losses<T>, Rows::kOfFirst};

// body(i, softmax of row i) for each row of a log-softmax, on all threads.
template <typename T, typename Body>
void for_softmax(Step<T>& step, const Body& body) {
  const MatrixView<const T> y = step.y();
  const MatrixView<T> softmax = step.scratch(y.rows(), y.cols());
  for_rows(y.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      // y is itself the log-softmax of y.
      kernels::row_softmax(1, y.cols(), y.row(i).data(), y.cols(), softmax.row(i).data(), y.cols());
      body(i, static_cast<const T*>(softmax.row(i).data()));
    }
  });
}

template <typename T>
void push_log_softmax(Step<T>& step) {
  const MatrixView<const T> t_x = step.t_x(0);
  const MatrixView<T> t_y = step.t_y();
  for_softmax(step, [&](std::size_t i, const T* p) {
    const T mean = dot(t_y.cols(), p, t_x.row(i).data());
    for (std::size_t j = 0; j < t_y.cols(); ++j) t_y(i, j) += t_x(i, j) - mean;
  });
}

template <typename T>
T total(std::span<const T> x) {
  T sum = 0;
  for (const T value : x) sum += value;
  return sum;
}

template <typename T>
void pull_log_softmax(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> d_y = step.d_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_softmax(step, [&](std::size_t i, const T* p) {
    const T sum = total(d_y.row(i));
    for (std::size_t j = 0; j < d_x.cols(); ++j) d_x(i, j) += d_y(i, j) - sum * p[j];
  });
}

template <typename T>
void curvature_log_softmax(Step<T>& step) {
  if (!step.wants(0)) return;
  const MatrixView<const T> d_y = step.d_y(), t_x = step.t_x(0);
  const MatrixView<T> d_x = step.d_x(0);
  for_softmax(step, [&](std::size_t i, const T* p) {
    add_change(d_x.cols(), -total(d_y.row(i)), p, t_x.row(i).data(), d_x.row(i).data());
  });
}

template <typename T>
constexpr Op<T> kLogSoftmax{"log_softmax", push_log_softmax<T>, pull_log_softmax<T>,
                            curvature_log_softmax<T>, Rows::kOfFirst};

template <typename T>
void require_columns(const char* name, const Var<T>& x) {
  SURPLUS_REQUIRE(x.shape().cols > 0, ShapeError, name, "x must have a column", "x", x.shape());
}

}  // namespace

template <typename T>
Var<T> log_sum_exp(const Var<T>& x) {
  Tape<T>& tape = common_tape("log_sum_exp", {x});
  require_columns("log_sum_exp", x);
  const auto [n, k] = x.shape();
  T* const softmax = tape.template keep<T>(n * k);
  const auto [var, y] = tape.record(kLosses<T>, {x}, {n, 1}, Kept<T>{softmax, nullptr});
  const MatrixView<const T> from = x.value();
  for_rows({n, k}, [&, k = k, y = y](std::size_t begin, std::size_t end) {
    const T* const rows = from.data() + begin * from.stride();
    kernels::row_log_sum_exp(end - begin, k, rows, from.stride(), y.data() + begin);
    kernels::row_softmax(end - begin, k, rows, from.stride(), softmax + begin * k, k);
  });
  return var;
}

template <typename T>
Var<T> log_softmax(const Var<T>& x) {
  Tape<T>& tape = common_tape("log_softmax", {x});
  require_columns("log_softmax", x);
  const auto [var, y] = tape.record(kLogSoftmax<T>, {x}, x.shape());
  const MatrixView<const T> from = x.value();
  for_rows(from.shape(), [&, y = y](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      T sum;
      kernels::row_log_sum_exp(1, from.cols(), from.row(i).data(), from.cols(), &sum);
      for (std::size_t j = 0; j < from.cols(); ++j) y(i, j) = from(i, j) - sum;
    }
  });
  return var;
}

template <typename T>
Var<T> softmax_cross_entropy(const Var<T>& x, std::span<const std::size_t> labels) {
  constexpr const char* kName = "softmax_cross_entropy";
  Tape<T>& tape = common_tape(kName, {x});
  const auto [n, k] = x.shape();
  SURPLUS_REQUIRE(labels.size() == n, ShapeError, kName, "there must be one label per row",
                  "labels", labels.size(), "rows", n);
  for (std::size_t i = 0; i < n; ++i) {
    SURPLUS_REQUIRE(labels[i] < k, ArgumentError, kName, "labels must be below the columns of x",
                    "index", i, "label", labels[i], "columns", k);
  }
  T* const slopes = tape.template keep<T>(n * k);
  const Kept<T> kept{slopes, tape.keep(labels).data()};
  const auto [var, y] = tape.record(kLosses<T>, {x}, {n, 1}, kept);
  const MatrixView<const T> from = x.value();
  for_rows({n, k}, [&, k = k, y = y](std::size_t begin, std::size_t end) {
    kernels::softmax_cross_entropy(end - begin, k, from.data() + begin * from.stride(),
                                   from.stride(), kept.labels + begin, T{1}, y.data() + begin,
                                   slopes + begin * k, k);
  });
  return var;
}

template <typename T>
Var<T> softmax_cross_entropy(const Var<T>& x, const std::type_identity_t<Var<T>>& targets) {
  constexpr const char* kName = "softmax_cross_entropy";
  Tape<T>& tape = common_tape(kName, {x, targets});
  SURPLUS_REQUIRE(targets && targets.shape() == x.shape(), ShapeError, kName,
                  "x and targets must have one shape", "x", x.shape(), "targets",
                  targets ? targets.shape() : Shape{});
  require_columns(kName, x);
  return sub(tape.constant(T{0}), sum(mul(targets, log_softmax(x)), Over::kColumns));
}

#define SURPLUS_INSTANTIATE(T)                                                        \
  template Var<T> log_sum_exp(const Var<T>&);                                         \
  template Var<T> log_softmax(const Var<T>&);                                         \
  template Var<T> softmax_cross_entropy(const Var<T>&, std::span<const std::size_t>); \
  template Var<T> softmax_cross_entropy(const Var<T>&, const Var<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
