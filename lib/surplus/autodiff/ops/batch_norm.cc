#include "surplus/autodiff/ops/batch_norm.h"

#include <cmath>

#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/arithmetic.h"

namespace surplus::ad {
namespace {

// The op is the standardizing alone; gain and shift are ops of their own behind it. With r = 1 /
// sqrt(variance + epsilon), y = r (x - mean) and < > the mean over the column, its Jacobian is
//   J t = r (t - <t> - y <y t>),
// which is symmetric, so that push and pull are one; along t, r changes by -r^2 <y t> and y by t_y.
// The data is r, one number per column.
constexpr std::size_t kStrip = 64;  // columns whose sums are held on the stack

template <typename Body>
void for_strips(Shape shape, const Body& body) {
  for_columns(shape, [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; j += kStrip) body(j, std::min(kStrip, end - j));
  });
}

// means[j] = the mean of f(a[i, first + j], b[i, first + j]) over i.
template <typename T, typename F>
void column_means(MatrixView<const T> a, MatrixView<const T> b, std::size_t first, std::size_t n,
                  const F& f, T* means) {
  double sums[kStrip] = {};
  for (std::size_t i = 0; i < a.rows(); ++i) {
    const T* const of_a = a.row(i).data() + first;
    const T* const of_b = b.row(i).data() + first;
    for (std::size_t j = 0; j < n; ++j) sums[j] += f(of_a[j], of_b[j], j);
  }
  for (std::size_t j = 0; j < n; ++j)
    means[j] = static_cast<T>(sums[j] / static_cast<double>(a.rows()));
}

template <typename T>
T left(T a, T, std::size_t) {
  return a;
}
template <typename T>
T product(T a, T b, std::size_t) {
  return a * b;
}

// to += J from.
template <typename T>
void add_jacobian(const Step<T>& step, MatrixView<const T> from, MatrixView<T> to) {
  const T* const r = step.template data<const T*>();
  const MatrixView<const T> y = step.y();
  for_strips(y.shape(), [&](std::size_t first, std::size_t n) {
    T means[kStrip], products[kStrip];
    column_means(from, y, first, n, left<T>, means);
    column_means(from, y, first, n, product<T>, products);
    for (std::size_t i = 0; i < y.rows(); ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t col = first + j;
        to(i, col) += r[col] * (from(i, col) - means[j] - y(i, col) * products[j]);
      }
    }
  });
}

template <typename T>
void push(Step<T>& step) {
  add_jacobian(step, step.t_x(0), step.t_y());
}

template <typename T>
void pull(Step<T>& step) {
  if (step.wants(0)) add_jacobian(step, step.d_y(), step.d_x(0));
}

// The change of J along t, times d_y: -r <y t> J d_y - r (t_y <y d_y> + y <t_y d_y>).
template <typename T>
void curvature(Step<T>& step) {
  if (!step.wants(0)) return;
  const T* const r = step.template data<const T*>();
  const MatrixView<const T> y = step.y(), d_y = step.d_y(), t_x = step.t_x(0), t_y = step.t_y();
  const MatrixView<T> d_x = step.d_x(0);
  for_strips(y.shape(), [&](std::size_t first, std::size_t n) {
    T growth[kStrip], means[kStrip], products[kStrip], turned[kStrip];
    column_means(y, t_x, first, n, product<T>, growth);
    column_means(d_y, y, first, n, left<T>, means);
    column_means(d_y, y, first, n, product<T>, products);
    column_means(d_y, t_y, first, n, product<T>, turned);
    for (std::size_t i = 0; i < y.rows(); ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t col = first + j;
        const T pulled = r[col] * (d_y(i, col) - means[j] - y(i, col) * products[j]);
        d_x(i, col) -=
            r[col] * (growth[j] * pulled + t_y(i, col) * products[j] + y(i, col) * turned[j]);
      }
    }
  });
}

template <typename T>
constexpr Op<T> kBatchNorm{"batch_norm", push<T>, pull<T>, curvature<T>};

