#include "surplus/autodiff/ops/unary.h"

#include <cmath>
#include <numbers>

#include "kernels/activation.h"
#include "kernels/vector_math.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

// A row of the table: value, f' and f'' of n elements, the latter two from x and y = f(x).
template <typename T>
struct Function {
  void (*value)(std::size_t n, T parameter, const T* x, T* y);
  void (*slope)(std::size_t n, T parameter, const T* x, const T* y, T* slopes);
  void (*curve)(std::size_t n, T parameter, const T* x, const T* y, T* curves);  // null: 0
};

template <typename T>
struct Applied {
  const Function<T>* f;
  T parameter;
};

constexpr std::size_t kPiece = 256;  // elements whose slopes are held on the stack

// use(n, slopes, a, b) for pieces of n elements, with the slopes that `rule` gives and pointers into
// a and b at the first of them.
template <typename T, typename Rule, typename Use>
void for_pieces(const Step<T>& step, Rule rule, MatrixView<const T> a, MatrixView<T> b,
                const Use& use) {
  const MatrixView<const T> x = step.x(0), y = step.y();
  const T parameter = step.template data<Applied<T>>().parameter;
  for_runs(
      [&](std::size_t i, std::size_t n) {
        T slopes[kPiece];
        for (std::size_t j = 0; j < n; j += kPiece) {
          const std::size_t count = std::min(kPiece, n - j);
          rule(count, parameter, x.data() + i * x.stride() + j, y.data() + i * y.stride() + j,
               slopes);
          use(count, slopes, a.data() + i * a.stride() + j, b.data() + i * b.stride() + j);
        }
      },
      x, y, a, b);
}

// to += slopes from.
template <typename T>
void add_times(const Step<T>& step, MatrixView<const T> from, MatrixView<T> to) {
  for_pieces(step, step.template data<Applied<T>>().f->slope, from, to,
             [](std::size_t n, const T* slopes, const T* d, T* sum) {
               for (std::size_t l = 0; l < n; ++l) sum[l] += slopes[l] * d[l];
             });
}

template <typename T>
void push(Step<T>& step) {
  add_times(step, step.t_x(0), step.t_y());
}

template <typename T>
void pull(Step<T>& step) {
  if (step.wants(0)) add_times(step, step.d_y(), step.d_x(0));
}

// d_x += f''(x) t_x d_y.
template <typename T>
void curvature(Step<T>& step) {
  const auto rule = step.template data<Applied<T>>().f->curve;
  if (rule == nullptr || !step.wants(0)) return;
  const MatrixView<T> product = step.scratch(step.y().rows(), step.y().cols());
  for_elements([](T& to, T t_x, T d_y) { to = t_x * d_y; }, product, step.t_x(0), step.d_y());
  for_pieces(step, rule, static_cast<MatrixView<const T>>(product), step.d_x(0),
             [](std::size_t n, const T* curves, const T* d, T* sum) {
               for (std::size_t l = 0; l < n; ++l) sum[l] += curves[l] * d[l];
             });
}

template <typename T>
constexpr Op<T> kUnary{"unary", push<T>, pull<T>, curvature<T>, Rows::kOfFirst};

template <typename T>
Var<T> apply(const char* name, const Function<T>& f, const Var<T>& x, T parameter = 0) {
  Tape<T>& tape = common_tape(name, {x});
  const auto [var, y] = tape.record(kUnary<T>, {x}, x.shape(), Applied<T>{&f, parameter});
  const MatrixView<const T> from = x.value();
  for_runs(
      [&, y = y](std::size_t i, std::size_t n) {
        f.value(n, parameter, from.data() + i * from.stride(), y.data() + i * y.stride());
      },
      from, y);
  return var;
}

using kernels::Activation;
template <typename T, Activation kF>
void by_kernel(std::size_t n, T, const T* x, T* y) {
  kernels::bias_activation(kF, 1, n, x, n, static_cast<const T*>(nullptr), y, n);
}

template <typename T>
void relu_slope(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = y[l] > 0 ? T{1} : T{0};
}
template <typename T>
constexpr Function<T> kRelu{by_kernel<T, Activation::kRelu>, relu_slope<T>, nullptr};

