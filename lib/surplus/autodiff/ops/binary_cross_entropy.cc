#include "surplus/autodiff/ops/binary_cross_entropy.h"

#include <cmath>

#include "kernels/vector_math.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

// The data is s, the probability that x stands for.
template <typename T>
MatrixView<const T> probability(const Step<T>& step) {
  return {step.template data<const T*>(), step.y().rows(), step.y().cols()};
}

template <typename T>
void push(Step<T>& step) {
  if (step.moves(0)) {
    for_elements([](T& to, T s, T target, T t_x) { to += (s - target) * t_x; }, step.t_y(),
                 probability(step), step.x(1), step.t_x(0));
  }
  if (step.moves(1)) {
    for_elements([](T& to, T x, T t_target) { to -= x * t_target; }, step.t_y(), step.x(0),
                 step.t_x(1));
  }
}

template <typename T>
void pull(Step<T>& step) {
  if (step.wants(0)) {
    for_elements([](T& to, T s, T target, T d_y) { to += (s - target) * d_y; }, step.d_x(0),
                 probability(step), step.x(1), step.d_y());
  }
  if (step.wants(1)) {
    for_elements([](T& to, T x, T d_y) { to -= x * d_y; }, step.d_x(1), step.x(0), step.d_y());
  }
}

template <typename T>
void curvature(Step<T>& step) {
  if (step.wants(0) && step.moves(0)) {
    for_elements([](T& to, T s, T t_x, T d_y) { to += s * (1 - s) * t_x * d_y; }, step.d_x(0),
                 probability(step), step.t_x(0), step.d_y());
  }
  if (step.wants(0) && step.moves(1)) {
    for_elements([](T& to, T t_target, T d_y) { to -= t_target * d_y; }, step.d_x(0), step.t_x(1),
                 step.d_y());
  }
  if (step.wants(1) && step.moves(0)) {
    for_elements([](T& to, T t_x, T d_y) { to -= t_x * d_y; }, step.d_x(1), step.t_x(0),
                 step.d_y());
  }
}

template <typename T>
constexpr Op<T> kBinaryCrossEntropy{"binary_cross_entropy", push<T>, pull<T>, curvature<T>,
                                    Rows::kOfEqual};

}  // namespace

template <typename T>
Var<T> binary_cross_entropy(const Var<T>& x, const Var<T>& target) {
  constexpr const char* kName = "binary_cross_entropy";
  Tape<T>& tape = common_tape(kName, {x, target});
  SURPLUS_REQUIRE(x.shape() == target.shape(), ShapeError, kName,
                  "x and target must have one shape", "x", x.shape(), "target", target.shape());
  const auto [n, k] = x.shape();
  T* const kept = tape.template keep<T>(n * k);
  const auto [var, y] =
      tape.record(kBinaryCrossEntropy<T>, {x, target}, x.shape(), static_cast<const T*>(kept));
  const MatrixView<T> s(kept, n, k);
  for_runs(
      [&, from = x.value()](std::size_t i, std::size_t count) {
        kernels::vector_sigmoid(count, from.data() + i * from.stride(), s.data() + i * s.stride());
      },
      x.value(), s);
  // log(1 + e^x) and log(1 + e^-x) share a part, and both terms are at least 0: nothing cancels.
  for_elements(
      [](T& to, T score, T q) {
        to = q * std::fmax(-score, T{0}) + (1 - q) * std::fmax(score, T{0}) +
             std::log1p(std::exp(-std::fabs(score)));
      },
      y, x.value(), target.value());
  return var;
}

template Var<float> binary_cross_entropy(const Var<float>&, const Var<float>&);
template Var<double> binary_cross_entropy(const Var<double>&, const Var<double>&);

}  // namespace surplus::ad
