#include "surplus/autodiff/ops/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/batch_norm.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"
#include "surplus/autodiff/ops/arithmetic.h"

namespace surplus::ad {
namespace {

// With r = 1 / sqrt(variance + epsilon), z = r (x - mean) and < > the mean over the column,
//   y = f(gain z + shift),
// and the Jacobian of z is J t = r (t - <t> - z <z t>), which is symmetric; along t_x, z changes by
// t_z = J t_x and r by -r^2 <z t_x>. Values and gradients are passes of kernels::batch_norm; the rules
// of second order, which seldom run, are written out below.
template <typename T>
struct Normalization {
  const T* mean;
  const T* r;
  bool relu;
};

// A task's rows stay in a core's cache from the first pass over them to the second.
Chunks chunks_of(Shape shape) {
  constexpr std::size_t kElements = std::size_t{1} << 14;
  return {shape.rows, std::max<std::size_t>(16, kElements / std::max<std::size_t>(1, shape.cols))};
}

// The kernel's columns, whose scale, gain times r, is put into `scale`.
template <typename T>
kernels::BatchNormColumns<T> columns_of(const Normalization<T>& norm, MatrixView<const T> gain,
                                        MatrixView<const T> shift, T* scale) {
  for (std::size_t j = 0; j < gain.cols(); ++j) scale[j] = gain(0, j) * norm.r[j];
  return {norm.mean, scale, shift.data(), norm.relu};
}

// sums(chunk's rows, first row, 2 x d of its own) for all chunks, then add(chunk, its sums) in order.
template <typename Sum, typename Add>
void sum_columns(Shape shape, MatrixView<double> partial, const Sum& sum, const Add& add) {
  const Chunks chunks = chunks_of(shape);
  for_chunks(chunks, [&](std::size_t begin, std::size_t end) {
    const std::size_t chunk = begin / chunks.size;
    sum(begin, end - begin, partial.row(2 * chunk).data(), partial.row(2 * chunk + 1).data());
  });
  for (std::size_t chunk = 0; chunk < chunks.count(); ++chunk) {
    add(chunks.end(chunk) - chunks.begin(chunk), partial.row(2 * chunk),
        partial.row(2 * chunk + 1));
  }
}

// Doubles in memory that is counted in T.
template <typename T>
MatrixView<double> doubles(T* memory, std::size_t rows, std::size_t cols) {
  return {reinterpret_cast<double*>(memory), rows, cols};
}
template <typename T>
std::size_t length_of(std::size_t rows, std::size_t cols) {
  return rows * cols * sizeof(double) / sizeof(T);
}

template <typename T>
void pull(Step<T>& step) {
  const auto& norm = step.template data<Normalization<T>>();
  const MatrixView<const T> x = step.x(0), d_y = step.d_y();
  const std::size_t n = x.rows(), d = x.cols();
  const MatrixView<T> rows = step.scratch(3, d);
  const auto columns = columns_of(norm, step.x(1), step.x(2), rows.row(0).data());
  const std::size_t parts = 2 * chunks_of(x.shape()).count();
  const MatrixView<double> partial =
      doubles(step.scratch(1, length_of<T>(parts + 2, d)).data(), parts + 2, d);
  const std::span<double> sums = partial.row(parts), products = partial.row(parts + 1);
  std::ranges::fill(sums, 0.0);
  std::ranges::fill(products, 0.0);
  sum_columns(
      x.shape(), partial,
      [&](std::size_t i, std::size_t count, double* some, double* some_products) {
        kernels::batch_norm_sums(count, d, x.data() + i * x.stride(), x.stride(), columns,
                                 d_y.data() + i * d_y.stride(), d_y.stride(), some, some_products);
      },
      [&](std::size_t, std::span<const double> some, std::span<const double> some_products) {
        for (std::size_t j = 0; j < d; ++j) {
          sums[j] += some[j];
          products[j] += some_products[j];
        }
      });
  if (step.wants(1)) {
    const MatrixView<T> d_gain = step.d_x(1);
    for (std::size_t j = 0; j < d; ++j) {
      d_gain(0, j) += static_cast<T>(products[j] * static_cast<double>(norm.r[j]));
    }
  }
  if (step.wants(2)) {
    const MatrixView<T> d_shift = step.d_x(2);
    for (std::size_t j = 0; j < d; ++j) d_shift(0, j) += static_cast<T>(sums[j]);
  }
  if (!step.wants(0)) return;
  const auto offset = rows.row(1), slope = rows.row(2);
  for (std::size_t j = 0; j < d; ++j) {
    const auto count = static_cast<double>(n), r = static_cast<double>(norm.r[j]);
    offset[j] = static_cast<T>(sums[j] / count);
    slope[j] = static_cast<T>(products[j] / count * r * r);
  }
  const auto [d_x, beta] = step.d_x_unset(0);
  for_chunks(chunks_of(x.shape()), [&, d_x = d_x, beta = beta](std::size_t i, std::size_t end) {
    kernels::batch_norm_input(end - i, d, x.data() + i * x.stride(), x.stride(), columns,
                              d_y.data() + i * d_y.stride(), d_y.stride(), offset.data(),
                              slope.data(), beta, d_x.data() + i * d_x.stride(), d_x.stride());
  });
}

constexpr std::size_t kStrip = 64;  // columns whose sums are held on the stack

template <typename Body>
void for_strips(Shape shape, const Body& body) {
  for_columns(shape, [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; j += kStrip) body(j, std::min(kStrip, end - j));
  });
}

// means[j] = the mean of f(i, first + j) over the rows i.
template <typename T, typename F>
void column_means(std::size_t rows, std::size_t first, std::size_t n, const F& f, T* means) {
  double sums[kStrip] = {};
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < n; ++j) sums[j] += static_cast<double>(f(i, first + j));
  }
  for (std::size_t j = 0; j < n; ++j)
    means[j] = static_cast<T>(sums[j] / static_cast<double>(rows));
}