template <typename T>
Tape<T>& checked(const char* name, const Var<T>& x, const Var<T>& gain, const Var<T>& shift,
                 double epsilon) {
  Tape<T>& tape = common_tape(name, {x, gain, shift});
  const Shape row{1, x.shape().cols};
  SURPLUS_REQUIRE(gain.shape() == row && shift.shape() == row, ShapeError, name,
                  "gain and shift must be one row with a column per column of x", "gain",
                  gain.shape(), "shift", shift.shape(), "x", x.shape());
  SURPLUS_REQUIRE(epsilon >= 0, ArgumentError, name, "epsilon must be at least 0", "epsilon",
                  epsilon);
  return tape;
}

}  // namespace

template <typename T>
Var<T> batch_norm(const Var<T>& x, const Var<T>& gain, const Var<T>& shift, double epsilon,
                  std::type_identity_t<ColumnMoments<T>> moments) {
  constexpr const char* kName = "batch_norm";
  Tape<T>& tape = checked(kName, x, gain, shift, epsilon);
  const Shape row{1, x.shape().cols};
  SURPLUS_REQUIRE(x.shape().rows > 0, ShapeError, kName, "there must be a sample", "x", x.shape());
  for (const MatrixView<T>& view : {moments.mean, moments.variance}) {
    SURPLUS_REQUIRE(view.data() == nullptr || view.shape() == row, ShapeError, kName,
                    "moments must be one row with a column per column of x", "moments",
                    view.shape(), "x", x.shape());
  }
  T* const r = tape.template keep<T>(row.cols);
  const auto [var, y] = tape.record(kBatchNorm<T>, {x}, x.shape(), static_cast<const T*>(r));
  const MatrixView<const T> from = x.value();
  for_strips(from.shape(), [&, y = y](std::size_t first, std::size_t n) {
    T means[kStrip], variances[kStrip];
    column_means(from, from, first, n, left<T>, means);
    const auto squared = [&](T a, T, std::size_t j) { return (a - means[j]) * (a - means[j]); };
    column_means(from, from, first, n, squared, variances);
    for (std::size_t j = 0; j < n; ++j) {
      r[first + j] = 1 / std::sqrt(variances[j] + static_cast<T>(epsilon));
    }
    for (std::size_t i = 0; i < from.rows(); ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        y(i, first + j) = r[first + j] * (from(i, first + j) - means[j]);
      }
    }
    for (std::size_t j = 0; j < n; ++j) {
      if (moments.mean.data() != nullptr) moments.mean(0, first + j) = means[j];
      if (moments.variance.data() != nullptr) moments.variance(0, first + j) = variances[j];
    }
  });
  return add(mul(var, gain), shift);
}

template <typename T>
Var<T> fixed_batch_norm(const Var<T>& x, const Var<T>& gain, const Var<T>& shift,
                        std::type_identity_t<ColumnMoments<const T>> moments, double epsilon) {
  constexpr const char* kName = "fixed_batch_norm";
  Tape<T>& tape = checked(kName, x, gain, shift, epsilon);
  const Shape row{1, x.shape().cols};
  SURPLUS_REQUIRE(moments.mean.shape() == row && moments.variance.shape() == row, ShapeError, kName,
                  "moments must be one row with a column per column of x", "mean",
                  moments.mean.shape(), "variance", moments.variance.shape(), "x", x.shape());
  T* const r = tape.template keep<T>(row.cols);
  for (std::size_t j = 0; j < row.cols; ++j) {
    r[j] = 1 / std::sqrt(moments.variance(0, j) + static_cast<T>(epsilon));
  }
  const Var<T> scale = mul(gain, tape.leaf({r, 1, row.cols}));
  return add(mul(sub(x, tape.constant(moments.mean)), scale), shift);
}

#define SURPLUS_INSTANTIATE(T)                                                    \
  template Var<T> batch_norm(const Var<T>&, const Var<T>&, const Var<T>&, double, \
                             ColumnMoments<T>);                                   \
  template Var<T> fixed_batch_norm(const Var<T>&, const Var<T>&, const Var<T>&,   \
                                   ColumnMoments<const T>, double);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