template <typename T>
void leaky_relu_value(std::size_t n, T parameter, const T* x, T* y) {
  for (std::size_t l = 0; l < n; ++l) y[l] = x[l] > 0 ? x[l] : parameter * x[l];
}
template <typename T>
void leaky_relu_slope(std::size_t n, T parameter, const T* x, const T*, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = x[l] > 0 ? T{1} : parameter;
}
template <typename T>
constexpr Function<T> kLeakyRelu{leaky_relu_value<T>, leaky_relu_slope<T>, nullptr};

template <typename T>
void tanh_slope(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = 1 - y[l] * y[l];
}
template <typename T>
void tanh_curve(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = -2 * y[l] * (1 - y[l] * y[l]);
}
template <typename T>
constexpr Function<T> kTanh{by_kernel<T, Activation::kTanh>, tanh_slope<T>, tanh_curve<T>};

template <typename T>
void sigmoid_slope(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = y[l] * (1 - y[l]);
}
template <typename T>
void sigmoid_curve(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = y[l] * (1 - y[l]) * (1 - 2 * y[l]);
}
template <typename T>
constexpr Function<T> kSigmoid{by_kernel<T, Activation::kSigmoid>, sigmoid_slope<T>,
                               sigmoid_curve<T>};

template <typename T>
void softplus_value(std::size_t n, T, const T* x, T* y) {
  for (std::size_t l = 0; l < n; ++l) {
    // Large x alone; log1p keeps the digits of a small one.
    y[l] = std::fmax(x[l], T{0}) + std::log1p(std::exp(-std::fabs(x[l])));
  }
}
template <typename T>
void softplus_slope(std::size_t n, T, const T* x, const T*, T* out) {
  kernels::vector_sigmoid(n, x, out);
}
template <typename T>
void softplus_curve(std::size_t n, T, const T* x, const T*, T* out) {
  kernels::vector_sigmoid(n, x, out);
  for (std::size_t l = 0; l < n; ++l) out[l] *= 1 - out[l];
}
template <typename T>
constexpr Function<T> kSoftplus{softplus_value<T>, softplus_slope<T>, softplus_curve<T>};

// u = r (x + c x^3), u' = r (1 + 3 c x^2), u'' = 6 r c x, and h = tanh u, so that y = x (1 + h) / 2,
// y' = (1 + h) / 2 + x (1 - h^2) u' / 2, y'' = (1 - h^2) (u' - x h u'^2 + x u'' / 2).
template <typename T>
constexpr T kCubic = T(0.044715);
template <typename T>
constexpr T kRoot = std::numbers::sqrt2_v<T>* std::numbers::inv_sqrtpi_v<T>;

template <typename T>
void gelu_tanh(std::size_t n, const T* x, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = kRoot<T> * (x[l] + kCubic<T> * x[l] * x[l] * x[l]);
  kernels::vector_tanh(n, out, out);
}
template <typename T>
void gelu_slope(std::size_t n, T, const T* x, const T*, T* out) {
  gelu_tanh(n, x, out);
  for (std::size_t l = 0; l < n; ++l) {
    const T h = out[l], du = kRoot<T> * (1 + 3 * kCubic<T> * x[l] * x[l]);
    out[l] = (1 + h) / 2 + x[l] * (1 - h * h) * du / 2;
  }
}
template <typename T>
void gelu_curve(std::size_t n, T, const T* x, const T*, T* out) {
  gelu_tanh(n, x, out);
  for (std::size_t l = 0; l < n; ++l) {
    const T h = out[l], du = kRoot<T> * (1 + 3 * kCubic<T> * x[l] * x[l]);
    out[l] = (1 - h * h) * (du - x[l] * h * du * du + 3 * kRoot<T> * kCubic<T> * x[l] * x[l]);
  }
}
template <typename T>
constexpr Function<T> kGelu{by_kernel<T, Activation::kGelu>, gelu_slope<T>, gelu_curve<T>};

template <typename T>
void erf_value(std::size_t n, T, const T* x, T* y) {
  for (std::size_t l = 0; l < n; ++l) y[l] = std::erf(x[l]);
}
template <typename T>
void erf_slope(std::size_t n, T, const T* x, const T*, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = -x[l] * x[l];
  kernels::vector_exp(n, out, out);
  for (std::size_t l = 0; l < n; ++l) out[l] *= 2 * std::numbers::inv_sqrtpi_v<T>;
}
template <typename T>
void erf_curve(std::size_t n, T parameter, const T* x, const T* y, T* out) {
  erf_slope(n, parameter, x, y, out);
  for (std::size_t l = 0; l < n; ++l) out[l] *= -2 * x[l];
}
template <typename T>
constexpr Function<T> kErf{erf_value<T>, erf_slope<T>, erf_curve<T>};