// z, and J t for a direction t of x, as functions of the element.
template <typename T>
auto standardized(const Step<T>& step) {
  const auto& norm = step.template data<Normalization<T>>();
  return [&norm, x = step.x(0)](std::size_t i, std::size_t j) {
    return norm.r[j] * (x(i, j) - norm.mean[j]);
  };
}

// Whether f lets changes of its argument through.
template <typename T>
auto passing(const Step<T>& step) {
  return [relu = step.template data<Normalization<T>>().relu, y = step.y()](
             std::size_t i, std::size_t j) { return !relu || y(i, j) > 0 ? T{1} : T{0}; };
}

// use(first column, columns, t_z) with t_z(i, column, place in the strip) along t_x.
template <typename T, typename Use>
void for_tangents(const Step<T>& step, const Use& use) {
  const auto& norm = step.template data<Normalization<T>>();
  const auto z = standardized(step);
  const MatrixView<const T> t_x = step.t_x(0);
  for_strips(t_x.shape(), [&](std::size_t first, std::size_t n) {
    T means[kStrip], products[kStrip];
    column_means(t_x.rows(), first, n, t_x, means);
    column_means(
        t_x.rows(), first, n, [&](std::size_t i, std::size_t j) { return t_x(i, j) * z(i, j); },
        products);
    use(
        first, n,
        [&](std::size_t i, std::size_t j) {
          return norm.r[first + j] * (t_x(i, first + j) - means[j] - z(i, first + j) * products[j]);
        },
        products);
  });
}

template <typename T>
void push(Step<T>& step) {
  const auto z = standardized(step);
  const auto passes = passing(step);
  const MatrixView<const T> gain = step.x(1);
  const MatrixView<T> t_y = step.t_y();
  if (step.moves(0)) {
    for_tangents(step, [&](std::size_t first, std::size_t n, const auto& t_z, const T*) {
      for (std::size_t i = 0; i < t_y.rows(); ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          t_y(i, first + j) += passes(i, first + j) * gain(0, first + j) * t_z(i, j);
        }
      }
    });
  }
  for_rows(t_y.shape(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < t_y.cols(); ++j) {
        T change = 0;
        if (step.moves(1)) change += step.t_x(1)(0, j) * z(i, j);
        if (step.moves(2)) change += step.t_x(2)(0, j);
        t_y(i, j) += passes(i, j) * change;
      }
    }
  });
}

