#include "surplus/autodiff/ops/checkpoint.h"

#include <utility>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/loops.h"
#include "surplus/autodiff/op.h"

namespace surplus::ad {
namespace {

template <typename T>
struct Kept {
  const Segment<T>* segment;
  Tape<T>* inner;
};

// The segment, computed on the inner tape.
template <typename T>
struct Again {
  template <typename ValueOf>
  Again(const Kept<T>& kept, std::size_t operands, const ValueOf& value_of) {
    kept.inner->clear();
    for (std::size_t i = 0; i < operands; ++i) x.push_back(kept.inner->leaf(value_of(i)));
    y = (*kept.segment)(*kept.inner, x);
    SURPLUS_REQUIRE(kept.inner->holds(y), ArgumentError, "checkpoint",
                    "the segment must return a value on the tape it is given");
  }
  explicit Again(const Step<T>& step)
      : Again(step.template data<Kept<T>>(), step.operands(),
              [&](std::size_t i) { return step.x(i); }) {}

  std::vector<Tangent<T>> tangents(const Step<T>& step) const {
    std::vector<Tangent<T>> all;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (step.moves(i)) all.push_back({x[i], step.t_x(i)});
    }
    return all;
  }

  std::vector<Var<T>> x;
  Var<T> y;
};

template <typename T>
void push(Step<T>& step) {
  const Again<T> again(step);
  jvp(again.y, again.tangents(step), step.t_y());
}

// derive(sinks) overwrites; what was there before is added.
template <typename T, typename Derive>
void add_derivatives(Step<T>& step, const Again<T>& again, const Derive& derive) {
  std::vector<Sink<T>> sinks;
  std::vector<std::pair<MatrixView<T>, MatrixView<T>>> sums;
  for (std::size_t i = 0; i < again.x.size(); ++i) {
    if (!step.wants(i)) continue;
    const auto [d_x, beta] = step.d_x_unset(i);
    if (beta == 0) {
      sinks.push_back({again.x[i], d_x});
    } else {
      sinks.push_back({again.x[i], step.scratch(d_x.rows(), d_x.cols())});
      sums.emplace_back(sinks.back().d, d_x);
    }
  }
  derive(sinks);
  for (const auto& [from, to] : sums) reduce_add(static_cast<MatrixView<const T>>(from), to);
}

template <typename T>
void pull(Step<T>& step) {
  const Again<T> again(step);
  add_derivatives(step, again,
                  [&](const std::vector<Sink<T>>& sinks) { vjp(again.y, step.d_y(), sinks); });
}

template <typename T>
void curvature(Step<T>& step) {
  const Again<T> again(step);
  add_derivatives(step, again, [&](const std::vector<Sink<T>>& sinks) {
    vjp_tangent(again.y, step.d_y(), again.tangents(step), sinks);
  });
}

template <typename T>
constexpr Op<T> kCheckpoint{"checkpoint", push<T>, pull<T>, curvature<T>};

}  // namespace

template <typename T>
Var<T> checkpoint(std::type_identity_t<Segment<T>> segment, std::span<const Var<T>> x) {
  Tape<T>& tape = common_tape("checkpoint", x);
  const Kept<T> kept{&tape.keep(std::move(segment)), &tape.inner()};
  const Again<T> once(kept, x.size(), [&](std::size_t i) { return x[i].value(); });
  const auto [var, y] = tape.record(kCheckpoint<T>, x, once.y.shape(), kept);
  for_elements([](T& to, T from) { to = from; }, y, once.y.value());
  kept.inner->clear();
  return var;
}

template Var<float> checkpoint(Segment<float>, std::span<const Var<float>>);
template Var<double> checkpoint(Segment<double>, std::span<const Var<double>>);

}  // namespace surplus::ad