template <typename T>
void exp_value(std::size_t n, T, const T* x, T* y) {
  kernels::vector_exp(n, x, y);
}
template <typename T>
void exp_slope(std::size_t n, T, const T*, const T* y, T* out) {
  std::copy_n(y, n, out);
}
template <typename T>
constexpr Function<T> kExp{exp_value<T>, exp_slope<T>, exp_slope<T>};

template <typename T>
void log_value(std::size_t n, T, const T* x, T* y) {
  kernels::vector_log(n, x, y);
}
template <typename T>
void log_slope(std::size_t n, T, const T* x, const T*, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = 1 / x[l];
}
template <typename T>
void log_curve(std::size_t n, T, const T* x, const T*, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = -1 / (x[l] * x[l]);
}
template <typename T>
constexpr Function<T> kLog{log_value<T>, log_slope<T>, log_curve<T>};

template <typename T>
void square_value(std::size_t n, T, const T* x, T* y) {
  for (std::size_t l = 0; l < n; ++l) y[l] = x[l] * x[l];
}
template <typename T>
void square_slope(std::size_t n, T, const T* x, const T*, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = 2 * x[l];
}
template <typename T>
void square_curve(std::size_t n, T, const T*, const T*, T* out) {
  std::fill_n(out, n, T{2});
}
template <typename T>
constexpr Function<T> kSquare{square_value<T>, square_slope<T>, square_curve<T>};

template <typename T>
void sqrt_value(std::size_t n, T, const T* x, T* y) {
  for (std::size_t l = 0; l < n; ++l) y[l] = std::sqrt(x[l]);
}
template <typename T>
void sqrt_slope(std::size_t n, T, const T*, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = 1 / (2 * y[l]);
}
template <typename T>
void sqrt_curve(std::size_t n, T, const T* x, const T* y, T* out) {
  for (std::size_t l = 0; l < n; ++l) out[l] = -1 / (4 * x[l] * y[l]);
}
template <typename T>
constexpr Function<T> kSqrt{sqrt_value<T>, sqrt_slope<T>, sqrt_curve<T>};

}  // namespace

template <typename T>
Var<T> relu(const Var<T>& x) {
  return apply("relu", kRelu<T>, x);
}
template <typename T>
Var<T> leaky_relu(const Var<T>& x, std::type_identity_t<T> slope) {
  return apply("leaky_relu", kLeakyRelu<T>, x, slope);
}
template <typename T>
Var<T> tanh(const Var<T>& x) {
  return apply("tanh", kTanh<T>, x);
}
template <typename T>
Var<T> sigmoid(const Var<T>& x) {
  return apply("sigmoid", kSigmoid<T>, x);
}
template <typename T>
Var<T> softplus(const Var<T>& x) {
  return apply("softplus", kSoftplus<T>, x);
}
template <typename T>
Var<T> gelu(const Var<T>& x) {
  return apply("gelu", kGelu<T>, x);
}
template <typename T>
Var<T> erf(const Var<T>& x) {
  return apply("erf", kErf<T>, x);
}
template <typename T>
Var<T> exp(const Var<T>& x) {
  return apply("exp", kExp<T>, x);
}
template <typename T>
Var<T> log(const Var<T>& x) {
  return apply("log", kLog<T>, x);
}
template <typename T>
Var<T> square(const Var<T>& x) {
  return apply("square", kSquare<T>, x);
}
template <typename T>
Var<T> sqrt(const Var<T>& x) {
  return apply("sqrt", kSqrt<T>, x);
}

#define SURPLUS_INSTANTIATE(T)                  \
  template Var<T> relu(const Var<T>&);          \
  template Var<T> leaky_relu(const Var<T>&, T); \
  template Var<T> tanh(const Var<T>&);          \
  template Var<T> sigmoid(const Var<T>&);       \
  template Var<T> softplus(const Var<T>&);      \
  template Var<T> gelu(const Var<T>&);          \
  template Var<T> erf(const Var<T>&);           \
  template Var<T> exp(const Var<T>&);           \
  template Var<T> log(const Var<T>&);           \
  template Var<T> square(const Var<T>&);        \
  template Var<T> sqrt(const Var<T>&);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus::ad