// With g = f' d_y: of d_gain = sum g z along t_z, and of d_x = gain J g along t_gain and, with J,
// along t_x: the change of J g is -r <z t_x> J g - r (t_z <z g> + z <t_z g>).
template <typename T>
void curvature(Step<T>& step) {
  const auto& norm = step.template data<Normalization<T>>();
  const auto z = standardized(step);
  const auto passes = passing(step);
  const MatrixView<const T> gain = step.x(1), d_y = step.d_y();
  const std::size_t rows = d_y.rows();
  const auto g = [&](std::size_t i, std::size_t j) { return passes(i, j) * d_y(i, j); };
  // d_x(0) once, for all strips.
  const MatrixView<T> d_x =
      step.wants(0) && (step.moves(0) || step.moves(1)) ? step.d_x(0) : MatrixView<T>();
  const MatrixView<T> d_gain = step.wants(1) && step.moves(0) ? step.d_x(1) : MatrixView<T>();
  const auto jacobian = [&](std::size_t i, std::size_t col, T mean, T product) {
    return norm.r[col] * (g(i, col) - mean - z(i, col) * product);
  };
  const auto z_g = [&](std::size_t i, std::size_t j) { return z(i, j) * g(i, j); };
  if (d_x.data() != nullptr && step.moves(1)) {
    const MatrixView<const T> t_gain = step.t_x(1);
    for_strips(d_y.shape(), [&](std::size_t first, std::size_t n) {
      T means[kStrip], products[kStrip];
      column_means(rows, first, n, g, means);
      column_means(rows, first, n, z_g, products);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          d_x(i, first + j) += t_gain(0, first + j) * jacobian(i, first + j, means[j], products[j]);
        }
      }
    });
  }
  if (!step.moves(0)) return;
  for_tangents(step, [&](std::size_t first, std::size_t n, const auto& t_z, const T* growth) {
    T means[kStrip], products[kStrip], turned[kStrip];
    column_means(rows, first, n, g, means);
    column_means(rows, first, n, z_g, products);
    column_means(
        rows, first, n, [&](std::size_t i, std::size_t j) { return g(i, j) * t_z(i, j - first); },
        turned);
    for (std::size_t j = 0; j < n && d_gain.data() != nullptr; ++j) {
      d_gain(0, first + j) += turned[j] * static_cast<T>(rows);
    }
    for (std::size_t i = 0; i < rows && d_x.data() != nullptr; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t col = first + j;
        const T change = growth[j] * jacobian(i, col, means[j], products[j]) +
                         t_z(i, j) * products[j] + z(i, col) * turned[j];
        d_x(i, col) -= gain(0, col) * norm.r[col] * change;
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

// Mean and variance of the columns: of each chunk, then combined (Chan, Golub, LeVeque 1983).
template <typename T>
void moments_of(MatrixView<const T> x, MatrixView<double> partial, std::span<double> mean,
                std::span<double> variance) {
  double seen = 0;
  sum_columns(
      x.shape(), partial,
      [&](std::size_t i, std::size_t count, double* some, double* squares) {
        kernels::column_moments(count, x.cols(), x.data() + i * x.stride(), x.stride(), some,
                                squares);
      },
      [&](std::size_t count, std::span<const double> some, std::span<const double> squares) {
        const auto more = static_cast<double>(count);
        for (std::size_t j = 0; j < x.cols(); ++j) {
          const double step = seen == 0 ? 0 : some[j] - mean[j];
          mean[j] = seen == 0 ? some[j] : mean[j] + step * more / (seen + more);
          variance[j] = (seen == 0 ? 0 : variance[j]) + squares[j] +
                        step * step * seen * more / (seen + more);
        }
        seen += more;
      });
  for (double& sum : variance) sum /= seen;
}

template <typename T>
Var<T> normalize(const char* name, const Var<T>& x, const Var<T>& gain, const Var<T>& shift,
                 double epsilon, const ColumnMoments<T>& moments, bool relu) {
  Tape<T>& tape = checked(name, x, gain, shift, epsilon);
  const Shape row{1, x.shape().cols};
  SURPLUS_REQUIRE(x.shape().rows > 0, ShapeError, name, "there must be a sample", "x", x.shape());
  for (const MatrixView<T>& view : {moments.mean, moments.variance}) {
    SURPLUS_REQUIRE(view.data() == nullptr || view.shape() == row, ShapeError, name,
                    "moments must be one row with a column per column of x", "moments",
                    view.shape(), "x", x.shape());
  }
  const std::size_t d = row.cols, parts = 2 * chunks_of(x.shape()).count();
  T* const kept = tape.template keep<T>(3 * d);
  const MatrixView<double> partial =
      doubles(tape.template keep<double>((parts + 2) * d), parts + 2, d);
  const Normalization<T> norm{kept, kept + d, relu};
  const auto [var, y] = tape.record(kBatchNorm<T>, {x, gain, shift}, x.shape(), norm);
  const std::span<double> mean = partial.row(parts), variance = partial.row(parts + 1);
  const MatrixView<const T> from = x.value();
  moments_of(from, partial, mean, variance);
  for (std::size_t j = 0; j < d; ++j) {
    kept[j] = static_cast<T>(mean[j]);
    kept[d + j] = static_cast<T>(1 / std::sqrt(variance[j] + epsilon));
    if (moments.mean.data() != nullptr) moments.mean(0, j) = kept[j];
    if (moments.variance.data() != nullptr) moments.variance(0, j) = static_cast<T>(variance[j]);
  }
  const auto columns = columns_of(norm, gain.value(), shift.value(), kept + 2 * d);
  for_chunks(chunks_of(from.shape()), [&, y = y](std::size_t i, std::size_t end) {
    kernels::batch_norm(end - i, d, from.data() + i * from.stride(), from.stride(), columns,
                        y.data() + i * y.stride(), y.stride());
  });
  return var;
}

}  // namespace

template <typename T>
Var<T> batch_norm(const Var<T>& x, const Var<T>& gain, const Var<T>& shift, double epsilon,
                  std::type_identity_t<ColumnMoments<T>> moments) {
  return normalize("batch_norm", x, gain, shift, epsilon, moments, false);
}

template <typename T>
Var<T> batch_norm_relu(const Var<T>& x, const Var<T>& gain, const Var<T>& shift, double epsilon,
                       std::type_identity_t<ColumnMoments<T>> moments) {
  return normalize("batch_norm_relu", x, gain, shift, epsilon, moments, true);
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

#define SURPLUS_INSTANTIATE(T)                                                         \
  template Var<T> batch_norm(const Var<T>&, const Var<T>&, const Var<T>&, double,      \
                             ColumnMoments<T>);                                        \
  template Var<T> batch_norm_relu(const Var<T>&, const Var<T>&, const Var<T>&, double, \
                                  ColumnMoments<T>);                                   \
  template Var<T> fixed_batch_norm(const Var<T>&, const Var<T>&, const Var<T>&,        \
                                   ColumnMoments<const T>, double);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
